//! Section 3's unrolled least squares with periodic step sizes, trained as the section trains it, and by hand.

use anyhow::Result;
use candle_core::{Device, Tensor};
use candle_nn::Optimizer as _;
use chapter3::least_squares::{GradientDescent, Observations};
use common::{
    linear_model::LinearModel,
    ops::{AffineStep, entry_plain},
    optim::{Optimizer, Rule},
    sampling::{self, Rng},
    unfolding::{Algorithm, Schedule, batch_gradient},
};
use rand::Rng as _;
use rand_distr::StandardNormal;

use crate::handwritten::{self, Training};

/// The book's experiment with T = 8 and 2 updates for each depth; the book has 40.
pub const BOOK: Training = Training {
    period: 8,
    max_depth: 50,
    updates: 2,
    learning_rate: 1e-4,
    batch: 100,
    shard_rows: 50, // as in `common::unfolding`: another number would draw other mini-batches
};

/// y = Ax with a Gaussian A of the book's size.
pub fn model() -> Result<LinearModel> {
    LinearModel::gaussian(100, 50, &mut sampling::rng(0, 0), &Device::Cpu)
}

/// The generator of one shard of one mini-batch.
fn rng(depth: usize, update: usize, shard: usize) -> Rng {
    sampling::rng(1, (depth << 32 | update << 16 | shard) as u64)
}

/// The training by hand, see [`handwritten::LeastSquares`].
pub fn train_by_hand(training: &Training, model: &LinearModel) -> Result<(Vec<f64>, Vec<f64>)> {
    let numbers = |t: &Tensor| t.flatten_all()?.to_vec1();
    let identity = Tensor::eye(model.a.dim(0)?, model.a.dtype(), &Device::Cpu)?;
    let by_hand = handwritten::LeastSquares {
        a: numbers(&model.a)?,
        gram: numbers(&model.gram)?,
        pinv_t: numbers(&model.solution(0.0)?.forward(&identity)?)?,
        dims: model.a.dims2()?,
    };
    Ok(by_hand.train(training, |depth, update, shard, y| {
        let rng = &mut rng(depth, update, shard);
        y.iter_mut().for_each(|y| *y = rng.sample(StandardNormal));
    }))
}

/// The section's algorithm with plain candle operations in its iterations.
pub struct Plain(pub GradientDescent);

impl Algorithm for Plain {
    type Data = Tensor;

    fn schedules(&self) -> Vec<&Schedule> {
        self.0.schedules()
    }

    fn iterate(&self, k: usize, x: &Tensor, b: &Tensor, _: &mut Rng) -> Result<Tensor> {
        let schedule = &self.0.step_size;
        let step_size = entry_plain(schedule.parameter(), k % schedule.period())?;
        Ok(self.0.step.forward_plain(x, &step_size, b)?)
    }
}

/// The section's training of what `unfold` makes of its algorithm: the loss of each update, ‖x* − x‖²/batch, and the learned
/// step sizes.
pub fn train<A: Algorithm<Data = Tensor>>(
    training: &Training,
    model: &LinearModel,
    unfold: impl Fn(GradientDescent) -> A,
) -> Result<(Vec<f64>, Vec<f64>)> {
    let zeros = Tensor::zeros(training.period, model.a.dtype(), &Device::Cpu)?;
    let step_size = Schedule::learned("step_size", &zeros, training.learning_rate)?;
    let problem = Observations { solution: model.solution(0.0)?, model: model.clone() };
    let step = AffineStep::new(&model.gram)?;
    let algorithm = unfold(GradientDescent { step, step_size: step_size.clone() });
    let parameters = vec![step_size.parameter().clone()];
    let mut optimizer = Optimizer::new(parameters, Rule::Adam.with(training.learning_rate))?;
    let mut losses = vec![];
    for depth in 1..=training.max_depth {
        for update in 0..training.updates {
            let rng = |shard| rng(depth, update, shard);
            let (loss, gradients) = batch_gradient(&problem, &algorithm, depth, (0, training.batch), rng)?;
            losses.push(loss);
            optimizer.step(&gradients)?;
        }
    }
    Ok((losses, step_size.values()?))
}
