//! `sec6_du_euler`: the coefficient that any method learns.

// ANCHOR: task
/// The a with R(ηa) = exp(2η): what a method that multiplies x by R(z) in a step learns from e²ᵗ without noise. R grows, and 0 < a < 4.
pub fn coefficient(factor: fn(f64) -> f64, eta: f64) -> f64 {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {
    // ANCHOR: solution
    /// The a with R(ηa) = exp(2η): what a method that multiplies x by R(z) in a step learns from e²ᵗ without noise. R grows, and 0 < a < 4.
    pub fn coefficient(factor: fn(f64) -> f64, eta: f64) -> f64 {
        let (mut low, mut high) = (0.0, 4.0);
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if factor(eta * middle) < (2.0 * eta).exp() { low = middle } else { high = middle }
        }
        0.5 * (low + high)
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {
    use chapter6::order;
    use common::ode::Method;

    fn check(f: fn(fn(f64) -> f64, f64) -> f64) {
        for n in [10, 100] {
            let eta = 1.0 / n as f64;
            let euler = f(|z| 1.0 + z, eta);
            assert!(
                (euler - ((2.0 * eta).exp() - 1.0) / eta).abs() < 1e-12
                    && (euler - order::coefficient(Method::Euler, n)).abs() < 1e-9
            );
            let implicit = f(|z| 1.0 / (1.0 - z), eta); // Euler backwards: the same bias to the other side, nearly
            assert!((implicit - (1.0 - (-2.0 * eta).exp()) / eta).abs() < 1e-12);
            assert!(((implicit - 2.0) / (2.0 - euler) - 1.0).abs() < 1.5 * eta);
            let trapezoid = f(|z| (1.0 + z / 2.0) / (1.0 - z / 2.0), eta);
            assert!((trapezoid - 2.0 * eta.tanh() / eta).abs() < 1e-12); // 2 − 2η²/3 + …
            let exact = f(f64::exp, eta);
            assert!((exact - 2.0).abs() < 1e-12);
        }
    }

    #[test]
    fn solution() {
        check(super::solution::coefficient);
    }

    #[test]
    #[ignore = "your turn"]
    fn task() {
        check(super::coefficient);
    }
}
