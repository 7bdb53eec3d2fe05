//! Section 5: transmitter and receiver learned as one network.
//!
//! One of M = 32 messages is sent as a point of the plane. The encoder, a network, chooses the points; noise is added; the decoder,
//! another network, guesses the message. Trained together, end to end, they invent a constellation:
//!
//! - points p_m = e_m/√max_m‖e_m‖² with e_m the encoder's output for message m: no point outside the unit circle,
//! - y = p_m + σn, and the decoder's softmax(y) gives a probability to each message,
//! - loss ‖one-hot(m) − softmax(y)‖².
//!
//! Run it with `cargo run --release --bin sec5_autoencoder`. Training finds rings of points that nobody drew; now and then two messages
//! end on the same point. Several starts (`--num-starts`) and the best of them are better than constellations of the textbook.

use anyhow::Result;
use candle_core::{Device, Tensor};
use candle_nn::Optimizer as _;
use common::{
    config::{self, range},
    context::{Context, Finished, Phase},
    ensemble,
    optim::{Optimizer, Rule},
    sampling::{self, Rng},
    section::{Preset, Report, Section},
    table::Table,
    training::train,
};
use rand::Rng as _;

use crate::network::Network;

pub mod constellation;
mod model;
mod report;

use constellation::symbol_errors;
pub use model::Autoencoder2;

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
pub struct Config {
    /// Messages M, 2 to 256
    #[arg(long, value_name = "M", default_value_t = 32, value_parser = range::whole(2, 256))]
    pub num_messages: usize,
    /// Units of the hidden layers, 1 to 10000
    #[arg(long, value_name = "m", default_value_t = 10, value_parser = range::count(10_000))]
    pub num_hidden: usize,
    /// Standard deviation σ of the noise in each direction, > 0
    #[arg(long, value_name = "σ", default_value_t = 0.1, value_parser = range::positive)]
    pub noise_std: f64,
    /// Adam updates, each on fresh messages, 1 to 1000000
    #[arg(long, value_name = "N", default_value_t = 5000, value_parser = range::count(1_000_000))]
    pub num_updates: usize,
    /// Messages in a mini-batch K, 1 to 100000
    #[arg(long, value_name = "K", default_value_t = 100, value_parser = range::count(100_000))]
    pub batch_size: usize,
    /// Adam's learning rate, > 0
    #[arg(long, value_name = "α", default_value_t = 0.01, value_parser = range::positive)]
    pub learning_rate: f64,
    /// Trainings from different random starts; the best one is shown, 1 to 1000
    #[arg(long, value_name = "S", default_value_t = 1, value_parser = range::count(1000))]
    pub num_starts: usize,
    /// Messages that errors are counted in, 1 to 10000000
    #[arg(long, value_name = "K", default_value_t = 200_000, value_parser = range::count(10_000_000))]
    pub num_test: usize,
}

impl Default for Config {
    fn default() -> Self {
        config::defaults()
    }
}

/// One training.
#[derive(Debug)]
pub struct Start {
    /// Mean loss before each update, and after the last
    pub history: Table,
    /// The constellation
    pub points: Vec<[f64; 2]>,
    /// Errors of the decoder that was learned, and of deciding for the nearest point
    pub errors: [usize; 2],
    /// The parameters by name
    pub parameters: Vec<(String, Tensor)>,
}

/// Trains a network from a start of its own and counts its errors; the messages and the noise of the count are the same for all.
// ANCHOR: train
pub fn fit(config: &Config, seed: u64, start: u64) -> Result<Start> {
    let device = &Device::Cpu;
    let network = Autoencoder2::new(config, &mut sampling::rng(seed, 10 + 2 * start), device)?;
    let parameters = [network.encoder.parameters(), network.decoder.parameters()].concat();
    let mut adam = Optimizer::new(parameters, Rule::Adam.with(config.learning_rate))?;
    let mut history = Table::new("update", ["loss"]);
    let rng = std::cell::RefCell::new(sampling::rng(seed, 11 + 2 * start));
    let draw = |count: usize, rng: &mut Rng| -> Result<(Vec<u32>, Tensor)> {
        let messages = (0..count).map(|_| rng.random_range(0..config.num_messages as u32)).collect();
        Ok((messages, (sampling::normal_matrix(count, 2, rng, device)? * config.noise_std)?))
    };
    train(&mut Context::new(seed), &mut history, &mut adam, config.num_updates, || {
        let (messages, noise) = draw(config.batch_size, &mut rng.borrow_mut())?;
        network.loss(&messages, &noise)
    })?;

    let points = network.points()?;
    let (messages, noise) = draw(config.num_test, &mut sampling::rng(seed, 1))?;
    let y = (points.index_select(&Tensor::new(&messages[..], device)?, 0)? + &noise)?;
    let decided = network.decoder.forward(&y)?.argmax(1)?.to_vec1::<u32>()?;
    let wrong = decided.iter().zip(&messages).filter(|(a, b)| a != b).count();
    let points: Vec<[f64; 2]> = points.to_vec2::<f64>()?.into_iter().map(|p| [p[0], p[1]]).collect();
    let nearest = symbol_errors(&points, &messages, &noise.to_vec2()?);
    let named = |side: &'static str, network: &Network| -> Result<Vec<(String, Tensor)>> {
        Ok(network.values()?.into_iter().map(|(name, values)| (format!("{side}_{name}"), values)).collect())
    };
    let parameters = [named("encoder", &network.encoder)?, named("decoder", &network.decoder)?].concat();
    Ok(Start { history, points, errors: [wrong, nearest], parameters })
}
// ANCHOR_END: train

/// What came out.
#[derive(Debug)]
pub struct Outcome {
    /// All trainings
    pub starts: Vec<Start>,
    /// The one with the fewest errors of the nearest point
    pub best: usize,
    /// Other constellations, with the errors of the nearest point in the same messages and noise
    pub textbook: Vec<(&'static str, Vec<[f64; 2]>, usize)>,
}

/// The section as a program.
#[derive(Debug)]
pub struct Autoencoder;

impl Section for Autoencoder {
    const NAME: &'static str = "sec5_autoencoder";
    const TITLE: &'static str = "Transmitter and receiver learned as one network";
    const HELP: &'static str = "\
32 messages are sent as points of the plane, through noise; an encoder that chooses the points and a decoder that guesses the \
message are trained end to end. The figure shows the constellation with the regions in which each point is the nearest one, beside \
constellations of the textbook at the same peak power. A training may put two messages on one point: try --num-starts 8 and \
--seed 2.";
    const PRESETS: &'static [Preset] = &[Preset {
        name: "starts",
        about: "Eight trainings from different starts, the best one shown",
        values: &[("num_starts", "8")],
    }];
    type Config = Config;
    type Outcome = Outcome;

    fn run(config: &Config, context: &mut Context) -> Result<Outcome> {
        config::validate(config)?;
        context.phase(Phase::Training);
        let (seed, numbers) = (context.seed, (0..config.num_starts as u64).collect::<Vec<_>>());
        let train = |&start: &u64| fit(config, seed, start);
        let starts =
            ensemble::train(context, "losses", &numbers, train, |start, Start { history, parameters, .. }| {
                let name = format!("start_{}", start + 1);
                Ok(Finished { parameters: parameters.clone(), ..Finished::new(name, history.clone()) })
            })?;
        let best = (0..starts.len()).min_by_key(|&i| starts[i].errors[1]).unwrap_or(0);
        let mut textbook = vec![];
        if config.num_messages == 32 {
            let rng = &mut context.rng(1);
            let messages: Vec<u32> = (0..config.num_test).map(|_| rng.random_range(0..32)).collect();
            let noise =
                (sampling::normal_matrix(config.num_test, 2, rng, &context.device)? * config.noise_std)?.to_vec2()?;
            for (name, points) in constellation::textbook() {
                let errors = symbol_errors(&points, &messages, &noise);
                textbook.push((name, points, errors));
            }
        }
        Ok(Outcome { starts, best, textbook })
    }

    fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
        report::report(config, outcome)
    }
}
