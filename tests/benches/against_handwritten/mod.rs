//! Trainings beside the same written by hand.

use anyhow::{Context as _, Result};
use candle_core::{Device, Tensor};
use chapter2::{rbf, three_layer_nn};
use chapter4::sparse::Observed;
use common::unfolding::Batch;

use crate::{
    handwritten,
    least_squares::{self, BOOK, Plain},
    sections::{self, Prepare, Prepared},
};

/// Training, and its forms by name: `handwritten` by hand, `section` as the section does it, `plain` by plain candle operations.
pub const FORMS: [(&str, &[(&str, Prepare)]); 4] = [
    ("rbf", &[("handwritten", rbf), ("section", sections::radial_basis_functions)]),
    ("three_layer_nn", &[("handwritten", three_layer_network), ("section", sections::three_layer_network)]),
    (
        "least_squares_2_updates", // for each depth; the book has 40
        &[("handwritten", least_squares_by_hand), ("section", least_squares), ("plain", plain_least_squares)],
    ),
    ("ista_2_updates", &[("handwritten", ista_by_hand), ("section", || sections::ista_updates(2))]), // the book has 20
];

fn numbers(tensor: &Tensor) -> Result<Vec<f64>> {
    Ok(tensor.flatten_all()?.to_vec1()?)
}

fn last(losses: Vec<f64>) -> Result<f64> {
    losses.last().copied().context("no updates")
}

fn alone(train: impl Fn() -> Result<f64> + Send + Sync + 'static) -> Prepared {
    Prepared { data: vec![], train: Box::new(train) }
}

fn rbf() -> Result<Prepared> {
    let config = rbf::Config::default();
    let xs = rbf::sample_points(&config);
    let phi = numbers(&rbf::basis_matrix(&config, &xs, &Device::Cpu)?)?;
    let y: Vec<f64> = xs.iter().map(|&x| rbf::target(x)).collect();
    let (alpha, count) = (config.optimizer.learning_rate, config.num_updates);
    Ok(alone(move || last(handwritten::rbf(&phi, &y, alpha, count))))
}

fn three_layer_network() -> Result<Prepared> {
    let config = three_layer_nn::Config::default();
    let (w, a, data) = sections::network_start(&config)?;
    let (w, a, x, y) = (numbers(&w)?, numbers(&a)?, numbers(&data.x)?, numbers(&data.y)?);
    let (eta, count) = (config.step_size, config.num_iterations);
    Ok(alone(move || last(handwritten::network(&x, &y, &a, w.clone(), eta, count))))
}

fn least_squares_by_hand() -> Result<Prepared> {
    let model = least_squares::model()?;
    Ok(alone(move || last(least_squares::train_by_hand(&BOOK, &model)?.0)))
}

fn least_squares() -> Result<Prepared> {
    let model = least_squares::model()?;
    Ok(alone(move || last(least_squares::train(&BOOK, &model, |network| network)?.0)))
}

fn plain_least_squares() -> Result<Prepared> {
    let model = least_squares::model()?;
    Ok(alone(move || last(least_squares::train(&BOOK, &model, Plain)?.0)))
}

fn ista_by_hand() -> Result<Prepared> {
    let (problem, pool) = sections::sparse_recovery(2)?;
    let training = handwritten::Training {
        period: pool.training.num_generations,
        max_depth: pool.training.num_generations,
        updates: pool.training.num_updates,
        learning_rate: pool.training.learning_rate,
        batch: pool.training.batch_size,
        shard_rows: 50, // as in `common::unfolding`
    };
    let batch = |batch: &Batch<Observed>| Ok([numbers(&batch.data.b)?, numbers(&batch.solution)?]);
    let (gram, unknowns) = (numbers(&problem.model.gram)?, problem.model.gram.dim(0)?);
    let ista = handwritten::Ista { gram, unknowns, batches: pool.batches.iter().map(batch).collect::<Result<_>>()? };
    let start = problem.gamma();
    let updates = training.updates as f64;
    // the mean of the last generation's losses
    Ok(alone(move || Ok(ista.train(&training, start).iter().rev().take(training.updates).sum::<f64>() / updates)))
}
