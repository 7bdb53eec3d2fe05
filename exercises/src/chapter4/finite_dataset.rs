//! `sec4_finite_dataset`: a loss that a single signal cannot rule.

use anyhow::Result;
use candle_core::Tensor;

// ANCHOR: task
/// Σ over the signals, the rows, of min(‖x̂ − x‖², `limit`).
pub fn loss(estimate: &Tensor, solution: &Tensor, limit: f64) -> Result<Tensor> {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {
    use anyhow::Result;
    use candle_core::Tensor;

    // ANCHOR: solution
    /// Σ over the signals, the rows, of min(‖x̂ − x‖², `limit`).
    pub fn loss(estimate: &Tensor, solution: &Tensor, limit: f64) -> Result<Tensor> {
        let errors = (estimate - solution)?.sqr()?.sum(1)?; // one for each signal
        Ok(errors.minimum(limit)?.sum_all()?)
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{Device, Var};

    fn check(f: fn(&Tensor, &Tensor, f64) -> Result<Tensor>) -> Result<()> {
        let device = &Device::Cpu;
        let solution = Tensor::new(&[[1.0, 0.0], [0.0, 0.0], [0.0, 2.0]], device)?;
        let estimate = Var::new(&[[1.5, 0.0], [30.0, 40.0], [0.0, 1.0]], device)?; // errors 0.25, 2500, 1
        let loss = f(&estimate, &solution, 4.0)?;
        assert_eq!(loss.to_scalar::<f64>()?, 5.25);
        let gradient = loss.backward()?.get(&estimate).map(Tensor::to_vec2::<f64>).transpose()?.unwrap_or_default();
        assert_eq!(gradient, [[1.0, 0.0], [0.0, 0.0], [0.0, -2.0]]); // the one beyond the limit is forgotten
        Ok(())
    }

    #[test]
    fn solution() -> Result<()> {
        check(solution::loss)
    }

    #[test]
    #[ignore = "your turn"]
    fn task() -> Result<()> {
        check(loss)
    }
}
