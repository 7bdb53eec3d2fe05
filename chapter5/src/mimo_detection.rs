//! Section 5: a neural network detects signals that arrive mixed.
//!
//! Four antennas send x ∈ {±1}⁴, four receive y = Hx + σn: each hears a mixture. A network is trained to say x from y, for one
//! fixed H, with the loss ‖x − x̂‖² over random signals. What it is worth is seen beside
//!
//! - zero forcing, sign(H⁻¹y), which undoes the mixture and amplifies the noise,
//! - LMMSE, sign(Wy) with W = Hᵀ(HHᵀ + σ²I)⁻¹, the best linear estimate,
//! - maximum likelihood, the x of all 16 with the least ‖y − Hx‖², and the best decision for each bit (MAP).
//!
//! Run it with `cargo run --release --bin sec5_mimo_detection`. On the channel that it was trained for, the network lies between
//! LMMSE and maximum likelihood.

use anyhow::{Context as _, Result, ensure};
use candle_core::{Device, Tensor};
use candle_nn::Optimizer as _;
use common::{
    config::{self, range},
    context::{Context, Phase},
    loss::sum_squared_error,
    ops::Activation,
    optim::{Optimizer, Rule},
    sampling::{self, Rng},
    section::{Input, Report, Section},
    table::Table,
    training::train,
};
use nalgebra::DMatrix;
use rand::Rng as _;

use crate::network::Network;

pub mod detectors;
mod report;

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
pub struct Config {
    /// Antennas on each side n, 1 to 10
    #[arg(long, value_name = "n", default_value_t = 4, value_parser = range::count(10))]
    pub num_antennas: usize,
    /// Standard deviation σ of the noise, > 0
    #[arg(long, value_name = "σ", default_value_t = 0.75, value_parser = range::positive)]
    pub noise_std: f64,
    /// Units of each of the two hidden layers, 1 to 10000
    #[arg(long, value_name = "m", default_value_t = 50, value_parser = range::count(10_000))]
    pub num_hidden: usize,
    /// Adam updates, each on fresh signals, 1 to 100000
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = range::count(100_000))]
    pub num_updates: usize,
    /// Signals in a mini-batch K, 1 to 100000
    #[arg(long, value_name = "K", default_value_t = 50, value_parser = range::count(100_000))]
    pub batch_size: usize,
    /// Adam's learning rate, > 0
    #[arg(long, value_name = "α", default_value_t = 0.01, value_parser = range::positive)]
    pub learning_rate: f64,
    /// Signals that errors are counted in, 1 to 10000000: n symbols each
    #[arg(long, value_name = "K", default_value_t = 50_000, value_parser = range::count(10_000_000))]
    pub num_test: usize,
}

impl Default for Config {
    fn default() -> Self {
        config::defaults()
    }
}

/// Sends: x ∈ {±1}ⁿ and what arrives, y = Hx + σn, each `[count, n]`.
// ANCHOR: send
pub fn send(h: &Tensor, count: usize, noise_std: f64, rng: &mut Rng) -> Result<(Tensor, Tensor)> {
    let n = h.dim(1)?;
    let x: Vec<f64> = (0..count * n).map(|_| if rng.random() { 1.0 } else { -1.0 }).collect();
    let x = Tensor::from_vec(x, (count, n), h.device())?;
    let noise = sampling::normal_matrix(count, h.dim(0)?, rng, h.device())?;
    let y = (x.matmul(&h.t()?)? + (noise * noise_std)?)?;
    Ok((x, y))
}
// ANCHOR_END: send

/// Reads a square matrix: a row per line, numbers apart by commas. Errors name the line.
pub fn read_channel(text: &str) -> Result<Vec<Vec<f64>>> {
    let row = |(index, line): (usize, &str)| -> Result<Vec<f64>> {
        let number = |cell: &str| {
            let value = cell.trim().parse::<f64>().ok().filter(|v| v.is_finite());
            value.with_context(|| format!("line {}: '{}' is no finite number", index + 1, cell.trim()))
        };
        line.split(',').map(number).collect()
    };
    let rows =
        text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).map(row).collect::<Result<Vec<_>>>()?;
    let n = rows.len();
    ensure!((1..=10).contains(&n), "a square matrix of 1 to 10 rows expected, found {n} rows");
    for (index, row) in rows.iter().enumerate() {
        ensure!(row.len() == n, "row {} has {} numbers; with {n} rows there must be {n}", index + 1, row.len());
    }
    let matrix = DMatrix::from_fn(n, n, |i, j| rows[i][j]);
    ensure!(matrix.clone().lu().is_invertible(), "the matrix is singular: zero forcing cannot undo it");
    Ok(rows)
}

/// What came out.
#[derive(Debug)]
pub struct Outcome {
    /// H
    pub channel: DMatrix<f64>,
    /// Mean loss of a signal before each update, and after the last
    pub history: Table,
    /// Symbol errors counted in the same signals
    pub counted: Vec<detectors::Counted>,
    /// Symbols counted
    pub symbols: usize,
    /// The network
    pub parameters: Vec<(String, Tensor)>,
}

/// The section as a program.
#[derive(Debug)]
pub struct MimoDetection;

impl Section for MimoDetection {
    const NAME: &'static str = "sec5_mimo_detection";
    const TITLE: &'static str = "A neural network detects signals that arrive mixed";
    const HELP: &'static str = "\
Four antennas send ±1, four receive mixtures y = Hx + noise. A network of two hidden layers learns to say x from y for one \
random channel H; symbol errors are counted for it, zero forcing, LMMSE, maximum likelihood and the best decision for each bit, \
beside closed forms for the linear ones. Try --noise-std 0.4, --seed 2 (another channel) and --num-updates 5000.";
    const INPUTS: &'static [Input] =
        &[Input { name: "channel", help: "The channel H as CSV, a row per line", files: &[] }];
    type Config = Config;
    type Outcome = Outcome;

    // ANCHOR: run
    fn run(config: &Config, context: &mut Context) -> Result<Outcome> {
        config::validate(config)?;
        let device = &context.device.clone();
        let h = match context.input("channel") {
            None => sampling::normal_matrix(config.num_antennas, config.num_antennas, &mut context.rng(0), device)?,
            Some(file) => {
                let rows = read_channel(&String::from_utf8_lossy(&file.bytes));
                Tensor::new(rows.with_context(|| format!("--channel {}", file.path))?, device)?
            }
        };
        let (n, m, sigma) = (h.dim(0)?, config.num_hidden, config.noise_std);
        let layers = [Activation::Relu, Activation::Relu, Activation::Tanh];
        let network = Network::new(&[n, m, m, n], &layers, &mut context.rng(1), device)?;

        context.phase(Phase::Training);
        let mut adam = Optimizer::new(network.parameters(), Rule::Adam.with(config.learning_rate))?;
        let mut history = Table::new("update", ["loss"]);
        let rng = std::cell::RefCell::new(context.rng(2));
        train(context, &mut history, &mut adam, config.num_updates, || {
            let (x, y) = send(&h, config.batch_size, sigma, &mut rng.borrow_mut())?;
            Ok((sum_squared_error(&network.forward(&y)?, &x)? / config.batch_size as f64)?) // ‖x − x̂‖²/K
        })?;

        let (x, y) = send(&h, config.num_test, sigma, &mut context.rng(3))?;
        let channel = common::linalg::to_matrix(&h)?;
        let counted = detectors::count(&channel, sigma, &network.forward(&y)?, &x, &y)?;
        Ok(Outcome { channel, history, counted, symbols: config.num_test * n, parameters: network.values()? })
    }
    // ANCHOR_END: run

    fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
        report::report(config, outcome, &Device::Cpu)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_channels_are_told_apart() {
        let message = |text: &str| read_channel(text).unwrap_err().to_string();
        assert!(message("1,2\n3,x").contains("line 2: 'x'"));
        assert!(message("1,2\n3").contains("row 2 has 1 numbers"));
        assert!(message("1,2\n2,4").contains("singular"));
        assert!(message("").contains("0 rows"));
        assert_eq!(read_channel("1, 2\n\n3,4\n").unwrap(), [[1.0, 2.0], [3.0, 4.0]]);
    }
}
