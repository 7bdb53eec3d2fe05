//! `sec3_du_gd_quadratic`: the loss without random problems.

use anyhow::Result;
use candle_core::Tensor;

// ANCHOR: task
/// The exact MSE Σ_λ Π_k (1 − η[k mod T]λ)² after `t` iterations from x₀ ~ N(0, I); `step_sizes` is `[T]`, `eigenvalues` `[n]`.
pub fn loss(step_sizes: &Tensor, eigenvalues: &Tensor, t: usize) -> Result<Tensor> {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {
    use anyhow::Result;
    use candle_core::Tensor;

    // ANCHOR: solution
    /// The exact MSE Σ_λ Π_k (1 − η[k mod T]λ)² after `t` iterations from x₀ ~ N(0, I); `step_sizes` is `[T]`, `eigenvalues` `[n]`.
    pub fn loss(step_sizes: &Tensor, eigenvalues: &Tensor, t: usize) -> Result<Tensor> {
        let mut p = eigenvalues.ones_like()?;
        for k in 0..t {
            let eta = step_sizes.get(k % step_sizes.dim(0)?)?;
            p = (&p - (&p * eigenvalues.broadcast_mul(&eta)?)?)?; // p ← p(1 − ηₖλ)
        }
        Ok(p.sqr()?.sum_all()?)
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{Device, Var};
    use candle_nn::Optimizer as _;
    use common::optim::{Optimizer, Rule};

    fn check(f: fn(&Tensor, &Tensor, usize) -> Result<Tensor>) -> Result<()> {
        let eigenvalues = Tensor::arange_step(1.0, 101.0, 1.0, &Device::Cpu)?;
        let eta = Var::new(&[0.0109, 0.02, 0.1], &Device::Cpu)?;
        let mut adam = Optimizer::new(vec![eta.clone()], Rule::Adam.with(1e-4))?;
        for _ in 0..2000 {
            adam.backward_step(&f(&eta, &eigenvalues, 25)?)?;
        }
        let least = f(&eta, &eigenvalues, 25)?.to_scalar::<f64>()?;
        assert!((least - 0.1016).abs() < 1e-3, "{least} with {eta}");
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
