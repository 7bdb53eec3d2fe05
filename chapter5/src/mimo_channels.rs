//! Question: one channel, or all channels?
//!
//! The network of [`crate::mimo_detection`] knows one channel H. Here H is drawn afresh for each signal, and told to the receiver:
//! y = Hx + σn, x ∈ {±1}ⁿ, H with N(0, 1) entries. A network gets (y, H) as its input. An unfolded detector has H in its iteration,
//!
//! x ← tanh(|θₜ|(x + γₜHᵀ(HHᵀ + αI)⁻¹(y − Hx))),
//!
//! and learns 2T + 1 numbers. Both are trained for each σ, and compared with zero forcing, LMMSE and maximum likelihood.
//!
//! | symbol | here |
//! |---|---|
//! | y, H | [`Received`] |
//! | θₜ, γₜ, α | [`Unfolded`] |
//! | T | `num_iterations` |
//! | σ | `noise_std` |
//!
//! Run it with `cargo run --release --bin sec5_mimo_channels`.

use anyhow::Result;
use common::{
    config::{self, range},
    context::{Context, Phase},
    ensemble,
    section::{Preset, Report, Section},
    unfolding::Training,
};

mod channels;
mod compare;
mod networks;
mod report;
mod unfolded;

pub use channels::{Channels, Received};
pub use compare::{Counted, count};
pub use unfolded::Unfolded;

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
pub struct Config {
    /// Antennas on each side n, 1 to 8
    #[arg(long, value_name = "n", default_value_t = 4, value_parser = range::count(8))]
    pub num_antennas: usize,
    /// Standard deviations σ of the noise, ascending, each > 0
    #[arg(long, value_name = "σ,…", default_value = "0.1,0.2,0.35,0.5,0.75,1", value_delimiter = ',', value_parser = range::positive)]
    pub noise_std: Vec<f64>,
    /// Iterations T of the unfolded detectors, ascending, each 1 to 100
    #[arg(long, value_name = "T,…", default_value = "1,5,10", value_delimiter = ',', value_parser = range::count(100))]
    pub num_iterations: Vec<usize>,
    /// Adam updates of a detector in each generation, 1 to 10000
    #[arg(long, value_name = "N", default_value_t = 400, value_parser = range::count(10_000))]
    pub num_updates: usize,
    /// Learning rate α of a detector's numbers, > 0
    #[arg(long, value_name = "α", default_value_t = 0.02, value_parser = range::positive)]
    pub learning_rate: f64,
    /// Units of each of the network's two hidden layers, 1 to 10000
    #[arg(long, value_name = "m", default_value_t = 100, value_parser = range::count(10_000))]
    pub num_hidden: usize,
    /// Adam updates of the network, 1 to 1000000
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = range::count(1_000_000))]
    pub network_updates: usize,
    /// Signals in a mini-batch K, each with a channel of its own, 1 to 100000
    #[arg(long, value_name = "K", default_value_t = 100, value_parser = range::count(100_000))]
    pub batch_size: usize,
    /// Signals that errors are counted in, 1 to 10000000: n symbols each
    #[arg(long, value_name = "K", default_value_t = 50_000, value_parser = range::count(10_000_000))]
    pub num_test: usize,
}

impl Default for Config {
    fn default() -> Self {
        config::defaults()
    }
}

/// What is trained.
#[derive(Debug, Clone)]
pub enum Detector {
    /// Unfolded, with T iterations
    Unfolded(usize, Unfolded),
    /// A network on (y, H)
    Network(crate::network::Network),
    /// A network on y, trained on one channel
    OneChannel(crate::network::Network),
}

/// Kinds of detectors.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Unfolded(usize),
    Network,
    OneChannel,
}

/// Trains a detector for the σ of this index.
fn train(config: &Config, (index, kind): (usize, Kind), seed: u64) -> Result<Detector> {
    let noise_std = config.noise_std[index];
    let problem = Channels { num_antennas: config.num_antennas, noise_std };
    let stream = 10 * index as u64;
    match kind {
        Kind::OneChannel => networks::one_channel(config, noise_std, seed, stream).map(Detector::OneChannel),
        Kind::Network => networks::all_channels(config, &problem, seed, stream).map(Detector::Network),
        Kind::Unfolded(depth) => {
            let unfolded = Unfolded::new(depth, noise_std, config.learning_rate)?;
            let training = Training {
                num_generations: depth,
                num_updates: config.num_updates,
                batch_size: config.batch_size,
                num_test: 50, // of the generations' table, which nobody sees here
                ..Training::default()
            };
            training.train("unfolded", (&problem, &problem), &unfolded, &mut Context::new(seed))?;
            Ok(Detector::Unfolded(depth, unfolded))
        }
    }
}

/// What came out.
#[derive(Debug)]
pub struct Outcome {
    /// For each σ, the detectors and their errors
    pub counted: Vec<Vec<Counted>>,
    /// For each σ, what was learned
    pub detectors: Vec<Vec<Detector>>,
}

/// The section as a program.
#[derive(Debug)]
pub struct MimoChannels;

impl Section for MimoChannels {
    const NAME: &'static str = "sec5_mimo_channels";
    const TITLE: &'static str = "MIMO detection: one channel, or all channels?";
    const HELP: &'static str = "\
Each signal comes through a random channel of its own, which the receiver knows. A network that is given y and H, and unfolded \
detectors with 3, 11 and 21 learned numbers, are trained for several noise levels; symbol errors are counted for them, zero \
forcing, LMMSE and maximum likelihood in the same signals. A network that was trained on one channel is there too.";
    const PRESETS: &'static [Preset] = &[Preset {
        name: "quick",
        about: "A smaller experiment, done in a moment: σ = 0.35, T = 1 and 5, few updates of the network",
        values: &[
            ("noise_std", "0.35"),
            ("num_iterations", "1,5"),
            ("network_updates", "500"),
            ("num_updates", "50"),
            ("num_test", "5000"),
        ],
    }];
    type Config = Config;
    type Outcome = Outcome;

    fn run(config: &Config, context: &mut Context) -> Result<Outcome> {
        config::validate(config)?;
        config::ascending("--noise-std", &config.noise_std)?;
        config::ascending("--num-iterations", &config.num_iterations)?;
        context.phase(Phase::Training);
        let seed = context.seed;
        let unfolded = config.num_iterations.iter().map(|&depth| Kind::Unfolded(depth));
        let kinds: Vec<Kind> = unfolded.chain([Kind::Network, Kind::OneChannel]).collect();
        let items: Vec<_> =
            (0..config.noise_std.len()).flat_map(|index| kinds.iter().map(move |&kind| (index, kind))).collect();
        context.progress_span(0.0, 0.9);
        let train = |&item: &_| train(config, item, seed);
        let detectors =
            ensemble::train(context, "detectors", &items, train, |item, one| one.finished(config.noise_std[item.0]))?;
        let detectors: Vec<_> = detectors.chunks(kinds.len()).map(<[Detector]>::to_vec).collect();
        let (levels, mut counted) = (config.noise_std.len() as f64, vec![]);
        for (&noise_std, detectors) in config.noise_std.iter().zip(&detectors) {
            let done = counted.len() as f64;
            context.progress_span(0.9 + 0.1 * done / levels, 0.9 + 0.1 * (done + 1.0) / levels);
            let problem = Channels { num_antennas: config.num_antennas, noise_std };
            counted.push(count(&problem, detectors, config.num_test, context)?);
        }
        Ok(Outcome { counted, detectors })
    }

    fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
        report::report(config, outcome)
    }
}
