use anyhow::Result;
use candle_core::Tensor;
use common::{
    sampling::Rng,
    unfolding::{Algorithm, Schedule, accelerated, present},
};

use super::Ista;
use crate::sparse::Observed;

/// FISTA: ISTA, [`accelerated`].
#[derive(Debug, Clone)]
pub struct Fista(pub Ista);

impl Algorithm for Fista {
    type Data = Observed;

    fn schedules(&self) -> Vec<&Schedule> {
        self.0.schedules()
    }

    fn iterate(&self, k: usize, x: &Tensor, data: &Observed, rng: &mut Rng) -> Result<Tensor> {
        accelerated(k, x, |z| self.0.iterate(k, z, data, rng))
    }

    fn estimate(&self, x: &Tensor, _: &Observed) -> Result<Tensor> {
        present(x)
    }
}
