//! The linear model y ≈ Ax that many sections share: a matrix A, and what algorithms need of it.

use anyhow::Result;
use candle_core::{Device, Tensor};

use crate::{
    linalg,
    ops::FixedMap,
    sampling::{self, Rng},
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
}
// ANCHOR_END: linear_model
