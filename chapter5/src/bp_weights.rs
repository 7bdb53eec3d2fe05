//! Question: how many weights does a decoder need?
//!
//! [`crate::bp_train`] learns 600 weights, one for each edge in each iteration. Here decoders with fewer stand beside it, on the
//! same words:
//!
//! - one weight ξ for all edges and iterations, or one for each iteration, or one for each edge too, on the messages from the
//!   variables, β = ξ(λ + Σ α), or on those from the checks, α = ξ·2 atanh Π tanh(β/2);
//! - more parity checks of the same code, all 31 cyclic shifts or all 465 of weight 8, and a single weight;
//! - ten times the iterations and no weight; maximum likelihood.
//!
//! | symbol | here |
//! |---|---|
//! | H, redundant rows too | [`Checks`] |
//! | ξ | [`Weighted`] |
//! | Eb/N0 = 1/(2Rσ²) | [`noise_std`] |
//!
//! Run it with `cargo run --release --bin sec5_bp_weights`.

use anyhow::Result;
use common::{
    config::{self, range},
    context::{Context, Phase},
    section::{Preset, Report, Section},
    unfolding::Schedule,
};

use crate::{
    bp_train::{Contender, Errors, SoftOutput, count_errors},
    codes::Code,
};

mod decoders;
pub mod report;

pub use decoders::{Checks, DECODERS, Place, Weighted, Weights, label};

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
pub struct Config {
    /// Where errors are counted as well: Eb/N0 in dB, ascending, each from -10 to 10
    #[arg(long, value_name = "dB,…", value_delimiter = ',', default_value = "2,3,4,5,6", value_parser = range::within(10.0))]
    pub ebn0: Vec<f64>,
    /// Standard deviation σ of the noise in training, > 0; errors are counted there too
    #[arg(long, value_name = "σ", default_value_t = 0.5, value_parser = range::positive)]
    pub noise_std: f64,
    /// Iterations T of the decoders, 1 to 100
    #[arg(long, value_name = "T", default_value_t = 5, value_parser = range::count(100))]
    pub num_iterations: usize,
    /// Iterations of the long plain decoder, 1 to 1000
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = range::count(1000))]
    pub num_long: usize,
    /// What training compares with the word
    #[arg(long, value_enum, default_value = "tanh-gamma")]
    pub soft_output: SoftOutput,
    /// Adam updates of the decoders with a weight for each edge, 0 to 100000
    #[arg(long, value_name = "N", default_value_t = 5000, value_parser = range::whole(0, 100_000))]
    pub num_updates: usize,
    /// Adam updates of the decoders with 1 or 5 weights, 0 to 100000
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = range::whole(0, 100_000))]
    pub num_few_updates: usize,
    /// Adam updates of the decoders with redundant checks, 0 to 100000
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = range::whole(0, 100_000))]
    pub num_redundant_updates: usize,
    /// Standard deviation of the noise in the training of those, > 0: at 0.5 hardly a word fails, and nothing is learned
    #[arg(long, value_name = "σ", default_value_t = 0.7, value_parser = range::positive)]
    pub redundant_noise_std: f64,
    /// Words in a mini-batch K, 1 to 50000
    #[arg(long, value_name = "K", default_value_t = 100, value_parser = range::count(50_000))]
    pub batch_size: usize,
    /// Adam's learning rate, > 0
    #[arg(long, value_name = "α", default_value_t = 1e-2, value_parser = range::positive)]
    pub learning_rate: f64,
    /// Words at each Eb/N0, the same for all decoders, 100 to 10000000
    #[arg(long, value_name = "K", default_value_t = 30_000, value_parser = range::whole(100, 10_000_000))]
    pub num_test: usize,
}

impl Default for Config {
    fn default() -> Self {
        config::defaults()
    }
}

/// σ at Eb/N0 = 1/(2Rσ²), given in dB, for the rate 16/31.
pub fn noise_std(ebn0: f64) -> f64 {
    (31.0 / 32.0 * 10f64.powf(-ebn0 / 10.0)).sqrt()
}

/// Eb/N0 in dB at noise σ: the inverse.
pub fn ebn0(noise_std: f64) -> f64 {
    -10.0 * (noise_std * noise_std * 32.0 / 31.0).log10()
}

/// What came out.
#[derive(Debug)]
pub struct Outcome {
    /// The learned weights of each of the [`DECODERS`]
    pub weights: Vec<Vec<f64>>,
    /// The training's noise, and then each Eb/N0
    pub points: Vec<Point>,
}

/// Errors at one noise.
#[derive(Debug)]
pub struct Point {
    /// Eb/N0 in dB
    pub ebn0: f64,
    /// σ
    pub noise_std: f64,
    /// Of no decoder, the [`DECODERS`], the long one and maximum likelihood
    pub errors: Vec<Errors>,
}

impl Point {
    /// The errors of the decoder `name`; of no decoder if there is none of that name.
    pub fn of(&self, name: &str) -> &Errors {
        self.errors.iter().find(|errors| errors.name == name).unwrap_or(&self.errors[0])
    }
}

/// The section as a program.
#[derive(Debug)]
pub struct BpWeights;

impl Section for BpWeights {
    const NAME: &'static str = "sec5_bp_weights";
    const TITLE: &'static str = "How many weights does a decoder need?";
    const HELP: &'static str = "\
Belief propagation for BCH(31, 16) with 0, 1, 5 and 600 learned weights, on the messages of either side; with redundant parity \
checks and one weight; with ten times the iterations; and maximum likelihood, on the same words. Bit and word error rates over \
Eb/N0. Try --soft-output posterior-mean, --num-updates 1000 and --noise-std 0.6.";
    const PRESETS: &'static [Preset] = &[Preset {
        name: "quick",
        about: "A smaller experiment: one point, few updates, 500 words",
        values: &[
            ("ebn0", "3"),
            ("num_updates", "100"),
            ("num_few_updates", "100"),
            ("num_redundant_updates", "3"),
            ("num_test", "500"),
        ],
    }];
    type Config = Config;
    type Outcome = Outcome;

    fn run(config: &Config, context: &mut Context) -> Result<Outcome> {
        config::validate(config)?;
        config::ascending("--ebn0", &config.ebn0)?;
        context.phase(Phase::Training);
        let trained = decoders::train_all(config, context)?;
        let mut contenders = vec![Contender::new("no decoder", |lambda| Ok(lambda.clone()))];
        for ((name, ..), (code, decoder)) in DECODERS.iter().zip(&trained) {
            contenders.push(Contender::unfolded(name, code, decoder, config.num_iterations));
        }
        let (code, plain) = &trained[0];
        contenders.push(Contender::unfolded("plain long", code, plain, config.num_long));
        contenders.push(Contender::maximum_likelihood());

        let at_training = (ebn0(config.noise_std), config.noise_std);
        let noises: Vec<_> =
            std::iter::once(at_training).chain(config.ebn0.iter().map(|&e| (e, noise_std(e)))).collect();
        let mut points = vec![];
        for (index, &(ebn0, noise_std)) in noises.iter().enumerate() {
            let part = |i: usize| 0.4 + 0.6 * i as f64 / noises.len() as f64;
            context.progress_span(part(index), part(index + 1));
            let stream = 1 << 40 | (index as u64) << 32; // the same words for all
            let errors =
                count_errors(&decoders::channel(code, noise_std), &contenders, config.num_test, stream, context)?;
            points.push(Point { ebn0, noise_std, errors });
        }
        drop(contenders);
        let values = |(_, decoder): &(Code, Weighted)| decoder.learned().map_or(Ok(vec![]), Schedule::values);
        Ok(Outcome { weights: trained.iter().map(values).collect::<Result<_>>()?, points })
    }

    fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
        report::report(config, outcome)
    }
}
