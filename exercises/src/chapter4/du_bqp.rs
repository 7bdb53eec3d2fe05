//! `sec4_du_bqp`: tanh in place of hardtanh.

use anyhow::Result;
use candle_core::Tensor;
use common::ops::AffineStep;

// ANCHOR: task
/// x ← tanh(α(x − η(AᵀAx − b))): `step` is x ← x − η(AᵀAx − b), `eta` and `alpha` have rank 0.
pub fn iterate(step: &AffineStep, x: &Tensor, eta: &Tensor, alpha: &Tensor, b: &Tensor) -> Result<Tensor> {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {
    use anyhow::Result;
    use candle_core::Tensor;
    use common::ops::AffineStep;

    // ANCHOR: solution
    /// x ← tanh(α(x − η(AᵀAx − b))): `step` is x ← x − η(AᵀAx − b), `eta` and `alpha` have rank 0.
    pub fn iterate(step: &AffineStep, x: &Tensor, eta: &Tensor, alpha: &Tensor, b: &Tensor) -> Result<Tensor> {
        let moved = step.forward(x, eta, b)?;
        Ok(moved.broadcast_mul(alpha)?.tanh()?)
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{DType, Device, Var};
    use common::{gradient_check::gradient_error, sampling};

    fn check(f: fn(&AffineStep, &Tensor, &Tensor, &Tensor, &Tensor) -> Result<Tensor>) -> Result<()> {
        let device = &Device::Cpu;
        // a single sign in noise of variance v: with A = 1, η = 1 and α = 1/v an iteration is Bayes' formula, wherever it starts
        let (step, one, v) =
            (AffineStep::new(&Tensor::ones((1, 1), DType::F64, device)?)?, Tensor::new(1.0, device)?, 0.4);
        for y in [-2.0, -0.1, 0.0, 0.3, 1.5] {
            let likelihood = |x: f64| (-(y - x) * (y - x) / (2.0 * v)).exp();
            let mean = (likelihood(1.0) - likelihood(-1.0)) / (likelihood(1.0) + likelihood(-1.0));
            let x = f(
                &step,
                &Tensor::new(&[[0.7]], device)?,
                &one,
                &Tensor::new(1.0 / v, device)?,
                &Tensor::new(&[[y]], device)?,
            )?;
            assert!((x.to_vec2::<f64>()?[0][0] - mean).abs() < 1e-14, "{y}");
        }
        // and the gradients of both parameters get through
        let a = sampling::normal_matrix(6, 4, &mut sampling::rng(1, 0), device)?;
        let (step, b) = (AffineStep::new(&a.t()?.matmul(&a)?)?, Tensor::new(&[[1.0, -2.0, 0.5, 3.0]], device)?);
        let parameters = [Var::new(0.1, device)?, Var::new(0.8, device)?];
        let loss = || {
            let once = f(&step, &b.zeros_like()?, &parameters[0], &parameters[1], &b)?;
            Ok(f(&step, &once, &parameters[0], &parameters[1], &b)?.sqr()?.sum_all()?)
        };
        assert!(gradient_error(&parameters, 1e-6, loss)? < 1e-7);
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
