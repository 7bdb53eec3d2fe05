//! The least-squares problem of section 2.5.1 and its singular value decomposition.

use anyhow::{Result, ensure};
use candle_core::{Device, Tensor};
use common::linalg::{self, SingularValueDecomposition};

use super::Config;
use crate::rbf::{self, basis_matrix, sample_points, target};

/// The least-squares problem ‖Φθ − y‖² and the anatomy of Φ.
#[derive(Debug)]
pub struct Problem {
    /// The points x
    pub xs: Vec<f64>,
    /// Φ `[N, n]`
    pub phi: Tensor,
    /// y `[N]`
    pub y: Tensor,
    /// Φ = U·diag(σ)·Vᵀ
    pub svd: SingularValueDecomposition,
    /// Number of singular values above the cutoff
    pub rank: usize,
}

impl Problem {
    /// The problem of section 2.5.1 with the basis of `config`.
    // ANCHOR: problem
    pub fn new(config: &Config, device: &Device) -> Result<Self> {
        let basis = rbf::Config { num_basis: config.num_basis, width: config.width, ..rbf::Config::default() };
        let xs = sample_points(&basis);
        let phi = basis_matrix(&basis, &xs, device)?; // [N, n]
        let y = Tensor::new(xs.iter().map(|&x| target(x)).collect::<Vec<_>>(), device)?; // [N]
        let svd = linalg::singular_value_decomposition(&phi)?;
        let counts = |&&sigma: &&f64| sigma > config.cutoff * svd.sigma[0];
        let rank = svd.sigma.iter().filter(counts).count();
        ensure!(rank > 0, "every basis function is zero at every point: a smaller --width helps");
        Ok(Self { xs, phi, y, svd, rank })
    }
    // ANCHOR_END: problem

    /// The orthonormal basis u₁ … u_r, `[N, r]`.
    pub fn orthonormal_basis(&self) -> Result<Tensor> {
        Ok(self.svd.u.narrow(1, 0, self.rank)?.contiguous()?)
    }
}
