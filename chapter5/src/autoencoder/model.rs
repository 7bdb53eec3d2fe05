//! The two networks, and what is between them.

use anyhow::Result;
use candle_core::{Device, Tensor};
use common::{
    ops::{Activation, softmax_squared_error},
    sampling::Rng,
};

use super::Config;
use crate::network::Network;

/// Encoder and decoder.
// ANCHOR: model
#[derive(Debug)]
pub struct Autoencoder2 {
    /// One-hot messages to points, not yet scaled
    pub encoder: Network,
    /// What is received to a score of each message
    pub decoder: Network,
    /// One row for each message
    one_hot: Tensor,
}

impl Autoencoder2 {
    /// A network for these sizes with a random start.
    pub fn new(config: &Config, rng: &mut Rng, device: &Device) -> Result<Self> {
        let (messages, hidden) = (config.num_messages, config.num_hidden);
        let layers = [Activation::Relu, Activation::Identity];
        Ok(Self {
            encoder: Network::new(&[messages, hidden, 2], &layers, rng, device)?,
            decoder: Network::new(&[2, hidden, messages], &layers, rng, device)?,
            one_hot: Tensor::eye(messages, candle_core::DType::F64, device)?,
        })
    }

    /// The constellation `[M, 2]`: the points of all messages, the outermost on the unit circle.
    pub fn points(&self) -> Result<Tensor> {
        let e = self.encoder.forward(&self.one_hot)?;
        let power = e.sqr()?.sum(1)?.max(0)?.maximum(1e-12)?; // max_m ‖e_m‖², and not 0 where no unit is active
        Ok(e.broadcast_div(&power.sqrt()?)?)
    }

    /// The loss of a batch of messages sent through noise, divided by their number.
    pub fn loss(&self, messages: &[u32], noise: &Tensor) -> Result<Tensor> {
        let index = Tensor::new(messages, noise.device())?;
        let y = (self.points()?.index_select(&index, 0)? + noise)?; // y = p_m + σn
        let scores = self.decoder.forward(&y)?;
        Ok((softmax_squared_error(&scores, messages)? / messages.len() as f64)?) // ‖one-hot − softmax‖²
    }
}
// ANCHOR_END: model

#[cfg(test)]
mod tests {
    use super::*;
    use common::sampling;

    /// A quarter of the starts with a single unit.
    #[test]
    fn an_encoder_that_is_dead_has_points_and_gradients() -> Result<()> {
        let config = Config { num_messages: 2, num_hidden: 1, ..Config::default() };
        let mut dead = 0;
        for seed in 0..20 {
            let model = Autoencoder2::new(&config, &mut sampling::rng(seed, 0), &Device::Cpu)?;
            let points: Vec<f64> = model.points()?.flatten_all()?.to_vec1()?;
            dead += usize::from(points == [0.0; 4]);
            assert!(points.iter().all(|x| x.is_finite()), "seed {seed}: {points:?}");
            let noise = sampling::normal_matrix(2, 2, &mut sampling::rng(seed, 1), &Device::Cpu)?;
            let gradients = model.loss(&[0, 1], &noise)?.backward()?;
            for parameter in [model.encoder.parameters(), model.decoder.parameters()].concat() {
                let sum = gradients.get(&parameter).map_or(Ok(0.0), |g| g.sum_all()?.to_scalar::<f64>())?;
                assert!(sum.is_finite(), "seed {seed}");
            }
        }
        assert!(dead > 0);
        Ok(())
    }
}
