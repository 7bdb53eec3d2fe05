//! `proximal_unfolding`: a proximal operator from a projection.

// ANCHOR: task
/// prox_ηg(u) for g(x) = λ|x| + ½μx², μ ≥ 0. Use the projection to [−τ, τ], `clamp`, and no other case distinction.
pub fn prox(u: f64, eta: f64, lambda: f64, mu: f64) -> f64 {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {
    // ANCHOR: solution
    /// prox_ηg(u) for g(x) = λ|x| + ½μx², μ ≥ 0. Use the projection to [−τ, τ], `clamp`, and no other case distinction.
    pub fn prox(u: f64, eta: f64, lambda: f64, mu: f64) -> f64 {
        let tau = eta * lambda;
        let shrunk = u - u.clamp(-tau, tau); // S_τ(u) is what the projection to [−τ, τ] leaves of u
        shrunk / (1.0 + eta * mu)
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {

    fn check(f: fn(f64, f64, f64, f64) -> f64) {
        let (eta, lambda) = (0.4, 1.5); // τ = 0.6
        for i in -40..=40 {
            let u = f64::from(i) * 0.05;
            assert!((f(u, eta, lambda, 0.0) - u.signum() * (u.abs() - 0.6).max(0.0)).abs() < 1e-15, "{u}"); // S_τ(u)
            for mu in [0.0, 0.5, 3.0] {
                let objective = |x: f64| eta * (lambda * x.abs() + 0.5 * mu * x * x) + 0.5 * (x - u) * (x - u);
                let x = f(u, eta, lambda, mu);
                let least = (-3000..=3000).map(|j| objective(f64::from(j) * 1e-3)).fold(f64::INFINITY, f64::min);
                assert!(objective(x) <= least + 1e-15 && least < objective(x) + 1e-5, "{u} {mu}"); // of all x on a grid
            }
        }
    }

    #[test]
    fn solution() {
        check(super::solution::prox);
    }

    #[test]
    #[ignore = "your turn"]
    fn task() {
        check(super::prox);
    }
}
