"""regression.json: per-sample Adam on g(x) = p1 exp(-p2 x) + p3, with the standard and with the article's restarting step count."""

import jax
import numpy as np
import optax
import torch
from jax.example_libraries import optimizers as jax_optimizers

from reference import difference, report, save, train_jax, train_torch

SAMPLES = 11
START = [1.0, 1.0, 1.0]


def model(xp, p, x):
    return p[0] * xp.exp(-p[1] * x) + p[2]


def loss(xp, p, x, y):
    return (model(xp, p, x) - y) ** 2


def train_restarting(learning_rate, batches):
    """The article's way: jax's example optimizer gets the index within the epoch, the moments go on."""
    init, update, params = jax_optimizers.adam(learning_rate)
    state = init(np.array(START))
    losses, iterates = [], [np.array(START)]
    for k, batch in enumerate(batches):
        value, grad = jax.value_and_grad(lambda p: loss(jax.numpy, p, *batch))(params(state))
        state = update(k % SAMPLES, grad, state)
        losses.append(value)
        iterates.append(params(state))
    return np.array(losses), np.array(iterates)


def main():
    x = np.arange(SAMPLES) / 10
    y = 5 * np.exp(-2 * x) + 1.5 + 0.5 * np.random.default_rng(0).normal(size=SAMPLES)

    def restart(k, state):
        if state and k % SAMPLES == 0:
            state["step"].zero_()

    runs = []
    for name, learning_rate, epochs, restarting in [
        ("article", 1.0, 20, False),
        ("article_restarting", 1.0, 20, True),
        ("book", 0.4, 10, False),
    ]:
        batches = list(zip(x, y)) * epochs
        if restarting:
            losses, iterates = train_restarting(learning_rate, batches)
        else:
            losses, iterates = train_jax(loss, optax.adam(learning_rate), START, batches)
        other_losses, other = train_torch(
            loss,
            lambda params: torch.optim.Adam(params, lr=learning_rate),
            START,
            batches,
            restart if restarting else lambda k, state: None,
        )
        losses, other_losses = losses[SAMPLES - 1 : SAMPLES * epochs : SAMPLES], other_losses[SAMPLES - 1 :: SAMPLES][:epochs]
        report("regression", f"{name}: parameters, every update", difference(iterates, other), 1e-13)
        report("regression", f"{name}: last sample's loss, every epoch", difference(losses, other_losses), 1e-12)
        per_epoch = iterates[::SAMPLES]
        errors = (model(np, per_epoch.T[:, :, None], x) - y) ** 2
        runs.append(
            {
                "name": name,
                "learning_rate": learning_rate,
                "epochs": epochs,
                "restart_step_count_every_epoch": restarting,
                # Row 0: no sample was visited yet, so its loss is the last sample's at the start.
                "last_sample_loss": [errors[0, -1], *losses],
                "mean_squared_error": errors.mean(axis=1),
                "parameters": iterates,
            }
        )
    save(
        "regression",
        description="Adam (beta1 0.9, beta2 0.999, epsilon 1e-8), one update per sample in order, loss (g(x) - y)^2. JAX, f64. "
        "last_sample_loss: row e is the loss of epoch e's last sample at the parameters before that sample's own update "
        "(what value_and_grad returns with the gradient); mean_squared_error: over all samples after e epochs; row 0 of both: "
        "at the start. parameters: row k after k updates. Restarting: bias correction counts 1..11 in every epoch, moments go on.",
        x=x,
        y=y,
        start=START,
        runs=runs,
    )


if __name__ == "__main__":
    main()
