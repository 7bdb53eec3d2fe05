use anyhow::Result;
use candle_core::Tensor;
use common::{
    sampling::Rng,
    unfolding::{Algorithm, Schedule},
};

use super::Ista;
use crate::sparse::Observed;

/// FISTA: each iteration of ISTA starts at z = x + βₖ(x − previous x), βₖ = (tₖ − 1)/tₖ₊₁, tₖ₊₁ = (1 + √(1 + 4tₖ²))/2, t₀ = 1.
// ANCHOR: fista
#[derive(Debug, Clone)]
pub struct Fista(pub Ista);

impl Algorithm for Fista {
    type Data = Observed;

    fn schedules(&self) -> Vec<&Schedule> {
        self.0.schedules()
    }

    /// x is `[K, n]` at first, and then `[K, 2n]`: the present and the previous point.
    fn iterate(&self, k: usize, x: &Tensor, data: &Observed, rng: &mut Rng) -> Result<Tensor> {
        let n = data.b.dim(1)?;
        let point = x.narrow(1, 0, n)?.contiguous()?;
        let mut z = point.clone();
        if k > 0 {
            let previous = x.narrow(1, n, n)?;
            z = (&point + ((&point - previous)? * momentum(k))?)?;
        }
        Ok(Tensor::cat(&[&self.0.iterate(k, &z, data, rng)?, &point], 1)?)
    }

    fn estimate(&self, x: &Tensor, data: &Observed) -> Result<Tensor> {
        Ok(x.narrow(1, 0, data.b.dim(1)?)?.contiguous()?)
    }
}

/// βₖ for k ≥ 1.
fn momentum(k: usize) -> f64 {
    let next = |t: f64| (1.0 + (1.0 + 4.0 * t * t).sqrt()) / 2.0;
    let t = (1..k).fold(1.0, |t, _| next(t));
    (t - 1.0) / next(t)
}
// ANCHOR_END: fista
