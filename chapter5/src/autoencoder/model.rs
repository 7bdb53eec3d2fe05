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
        let power = e.sqr()?.sum(1)?.max(0)?; // max_m ‖e_m‖²
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
