//! `sec2_5_analytic`: conjugate gradients.

use anyhow::Result;
use candle_core::Tensor;

// ANCHOR: task
/// θ after `num_iterations` iterations of conjugate gradients on ‖Φθ − y‖², from `theta`. With r = y − Φθ, s = Φᵀr, p = s:
/// α = ‖s‖²/‖Φp‖², θ ← θ + αp, r ← r − αΦp, s' = Φᵀr, p ← s' + (‖s'‖²/‖s‖²)p.
pub fn conjugate_gradients(phi: &Tensor, y: &Tensor, theta: Tensor, num_iterations: usize) -> Result<Tensor> {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {
    use super::*;

    // ANCHOR: solution
    /// θ after `num_iterations` iterations of conjugate gradients on ‖Φθ − y‖², from `theta`.
    pub fn conjugate_gradients(phi: &Tensor, y: &Tensor, mut theta: Tensor, num_iterations: usize) -> Result<Tensor> {
        let apply = |a: &Tensor, v: &Tensor| a.matmul(&v.unsqueeze(1)?)?.squeeze(1);
        let square = |v: &Tensor| v.sqr()?.sum_all()?.to_scalar::<f64>(); // ‖v‖²
        let transposed = phi.t()?.contiguous()?;
        let mut r = (y - apply(phi, &theta)?)?;
        let mut s = apply(&transposed, &r)?;
        let mut p = s.clone();
        for _ in 0..num_iterations {
            let moved = apply(phi, &p)?; // Φp
            let alpha = square(&s)? / square(&moved)?;
            theta = (theta + (&p * alpha)?)?;
            r = (r - (moved * alpha)?)?;
            let next = apply(&transposed, &r)?;
            p = (&next + (p * (square(&next)? / square(&s)?))?)?;
            s = next;
        }
        Ok(theta)
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{DType, Device};
    use chapter2::analytic::{Config, problem::Problem};

    fn check(conjugate_gradients: fn(&Tensor, &Tensor, Tensor, usize) -> Result<Tensor>) -> Result<()> {
        let Problem { phi, y, .. } = Problem::new(&Config::default(), &Device::Cpu)?;
        let loss = |num_iterations| -> Result<f64> {
            let theta = conjugate_gradients(&phi, &y, Tensor::ones(50, DType::F64, &Device::Cpu)?, num_iterations)?;
            Ok((phi.matmul(&theta.unsqueeze(1)?)?.squeeze(1)? - &y)?.sqr()?.sum_all()?.to_scalar()?)
        };
        assert!(loss(1)? > 1.0);
        assert!(loss(20)? < 7.0e-4, "{}", loss(20)?); // what 100000 updates of gradient descent leave
        Ok(())
    }

    #[test]
    fn solution() -> Result<()> {
        check(solution::conjugate_gradients)
    }

    #[test]
    #[ignore = "your turn"]
    fn task() -> Result<()> {
        check(conjugate_gradients)
    }
}
