//! Question: does DU-BQP solve the binary quadratic program?
//!
//! For n = 12 the program min ‖Ax − y‖² over x ∈ {−1, 1}ⁿ can be solved by trying all 4096 signs. The estimates of [`crate::bqp`],
//! rounded to signs, are compared with that minimiser and with the x that was sent: learned, projected gradient descent after as
//! many iterations and converged, and linear. For n = 100, where nobody can try, wrong signs are compared with theory.
//!
//! | symbol | here |
//! |---|---|
//! | n = m | `num_unknowns`, `large_size` |
//! | σ | `noise_std`, `large_noise_std` |
//! | T, K | `num_generations`, `batch_size` |
//!
//! Run it with `cargo run --release --bin sec4_bqp_exact`. Few wrong signs and the minimiser are different aims; the loss asks for
//! the first.

use anyhow::Result;
use candle_core::{Device, Tensor};
use common::{
    config::{self, default, range},
    context::{Context, Phase},
    linalg,
    linear_model::LinearModel,
    section::{Preset, Report, Section},
    unfolding::{Algorithm, Batch, Problem, Training, estimate_after},
};

use crate::bqp::{BoxDescent, CONVERGED, Signs, theory};

mod large;
mod report;

pub use large::Large;

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
#[command(mut_arg("num_generations", default("20")))]
#[command(mut_arg("batch_size", default("300")))]
#[command(mut_arg("learning_rate", default("2e-3")))]
#[command(mut_arg("num_test", default("1000")))]
#[command(mut_arg("extra_iterations", |argument| argument.hide(true)))]
pub struct Config {
    /// Number of signs n = m of the exact comparison, 2 to 16
    #[arg(long, value_name = "n", default_value_t = 12, value_parser = range::whole(2, linalg::MOST_SIGNS))]
    pub num_unknowns: usize,
    /// Standard deviations σ of the noise there, each >= 0
    #[arg(long, value_name = "σ,…", default_value = "1,2", value_delimiter = ',', value_parser = range::non_negative)]
    pub noise_std: Vec<f64>,
    /// Matrices there, 1 to 100
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = range::count(100))]
    pub num_seeds: usize,
    /// Number of signs n = m of the comparison with theory, 2 to 500
    #[arg(long, value_name = "n", default_value_t = 100, value_parser = range::whole(2, 500))]
    pub large_size: usize,
    /// Standard deviations σ of the noise there, each >= 0
    #[arg(long, value_name = "σ,…", default_value = "2,3,4", value_delimiter = ',', value_parser = range::non_negative)]
    pub large_noise_std: Vec<f64>,
    /// Generations of the training there, with its 40 updates each, 1 to 100
    #[arg(long, value_name = "T", default_value_t = 30, value_parser = range::count(100))]
    pub large_generations: usize,
    /// How step sizes and slopes are learned for the exact comparison
    #[command(flatten)]
    #[serde(flatten)]
    pub training: Training,
}

impl Default for Config {
    fn default() -> Self {
        config::defaults()
    }
}

/// The receivers, the first the exhaustive one.
pub const RECEIVERS: [&str; 5] =
    ["all signs tried", "learned", "projected gradient descent", "box relaxation, converged", "linear"];

/// How often a receiver finds the minimiser, and how many of its signs are wrong.
#[derive(Debug, Clone, Copy)]
pub struct Score {
    /// The fraction of instances whose minimiser it finds
    pub exact: f64,
    /// The fraction of signs that differ from those sent
    pub wrong: f64,
}

/// What came out.
#[derive(Debug)]
pub struct Outcome {
    /// For each σ and each matrix, the scores of [`RECEIVERS`]
    pub exact: Vec<Vec<[Score; 5]>>,
    /// For each σ
    pub large: Vec<Large>,
}

/// The signs `[K, n]` that an algorithm decides for.
// ANCHOR: decide
fn decide<A: Algorithm<Data = Tensor>>(algorithm: &A, batch: &Batch<Tensor>, depth: usize) -> Result<Tensor> {
    let x = estimate_after(algorithm, depth, &batch.start, &batch.data)?;
    Ok(x.ge(0.0)?.to_dtype(x.dtype())?.affine(2.0, -1.0)?)
}

/// How `decided` compares with the minimisers and with what was sent.
fn score(decided: &Tensor, minimisers: &Tensor, sent: &Tensor) -> Result<Score> {
    let different = |other: &Tensor| -> Result<Tensor> { Ok((decided - other)?.abs()?.affine(0.5, 0.0)?) };
    let exact = different(minimisers)?.sum(1)?.eq(0.0)?.to_dtype(sent.dtype())?.mean_all()?.to_scalar()?;
    Ok(Score { exact, wrong: different(sent)?.mean_all()?.to_scalar()? })
}
// ANCHOR_END: decide

fn exact(config: &Config, sigma: f64, seed: usize, context: &mut Context) -> Result<[Score; 5]> {
    let n = config.num_unknowns;
    let problem = Signs::new(LinearModel::gaussian(n, n, &mut context.rng(seed as u64), &Device::Cpu)?, sigma)?;
    let (fixed, learned) = (BoxDescent::fixed(&problem)?, BoxDescent::learned(&config.training, &problem)?);
    config.training.train(&format!("exact_{sigma}_{seed}"), (&problem, &problem), &learned, context)?;
    let batch = problem.draw(config.training.num_test, &mut context.rng(1000 + seed as u64))?;
    let minimisers = linalg::signs_minimum(&problem.model.gram, &batch.data)?; // ½xᵀAᵀAx − (Aᵀy)ᵀx over all signs
    let depth = config.training.num_generations;
    let decided = [
        minimisers.clone(),
        decide(&learned, &batch, depth)?,
        decide(&fixed, &batch, depth)?,
        decide(&fixed, &batch, CONVERGED)?,
        decide(&theory::Linear::of(&problem)?, &batch, 1)?,
    ];
    let scores = decided.iter().map(|decided| score(decided, &minimisers, &batch.solution));
    let scores = scores.collect::<Result<Vec<_>>>()?;
    Ok(std::array::from_fn(|i| scores[i]))
}

/// The section as a program.
#[derive(Debug)]
pub struct BqpExact;

impl Section for BqpExact {
    const NAME: &'static str = "sec4_bqp_exact";
    const TITLE: &'static str = "Does DU-BQP solve the binary quadratic program?";
    const HELP: &'static str = "\
For 12 signs the program is solved by trying all 4096. How often do the learned projected gradient descent, the fixed one and \
the linear estimate find the minimiser, and how many signs are wrong? Five matrices for each noise. For 100 signs the wrong \
ones are compared with theory.";
    const PRESETS: &'static [Preset] = &[Preset {
        name: "quick",
        about: "A smaller experiment, done in a moment: n = 8 and 40, one matrix, 8 generations",
        values: &[
            ("num_unknowns", "8"),
            ("num_seeds", "1"),
            ("num_generations", "8"),
            ("batch_size", "50"),
            ("num_test", "200"),
            ("large_size", "40"),
            ("large_noise_std", "2"),
            ("large_generations", "5"),
        ],
    }];
    const RESUMES: bool = true;
    type Config = Config;
    type Outcome = Outcome;

    fn run(config: &Config, context: &mut Context) -> Result<Outcome> {
        config::validate(config)?;
        config::distinct("--noise-std", &config.noise_std)?;
        config::distinct("--large-noise-std", &config.large_noise_std)?;
        context.phase(Phase::Training);
        let (small, total) = (config.noise_std.len(), config.noise_std.len() + 3 * config.large_noise_std.len());
        let part = |i: usize, seed: usize| (i as f64 + seed as f64 / config.num_seeds as f64) / total as f64;
        let (mut all, mut larges) = (vec![], vec![]);
        for (index, &sigma) in config.noise_std.iter().enumerate() {
            let exact = |seed| {
                context.progress_span(part(index, seed), part(index, seed + 1));
                exact(config, sigma, seed, context)
            };
            all.push((0..config.num_seeds).map(exact).collect::<Result<_>>()?);
        }
        for (index, &sigma) in config.large_noise_std.iter().enumerate() {
            context.progress_span(part(small + 3 * index, 0), part(small + 3 * index + 3, 0));
            larges.push(large::run(config, sigma, context)?);
        }
        Ok(Outcome { exact: all, large: larges })
    }

    fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
        report::report(config, outcome)
    }
}
