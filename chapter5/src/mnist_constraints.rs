//! Question: what does x ≥ 0 buy?
//!
//! Grey values are not negative, and the soft threshold of [`crate::mnist_reconstruction`] does not know. With the constraint the
//! threshold becomes x ← max(u − γλ, 0), the proximal map of λ‖x‖₁ on x ≥ 0: a soft threshold, and relu after it. ISTA and
//! FISTA, each without and with it, for several λ, and the learned steps and thresholds, without and with it.
//!
//! | symbol | here |
//! |---|---|
//! | A, AᵀA, Aᵀy | [`common::linear_model::LinearModel`] |
//! | γₜ, αₜ | [`Ista`]`::step_size`, `threshold` |
//! | x ≥ 0 | [`Shrinkage`]`::non_negative` |
//! | λ | `lambda` |
//!
//! Run it with `cargo run --release --bin sec5_mnist_constraints`.

use anyhow::Result;
use common::{
    config::{self, default, range},
    context::{Context, Phase},
    ops::AffineStep,
    section::{Input, Preset, Report, Section},
    unfolding::{Comparison, Training, estimate_after},
};

use crate::mnist_reconstruction::{Ista, METRIC, Measured, MnistReconstruction};

mod report;
mod shrinkage;

pub use shrinkage::{Fista, Shrinkage};

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
#[command(mut_arg("num_generations", default("25")))]
#[command(mut_arg("num_updates", default("50")))]
#[command(mut_arg("batch_size", default("50")))]
#[command(mut_arg("learning_rate", default("5e-5")))]
#[command(mut_arg("num_test", default("200")))]
#[command(mut_arg("extra_iterations", |argument| argument.hide(true)))]
#[command(mut_arg("initial_step_size", |argument| argument.hide(true)))]
pub struct Config {
    /// Random measurements m of an image, 1 to 784
    #[arg(long, value_name = "m", default_value_t = 512, value_parser = range::count(784))]
    pub num_measurements: usize,
    /// λ of the thresholds γλ, ascending, each >= 0
    #[arg(long, value_name = "λ,…", default_value = "0,1,10,30,100,300", value_delimiter = ',', value_parser = range::non_negative)]
    pub lambda: Vec<f64>,
    /// Digits shown, 1 to 8
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = range::count(8))]
    pub num_shown: usize,
    /// How step sizes and thresholds are learned
    #[command(flatten)]
    #[serde(flatten)]
    pub training: Training,
}

impl Default for Config {
    fn default() -> Self {
        config::defaults()
    }
}

/// What came out.
#[derive(Debug)]
pub struct Outcome {
    /// ISTA, FISTA, both with x ≥ 0, for each λ; then the learned ones
    pub comparison: Comparison,
    /// Test digits: true, then by each of [`Outcome::best`]
    pub shown: Vec<Vec<Vec<f64>>>,
    /// Of ISTA, FISTA, and both with x ≥ 0 the best λ, then the learned ones: numbers of methods
    pub best: Vec<usize>,
}

/// The fixed methods: column, legend, accelerated, x ≥ 0.
pub const FIXED: [(&str, &str, bool, bool); 4] = [
    ("ista", "ISTA", false, false),
    ("fista", "FISTA", true, false),
    ("ista_non_negative", "ISTA, x ≥ 0", false, true),
    ("fista_non_negative", "FISTA, x ≥ 0", true, true),
];

/// The section as a program.
#[derive(Debug)]
pub struct MnistConstraints;

impl Section for MnistConstraints {
    const NAME: &'static str = "sec5_mnist_constraints";
    const TITLE: &'static str = "Digits from few measurements: what does x ≥ 0 buy?";
    const HELP: &'static str = "\
Digits are recovered from 512 random projections by ISTA and FISTA, without and with the constraint that no pixel is negative, for \
several λ; and by 25 learned iterations, without and with it. Try --num-measurements 300.";
    const PRESETS: &'static [Preset] = &[Preset {
        name: "quick",
        about: "A smaller experiment: 5 generations, three λ",
        values: &[("num_generations", "5"), ("lambda", "1,30,100"), ("num_updates", "20"), ("num_test", "100")],
    }];
    const INPUTS: &'static [Input] = MnistReconstruction::INPUTS;
    const RESUMES: bool = true;
    type Config = Config;
    type Outcome = Outcome;

    // ANCHOR: run
    fn run(config: &Config, context: &mut Context) -> Result<Outcome> {
        config::validate(config)?;
        config::ascending("--lambda", &config.lambda)?;
        let device = &context.device.clone();
        let ([train, fresh], gamma) = Measured::digits(config.num_measurements, context)?; // γ₀ = 1/λmax(AᵀA)
        let step = AffineStep::new(&train.model.gram)?;
        let training = &Training { initial_step_size: gamma, extra_iterations: 0, ..config.training };
        let mut comparison = Comparison { metric: METRIC, ..Comparison::default() };
        context.phase(Phase::Training);

        let mut fixed: Vec<Fista> = vec![];
        for (name, label, accelerated, non_negative) in FIXED {
            for &lambda in &config.lambda {
                let ista = Ista::fixed(&step, gamma, lambda, device)?;
                let fista = Fista { shrinkage: Shrinkage { ista, non_negative }, accelerated };
                let (name, label) = (format!("fixed_{name}_{lambda}"), format!("{label}, λ = {lambda}"));
                comparison.push(training.method_on(&name, label, (&train, &fresh), &fista, context)?);
                fixed.push(fista);
            }
        }
        let mut learned: Vec<Shrinkage> = vec![];
        for (half, (name, label, non_negative)) in
            [("learned_soft", "learned", false), ("learned_non_negative", "learned, x ≥ 0", true)]
                .into_iter()
                .enumerate()
        {
            context.progress_span(0.5 * half as f64, 0.5 * (half + 1) as f64);
            let shrinkage = Shrinkage { ista: Ista::learned(&step, training, device)?, non_negative };
            comparison.push(training.method_on(name, label, (&train, &fresh), &shrinkage, context)?);
            learned.push(shrinkage);
        }

        let (depth, count) = (training.num_generations, config.lambda.len());
        let end = |i: usize| comparison.methods[i].mse[depth];
        let least = |from: usize| (from..from + count).fold(from, |best, i| if end(i) < end(best) { i } else { best });
        let best: Vec<usize> =
            (0..FIXED.len()).map(|i| least(i * count)).chain([fixed.len(), fixed.len() + 1]).collect();
        let batch = fresh.first(config.num_shown)?;
        let mut shown = vec![batch.solution.to_vec2()?];
        for &i in &best {
            let found = match fixed.get(i) {
                Some(fista) => estimate_after(fista, depth, &batch.start, &batch.data)?,
                None => estimate_after(&learned[i - fixed.len()], depth, &batch.start, &batch.data)?,
            };
            shown.push(found.to_vec2()?);
        }
        Ok(Outcome { comparison, shown, best })
    }
    // ANCHOR_END: run

    fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
        report::report(config, outcome)
    }
}
