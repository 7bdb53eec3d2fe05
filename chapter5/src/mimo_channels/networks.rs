//! The networks: on y and H, and on y for one H.

use anyhow::Result;
use candle_core::{Device, Tensor};
use candle_nn::Optimizer as _;
use common::{
    loss::sum_squared_error,
    ops::Activation,
    optim::{Optimizer, RateSchedule, Rule},
    sampling,
    table::Table,
    training::{log_losses, loss_value},
    unfolding::Problem as _,
};

use super::{Channels, Config, Received};
use crate::{mimo_detection, network::Network};

const LAYERS: [Activation; 3] = [Activation::Relu, Activation::Relu, Activation::Tanh];

/// y and the entries of H side by side, `[K, n + n²]`.
pub fn inputs(data: &Received) -> Result<Tensor> {
    Ok(Tensor::cat(&[&data.y, &data.h.flatten_from(1)?], 1)?)
}

/// A network on (y, H), with a learning rate that falls from 3e-3 to 0.
// ANCHOR: network
pub fn all_channels(config: &Config, problem: &Channels, seed: u64, stream: u64) -> Result<Network> {
    let (n, m, updates) = (config.num_antennas, config.num_hidden, config.network_updates);
    let network = Network::new(&[n + n * n, m, m, n], &LAYERS, &mut sampling::rng(seed, stream + 1), &Device::Cpu)?;
    let mut adam = Optimizer::new(network.parameters(), Rule::Adam.with(3e-3))?;
    let rng = &mut sampling::rng(seed, stream + 2);
    let mut history = Table::new("update", ["loss"]);
    for update in 0..updates {
        let batch = problem.draw(config.batch_size, rng)?;
        let error = sum_squared_error(&network.forward(&inputs(&batch.data)?)?, &batch.solution)?;
        let loss = (error / config.batch_size as f64)?;
        log_losses(&mut history, update, &[loss_value(&loss)?])?;
        adam.set_learning_rate(3e-3 * RateSchedule::Linear.factor(update, updates));
        adam.step(&loss.backward()?)?;
    }
    Ok(network)
}
// ANCHOR_END: network

/// The network of [`mimo_detection`], trained on one channel.
pub fn one_channel(config: &Config, noise_std: f64, seed: u64, stream: u64) -> Result<Network> {
    let published = mimo_detection::Config { num_antennas: config.num_antennas, ..Default::default() };
    let (n, m) = (published.num_antennas, published.num_hidden);
    let h = sampling::normal_matrix(n, n, &mut sampling::rng(seed, stream + 3), &Device::Cpu)?;
    let network = Network::new(&[n, m, m, n], &LAYERS, &mut sampling::rng(seed, stream + 4), &Device::Cpu)?;
    let mut adam = Optimizer::new(network.parameters(), Rule::Adam.with(published.learning_rate))?;
    let (rng, mut history) = (&mut sampling::rng(seed, stream + 5), Table::new("update", ["loss"]));
    for update in 0..published.num_updates {
        let (x, y) = mimo_detection::send(&h, published.batch_size, noise_std, rng)?;
        let loss = (sum_squared_error(&network.forward(&y)?, &x)? / published.batch_size as f64)?;
        log_losses(&mut history, update, &[loss_value(&loss)?])?;
        adam.step(&loss.backward()?)?;
    }
    Ok(network)
}
