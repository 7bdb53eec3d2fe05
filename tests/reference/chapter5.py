"""chapter5.json: the gain that stabilises a linear system, 20 Adam updates through 500 Euler steps, with both losses; the gradient
of weighted belief propagation through 5 iterations on BCH(31, 16), its check nodes written densely, by masks.
"""

import jax
import jax.numpy as jnp
import numpy as np

from reference import save

A = np.array([[-0.2, 0.4, -1, -0.4], [-0.7, -0.8, -0.6, -0.3], [-0.2, 0.1, -0.2, 0.4], [-0.6, 0.8, -0.9, 0.3]])
B = np.array([[-0.2, 0.1], [-0.7, -0.6], [0.6, 0.9], [-0.4, 0.4]])
C = np.array([[0.8, 0.8, -0.8, -0.9], [-0.7, 0.8, -0.8, -0.2]])
HORIZON, STEPS = 20.0, 500


def stabilize(log_loss, rate, updates):
    def end(gain):
        euler = jnp.eye(4) + HORIZON / STEPS * (A + B @ gain @ C)
        x, _ = jax.lax.scan(lambda x, _: (euler @ x, None), jnp.ones(4), None, STEPS)
        return jnp.sum(x**2)

    value = jax.jit(end)
    slope = jax.jit(jax.grad(lambda gain: jnp.log(end(gain)) if log_loss else end(gain)))
    gain, m, v = np.ones((2, 2)), np.zeros((2, 2)), np.zeros((2, 2))
    losses = [float(value(gain))]
    for k in range(1, updates + 1):
        g = np.asarray(slope(gain))
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        gain = gain - rate * (m / (1 - 0.9**k)) / (np.sqrt(v / (1 - 0.999**k)) + 1e-8)
        losses.append(float(value(gain)))
    return {"log_loss": log_loss, "learning_rate": rate, "loss": losses, "gain": gain.tolist()}


def belief_propagation():
    checks = [[(e + shift) for e in (0, 4, 5, 6, 7, 12, 15, 16)] for shift in range(15)]
    bits = np.array(sum(checks, []))
    owner = np.repeat(np.arange(15), 8)
    others = (owner[:, None] == owner[None, :]) & ~np.eye(120, dtype=bool)
    incidence = (bits[:, None] == np.arange(31)[None, :]).astype(float)
    random = np.random.default_rng(5)
    llr = 2 / 0.5**2 * (1 + 0.9 * random.standard_normal((3, 31)))
    weights = 1 + 0.2 * random.standard_normal((5, 120))

    def loss(weights):
        alpha = jnp.zeros((3, 120))
        for xi in weights:
            beta = xi * ((llr + alpha @ incidence) @ incidence.T - alpha)
            factors = jnp.where(others, jnp.tanh(beta / 2)[:, None, :], 1.0)
            alpha = 2 * jnp.arctanh((1 - 1e-8) * jnp.prod(factors, axis=2))
        return jnp.sum((1 - jnp.tanh(llr + alpha @ incidence)) ** 2)

    value, gradient = jax.value_and_grad(loss)(jnp.asarray(weights))
    return {"llr": llr.tolist(), "weights": weights.tolist(), "loss": float(value), "gradient": np.asarray(gradient).tolist()}


def main():
    runs = [stabilize(False, 1.0, 20), stabilize(True, 0.1, 20)]
    save("chapter5", runs=runs, belief_propagation=belief_propagation())


if __name__ == "__main__":
    main()
