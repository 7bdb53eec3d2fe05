//! The problem: images that are seen through random projections.

use anyhow::Result;
use candle_core::Tensor;
use common::{
    context::Context,
    linear_model::LinearModel,
    sampling::Rng,
    unfolding::{Batch, Problem},
};
use rand::Rng as _;

use super::digits::{self, Digits, PIXELS};

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
    /// Digits to learn from and digits to test with, seen through one Gaussian A with `num_measurements` rows; and
    /// γ₀ = 1/λmax(AᵀA).
    pub fn digits(num_measurements: usize, context: &Context) -> Result<([Self; 2], f64)> {
        let Digits { training, test } = Digits::of(context)?;
        let device = &context.device;
        let model = LinearModel::gaussian(num_measurements, PIXELS, &mut context.rng(0), device)?;
        let gamma = 1.0 / model.eigenvalues[PIXELS - 1];
        let of = |model, images: &[Vec<u8>]| anyhow::Ok(Self { model, images: digits::tensor(images, device)? });
        Ok(([of(model.clone(), &training)?, of(model, &test)?], gamma))
    }

    /// The first `count` images, or all that there are.
    pub fn first(&self, count: usize) -> Result<Batch<Tensor>> {
        self.batch(&self.images.narrow(0, 0, count.min(self.images.dim(0)?))?)
    }

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
