"""The trainings of the comparison in JAX (jitted) and PyTorch (eager): f64, on the CPU.

Usage: trainings.py FRAMEWORK TASK VARIANT. Prints two JSON lines, the first as soon as the first run is done:
  {"import_s", "first_s", "peak_mib", "loss"}    from the interpreter's start; compilation is part of first_s
  {"again_s"}                                    median of repeated trainings in the same process
Run by compare.py; every loss and step is written once and used by both frameworks.
"""

import time

START = time.perf_counter()

import json  # noqa: E402
import resource  # noqa: E402
import statistics  # noqa: E402
import sys  # noqa: E402
from functools import partial  # noqa: E402

# Task: variants in JAX, variants in PyTorch.
VARIANTS = {
    "regression": (["update", "loop"], ["eager", "eager_1"]),
    "rbf": (["update", "loop"], ["eager", "eager_1"]),
    "three_layer_nn": (["update", "loop"], ["eager", "eager_1"]),
    "least_squares": (["unrolled", "scan", "masked", "unrolled_gram"], ["eager", "eager_1", "eager_1_gram"]),
    "projected_gradient": (["unrolled", "scan", "masked"], ["eager", "eager_1"]),
    # Compiling 150 unrolled depths one by one takes far longer than training them.
    "rastrigin": (["scan", "masked"], ["eager", "eager_1"]),
}
LABELS = {
    "update": "one jitted update, called in a loop",
    "loop": "the whole training one compiled scan",
    "unrolled": "unrolled, jitted per depth",
    "unrolled_gram": "unrolled, jitted per depth, x(AᵀA) − yA",
    "scan": "scan, jitted per depth",
    "masked": "one masked scan for all depths",
    "eager": "eager",
    "eager_1": "eager, one thread",
    "eager_1_gram": "eager, one thread, x(AᵀA) − yA",
}


class Plain:
    """A training with one fixed loss: `loss(xp, params, *batch)`, one update per batch."""

    def __init__(self, optimizer, rate, start, loss, batches):
        self.optimizer, self.rate, self.start, self.loss, self.batches = optimizer, rate, start, loss, batches


class Unfolded:
    """Incremental training with Adam: `inner` updates at each depth, a fresh `draw(k)` for each.

    `begin(xp, *batch)` gives the first x and the target, `step(xp, x, eta_i, *batch)` is one iteration of the algorithm.
    """

    def __init__(self, rate, start, depths, inner, draw, begin, step):
        self.rate, self.start, self.depths, self.inner = rate, start, depths, inner
        self.draw, self.begin, self.step = draw, begin, step

    def schedule(self):
        return ((depth, self.draw((depth - 1) * self.inner + k)) for depth in range(1, self.depths + 1) for k in range(self.inner))


def hardtanh(xp, x):
    """Derivative 0 at exactly ±1 in both frameworks (jax.numpy.clip has ½): a new step size of 0 does hit it."""
    return xp.hardtanh(x) if hasattr(xp, "hardtanh") else xp.where(abs(x) < 1, x, xp.sign(x))


def training(task, variant):
    import numpy as np

    rng = np.random.default_rng(0)
    if task == "regression":
        x = np.arange(11) / 10
        y = 5 * np.exp(-2 * x) + 1.5 + 0.5 * rng.normal(size=11)
        return Plain("adam", 1.0, np.ones(3), lambda xp, p, x, y: (p[0] * xp.exp(-p[1] * x) + p[2] - y) ** 2, list(zip(x, y)) * 20)
    if task == "rbf":
        x = np.arange(1, 101) / 100
        phi = np.exp(-20 * (x[:, None] - 0.05 * np.arange(50) + 0.5) ** 2)
        y = np.exp(-5 * x) * np.sin(5 * x)
        return Plain("adam", 1.0, np.ones(50), lambda xp, p: ((xp.asarray(phi) @ p - xp.asarray(y)) ** 2).sum(), [()] * 250)
    if task == "three_layer_nn":
        x = rng.normal(size=(50, 10))
        x /= np.linalg.norm(x, axis=1, keepdims=True)
        y = np.einsum("ni,ij,nj->n", x, rng.normal(size=(10, 10)), x)
        a, w0 = rng.normal(size=100), rng.normal(size=(10, 100))

        def loss(xp, w):
            hidden = (xp.asarray(x) @ w).clip(0)
            return 0.5 * ((hidden @ xp.asarray(a) / 10 - xp.asarray(y)) ** 2).sum()

        return Plain("sgd", 1.1, w0, loss, [()] * 200)
    if task == "least_squares":
        a = rng.normal(size=(100, 50))
        pinv, gram = np.linalg.pinv(a), a.T @ a

        def begin(xp, y):
            x_star = y @ xp.asarray(pinv.T)
            return xp.zeros_like(x_star), x_star

        def step(xp, x, eta, y):
            return x - eta * ((x @ xp.asarray(a.T) - y) @ xp.asarray(a))

        def gram_step(xp, x, eta, y):
            return x - eta * (x @ xp.asarray(gram) - y @ xp.asarray(a))

        use = gram_step if variant.endswith("gram") else step
        return Unfolded(1e-4, np.zeros(8), 50, 40, lambda _: (rng.normal(size=(100, 100)),), begin, use)
    if task == "projected_gradient":
        a = rng.normal(size=(20, 10))
        # A pool of solved batches, made before the clock starts: the solver is not what is compared.
        y = 5 * rng.normal(size=(20, 200, 20))
        gram, b = a.T @ a, y @ a
        x_star, eta = np.zeros(b.shape), 1 / np.linalg.eigvalsh(gram)[-1]
        for _ in range(1000):
            x_star = np.clip(x_star - eta * (x_star @ gram - b), -1, 1)
        pool = list(zip(y, x_star))

        def clipped_step(xp, x, eta, y, _):
            return hardtanh(xp, x - eta * ((x @ xp.asarray(a.T) - y) @ xp.asarray(a)))

        return Unfolded(
            3e-3, np.zeros(25), 25, 40, lambda k: pool[k % 20], lambda xp, y, x_star: (xp.zeros_like(x_star), x_star), clipped_step
        )
    if task == "rastrigin":
        # 10 updates per depth where the book's code has 100: a tenth of the work for every contender.
        return Unfolded(
            5e-6,
            np.full(150, 0.01),
            150,
            10,
            lambda _: (5 * rng.normal(size=(50, 50)),),
            lambda xp, x0: (x0, xp.zeros_like(x0)),
            lambda xp, x, eta, x0: x - eta * (2 * x + 20 * np.pi * xp.sin(2 * np.pi * x)),
        )
    raise SystemExit(f"unknown task {task!r}: {', '.join(VARIANTS)}")


def prepare_jax(task, variant):
    import jax
    import jax.numpy as jnp
    import optax

    jax.config.update("jax_enable_x64", True)
    imported = time.perf_counter() - START
    t = training(task, variant)
    start = jnp.array(t.start)

    def update(optimizer, loss, params, state):
        value, grad = jax.value_and_grad(loss)(params)
        change, state = optimizer.update(grad, state)
        return optax.apply_updates(params, change), state, value

    if isinstance(t, Plain):
        optimizer = {"adam": optax.adam, "sgd": optax.sgd}[t.optimizer](t.rate)

        @jax.jit
        def one(params, state, *batch):
            return update(optimizer, lambda p: t.loss(jnp, p, *batch), params, state)

        @jax.jit
        def whole(params, state, batches):
            def body(carry, batch):
                params, state, value = update(optimizer, lambda p: t.loss(jnp, p, *batch), *carry)
                return (params, state), value

            return jax.lax.scan(body, (params, state), batches, length=len(t.batches))

        def once():
            params, state = start, optimizer.init(start)
            if variant == "loop":
                batches = tuple(jnp.array(part) for part in zip(*t.batches))
                return float(whole(params, state, batches)[1][-1])
            for batch in t.batches:
                params, state, value = one(params, state, *batch)
            return float(value)

        return imported, once

    optimizer = optax.adam(t.rate)

    def loss(eta, depth, *batch):
        x, target = t.begin(jnp, *batch)
        if variant == "masked":
            every = jnp.arange(t.depths)

            def masked(x, i):
                return jnp.where(i < depth, t.step(jnp, x, eta[i % len(t.start)], *batch), x), None

            x, _ = jax.lax.scan(masked, x, every)
        elif variant == "scan":
            x, _ = jax.lax.scan(lambda x, i: (t.step(jnp, x, eta[i % len(t.start)], *batch), None), x, jnp.arange(depth))
        else:
            for i in range(depth):
                x = t.step(jnp, x, eta[i % len(t.start)], *batch)
        return ((target - x) ** 2).sum() / len(x)

    @partial(jax.jit, static_argnums=() if variant == "masked" else 2)
    def one(eta, state, depth, *batch):
        return update(optimizer, lambda eta: loss(eta, depth, *batch), eta, state)

    def once():
        eta, state = start, optimizer.init(start)
        for depth, batch in t.schedule():
            eta, state, value = one(eta, state, depth, *batch)
        return float(value)

    return imported, once


def prepare_torch(task, variant):
    import torch

    if variant.startswith("eager_1"):  # threads cost more than they bring at these sizes, most of all on a busy machine
        torch.set_num_threads(1)
    imported = time.perf_counter() - START
    t = training(task, variant)
    cache = {}

    class xp:
        """torch under the names the trainings use; constants become tensors once."""

        exp, sin, zeros_like, hardtanh = torch.exp, torch.sin, torch.zeros_like, torch.nn.functional.hardtanh

        @staticmethod
        def asarray(array):
            key = array.__array_interface__["data"][0], array.shape, array.strides
            if key not in cache:
                cache[key] = torch.from_numpy(array)
            return cache[key]

    def unfolded(eta, depth, *batch):
        x, target = t.begin(xp, *batch)
        for i in range(depth):
            x = t.step(xp, x, eta[i % len(t.start)], *batch)
        return ((target - x) ** 2).sum() / len(x)

    def once():
        params = torch.tensor(t.start, requires_grad=True)
        if isinstance(t, Plain):
            optimizer = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}[t.optimizer]([params], lr=t.rate)
            losses = (lambda batch=batch: t.loss(xp, params, *batch) for batch in t.batches)
        else:
            optimizer = torch.optim.Adam([params], lr=t.rate)
            losses = (
                lambda depth=depth, batch=batch: unfolded(params, depth, *map(torch.from_numpy, batch))
                for depth, batch in t.schedule()
            )
        for loss in losses:
            optimizer.zero_grad()
            value = loss()
            value.backward()
            optimizer.step()
        return value.item()

    return imported, once


def main():
    framework, task, variant = sys.argv[1:]
    imported, once = {"jax": prepare_jax, "torch": prepare_torch}[framework](task, variant)

    def timed():
        begin = time.perf_counter()
        loss = once()
        return time.perf_counter() - begin, loss

    first, loss = timed()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"import_s": imported, "first_s": first, "peak_mib": peak, "loss": loss}), flush=True)
    again = [timed()[0]]
    while sum(again) < 0.5 and len(again) < 20:
        again.append(timed()[0])
    print(json.dumps({"again_s": statistics.median(again)}), flush=True)


if __name__ == "__main__":
    main()
