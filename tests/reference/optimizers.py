"""optimizers.json: 50 steps of every optimizer on two functions; torch's values, checked with optax where its rule is the same."""

import numpy as np
import optax
import torch

from reference import difference, report, save, train_jax, train_torch

STEPS = 50
FUNCTIONS = {
    "quadratic": {
        "formula": "4 x1^2 + x2^2",
        "start": [-1.0427524178910967, -0.3291338458564041],
        "loss": lambda _, x: 4 * x[0] ** 2 + x[1] ** 2,
    },
    "rosenbrock": {
        "formula": "(1 - x1)^2 + 100 (x2 - x1^2)^2",
        "start": [-1.2, 1.0],
        "loss": lambda _, x: (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2,
    },
}
# name: (learning rate on the quadratic, on Rosenbrock, hyper-parameters, torch's class with its options, optax's or None)
OPTIMIZERS = {
    "gradient_descent": (0.1, 1e-3, {}, torch.optim.SGD, {}, optax.sgd),
    "momentum": (0.05, 2e-4, {"momentum": 0.9}, torch.optim.SGD, {"momentum": 0.9}, lambda lr: optax.sgd(lr, 0.9)),
    "nesterov": (
        0.05,
        2e-4,
        {"momentum": 0.9},
        torch.optim.SGD,
        {"momentum": 0.9, "nesterov": True},
        lambda lr: optax.sgd(lr, 0.9, nesterov=True),
    ),
    # optax's adagrad divides by sqrt(sum + epsilon), torch's by sqrt(sum) + epsilon: no counterpart.
    "adagrad": (0.5, 0.1, {"epsilon": 1e-10}, torch.optim.Adagrad, {"eps": 1e-10}, None),
    "rmsprop": (
        0.05,
        0.01,
        {"alpha": 0.99, "epsilon": 1e-8},
        torch.optim.RMSprop,
        {"alpha": 0.99, "eps": 1e-8},
        lambda lr: optax.rmsprop(lr, decay=0.99, eps=1e-8, eps_in_sqrt=False),
    ),
    "adam": (
        0.1,
        0.02,
        {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8},
        torch.optim.Adam,
        {"betas": (0.9, 0.999), "eps": 1e-8},
        optax.adam,
    ),
    "adamw": (
        0.1,
        0.02,
        {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weight_decay": 0.01},
        torch.optim.AdamW,
        {"betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.01},
        lambda lr: optax.adamw(lr, weight_decay=0.01),
    ),
}


def main():
    runs = []
    for column, (function, spec) in enumerate(FUNCTIONS.items()):
        for name, (*rates, hyper, torch_class, options, optax_maker) in OPTIMIZERS.items():
            rate = rates[column]
            batches = [()] * STEPS
            losses, iterates = train_torch(
                spec["loss"], lambda params: torch_class(params, lr=rate, **options), spec["start"], batches
            )
            assert np.isfinite(iterates).all() and losses[-1] < losses[0], (function, name)
            if optax_maker:
                _, other = train_jax(spec["loss"], optax_maker(rate), spec["start"], batches)
                report("optimizers", f"{name}, {function}", difference(iterates, other), 1e-13)
            runs.append(
                {"optimizer": name, "function": function, "learning_rate": rate, "hyper_parameters": hyper, "iterates": iterates}
            )
    save(
        "optimizers",
        description="Row k of iterates is (x1, x2) after k updates. PyTorch, f64.",
        functions={name: {"formula": spec["formula"], "start": spec["start"]} for name, spec in FUNCTIONS.items()},
        updates={
            "gradient_descent": "x <- x - lr g",
            "momentum": "v <- momentum v + g (v = g at first); x <- x - lr v",
            "nesterov": "v <- momentum v + g (v = g at first); x <- x - lr (g + momentum v)",
            "adagrad": "s <- s + g^2; x <- x - lr g / (sqrt(s) + epsilon)",
            "rmsprop": "s <- alpha s + (1 - alpha) g^2; x <- x - lr g / (sqrt(s) + epsilon)",
            "adam": "m, v moments with bias correction by the update's number; x <- x - lr m^ / (sqrt(v^) + epsilon)",
            "adamw": "x <- x - lr weight_decay x, then adam's update",
        },
        runs=runs,
    )


if __name__ == "__main__":
    main()
