//! Question: how far does DU-ISTA generalise?
//!
//! From few training signals to fresh ones: trainings on D signals, at the published learning rates, which go with D, and at 5e-5
//! for all D, over several seeds. And from the problem it was trained on to others: another p, another σ, other matrices, beside
//! FISTA, which has two numbers that fit any problem.
//!
//! | symbol | here |
//! |---|---|
//! | D, α | `dataset_sizes`, `learning_rates`, and `common_rate` for all D |
//! | NMSE | ‖x̂ − x*‖²/(np), here the mean or the median over signals, in dB |
//!
//! Run it with `cargo run --release --bin sec4_generalisation`.

use anyhow::Result;
use candle_core::Device;
use common::{
    config::{self, range},
    context::{Context, Phase},
    linear_model::LinearModel,
    section::{Preset, Report, Section},
    unfolding::{FiniteDataset, Sampling, Training, squared_errors},
};

use crate::{
    du_ista,
    finite_dataset::{self, Errors, errors_on},
    sparse::SparseRecovery,
};

mod report;
mod transfer;

pub use transfer::OTHERS;

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
pub struct Config {
    /// Numbers D of training signals, ascending, each 1 to 100000
    #[arg(long, value_name = "D,…", default_value = "10,50,100,5000", value_delimiter = ',', value_parser = range::count(100_000))]
    pub dataset_sizes: Vec<usize>,
    /// Learning rates, one for each D, as published, or one for all, > 0
    #[arg(long, value_name = "α,…", default_value = "1e-6,5e-6,3e-5,5e-5", value_delimiter = ',', value_parser = range::positive)]
    pub learning_rates: Vec<f64>,
    /// The learning rate of the trainings that all have the same, > 0
    #[arg(long, value_name = "α", default_value_t = 5e-5, value_parser = range::positive)]
    pub common_rate: f64,
    /// Generations of each training, 1 to 100
    #[arg(long, value_name = "T", default_value_t = 40, value_parser = range::count(100))]
    pub num_generations: usize,
    /// Signals in a mini-batch K, 1 to 10000
    #[arg(long, value_name = "K", default_value_t = 200, value_parser = range::count(10_000))]
    pub batch_size: usize,
    /// Fresh signals that errors are measured on, 1 to 100000
    #[arg(long, value_name = "K", default_value_t = 2000, value_parser = range::count(100_000))]
    pub num_test: usize,
    /// Data sets and matrices, 1 to 100
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = range::count(100))]
    pub num_seeds: usize,
}

impl Default for Config {
    fn default() -> Self {
        config::defaults()
    }
}

const N: usize = 128;
const M: usize = 64;
const ACTIVE: f64 = 0.05;
const NOISE: f64 = 0.1;

/// What came out.
#[derive(Debug)]
pub struct Outcome {
    /// For each D: at its published rate and at the common one, for each seed, errors on training signals and on fresh ones
    pub finite: Vec<[Vec<[Errors; 2]>; 2]>,
    /// For each of [`OTHERS`], for each matrix: errors of the network, of FISTA tuned as trained, and of FISTA tuned anew
    pub others: Vec<Vec<[Errors; 3]>>,
}

fn training(config: &Config, learning_rate: f64) -> Training {
    Training {
        num_generations: config.num_generations,
        batch_size: config.batch_size,
        num_test: 50, // of the generations' table, which nobody sees here
        learning_rate,
        ..du_ista::Config::default().training
    }
}

fn finite(
    config: &Config,
    problem: &SparseRecovery,
    (size, rate): (usize, f64),
    seed: u64,
    context: &mut Context,
) -> Result<[Errors; 2]> {
    let (training, depth) = (training(config, rate), config.num_generations);
    let rng = &mut context.rng(100 * seed + 10);
    let dataset = FiniteDataset::draw(problem, size, Sampling::Replacement, rng)?;
    let unfolded = du_ista::learned(&training, problem)?;
    // its own test is on the training signals: on fresh ones the error may be beyond all bounds, and is to be seen below
    training.train(&format!("D{size}_{rate:e}_{seed}"), (&dataset, &dataset), &unfolded, context)?;
    let seen = errors_on(dataset.all(), &unfolded, depth)?;
    let fresh = squared_errors(problem, &unfolded, depth, config.num_test, context.seed)?;
    Ok([&seen, &fresh[depth]].map(|errors| Errors::of(errors, problem.energy())))
}

/// The section as a program.
#[derive(Debug)]
pub struct Generalisation;

impl Section for Generalisation {
    const NAME: &'static str = "sec4_generalisation";
    const TITLE: &'static str = "How far does DU-ISTA generalise?";
    const HELP: &'static str = "\
DU-ISTA trained on 10 to 5000 signals, at the published learning rates and at one for all, tested on fresh signals; then a \
network trained on one problem meets signals with more or fewer entries, more or less noise, and other matrices, beside FISTA.";
    const PRESETS: &'static [Preset] = &[Preset {
        name: "quick",
        about: "A smaller experiment, done in a moment: two sizes, one seed, 8 generations",
        values: &[
            ("dataset_sizes", "10,1000"),
            ("learning_rates", "5e-6"),
            ("num_seeds", "1"),
            ("num_generations", "8"),
            ("batch_size", "50"),
            ("num_test", "200"),
        ],
    }];
    const RESUMES: bool = true;
    type Config = Config;
    type Outcome = Outcome;

    fn run(config: &Config, context: &mut Context) -> Result<Outcome> {
        config::validate(config)?;
        let rates = finite_dataset::rates(&config.learning_rates, &config.dataset_sizes)?;
        context.phase(Phase::Training);
        let model = |i: u64, context: &Context| LinearModel::gaussian(M, N, &mut context.rng(i), &Device::Cpu);
        let seeds = config.num_seeds as u64;
        let total = (2 * config.dataset_sizes.len() + 1) as f64 * seeds as f64;
        let mut done = 0.0;
        let mut next = |context: &mut Context| {
            context.progress_span(done / total, (done + 1.0) / total);
            done += 1.0;
        };
        let mut all = vec![];
        for (&size, rate) in config.dataset_sizes.iter().zip(rates) {
            let mut of_size = [vec![], vec![]];
            for seed in 0..seeds {
                let problem = SparseRecovery::new(model(seed, context)?, ACTIVE, NOISE)?;
                next(context);
                let published = finite(config, &problem, (size, rate), seed, context)?;
                next(context);
                let common = if rate == config.common_rate {
                    published.clone() // it is the same training
                } else {
                    finite(config, &problem, (size, config.common_rate), seed, context)?
                };
                of_size[0].push(published);
                of_size[1].push(common);
            }
            all.push(of_size);
        }
        let mut of_seeds = vec![];
        for seed in 0..seeds {
            next(context);
            let problem = SparseRecovery::new(model(seed, context)?, ACTIVE, NOISE)?;
            of_seeds.push(transfer::run(config, &problem, seed, context)?);
        }
        let of_other = |other: usize| of_seeds.iter().map(|seed| seed[other].clone()).collect();
        Ok(Outcome { finite: all, others: (0..OTHERS.len()).map(of_other).collect() })
    }

    fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
        report::report(config, outcome)
    }
}
