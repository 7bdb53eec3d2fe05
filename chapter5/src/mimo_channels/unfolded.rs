//! The detector that is unfolded.

use anyhow::Result;
use candle_core::{Device, Tensor};
use common::{
    sampling::Rng,
    unfolding::{Algorithm, Schedule},
};

use super::Received;

/// The unfolded detector.
// ANCHOR: unfolded
#[derive(Debug, Clone)]
pub struct Unfolded {
    /// γₜ
    pub step_size: Schedule,
    /// θₜ
    pub slope: Schedule,
    /// α, one for all iterations
    pub regularisation: Schedule,
}

impl Algorithm for Unfolded {
    type Data = Received;

    fn schedules(&self) -> Vec<&Schedule> {
        vec![&self.step_size, &self.slope, &self.regularisation]
    }

    fn iterate(
        &self,
        t: usize,
        x: &Tensor,
        Received { rotated, sigma, v, .. }: &Received,
        _: &mut Rng,
    ) -> Result<Tensor> {
        let (gamma, theta, alpha) =
            (self.step_size.at(t)?, self.slope.at(t)?.abs()?, self.regularisation.at(t)?.abs()?);
        let vtx = v.broadcast_mul(&x.unsqueeze(2)?)?.sum(1)?; // Vᵀx
        let residual = (rotated - (sigma * vtx)?)?; // Uᵀ(y − Hx)
        let weight = (sigma / sigma.sqr()?.broadcast_add(&alpha)?)?; // σᵢ/(σᵢ² + α)
        let back = v.broadcast_mul(&(weight * residual)?.unsqueeze(1)?)?.sum(2)?; // Hᵀ(HHᵀ + αI)⁻¹(y − Hx)
        Ok((x + back.broadcast_mul(&gamma)?)?.broadcast_mul(&theta)?.tanh()?)
    }
}

impl Unfolded {
    /// γ = θ = 1 and α = σ²: the first iteration is LMMSE.
    pub fn new(num_iterations: usize, noise_std: f64, learning_rate: f64) -> Result<Self> {
        let learned = |name, value: f64, count: usize| {
            Schedule::learned(name, &Tensor::new(vec![value; count], &Device::Cpu)?, learning_rate)
        };
        Ok(Self {
            step_size: learned("step_size", 1.0, num_iterations)?,
            slope: learned("slope", 1.0, num_iterations)?,
            regularisation: learned("regularisation", noise_std.powi(2), 1)?,
        })
    }
}
// ANCHOR_END: unfolded
