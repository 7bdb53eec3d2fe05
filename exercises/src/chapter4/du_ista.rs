//! `sec4_du_ista`: one λ for all thresholds.

use anyhow::Result;
use candle_core::Tensor;
use common::ops::AffineStep;

// ANCHOR: task
/// x ← S_μ(x − η(AᵀAx − b)) with the threshold μ = ηλ; `eta` and `lambda` have rank 0, and both may be learned.
pub fn iterate(step: &AffineStep, x: &Tensor, eta: &Tensor, lambda: &Tensor, b: &Tensor) -> Result<Tensor> {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {
    use anyhow::Result;
    use candle_core::Tensor;
    use common::ops::AffineStep;

    // ANCHOR: solution
    /// x ← S_μ(x − η(AᵀAx − b)) with the threshold μ = ηλ; `eta` and `lambda` have rank 0, and both may be learned.
    pub fn iterate(step: &AffineStep, x: &Tensor, eta: &Tensor, lambda: &Tensor, b: &Tensor) -> Result<Tensor> {
        let mu = (eta * lambda)?;
        Ok(step.forward_shrink(x, eta, &mu, b)?)
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{Device, Var};
    use chapter4::{ista::Ista, sparse::SparseRecovery};
    use common::{
        gradient_check::gradient_error,
        linear_model::LinearModel,
        loss::sum_squared_error,
        sampling,
        unfolding::{Algorithm, Batch, Problem},
    };

    fn check(f: fn(&AffineStep, &Tensor, &Tensor, &Tensor, &Tensor) -> Result<Tensor>) -> Result<()> {
        let (device, rng) = (&Device::Cpu, &mut sampling::rng(1, 0));
        let problem = SparseRecovery::new(LinearModel::gaussian(16, 32, rng, device)?, 0.1, 0.1)?;
        let Batch { start, data, solution } = problem.draw(5, rng)?;
        let step = AffineStep::new(&problem.model.gram)?;
        // with η = γ it is ISTA
        let (ista, gamma, two) =
            (Ista::fixed(&problem, 2.0)?, Tensor::new(problem.gamma(), device)?, Tensor::new(2.0, device)?);
        let (mut x, mut z) = (start.clone(), start.clone());
        for k in 0..10 {
            (x, z) = (f(&step, &x, &gamma, &two, &data.b)?, ista.iterate(k, &z, &data, rng)?);
        }
        assert!((x - z)?.abs()?.max_all()?.to_scalar::<f64>()? < 1e-12);
        // learned: η is in the step and in the threshold
        let parameters = [Var::new(0.02, device)?, Var::new(0.01, device)?, Var::new(2.0, device)?];
        let loss = || {
            let [eta0, eta1, lambda] = &parameters;
            let x = f(&step, &f(&step, &start, eta0, lambda, &data.b)?, eta1, lambda, &data.b)?;
            Ok(sum_squared_error(&x, &solution)?)
        };
        let error = gradient_error(&parameters, 1e-7, loss)?;
        assert!(error < 1e-5, "{error}");
        Ok(())
    }

    #[test]
    fn solution() -> Result<()> {
        check(solution::iterate)
    }

    #[test]
    #[ignore = "your turn"]
    fn task() -> Result<()> {
        check(iterate)
    }
}
