//! `sec5_du_stabilize_sde`: where the equation itself settles.

use nalgebra::DMatrix;

// ANCHOR: task
/// The second moment P = E xxᵀ at which dx = Mx dt + σ dW settles: MP + PMᵀ + σ²I = 0, a linear system for the n² entries of P.
pub fn settled(m: &DMatrix<f64>, sigma: f64) -> Option<DMatrix<f64>> {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {
    use nalgebra::{DMatrix, DVector};

    // ANCHOR: solution
    /// The second moment P = E xxᵀ at which dx = Mx dt + σ dW settles: MP + PMᵀ + σ²I = 0, a linear system for the n² entries of P.
    pub fn settled(m: &DMatrix<f64>, sigma: f64) -> Option<DMatrix<f64>> {
        let n = m.nrows();
        let identity = DMatrix::identity(n, n);
        let system = identity.kronecker(m) + m.kronecker(&identity); // of MP + PMᵀ, with the columns of P below each other
        let right = DVector::from_column_slice((identity * (-sigma * sigma)).as_slice());
        let p = system.lu().solve(&right)?;
        Some(DMatrix::from_column_slice(n, n, p.as_slice()))
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context as _;
    use candle_core::{Device, Tensor};
    use chapter5::plant::{GIVEN_GAIN, Plant, discrete_lyapunov};
    use common::linalg;

    fn check(settled: fn(&DMatrix<f64>, f64) -> Option<DMatrix<f64>>) -> anyhow::Result<()> {
        let one = settled(&DMatrix::from_element(1, 1, -2.0), 3.0).context("it settles")?;
        assert!((one[(0, 0)] - 9.0 / 4.0).abs() < 1e-14); // σ²/2a
        let plant = Plant::new(&Device::Cpu)?;
        let m = linalg::to_matrix(&plant.closed_loop(&Tensor::new(&GIVEN_GAIN, &Device::Cpu)?)?)?;
        let exact = settled(&m, 1.0).context("it settles")?.trace();
        let identity = DMatrix::identity(4, 4);
        let bias = |h: f64| discrete_lyapunov(&(&identity + &m * h), &(&identity * h)).trace() - exact; // Euler and Maruyama's
        assert!(
            (bias(0.002) / bias(0.001) - 2.0).abs() < 0.1 && bias(1e-5).abs() < 1e-3 * exact,
            "{} {}",
            bias(0.002),
            bias(0.001)
        );
        Ok(())
    }

    #[test]
    fn solution() -> anyhow::Result<()> {
        check(solution::settled)
    }

    #[test]
    #[ignore = "your turn"]
    fn task() -> anyhow::Result<()> {
        check(settled)
    }
}
