"""rastrigin.json: gradient descent on Rastrigin's function, unfolded with free step sizes."""

import numpy as np

from reference import difference, gradient_jax, report, save
from unfolding import gradient, incremental

N, K, DEPTHS, INNER = 5, 4, 6, 5


def loss(xp, eta, depth, x):
    for i in range(depth):
        x = x - eta[i] * (2 * x + 20 * np.pi * xp.sin(2 * np.pi * x))
    return (x**2).sum() / K


def main():
    x0 = (5 * np.random.default_rng(0).normal(size=(DEPTHS * INNER, K, N))).round(3)
    name = "rastrigin"
    # Each iteration stretches small differences by up to |1 - eta (2 + 40 pi^2)|, 3 to 5 times here: how far is far too deep?
    for depth, bound in ((6, 1e-12), (12, 1e-10), (24, 1e-5)):
        eta = np.full(depth, 0.01)
        losses = [gradient_jax(loss, eta, depth, x0[0] * scale)[0] for scale in (1, 1 + np.spacing(1.0))]
        report(name, f"loss after {depth} iterations, x0 moved by one ulp", difference(*losses), bound)
    save(
        name,
        description="x <- x - eta_i (2x + 20 pi sin(2 pi x)) from x = x0[k] [4, 5], loss sum x^2 / 4 over a batch. Adam, one "
        "free step size per iteration, 0.01 at the start; update k (from 0) trains 1 + k // inner iterations on x0[k]. loss[k] is "
        "before update k; row k of step_size is after k updates. The gradient is on x0[0]. JAX, f64.",
        x0=x0,
        incremental=incremental(name, loss, np.full(DEPTHS, 0.01), DEPTHS, INNER, (5e-6, 1e-4), [(batch,) for batch in x0], 1e-12),
        gradients=[gradient(name, loss, np.linspace(0.008, 0.002, 6), 6, (x0[0],), 1e-12)],
    )


if __name__ == "__main__":
    main()
