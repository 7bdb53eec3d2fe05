//! The iterations.

use anyhow::Result;
use candle_core::Tensor;
use common::{
    ops::relu,
    sampling::Rng,
    unfolding::{Algorithm, Schedule, accelerated, present},
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

/// The same, or [`accelerated`].
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

    fn iterate(&self, t: usize, x: &Tensor, aty: &Tensor, rng: &mut Rng) -> Result<Tensor> {
        let mut iterate = |z: &Tensor| self.shrinkage.iterate(t, z, aty, rng);
        if self.accelerated { accelerated(t, x, iterate) } else { iterate(x) }
    }

    fn estimate(&self, x: &Tensor, _: &Tensor) -> Result<Tensor> {
        present(x)
    }
}
