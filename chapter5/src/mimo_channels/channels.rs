//! Signals through random channels.

use anyhow::Result;
use candle_core::{Device, Tensor};
use common::{
    sampling::{self, Rng},
    unfolding::{Batch, Problem},
};
use nalgebra::DMatrix;

/// What the receiver knows: y and H, and with H = UΣVᵀ what makes Hᵀ(HHᵀ + αI)⁻¹ = V·Σ(Σ² + αI)⁻¹·Uᵀ cheap for any α.
// ANCHOR: received
#[derive(Debug, Clone)]
pub struct Received {
    /// y `[K, n]`
    pub y: Tensor,
    /// H `[K, n, n]`
    pub h: Tensor,
    /// Uᵀy `[K, n]`
    pub rotated: Tensor,
    /// The singular values `[K, n]`
    pub sigma: Tensor,
    /// V `[K, n, n]`
    pub v: Tensor,
}

/// Random signals through random channels.
#[derive(Debug, Clone, Copy)]
pub struct Channels {
    /// Antennas n
    pub num_antennas: usize,
    /// σ
    pub noise_std: f64,
}

impl Problem for Channels {
    type Data = Received;

    fn draw(&self, count: usize, rng: &mut Rng) -> Result<Batch<Received>> {
        let n = self.num_antennas;
        let (mut hs, mut ys, mut rotated, mut sigmas, mut vs) = (vec![], vec![], vec![], vec![], vec![]);
        let x = sampling::sign_vec(count * n, rng);
        for x in x.chunks(n) {
            let h = DMatrix::from_vec(n, n, sampling::normal_vec(n * n, rng));
            let noise = DMatrix::from_vec(n, 1, sampling::normal_vec(n, rng));
            let y = &h * DMatrix::from_column_slice(n, 1, x) + noise * self.noise_std; // y = Hx + σn
            let svd = h.clone().svd(true, true);
            let (u, vt) = (svd.u.unwrap_or_default(), svd.v_t.unwrap_or_default());
            rotated.extend_from_slice((u.transpose() * &y).as_slice());
            sigmas.extend_from_slice(svd.singular_values.as_slice());
            vs.extend_from_slice(vt.as_slice()); // column by column: V row by row
            hs.extend_from_slice(h.transpose().as_slice());
            ys.extend_from_slice(y.as_slice());
        }
        let vectors = |values| Tensor::from_vec(values, (count, n), &Device::Cpu);
        let matrices = |values| Tensor::from_vec(values, (count, n, n), &Device::Cpu);
        let (rotated, sigma) = (vectors(rotated)?, vectors(sigmas)?);
        let data = Received { y: vectors(ys)?, h: matrices(hs)?, rotated, sigma, v: matrices(vs)? };
        let solution = vectors(x)?;
        Ok(Batch { start: solution.zeros_like()?, solution, data })
    }
}
// ANCHOR_END: received
