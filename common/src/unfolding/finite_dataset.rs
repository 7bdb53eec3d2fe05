use anyhow::{Result, ensure};
use candle_core::Tensor;

use super::{Batch, Problem};
use crate::sampling::{self, Rng};

/// Data of which some instances can be taken.
pub trait Rows: Sized {
    /// The instances of these numbers, in this order; `rows` is `[count]` of type u32.
    fn rows(&self, rows: &Tensor) -> Result<Self>;
}

impl Rows for () {
    fn rows(&self, _: &Tensor) -> Result<()> {
        Ok(())
    }
}

/// Instances along the first dimension.
impl Rows for Tensor {
    fn rows(&self, rows: &Tensor) -> Result<Self> {
        Ok(self.index_select(rows, 0)?)
    }
}

/// A finite training set: instances drawn once, from which mini-batches are resampled with replacement.
#[derive(Debug)]
pub struct FiniteDataset<'a, P: Problem> {
    problem: &'a P,
    stored: Batch<P::Data>,
}

impl<'a, P: Problem<Data: Rows + Sync>> FiniteDataset<'a, P> {
    /// `size` (≥ 1) instances of `problem`.
    pub fn draw(problem: &'a P, size: usize, rng: &mut Rng) -> Result<Self> {
        ensure!(size > 0, "a data set of no instances");
        Ok(Self { problem, stored: problem.draw(size, rng)? })
    }

    /// All instances, in order.
    pub fn all(&self) -> &Batch<P::Data> {
        &self.stored
    }
}

impl<P: Problem<Data: Rows + Sync>> Problem for FiniteDataset<'_, P> {
    type Data = P::Data;

    // ANCHOR: finite_dataset
    fn draw(&self, count: usize, rng: &mut Rng) -> Result<Batch<P::Data>> {
        let Batch { start, solution, data } = &self.stored;
        let rows = sampling::resample(count, start.dim(0)?, rng);
        let rows = Tensor::new(rows, start.device())?;
        Ok(Batch { start: start.rows(&rows)?, solution: solution.rows(&rows)?, data: data.rows(&rows)? })
    }
    // ANCHOR_END: finite_dataset

    fn loss(&self, estimate: &Tensor, solution: &Tensor) -> Result<Tensor> {
        self.problem.loss(estimate, solution)
    }

    fn metric(&self, estimate: &Tensor, solution: &Tensor) -> Result<f64> {
        self.problem.metric(estimate, solution)
    }
}
