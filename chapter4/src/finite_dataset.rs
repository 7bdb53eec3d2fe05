//! Section 4: how many training signals does DU-ISTA need?
//!
//! DU-ISTA of the section before, trained on D pairs of a signal and its observation that are drawn once, in mini-batches of K
//! drawn from them with replacement (or in epochs), and tested on fresh ones. The published learning rate goes with D, from 1e-6 for
//! D = 10 to 5e-5 for D = 5000. Errors on the training signals are measured as well, and medians and tails beside means.
//!
//! | symbol | here |
//! |---|---|
//! | D | `dataset_sizes` |
//! | α, one for each D | `learning_rates` |
//! | ηₖ, μₖ | [`Ista`]`::step_size`, `threshold` |
//!
//! Run it with `cargo run --release --bin sec4_finite_dataset`.

use anyhow::Result;
use common::{
    config::{self, Usage, default, range},
    context::{Context, Phase},
    linear_model::LinearModel,
    section::{Preset, Report, Section},
    unfolding::{Batch, Comparison, FiniteDataset, Sampling, Training, estimate_after, squared_errors},
};

use crate::{
    du_ista,
    ista::Ista,
    sparse::{Observed, SparseRecovery, median},
};

mod report;

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
#[command(mut_arg("num_generations", default("40")))]
#[command(mut_arg("num_updates", default("20")))]
#[command(mut_arg("batch_size", default("200")))]
#[command(mut_arg("learning_rate", |arg| arg.hide(true)))]
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
    /// Numbers D of training signals, ascending, each 1 to 100000
    #[arg(long, value_name = "D,…", default_value = "10,50,100,5000", value_delimiter = ',', value_parser = range::count(100_000))]
    pub dataset_sizes: Vec<usize>,
    /// Learning rates α, one for each D, or one for all, > 0
    #[arg(long, value_name = "α,…", default_value = "1e-6,5e-6,3e-5,5e-5", value_delimiter = ',', value_parser = range::positive)]
    pub learning_rates: Vec<f64>,
    /// How mini-batches are taken from the D training signals
    #[arg(long, value_enum, default_value = "replacement")]
    pub sampling: Sampling,
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

/// The learning rate of each D.
pub fn rates(learning_rates: &[f64], dataset_sizes: &[usize]) -> Result<Vec<f64>> {
    config::ascending("--dataset-sizes", dataset_sizes)?;
    let count = dataset_sizes.len();
    match learning_rates {
        &[rate] => Ok(vec![rate; count]),
        rates if rates.len() == count => Ok(rates.to_vec()),
        rates => Err(Usage(format!(
            "invalid value for '--learning-rates': {} of them for {count} in --dataset-sizes; as many are needed, or one",
            rates.len()
        ))
        .into()),
    }
}

// ANCHOR: errors
/// Squared errors after the last iteration.
#[derive(Debug, Clone)]
pub struct Errors {
    /// Their mean
    pub mean: f64,
    /// Their median
    pub median: f64,
    /// The fraction above E‖x‖² = np: further off than the answer 0 is on average
    pub diverged: f64,
}

impl Errors {
    /// Of these errors.
    pub fn of(errors: &[f64], energy: f64) -> Self {
        let count = errors.len() as f64;
        Self {
            mean: errors.iter().sum::<f64>() / count,
            median: median(errors),
            diverged: errors.iter().filter(|e| **e > energy || e.is_nan()).count() as f64 / count,
        }
    }
}
// ANCHOR_END: errors

/// What came out.
#[derive(Debug)]
pub struct Outcome {
    /// The curves: ISTA with λ = 1, and a training for each D
    pub comparison: Comparison,
    /// Errors of ISTA on fresh signals
    pub fixed: Errors,
    /// For each D, errors on the training signals and on fresh ones
    pub errors: Vec<[Errors; 2]>,
    /// For each D, the median on fresh signals, by iteration
    pub medians: Vec<(String, Vec<f64>)>,
}

/// ‖x* − x̂‖² of each instance of a batch after `depth` iterations.
pub fn errors_on(batch: &Batch<Observed>, algorithm: &Ista, depth: usize) -> Result<Vec<f64>> {
    let x = estimate_after(algorithm, depth, &batch.start, &batch.data)?;
    Ok((x - &batch.solution)?.sqr()?.sum(1)?.to_vec1()?)
}

/// The section as a program.
#[derive(Debug)]
pub struct FiniteData;

impl Section for FiniteData {
    const NAME: &'static str = "sec4_finite_dataset";
    const TITLE: &'static str = "DU-ISTA from a finite data set";
    const HELP: &'static str = "\
DU-ISTA trained on D = 10, 50, 100 and 5000 signals, drawn once, with the published learning rate of each D, and tested on \
fresh signals. Mean, median and the fraction of diverged signals are printed for training and test signals. Try \
--learning-rates 5e-5: the same rate for all; and --sampling epochs: mini-batches without replacement.";
    const PRESETS: &'static [Preset] = &[Preset {
        name: "quick",
        about: "A smaller experiment, done in a moment: n = 64, 15 generations, two sizes",
        values: &[
            ("num_unknowns", "64"),
            ("num_observations", "32"),
            ("num_generations", "15"),
            ("batch_size", "50"),
            ("num_test", "200"),
            ("dataset_sizes", "10,1000"),
            ("learning_rates", "3e-4"),
        ],
    }];
    const RESUMES: bool = true;
    type Config = Config;
    type Outcome = Outcome;

    // ANCHOR: training
    fn run(config: &Config, context: &mut Context) -> Result<Outcome> {
        config::validate(config)?;
        let rates = rates(&config.learning_rates, &config.dataset_sizes)?;
        let (m, n) = (config.num_observations, config.num_unknowns);
        let model = LinearModel::gaussian(m, n, &mut context.rng(0), &context.device)?;
        let problem = SparseRecovery::new(model, config.active, config.noise_std)?;
        context.phase(Phase::Training);
        let (seed, depth, num_test) = (context.seed, config.training.num_iterations(), config.training.num_test);
        let ista = Ista::fixed(&problem, 1.0)?;
        let mut comparison = Comparison::default();
        comparison.push(config.training.method("fixed", "ISTA, λ = 1", &problem, &ista, context)?);
        let of_ista = squared_errors(&problem, &ista, depth, num_test, seed)?;
        let fixed = Errors::of(&of_ista[depth], problem.energy());
        let (mut errors, mut medians) = (vec![], vec![]);
        for (index, (&size, rate)) in config.dataset_sizes.iter().zip(rates).enumerate() {
            context.progress_part(index, config.dataset_sizes.len());
            let training = Training { learning_rate: rate, ..config.training };
            let rng = &mut context.rng(10 + index as u64);
            let dataset = FiniteDataset::draw(&problem, size, config.sampling, rng)?; // D pairs, once
            let unfolded = du_ista::learned(&training, &problem)?;
            let (name, label) = (format!("learned_D{size}"), format!("D = {size}, learning rate {rate:e}"));
            // tests itself on its training signals: on fresh ones the error may be beyond all bounds
            let mut method = training.method(&name, label, &dataset, &unfolded, context)?;
            let fresh = squared_errors(&problem, &unfolded, depth, num_test, seed)?;
            method.mse = fresh.iter().map(|errors| errors.iter().sum::<f64>() / num_test as f64).collect();
            comparison.push(method);
            let seen = errors_on(dataset.all(), &unfolded, depth)?;
            errors.push([&seen, &fresh[depth]].map(|errors| Errors::of(errors, problem.energy())));
            medians.push((format!("{name}_median"), fresh.iter().map(|errors| median(errors)).collect()));
        }
        Ok(Outcome { comparison, fixed, errors, medians })
    }
    // ANCHOR_END: training

    fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
        report::report(config, outcome)
    }
}
