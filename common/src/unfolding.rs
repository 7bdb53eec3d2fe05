//! Deep unfolding: an iterative algorithm cut off after t iterations is a network of t layers, and the numbers that used
//! to be chosen by hand, one per iteration, are its parameters.
//!
//! A section describes its algorithm as [`Unfolded`] (random problems and one iteration), with a [`Schedule`] for each
//! learnable number. [`Incremental`] learns the schedules, [`mean_squared_errors`] measures any of them, fixed or learned,
//! on the same fresh problems, and [`Comparison`] makes the tables and figures. [`theory`] has what can be proved.
//!
//! "MSE" is ‖X* − X̂‖²_F / K throughout: summed over the coordinates, averaged over the K problems of a batch.

mod comparison;
mod incremental;
mod schedule;
pub mod theory;

pub use comparison::{Comparison, Curve, Fixed, Learned};
pub use incremental::{Incremental, Learnable, batch_gradient, mean_squared_errors};
pub use schedule::{Period, Schedule};

use anyhow::Result;
use candle_core::Tensor;

use crate::sampling::Rng;

/// An iterative algorithm with its schedules, and the random problems that it is to solve.
// ANCHOR: unfolded
pub trait Unfolded: Sync {
    /// What an iteration has to know of a batch of problems
    type Problem;

    /// `count` fresh problems.
    fn draw(&self, count: usize, rng: &mut Rng) -> Result<Batch<Self::Problem>>;

    /// Iteration `k`, from 0: the next x `[K, n]`. `rng` is for algorithms that are random themselves.
    fn iterate(&self, k: usize, x: &Tensor, problem: &Self::Problem, rng: &mut Rng) -> Result<Tensor>;
}
// ANCHOR_END: unfolded

/// K problems: where the algorithm starts, and where it should arrive.
#[derive(Debug, Clone)]
pub struct Batch<P> {
    /// x₀ `[K, n]`
    pub start: Tensor,
    /// x* `[K, n]`
    pub solution: Tensor,
    /// The rest of the problems
    pub problem: P,
}
