//! `sec2_5_1_rbf`: centres that are learned.

use anyhow::Result;
use candle_core::{Tensor, Var};

// ANCHOR: task
/// g(xⱼ) = Σᵢ θᵢ·exp(−β(xⱼ − cᵢ)²) for all j, `[N]`, with gradients for the weights θ `[n]` and the centres c `[n]`.
pub fn forward(x: &Tensor, theta: &Var, centres: &Var, beta: f64) -> Result<Tensor> {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {
    use super::*;

    // ANCHOR: solution
    /// g(xⱼ) = Σᵢ θᵢ·exp(−β(xⱼ − cᵢ)²) for all j, `[N]`, with gradients for the weights θ `[n]` and the centres c `[n]`.
    pub fn forward(x: &Tensor, theta: &Var, centres: &Var, beta: f64) -> Result<Tensor> {
        let distances = x.unsqueeze(1)?.broadcast_sub(&centres.unsqueeze(0)?)?; // xⱼ − cᵢ, [N, n]
        let phi = (distances.sqr()? * -beta)?.exp()?; // Φ
        Ok(phi.matmul(&theta.unsqueeze(1)?)?.squeeze(1)?) // Φθ
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;
    use candle_nn::Optimizer as _;
    use chapter2::rbf::{self, target};
    use common::{
        gradient_check::gradient_error,
        loss::sum_squared_error,
        optim::{Optimizer, Rule},
    };

    fn check(forward: fn(&Tensor, &Var, &Var, f64) -> Result<Tensor>) -> Result<()> {
        let xs = rbf::sample_points(&rbf::Config::default());
        let y = Tensor::new(xs.iter().map(|&x| target(x)).collect::<Vec<_>>(), &Device::Cpu)?;
        let x = Tensor::new(xs.as_slice(), &Device::Cpu)?;
        for spacing in [0.05, 0.22] {
            let theta = Var::new(vec![1.0; 10], &Device::Cpu)?;
            let centres: Vec<f64> = (0..10).map(|i| f64::from(i) * spacing - 0.5).collect();
            let centres = Var::new(centres, &Device::Cpu)?;
            let loss = || Ok(sum_squared_error(&forward(&x, &theta, &centres, 20.0)?, &y)?);
            assert!(gradient_error(&[theta.clone(), centres.clone()], 1e-6, loss)? < 1e-6);
            let mut adam = Optimizer::new(vec![theta.clone(), centres.clone()], Rule::Adam.with(0.05))?;
            for _ in 0..2000 {
                adam.backward_step(&loss()?)?;
            }
            // A local minimum near 0.04, from either start, where fixed centres with spacing 0.22 come to 2.0e-4.
            let end = loss()?.to_scalar::<f64>()?;
            assert!((end - 0.04).abs() < 0.002, "{end}");
        }
        Ok(())
    }

    #[test]
    fn solution() -> Result<()> {
        check(solution::forward)
    }

    #[test]
    #[ignore = "your turn"]
    fn task() -> Result<()> {
        check(forward)
    }
}
