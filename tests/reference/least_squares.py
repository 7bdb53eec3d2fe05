"""least_squares.json: gradient descent on 1/2 |Ax - y|^2, unfolded with periodic step sizes."""

import numpy as np

from reference import save
from unfolding import gradient, incremental

N, M, PERIOD, K, DEPTHS, INNER = 10, 20, 8, 8, 6, 5


def main():
    rng = np.random.default_rng(0)
    a = rng.normal(size=(M, N)).round(3)
    y = rng.normal(size=(DEPTHS * INNER, K, M)).round(3)
    pinv = np.linalg.pinv(a)

    def loss(xp, eta, depth, y):
        a_, pinv_ = xp.asarray(a), xp.asarray(pinv)
        x = 0 * (y @ a_)
        for i in range(depth):
            x = x - eta[i % len(eta)] * ((x @ a_.T - y) @ a_)
        return ((y @ pinv_.T - x) ** 2).sum() / K

    lambdas = np.linalg.eigvalsh(a.T @ a)
    fixed = 2 / (lambdas[0] + lambdas[-1])
    name = "least_squares"
    save(
        name,
        description="x <- x - eta[i mod 8] A'(Ax - y) from x = 0, loss sum |x* - x|^2 / 8 over a batch, x* = pinv(A) y. Adam, "
        "step sizes 0 at the start; update k (from 0) trains 1 + k // inner iterations on y[k] [8, 20]. loss[k] is before "
        "update k; row k of step_size is after k updates. The gradients are on y[0]. JAX, f64.",
        a=a,
        pinv=pinv,
        y=y,
        fixed_step_size=fixed,
        incremental=incremental(name, loss, np.zeros(PERIOD), DEPTHS, INNER, (1e-4, 1e-3), [(batch,) for batch in y], 1e-12),
        gradients=[gradient(name, loss, fixed * np.linspace(0.6, 1.4, size), 50, (y[0],), 1e-11) for size in (PERIOD, 50)],
    )


if __name__ == "__main__":
    main()
