//! Deep unfolding: an iterative algorithm cut off after t iterations is a network of t layers, and the numbers that used
//! to be chosen by hand, one per iteration, are its parameters.
//!
//! A section describes a [`Problem`] (random instances with known solutions) and an [`Algorithm`] (one iteration, with a
//! [`Schedule`] for each number that may be learned). [`Training`] learns the schedules and measures any algorithm, fixed or
//! learned, on the same fresh instances; a [`Comparison`] of such [`Method`]s makes tables and figures. [`theory`] has what
//! can be proved.
//!
//! "MSE" is ‖X* − X̂‖²_F / K throughout: summed over the coordinates, averaged over the K instances of a batch.

mod acceleration;
mod comparison;
mod finite_dataset;
mod measure;
mod schedule;
pub mod theory;
mod training;

pub use acceleration::{accelerated, present};
pub use comparison::{Comparison, Method, Metric, fixed_label, ratio};
pub use finite_dataset::{FiniteDataset, Rows, Sampling};
pub use measure::{estimate_after, mean_metrics, squared_errors};
pub use schedule::{Period, Schedule};
pub use training::{Draw, Mode, Training, batch_gradient};

use anyhow::Result;
use candle_core::Tensor;

use crate::{loss::sum_squared_error, sampling::Rng, training::loss_value};

/// Random problems with known solutions, and how an estimate of the solutions is judged.
// ANCHOR: problem
pub trait Problem: Sync {
    /// What an algorithm may know of a batch
    type Data;

    /// `count` fresh instances.
    fn draw(&self, count: usize, rng: &mut Rng) -> Result<Batch<Self::Data>>;

    /// `count` instances to train on, of which the first has number `first`, from 0, among all that a training takes. Fresh ones,
    /// but from a [`FiniteDataset`] with epochs.
    fn draw_training(&self, _first: u64, count: usize, rng: &mut Rng) -> Result<Batch<Self::Data>> {
        self.draw(count, rng)
    }

    /// What training minimises, summed over the batch; rank 0.
    fn loss(&self, estimate: &Tensor, solution: &Tensor) -> Result<Tensor> {
        Ok(sum_squared_error(estimate, solution)?)
    }

    /// What is measured after each iteration, summed over the batch: squared errors, or bit errors, or symbol errors …
    fn metric(&self, estimate: &Tensor, solution: &Tensor) -> Result<f64> {
        loss_value(&sum_squared_error(estimate, solution)?)
    }
}

/// An iterative algorithm.
pub trait Algorithm: Sync {
    /// What an iteration has to know of a batch of problems
    type Data;

    /// The numbers of its iterations by name, the step sizes first: those that are not fixed are learned.
    fn schedules(&self) -> Vec<&Schedule>;

    /// Iteration `k`, from 0: the next x `[K, n]`. `rng` is for algorithms that are random themselves.
    fn iterate(&self, k: usize, x: &Tensor, data: &Self::Data, rng: &mut Rng) -> Result<Tensor>;

    /// The estimate of the solution that x stands for.
    fn estimate(&self, x: &Tensor, _data: &Self::Data) -> Result<Tensor> {
        Ok(x.clone())
    }
}
// ANCHOR_END: problem

/// K instances of a problem: where an algorithm starts, and where it should arrive.
#[derive(Debug, Clone)]
pub struct Batch<D> {
    /// x₀ `[K, n]`
    pub start: Tensor,
    /// x* `[K, …]`
    pub solution: Tensor,
    /// The rest of the instances
    pub data: D,
}
