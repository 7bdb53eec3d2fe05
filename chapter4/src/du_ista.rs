//! Section 4: deep unfolding of ISTA.
//!
//! ISTA of the section before, x ← S_μₖ(x − ηₖ(AᵀAx − Aᵀy)), with a step size ηₖ and a threshold μₖ of its own for each iteration.
//! Both are learned, by one Adam, from signals that are known: the loss is the distance to the signal x, not the lasso's objective.
//!
//! | symbol | here |
//! |---|---|
//! | ηₖ, μₖ | [`Ista`]`::step_size`, `threshold` |
//! | γ | [`SparseRecovery::gamma`], where both start |
//! | t, up to T | depth, `num_generations` |
//! | K | `batch_size` |
//!
//! Run it with `cargo run --release --bin sec4_du_ista`. 40 learned iterations leave an error that ISTA with λ = 1 needs many
//! hundred iterations for; an ISTA and a FISTA with the best λ are shown beside it.

use anyhow::Result;
use common::{
    config::{self, default, range},
    context::{Context, Phase},
    linear_model::LinearModel,
    ops::AffineStep,
    section::{Preset, Report, Section},
    unfolding::{Algorithm, Comparison, Method, Period, Schedule, Training, mean_metrics},
};

use crate::{
    ista::{Fista, Ista},
    sparse::{Observed, SparseRecovery, medians, with_columns},
};

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
#[command(mut_arg("num_generations", default("40")))]
#[command(mut_arg("num_updates", default("20")))]
#[command(mut_arg("batch_size", default("200")))]
#[command(mut_arg("learning_rate", default("5e-5")))]
#[command(mut_arg("num_test", default("1000")))]
#[command(mut_arg("initial_step_size", |arg| arg.help("Step sizes and thresholds before training; 0 stands for γ = 1/λmax")))]
pub struct Config {
    /// Number of unknowns n, 1 to 1000
    #[arg(long, value_name = "n", default_value_t = 128, value_parser = range::count(1000))]
    pub num_unknowns: usize,
    /// Number of observations m, 1 to 1000
    #[arg(long, value_name = "m", default_value_t = 64, value_parser = range::count(1000))]
    pub num_observations: usize,
    /// Probability p that an entry of x is not 0, >= 0 and < 1
    #[arg(long, value_name = "p", default_value_t = 0.05, value_parser = range::decay)]
    pub active: f64,
    /// Standard deviation σ of the noise w, >= 0
    #[arg(long, value_name = "σ", default_value_t = 0.1, value_parser = range::non_negative)]
    pub noise_std: f64,
    /// How the step sizes and thresholds are learned
    #[command(flatten)]
    #[serde(flatten)]
    pub training: Training,
}

impl Default for Config {
    fn default() -> Self {
        config::defaults()
    }
}

impl Config {
    /// The problem that these numbers describe.
    pub fn problem(&self, context: &Context) -> Result<SparseRecovery> {
        let (m, n) = (self.num_observations, self.num_unknowns);
        let model = LinearModel::gaussian(m, n, &mut context.rng(0), &context.device)?;
        SparseRecovery::new(model, self.active, self.noise_std)
    }
}

/// ISTA with everything to learn, all ηₖ and μₖ from γ.
// ANCHOR: learned
pub fn learned(training: &Training, problem: &SparseRecovery) -> Result<Ista> {
    let start = if training.initial_step_size == 0.0 { problem.gamma() } else { training.initial_step_size };
    let from_start = Training { initial_step_size: start, ..*training };
    let device = problem.model.a.device();
    let step_size = from_start.step_sizes(Period::Free, device)?;
    let threshold = Schedule::learned("threshold", step_size.parameter(), training.learning_rate)?;
    Ok(Ista { step: AffineStep::new(&problem.model.gram)?, step_size, threshold })
}
// ANCHOR_END: learned

/// The values of λ that a baseline is tuned over.
pub const LAMBDAS: [f64; 9] = [0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0];

/// The λ whose algorithm has the least MSE after `depth` iterations, on problems that no result is measured on.
// ANCHOR: tuned
pub fn tuned<A: Algorithm<Data = Observed>>(
    problem: &SparseRecovery,
    depth: usize,
    seed: u64,
    algorithm: impl Fn(f64) -> Result<A>,
) -> Result<(f64, A)> {
    let mut best = (f64::INFINITY, LAMBDAS[0]);
    for lambda in LAMBDAS {
        let mse = mean_metrics(problem, &algorithm(lambda)?, depth, 500, seed.wrapping_add(1))?[depth];
        if mse < best.0 {
            best = (mse, lambda);
        }
    }
    Ok((best.1, algorithm(best.1)?))
}
// ANCHOR_END: tuned

/// What came out.
#[derive(Debug)]
pub struct Outcome {
    /// The curves
    pub comparison: Comparison,
    /// The median squared error of each method, by iteration
    pub medians: Vec<(String, Vec<f64>)>,
}

impl Outcome {
    fn push(&mut self, method: Method, medians: Vec<f64>) {
        self.medians.push((format!("{}_median", method.name), medians));
        self.comparison.push(method);
    }
}

/// The section as a program.
#[derive(Debug)]
pub struct DuIsta;

impl Section for DuIsta {
    const NAME: &'static str = "sec4_du_ista";
    const TITLE: &'static str = "Deep unfolding of ISTA";
    const HELP: &'static str = "\
Sparse signals from half as many noisy observations by 40 iterations of ISTA, whose 40 step sizes and 40 thresholds are \
learned. Beside it: ISTA as published, with λ = 1, and ISTA and FISTA with the λ that serves them best. The figures show the \
MSE after each iteration, and what was learned. Try --learning-rate 2e-4.";
    const PRESETS: &'static [Preset] = &[Preset {
        name: "quick",
        about: "A smaller experiment, done in a moment: n = 64, 15 generations",
        values: &[
            ("num_unknowns", "64"),
            ("num_observations", "32"),
            ("num_generations", "15"),
            ("batch_size", "50"),
            ("num_test", "200"),
            ("learning_rate", "3e-4"),
        ],
    }];
    const RESUMES: bool = true;
    type Config = Config;
    type Outcome = Outcome;

    // ANCHOR: training
    fn run(config: &Config, context: &mut Context) -> Result<Outcome> {
        config::validate(config)?;
        let (problem, training, seed) = (config.problem(context)?, &config.training, context.seed);
        context.phase(Phase::Training);
        let mut outcome = Outcome { comparison: Comparison::default(), medians: vec![] };

        let published = Ista::fixed(&problem, 1.0)?;
        let method = training.method("fixed", "ISTA, λ = 1", &problem, &published, context)?;
        outcome.push(method, medians(training, &problem, &published, seed)?);
        let depth = training.num_generations;
        let (lambda, ista) = tuned(&problem, depth, seed, |lambda| Ista::fixed(&problem, lambda))?;
        let label = format!("ISTA, λ = {lambda}, tuned");
        let method = training.method("fixed_tuned", label, &problem, &ista, context)?;
        outcome.push(method, medians(training, &problem, &ista, seed)?);
        let (lambda, fista) = tuned(&problem, depth, seed, |lambda| Ok(Fista(Ista::fixed(&problem, lambda)?)))?;
        let label = format!("FISTA, λ = {lambda}, tuned");
        let method = training.method("fixed_fista", label, &problem, &fista, context)?;
        outcome.push(method, medians(training, &problem, &fista, seed)?);

        let unfolded = learned(training, &problem)?;
        let method = training.method("learned", "DU-ISTA", &problem, &unfolded, context)?;
        outcome.push(method, medians(training, &problem, &unfolded, seed)?);
        Ok(outcome)
    }
    // ANCHOR_END: training

    fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
        let last = config.training.num_iterations();
        let title = format!("Sparse recovery, {} from {}", config.num_unknowns, config.num_observations);
        let mut report = outcome.comparison.report(&title, &[last])?;
        report.summary += &format!("median of the squared errors after {last} iterations\n");
        for (method, (_, medians)) in outcome.comparison.methods.iter().zip(&outcome.medians) {
            report.summary += &format!("  {:<44} {:.4e}\n", method.label, medians[last]);
        }
        Ok(with_columns(report, "mse", &outcome.medians))
    }
}
