//! `sec3_du_pgd`: another set to project to.

use anyhow::Result;
use candle_core::Tensor;
use common::ops::AffineStep;

// ANCHOR: task
/// One iteration of projected gradient descent on ½‖Ax − y‖² over all x ≥ 0: `step` is x ← x − η(AᵀAx − b).
pub fn iterate(step: &AffineStep, x: &Tensor, step_size: &Tensor, b: &Tensor) -> Result<Tensor> {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {
    use anyhow::Result;
    use candle_core::Tensor;
    use common::ops::AffineStep;

    // ANCHOR: solution
    /// One iteration of projected gradient descent on ½‖Ax − y‖² over all x ≥ 0: `step` is x ← x − η(AᵀAx − b).
    pub fn iterate(step: &AffineStep, x: &Tensor, step_size: &Tensor, b: &Tensor) -> Result<Tensor> {
        Ok(step.forward(x, step_size, b)?.relu()?) // the nearest x ≥ 0
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    fn check(f: fn(&AffineStep, &Tensor, &Tensor, &Tensor) -> Result<Tensor>) -> Result<()> {
        let device = &Device::Cpu;
        let gram = Tensor::new(&[[2.0, 1.0], [1.0, 2.0]], device)?;
        let (step, b) = (AffineStep::new(&gram)?, Tensor::new(&[[1.0, -1.0]], device)?);
        let (eta, mut x) = (Tensor::new(0.3, device)?, Tensor::new(&[[0.0, 0.0]], device)?);
        for _ in 0..100 {
            x = f(&step, &x, &eta, &b)?;
        }
        let x = x.to_vec2::<f64>()?; // without x ≥ 0 it would be (1, −1)
        assert!((x[0][0] - 0.5).abs() < 1e-12 && x[0][1] == 0.0, "{x:?}");
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
