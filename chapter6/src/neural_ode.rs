//! Chapter 6: neural ODEs fitted to four functions of time.
//!
//! x′ = W₂·relu(W₁x + b₁) + b₂ in ℝ² with x(0) = 0 is solved by N steps of Euler's method up to T, and its first coordinate is
//! fitted to noisy observations of f(t) by Adam on Σ (x₁(tᵢ) − dataᵢ)², with the gradient through all steps. A fresh network for
//! each f: sin t, (t − 2)² − 4, e⁻ᵗ − 1 and √t.
//!
//! | symbol | here |
//! |---|---|
//! | W₁, b₁, W₂, b₂ | [`Parameters`] |
//! | x ↦ W₂·relu(W₁x + b₁) + b₂ | [`Network`] |
//! | T, N, η = T/N | `end_time`, `num_steps`, `step_size` |
//!
//! Run it with `cargo run --release --bin sec6_neural_ode`. The second state is what lets x₁ turn around: a solution of an
//! autonomous equation in one state is monotone (see `sec6_neural_ode_states`).

use anyhow::{Context as _, Result};
use candle_core::{Device, Tensor};
use candle_nn::Optimizer as _;
use common::{
    config::{self, range},
    context::{Context, Finished, Phase},
    ensemble,
    loss::sum_squared_error,
    ode::{Method, Solver},
    optim::{Optimizer, Rule},
    sampling::{self, Rng},
    section::{Preset, Report, Section},
    table::Table,
    training::train,
};

mod network;
mod report;

pub use network::{Network, Parameters};

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
pub struct Config {
    /// Number of states, 1 to 16; the first one is fitted
    #[arg(long, value_name = "d", default_value_t = 2, value_parser = range::count(16))]
    pub num_states: usize,
    /// Number of hidden units, 1 to 1000
    #[arg(long, value_name = "m", default_value_t = 16, value_parser = range::count(1000))]
    pub num_hidden: usize,
    /// Time T at the end, > 0
    #[arg(long, value_name = "T", default_value_t = 4.0, value_parser = range::positive)]
    pub end_time: f64,
    /// Number of steps N, 1 to 100000
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = range::count(100_000))]
    pub num_steps: usize,
    /// Observations are made after 1, 1 + M, 1 + 2M … steps, M from 1 to 100000
    #[arg(long, value_name = "M", default_value_t = 10, value_parser = range::count(100_000))]
    pub sample_every: usize,
    /// Standard deviation σ of the noise, >= 0
    #[arg(long, value_name = "σ", default_value_t = 0.1, value_parser = range::non_negative)]
    pub noise_std: f64,
    /// The solver's method
    #[arg(long, value_enum, default_value = "euler")]
    pub method: Method,
    /// Standard deviation of all weights at the start, >= 0
    #[arg(long, value_name = "S", default_value_t = 0.1, value_parser = range::non_negative)]
    pub start_std: f64,
    /// Learning rate of Adam, > 0
    #[arg(long, value_name = "α", default_value_t = 0.01, value_parser = range::positive)]
    pub learning_rate: f64,
    /// Number of updates, 1 to 100000
    #[arg(long, value_name = "K", default_value_t = 500, value_parser = range::count(100_000))]
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

    /// Steps after which there are observations.
    pub fn sampled_steps(&self) -> impl Iterator<Item = usize> {
        (1..=self.num_steps).step_by(self.sample_every)
    }

    /// Their times.
    pub fn times(&self) -> Vec<f64> {
        self.sampled_steps().map(|i| i as f64 * self.step_size()).collect()
    }
}

/// A function of time to fit, by name.
pub type Target = (&'static str, fn(f64) -> f64);

/// The four functions f, all with f(0) = 0.
// ANCHOR: targets
pub const TARGETS: [Target; 4] = [
    ("sin t", |t| t.sin()),
    ("(t − 2)² − 4", |t| (t - 2.0).powi(2) - 4.0),
    ("e⁻ᵗ − 1", |t| (-t).exp() - 1.0),
    ("√t", |t| t.sqrt()),
];
// ANCHOR_END: targets

/// Their names in tables and files.
const NAMES: [&str; 4] = ["sin", "parabola", "exponential", "root"];

/// The network, trained to one function.
#[derive(Debug)]
pub struct Fit {
    /// The data
    pub data: Vec<f64>,
    /// The learned parameters
    pub parameters: Parameters,
    /// x₁ … x_N
    pub states: Vec<Vec<f64>>,
    /// The loss after each update
    pub history: Table,
}

/// Fits a fresh network to observations of `f`.
// ANCHOR: fit
pub fn fit(config: &Config, f: fn(f64) -> f64, rng: &mut Rng, start: &mut Rng, device: &Device) -> Result<Fit> {
    let data = sampling::observe(f, &config.times(), config.noise_std, rng); // f(iη) + 0.1·N(0, 1), i = 1, 11, …
    let observed = Tensor::new(data.as_slice(), device)?;
    let network = Network { num_states: config.num_states, num_hidden: config.num_hidden };
    let parameters = Parameters::draw(&network, config.start_std, start, device)?;

    let x0 = Tensor::zeros(config.num_states, observed.dtype(), device)?; // x(0) = 0
    let solver = Solver::new(network, config.method, config.step_size()).rollout();
    let first: Vec<u32> = config.sampled_steps().map(|i| ((i - 1) * config.num_states) as u32).collect();
    let first = Tensor::new(first, device)?; // where x₁(tᵢ) stands among all states
    let solve = || solver.forward(&x0, &parameters.packed()?, config.num_steps);
    let mut history = Table::new("update", ["loss"]);
    let mut optimizer = Optimizer::new(parameters.vars.to_vec(), Rule::Adam.with(config.learning_rate))?;
    train(&mut Context::new(0), &mut history, &mut optimizer, config.num_updates, || {
        let fitted = solve()?.flatten_all()?.index_select(&first, 0)?;
        Ok(sum_squared_error(&fitted, &observed)?) // Σ (x₁(tᵢ) − dataᵢ)²
    })?;
    let states = solve()?.to_vec2()?;
    Ok(Fit { data, parameters, states, history })
}
// ANCHOR_END: fit

/// What came out, for each of the [`TARGETS`].
#[derive(Debug)]
pub struct Outcome(pub Vec<Fit>);

/// The section as a program.
#[derive(Debug)]
pub struct NeuralOde;

impl Section for NeuralOde {
    const NAME: &'static str = "sec6_neural_ode";
    const TITLE: &'static str = "Neural ODEs fitted to four functions of time";
    const HELP: &'static str = "\
x' = W2·relu(W1·x + b1) + b2 with two states and 16 hidden units is solved by Euler's method, and its first state is fitted to \
noisy observations of sin t, (t − 2)² − 4, e^(−t) − 1 and √t, by 500 updates of Adam through all 200 steps. The figures show the \
fits and the losses. Try --num-states 1 (no turning back), --preset book (a start so small that some are not done), other seeds.";
    const PRESETS: &'static [Preset] = &[Preset {
        name: "book",
        about: "weights start at 0.001·N(0, 1), as published",
        values: &[("start_std", "0.001")],
    }];
    type Config = Config;
    type Outcome = Outcome;

    fn run(config: &Config, context: &mut Context) -> Result<Outcome> {
        config::validate(config)?;
        context.phase(Phase::Training);
        let (seed, device) = (context.seed, context.device.clone());
        let targets: Vec<_> = (0..).zip(TARGETS).collect();
        let train = |&(i, (name, f)): &(u64, Target)| {
            let (rng, start) = (&mut sampling::rng(seed, 2 * i), &mut sampling::rng(seed, 2 * i + 1));
            fit(config, f, rng, start, &device).with_context(|| format!("fitting {name}"))
        };
        let fits = ensemble::train(context, "losses", &targets, train, |(i, _), fit| {
            let parameters = fit.parameters.named()?;
            Ok(Finished { parameters, ..Finished::new(NAMES[*i as usize], fit.history.clone()) })
        })?;
        Ok(Outcome(fits))
    }

    fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
        report::report(config, outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neural_ode::network::by_hand;

    /// Three of the four functions are solutions of such an equation exactly: networks written down by hand, without training.
    #[test]
    fn networks_by_hand_solve_three_of_the_targets() {
        for (name, num_hidden, theta) in by_hand() {
            let (_, f) = TARGETS.into_iter().find(|(target, _)| *target == name).expect("a target");
            let network = Network { num_states: 2, num_hidden };
            let states = Solver::new(network, Method::RungeKutta4, 0.01).trajectory(&[0.0, 0.0], &theta, 400);
            for (i, state) in states.iter().enumerate() {
                let t = (i + 1) as f64 * 0.01;
                assert!((state[0] - f(t)).abs() < 1e-9, "{name} at {t}: {} against {}", state[0], f(t));
            }
        }
    }
}
