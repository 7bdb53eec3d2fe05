//! The training loop, for sections where it is not itself the lesson.

use anyhow::{Result, ensure};
use candle_core::Tensor;
use candle_nn::Optimizer as _;

use crate::{context::Context, optim::Optimizer, table::Table};

/// A run whose loss stopped being a number, or grew beyond all hope. Carries the history up to there.
#[derive(Debug)]
pub struct Diverged {
    /// Name of the counter: update, epoch, iteration …
    pub counter: String,
    /// Where it happened
    pub at: usize,
    /// The loss found there
    pub loss: f64,
    /// The rows before it
    pub history: Table,
}

impl std::fmt::Display for Diverged {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { counter, at, loss, .. } = self;
        write!(f, "the run diverged: the loss at {counter} {at} is {loss:.3e}; a smaller step may help")
    }
}

impl std::error::Error for Diverged {}

/// What the seed drew is nothing that the section can begin with, and why: another seed may do.
#[derive(Debug)]
pub struct Unsuitable(pub String);

impl std::fmt::Display for Unsuitable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unsuitable {}

/// A loss this many times as large as the first one (and as 1) has diverged, although it is still a number.
const BEYOND_HOPE: f64 = 1e9;

/// [`Diverged`] at `at`, by the counter of `history`, if `loss` is not finite, or 10⁹ times as large as `first` and as 1.
pub fn check_loss(history: &Table, at: usize, loss: f64, first: Option<f64>) -> Result<()> {
    if loss.is_finite() && loss.abs() <= BEYOND_HOPE * first.unwrap_or(f64::INFINITY).abs().max(1.0) {
        return Ok(());
    }
    let counter = history.columns()[0].clone();
    Err(Diverged { counter, at, loss, history: history.clone() }.into())
}

/// `history` with a row more, or [`Diverged`] if one of the `values`, all losses, has diverged: compared with the last of the
/// first row.
pub fn log_losses(history: &mut Table, count: usize, values: &[f64]) -> Result<()> {
    let first = history.rows().first().and_then(|(_, values)| values.last()).copied();
    values.iter().try_for_each(|&loss| check_loss(history, count, loss, first))?;
    history.push(count, values);
    Ok(())
}

/// The value of a loss; errors unless it has rank 0 (backprop of anything else would differentiate its sum in silence).
pub fn loss_value(loss: &Tensor) -> Result<f64> {
    ensure!(loss.rank() == 0, "a loss has rank 0, this one has shape {:?}", loss.dims());
    Ok(loss.to_dtype(candle_core::DType::F64)?.to_scalar()?)
}

/// Updates after which a long training is looked at: 0, 1, and about `per_decade` in each factor of ten, up to `last`.
pub fn log_spaced(last: usize, per_decade: u32) -> Vec<usize> {
    let power = |j: u32| 10f64.powf(f64::from(j) / f64::from(per_decade.max(1))).round() as usize;
    let between = (0..).map(power).take_while(|&count| count < last);
    let mut counts: Vec<usize> = std::iter::once(0).chain(between).chain([last]).collect();
    counts.dedup();
    counts
}

/// `num_updates` times θ ← update(θ, ∇L(θ)), the whole of what "learning" means.
///
/// Row k of `history` (one value column) is the loss after k updates, row 0 the loss before training.
/// Errors with [`Diverged`] at the first loss that is not finite or beyond hope.
// ANCHOR: train
pub fn train(
    context: &mut Context,
    history: &mut Table,
    optimizer: &mut Optimizer,
    num_updates: usize,
    loss: impl Fn() -> Result<Tensor>,
) -> Result<()> {
    for update in 0..num_updates {
        let value = loss()?;
        log_losses(history, update, &[loss_value(&value)?])?;
        optimizer.step(&value.backward()?)?;
        context.progress(update + 1, num_updates);
    }
    log_losses(history, num_updates, &[loss_value(&loss()?)?])
}
// ANCHOR_END: train

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checkpoints_hold_the_powers_of_ten_and_both_ends() {
        assert_eq!(log_spaced(25, 2), [0, 1, 3, 10, 25]);
        assert_eq!(log_spaced(100, 1), [0, 1, 10, 100]);
        assert_eq!(log_spaced(1, 5), [0, 1]);
        assert_eq!(log_spaced(0, 5), [0]);
        let dense = log_spaced(2000, 10);
        assert!(dense.windows(2).all(|pair| pair[0] < pair[1]) && dense.contains(&1000));
    }
}
