"""projected.json: projected gradient descent on 1/2 |Ax - y|^2 in the box [-1, 1]^n, unfolded with free step sizes."""

import numpy as np
import torch
from scipy.optimize import lsq_linear

from reference import report, save
from unfolding import gradient, incremental

N, M, K, DEPTHS, INNER = 10, 20, 4, 6, 5


def hardtanh(xp, x):
    """Projection on the box. A step size of exactly 0 hands it values of exactly 1: the derivative there is 0, as in torch's and
    Flux's hardtanh (jax.numpy.clip halves the gradient, jax.nn.hard_tanh keeps it)."""
    return torch.nn.functional.hardtanh(x) if xp is torch else xp.where(abs(x) < 1, x, xp.sign(x))


def solve(a, y):
    """The box's active set from an active-set solver, then the free coordinates by least squares: exact up to rounding."""
    x = lsq_linear(a, y, bounds=(-1, 1), method="bvls", tol=1e-14).x
    free = np.abs(x) < 1 - 1e-9
    x = np.where(free, x, np.sign(x))
    x[free] = np.linalg.lstsq(a[:, free], y - a[:, ~free] @ x[~free], rcond=None)[0]
    return x


def optimality(a, y, x):
    """|x - clip(x - gradient)|, zero exactly at the optimum."""
    return np.abs(x - np.clip(x - a.T @ (a @ x - y), -1, 1)).max()


def main():
    rng = np.random.default_rng(0)
    a = rng.normal(size=(M, N)).round(3)
    # Large enough for the box to bind in part of the coordinates.
    y = (5 * rng.normal(size=(DEPTHS * INNER, K, M))).round(3)
    x_star = np.array([[solve(a, row) for row in batch] for batch in y])
    name = "projected"
    residual = max(optimality(a, row, x) for batch, xs in zip(y, x_star) for row, x in zip(batch, xs))
    report(name, "x*: optimality conditions", residual, 1e-12)
    active = float((np.abs(x_star) == 1).mean())
    assert 0.1 < active < 0.9, active

    def loss(xp, eta, depth, y, x_star):
        a_ = xp.asarray(a)
        x = 0 * x_star
        for i in range(depth):
            x = hardtanh(xp, x - eta[i] * ((x @ a_.T - y) @ a_))
        return ((x_star - x) ** 2).sum() / K

    fixed = 1 / np.linalg.eigvalsh(a.T @ a)[-1]
    save(
        name,
        description="x <- hardtanh(x - eta_i A'(Ax - y)) from x = 0, hardtanh clips to [-1, 1] with derivative 0 at exactly "
        "-1 and 1 (it matters where a new step size is 0); loss sum |x* - x|^2 / 4 over a batch. Adam, one free "
        "step size per iteration, 0 at the start; update k (from 0) trains 1 + k // inner iterations on y[k] [4, 20] and "
        "x_star[k] [4, 10]. loss[k] is before update k; row k of step_size is after k updates. The gradient is on y[0]. JAX, f64.",
        a=a,
        y=y,
        x_star=x_star,
        fixed_step_size=fixed,
        incremental=incremental(name, loss, np.zeros(DEPTHS), DEPTHS, INNER, (3e-3,), list(zip(y, x_star)), 1e-12),
        gradients=[gradient(name, loss, fixed * np.linspace(0.6, 1.4, 25), 25, (y[0], x_star[0]), 1e-11)],
    )


if __name__ == "__main__":
    main()
