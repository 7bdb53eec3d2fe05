"""Shared by the scripts beside it: one loss trained in two frameworks, and one way of writing a fixture."""

import json
from functools import partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
import torch

jax.config.update("jax_enable_x64", True)

FIXTURES = Path(__file__).parent / "fixtures"


def train_jax(loss, optimizer, start, batches):
    """One optax update per batch. Returns (losses, iterates), both one longer than `batches`.

    `loss(xp, params, *batch)` is written once for xp = jax.numpy and xp = torch; an int in a batch is a compile-time constant.
    losses[k] is the loss on batch k *before* update k; the last entry is the last batch after its update.
    """
    static = tuple(3 + i for i, part in enumerate(batches[0]) if isinstance(part, int))
    value = jax.jit(partial(loss, jnp), static_argnums=tuple(i - 2 for i in static))

    @partial(jax.jit, static_argnums=static)
    def step(_, params, state, *batch):
        value, grad = jax.value_and_grad(partial(loss, jnp))(params, *batch)
        update, state = optimizer.update(grad, state, params)
        return optax.apply_updates(params, update), state, value

    params = jnp.array(start, dtype=float)
    state = optimizer.init(params)
    losses, iterates = [], [params]
    for batch in batches:
        params, state, before = step(None, params, state, *batch)
        losses.append(before)
        iterates.append(params)
    losses.append(value(params, *batches[-1]))
    return np.array(losses), np.array(iterates)


def train_torch(loss, make_optimizer, start, batches, before_update=lambda k, state: None):
    """The same in eager PyTorch; `before_update(k, state)` may change the optimizer's state of the parameter."""
    params = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    optimizer = make_optimizer([params])
    batches = [[part if isinstance(part, int) else torch.tensor(part) for part in batch] for batch in batches]
    losses, iterates = [], [params.detach().numpy().copy()]
    for k, batch in enumerate(batches):
        optimizer.zero_grad()
        value = loss(torch, params, *batch)
        value.backward()
        before_update(k, optimizer.state[params])
        optimizer.step()
        losses.append(value.item())
        iterates.append(params.detach().numpy().copy())
    losses.append(loss(torch, params, *batches[-1]).item())
    return np.array(losses), np.array(iterates)


def gradient_jax(loss, params, *batch):
    return [np.array(part) for part in jax.value_and_grad(partial(loss, jnp))(jnp.array(params), *batch)]


def gradient_torch(loss, params, *batch):
    params = torch.tensor(params, requires_grad=True)
    value = loss(torch, params, *[part if isinstance(part, int) else torch.tensor(part) for part in batch])
    value.backward()
    return [np.array(value.item()), params.grad.numpy()]


def difference(reference, other):
    """Largest difference, each row of the trajectory relative to that row's largest entry (a scalar row: to itself)."""
    reference, other = (np.reshape(v, (len(v), -1)) for v in (np.atleast_1d(reference), np.atleast_1d(other)))
    scale = np.abs(reference).max(axis=1)
    return float(np.max(np.abs(reference - other).max(axis=1) / np.where(scale > 0, scale, 1)))


def report(fixture, what, value, bound):
    """Prints one agreement between frameworks and refuses to go on where it is worse than the documented bound."""
    print(f"{fixture:16} {what:44} {value:.1e}  (bound {bound:.0e})", flush=True)
    if not value <= bound:
        raise SystemExit(f"{fixture}: {what}: {value:.3e} exceeds {bound:.0e}")


def save(name, **fields):
    """Writes fixtures/NAME.json: shortest decimals that read back to the same f64, innermost lists on one line."""

    def plain(value):
        return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value

    def text(value, indent):
        value = plain(value)
        inner = " " * (indent + 1)
        if isinstance(value, dict):
            rows = [f"{json.dumps(key)}: {text(item, indent + 1)}" for key, item in value.items()]
            return "{\n" + ",\n".join(inner + row for row in rows) + "\n" + " " * indent + "}"
        if isinstance(value, (list, tuple)) and any(isinstance(plain(item), (list, tuple, dict)) for item in value):
            return "[\n" + ",\n".join(inner + text(item, indent + 1) for item in value) + "\n" + " " * indent + "]"
        return json.dumps(value, allow_nan=False)

    FIXTURES.mkdir(exist_ok=True)
    (FIXTURES / f"{name}.json").write_text(text(fields, 0) + "\n", encoding="utf-8")
