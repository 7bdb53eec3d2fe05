//! Section 2.4.4: regression with an exponential model, the reading group's program.
//!
//! Noisy observations of f(x) = 5·exp(−2x) + 3/2 at x = 0, 0.1, …, 1 are fitted by g(x; p) = p₁·exp(−p₂x) + p₃.
//! The samples are visited in order, and each one makes an update: p ← Adam(p, ∇(g(xᵢ; p) − yᵢ)²).
//!
//! | symbol | here |
//! |---|---|
//! | p₁, p₂, p₃ | [`Exponential`]`{ p1, p2, p3 }` |
//! | g | [`Exponential`]'s `forward` |
//! | α | `learning_rate` |
//!
//! Run it with `cargo run --release --bin sec2_4_4_regression`. Eleven points with so much noise leave a curve that is
//! near the truth, not on it; the loss of the last sample falls and rises again, since every sample pulls its own way.

use anyhow::{Result, ensure};
use candle_core::{Tensor, Var};
use candle_nn::{Module, Optimizer as _};
use common::{
    config::{self, default, range},
    context::{Context, Phase},
    loss::mean_squared_error,
    optim::{self, Optimizer},
    sampling,
    section::{Input, Preset, Report, Section},
    table::Table,
    training::{check_loss, log_losses, loss_value},
};

mod report;

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
#[command(mut_arg("learning_rate", default("1")))]
pub struct Config {
    /// Number of observations on [0, 1], 2 to 10000
    #[arg(long, value_name = "N", default_value_t = 11, value_parser = range::whole(2, 10_000))]
    pub num_samples: usize,
    /// Standard deviation σ of the noise, >= 0
    #[arg(long, value_name = "σ", default_value_t = 0.5, value_parser = range::non_negative)]
    pub noise_std: f64,
    /// Number of epochs (passes over the observations), 1 to 100000
    #[arg(long, value_name = "E", default_value_t = 20, value_parser = range::count(100_000))]
    pub num_epochs: usize,
    /// Restart Adam's bias correction at each epoch, as the article's program does
    #[arg(long)]
    pub restart_step_count: bool,
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

/// The truth f(x) = 5·exp(−2x) + 3/2, and its parameters.
// ANCHOR: truth
pub fn truth(x: f64) -> f64 {
    let [p1, p2, p3] = TRUTH;
    p1 * (-p2 * x).exp() + p3
}

/// p₁, p₂, p₃ of the truth.
pub const TRUTH: [f64; 3] = [5.0, 2.0, 1.5];
// ANCHOR_END: truth

/// The learnable module g(x; p) = p₁·exp(−p₂x) + p₃.
// ANCHOR: model
#[derive(Debug)]
pub struct Exponential {
    /// p₁, rank 0
    pub p1: Var,
    /// p₂, rank 0
    pub p2: Var,
    /// p₃, rank 0
    pub p3: Var,
}

impl Module for Exponential {
    /// g(x; p) for x of any shape.
    fn forward(&self, x: &Tensor) -> candle_core::Result<Tensor> {
        let decay = x.broadcast_mul(&self.p2)?.neg()?.exp()?; // exp(−p₂x)
        decay.broadcast_mul(&self.p1)?.broadcast_add(&self.p3)
    }
}
// ANCHOR_END: model

impl Exponential {
    /// All p start at 1, or at the parameters of `--load`.
    pub fn new(context: &Context) -> Result<Self> {
        let one = Tensor::new(1.0, &context.device)?;
        let parameter = |name| context.parameter(name, &one);
        Ok(Self { p1: parameter("p1")?, p2: parameter("p2")?, p3: parameter("p3")? })
    }

    /// The learnable parameters p₁, p₂, p₃.
    pub fn parameters(&self) -> Vec<Var> {
        vec![self.p1.clone(), self.p2.clone(), self.p3.clone()]
    }
}

/// The loss of one sample, (g(x; p) − y)², rank 0.
// ANCHOR: loss
pub fn sample_loss(model: &Exponential, x: &Tensor, y: &Tensor) -> Result<Tensor> {
    Ok((model.forward(x)? - y)?.sqr()?)
}
// ANCHOR_END: loss

/// What came out.
#[derive(Debug)]
pub struct Outcome {
    /// The observations' x
    pub xs: Vec<f64>,
    /// The observations' y
    pub ys: Vec<f64>,
    /// The learned g
    pub model: Exponential,
    /// Per epoch: the loss of its last sample just before that sample's update, and the mean squared error after it;
    /// row 0 is before training
    pub history: Table,
}

/// Fits the model to observations `xs`, `ys` (as many of each, at least one).
pub fn fit(config: &Config, xs: &[f64], ys: &[f64], context: &mut Context) -> Result<Outcome> {
    ensure!(xs.len() == ys.len() && !xs.is_empty(), "as many x as y are needed, at least one");
    let x = Tensor::new(xs, &context.device)?; // [N]
    let y = Tensor::new(ys, &context.device)?; // [N]
    let samples = (0..xs.len()).map(|i| Ok((x.get(i)?, y.get(i)?))).collect::<Result<Vec<_>>>()?;
    let model = Exponential::new(context)?;
    // ANCHOR: optimizer
    let mut optimizer = Optimizer::new(model.parameters(), config.optimizer)?;
    // ANCHOR_END: optimizer

    let error = || -> Result<f64> { loss_value(&mean_squared_error(&model.forward(&x)?, &y)?) };
    let (last_x, last_y) = &samples[samples.len() - 1];
    let mut history = Table::new("epoch", ["last_sample_loss", "mean_squared_error"]);
    let first_error = error()?;
    log_losses(&mut history, 0, &[loss_value(&sample_loss(&model, last_x, last_y)?)?, first_error])?;
    // ANCHOR: epochs
    for epoch in 1..=config.num_epochs {
        if config.restart_step_count {
            optimizer.set_step_count(0);
        }
        let mut last_sample_loss = f64::NAN;
        for (x, y) in &samples {
            let loss = sample_loss(&model, x, y)?; // L = (g(x; p) − y)²
            optimizer.backward_step(&loss)?; //        p ← Adam(p, ∇L)
            last_sample_loss = loss_value(&loss)?;
            check_loss(&history, epoch, last_sample_loss, Some(first_error))?;
        }
        log_losses(&mut history, epoch, &[last_sample_loss, error()?])?;
        context.progress(epoch, config.num_epochs);
    }
    // ANCHOR_END: epochs
    Ok(Outcome { xs: xs.to_vec(), ys: ys.to_vec(), model, history })
}

/// The section as a program.
#[derive(Debug)]
pub struct Regression;

impl Section for Regression {
    const NAME: &'static str = "sec2_4_4_regression";
    const TITLE: &'static str = "Regression with an exponential model, one Adam update per sample";
    const HELP: &'static str = "\
Noisy observations of f(x) = 5·exp(−2x) + 3/2 are fitted by g(x) = p1·exp(−p2·x) + p3. Every sample makes an update of \
p by Adam, 20 times over. The figure shows the truth, the data and the learned curve, and the loss by epoch. \
Try --noise-std 0 (the truth is found), --preset book, and --restart-step-count (a quirk of the article's program, looked into \
by sec2_4_4_step_counts).";
    const PRESETS: &'static [Preset] = &[
        Preset { name: "article", about: "learning rate 1.0, 20 epochs, as by default", values: &[] },
        Preset {
            name: "book",
            about: "learning rate 0.4, 10 epochs",
            values: &[("learning_rate", "0.4"), ("num_epochs", "10")],
        },
    ];
    const INPUTS: &'static [Input] = &[Input::PARAMETERS];
    type Config = Config;
    type Outcome = Outcome;

    fn run(config: &Config, context: &mut Context) -> Result<Outcome> {
        config::validate(config)?;
        // ANCHOR: data
        let xs = sampling::grid(0.0, 1.0, config.num_samples);
        let ys = sampling::observe(truth, &xs, config.noise_std, &mut context.rng(0));
        // ANCHOR_END: data
        context.phase(Phase::Training);
        fit(config, &xs, &ys, context)
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
    fn without_noise_the_truth_is_found() -> Result<()> {
        let optimizer = optim::Rule::Adam.with(0.1);
        let config = Config { noise_std: 0.0, optimizer, num_epochs: 2000, ..Config::default() };
        let outcome = Regression::run(&config, &mut Context::new(1))?;
        for (learned, true_value) in outcome.model.values()?.iter().zip(TRUTH) {
            assert!((learned - true_value).abs() < 1e-6, "{:?}", outcome.model);
        }
        Ok(())
    }

    #[test]
    fn the_gradient_is_right() -> Result<()> {
        let model = Exponential::new(&Context::new(1))?;
        for (p, value) in model.parameters().iter().zip([0.7, 1.9, -0.4]) {
            p.set(&Tensor::new(value, p.device())?)?;
        }
        let (x, y) = (Tensor::new(0.6, model.p1.device())?, Tensor::new(2.3, model.p1.device())?);
        assert!(gradient_error(&model.parameters(), 1e-6, || sample_loss(&model, &x, &y))? < 1e-8);
        Ok(())
    }
}
