//! `sec3_training_modes`: why equal step sizes stay equal.

// ANCHOR: task
/// ∂/∂ηⱼ of the loss Σ_λ Π_k (1 − ηₖλ)², for each j.
pub fn gradient(step_sizes: &[f64], eigenvalues: &[f64]) -> Vec<f64> {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {
    use common::unfolding::theory::polynomial;

    // ANCHOR: solution
    /// ∂/∂ηⱼ of the loss Σ_λ Π_k (1 − ηₖλ)², for each j.
    pub fn gradient(step_sizes: &[f64], eigenvalues: &[f64]) -> Vec<f64> {
        let partial = |j: usize| {
            let others = [&step_sizes[..j], &step_sizes[j + 1..]].concat();
            let of = |&lambda: &f64| -2.0 * lambda * polynomial(step_sizes, lambda) * polynomial(&others, lambda);
            eigenvalues.iter().map(of).sum()
        };
        (0..step_sizes.len()).map(partial).collect()
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {
    use super::*;
    use common::unfolding::theory;

    fn check(f: fn(&[f64], &[f64]) -> Vec<f64>) -> anyhow::Result<()> {
        let eigenvalues = [1.0, 3.0, 7.0];
        let equal = f(&[0.2; 4], &eigenvalues);
        assert!(equal.iter().all(|g| (g - equal[0]).abs() < 1e-12), "{equal:?}"); // one update keeps them equal
        let steps = [0.1, 0.2, 0.3];
        let loss = |s: &[f64]| -> f64 { eigenvalues.iter().map(|&l| theory::polynomial(s, l).powi(2)).sum() };
        for (j, g) in f(&steps, &eigenvalues).into_iter().enumerate() {
            let moved = |h: f64| {
                let mut s = steps;
                s[j] += h;
                loss(&s)
            };
            assert!((g - (moved(1e-6) - moved(-1e-6)) / 2e-6).abs() < 1e-6, "{j}");
        }
        Ok(())
    }

    #[test]
    fn solution() -> anyhow::Result<()> {
        check(solution::gradient)
    }

    #[test]
    #[ignore = "your turn"]
    fn task() -> anyhow::Result<()> {
        check(gradient)
    }
}
