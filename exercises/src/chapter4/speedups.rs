//! `sec4_speedups`: AMP's curve without a signal.

// ANCHOR: task
/// The squared error ‖x̂ − x‖² of AMP after 0, 1, … `num_iterations` iterations in large systems, by state evolution: an entry's error v
/// gives the noise τ² = σ²/m + (n/m)v that the next posterior mean sees, and its mean squared error is the next v.
pub fn state_evolution(n: usize, m: usize, active: f64, sigma: f64, num_iterations: usize) -> Vec<f64> {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {
    use common::estimation::mmse_of_bernoulli_gaussian;

    // ANCHOR: solution
    /// The squared error ‖x̂ − x‖² of AMP after 0, 1, … `num_iterations` iterations in large systems, by state evolution: an entry's error v
    /// gives the noise τ² = σ²/m + (n/m)v that the next posterior mean sees, and its mean squared error is the next v.
    pub fn state_evolution(n: usize, m: usize, active: f64, sigma: f64, num_iterations: usize) -> Vec<f64> {
        let (n, m) = (n as f64, m as f64);
        let mut v = active; // of the estimate 0: E x² = p
        let mut errors = vec![n * v];
        for _ in 0..num_iterations {
            let tau2 = sigma * sigma / m + n / m * v;
            v = mmse_of_bernoulli_gaussian(tau2, active);
            errors.push(n * v);
        }
        errors
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {
    use candle_core::Device;
    use chapter4::{
        sparse::SparseRecovery,
        speedups::{bayes, methods::Amp},
    };
    use common::{linear_model::LinearModel, sampling, unfolding::mean_metrics};

    fn check(f: fn(usize, usize, f64, f64, usize) -> Vec<f64>) -> anyhow::Result<()> {
        let (n, m, active, sigma) = (512, 256, 0.05, 0.1);
        let theory = f(n, m, active, sigma, 12);
        assert_eq!((theory.len(), theory[0]), (13, 25.6)); // np at first
        assert!((f(n, m, active, sigma, 100)[100] / bayes(n, m, active, sigma) - 1.0).abs() < 1e-6);
        let model = LinearModel::gaussian(m, n, &mut sampling::rng(1, 0), &Device::Cpu)?;
        let problem = SparseRecovery::new(model, active, sigma)?;
        let counted = mean_metrics(&problem, &Amp::new(&problem)?, 12, 200, 1)?;
        for (theory, counted) in theory.iter().zip(&counted) {
            let ratio = counted / theory; // 512 is not infinite: on the way the mean is larger
            assert!(0.95 < ratio && ratio < 2.5, "{theory} {counted}");
        }
        assert!((counted[12] / theory[12] - 1.0).abs() < 0.02, "{} {}", counted[12], theory[12]);
        Ok(())
    }

    #[test]
    fn solution() -> anyhow::Result<()> {
        check(super::solution::state_evolution)
    }

    #[test]
    #[ignore = "your turn"]
    fn task() -> anyhow::Result<()> {
        check(super::state_evolution)
    }
}
