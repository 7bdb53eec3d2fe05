//! `sec2_5_rbf_vs_nn`: a regularisation of the weights.

use anyhow::Result;
use candle_core::Tensor;

// ANCHOR: task
/// The minimiser θ `[n]` of ‖Φθ − y‖² + λ‖θ‖² for Φ `[N, n]`, y `[N]`: least squares with the rows √λ·I below Φ and zeros below y.
pub fn ridge(phi: &Tensor, y: &Tensor, lambda: f64) -> Result<Tensor> {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {
    use super::*;
    use common::linalg;

    // ANCHOR: solution
    /// The minimiser θ `[n]` of ‖Φθ − y‖² + λ‖θ‖² for Φ `[N, n]`, y `[N]`: least squares with the rows √λ·I below Φ and zeros below y.
    pub fn ridge(phi: &Tensor, y: &Tensor, lambda: f64) -> Result<Tensor> {
        let n = phi.dim(1)?;
        let identity = (Tensor::eye(n, phi.dtype(), phi.device())? * lambda.sqrt())?;
        let zeros = Tensor::zeros(n, y.dtype(), y.device())?;
        linalg::least_squares(&Tensor::cat(&[phi, &identity], 0)?, &Tensor::cat(&[y, &zeros], 0)?, 1e-12)
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;
    use chapter2::{
        approximation::{basis, phi},
        rbf::target,
    };
    use common::{
        sampling::{self, grid},
        statistics::root_mean_square,
    };

    fn check(ridge: fn(&Tensor, &Tensor, f64) -> Result<Tensor>) -> Result<()> {
        let (xs, fine) = (grid(0.01, 1.0, 100), grid(0.0, 1.0, 401));
        let basis = basis(50, 0.0);
        let (at_xs, at_fine) = (phi(&basis, &xs, &Device::Cpu)?, phi(&basis, &fine, &Device::Cpu)?);
        let truth = Tensor::new(fine.iter().map(|&x| target(x)).collect::<Vec<_>>(), &Device::Cpu)?;
        // Mean over draws of the noise of the error of 50 bumps as wide as their spacing.
        let error = |lambda: f64| -> Result<f64> {
            let mut sum = 0.0;
            for draw in 0..20 {
                let ys = sampling::observe(target, &xs, 0.05, &mut sampling::rng(1, draw));
                let theta = ridge(&at_xs, &Tensor::new(ys, &Device::Cpu)?, lambda)?;
                let errors = (at_fine.matmul(&theta.unsqueeze(1)?)?.squeeze(1)? - &truth)?;
                sum += root_mean_square(errors.to_vec1::<f64>()?) / 20.0;
            }
            Ok(sum)
        };
        let (none, some) = (error(0.0)?, error(1.0)?);
        assert!((none - 0.036).abs() < 0.002 && (some - 0.024).abs() < 0.002, "{none} {some}");
        assert!(error(0.1)? > some && error(10.0)? > some);
        Ok(())
    }

    #[test]
    fn solution() -> Result<()> {
        check(solution::ridge)
    }

    #[test]
    #[ignore = "your turn"]
    fn task() -> Result<()> {
        check(ridge)
    }
}
