"""lotka_volterra.json, rayleigh_ritz.json, variational.json: chapter 6's deterministic trainings, by JAX with lax.scan.

Each is replayed by NumPy without any autodiff: gradients by the complex step or in closed form, Adam written out.
"""

import jax
import jax.numpy as jnp
import numpy as np
import optax

from reference import difference, report, save


def train(loss, rate, updates, start):
    """Losses before each update and after the last, and all iterates; the whole training is one scan."""
    optimizer = optax.adam(rate)

    def update(carry, _):
        theta, state = carry
        value, grad = jax.value_and_grad(loss)(theta)
        change, state = optimizer.update(grad, state)
        return (optax.apply_updates(theta, change), state), (value, theta)

    theta = jnp.array(start)
    (last, _), (losses, iterates) = jax.jit(lambda: jax.lax.scan(update, (theta, optimizer.init(theta)), length=updates))()
    return np.append(losses, loss(last)), np.vstack([iterates, last[None]])


def replay(value_and_gradient, rate, updates, start):
    """The same by NumPy."""
    theta, m, v = np.array(start), np.zeros(len(start)), np.zeros(len(start))
    losses, iterates = [], [theta]
    for k in range(1, updates + 1):
        value, g = value_and_gradient(theta)
        losses.append(value)
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        theta = theta - rate * (m / (1 - 0.9**k)) / (np.sqrt(v / (1 - 0.999**k)) + 1e-8)
        iterates.append(theta)
    losses.append(value_and_gradient(theta)[0])
    return np.array(losses), np.array(iterates)


def lotka_volterra():
    n, h = 1000, 10 / 1000

    def loss(theta):
        a, b, c, d = theta

        def step(state, _):
            x, y = state
            state = jnp.array([x + h * (a * x - b * x * y), y + h * (-c * y + d * x * y)])
            return state, ((state - 1) ** 2).sum()

        return jax.lax.scan(step, jnp.ones(2), length=n)[1].sum()

    def value_and_gradient(theta):
        tiny = 1e-30
        a, b, c, d = theta[:, None] + np.hstack([np.zeros((4, 1)), 1j * tiny * np.eye(4)])
        x, y, total = np.ones(5, complex), np.ones(5, complex), np.zeros(5, complex)
        for _ in range(n):
            x, y = x + h * (a * x - b * x * y), y + h * (-c * y + d * x * y)
            total += (x - 1) ** 2 + (y - 1) ** 2
        return total[0].real, total[1:].imag / tiny

    start = [1.5, 1.0, 3.0, 1.0]
    losses, iterates = train(loss, 0.1, 200, start)
    other_losses, other = replay(value_and_gradient, 0.1, 200, start)
    report("lotka_volterra", "loss, every update", difference(losses, other_losses), 1e-10)
    report("lotka_volterra", "parameters, every update", difference(iterates, other), 1e-11)
    save(
        "lotka_volterra",
        description="x' = alpha x - beta x y, y' = -gamma y + delta x y from (1, 1), T = 10, explicit Euler with N = 1000; sum over "
        "the states 1..1000 of the squared distance from (1, 1); Adam 0.1. Row k after k updates. JAX, f64, lax.scan",
        learning_rate=0.1,
        loss=losses,
        parameters=iterates,
    )


def basis(x, width=20.0, spacing=0.05):
    distance = x[:, None] - spacing * np.arange(50) + 0.5
    phi = np.exp(-width * distance**2)
    return phi, -2 * width * distance * phi


def rayleigh_ritz():
    dt, penalty = 0.01, 1000.0
    t = np.arange(1, 101) * dt
    phi, slope = basis(t)
    ends = basis(np.array([0.0, 1.0]))[0]

    def loss(theta):
        y, dy, boundary = phi @ theta, slope @ theta, ends @ theta
        return (-(y**2 - dy**2 + t * y) * dt).sum() + penalty * (boundary**2).sum()

    def value_and_gradient(theta):
        y, dy, boundary = phi @ theta, slope @ theta, ends @ theta
        gradient = dt * (-2 * phi.T @ y + 2 * slope.T @ dy - phi.T @ t) + 2 * penalty * ends.T @ boundary
        return loss(theta), gradient

    losses, iterates = train(loss, 1.0, 300, np.ones(50))
    other_losses, other = replay(value_and_gradient, 1.0, 300, np.ones(50))
    # The first update takes every weight from 1 to 0 but for Adam's epsilon: row 1 is 0, and its digits are rounding.
    rows = np.delete(np.arange(301), 1)
    report("rayleigh_ritz", "loss, every update but the first", difference(losses[rows], other_losses[rows]), 1e-11)
    report("rayleigh_ritz", "loss after the first update, absolute", abs(losses[1] - other_losses[1]), 1e-9)
    report("rayleigh_ritz", "parameters, every update", difference(iterates, other), 1e-10)
    save(
        "rayleigh_ritz",
        description="Sum over t_i = 0.01 i, i = 1..100, of -(y^2 - y'^2 + t y) dt + 1000 y(0)^2 + 1000 y(1)^2, y = sum of 50 radial "
        "basis functions, theta = 1 at the start; Adam 1.0. Row k after k updates. JAX, f64, lax.scan",
        learning_rate=1.0,
        loss=losses,
        theta=iterates[-1],
    )


def variational():
    n, dt = 200, 1 / 200
    phi = basis(np.arange(1, n + 1) * dt)[0]

    def loss(theta):
        def step(x, u):
            x = x + u * dt
            return x, (x**2 + u**2) * dt

        return jax.lax.scan(step, 1.0, phi @ theta)[1].sum()

    def value_and_gradient(theta):
        u = phi @ theta
        x = 1 + dt * np.cumsum(u)
        adjoint = np.cumsum((2 * x * dt)[::-1])[::-1]  # dJ/dx_i through all later states
        return ((x**2 + u**2) * dt).sum(), phi.T @ (dt * adjoint + 2 * u * dt)

    losses, iterates = train(loss, 0.1, 200, np.ones(50))
    other_losses, other = replay(value_and_gradient, 0.1, 200, np.ones(50))
    report("variational", "loss, every update", difference(losses, other_losses), 1e-11)
    report("variational", "parameters, every update", difference(iterates, other), 1e-11)
    save(
        "variational",
        description="J = sum of (x_i^2 + u_i^2) dt, x_i = x_{i-1} + u_i dt, x_0 = 1, u_i = u(i dt), dt = 1/200, u = sum of 50 radial "
        "basis functions, theta = 1 at the start; Adam 0.1. Row k after k updates. JAX, f64, lax.scan",
        learning_rate=0.1,
        loss=losses,
        theta=iterates[-1],
    )


def main():
    lotka_volterra()
    rayleigh_ritz()
    variational()


if __name__ == "__main__":
    main()
