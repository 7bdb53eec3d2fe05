//! Long trainings, and trainings with the random coefficient.

use std::cell::RefCell;

use anyhow::Result;
use candle_core::{DType, Device, Tensor};
use candle_nn::Optimizer as _;
use common::{
    optim::{self, Optimizer, RateSchedule, Rule},
    quadrature::Quadrature,
    sampling,
    table::Table,
    training::{log_losses, log_spaced, loss_value},
};

use super::{Config, Solved, settings, solved};
use crate::{
    rayleigh_ritz::{Curve, Sum},
    rayleigh_ritz_random::{draw_coefficient, mean_coefficient},
};

/// How a training is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way {
    /// A name for figures
    pub name: &'static str,
    /// How the rate falls
    pub rate: RateSchedule,
    /// Draws of r per update
    pub num_draws: usize,
    /// Whether the mean of the last half of the iterates is taken
    pub averaged: bool,
}

/// Four ways for the random coefficient.
pub const WAYS: [Way; 4] = [
    Way { name: "last iterate", rate: RateSchedule::Constant, num_draws: 1, averaged: false },
    Way { name: "mean of the last half", rate: RateSchedule::Constant, num_draws: 1, averaged: true },
    Way { name: "ten draws per update", rate: RateSchedule::Constant, num_draws: 10, averaged: false },
    Way { name: "cosine rate", rate: RateSchedule::Cosine, num_draws: 1, averaged: false },
];

/// Adam from θ = 1; `see` looks at θ after the updates that `at` lists. The mean, or the last θ.
// ANCHOR: train
fn train(
    sum: &Sum,
    way: Way,
    num_updates: usize,
    coefficient: impl Fn() -> f64,
    mut see: impl FnMut(usize, &Tensor) -> Result<()>,
) -> Result<Tensor> {
    let theta = optim::parameter(&Tensor::ones(50, DType::F64, &Device::Cpu)?)?;
    let mut optimizer = Optimizer::new(vec![theta.clone()], Rule::Adam.with(1.0))?;
    let (mut mean, mut count) = (vec![0.0; 50], 0.0); // of the last half of the iterates
    let mut history = Table::new("update", ["loss"]);
    for update in 0..num_updates {
        see(update, &theta)?;
        optimizer.set_learning_rate(way.rate.factor(update, num_updates));
        let loss = sum.loss(&theta, &sum.integrand(coefficient())?)?;
        log_losses(&mut history, update, &[loss_value(&loss)?])?;
        optimizer.backward_step(&loss)?;
        if 2 * (update + 1) > num_updates {
            count += 1.0;
            for (mean, value) in mean.iter_mut().zip(theta.to_vec1::<f64>()?) {
                *mean += (value - *mean) / count; // mean ← mean + (θ − mean)/k
            }
        }
    }
    see(num_updates, &theta)?;
    Ok(if way.averaged { Tensor::new(mean, &Device::Cpu)? } else { theta.as_detached_tensor().copy()? })
}
// ANCHOR_END: train

/// A long training: after some updates, the loss and the curve's largest error.
#[derive(Debug, Clone)]
pub struct Long {
    /// The updates
    pub updates: Vec<f64>,
    /// The losses
    pub losses: Vec<f64>,
    /// max |y − exact|
    pub errors: Vec<f64>,
}

/// The long trainings: rule and rate.
pub const LONG: [(Quadrature, RateSchedule); 4] = [
    (Quadrature::Right, RateSchedule::Constant),
    (Quadrature::Right, RateSchedule::Cosine),
    (Quadrature::Gauss, RateSchedule::Constant),
    (Quadrature::Gauss, RateSchedule::Cosine),
];

/// The updates that the book makes.
const BOOK_UPDATES: usize = 300;

pub(super) fn train_long(config: &Config, (quadrature, rate): (Quadrature, RateSchedule)) -> Result<Long> {
    let ritz = settings(quadrature, 1000.0);
    let sum = Sum::new(&ritz, &Device::Cpu)?;
    let at = |update| update == BOOK_UPDATES || log_spaced(config.num_updates, 12).contains(&update);
    let long = RefCell::new(Long { updates: vec![], losses: vec![], errors: vec![] });
    let way = Way { rate, ..WAYS[0] };
    train(
        &sum,
        way,
        config.num_updates,
        || 1.0,
        |update, theta| {
            if at(update) {
                let Solved { loss, curve } = solved(&ritz, &sum, theta, 1.0)?;
                let long = &mut *long.borrow_mut();
                long.updates.push(update as f64);
                long.losses.push(loss);
                long.errors.push(curve.error(1.0));
            }
            Ok(())
        },
    )?;
    Ok(long.into_inner())
}

/// The case (α, β) = (0, 1).
pub const CASE: (f64, f64) = (0.0, 1.0);

/// The largest error of one training with the random coefficient.
pub(super) fn train_random(config: &Config, way: Way, seed: u64, index: u64) -> Result<f64> {
    let ritz = settings(Quadrature::Right, 1000.0);
    let (sum, rng) = (Sum::new(&ritz, &Device::Cpu)?, RefCell::new(sampling::rng(seed, index)));
    let draw = || draw_coefficient(CASE, way.num_draws, &mut rng.borrow_mut());
    let theta = train(&sum, way, config.num_random_updates, draw, |_, _| Ok(()))?;
    let c = mean_coefficient(CASE);
    Ok(Curve::of(ritz.basis(), &theta, c)?.error(c))
}
