//! Chapter 6: one coefficient of a differential equation, learned through Euler's method.
//!
//! x′ = a·x with x(0) = 1 is solved by xᵢ₊₁ = xᵢ + η·a·xᵢ, i = 0 … N − 1, η = T/N. From noisy observations of exp(2t) at some of the
//! times iη the coefficient is learned by Adam on Σ (xᵢ − dataᵢ)², with the gradient through all steps of the solver.
//!
//! | symbol | here |
//! |---|---|
//! | a, and a = 2 of the data | `a`, `coefficient` |
//! | T, N, η | `end_time`, `num_steps`, [`Config::step_size`] |
//! | σ | `noise_std` |
//! | x′ = a·x | [`Growth`] |
//!
//! Run it with `cargo run --release --bin sec6_du_euler`. What is learned is the coefficient of Euler's map, not that of the
//! equation: without noise (e²ᶯ − 1)/η, a little above 2. `--method rk4` learns 2.

use std::cell::RefCell;

use anyhow::Result;
use candle_core::Tensor;
use candle_nn::Optimizer as _;
use common::{
    config::{self, range},
    context::{Context, InputFile, Phase},
    loss::sum_squared_error,
    ode::{Method, Solver},
    optim::{Optimizer, Rule},
    sampling,
    section::{Input, Report, Section},
    table::Table,
    training::train,
};

use crate::observations::{Observations, place, states_at};

mod growth;
mod report;

pub use growth::{Growth, least_squares};

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
pub struct Config {
    /// Coefficient a of the data, from -20 to 20
    #[arg(long, value_name = "a", default_value_t = 2.0, value_parser = range::within(20.0))]
    pub coefficient: f64,
    /// Time T at the end, > 0
    #[arg(long, value_name = "T", default_value_t = 1.0, value_parser = range::positive)]
    pub end_time: f64,
    /// Number of steps N, 1 to 100000
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = range::count(100_000))]
    pub num_steps: usize,
    /// Observations are made after 1, 1 + M, 1 + 2M … steps, M from 1 to 100000
    #[arg(long, value_name = "M", default_value_t = 10, value_parser = range::count(100_000))]
    pub sample_every: usize,
    /// Standard deviation σ of the noise, >= 0
    #[arg(long, value_name = "σ", default_value_t = 0.5, value_parser = range::non_negative)]
    pub noise_std: f64,
    /// The solver's method
    #[arg(long, value_enum, default_value = "euler")]
    pub method: Method,
    /// Start value of a, from -20 to 20
    #[arg(long, value_name = "a", default_value_t = 1.0, value_parser = range::within(20.0))]
    pub start: f64,
    /// Learning rate of Adam, > 0
    #[arg(long, value_name = "α", default_value_t = 0.2, value_parser = range::positive)]
    pub learning_rate: f64,
    /// Number of updates, 1 to 100000
    #[arg(long, value_name = "K", default_value_t = 100, value_parser = range::count(100_000))]
    pub num_updates: usize,
}

impl Default for Config {
    fn default() -> Self {
        config::defaults()
    }
}

impl Config {
    /// η = T/N.
    pub fn step_size(&self) -> f64 {
        self.end_time / self.num_steps as f64
    }
}

/// Noisy observations of exp(at) after 1, 1 + M, 1 + 2M … steps.
// ANCHOR: data
pub fn observe(config: &Config, rng: &mut sampling::Rng) -> Observations {
    let steps = (1..=config.num_steps).step_by(config.sample_every);
    let times: Vec<f64> = steps.map(|i| i as f64 * config.step_size()).collect();
    let exact = |t: f64| (config.coefficient * t).exp();
    let values = sampling::observe(exact, &times, config.noise_std, rng).into_iter().map(|x| vec![x]).collect();
    Observations { times, values }
}
// ANCHOR_END: data

/// What came out.
#[derive(Debug)]
pub struct Outcome {
    /// What was observed
    pub data: Observations,
    /// Whether the data came from a file
    pub from_file: bool,
    /// a after each update
    pub path: Vec<f64>,
    /// x₀ … x_N with the learned a
    pub learned: Vec<f64>,
    /// The loss after each update
    pub history: Table,
    /// Minimisers for 200 other noises; none if the data came from a file
    pub repetitions: Vec<f64>,
}

/// How often the observation is repeated with other noise.
pub const NUM_REPETITIONS: usize = 200;

/// The section as a program.
#[derive(Debug)]
pub struct Euler;

impl Section for Euler {
    const NAME: &'static str = "sec6_du_euler";
    const TITLE: &'static str = "One coefficient of a differential equation, learned through Euler's method";
    const HELP: &'static str = "\
x' = a·x is solved by 100 steps of Euler's method, and a is learned from ten noisy observations of exp(2t) by backprop \
through all steps. The figure shows data and solutions, and a by update with what theory says: Euler's map has a minimiser of \
its own, (e^(2η) − 1)/η, and noise spreads it. Try --noise-std 0, --method rk4 and --num-steps 10.";
    const INPUTS: &'static [Input] = &[
        Input {
            name: "data",
            help: "Observations from this CSV file with the header t,x in place of generated ones",
            files: &[],
        },
        Input::PARAMETERS,
    ];
    type Config = Config;
    type Outcome = Outcome;

    // ANCHOR: run
    fn run(config: &Config, context: &mut Context) -> Result<Outcome> {
        config::validate(config)?;
        let device = &context.device.clone();
        let data = match context.input("data") {
            Some(InputFile { path, bytes }) => {
                Observations::from_csv(&format!("--data {path}"), bytes, &["t", "x"], config.end_time)?
            }
            None => observe(config, &mut context.rng(0)),
        };
        let from_file = context.input("data").is_some();
        let observed = Tensor::new(data.coordinate(0), device)?; // dataᵢ
        let places: Vec<_> = data.times.iter().map(|&t| place(t, config.step_size(), config.num_steps)).collect();

        context.phase(Phase::Training);
        let a = context.parameter("a", &Tensor::new(config.start, device)?)?;
        let start = Tensor::new(&[1.0], device)?; // x₀ = 1
        let solver = Solver::new(Growth, config.method, config.step_size()).rollout();
        let solve = || -> Result<Tensor> {
            let states = solver.forward(&start, &a, config.num_steps)?; // xᵢ₊₁ = xᵢ + η·a·xᵢ
            Ok(Tensor::cat(&[&start, &states.squeeze(1)?], 0)?) // x₀ … x_N
        };
        let path = RefCell::new(vec![]);
        let mut history = Table::new("update", ["loss"]);
        let mut optimizer = Optimizer::new(vec![a.clone()], Rule::Adam.with(config.learning_rate))?;
        train(context, &mut history, &mut optimizer, config.num_updates, || {
            path.borrow_mut().push(a.to_scalar::<f64>()?);
            Ok(sum_squared_error(&states_at(&places, &solve()?)?, &observed)?) // Σ (xᵢ − dataᵢ)²
        })?;
        // ANCHOR_END: run

        let noise = &mut context.rng(1);
        let repeat = |_| least_squares(config, &observe(config, noise), config.coefficient).0;
        let repetitions = if from_file { vec![] } else { (0..NUM_REPETITIONS).map(repeat).collect() };
        let learned = solve()?.to_vec1()?;
        Ok(Outcome { data, from_file, path: path.into_inner(), learned, history, repetitions })
    }

    fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
        report::report(config, outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Without noise the fit is perfect where Euler's factor is the exact one: 1 + ηa = e²ᶯ.
    #[test]
    fn without_noise_eulers_own_coefficient_is_learned() -> Result<()> {
        for n in [20, 100] {
            let config =
                Config { noise_std: 0.0, num_steps: n, num_updates: 2000, learning_rate: 0.02, ..Config::default() };
            let outcome = Euler::run(&config, &mut Context::new(1))?;
            let h = config.step_size();
            let theory = (2.0 * h).exp_m1() / h;
            let learned = outcome.path[2000];
            assert!((learned - theory).abs() < 1e-8, "{learned} against {theory}");
            let (minimiser, _) = least_squares(&config, &outcome.data, 1.0);
            assert!((minimiser - theory).abs() < 1e-10);
            assert!(outcome.history.last("loss") < 1e-12);
        }
        Ok(())
    }

    /// The standard deviation σ/√Σsᵢ², sᵢ = iη(1 + ηa)ⁱ⁻¹, against the spread of 200 minimisers, in three seeds.
    #[test]
    fn noise_spreads_the_minimiser_as_linearisation_says() -> Result<()> {
        let config = Config::default();
        for seed in 1..=3 {
            let outcome = Euler::run(&config, &mut Context::new(seed))?;
            let (minimiser, spread) = least_squares(&config, &outcome.data, 1.0);
            assert!((outcome.path[100] - minimiser).abs() < 0.01, "{} against {minimiser}", outcome.path[100]);
            let mean = outcome.repetitions.iter().sum::<f64>() / 200.0;
            let variance = outcome.repetitions.iter().map(|a| (a - mean).powi(2)).sum::<f64>() / 199.0;
            let ratio = variance.sqrt() / (0.5 * spread);
            assert!((0.8..1.2).contains(&ratio), "{ratio}");
        }
        Ok(())
    }
}
