"""What the scripts of chapter 3 share: incremental training of an unfolded algorithm, recorded in one fixture."""

import optax
import torch

from reference import difference, gradient_jax, gradient_torch, report, train_jax, train_torch


def incremental(name, loss, start, depths, inner, rates, batches, bound):
    """`inner` Adam updates at each depth 1..depths, one batch per update; `loss(xp, eta, depth, *batch)`."""
    steps = [(1 + k // inner, *batch) for k, batch in enumerate(batches)]
    assert len(steps) == depths * inner
    runs = []
    for rate in rates:
        losses, iterates = train_jax(loss, optax.adam(rate), start, steps)
        other_losses, other = train_torch(loss, lambda params: torch.optim.Adam(params, lr=rate), start, steps)
        report(name, f"Adam {rate:g}: loss, every update", difference(losses, other_losses), bound)
        report(name, f"Adam {rate:g}: step sizes, every update", difference(iterates, other), bound)
        runs.append({"learning_rate": rate, "loss": losses[:-1], "step_size": iterates})
    return {"num_iterations": depths, "inner": inner, "runs": runs}


def gradient(name, loss, eta, depth, batch, bound):
    """One gradient through `depth` unrolled iterations, at given step sizes."""
    value, grad = gradient_jax(loss, eta, depth, *batch)
    other_value, other = gradient_torch(loss, eta, depth, *batch)
    report(name, f"gradient through {depth} iterations, {len(eta)} sizes", difference(grad[None], other[None]), bound)
    report(name, f"loss after {depth} iterations", difference(value, other_value), bound)
    return {"num_iterations": depth, "step_size": eta, "loss": value, "gradient": grad}
