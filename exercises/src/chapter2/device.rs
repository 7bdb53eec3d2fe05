//! `sec2_4_device`: what single precision costs in accuracy.

use anyhow::Result;
use candle_core::Tensor;

// ANCHOR: task
/// ‖C₃₂ − C‖ / ‖C‖ (Frobenius norms) of the product C = AB, C₃₂ computed in 32 bits and C in 64.
pub fn error_of_single_precision(a: &Tensor, b: &Tensor) -> Result<f64> {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {
    use anyhow::Result;
    use candle_core::{DType, Tensor};

    // ANCHOR: solution
    /// ‖C₃₂ − C‖ / ‖C‖ (Frobenius norms) of the product C = AB, C₃₂ computed in 32 bits and C in 64.
    pub fn error_of_single_precision(a: &Tensor, b: &Tensor) -> Result<f64> {
        let product = |dtype| a.to_dtype(dtype)?.matmul(&b.to_dtype(dtype)?)?.to_dtype(DType::F64);
        let norm = |c: &Tensor| c.sqr()?.sum_all()?.sqrt()?.to_scalar::<f64>();
        let exact = product(DType::F64)?;
        Ok(norm(&(product(DType::F32)? - &exact)?)? / norm(&exact)?)
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;
    use common::sampling;

    fn check(error: fn(&Tensor, &Tensor) -> Result<f64>) -> Result<()> {
        let rng = &mut sampling::rng(1, 0);
        let a = sampling::normal_matrix(200, 200, rng, &Device::Cpu)?;
        let b = sampling::normal_matrix(200, 200, rng, &Device::Cpu)?;
        let error = error(&a, &b)?;
        assert!(error > 1e-8 && error < 1e-5, "{error}"); // f32 has about seven digits
        Ok(())
    }

    #[test]
    fn solution() -> Result<()> {
        check(solution::error_of_single_precision)
    }

    #[test]
    #[ignore = "your turn"]
    fn task() -> Result<()> {
        check(error_of_single_precision)
    }
}
