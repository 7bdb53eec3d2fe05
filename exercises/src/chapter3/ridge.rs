//! `sec3_du_gd_ridge`: another way to keep a weight positive.

use anyhow::Result;
use candle_core::Tensor;

// ANCHOR: task
/// A positive regularisation weight from any ξ: log(1 + exp ξ), which has no kink.
pub fn weight(xi: &Tensor) -> Result<Tensor> {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {
    use anyhow::Result;
    use candle_core::Tensor;

    // ANCHOR: solution
    /// A positive regularisation weight from any ξ: log(1 + exp ξ), which has no kink.
    pub fn weight(xi: &Tensor) -> Result<Tensor> {
        let largest = xi.relu()?;
        let rest = ((xi.abs()?.neg()?.exp()? + 1.0)?.log())?; // log(1 + exp ξ) = max(ξ, 0) + log(1 + exp −|ξ|)
        Ok((largest + rest)?)
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{Device, Var};

    fn check(f: fn(&Tensor) -> Result<Tensor>) -> Result<()> {
        let xi = Var::new(&[-800.0, -3.0, 1e-9, 3.0, 800.0], &Device::Cpu)?;
        let w = f(&xi)?;
        let values: Vec<f64> = w.to_vec1()?;
        assert!(values.iter().all(|w| *w >= 0.0 && w.is_finite()) && values[4] == 800.0, "{values:?}");
        assert!((values[3] - (1.0 + 3f64.exp()).ln()).abs() < 1e-14);
        let slopes: Vec<f64> = w.sum_all()?.backward()?.get(&xi).map(Tensor::to_vec1).transpose()?.unwrap_or_default();
        assert!((slopes[1] - 1.0 / (1.0 + 3f64.exp())).abs() < 1e-14 && (slopes[2] - 0.5).abs() < 1e-8, "{slopes:?}");
        Ok(())
    }

    #[test]
    fn solution() -> Result<()> {
        check(solution::weight)
    }

    #[test]
    #[ignore = "your turn"]
    fn task() -> Result<()> {
        check(weight)
    }
}
