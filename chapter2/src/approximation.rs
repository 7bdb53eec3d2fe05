//! Learnable functions of one variable on [0, 1], and how they learn: what the comparisons of section 2.5 share.
//!
//! - A sum of n radial basis functions with fixed centres, g(x; θ) = Σᵢ θᵢ·exp(−β(x − δ(i−1))²), only θ learned: the centres
//!   cover [0, 1] evenly and each bump is as wide as their spacing δ = 1/(n−1) (standard deviation δ, β = 1/(2δ²)), which
//!   keeps Φ well conditioned for every n; θ ~ N(0, 1/n).
//! - Networks with one hidden layer, g(x) = Σᵣ vᵣ·σ(wᵣx + bᵣ) + c, σ = relu or tanh, everything learned: slopes w ~ N(0, s²),
//!   with b such that the unit's bend −b/w is uniform on [0, 1] (zero biases would put all bends at 0); v ~ N(0, 1/h), c = 0.
//!
//! A model "of n" has about n parameters: h hidden units have 3h + 1. All minimise Σⱼ (g(xⱼ) − yⱼ)² by Adam; for the first, the
//! best θ is known as well (least squares). Learning rates fall linearly to 0, since Adam at a constant rate ends in
//! oscillations that hide what a model can do.
//!
//! | symbol | here |
//! |---|---|
//! | Φ, θ | [`Model::Rbf`] |
//! | (w; b) `[2, h]`, v `[h, 1]`, c | [`Model::Network`] |
//! | s, α | `slope_std`, `rate` |

use anyhow::Result;
use candle_core::{Device, Tensor, Var};
use candle_nn::Optimizer as _;
use common::{
    config::range,
    loss::sum_squared_error,
    ops::FixedMap,
    optim::{Optimizer, RateSchedule, Rule, parameter},
    sampling::{self, Rng},
    table::Table,
    training::{log_losses, log_spaced, loss_value},
};

use crate::rbf::{self, RbfModel, basis_matrix};

/// How models are trained.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
pub struct Training {
    /// Number of seeds: each draws its own start values and noise, 1 to 100
    #[arg(long, value_name = "S", default_value_t = 5, value_parser = range::count(100))]
    pub num_seeds: usize,
    /// Number N of points to fit, 1 to 2000
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = range::count(2000))]
    pub num_samples: usize,
    /// Number of updates, 1 to 100000
    #[arg(long, value_name = "K", default_value_t = 5000, value_parser = range::count(100_000))]
    pub num_updates: usize,
    /// Adam's learning rate α for the networks, > 0; it falls linearly to 0
    #[arg(long, value_name = "α", default_value_t = 0.03, value_parser = range::positive)]
    pub network_rate: f64,
    /// Standard deviation s of the hidden units' slopes at the start, > 0
    #[arg(long, value_name = "s", default_value_t = 4.0, value_parser = range::positive)]
    pub slope_std: f64,
}
/// The activation function σ, entry by entry.
pub type Activation = fn(&Tensor) -> candle_core::Result<Tensor>;

/// Draws from N(0, 1/count), `[count, 1]`.
fn outputs(count: usize, rng: &mut Rng, device: &Device) -> Result<Tensor> {
    let draws = sampling::normal_matrix(count, 1, rng, device)?;
    Ok((draws / (count as f64).sqrt())?)
}

/// The number h of hidden units that brings 3h + 1 next to n.
pub fn num_hidden(n: usize) -> usize {
    ((n.saturating_sub(1) as f64 / 3.0).round() as usize).max(1)
}

/// A learnable function g of one variable.
#[derive(Debug)]
pub enum Model {
    /// g(x) = Σᵢ θᵢφᵢ(x)
    Rbf {
        /// β, δ and the number of the φᵢ
        basis: rbf::Config,
        /// θ
        weights: RbfModel,
    },
    /// g(x) = Σᵣ vᵣ·σ(wᵣx + bᵣ) + c
    Network {
        /// σ
        activation: Activation,
        /// Slopes w and biases b, `[2, h]`
        hidden: Var,
        /// v `[h, 1]`
        output: Var,
        /// c, rank 0
        offset: Var,
    },
}

impl Model {
    /// The sum of the bumps of `basis`, with weights drawn from `rng`.
    pub fn rbf(basis: rbf::Config, rng: &mut Rng, device: &Device) -> Result<Self> {
        let theta = parameter(&outputs(basis.num_basis, rng, device)?.squeeze(1)?)?;
        Ok(Self::Rbf { basis, weights: RbfModel { theta } })
    }

    /// The network with about `n` parameters (at least 4) and start values drawn from `rng`.
    pub fn network(activation: Activation, n: usize, slope_std: f64, rng: &mut Rng, device: &Device) -> Result<Self> {
        // ANCHOR: start
        let h = num_hidden(n);
        let slopes: Vec<f64> = sampling::normal_vec(h, rng).iter().map(|z| slope_std * z).collect();
        let bends = sampling::uniform_vec(h, rng); // where wx + b = 0
        let biases: Vec<f64> = slopes.iter().zip(bends).map(|(w, x)| -w * x).collect();
        Ok(Self::Network {
            activation,
            hidden: parameter(&Tensor::new(vec![slopes, biases], device)?)?,
            output: parameter(&outputs(h, rng, device)?)?,
            offset: parameter(&Tensor::new(0.0, device)?)?,
        })
        // ANCHOR_END: start
    }

    /// The points as the first layer wants them: Φ `[N, n]`, or rows (x, 1) `[N, 2]`.
    pub fn inputs(&self, xs: &[f64], device: &Device) -> Result<FixedMap> {
        let inputs = match self {
            Self::Rbf { basis, .. } => phi(basis, xs, device)?,
            Self::Network { .. } => {
                let rows: Vec<f64> = xs.iter().flat_map(|&x| [x, 1.0]).collect();
                Tensor::from_vec(rows, (xs.len(), 2), device)?
            }
        };
        Ok(FixedMap::new(&inputs)?)
    }

    /// g at the points of `inputs`, `[N]`.
    // ANCHOR: forward
    pub fn forward(&self, inputs: &FixedMap) -> candle_core::Result<Tensor> {
        match self {
            Self::Rbf { weights, .. } => weights.forward(inputs), // Φθ
            Self::Network { activation, hidden, output, offset } => {
                let bent = inputs.matmul(hidden)?; // wᵣxⱼ + bᵣ, [N, h]
                activation(&bent)?.matmul(output)?.squeeze(1)?.broadcast_add(offset)
            }
        }
    }
    // ANCHOR_END: forward

    /// Everything that is learned.
    pub fn parameters(&self) -> Vec<Var> {
        match self {
            Self::Rbf { weights, .. } => vec![weights.theta.clone()],
            Self::Network { hidden, output, offset, .. } => {
                vec![hidden.clone(), output.clone(), offset.clone()]
            }
        }
    }
}

/// n bumps with centres from 0 to 1 and width parameter β; with `width` 0 each is as wide (standard deviation) as their
/// spacing.
// ANCHOR: basis
pub fn basis(n: usize, width: f64) -> rbf::Config {
    let spacing = 1.0 / (n.max(2) - 1) as f64;
    let width = if width > 0.0 { width } else { 0.5 / (spacing * spacing) };
    rbf::Config { num_basis: n, spacing, width, ..rbf::Config::default() }
}
// ANCHOR_END: basis

/// Φ `[N, n]` of these bumps.
pub fn phi(basis: &rbf::Config, xs: &[f64], device: &Device) -> Result<Tensor> {
    let shifted: Vec<f64> = xs.iter().map(|x| x - 0.5).collect(); // centres begin at −½ there, at 0 here
    basis_matrix(basis, &shifted, device)
}

impl Training {
    /// Fits `model` to the points `xs`, `ys` by Adam at `rate`; `look` sees it at each of the checkpoints, 0 updates first.
    pub fn fit(
        &self,
        model: &Model,
        rate: f64,
        xs: &[f64],
        ys: &[f64],
        mut look: impl FnMut(usize) -> Result<()>,
    ) -> Result<()> {
        let parameters = model.parameters();
        let device = parameters[0].device();
        let (inputs, y) = (model.inputs(xs, device)?, Tensor::new(ys, device)?); // [N, …], [N]
        // ANCHOR: updates
        let mut adam = Optimizer::new(parameters, Rule::Adam.with(rate))?;
        let mut history = Table::new("update", ["sum_squared_error"]);
        let mut done = 0;
        for checkpoint in self.checkpoints() {
            while done < checkpoint {
                let loss = sum_squared_error(&model.forward(&inputs)?, &y)?; // L = Σⱼ (g(xⱼ) − yⱼ)²
                adam.set_learning_rate(rate * RateSchedule::Linear.factor(done, self.num_updates)); // falls to 0
                log_losses(&mut history, done, &[loss_value(&loss)?])?;
                adam.backward_step(&loss)?;
                done += 1;
            }
            look(checkpoint)?;
        }
        // ANCHOR_END: updates
        Ok(())
    }

    /// When the fit is looked at.
    pub fn checkpoints(&self) -> Vec<usize> {
        log_spaced(self.num_updates, 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use common::{gradient_check::gradient_error, ops, sampling::grid};

    #[test]
    fn the_gradients_are_right() -> Result<()> {
        let (xs, rng) = (grid(0.0, 1.0, 9), &mut sampling::rng(5, 0));
        let y = Tensor::new(xs.iter().map(|&x| rbf::target(x)).collect::<Vec<_>>(), &Device::Cpu)?;
        let network = |activation, rng: &mut Rng| Model::network(activation, 10, 4.0, rng, &Device::Cpu);
        let models =
            [Model::rbf(basis(10, 0.0), rng, &Device::Cpu)?, network(ops::relu, rng)?, network(Tensor::tanh, rng)?];
        for model in models {
            let count: usize = model.parameters().iter().map(|var| var.elem_count()).sum();
            assert_eq!(count, 10);
            let inputs = model.inputs(&xs, &Device::Cpu)?;
            let loss = || Ok(sum_squared_error(&model.forward(&inputs)?, &y)?);
            assert!(gradient_error(&model.parameters(), 1e-6, loss)? < 1e-8, "{model:?}");
        }
        Ok(())
    }

    #[test]
    fn the_bumps_stand_from_0_to_1_and_the_networks_bend_there() -> Result<()> {
        let phi = phi(&basis(11, 0.0), &[0.0, 0.3, 1.0], &Device::Cpu)?.to_vec2::<f64>()?;
        for (row, centre) in [(0, 0), (1, 3), (2, 10)] {
            assert!((phi[row][centre] - 1.0).abs() < 1e-12);
        }
        assert!((phi[0][1] - (-0.5f64).exp()).abs() < 1e-12); // one standard deviation away
        let model = Model::network(Tensor::tanh, 100, 4.0, &mut sampling::rng(1, 0), &Device::Cpu)?;
        let Model::Network { hidden, .. } = model else {
            anyhow::bail!("tanh is a network");
        };
        let hidden = hidden.to_vec2::<f64>()?;
        let bends = hidden[0].iter().zip(&hidden[1]).map(|(w, b)| -b / w);
        assert!(bends.clone().all(|x| (0.0..=1.0).contains(&x)) && bends.clone().any(|x| x > 0.5));
        Ok(())
    }
}
