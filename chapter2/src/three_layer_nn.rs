//! Section 2.5.2: a three-layer network, trained by full-batch gradient descent.
//!
//! f(W, x) = (1/√m) Σᵣ aᵣ·relu(wᵣᵀx) with m hidden units; the output weights a stay as drawn, only W is learned:
//! W ← W − η∇L(W), L(W) = ½ Σⱼ (f(W, xⱼ) − yⱼ)². With many hidden units the loss falls at a linear rate to zero although
//! L is not convex (Du, Zhai, Póczos and Singh, "Gradient Descent Provably Optimizes Over-parameterized Neural Networks",
//! ICLR 2019).
//!
//! | symbol | here |
//! |---|---|
//! | xⱼ, yⱼ | rows of [`Data`]`::x`, entries of `y` |
//! | W `[d, m]`, a `[m]` | [`Network`]`::w`, `a` |
//! | d, m, n | `num_inputs`, `num_hidden`, `num_samples` |
//! | η | `step_size` |
//!
//! Run it with `cargo run --release --bin sec2_5_2_three_layer_nn`. On the logarithmic axis the loss is nearly a line.

use anyhow::Result;
use candle_core::{Device, Tensor, Var};
use candle_nn::Optimizer as _;
use common::{
    config::{self, range},
    context::{Context, Phase},
    linalg,
    loss::half_sum_squared_error,
    ops::FixedMap,
    optim::{self, Optimizer, Rule},
    sampling::{self, Rng},
    section::{Preset, Report, Section},
    table::Table,
    training::train,
};

mod report;

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
pub struct Config {
    /// Number of inputs d, 1 to 1000
    #[arg(long, value_name = "d", default_value_t = 10, value_parser = range::count(1000))]
    pub num_inputs: usize,
    /// Number of hidden units m, 1 to 10000
    #[arg(long, value_name = "m", default_value_t = 100, value_parser = range::count(10_000))]
    pub num_hidden: usize,
    /// Number of samples n, 1 to 2000
    #[arg(long, value_name = "n", default_value_t = 50, value_parser = range::count(2000))]
    pub num_samples: usize,
    /// Step size η of gradient descent, > 0
    #[arg(long, value_name = "η", default_value_t = 1.1, value_parser = range::positive)]
    pub step_size: f64,
    /// Number of iterations, 1 to 100000
    #[arg(long, value_name = "K", default_value_t = 200, value_parser = range::count(100_000))]
    pub num_iterations: usize,
}

impl Default for Config {
    fn default() -> Self {
        config::defaults()
    }
}

/// Inputs and labels.
#[derive(Debug, Clone)]
pub struct Data {
    /// `[n, d]`, rows of length one
    pub x: Tensor,
    /// `[n]`
    pub y: Tensor,
}

/// Inputs on the unit sphere, labels y = xᵀGx with G a Gaussian matrix `[d, d]`.
// ANCHOR: data
pub fn draw_data(config: &Config, rng: &mut Rng, device: &Device) -> Result<Data> {
    let x = sampling::unit_sphere(config.num_samples, config.num_inputs, rng, device)?; // [n, d]
    let g = sampling::normal_matrix(config.num_inputs, config.num_inputs, rng, device)?; // [d, d]
    let y = (x.matmul(&g)? * &x)?.sum(1)?; // yⱼ = xⱼᵀGxⱼ, [n]
    Ok(Data { x, y })
}
// ANCHOR_END: data

/// The learnable module f(W, ·).
// ANCHOR: model
#[derive(Debug)]
pub struct Network {
    /// W `[d, m]`, learned
    pub w: Var,
    /// a/√m `[m]`, fixed
    output: Tensor,
}

impl Network {
    /// A network that starts at `w` `[d, m]` with the fixed output weights `a` `[m]`.
    pub fn new(w: &Tensor, a: &Tensor) -> Result<Self> {
        Ok(Self { w: optim::parameter(w)?, output: (a / (a.dim(0)? as f64).sqrt())? })
    }

    /// f(W, xⱼ) = (1/√m) Σᵣ aᵣ·relu(wᵣᵀxⱼ) for the rows xⱼ of `x`, a constant `[n, d]`; the result is `[n]`.
    pub fn forward(&self, x: &FixedMap) -> candle_core::Result<Tensor> {
        x.relu_network(&self.w, &self.output) // relu(XW)·a/√m
    }
}
// ANCHOR_END: model

/// The step size above which gradient descent overshoots at the start: 2/λmax of H = JJᵀ, J = ∂f/∂W `[n, d·m]`.
///
/// A step changes the outputs by −ηH(f − y) to first order, so the residual shrinks in every direction if η < 2/λmax.
// ANCHOR: stability
pub fn largest_stable_step(data: &Data, w: &Tensor, a: &Tensor) -> Result<f64> {
    let active = data.x.matmul(w)?.gt(0.0)?.to_dtype(a.dtype())?; // relu'(XW), [n, m]
    let slopes = (active.broadcast_mul(a)? / (a.dim(0)? as f64).sqrt())?; // [n, m]
    let h = (data.x.matmul(&data.x.t()?)? * slopes.matmul(&slopes.t()?)?)?; // XXᵀ ∘ SSᵀ, [n, n]
    let eigenvalues = linalg::symmetric_eigenvalues(&h)?;
    Ok(2.0 / eigenvalues[eigenvalues.len() - 1])
}
// ANCHOR_END: stability

/// What came out.
#[derive(Debug)]
pub struct Outcome {
    /// 2/λmax at the start
    pub largest_stable_step: f64,
    /// The labels yⱼ
    pub labels: Vec<f64>,
    /// f(W, xⱼ) before training
    pub before: Vec<f64>,
    /// f(W, xⱼ) after training
    pub after: Vec<f64>,
    /// The learned W `[d, m]`
    pub w: Tensor,
    /// The loss after each iteration
    pub history: Table,
}

/// Trains the first layer of a network from `w` `[d, m]` with the output weights `a` `[m]`.
// ANCHOR: training
pub fn fit(config: &Config, data: &Data, w: &Tensor, a: &Tensor, context: &mut Context) -> Result<Outcome> {
    let network = Network::new(w, a)?;
    let x = FixedMap::new(&data.x)?;
    let before = network.forward(&x)?.to_vec1()?;
    let mut optimizer = Optimizer::new(vec![network.w.clone()], Rule::GradientDescent.with(config.step_size))?;
    let mut history = Table::new("iteration", ["half_sum_squared_error"]);
    train(context, &mut history, &mut optimizer, config.num_iterations, || {
        Ok(half_sum_squared_error(&network.forward(&x)?, &data.y)?) // L(W) = ½ Σⱼ (f(W, xⱼ) − yⱼ)²
    })?;
    Ok(Outcome {
        largest_stable_step: largest_stable_step(data, w, a)?,
        labels: data.y.to_vec1()?,
        before,
        after: network.forward(&x)?.to_vec1()?,
        w: network.w.as_tensor().copy()?,
        history,
    })
}
// ANCHOR_END: training

/// The section as a program.
#[derive(Debug)]
pub struct ThreeLayerNn;

impl Section for ThreeLayerNn {
    const NAME: &'static str = "sec2_5_2_three_layer_nn";
    const TITLE: &'static str = "A three-layer network under full-batch gradient descent";
    const HELP: &'static str = "\
f(W, x) = (1/√m) Σ ar·relu(wrᵀx) with 100 hidden units learns 50 labels y = xᵀGx by gradient descent on W alone; the \
output weights stay as drawn. The loss falls at a linear rate, as Du et al. (ICLR 2019) prove for wide networks. The \
figure shows the loss and the outputs before and after. Try --num-hidden 1000 and --num-hidden 20.";
    const PRESETS: &'static [Preset] = &[
        Preset { name: "book", about: "step size 1.1, as by default", values: &[] },
        Preset { name: "jax", about: "step size 0.9, as in the group's port", values: &[("step_size", "0.9")] },
    ];
    type Config = Config;
    type Outcome = Outcome;

    fn run(config: &Config, context: &mut Context) -> Result<Outcome> {
        config::validate(config)?;
        let Config { num_inputs: d, num_hidden: m, .. } = *config;
        // ANCHOR: start
        let w = sampling::normal_matrix(d, m, &mut context.rng(0), &context.device)?; // W ~ N(0, 1)
        let a = Tensor::new(sampling::normal_vec(m, &mut context.rng(1)), &context.device)?; // a ~ N(0, 1)
        let data = draw_data(config, &mut context.rng(2), &context.device)?;
        // ANCHOR_END: start
        context.phase(Phase::Training);
        fit(config, &data, &w, &a, context)
    }

    fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
        report::report(config, outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use common::gradient_check::gradient_error;

    #[test]
    fn the_gradient_is_right() -> Result<()> {
        let config = Config { num_inputs: 3, num_hidden: 5, num_samples: 4, ..Config::default() };
        let rng = &mut sampling::rng(3, 0);
        let data = draw_data(&config, rng, &Device::Cpu)?;
        let w = sampling::normal_matrix(3, 5, rng, &Device::Cpu)?;
        let a = Tensor::new(sampling::normal_vec(5, rng), &Device::Cpu)?;
        let (network, x) = (Network::new(&w, &a)?, FixedMap::new(&data.x)?);
        let loss = || Ok(half_sum_squared_error(&network.forward(&x)?, &data.y)?);
        assert!(gradient_error(std::slice::from_ref(&network.w), 1e-6, loss)? < 1e-8);
        Ok(())
    }

    #[test]
    fn inputs_have_length_one() -> Result<()> {
        let data = draw_data(&Config::default(), &mut sampling::rng(1, 0), &Device::Cpu)?;
        let norms = data.x.sqr()?.sum(1)?.to_vec1::<f64>()?;
        assert!(norms.iter().all(|norm| (norm - 1.0).abs() < 1e-14));
        Ok(())
    }
}
