//! The iterations.

use anyhow::Result;
use candle_core::Tensor;
use common::{
    ops::relu,
    sampling::Rng,
    unfolding::{Algorithm, Schedule},
};

use crate::mnist_reconstruction::Ista;

/// ISTA, with or without x ≥ 0.
// ANCHOR: shrinkage
#[derive(Debug, Clone)]
pub struct Shrinkage {
    /// x ← S(x − γₜ(AᵀAx − Aᵀy), αₜ)
    pub ista: Ista,
    /// Whether x ← max(x, 0) follows
    pub non_negative: bool,
}

impl Algorithm for Shrinkage {
    type Data = Tensor;

    fn schedules(&self) -> Vec<&Schedule> {
        self.ista.schedules()
    }

    fn iterate(&self, t: usize, x: &Tensor, aty: &Tensor, rng: &mut Rng) -> Result<Tensor> {
        let x = self.ista.iterate(t, x, aty, rng)?;
        Ok(if self.non_negative { relu(&x)? } else { x }) // max(S(u, α), 0) = max(u − α, 0) for α ≥ 0
    }
}
// ANCHOR_END: shrinkage

/// The same, or accelerated: each iteration starts at z = x + βₜ(x − previous x), βₜ = (τₜ − 1)/τₜ₊₁, τₜ₊₁ = (1 + √(1 + 4τₜ²))/2.
// ANCHOR: fista
#[derive(Debug, Clone)]
pub struct Fista {
    /// The iteration
    pub shrinkage: Shrinkage,
    /// Whether it is accelerated
    pub accelerated: bool,
}

impl Algorithm for Fista {
    type Data = Tensor;

    fn schedules(&self) -> Vec<&Schedule> {
        self.shrinkage.schedules()
    }

    /// x is `[K, n]` at first, and then `[K, 2n]`: the present and the previous point.
    fn iterate(&self, t: usize, x: &Tensor, aty: &Tensor, rng: &mut Rng) -> Result<Tensor> {
        let n = aty.dim(1)?;
        let point = x.narrow(1, 0, n)?.contiguous()?;
        let mut z = point.clone();
        if t > 0 && self.accelerated {
            z = (&point + ((&point - x.narrow(1, n, n)?)? * beta(t))?)?;
        }
        Ok(Tensor::cat(&[&self.shrinkage.iterate(t, &z, aty, rng)?, &point], 1)?)
    }

    fn estimate(&self, x: &Tensor, aty: &Tensor) -> Result<Tensor> {
        Ok(x.narrow(1, 0, aty.dim(1)?)?.contiguous()?)
    }
}

/// βₜ for t ≥ 1, from τ₀ = 1.
fn beta(t: usize) -> f64 {
    let next = |tau: f64| (1.0 + (1.0 + 4.0 * tau * tau).sqrt()) / 2.0;
    let tau = (1..t).fold(1.0, |tau, _| next(tau));
    (tau - 1.0) / next(tau)
}
// ANCHOR_END: fista
