//! Section 5: belief propagation with learned weights, for the code BCH(31, 16).
//!
//! On a graph with cycles belief propagation is no longer exact: messages come back to where they began and are counted
//! twice. Unfolded, its iterations are layers, and each edge gets a weight in each of them:
//!
//! - β_{i→j} = ξ·(λ_i + Σ_{j'≠j} α_{j'→i}), with ξ of its own for each edge and iteration,
//! - α_{j→i} = 2 atanh Π_{i'≠i} tanh(β_{i'→j}/2), and at the end x̂_i = tanh γ_i with γ_i = λ_i + Σ_j α_{j→i}.
//!
//! All ξ start at 1, where this is plain belief propagation, and are learned with the loss ‖x − x̂‖² over noisy random codewords.
//!
//! | symbol | here |
//! |---|---|
//! | H | [`Code`] |
//! | ξ `[iterations, E]` | [`Decoder`]`::weight` |
//! | x, y, λ | [`Channel`] |
//!
//! Run it with `cargo run --release --bin sec5_bp_train`. At σ = 0.5 the learned weights leave fewer bit errors than plain belief
//! propagation; maximum likelihood shows how many more could be corrected.

use anyhow::{Context as _, Result};
use candle_core::{DType, Device, Tensor};
use candle_nn::Optimizer as _;
use common::{
    config::{self, range},
    context::{Context, Phase},
    optim::{Optimizer, Rule},
    sampling::{self, Rng},
    section::{Input, Preset, Report, Section},
    table::Table,
    training::log_losses,
    unfolding::{Algorithm, Batch, Problem, Schedule, batch_gradient},
};

use crate::codes::{Code, Encoder, channel_llr};

mod decoder;
mod report;
mod test_words;
pub use decoder::{Decoder, SoftOutput};
pub use report::union_bound;
pub use test_words::{Contender, Errors, count_errors};

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
pub struct Config {
    /// Standard deviation σ of the noise, > 0
    #[arg(long, value_name = "σ", default_value_t = 0.5, value_parser = range::positive)]
    pub noise_std: f64,
    /// Iterations of the decoder, 1 to 100
    #[arg(long, value_name = "T", default_value_t = 5, value_parser = range::count(100))]
    pub num_iterations: usize,
    /// What is compared with the word
    #[arg(long, value_enum, default_value = "tanh-gamma")]
    pub soft_output: SoftOutput,
    /// Adam updates, each on a fresh mini-batch, 0 to 100000
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = range::whole(0, 100_000))]
    pub num_updates: usize,
    /// Words in a mini-batch K, 1 to 50000
    #[arg(long, value_name = "K", default_value_t = 100, value_parser = range::count(50_000))]
    pub batch_size: usize,
    /// Adam's learning rate, > 0
    #[arg(long, value_name = "α", default_value_t = 1e-2, value_parser = range::positive)]
    pub learning_rate: f64,
    /// Words that errors are counted in, 100 to 10000000
    #[arg(long, value_name = "K", default_value_t = 100_000, value_parser = range::whole(100, 10_000_000))]
    pub num_test: usize,
    /// The first words of those are decoded by maximum likelihood too, 0 to 10000000 (BCH code only)
    #[arg(long, value_name = "K", default_value_t = 20_000, value_parser = range::whole(0, 10_000_000))]
    pub num_ml: usize,
}

impl Default for Config {
    fn default() -> Self {
        config::defaults()
    }
}

/// Random codewords, sent as x = 1 − 2c, received as y = x + σn.
// ANCHOR: channel
#[derive(Debug)]
pub struct Channel {
    /// Draws codewords
    pub encoder: Encoder,
    /// Bits n, and edges E of the Tanner graph
    pub size: (usize, usize),
    /// σ
    pub noise_std: f64,
    /// Where words and messages live
    pub device: Device,
}

impl Problem for Channel {
    type Data = Tensor; // λ, [K, n]

    fn draw(&self, count: usize, rng: &mut Rng) -> Result<Batch<Tensor>> {
        let (device, (n, edges)) = (&self.device, self.size);
        let x: Vec<f64> = (0..count).flat_map(|_| self.encoder.symbols(rng)).collect();
        let x = Tensor::from_vec(x, (count, n), device)?;
        let y = (&x + (sampling::normal_matrix(count, n, rng, device)? * self.noise_std)?)?; // y = x + σn
        let start = Tensor::zeros((count, edges), x.dtype(), device)?; // all α = 0
        Ok(Batch { start, solution: x, data: channel_llr(&y, self.noise_std)? }) // λ = 2y/σ²
    }
}
// ANCHOR_END: channel

/// What came out.
#[derive(Debug)]
pub struct Outcome {
    /// The code
    pub code: Code,
    /// Mean loss of a word before each update
    pub history: Table,
    /// ξ `[T, E]`
    pub weights: Tensor,
    /// Counted errors: no decoder, plain, learned, and maximum likelihood where there is one
    pub errors: Vec<Errors>,
}

/// Learns the weights of `decoder`.
// ANCHOR: train
pub fn train(
    config: &Config,
    channel: &Channel,
    decoder: &impl Algorithm<Data = Tensor>,
    context: &mut Context,
) -> Result<Table> {
    let mut history = Table::new("update", ["loss"]);
    let learned = decoder.schedules().into_iter().filter(|schedule| schedule.learning_rate().is_some());
    let parameters = learned.map(|schedule| schedule.parameter().clone()).collect();
    let mut adam = Optimizer::new(parameters, Rule::Adam.with(config.learning_rate))?;
    for update in 0..config.num_updates {
        let rng = |shard| sampling::rng(context.seed, 1000 * (update + 1) as u64 + shard as u64); // fresh words
        let (loss, gradients) =
            batch_gradient(channel, decoder, config.num_iterations, (update, config.batch_size), rng)?;
        log_losses(&mut history, update, &[loss])?; // ‖x − x̂‖²/K
        adam.step(&gradients)?;
        context.progress(update + 1, config.num_updates);
    }
    Ok(history)
}
// ANCHOR_END: train

/// The section as a program.
#[derive(Debug)]
pub struct BpTrain;

impl Section for BpTrain {
    const NAME: &'static str = "sec5_bp_train";
    const TITLE: &'static str = "Belief propagation with learned weights decodes BCH(31, 16)";
    const HELP: &'static str = "\
Five iterations of belief propagation, unfolded, with a weight for each of the 120 edges of the Tanner graph in each iteration. \
The weights are learned from noisy random codewords; the errors that remain are counted, without decoder, with plain and with \
learned belief propagation, and with maximum likelihood. Try --num-updates 5000, --soft-output posterior-mean, and another code \
with --alist.";
    const PRESETS: &'static [Preset] = &[Preset {
        name: "quick",
        about: "A smaller experiment, done in a moment: 200 updates, 10000 test words",
        values: &[("num_updates", "200"), ("num_test", "10000"), ("num_ml", "2000")],
    }];
    const INPUTS: &'static [Input] =
        &[Input { name: "alist", help: "Another code: its parity checks in MacKay's alist format", files: &[] }];
    type Config = Config;
    type Outcome = Outcome;

    fn run(config: &Config, context: &mut Context) -> Result<Outcome> {
        config::validate(config)?;
        let code = match context.input("alist") {
            None => Code::bch(),
            Some(file) => Code::from_alist(&String::from_utf8_lossy(&file.bytes))
                .with_context(|| format!("--alist {}", file.path))?,
        };
        let (edges, noise_std, device) = (code.edges().len(), config.noise_std, context.device.clone());
        let ones = Tensor::ones((config.num_iterations, edges), DType::F64, &device)?;
        let channel = Channel { encoder: Encoder::new(&code), size: (code.length, edges), noise_std, device };
        let plain = Decoder::new(&code, Schedule::fixed("weight", &ones)?, config.soft_output)?;
        let weight = Schedule::learned("weight", &ones, config.learning_rate)?;
        let learned = Decoder { weight, ..plain.clone() };

        context.phase(Phase::Training);
        context.progress_span(0.0, 0.6);
        let history = train(config, &channel, &learned, context)?;
        context.progress_span(0.6, 1.0);
        let unfolded = |name, decoder| Contender::unfolded(name, &code, decoder, config.num_iterations);
        let mut contenders = vec![Contender::new("no decoder", |lambda| Ok(lambda.clone()))];
        contenders.extend([unfolded("plain BP", &plain), unfolded("learned BP", &learned)]);
        if code == Code::bch() {
            contenders.push(Contender { num_words: config.num_ml, ..Contender::maximum_likelihood() });
        }
        let errors = count_errors(&channel, &contenders, config.num_test, 1 << 40, context)?;
        drop(contenders);
        let weights = learned.weight.copy()?;
        Ok(Outcome { code, history, weights, errors })
    }

    fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
        report::report(config, outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An update has 1000 streams, one for each shard of 50 words.
    #[test]
    fn no_batch_has_more_shards_than_streams() {
        let accepted = |batch_size| config::validate(&Config { batch_size, ..Config::default() }).is_ok();
        assert!(accepted(1000 * 50) && !accepted(1000 * 50 + 1));
    }
}
