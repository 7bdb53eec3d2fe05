//! The training loop, for sections where it is not itself the lesson.

use anyhow::{Result, ensure};
use candle_core::Tensor;
use candle_nn::Optimizer as _;

use crate::{context::Context, optim::Optimizer, table::Table};

/// A run whose loss stopped being a number. Carries the history up to there.
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
        write!(
            f,
            "the run diverged: the loss at {} {} is {}; a smaller step may help",
            self.counter, self.at, self.loss
        )
    }
}

impl std::error::Error for Diverged {}

/// `history` with a row more, or [`Diverged`] if one of the `values` is not finite.
pub fn record(history: &mut Table, count: usize, values: &[f64]) -> Result<()> {
    if let Some(&loss) = values.iter().find(|v| !v.is_finite()) {
        let counter = history.columns()[0].clone();
        return Err(Diverged {
            counter,
            at: count,
            loss,
            history: history.clone(),
        }
        .into());
    }
    history.push(count, values);
    Ok(())
}

/// The value of a loss; errors unless it has rank 0 (backprop of anything else would differentiate its sum in silence).
pub fn loss_value(loss: &Tensor) -> Result<f64> {
    ensure!(
        loss.rank() == 0,
        "a loss has rank 0, this one has shape {:?}",
        loss.dims()
    );
    Ok(loss.to_dtype(candle_core::DType::F64)?.to_scalar()?)
}

/// `num_updates` times θ ← update(θ, ∇L(θ)), the whole of what "learning" means.
///
/// Row k of `history` (one value column) is the loss after k updates, row 0 the loss before training.
/// Errors with [`Diverged`] at the first loss that is not finite.
pub fn train(
    context: &mut Context,
    history: &mut Table,
    optimizer: &mut Optimizer,
    num_updates: usize,
    loss: impl Fn() -> Result<Tensor>,
) -> Result<()> {
    for update in 0..num_updates {
        let value = loss()?;
        record(history, update, &[loss_value(&value)?])?;
        optimizer.step(&value.backward()?)?;
        context.progress(update + 1, num_updates);
    }
    record(history, num_updates, &[loss_value(&loss()?)?])
}
