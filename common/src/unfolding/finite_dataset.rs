use anyhow::{Result, ensure};
use candle_core::Tensor;
use rand::Rng as _;

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

/// How a training takes mini-batches of K from the D instances of a finite data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sampling {
    /// Each instance is drawn from all D, with replacement
    Replacement,
    /// Each epoch is all D in a new random order; mini-batches are the next K of epoch after epoch
    Epochs,
}

/// A finite training set: instances drawn once, which mini-batches are taken from.
///
/// With [`Sampling::Epochs`] (random reshuffling) the orders are one sequence, and a mini-batch is its next K places: it goes on
/// into the next epoch where one ends, so that K need not divide D, and for K > D it has instances more than once. Which they are
/// depends on the data set's generator and on the number of the update alone.
#[derive(Debug)]
pub struct FiniteDataset<'a, P: Problem> {
    problem: &'a P,
    stored: Batch<P::Data>,
    sampling: Sampling,
    orders: u64, // the seed of the epochs' orders
}

impl<'a, P: Problem<Data: Rows + Sync>> FiniteDataset<'a, P> {
    /// `size` (≥ 1) instances of `problem`.
    pub fn draw(problem: &'a P, size: usize, sampling: Sampling, rng: &mut Rng) -> Result<Self> {
        ensure!(size > 0, "a data set of no instances");
        Ok(Self { problem, stored: problem.draw(size, rng)?, sampling, orders: rng.random() })
    }

    /// All instances, in order.
    pub fn all(&self) -> &Batch<P::Data> {
        &self.stored
    }

    fn size(&self) -> Result<usize> {
        Ok(self.stored.start.dim(0)?)
    }

    fn rows(&self, rows: Vec<u32>) -> Result<Batch<P::Data>> {
        let Batch { start, solution, data } = &self.stored;
        let rows = Tensor::new(rows, start.device())?;
        Ok(Batch { start: start.rows(&rows)?, solution: solution.rows(&rows)?, data: data.rows(&rows)? })
    }
}

impl<P: Problem<Data: Rows + Sync>> Problem for FiniteDataset<'_, P> {
    type Data = P::Data;

    // ANCHOR: finite_dataset
    fn draw(&self, count: usize, rng: &mut Rng) -> Result<Batch<P::Data>> {
        self.rows(sampling::resample(count, self.size()?, rng))
    }

    fn draw_training(&self, first: u64, count: usize, rng: &mut Rng) -> Result<Batch<P::Data>> {
        match self.sampling {
            Sampling::Replacement => self.draw(count, rng),
            Sampling::Epochs => self.rows(sampling::reshuffled(first, count, self.size()?, self.orders)),
        }
    }
    // ANCHOR_END: finite_dataset

    fn loss(&self, estimate: &Tensor, solution: &Tensor) -> Result<Tensor> {
        self.problem.loss(estimate, solution)
    }

    fn metric(&self, estimate: &Tensor, solution: &Tensor) -> Result<f64> {
        self.problem.metric(estimate, solution)
    }
}
