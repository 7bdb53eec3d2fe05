//! Small networks of dense layers.

use anyhow::Result;
use candle_core::{Device, Tensor, Var};
use common::{
    ops::{Activation, dense},
    optim::parameter,
    sampling::{self, Rng},
};

/// Dense layers, one after the other.
#[derive(Debug, Clone)]
pub struct Network {
    layers: Vec<(Var, Var, Activation)>,
}

impl Network {
    /// Layers of these widths, the input's first. Weights are uniform on ±√(6/(inputs + outputs)) (Glorot), biases 0.
    pub fn new(widths: &[usize], activations: &[Activation], rng: &mut Rng, device: &Device) -> Result<Self> {
        let layer = |(pair, &activation): (&[usize], &Activation)| -> Result<_> {
            let bound = (6.0 / (pair[0] + pair[1]) as f64).sqrt();
            let draws = sampling::uniform_vec(pair[0] * pair[1], rng).into_iter().map(|u| bound * (2.0 * u - 1.0));
            let weights = Tensor::from_vec(draws.collect::<Vec<_>>(), (pair[0], pair[1]), device)?;
            Ok((parameter(&weights)?, parameter(&Tensor::new(vec![0.0; pair[1]], device)?)?, activation))
        };
        Ok(Self { layers: widths.windows(2).zip(activations).map(layer).collect::<Result<_>>()? })
    }

    /// The outputs for a batch of inputs `[K, n]`.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let mut x = x.clone();
        for (weights, bias, activation) in &self.layers {
            x = dense(&x, weights, bias, *activation)?;
        }
        Ok(x)
    }

    /// Everything that is learned.
    pub fn parameters(&self) -> Vec<Var> {
        self.layers.iter().flat_map(|(weights, bias, _)| [weights.clone(), bias.clone()]).collect()
    }

    /// Copies of the parameters by name: `w1`, `b1`, `w2`, …
    pub fn values(&self) -> Result<Vec<(String, Tensor)>> {
        let named = self
            .layers
            .iter()
            .enumerate()
            .flat_map(|(i, (w, b, _))| [(format!("w{}", i + 1), w), (format!("b{}", i + 1), b)]);
        named.map(|(name, var)| Ok((name, var.as_detached_tensor().copy()?))).collect()
    }
}
