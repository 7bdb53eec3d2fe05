"""The trainings of the comparison in JAX (compiled) and PyTorch (eager): f64, on the CPU, on the data that our side has saved.

Usage: trainings.py FRAMEWORK TASK VARIANT DATA. DATA is a directory with TASK.safetensors. Prints two JSON lines, the first as
soon as the first run is done:
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
from pathlib import Path  # noqa: E402

PLAIN = (["update", "scan"], ["eager", "eager_1"])
UNFOLDED = (["update", "scan", "unrolled"], ["eager", "eager_1"])
# Task: variants in JAX, variants in PyTorch.
VARIANTS = {
    "regression": PLAIN,
    "rbf": PLAIN,
    "three_layer_nn": PLAIN,
    "least_squares": UNFOLDED,
    "projected_gradient": UNFOLDED,
    # Compiling 150 unrolled depths one by one takes far longer than training them.
    "rastrigin": (["scan"], ["eager", "eager_1"]),
    "ista": UNFOLDED,
    "bqp": UNFOLDED,
    "jacobi": UNFOLDED,
    "belief_propagation": UNFOLDED,
    "sde": PLAIN,
    "digits": UNFOLDED,
    "consensus": (["update", "scan"], ["eager", "eager_1"]),
    "lotka_volterra": PLAIN,
    "rayleigh_ritz": PLAIN,
    "control": PLAIN,
    "neural_ode": PLAIN,
}
LABELS = {
    "update": "JAX, one jitted update, called in a loop",
    "scan": "JAX, compiled scans over the updates",
    "unrolled": "JAX, compiled scans over the updates, iterations unrolled",
    "eager": "PyTorch, eager",
    "eager_1": "PyTorch, eager, one thread",
}


class Plain:
    """A training with one loss, `loss(xp, params, batch)`; update k has row k mod P of each of the arrays `batches` [P, …]."""

    def __init__(self, rate, start, loss, updates, batches=(), rule="adam"):
        self.rate, self.start, self.loss, self.updates, self.batches, self.rule = rate, start, loss, updates, batches, rule


class Unfolded:
    """Incremental training with Adam: `inner` updates at each depth; update k has batch k mod P of `pool`, arrays [P, K, …].

    `begin(xp, batch)` gives the first x, `step(xp, x, numbers, batch)` is one iteration with its numbers, the entries of `start`
    that take turns; `loss(xp, x, batch)` is divided by K.
    """

    def __init__(self, rate, start, depths, inner, pool, begin, step, loss, full_depth=False):
        self.rate, self.start, self.depths, self.inner, self.pool = rate, start, depths, inner, pool
        self.begin, self.step, self.loss, self.full_depth = begin, step, loss, full_depth
        self.batch_size = pool[0].shape[1]

    def depth_of(self, generation):
        return self.depths if self.full_depth else generation


def squared_error(xp, x, batch):
    return ((x - batch[0]) ** 2).sum()


def training(task, data):
    import numpy as np

    d = data
    if task == "regression":
        loss = lambda xp, p, b: (p[0][0] * xp.exp(-p[0][1] * b[0]) + p[0][2] - b[1]) ** 2  # noqa: E731
        return Plain(1.0, (np.ones(3),), loss, 220, (d["x"], d["y"]))
    if task == "rbf":
        return Plain(1.0, (np.ones(50),), lambda xp, p, _: ((xp.asarray(d["phi"]) @ p[0] - xp.asarray(d["y"])) ** 2).sum(), 250)
    if task == "three_layer_nn":

        def loss(xp, p, _):
            hidden = xp.relu(xp.asarray(d["x"]) @ p[0])
            return 0.5 * ((hidden @ xp.asarray(d["a"]) / 10 - xp.asarray(d["y"])) ** 2).sum()

        return Plain(1.1, (d["w"],), loss, 200, rule="sgd")

    # x ← x − η(x·AᵀA − b), with what follows it in each algorithm; a batch is (solution, b).
    zeros = lambda xp, batch: xp.zeros_like(batch[0])  # noqa: E731
    descend = lambda xp, x, eta, b: x - eta * (x @ xp.asarray(d["gram"]) - b)  # noqa: E731
    pool = tuple(d[name] for name in ("solution", "b") if name in d)
    if task == "least_squares":
        step = lambda xp, x, p, b: descend(xp, x, p[0], b[1])  # noqa: E731
        return Unfolded(1e-4, (np.zeros(8),), 50, 40, pool, zeros, step, squared_error)
    if task == "projected_gradient":
        step = lambda xp, x, p, b: xp.hardtanh(descend(xp, x, p[0], b[1]))  # noqa: E731
        return Unfolded(3e-3, (np.zeros(25),), 25, 40, pool, zeros, step, squared_error)
    if task == "rastrigin":
        # 10 updates per depth where the book's code has 100: a tenth of the work for every contender.
        step = lambda xp, x, p, _: x - p[0] * (2 * x + 20 * np.pi * xp.sin(2 * np.pi * x))  # noqa: E731
        return Unfolded(5e-6, (np.full(150, 0.01),), 150, 10, (d["start"],), lambda xp, b: b[0], step, lambda xp, x, b: (x**2).sum())
    if task in ("ista", "digits"):
        depths, inner, rate = (40, 20, 5e-5) if task == "ista" else (25, 50, 5e-5)

        def step(xp, x, p, b):
            v = descend(xp, x, p[0], b[1])
            return xp.sign(v) * xp.relu(abs(v) - p[1])

        start = np.full(depths, d["gamma"].item())
        return Unfolded(rate, (start, start), depths, inner, pool, zeros, step, squared_error)
    if task == "bqp":
        step = lambda xp, x, p, b: xp.hardtanh(p[1] * descend(xp, x, p[0], b[1]))  # noqa: E731
        return Unfolded(5e-4, (np.zeros(30), np.ones(30)), 30, 40, pool, zeros, step, squared_error)
    if task in ("jacobi", "consensus"):
        settings = {"jacobi": (1e-2, np.ones(8), 20, 50), "consensus": (5e-4, np.zeros(75), 75, 50)}[task]
        rate, start, depths, inner = settings
        step = lambda xp, x, p, _: x - p[0] * (x @ xp.asarray(d["matrix"].T))  # noqa: E731
        return Unfolded(rate, (start,), depths, inner, (d["start"],), lambda xp, b: b[0], step, lambda xp, x, b: (x**2).sum())
    if task == "belief_propagation":
        edges, bits = d["bits"].size, d["solution"].shape[-1]
        bit_of = np.zeros((edges, bits))
        bit_of[np.arange(edges), d["bits"]] = 1.0
        checks = d["checks"]  # [checks, edges of each]
        others = np.array([[[f for f in row if f != e] for e in row] for row in checks])  # [checks, weight, weight − 1]
        order = np.argsort(checks.reshape(-1))

        def step(xp, alpha, p, b):
            gamma = b[1] + alpha @ xp.asarray(bit_of)
            beta = p[0] * (gamma @ xp.asarray(bit_of.T) - alpha)
            t = xp.tanh(0.5 * beta)
            product = xp.prod(t[:, xp.index(others)])  # [K, checks, weight]
            return xp.log_ratio((1 - 1e-8) * product.reshape(len(alpha), -1)[:, xp.index(order)])

        def loss(xp, alpha, b):
            return ((xp.tanh(b[1] + alpha @ xp.asarray(bit_of)) - b[0]) ** 2).sum()

        start = (np.ones((5, edges)),)
        begin = lambda xp, b: xp.zeros_like(b[1] @ xp.asarray(bit_of.T))  # noqa: E731
        return Unfolded(1e-2, start, 5, 1000, pool, begin, step, loss, full_depth=True)
    if task == "sde":
        h = 20 / 1000

        def loss(xp, p, b):
            f = xp.asarray(np.eye(4)) + h * (xp.asarray(d["a"]) + xp.asarray(d["b"]) @ p[0] @ xp.asarray(d["c"]))
            return (xp.roll(lambda x, w: x @ f.T + w, b[0], b[1]) ** 2).sum()

        return Plain(1.0, (d["gain"],), loss, 100, (d["start"], d["shocks"]))
    if task == "lotka_volterra":
        n, h = 1000, 10 / 1000

        def loss(xp, p, _):
            alpha, beta, gamma, delta = p[0][0], p[0][1], p[0][2], p[0][3]

            def step(carry, _):
                (x, y), total = carry
                x, y = x + h * (alpha * x - beta * x * y), y + h * (delta * x * y - gamma * y)
                return (x, y), total + (x - 1) ** 2 + (y - 1) ** 2

            one = xp.asarray(np.ones(()))
            return xp.roll(step, ((one, one), 0 * one), xp.asarray(np.zeros(n)))[1]

        return Plain(0.1, (np.array([1.5, 1.0, 3.0, 1.0]),), loss, 200)
    if task == "rayleigh_ritz":

        def loss(xp, p, _):
            y = xp.asarray(d["stacked"]) @ p[0]
            return (xp.asarray(d["squares"]) * y**2 + xp.asarray(d["linear"]) * y).sum()

        return Plain(1.0, (np.ones(50),), loss, 300)
    if task == "control":
        dt = 1 / 200

        def loss(xp, p, _):
            def step(carry, u):
                x, cost = carry
                x = x + u * dt
                return x, cost + (x**2 + u**2) * dt

            return xp.roll(step, (xp.asarray(np.ones(())), xp.asarray(np.zeros(()))), xp.asarray(d["phi"]) @ p[0])[1]

        return Plain(0.1, (np.ones(50),), loss, 200)
    if task == "neural_ode":
        h = 4 / 200

        def loss(xp, p, _):
            w1, b1, w2, b2 = p
            states = xp.roll_all(lambda x, _: x + h * (xp.relu(x @ w1.T + b1) @ w2.T + b2), xp.asarray(np.zeros(2)), 200)
            return ((states[::10, 0] - xp.asarray(d["data"])) ** 2).sum()

        return Plain(1e-2, tuple(d[name] for name in ("w1", "b1", "w2", "b2")), loss, 500)
    raise SystemExit(f"unknown task {task!r}")


def prepare_jax(task, variant, data):
    import jax
    import jax.numpy as jnp
    import optax

    jax.config.update("jax_enable_x64", True)
    imported = time.perf_counter() - START
    t = training(task, data)
    start = tuple(jnp.array(part) for part in t.start)

    class xp:
        """JAX under the names that the trainings use."""

        exp, sin, tanh, sign, relu, zeros_like, asarray = jnp.exp, jnp.sin, jnp.tanh, jnp.sign, jax.nn.relu, jnp.zeros_like, jnp.asarray
        prod, index = staticmethod(lambda x: x.prod(-1)), staticmethod(lambda i: i)
        log_ratio = staticmethod(lambda q: jnp.log1p(q) - jnp.log1p(-q))

        @staticmethod
        def hardtanh(x):
            """Derivative 0 at exactly ±1, as PyTorch has it (jax.numpy.clip has ½): a new step size of 0 does hit it."""
            return jnp.where(abs(x) < 1, x, jnp.sign(x))

        @staticmethod
        def roll(step, x, inputs):
            return jax.lax.scan(lambda x, w: (step(x, w), None), x, inputs)[0]

        @staticmethod
        def roll_all(step, x, count):
            def body(x, _):
                x = step(x, None)
                return x, x

            return jax.lax.scan(body, x, length=count)[1]

    # The update written out: faster than optax inside of a scan.
    def written_out(k, params, moments, grads):
        if getattr(t, "rule", "adam") == "sgd":
            return tuple(p - t.rate * g for p, g in zip(params, grads)), moments
        moments = tuple((0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g) for (m, v), g in zip(moments, grads))
        bias1, bias2 = 1 - 0.9**k, 1 - 0.999**k
        step = lambda p, m, v: p - t.rate * (m / bias1) / (jnp.sqrt(v / bias2) + 1e-8)  # noqa: E731
        return tuple(step(p, m, v) for p, (m, v) in zip(params, moments)), moments

    no_moments = tuple((jnp.zeros_like(p), jnp.zeros_like(p)) for p in start)

    def scan_of(loss, count):
        """`count` updates as one compiled scan; `loss(params, k)` is the loss of update k."""

        @partial(jax.jit, donate_argnums=(0, 1))
        def run(params, moments, first):
            def body(carry, k):
                params, moments = carry
                value, grads = jax.value_and_grad(loss)(params, k)
                return written_out(k + 1.0, params, moments, grads), value

            (params, moments), values = jax.lax.scan(body, (params, moments), first + jnp.arange(count))
            return params, moments, values

        return run

    optimizer = {"adam": optax.adam, "sgd": optax.sgd}[getattr(t, "rule", "adam")](t.rate)

    def optax_update(loss, params, state):
        value, grads = jax.value_and_grad(loss)(params)
        change, state = optimizer.update(grads, state)
        return optax.apply_updates(params, change), state, value

    copy = lambda tree: jax.tree.map(jnp.copy, tree)  # noqa: E731
    if isinstance(t, Plain):
        batches = tuple(jnp.array(part) for part in t.batches)
        if variant == "update":
            one = jax.jit(lambda params, state, batch: optax_update(lambda p: t.loss(xp, p, batch), params, state))
            rows = [tuple(part[k % len(part)] for part in batches) for k in range(t.updates)]

            def once():
                params, state = start, optimizer.init(start)
                for batch in rows:
                    params, state, value = one(params, state, batch)
                return float(value)

            return imported, once
        whole = scan_of(lambda p, k: t.loss(xp, p, tuple(part[k % len(part)] for part in batches)), t.updates)
        return imported, lambda: float(whole(copy(start), copy(no_moments), 0)[2][-1])

    pool = tuple(jnp.array(part) for part in t.pool)

    def loss(params, depth, batch):
        numbers = lambda i: tuple(p[i % len(p)] for p in params)  # noqa: E731
        x = t.begin(xp, batch)
        if variant == "unrolled":
            for i in range(depth):
                x = t.step(xp, x, numbers(i), batch)
        else:
            x, _ = jax.lax.scan(lambda x, i: (t.step(xp, x, numbers(i), batch), None), x, jnp.arange(depth))
        return t.loss(xp, x, batch) / t.batch_size

    if variant == "update":

        @partial(jax.jit, static_argnums=2)
        def one(params, state, depth, batch):
            return optax_update(lambda params: loss(params, depth, batch), params, state)

        batches = [tuple(part[k] for part in pool) for k in range(len(pool[0]))]

        def once():
            params, state = start, optimizer.init(start)
            for generation in range(1, 1 + (1 if t.full_depth else t.depths)):
                values = []
                for k in range(t.inner):
                    number = (generation - 1) * t.inner + k
                    params, state, value = one(params, state, t.depth_of(generation), batches[number % len(batches)])
                    values.append(value)
            return statistics.fmean(map(float, values))

        return imported, once

    # A compiled scan over the updates of each depth.
    def generation_of(depth):
        return scan_of(lambda p, k: loss(p, depth, tuple(part[k % len(part)] for part in pool)), t.inner)

    generations = [generation_of(t.depth_of(g)) for g in range(1, 1 + (1 if t.full_depth else t.depths))]

    def once():
        params, moments = copy(start), copy(no_moments)
        for number, run in enumerate(generations):
            params, moments, values = run(params, moments, number * t.inner)
        return float(values.mean())

    return imported, once


def prepare_torch(task, variant, data):
    import torch

    if variant == "eager_1":  # threads cost more than they bring at most of these sizes, most of all on a busy machine
        torch.set_num_threads(1)
    imported = time.perf_counter() - START
    t = training(task, data)
    cache = {}

    class xp:
        """PyTorch under the names that the trainings use; constants become tensors once."""

        exp, sin, tanh, sign, relu = torch.exp, torch.sin, torch.tanh, torch.sign, torch.relu
        zeros_like, hardtanh = torch.zeros_like, torch.nn.functional.hardtanh
        prod, log_ratio = staticmethod(lambda x: x.prod(-1)), staticmethod(lambda q: torch.log1p(q) - torch.log1p(-q))

        @staticmethod
        def asarray(array):
            key = array.__array_interface__["data"][0], array.shape, array.strides
            if key not in cache:
                cache[key] = torch.from_numpy(array.copy()), array  # kept, so that no other array gets its address
            return cache[key][0]

        @staticmethod
        def index(array):
            return xp.asarray(array)

        @staticmethod
        def roll(step, x, inputs):
            for w in inputs:
                x = step(x, w)
            return x

        @staticmethod
        def roll_all(step, x, count):
            states = []
            for _ in range(count):
                x = step(x, None)
                states.append(x)
            return torch.stack(states)

    rows = lambda parts: [tuple(torch.from_numpy(part[k : k + 1])[0] for part in parts) for k in range(len(parts[0]))]  # noqa: E731

    def once():
        params = tuple(torch.tensor(part, requires_grad=True) for part in t.start)
        optimizer = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}[getattr(t, "rule", "adam")](params, lr=t.rate)

        def update(loss):
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            return loss.item()

        if isinstance(t, Plain):
            batches = rows(t.batches) if t.batches else [()]
            return [update(t.loss(xp, params, batches[k % len(batches)])) for k in range(t.updates)][-1]
        pool = rows(t.pool)
        for generation in range(1, 1 + (1 if t.full_depth else t.depths)):
            values = []
            for k in range(t.inner):
                batch = pool[((generation - 1) * t.inner + k) % len(pool)]
                x = t.begin(xp, batch)
                for i in range(t.depth_of(generation)):
                    x = t.step(xp, x, tuple(p[i % len(p)] for p in params), batch)
                values.append(update(t.loss(xp, x, batch) / t.batch_size))
        return statistics.fmean(values)

    return imported, once


def main():
    from safetensors.numpy import load_file

    framework, task, variant, directory = sys.argv[1:]
    data = load_file(Path(directory) / f"{task}.safetensors")
    imported, once = {"jax": prepare_jax, "torch": prepare_torch}[framework](task, variant, data)

    def timed():
        begin = time.perf_counter()
        loss = once()
        return time.perf_counter() - begin, loss

    first, loss = timed()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"import_s": imported, "first_s": first, "peak_mib": peak, "loss": loss}), flush=True)
    again = [timed()[0]]
    while sum(again) < 0.5:
        again.append(timed()[0])
    print(json.dumps({"again_s": statistics.median(again)}), flush=True)


if __name__ == "__main__":
    main()
