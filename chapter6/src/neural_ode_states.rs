//! Chapter 6, an open question: how many states does a neural ODE need?
//!
//! The four functions of [`crate::neural_ode`] are fitted with 1, 2 and 4 states, from three start values of the weights and many
//! seeds. A solution of an autonomous equation in one state is monotone, so the loss of one state is at least that of the best
//! monotone fit that starts at 0, which isotonic regression computes. (Euler's steps keep this as long as the right-hand side
//! nowhere falls with a slope steeper than 1/η, here 50.)
//!
//! | symbol | here |
//! |---|---|
//! | d | `STATES` |
//! | the bound | [`monotone_bound`] |
//!
//! Run it with `cargo run --release --bin sec6_neural_ode_states`.

use anyhow::{Context as _, Result};
use candle_core::Device;
use common::{
    config::{self, range},
    context::{Context, Phase},
    ensemble, sampling,
    section::{Preset, Report, Section},
    training::Diverged,
};

use crate::neural_ode::{self, TARGETS, fit};

mod report;

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
pub struct Config {
    /// Number of seeds, each with its own noise and start, 1 to 1000
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = range::count(1000))]
    pub num_seeds: usize,
    /// Number of updates of each network, 1 to 100000
    #[arg(long, value_name = "K", default_value_t = 500, value_parser = range::count(100_000))]
    pub num_updates: usize,
}

impl Default for Config {
    fn default() -> Self {
        config::defaults()
    }
}

/// Numbers of states d.
pub const STATES: [usize; 3] = [1, 2, 4];

/// Standard deviations of the weights at the start.
pub const STARTS: [f64; 3] = [0.001, 0.1, 0.3];

/// A loss up to which a fit counts as done: twice what noise alone has on average.
pub const DONE: f64 = 0.4;

/// The sequence that never falls and is nearest to `values` in the sum of squares: pool adjacent violators.
// ANCHOR: isotonic
pub fn isotonic(values: &[f64]) -> Vec<f64> {
    let mut blocks: Vec<(f64, usize)> = vec![]; // mean and length of each level stretch
    for &value in values {
        blocks.push((value, 1));
        while let [.., (before, m), (last, n)] = blocks[..]
            && before > last
        {
            blocks.truncate(blocks.len() - 2);
            blocks.push(((before * m as f64 + last * n as f64) / (m + n) as f64, m + n));
        }
    }
    blocks.into_iter().flat_map(|(mean, length)| std::iter::repeat_n(mean, length)).collect()
}

/// The least Σ (x(tᵢ) − dataᵢ)² of any monotone x with x(0) = 0: rising from 0 or falling from 0.
pub fn monotone_bound(data: &[f64]) -> f64 {
    let rising = |data: &[f64]| -> f64 {
        let fit = isotonic(data).into_iter().map(|x| x.max(0.0)); // the nearest one that is not below its start
        fit.zip(data).map(|(x, y)| (x - y).powi(2)).sum()
    };
    let mirrored: Vec<f64> = data.iter().map(|y| -y).collect();
    rising(data).min(rising(&mirrored))
}
// ANCHOR_END: isotonic

/// One trained network.
#[derive(Debug, Clone, Copy)]
pub struct Trained {
    /// The loss at the end; infinite if the training diverged
    pub loss: f64,
    /// [`monotone_bound`] of its data
    pub bound: f64,
}

/// Which network: target, number of states, start, seed.
type Item = (usize, usize, f64, u64);

fn train(config: &Config, seed: u64, (target, num_states, start_std, index): Item) -> Result<Trained> {
    let network = neural_ode::Config { num_states, start_std, num_updates: config.num_updates, ..Default::default() };
    let (name, f) = TARGETS[target];
    let rng = |part| sampling::rng(seed, 4 * (4 * index + target as u64) + part); // the same noise for all states and starts
    let data = sampling::observe(f, &network.times(), network.noise_std, &mut rng(0));
    let loss = match fit(&network, f, &mut rng(0), &mut rng(1), &Device::Cpu) {
        Ok(fit) => fit.history.last("loss"),
        Err(error) if error.is::<Diverged>() => f64::INFINITY,
        Err(error) => return Err(error).with_context(|| format!("fitting {name}")),
    };
    Ok(Trained { loss, bound: monotone_bound(&data) })
}

/// What came out: for each target, for each number of states, for each start, for each seed.
#[derive(Debug)]
pub struct Outcome(pub Vec<Trained>);

impl Outcome {
    /// The runs of one setting.
    pub fn of(&self, config: &Config, target: usize, states: usize, start: usize) -> &[Trained] {
        let place = (target * STATES.len() + states) * STARTS.len() + start;
        &self.0[place * config.num_seeds..][..config.num_seeds]
    }
}

/// The section as a program.
#[derive(Debug)]
pub struct NeuralOdeStates;

impl Section for NeuralOdeStates {
    const NAME: &'static str = "sec6_neural_ode_states";
    const TITLE: &'static str = "How many states a neural ODE needs, and where to start";
    const HELP: &'static str = "\
Four functions of time are fitted by neural ODEs with 1, 2 and 4 states, from weights of standard deviation 0.001, 0.1 and \
0.3, with 16 seeds each. With one state the loss stays above that of the best monotone fit. The figure shows all losses. Try \
--num-updates 2000 (the smallest start gets there in the end).";
    const PRESETS: &'static [Preset] =
        &[Preset { name: "quick", about: "A first look: 4 seeds", values: &[("num_seeds", "4")] }];
    type Config = Config;
    type Outcome = Outcome;

    fn run(config: &Config, context: &mut Context) -> Result<Outcome> {
        config::validate(config)?;
        context.phase(Phase::Training);
        let mut items: Vec<Item> = vec![];
        for target in 0..TARGETS.len() {
            for states in STATES {
                for start in STARTS {
                    items.extend((0..config.num_seeds as u64).map(|index| (target, states, start, index)));
                }
            }
        }
        let seed = context.seed;
        Ok(Outcome(ensemble::map(context, &items, |&item| train(config, seed, item))?))
    }

    fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
        report::report(config, outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn isotonic_regression_pools_what_falls() {
        assert_eq!(isotonic(&[1.0, 3.0, 2.0, 2.0, 5.0]), [1.0, 7.0 / 3.0, 7.0 / 3.0, 7.0 / 3.0, 5.0]);
        assert_eq!(isotonic(&[3.0, 2.0, 1.0]), [2.0; 3]);
        assert_eq!(isotonic(&[1.0, 2.0, 3.0]), [1.0, 2.0, 3.0]);
        assert!(isotonic(&[]).is_empty());
        assert_eq!(monotone_bound(&[-1.0, -2.0, -3.0]), 0.0);
        assert_eq!(monotone_bound(&[1.0, -1.0]), 1.0);
    }

    /// No monotone sequence that starts at 0 does better, among many drawn at random.
    #[test]
    fn nothing_monotone_is_below_the_bound() {
        let rng = &mut sampling::rng(3, 0);
        let data = sampling::normal_vec(8, rng);
        let bound = monotone_bound(&data);
        for _ in 0..2000 {
            let steps = sampling::uniform_vec(8, rng);
            for sign in [1.0, -1.0] {
                let mut x = 0.0;
                let loss: f64 = data
                    .iter()
                    .zip(&steps)
                    .map(|(y, step)| {
                        x += sign * 0.5 * step;
                        (x - y).powi(2)
                    })
                    .sum();
                assert!(loss >= bound);
            }
        }
    }
}
