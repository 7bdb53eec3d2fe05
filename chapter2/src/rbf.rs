//! Section 2.5.1: function approximation with radial basis functions.
//!
//! g(x; θ) = Σᵢ θᵢφᵢ(x), φᵢ(x) = exp(−β(x − δ(i−1) + ½)²), i = 1 … 50, is fitted to exp(−5x)·sin(5x) at x = 0.01 … 1.
//! Only the weights θ are learned, so g is linear in them and the loss Σⱼ (g(xⱼ; θ) − yⱼ)² is a quadratic.
//!
//! | symbol | here |
//! |---|---|
//! | θ | [`RbfModel`]`::theta` |
//! | Φ, Φⱼᵢ = φᵢ(xⱼ) | [`basis_matrix`] |
//! | β, δ | `width`, `spacing` |
//! | α | `learning_rate` |
//!
//! Run it with `cargo run --release --bin sec2_5_1_rbf`. There is no noise: the loss history is the same in every
//! framework. Adam lowers the loss at once and then oscillates; `--preset gradient-descent` is slower and smooth.

use anyhow::Result;
use candle_core::{DType, Device, Tensor, Var};
use candle_nn::Optimizer as _;
use common::{
    config::{self, default, range},
    context::{Context, Phase},
    linalg,
    loss::sum_squared_error,
    ops::FixedMap,
    optim::{self, Optimizer},
    sampling::grid,
    section::{Input, Preset, Report, Section},
    table::Table,
    training::{loss_value, train},
};

mod report;

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
#[command(mut_arg("learning_rate", default("1")))]
pub struct Config {
    /// Number of basis functions, 1 to 500
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = range::count(500))]
    pub num_basis: usize,
    /// Width parameter β of the basis functions, > 0: the larger, the narrower
    #[arg(long, value_name = "β", default_value_t = 20.0, value_parser = range::positive)]
    pub width: f64,
    /// Spacing δ of the centres, > 0
    #[arg(long, value_name = "δ", default_value_t = 0.05, value_parser = range::positive)]
    pub spacing: f64,
    /// Number of points x = 1/N, 2/N … 1 to fit, 1 to 2000
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = range::count(2000))]
    pub num_samples: usize,
    /// Number of updates, 1 to 100000
    #[arg(long, value_name = "K", default_value_t = 250, value_parser = range::count(100_000))]
    pub num_updates: usize,
    /// The optimizer, and its learning rate α
    #[command(flatten)]
    #[serde(flatten)]
    pub optimizer: optim::Config,
}

impl Default for Config {
    fn default() -> Self {
        config::defaults()
    }
}

/// The function to approximate, exp(−5x)·sin(5x).
// ANCHOR: target
pub fn target(x: f64) -> f64 {
    (-5.0 * x).exp() * (5.0 * x).sin()
}

/// The points x = 1/N, 2/N … 1.
pub fn sample_points(config: &Config) -> Vec<f64> {
    grid(0.0, 1.0, config.num_samples + 1).split_off(1)
}
// ANCHOR_END: target

/// Φ `[points, basis functions]`, Φⱼᵢ = φᵢ(xⱼ) = exp(−β(xⱼ − δ(i−1) + ½)²).
// ANCHOR: basis
pub fn basis_matrix(config: &Config, xs: &[f64], device: &Device) -> Result<Tensor> {
    let phi = |x: f64, i: usize| (-config.width * (x - config.spacing * (i as f64 - 1.0) + 0.5).powi(2)).exp();
    let entries: Vec<f64> = xs.iter().flat_map(|&x| (1..=config.num_basis).map(move |i| phi(x, i))).collect();
    Ok(Tensor::from_vec(entries, (xs.len(), config.num_basis), device)?)
}
// ANCHOR_END: basis

/// The learnable module g(·; θ), evaluated at the points of Φ.
// ANCHOR: model
#[derive(Debug)]
pub struct RbfModel {
    /// θ `[basis functions]`
    pub theta: Var,
}

impl RbfModel {
    /// g(xⱼ; θ) = Σᵢ Φⱼᵢθᵢ at all points, `[points]`. Φ is fixed, so only θ gets a gradient.
    pub fn forward(&self, phi: &FixedMap) -> candle_core::Result<Tensor> {
        phi.matmul(&self.theta)
    }
}
// ANCHOR_END: model

/// What came out.
#[derive(Debug)]
pub struct Outcome {
    /// The points fitted
    pub xs: Vec<f64>,
    /// The target at the points
    pub target: Vec<f64>,
    /// The learned g at the points
    pub learned: Vec<f64>,
    /// θ `[basis functions]`
    pub theta: Tensor,
    /// The smallest loss that any θ reaches (least squares)
    pub best_loss: f64,
    /// The loss after each update
    pub history: Table,
}

/// The section as a program.
#[derive(Debug)]
pub struct Rbf;

impl Section for Rbf {
    const NAME: &'static str = "sec2_5_1_rbf";
    const TITLE: &'static str = "Function approximation with radial basis functions";
    const HELP: &'static str = "\
A sum of 50 Gaussian bumps g(x; θ) = Σ θi·exp(−β(x − δ(i−1) + 1/2)²) is fitted to exp(−5x)·sin(5x) on [0, 1]; only the \
weights θ are learned, by 250 updates of Adam on the sum of squared errors. The figure shows the bumps, the learned \
curve and the loss. Try --preset gradient-descent and --num-basis 10.";
    const PRESETS: &'static [Preset] = &[
        Preset { name: "book", about: "Adam, learning rate 1.0, 250 updates, as by default", values: &[] },
        Preset {
            name: "gradient-descent",
            about: "the reading group's variant: step size 0.003, 500 updates",
            values: &[("rule", "gradient-descent"), ("learning_rate", "0.003"), ("num_updates", "500")],
        },
    ];
    const INPUTS: &'static [Input] = &[Input::PARAMETERS];
    type Config = Config;
    type Outcome = Outcome;

    fn run(config: &Config, context: &mut Context) -> Result<Outcome> {
        config::validate(config)?;
        // ANCHOR: data
        let xs = sample_points(config);
        let phi = basis_matrix(config, &xs, &context.device)?; // [points, basis functions]
        let y = Tensor::new(xs.iter().map(|&x| target(x)).collect::<Vec<_>>(), &context.device)?; // [points]
        // ANCHOR_END: data

        context.phase(Phase::Training);
        // ANCHOR: start
        let ones = Tensor::ones(config.num_basis, DType::F64, &context.device)?;
        let model = RbfModel { theta: context.parameter("theta", &ones)? };
        // ANCHOR_END: start
        let mut optimizer = Optimizer::new(vec![model.theta.clone()], config.optimizer)?;
        // ANCHOR: training
        let mut history = Table::new("update", ["sum_squared_error"]);
        let basis = FixedMap::new(&phi)?;
        train(context, &mut history, &mut optimizer, config.num_updates, || {
            Ok(basis.squared_error(&model.theta, &y)?) // L(θ) = Σⱼ (g(xⱼ; θ) − yⱼ)²
        })?;
        // ANCHOR_END: training

        // ANCHOR: best
        let best = RbfModel { theta: Var::from_tensor(&linalg::least_squares(&phi, &y, 1e-14)?)? };
        // ANCHOR_END: best
        Ok(Outcome {
            xs,
            target: y.to_vec1()?,
            learned: model.forward(&basis)?.to_vec1()?,
            theta: model.theta.to_device(&Device::Cpu)?.detach(),
            best_loss: loss_value(&sum_squared_error(&best.forward(&basis)?, &y)?)?,
            history,
        })
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
    fn the_centres_run_from_minus_one_half_to_1_95() -> Result<()> {
        let config = Config::default();
        let phi = basis_matrix(&config, &[-0.5, 1.95], &Device::Cpu)?.to_vec2::<f64>()?;
        assert!((phi[0][0] - 1.0).abs() < 1e-15 && (phi[1][49] - 1.0).abs() < 1e-13);
        Ok(())
    }

    #[test]
    fn training_lowers_the_loss_but_not_below_least_squares() -> Result<()> {
        let outcome = Rbf::run(&Config::default(), &mut Context::new(1))?;
        let losses = outcome.history.column("sum_squared_error");
        assert_eq!(losses.len(), 251);
        assert!(losses[250] < 1e-3 * losses[0] && losses.iter().all(|&loss| loss > outcome.best_loss));
        Ok(())
    }

    #[test]
    fn the_gradient_is_right() -> Result<()> {
        let config = Config { num_basis: 7, num_samples: 9, ..Config::default() };
        let basis = FixedMap::new(&basis_matrix(&config, &sample_points(&config), &Device::Cpu)?)?;
        let theta = Var::new(&[0.3, -0.2, 1.1, 0.0, 2.0, -0.7, 0.4], &Device::Cpu)?;
        let model = RbfModel { theta: theta.clone() };
        let y = Tensor::new(sample_points(&config).as_slice(), &Device::Cpu)?;
        assert!(gradient_error(&[theta], 1e-6, || Ok(sum_squared_error(&model.forward(&basis)?, &y)?))? < 1e-8);
        Ok(())
    }
}
