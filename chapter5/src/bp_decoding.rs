//! Section 5: belief propagation decodes one word of a small code.
//!
//! Six bits satisfy three parity checks. Each bit was sent as x = ±1 and arrived as y = x + noise of variance v; what it says about
//! the bit is the log-likelihood ratio λ = 2y/v. Messages run along the edges of the Tanner graph:
//!
//! - β_{i→j} = λ_i + Σ_{j'≠j} α_{j'→i}, from bit i to check j,
//! - α_{j→i} = 2 atanh Π_{i'≠i} tanh(β_{i'→j}/2), from check j to bit i,
//! - γ_i = λ_i + Σ_j α_{j→i}, the bit's posterior log-likelihood ratio: exact, because this graph is a tree.
//!
//! | symbol | here |
//! |---|---|
//! | checks, edges | [`Code`] |
//! | λ, α, β, γ | `lambda`, `alpha`, `beta`, `gamma` |
//!
//! Run it with `cargo run --release --bin sec5_bp_decoding`. After three iterations γ is what enumeration of the 8 codewords gives.

use anyhow::Result;
use candle_core::Tensor;
use common::{
    config::{self, range},
    context::Context,
    figure::{Figure, Panel, Series},
    section::{Report, Section},
    table::Table,
};

use crate::codes::Code;

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
pub struct Config {
    /// Received values y of the six bits
    #[arg(
        long, value_name = "y,…", value_delimiter = ',', value_parser = range::finite,
        default_value = "1.620803,0.264281,-0.031637,-0.127654,0.746347,1.003543"
    )]
    pub received: Vec<f64>,
    /// Variance v of the noise, > 0 (10^(−0.1): a signal-to-noise ratio of 1 dB)
    #[arg(long, value_name = "v", default_value_t = 0.794_328_234_724_281_5, value_parser = range::positive)]
    pub noise_variance: f64,
    /// Iterations, 1 to 1000
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = range::count(1000))]
    pub num_iterations: usize,
}

impl Default for Config {
    fn default() -> Self {
        config::defaults()
    }
}

/// What came out.
#[derive(Debug)]
pub struct Outcome {
    /// The code
    pub code: Code,
    /// γ after 0, 1, … iterations
    pub gamma: Vec<Vec<f64>>,
    /// γ by enumeration of all codewords
    pub exact: Vec<f64>,
}

/// Sum-product decoding of one word with the channel's `lambda`: γ after 0, 1, … `num_iterations` iterations.
// ANCHOR: decode
pub fn decode(code: &Code, lambda: &[f64], num_iterations: usize, context: &Context) -> Result<Vec<Vec<f64>>> {
    let (check_node, variable_node) = (code.check_node(0.0)?, code.variable_node()?);
    let device = &context.device;
    let lambda = Tensor::new(lambda, device)?.unsqueeze(0)?; // [1, n]: a batch of one word
    let weight = Tensor::new(1.0, device)?; // nothing is weighted here
    let mut alpha = Tensor::new(vec![vec![0.0; code.edges().len()]], device)?; // nothing was said yet
    let mut history = vec![lambda.squeeze(0)?.to_vec1()?];
    for _ in 0..num_iterations {
        let beta = variable_node.forward(&alpha, &lambda, &weight)?; // β = λ + Σ of the other α
        alpha = check_node.forward(&beta)?; // α = 2 atanh Π of the other tanh(β/2)
        let gamma = variable_node.marginal(&alpha, &lambda)?; // γ = λ + Σ α
        history.push(gamma.squeeze(0)?.to_vec1()?);
    }
    Ok(history)
}
// ANCHOR_END: decode

/// γ by definition: log of the probability of all codewords with c_i = 0 over that of all with c_i = 1.
// ANCHOR: enumerate
pub fn enumerate(code: &Code, lambda: &[f64]) -> Vec<f64> {
    let words = (0..1usize << code.length).map(|w| (0..code.length).map(|i| w >> i & 1 == 1).collect::<Vec<bool>>());
    let codewords: Vec<Vec<bool>> = words.filter(|word| code.contains(word)).collect();
    // log P(y | c) up to a constant: ½ Σ ±λ_i; the largest is taken out so that nothing overflows
    let score =
        |word: &Vec<bool>| word.iter().zip(lambda).map(|(&bit, l)| if bit { -0.5 * l } else { 0.5 * l }).sum::<f64>();
    let log_sum = |i: usize, bit: bool| {
        let scores: Vec<f64> = codewords.iter().filter(|word| word[i] == bit).map(score).collect();
        let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        largest + scores.iter().map(|s| (s - largest).exp()).sum::<f64>().ln()
    };
    (0..code.length).map(|i| log_sum(i, false) - log_sum(i, true)).collect()
}
// ANCHOR_END: enumerate

/// The section as a program.
#[derive(Debug)]
pub struct BpDecoding;

impl Section for BpDecoding {
    const NAME: &'static str = "sec5_bp_decoding";
    const TITLE: &'static str = "Belief propagation decodes one word of a small code";
    const HELP: &'static str = "\
Six bits, three parity checks, one noisy word: messages on the Tanner graph make a posterior log-likelihood ratio of each bit. \
The graph is a tree, so after three iterations they are exact; the program compares them with an enumeration of all codewords. \
Try --received with values of your own.";
    type Config = Config;
    type Outcome = Outcome;

    fn run(config: &Config, context: &mut Context) -> Result<Outcome> {
        config::validate(config)?;
        let code = Code::tree();
        if config.received.len() != code.length {
            let found = config.received.len();
            return Err(config::Usage(format!(
                "--received takes {} values, one for each bit; got {found}",
                code.length
            ))
            .into());
        }
        let lambda: Vec<f64> = config.received.iter().map(|y| 2.0 * y / config.noise_variance).collect(); // λ = 2y/v
        let gamma = decode(&code, &lambda, config.num_iterations, context)?;
        Ok(Outcome { exact: enumerate(&code, &lambda), gamma, code })
    }

    fn report(_: &Config, outcome: &Outcome) -> Result<Report> {
        let Outcome { code, gamma, exact } = outcome;
        let last = &gamma[gamma.len() - 1];
        let bits = |values: &[f64]| values.iter().map(|v| if *v < 0.0 { '1' } else { '0' }).collect::<String>();
        let mut summary = format!("{:>3} {:>12} {:>12} {:>12}\n", "bit", "channel λ", "posterior γ", "enumerated");
        let mut table = Table::new("bit", ["gamma", "exact"]);
        for i in 0..code.length {
            summary += &format!("{:>3} {:>12.6} {:>12.6} {:>12.6}\n", i + 1, gamma[0][i], last[i], exact[i]);
            table.push(i + 1, &[last[i], exact[i]]);
        }
        let word: Vec<bool> = last.iter().map(|v| *v < 0.0).collect();
        let verdict = if code.contains(&word) { "a codeword" } else { "no codeword" };
        let error = last.iter().zip(exact).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        let close = if error < 1e-10 { "below 1e-10".to_owned() } else { format!("{error:.2e}") };
        summary += &format!("largest difference: {close}\n");
        summary += &format!("signs of the channel {}, of the posterior {} ({verdict})", bits(&gamma[0]), bits(last));
        let mut iterations = Table::new("iteration", (1..=code.length).map(|i| format!("gamma{i}")));
        gamma.iter().enumerate().for_each(|(k, values)| iterations.push(k, values));
        Ok(Report::new(format!("{} → {}", bits(&gamma[0]), bits(last)), summary)
            .table("posterior", &table)
            .table("iterations", &iterations)
            .figure("tanner_graph", Figure::new().panel(tanner_graph(code)).panel_size(900, 420))
            .figure("posterior", figure(outcome)))
    }
}

/// Bits above, checks below, an edge where a check holds a bit.
pub fn tanner_graph(code: &Code) -> Panel {
    let place = |index: usize, count: usize| (index as f64 + 0.5) / count as f64;
    let mut panel = Panel::new("Tanner graph", "", "").x_range(0.0, 1.0).y_range(-0.35, 1.3);
    for (j, check) in code.checks.iter().enumerate() {
        for &bit in check {
            let ends = ([place(bit, code.length), place(j, code.checks.len())], [1.0, 0.0]);
            panel = panel.series(Series::line("", &ends.0, &ends.1).style(7).solid().thin());
        }
        panel = panel.note(format!("check {}", j + 1), place(j, code.checks.len()), -0.15);
    }
    let (bits, checks) = (code.length, code.checks.len());
    let row = |count: usize| (0..count).map(|i| place(i, count)).collect::<Vec<_>>();
    for i in 0..bits {
        panel = panel.note(format!("bit {}", i + 1), place(i, bits), 1.12);
    }
    panel.series(Series::scatter("bits (variable nodes)", &row(bits), &vec![1.0; bits])).series(Series::scatter(
        "parity checks (check nodes)",
        &row(checks),
        &vec![0.0; checks],
    ))
}

/// γ of each bit by iteration, with the exact value as a thin line of the same colour.
fn figure(outcome: &Outcome) -> Figure {
    let counts: Vec<f64> = (0..outcome.gamma.len()).map(|k| k as f64).collect();
    let mut panel = Panel::new("Posterior by iteration (thin: exact)", "iteration", "γ").hline("", 0.0);
    for (i, exact) in outcome.exact.iter().enumerate() {
        let values: Vec<f64> = outcome.gamma.iter().map(|gamma| gamma[i]).collect();
        let ends = [counts[0], counts[counts.len() - 1]];
        panel = panel
            .series(Series::line("", &ends, &[*exact, *exact]).style(i).dotted().thin())
            .series(Series::line_with_markers(format!("bit {}", i + 1), &counts, &values).style(i));
    }
    Figure::new().panel(panel)
}

#[cfg(test)]
mod tests {
    use super::*;
    use common::sampling;

    #[test]
    fn on_a_tree_the_posterior_is_exact() -> Result<()> {
        let (code, rng) = (Code::tree(), &mut sampling::rng(5, 0));
        for scale in [0.1, 1.0, 4.0] {
            for _ in 0..50 {
                let lambda: Vec<f64> = sampling::normal_vec(6, rng).iter().map(|z| scale * z).collect();
                let gamma = decode(&code, &lambda, 3, &Context::new(1))?;
                let exact = enumerate(&code, &lambda);
                assert!(gamma[3].iter().zip(&exact).all(|(a, b)| (a - b).abs() < 1e-11), "{gamma:?} {exact:?}");
            }
        }
        Ok(())
    }

    #[test]
    fn no_message_is_no_number() -> Result<()> {
        let (code, infinite) = (Code::tree(), f64::INFINITY);
        for lambda in
            [[0.0; 6], [infinite, 0.0, -infinite, 1.0, infinite, -1.0], [1e308, -1e308, 1e308, 0.0, 2.0, 1e-320]]
        {
            let gamma = decode(&code, &lambda, 20, &Context::new(1))?;
            assert!(gamma.iter().flatten().all(|value| !value.is_nan()), "{lambda:?}: {gamma:?}");
        }
        Ok(())
    }
}
