"""chapter4.json: ISTA and FISTA, unfolded ISTA, unfolded projected gradient descent on signs, and relaxation with its expected loss."""

import jax
import jax.numpy as jnp
import numpy as np
import optax

from reference import save, train_jax

N, M, K, DEPTHS, INNER = 12, 8, 6, 5, 4


def shrink(u, tau):
    """sign(u) max(|u| - tau, 0), for tau < 0 too; slope 0 where it is 0."""
    return jnp.where(jnp.abs(u) > tau, u - tau * jnp.sign(u), 0.0)


def hardtanh(x):
    """Derivative 0 at exactly -1 and 1."""
    return jnp.where(jnp.abs(x) < 1, x, jnp.sign(x))


def train(loss, start, rate, batches):
    losses, iterates = train_jax(loss, optax.adam(rate), start, batches)
    return {"learning_rate": rate, "loss": losses[:-1], "parameters": iterates[-1]}


def schedule(*arrays):
    """Update k trains 1 + k // INNER iterations on entry k of each array."""
    return [(1 + k // INNER, *(a[k] for a in arrays)) for k in range(DEPTHS * INNER)]


def main():
    rng = np.random.default_rng(0)
    a = rng.normal(size=(M, N)).round(3)
    gamma = 1 / np.linalg.eigvalsh(a.T @ a)[-1]
    updates = DEPTHS * INNER
    x = (rng.normal(size=(updates, K, N)) * (rng.uniform(size=(updates, K, N)) < 0.2)).round(3)
    y = (x @ a.T + 0.1 * rng.normal(size=(updates, K, M))).round(3)

    def iterate(z, eta, mu, y):
        return shrink(z - eta * ((z @ a.T - y) @ a), mu)

    ista, fista, t = [np.zeros((K, N))], [np.zeros((K, N))], 1.0
    z = fista[0]
    for _ in range(60):
        ista.append(np.asarray(iterate(ista[-1], gamma, 0.5 * gamma, y[0])))
        fista.append(np.asarray(iterate(z, gamma, 0.5 * gamma, y[0])))
        t, before = (1 + np.sqrt(1 + 4 * t * t)) / 2, t
        z = fista[-1] + (before - 1) / t * (fista[-1] - fista[-2])
    errors = [[float(((z - x[0]) ** 2).sum()) for z in history] for history in (ista, fista)]

    def sparse_loss(_, parameters, depth, x, y):
        z = jnp.zeros((K, N))
        for i in range(depth):
            z = iterate(z, parameters[i], parameters[DEPTHS + i], y)
        return ((z - x) ** 2).sum() / K

    square = rng.normal(size=(N, N)).round(3)
    signs = rng.choice([-1.0, 1.0], size=(updates, K, N))
    received = (signs @ square.T + rng.normal(size=(updates, K, N))).round(3)

    def sign_loss(_, parameters, depth, x, y):
        z = jnp.zeros((K, N))
        for i in range(depth):
            z = hardtanh(parameters[DEPTHS + i] * (z - parameters[i] * ((z @ square.T - y) @ square)))
        return ((z - x) ** 2).sum() / K

    a0 = rng.normal(size=(8, 8)).round(3)
    gram = a0.T @ a0
    b = np.eye(8) - gram / np.linalg.norm(gram)
    inverse = np.linalg.inv(b)

    def expected_loss(_, omega, depth):
        error = jnp.asarray(inverse)
        for i in range(depth):
            error = error - omega[i % len(omega)] * (b @ error)
        return (error**2).sum()

    def relaxation(period):
        return train(expected_loss, np.ones(period), 0.1, [(1 + k // 40,) for k in range(400)])

    save(
        "chapter4",
        description="ista, fista: squared errors, summed over the batch y[0], after 0..60 iterations with step size gamma and threshold "
        "gamma/2. du_ista: x <- S_mu_i(x - eta_i A'(Ax - y)), parameters are all eta, then all mu, gamma at the start; bqp: "
        "x <- hardtanh(alpha_i (x - eta_i A'(Ax - y))) with A = square, all eta (0.01 at the start), then all alpha (1); loss sum |x - x*|^2 "
        "/ 6, Adam, update k (from 0) trains 1 + k // inner iterations on batch k; loss[k] is before update k. psor: "
        "|prod(I - omega_i B) B^-1|_F^2 with B = I - A0'A0/|A0'A0|_F, omega = 1 at the start, update k trains 1 + k // 40 iterations. JAX, f64.",
        a=a,
        gamma=gamma,
        inner=INNER,
        x=x,
        y=y,
        ista=errors[0],
        fista=errors[1],
        du_ista=train(sparse_loss, np.full(2 * DEPTHS, gamma), 1e-3, schedule(x, y)),
        square=square,
        signs=signs,
        received=received,
        bqp=train(sign_loss, np.r_[np.full(DEPTHS, 0.01), np.ones(DEPTHS)], 5e-3, schedule(signs, received)),
        a0=a0,
        psor=[relaxation(period) for period in (2, 4)],
    )


if __name__ == "__main__":
    jax.config.update("jax_enable_x64", True)
    main()
