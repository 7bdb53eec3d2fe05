//! Question: does a learned schedule of consensus beat theory?
//!
//! On the karate club and on random graphs with its degrees, x ← x − ηₖLx for a horizon of 75 iterations. Steps are learned with periods
//! T = 1, 2, 4, 8 and free, all from the expected error, which is known exactly, so that no sample is to blame: from that of the
//! last iterate, as published, from its logarithm, and from means over all iterates. Theory has the best constant, Chebyshev steps
//! in several orders, the three-term recursion, and steps 1/λ, after which nothing is left in exact arithmetic.
//!
//! | symbol | here |
//! |---|---|
//! | L, λᵢ | [`Graph`] |
//! | Eₖ = E‖xₖ − c‖² | [`errors`], and in double precision [`Curve`]`::counted` |
//! | T | `period` |
//!
//! Run it with `cargo run --release --bin sec5_consensus_schedules`.

use anyhow::Result;
use candle_core::{Device, Tensor, backprop::GradStore};
use common::{
    config::{self, range},
    context::{Context, Phase},
    section::{Preset, Report, Section},
    unfolding::{Draw, Period, Training},
};

use crate::du_consensus::{
    self, KARATE,
    spectral::{errors, gradient},
};

mod curve;
mod graph;
mod objective;
mod report;
pub mod theory;

pub use curve::Curve;
pub use graph::Graph;
pub use objective::Objective;

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
pub struct Config {
    /// Iterations, the horizon, 2 to 200
    #[arg(long, value_name = "k", default_value_t = 75, value_parser = range::whole(2, 200))]
    pub num_iterations: usize,
    /// Periods T of the steps, each 1 to 1000 or 'free'
    #[arg(long, value_name = "T,…", default_value = "1,2,4,8,free", value_delimiter = ',', value_parser = Period::parse)]
    pub period: Vec<Period>,
    /// Adam updates in each generation, 1 to 10000; as published there are 50
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = range::count(10_000))]
    pub num_updates: usize,
    /// Learning rate α of Adam, > 0
    #[arg(long, value_name = "α", default_value_t = 5e-4, value_parser = range::positive)]
    pub learning_rate: f64,
    /// Random graphs beside the karate club, 1 to 100
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = range::count(100))]
    pub num_graphs: usize,
    /// Starts that errors are counted on, 1 to 100000
    #[arg(long, value_name = "K", default_value_t = 200, value_parser = range::count(100_000))]
    pub num_test: usize,
}

impl Default for Config {
    fn default() -> Self {
        config::defaults()
    }
}

/// The ways to train: column, legend, objective, and whether with as few updates as published.
pub const WAYS: [(&str, &str, Objective, bool); 5] = [
    ("published", "last, as published", Objective::Last, true),
    ("last", "last iterate", Objective::Last, false),
    ("log_last", "log of the last", Objective::LogLast, false),
    ("mean", "mean over iterates", Objective::Mean, false),
    ("mean_log", "mean of the logs", Objective::MeanLog, false),
];

/// The legend of one of the [`WAYS`], which says so where the learning rate is not the published one.
pub fn legend(config: &Config, label: &str) -> String {
    let published = du_consensus::Config::default().training;
    let updates = format!("{} updates", published.num_updates);
    if config.learning_rate == published.learning_rate { label.into() } else { label.replace("as published", &updates) }
}

/// One period of steps, learned incrementally from 0.
// ANCHOR: train
pub fn train(
    config: &Config,
    graph: &Graph,
    period: Period,
    (name, objective, as_published): (&str, Objective, bool),
    context: &mut Context,
) -> Result<Vec<f64>> {
    let published = du_consensus::Config::default().training;
    let training = Training {
        num_generations: config.num_iterations,
        num_updates: if as_published { published.num_updates } else { config.num_updates },
        learning_rate: config.learning_rate,
        ..published
    };
    let step_size = training.step_sizes(period, &Device::Cpu)?;
    let (eigenvalues, ones) = (&graph.eigenvalues, &vec![1.0; graph.eigenvalues.len()]);
    let unrolled = |depth: usize| Ok(step_size.values()?.into_iter().cycle().take(depth).collect());
    let of_depth = |depth: usize, _: usize, _: &Draw| {
        let steps: Vec<f64> = unrolled(depth)?;
        let (loss, slopes) = objective.of(&errors(&steps, eigenvalues, ones));
        let mut sums = vec![0.0; step_size.period()];
        for (k, slope) in gradient(&steps, eigenvalues, ones, &slopes).iter().enumerate() {
            sums[k % step_size.period()] += slope;
        }
        let mut gradients = GradStore::default();
        gradients.insert(step_size.parameter(), Tensor::new(sums, &Device::Cpu)?);
        Ok((loss, gradients))
    };
    let last = |depth: usize| Ok(errors(&unrolled(depth)?, eigenvalues, ones)[depth]);
    training.train_by(name, &[&step_size], of_depth, last, context)?;
    unrolled(config.num_iterations)
}
// ANCHOR_END: train

/// What came out: for the karate club and then for each random graph, theory's curves and the learned ones.
#[derive(Debug)]
pub struct Outcome {
    /// Methods by graph, the same in each
    pub curves: Vec<Vec<Curve>>,
    /// Eigenvalues by graph
    pub eigenvalues: Vec<Vec<f64>>,
}

/// The section as a program.
#[derive(Debug)]
pub struct ConsensusSchedules;

impl Section for ConsensusSchedules {
    const NAME: &'static str = "sec5_consensus_schedules";
    const TITLE: &'static str = "Does a learned schedule of consensus beat theory?";
    const HELP: &'static str = "\
Steps of average consensus for 75 iterations on the karate club and on random graphs with its degrees. Learned from the exact expected \
error, with several periods and four losses; beside them the best constant, Chebyshev steps in several orders, the three-term \
recursion, and steps 1/λ that would end the error, were it not for rounding.";
    const PRESETS: &'static [Preset] = &[Preset {
        name: "quick",
        about: "A smaller experiment, done in a moment: 30 iterations, T = 2 and free, one random graph",
        values: &[("num_iterations", "30"), ("period", "2,free"), ("num_graphs", "1"), ("num_updates", "100")],
    }];
    const RESUMES: bool = true;
    type Config = Config;
    type Outcome = Outcome;

    fn run(config: &Config, context: &mut Context) -> Result<Outcome> {
        config::validate(config)?;
        config::distinct("--period", &config.period)?;
        let random = (0..config.num_graphs).map(|i| Graph::random(&mut context.rng(i as u64)));
        let graphs = std::iter::once(Graph::new(&KARATE)).chain(random).collect::<Result<Vec<_>>>()?;
        context.phase(Phase::Training);
        let total = (graphs.len() * config.period.len() * WAYS.len()) as f64;
        let (mut done, mut all) = (0.0, vec![]);
        for (i, graph) in graphs.iter().enumerate() {
            let mut curves = theory::curves(config, graph, context.seed)?;
            for (way, label, objective, as_published) in WAYS {
                for period in &config.period {
                    context.progress_span(done / total, (done + 1.0) / total);
                    done += 1.0;
                    let name = format!("learned_{way}_{}", period.name());
                    let kept = format!("graph_{i}_{name}");
                    let steps = train(config, graph, *period, (&kept, objective, as_published), context)?;
                    let label = format!("learned, {}, {}", legend(config, label), theory::period_label(*period));
                    curves.push(Curve::of_steps(config, graph, (name, label), steps, context.seed)?);
                }
            }
            all.push(curves);
        }
        Ok(Outcome { curves: all, eigenvalues: graphs.into_iter().map(|graph| graph.eigenvalues).collect() })
    }

    fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
        report::report(config, outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_published_learning_rate_is_called_so() {
        let of = |learning_rate| legend(&Config { learning_rate, ..Config::default() }, WAYS[0].1);
        assert_eq!(of(5e-4), "last, as published");
        assert_eq!(of(1e-3), "last, 50 updates");
    }
}
