//! The problem: images that are seen through random projections.

use anyhow::Result;
use candle_core::Tensor;
use common::{
    linear_model::LinearModel,
    sampling::Rng,
    unfolding::{Batch, Problem},
};
use rand::Rng as _;

/// Images and their measurements y = Ax.
// ANCHOR: problem
#[derive(Debug)]
pub struct Measured {
    /// A
    pub model: LinearModel,
    /// x, `[D, 784]`
    pub images: Tensor,
}

impl Measured {
    /// These images, from x₀ = 0.
    pub fn batch(&self, x: &Tensor) -> Result<Batch<Tensor>> {
        let y = x.matmul(&self.model.a.t()?)?; // y = Ax
        Ok(Batch { start: x.zeros_like()?, solution: x.clone(), data: self.model.adjoint.forward(&y)? }) // Aᵀy
    }
}

impl Problem for Measured {
    type Data = Tensor; // Aᵀy, [K, 784]

    fn draw(&self, count: usize, rng: &mut Rng) -> Result<Batch<Tensor>> {
        let images = self.images.dim(0)? as u32;
        let chosen: Vec<u32> = (0..count).map(|_| rng.random_range(0..images)).collect();
        self.batch(&self.images.index_select(&Tensor::new(chosen, self.images.device())?, 0)?)
    }
}
// ANCHOR_END: problem
