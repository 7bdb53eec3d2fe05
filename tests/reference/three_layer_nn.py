"""three_layer_nn.json: full-batch gradient descent on an over-parameterised network, on fixed data."""

import jax
import numpy as np
import optax
import torch

from reference import difference, report, save, train_jax, train_torch

D, M, N, ITERATIONS = 10, 100, 50, 200


def loss(xp, w, x, y, a):
    relu = torch.relu if xp is torch else jax.nn.relu
    return 0.5 * ((relu(x @ w) @ a / M**0.5 - y) ** 2).sum()


def main():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(N, D))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    g = rng.normal(size=(D, D))
    y = np.einsum("ni,ij,nj->n", x, g, x)
    a, w0 = rng.normal(size=M), rng.normal(size=(D, M))
    runs = []
    for step_size in (1.1, 0.9):
        batches = [(x, y, a)] * ITERATIONS
        losses, iterates = train_jax(loss, optax.sgd(step_size), w0, batches)
        other_losses, other = train_torch(loss, lambda params: torch.optim.SGD(params, lr=step_size), w0, batches)
        nudged, _ = train_jax(loss, optax.sgd(step_size), w0 * (1 + np.spacing(1.0)), batches)
        # Residuals shrink a thousandfold and more while the numbers they are differences of stay: the late losses' last digits go.
        report("three_layer_nn", f"{step_size}: loss, every iteration", difference(losses, other_losses), 2e-11)
        report("three_layer_nn", f"{step_size}: W, every iteration", difference(iterates, other), 1e-12)
        report("three_layer_nn", f"{step_size}: loss, W0 moved by one ulp", difference(losses, nudged), 2e-11)
        runs.append({"step_size": step_size, "half_sum_squared_error": losses})
    save(
        "three_layer_nn",
        description="f(W, x) = relu(xW) a / sqrt(100), loss 1/2 sum (f - y)^2, only W learned. x [50, 10], W [10, 100]; row k "
        "after k iterations. JAX, f64.",
        x=x,
        y=y,
        a=a,
        w0=w0,
        runs=runs,
    )


if __name__ == "__main__":
    main()
