//! `rust`: the third of the ten things, once more.

use anyhow::Result;
use candle_core::Tensor;

// ANCHOR: task
/// (1/N) Σⱼ |xⱼ − yⱼ|; an error if the shapes differ.
pub fn mean_absolute_error(x: &Tensor, y: &Tensor) -> Result<f64> {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {
    use super::*;
    use anyhow::ensure;

    // ANCHOR: solution
    /// (1/N) Σⱼ |xⱼ − yⱼ|; an error if the shapes differ.
    pub fn mean_absolute_error(x: &Tensor, y: &Tensor) -> Result<f64> {
        ensure!(x.dims() == y.dims(), "{:?} values against {:?}", x.dims(), y.dims());
        Ok((x - y)?.abs()?.mean_all()?.to_scalar()?)
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    fn check(mean_absolute_error: fn(&Tensor, &Tensor) -> Result<f64>) -> Result<()> {
        let x = Tensor::new(&[1.0, 2.0, 3.0], &Device::Cpu)?;
        let y = Tensor::new(&[1.0, 4.0, -1.0], &Device::Cpu)?;
        assert_eq!(mean_absolute_error(&x, &y)?, 2.0);
        assert!(mean_absolute_error(&x, &Tensor::new(&[1.0], &Device::Cpu)?).is_err());
        Ok(())
    }

    #[test]
    fn solution() -> Result<()> {
        check(solution::mean_absolute_error)
    }

    #[test]
    #[ignore = "your turn"]
    fn task() -> Result<()> {
        check(mean_absolute_error)
    }
}
