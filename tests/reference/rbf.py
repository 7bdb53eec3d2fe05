"""rbf.json: 50 radial basis functions fitted to exp(-5x) sin(5x) by Adam and by gradient descent, and the best possible loss."""

import mpmath as mp
import numpy as np
import optax
import torch

from reference import difference, report, save, train_jax, train_torch


def loss(_, theta, phi, y):
    return ((phi @ theta - y) ** 2).sum()


def exact_least_squares():
    mp.mp.dps = 120
    x = [mp.mpf(i) / 100 for i in range(1, 101)]
    phi = mp.matrix([[mp.exp(-20 * (xi - mp.mpf(j) / 20 + mp.mpf(1) / 2) ** 2) for j in range(50)] for xi in x])
    y = mp.matrix([mp.exp(-5 * xi) * mp.sin(5 * xi) for xi in x])
    gram = phi.T * phi
    residual = phi * mp.lu_solve(gram, phi.T * y) - y
    eigenvalues = sorted(mp.eigsy(gram, eigvals_only=True))
    return {
        "sum_squared_error": float((residual.T * residual)[0]),
        "condition_number": float(mp.sqrt(eigenvalues[-1] / eigenvalues[0])),
    }


def main():
    x = np.arange(1, 101) / 100
    i = np.arange(1, 51)
    phi = np.exp(-20 * (x[:, None] - 0.05 * (i - 1) + 0.5) ** 2)
    y = np.exp(-5 * x) * np.sin(5 * x)
    start = np.ones(50)
    runs = []
    for name, rate, updates, ours, theirs in [
        ("adam", 1.0, 250, optax.adam, torch.optim.Adam),
        ("gradient_descent", 0.003, 500, optax.sgd, torch.optim.SGD),
    ]:
        batches = [(phi, y)] * updates
        losses, iterates = train_jax(loss, ours(rate), start, batches)
        other_losses, other = train_torch(loss, lambda params: theirs(params, lr=rate), start, batches)
        report("rbf", f"{name}: loss, every update", difference(losses, other_losses), 1e-12)
        report("rbf", f"{name}: parameters, every update", difference(iterates, other), 1e-12)
        # How far one rounding error at the start has grown: what no implementation can agree below.
        nudged, _ = train_jax(loss, ours(rate), start * (1 + np.spacing(1.0) * (-1) ** i), batches)
        report("rbf", f"{name}: loss, start moved by one ulp", difference(losses, nudged), 1e-12)
        runs.append({"optimizer": name, "learning_rate": rate, "sum_squared_error": losses, "theta": iterates[-1]})
    # In f64 the small singular values are rounding noise: least squares keeps about 28 of 50 directions.
    theta, _, rank, singular = np.linalg.lstsq(phi, y, rcond=None)
    save(
        "rbf",
        description="Sum of squared errors; row k after k updates, theta = 1 at the start. JAX, f64. phi_ij = exp(-20 (x_i - "
        "0.05 (j-1) + 0.5)^2), x_i = i/100. least_squares_f64: numpy's SVD with its "
        "default cut-off, rank = directions kept. exact: the same problem in 120 digits, rounded",
        runs=runs,
        least_squares_f64={
            "sum_squared_error": ((phi @ theta - y) ** 2).sum(),
            "rank": int(rank),
            "largest_singular_value": singular[0],
        },
        exact=exact_least_squares(),
    )


if __name__ == "__main__":
    main()
