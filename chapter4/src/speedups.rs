//! Question: what is DU-ISTA's speed-up worth?
//!
//! The published curve compares DU-ISTA with ISTA at λ = 1. Here it meets, on the same signals: ISTA and FISTA with two λ; DU-ISTA at
//! a higher learning rate; TISTA, which learns 10 numbers and knows the signal's distribution; LISTA-CP, which learns a
//! matrix; ALISTA, which computes that matrix; and AMP, which learns nothing and knows the distribution. Two lines tell what
//! no algorithm is to fall below: the Bayes estimate in large systems, and least squares by someone who knows the support.
//!
//! | method | iteration | learned |
//! |---|---|---|
//! | DU-ISTA | x ← S_μₖ(x − ηₖAᵀ(Ax − y)) | ηₖ, μₖ |
//! | TISTA | r = x + γₖW(y − Ax), W = Aᵀ(AAᵀ)⁻¹; x ← E[x given r, τ²] | γₖ |
//! | LISTA-CP | x ← S_θₖ(x + ηₖWᵀ(y − Ax)) | W, ηₖ, θₖ |
//! | ALISTA | the same with a W computed from A | ηₖ, θₖ |
//! | AMP | TISTA's x, with a residual that is corrected | – |
//!
//! All of them cost 2mn multiplications in an iteration. Run it with `cargo run --release --bin sec4_speedups`.

use anyhow::Result;

use common::{
    config::{self, range},
    context::{Context, Phase},
    estimation::{fixed_point, mmse_of_bernoulli_gaussian},
    linear_model::LinearModel,
    section::{Preset, Report, Section},
};

use crate::{du_ista, sparse::SparseRecovery};

mod compare;
pub mod methods;
mod report;

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
pub struct Config {
    /// Iterations of DU-ISTA, ISTA, FISTA and AMP, 1 to 200
    #[arg(long, value_name = "T", default_value_t = 40, value_parser = range::count(200))]
    pub num_iterations: usize,
    /// Iterations of TISTA, 1 to 100
    #[arg(long, value_name = "T", default_value_t = 10, value_parser = range::count(100))]
    pub tista_iterations: usize,
    /// Iterations of LISTA-CP and ALISTA, 1 to 100
    #[arg(long, value_name = "T", default_value_t = 16, value_parser = range::count(100))]
    pub lista_iterations: usize,
    /// Learning rates of DU-ISTA, each > 0
    #[arg(long, value_name = "α,…", default_value = "5e-5,2e-4", value_delimiter = ',', value_parser = range::positive)]
    pub learning_rates: Vec<f64>,
    /// Updates in each generation of LISTA-CP and ALISTA, 1 to 1000; DU-ISTA has 20, TISTA 40
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = range::count(1000))]
    pub lista_updates: usize,
    /// Signals in a mini-batch K, 1 to 10000
    #[arg(long, value_name = "K", default_value_t = 200, value_parser = range::count(10_000))]
    pub batch_size: usize,
    /// Fresh signals that all methods are measured on, 1 to 100000
    #[arg(long, value_name = "K", default_value_t = 2000, value_parser = range::count(100_000))]
    pub num_test: usize,
    /// Matrices, 1 to 100
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = range::count(100))]
    pub num_seeds: usize,
}

impl Default for Config {
    fn default() -> Self {
        config::defaults()
    }
}

/// A method's errors: mean and median over the signals, after 0, 1, … iterations.
#[derive(Debug, Clone)]
pub struct Curve {
    /// Column in the tables
    pub name: String,
    /// In legends
    pub label: String,
    /// Numbers learned
    pub learned: usize,
    /// Means of ‖x̂ − x*‖²
    pub mean: Vec<f64>,
    /// Medians
    pub median: Vec<f64>,
}

/// What came out.
#[derive(Debug)]
pub struct Outcome {
    /// The methods, for each matrix
    pub curves: Vec<Vec<Curve>>,
    /// E‖x‖² = np, what errors are divided by
    pub energy: f64,
    /// The Bayes estimate's squared error in large systems
    pub bayes: f64,
    /// Least squares on the support
    pub oracle: f64,
}

/// The squared error of the Bayes estimate for n, m → ∞: n·mmse(τ²) with τ² = σ²/m + (n/m)·mmse(τ²).
///
/// (State evolution: Donoho, Maleki and Montanari 2009; Bayati and Montanari 2011.)
// ANCHOR: bayes
pub fn bayes(n: usize, m: usize, active: f64, noise_std: f64) -> f64 {
    let (n, m) = (n as f64, m as f64);
    let mmse = |variance: f64| mmse_of_bernoulli_gaussian(variance, active);
    let noise = noise_std * noise_std / m;
    n * mmse(fixed_point(noise + n * active / m, |variance| noise + n / m * mmse(variance)))
}
// ANCHOR_END: bayes

/// The mean squared error kσ²/(m − k − 1) of least squares on a known support, over the number k ~ Bin(n, p) of its entries.
pub fn oracle(n: usize, m: usize, active: f64, noise_std: f64) -> f64 {
    let (mut probability, mut sum) = ((1.0 - active).powi(n as i32), 0.0);
    for k in 0..m - 1 {
        sum += probability * k as f64 * noise_std * noise_std / (m - k - 1) as f64;
        probability *= (n - k) as f64 / (k + 1) as f64 * active / (1.0 - active);
    }
    sum
}

/// The section as a program.
#[derive(Debug)]
pub struct Speedups;

impl Section for Speedups {
    const NAME: &'static str = "sec4_speedups";
    const TITLE: &'static str = "What is DU-ISTA's speed-up worth?";
    const HELP: &'static str = "\
DU-ISTA at two learning rates beside ISTA and FISTA with λ = 1 and 3, TISTA, LISTA-CP, ALISTA and AMP, on the same 2000 signals: \
mean and median error in dB, how many numbers are learned, and two bounds.";
    const PRESETS: &'static [Preset] = &[Preset {
        name: "quick",
        about: "A smaller experiment: a few iterations and updates",
        values: &[
            ("num_iterations", "10"),
            ("tista_iterations", "4"),
            ("lista_iterations", "4"),
            ("lista_updates", "20"),
            ("batch_size", "50"),
            ("num_test", "200"),
            ("num_seeds", "1"),
        ],
    }];
    const RESUMES: bool = true;
    type Config = Config;
    type Outcome = Outcome;

    fn run(config: &Config, context: &mut Context) -> Result<Outcome> {
        config::validate(config)?;
        config::distinct("--learning-rates", &config.learning_rates)?;
        let du_ista::Config { num_unknowns: n, num_observations: m, active, noise_std, .. } =
            du_ista::Config::default();
        context.phase(Phase::Training);
        let mut curves = vec![];
        for seed in 0..config.num_seeds {
            let model = LinearModel::gaussian(m, n, &mut context.rng(seed as u64), &context.device)?;
            let problem = SparseRecovery::new(model, active, noise_std)?;
            curves.push(compare::run(config, &problem, seed, context)?);
        }
        let (bayes, oracle) = (bayes(n, m, active, noise_std), oracle(n, m, active, noise_std));
        Ok(Outcome { curves, energy: n as f64 * active, bayes, oracle })
    }

    fn report(_: &Config, outcome: &Outcome) -> Result<Report> {
        report::report(outcome)
    }
}
