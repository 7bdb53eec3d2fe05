//! The sum as a quadratic, and its stationary points.

use anyhow::Result;
use candle_core::{DType, Device, Tensor};
use common::linalg;

use crate::rayleigh_ritz::{Ritz, Sum};

/// L(θ) = θᵀHθ + gᵀθ.
#[derive(Debug)]
pub struct Quadratic {
    /// H `[n, n]`
    pub h: Tensor,
    /// g `[n]`
    pub g: Tensor,
}

impl Quadratic {
    /// The quadratic of a sum with coefficient c of y′².
    // ANCHOR: quadratic
    pub fn of(sum: &Sum, c: f64) -> Result<Self> {
        let stacked = sum.stacked.matrix(); // y(tᵢ), y′(tᵢ), y(0), y(1) as rows that act on θ
        let [squares, linear] = sum.integrand(c)?;
        let h = stacked.t()?.matmul(&stacked.broadcast_mul(&squares.unsqueeze(1)?)?)?; // H = Σ aᵢsᵢsᵢᵀ
        Ok(Self { h, g: stacked.t()?.matmul(&linear.unsqueeze(1)?)?.squeeze(1)? })
    }

    /// θ with 2Hθ = −g, as far as singular values above the cutoff tell.
    pub fn stationary(&self, cutoff: f64) -> Result<Tensor> {
        linalg::least_squares(&self.h, &(&self.g * -0.5)?, cutoff)
    }

    /// The same among all θ = Pz, with the projection P to y(0) = y(1) = 0.
    pub fn stationary_within(&self, projection: &Tensor, cutoff: f64) -> Result<Tensor> {
        let h = projection.matmul(&self.h)?.matmul(projection)?;
        let g = projection.matmul(&self.g.unsqueeze(1)?)?.squeeze(1)?;
        let z = linalg::least_squares(&h, &(g * -0.5)?, cutoff)?;
        Ok(projection.matmul(&z.unsqueeze(1)?)?.squeeze(1)?)
    }
    // ANCHOR_END: quadratic
}

/// P = I − E⁺E, which takes θ to the nearest one with y(0) = y(1) = 0; E is φ at both ends.
// ANCHOR: projection
pub fn projection(ritz: &Ritz) -> Result<Tensor> {
    let ends = ritz.basis().values(&[0.0, 1.0], &Device::Cpu)?; // E `[2, n]`
    let identity = Tensor::eye(ritz.num_basis, DType::F64, &Device::Cpu)?;
    Ok((identity - linalg::pseudo_inverse(&ends)?.matmul(&ends)?)?)
}
// ANCHOR_END: projection
