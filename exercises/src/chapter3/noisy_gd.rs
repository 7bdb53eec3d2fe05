//! `sec3_du_noisy_gd`: the MSE of any schedule without a simulation.

// ANCHOR: task
/// The expected MSE after all of `step_sizes` on least squares from x₀ = 0: along the eigenvalue λ the error x* has the variance 1/λ
/// at first, and each iteration makes v into (1 − ηλ)²v + η²σ².
pub fn expected_mse(step_sizes: &[f64], eigenvalues: &[f64], sigma: f64) -> f64 {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {

    // ANCHOR: solution
    /// The expected MSE after all of `step_sizes` on least squares from x₀ = 0: along the eigenvalue λ the error x* has the variance 1/λ
    /// at first, and each iteration makes v into (1 − ηλ)²v + η²σ².
    pub fn expected_mse(step_sizes: &[f64], eigenvalues: &[f64], sigma: f64) -> f64 {
        let variance = |&lambda: &f64| {
            let next = |v: f64, eta: &f64| (1.0 - eta * lambda).powi(2) * v + (eta * sigma).powi(2);
            step_sizes.iter().fold(1.0 / lambda, next)
        };
        eigenvalues.iter().map(variance).sum()
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{Device, Tensor};
    use chapter3::{
        least_squares::{GradientDescent, Observations},
        noisy_gd::{NoisyGradientDescent, noise_floor},
    };
    use common::{
        linear_model::LinearModel,
        ops::AffineStep,
        sampling,
        unfolding::{Schedule, mean_metrics},
    };

    fn check(f: fn(&[f64], &[f64], f64) -> f64) -> anyhow::Result<()> {
        let model = LinearModel::gaussian(40, 20, &mut sampling::rng(1, 0), &Device::Cpu)?;
        let problem = Observations { solution: model.solution(0.0)?, model };
        let eigenvalues = &problem.model.eigenvalues;
        let steps: Vec<f64> = (0..30).map(|k| 0.02 / (1.0 + f64::from(k) / 10.0)).collect();
        let step_size = Schedule::fixed("step_size", &Tensor::new(&steps[..], &Device::Cpu)?)?;
        let exact = GradientDescent { step: AffineStep::new(&problem.model.gram)?, step_size };
        let simulated = mean_metrics(&problem, &NoisyGradientDescent { exact, noise_std: 1.0 }, 30, 20000, 1)?;
        assert!(
            (f(&steps, eigenvalues, 1.0) / simulated[30] - 1.0).abs() < 0.05,
            "{} {}",
            f(&steps, eigenvalues, 1.0),
            simulated[30]
        );
        let floor = noise_floor(0.01, 1.0, eigenvalues);
        assert!((f(&[0.01; 5000], eigenvalues, 1.0) / floor - 1.0).abs() < 1e-9);
        Ok(())
    }

    #[test]
    fn solution() -> anyhow::Result<()> {
        check(solution::expected_mse)
    }

    #[test]
    #[ignore = "your turn"]
    fn task() -> anyhow::Result<()> {
        check(expected_mse)
    }
}
