//! Problems that four sections share: observations y ~ N(0, σ²I) through one Gaussian matrix A, a fresh y each.

use anyhow::Result;
use candle_core::{Device, Tensor};
use common::{
    linalg,
    ops::FixedMap,
    sampling::{self, Rng},
    unfolding::Batch,
};

/// A, and what the sections need of it.
// ANCHOR: linear_model
#[derive(Debug, Clone)]
pub struct LinearModel {
    /// A `[m, n]`
    pub a: Tensor,
    /// AᵀA `[n, n]`
    pub gram: Tensor,
    /// The eigenvalues of AᵀA, ascending
    pub eigenvalues: Vec<f64>,
    /// y ↦ Aᵀy
    pub adjoint: FixedMap,
}

impl LinearModel {
    /// The model of this A `[m, n]`.
    pub fn new(a: Tensor) -> Result<Self> {
        let gram = a.t()?.matmul(&a)?;
        Ok(Self { eigenvalues: linalg::symmetric_eigenvalues(&gram)?, adjoint: FixedMap::new(&a.t()?)?, gram, a })
    }

    /// A Gaussian A `[num_observations, num_unknowns]`.
    pub fn gaussian(num_observations: usize, num_unknowns: usize, rng: &mut Rng, device: &Device) -> Result<Self> {
        Self::new(sampling::normal_matrix(num_observations, num_unknowns, rng, device)?)
    }

    /// A map y ↦ (AᵀA + λI)⁺Aᵀy to the minimiser of ½‖Ax − y‖² + (λ/2)‖x‖².
    pub fn solution(&self, lambda: f64) -> Result<FixedMap> {
        let inverse = linalg::pseudo_inverse(&self.shifted(lambda)?)?;
        Ok(FixedMap::new(&inverse.matmul(&self.a.t()?)?)?)
    }

    /// AᵀA + λI `[n, n]`.
    pub fn shifted(&self, lambda: f64) -> Result<Tensor> {
        let identity = Tensor::eye(self.a.dim(1)?, self.a.dtype(), self.a.device())?;
        Ok((&self.gram + (identity * lambda)?)?)
    }

    /// `count` problems from x₀ = 0, with b = Aᵀy `[count, n]`: what the gradient AᵀAx − b has to know.
    pub fn draw(&self, count: usize, solution: &FixedMap, rng: &mut Rng) -> Result<Batch<Tensor>> {
        let y = sampling::normal_matrix(count, self.a.dim(0)?, rng, self.a.device())?;
        let b = self.adjoint.forward(&y)?;
        Ok(Batch { start: b.zeros_like()?, solution: solution.forward(&y)?, problem: b })
    }
}
// ANCHOR_END: linear_model
