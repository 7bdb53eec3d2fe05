//! Question: what did the gain learn?
//!
//! In [`crate::du_stabilize`] Adam follows the sign of its first gradient and nothing else. Here the same gain is learned from four
//! losses, at several learning rates, from the book's start and from random ones, and is judged after each update by
//! ‖x(T)‖², by the spectral abscissa of M = A + BKC, and by the spectral radius ρ of F = I + hM. Beside them stands what
//! a regulator that sees the whole state would do. For the noisy system of [`crate::du_stabilize_sde`] the sampled gradient stands
//! beside the exact one.
//!
//! | symbol | here |
//! |---|---|
//! | ‖x(T)‖², log ‖x(T)‖², log ‖Φ(T)‖²_F, growing T | [`Loss`] |
//! | Φ(T) = Fᴺ | the states that start from e₁ … e₄ |
//! | P = E xxᵀ, F ⊗ F | `stabilize_losses/noisy.rs` |
//!
//! Run it with `cargo run --release --bin sec5_stabilize_losses`.

use anyhow::Result;
use candle_core::{DType, Device, Tensor};
use common::{
    config::{self, range},
    context::{Context, Phase},
    ensemble, sampling,
    section::{Preset, Report, Section},
};

use crate::plant::{GIVEN_GAIN, Plant};

mod noisy;
mod report;
mod trainings;

pub use noisy::{Noisy, expected_loss};
pub use trainings::{Loss, Quality, regulator, train};
use trainings::{STEP, quality};

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
pub struct Config {
    /// Updates of each training, 1 to 10000
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = range::count(10_000))]
    pub num_updates: usize,
    /// Adam's learning rates, each > 0
    #[arg(long, value_name = "α,…", value_delimiter = ',', default_value = "1,0.3,0.1", value_parser = range::positive)]
    pub learning_rates: Vec<f64>,
    /// Random starts K ~ N(0, I) beside the book's, 1 to 1000
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = range::count(1000))]
    pub num_starts: usize,
    /// Seeds of the sampled gradient for the noisy system, 1 to 100
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = range::count(100))]
    pub num_seeds: usize,
}

impl Default for Config {
    fn default() -> Self {
        config::defaults()
    }
}

/// What a unit of control costs the regulators, beside 1 for the state.
pub const COSTS: [f64; 3] = [1.0, 0.1, 0.01];

/// One loss at one learning rate.
#[derive(Debug)]
pub struct Run {
    /// The loss
    pub loss: Loss,
    /// α
    pub learning_rate: f64,
    /// From the book's start: before the first update, and after each
    pub book: Vec<Quality>,
    /// From each random start: at the end; none where the training broke off
    pub random: Vec<Option<Quality>>,
}

/// What came out.
#[derive(Debug)]
pub struct Outcome {
    /// For each loss, for each learning rate
    pub runs: Vec<Run>,
    /// The gain that the plant comes with
    pub given: Quality,
    /// For each of the [`COSTS`], with ‖K‖
    pub regulators: Vec<(Quality, f64)>,
    /// The noisy system
    pub noisy: Noisy,
}

/// The section as a program.
#[derive(Debug)]
pub struct StabilizeLosses;

impl Section for StabilizeLosses {
    const NAME: &'static str = "sec5_stabilize_losses";
    const TITLE: &'static str = "What did the gain learn?";
    const HELP: &'static str = "\
The gain of a linear system learned from ‖x(T)‖², from its logarithm, from the logarithm for all starts, and with a growing \
horizon, at several learning rates and from random starts: ‖x(T)‖², spectral abscissa and spectral radius after each update, beside \
a regulator that sees the whole state. For the noisy system, the sampled gradient beside the exact one. Try --learning-rates 0.03 \
and --num-updates 1000.";
    const PRESETS: &'static [Preset] = &[Preset {
        name: "quick",
        about: "A first look: 2 random starts, 1 seed, 20 updates",
        values: &[("num_starts", "2"), ("num_seeds", "1"), ("num_updates", "20")],
    }];
    type Config = Config;
    type Outcome = Outcome;

    fn run(config: &Config, context: &mut Context) -> Result<Outcome> {
        config::validate(config)?;
        config::distinct("--learning-rates", &config.learning_rates)?;
        let plant = Plant::new(&Device::Cpu)?;
        let closed = |gain: &[[f64; 2]; 2]| plant.closed_loop(&Tensor::new(gain, &Device::Cpu)?);
        let regulators = COSTS.iter().map(|&r| {
            let (m, norm) = regulator(&plant, r, STEP)?;
            Ok((quality(&m)?, norm))
        });
        context.phase(Phase::Training);
        context.progress_span(0.0, 0.2);
        let seed = context.seed;
        let items: Vec<(Loss, f64)> =
            Loss::ALL.iter().flat_map(|&loss| config.learning_rates.iter().map(move |&rate| (loss, rate))).collect();
        let runs = ensemble::map(context, &items, |&(loss, learning_rate)| {
            let start = Tensor::ones((2, 2), DType::F64, &Device::Cpu)?;
            let random = (0..config.num_starts as u64).map(|index| {
                let start = sampling::normal_matrix(2, 2, &mut sampling::rng(seed, 1 << 20 | index), &Device::Cpu)?;
                let qualities = train(config, loss, learning_rate, &start)?;
                Ok(qualities.get(config.num_updates).copied())
            });
            let random = random.collect::<Result<_>>()?;
            Ok(Run { loss, learning_rate, book: train(config, loss, learning_rate, &start)?, random })
        })?;
        context.progress_span(0.2, 1.0);
        let noisy = noisy::run(config, &plant, context)?;
        let (given, regulators) = (quality(&closed(&GIVEN_GAIN)?)?, regulators.collect::<Result<_>>()?);
        Ok(Outcome { runs, given, regulators, noisy })
    }

    fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
        report::report(config, outcome)
    }
}
