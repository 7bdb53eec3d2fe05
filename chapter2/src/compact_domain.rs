//! Section 2.5.2, a question of the reading group: why is the domain of g restricted to a connected compact set?
//!
//! The theorem (Cybenko 1989; Hornik 1991; Leshno et al. 1993): for every continuous f on a compact set K ⊂ ℝⁿ and every ε > 0
//! there is a network g with |g(x) − f(x)| < ε for all x in K. Three sets on which to look at it, each with networks of one
//! hidden layer (the models of [`crate::approximation`]), learned from points of K:
//!
//! - *bounded?* f(x) = sin x on [−R, R]: a finite sum of bounded units tends to constants far out, so no g follows the sine on
//!   all of ℝ; for a fixed number of units the error grows with R;
//! - *closed?* f(x) = 1/x on [ε, 1]: g is bounded near 0 and f is not, so the error on (0, 1] is infinite for every g;
//! - *connected?* a function on [0, 1] ∪ [2, 3]: nothing goes wrong. Connectedness makes the image an interval, no more.
//!
//! | symbol | here |
//! |---|---|
//! | K | [`Domain`] |
//! | g | [`crate::approximation::Model`] |
//!
//! Run it with `cargo run --release --bin sec2_5_2_compact_domain`.

use anyhow::{Context as _, Result, ensure};
use candle_core::{Device, Tensor};
use common::{
    config::{self, range},
    context::{Context, Finished, Phase},
    ensemble, ops,
    sampling::{self, grid},
    section::{Preset, Report, Section},
    table::Table,
};

use crate::approximation::{Activation, Model, Training};

pub mod domain;
mod report;

use domain::{Domain, reciprocal, sine, two_pieces};

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
#[command(mut_arg("num_samples", samples))]
pub struct Config {
    /// Networks with the 3h + 1 parameters that come nearest to n, from 4 to 400
    #[arg(long, value_name = "n", default_value_t = 50, value_parser = range::whole(4, 400))]
    pub num_parameters: usize,
    /// The R of sin x on [−R, R], as multiples of π, ascending, each from 0.001 to 1000
    #[arg(long, value_name = "R/π", value_delimiter = ',', default_value = "1,2,4,8,16", value_parser = half_width)]
    pub half_widths: Vec<f64>,
    /// The ε of 1/x on [ε, 1], descending, each from 1e-6 to 0.9
    #[arg(long, value_name = "ε", value_delimiter = ',', default_value = "0.3,0.1,0.03", value_parser = left_end)]
    pub left_ends: Vec<f64>,
    /// How the models are trained
    #[command(flatten)]
    #[serde(flatten)]
    pub training: Training,
}

fn samples(argument: clap::Arg) -> clap::Arg {
    let argument = argument.default_value("200").value_parser(range::whole(3, 2000));
    argument.help("Number N of points to fit, 3 to 2000")
}

fn half_width(text: &str) -> Result<f64, String> {
    let value = range::positive(text).ok().filter(|r| (1e-3..=1e3).contains(r));
    value.ok_or_else(|| "must be a number from 0.001 to 1000".into())
}

fn left_end(text: &str) -> Result<f64, String> {
    let value = range::positive(text).ok().filter(|left| (1e-6..=0.9).contains(left));
    value.ok_or_else(|| "must be a number from 1e-6 to 0.9".into())
}

impl Default for Config {
    fn default() -> Self {
        config::defaults()
    }
}

/// The networks that are compared, by activation function.
pub const NETWORKS: [(&str, Activation); 2] = [("tanh", Tensor::tanh), ("relu", ops::relu)];

/// What networks of one kind learned on one domain.
#[derive(Debug)]
pub struct Learned {
    /// K and f
    pub domain: Domain,
    /// Name of the activation function
    pub network: &'static str,
    /// g at the domain's points, for each seed
    pub curves: Vec<Vec<f64>>,
}

impl Learned {
    /// The largest |g − f| in K, for each seed.
    pub fn errors(&self) -> Vec<f64> {
        let Domain { f, points, .. } = &self.domain;
        let error = |g: &Vec<f64>| {
            let inside = points.iter().zip(g).filter(|(x, _)| self.domain.contains(**x));
            inside.map(|(&x, g)| (g - f(x)).abs()).fold(0.0, f64::max)
        };
        self.curves.iter().map(error).collect()
    }
}

/// Learns f from points of K, and returns g where it is looked at. The model knows t = (x − from)/(to − from) in the place
/// of x and learns f divided by its largest value, so that all domains are alike to it.
// ANCHOR: learn
fn learn(domain: &Domain, activation: Activation, repetition: u64, config: &Config, seed: u64) -> Result<Vec<f64>> {
    let (start, training) = (&mut sampling::rng(seed, repetition), &config.training);
    let model = Model::network(activation, config.num_parameters, training.slope_std, start, &Device::Cpu)?;
    let t = |x: &f64| (x - domain.from) / (domain.to - domain.from);
    let xs: Vec<f64> = grid(domain.from, domain.to, training.num_samples); // the points of K
    let xs: Vec<f64> = xs.into_iter().filter(|&x| domain.contains(x)).collect();
    let ys: Vec<f64> = xs.iter().map(|&x| (domain.f)(x)).collect();
    let scale = ys.iter().fold(0f64, |scale, y| scale.max(y.abs()));
    let scaled: Vec<f64> = ys.iter().map(|y| y / scale).collect();
    training.fit(&model, training.network_rate, &xs.iter().map(t).collect::<Vec<_>>(), &scaled, |_| Ok(()))?;
    let inputs = model.inputs(&domain.points.iter().map(t).collect::<Vec<_>>(), &Device::Cpu)?;
    Ok((model.forward(&inputs)? * scale)?.to_vec1()?)
}
// ANCHOR_END: learn

/// What came out.
#[derive(Debug)]
pub struct Outcome {
    /// sin x, for each R the [`NETWORKS`]
    pub sines: Vec<Learned>,
    /// 1/x, for each ε the [`NETWORKS`]
    pub reciprocals: Vec<Learned>,
    /// Two pieces, the [`NETWORKS`]
    pub pieces: Vec<Learned>,
}

/// The section as a program.
#[derive(Debug)]
pub struct CompactDomain;

impl Section for CompactDomain {
    const NAME: &'static str = "sec2_5_2_compact_domain";
    const TITLE: &'static str = "What a compact domain is for, and what a connected one";
    const HELP: &'static str = "\
Networks with one hidden layer learn three functions: sin x on [−R, R] for growing R, 1/x on [ε, 1] for shrinking ε, and a \
function on [0, 1] and [2, 3]. On every one of these compact sets a network comes close, in two pieces as in one; on the \
whole line, and on (0, 1], none does, whatever its size. Try --num-parameters 100.";
    const PRESETS: &'static [Preset] = &[Preset {
        name: "quick",
        about: "A first look: 3 seeds, 1000 updates",
        values: &[("num_seeds", "3"), ("num_updates", "1000")],
    }];
    type Config = Config;
    type Outcome = Outcome;

    fn run(config: &Config, context: &mut Context) -> Result<Outcome> {
        config::validate(config)?;
        config::ascending("--half-widths", &config.half_widths)?;
        let message = "invalid value for '--left-ends': must descend, each below the last";
        ensure!(config.left_ends.is_sorted_by(|a, b| a > b), config::Usage(message.into()));
        context.phase(Phase::Training);
        let sines = config.half_widths.iter().map(|&r| sine(r));
        let domains = sines.chain(config.left_ends.iter().map(|&left| reciprocal(left))).chain([two_pieces()]);
        let domains: Vec<Domain> = domains.collect();
        let networks = domains.iter().flat_map(|domain| NETWORKS.map(|network| (domain, network)));
        let seeds = 0..config.training.num_seeds as u64;
        let runs: Vec<_> = networks.flat_map(|run| seeds.clone().map(move |repetition| (run, repetition))).collect();
        let seed = context.seed;
        let train = |&((domain, (network, activation)), repetition): &((&Domain, (_, _)), _)| {
            let curve = learn(domain, activation, repetition, config, seed);
            curve.with_context(|| {
                format!("{network} on [{}, {}], repetition {}", domain.from, domain.to, repetition + 1)
            })
        };
        let curves =
            ensemble::train(context, "curves", &runs, train, |((domain, (network, _)), repetition), curve| {
                let name = format!("{network}_{}_{}_{}", domain.from, domain.to, repetition + 1);
                let columns = [("x".to_owned(), domain.points.clone()), ("g".to_owned(), curve.clone())];
                Ok(Finished::new(name, Table::of_columns("point", 0, &columns)))
            })?;
        let groups = runs.chunks(seeds.end as usize).zip(curves.chunks(seeds.end as usize));
        let learned = groups.map(|(runs, curves)| {
            let ((domain, (network, _)), _) = runs[0];
            Learned { domain: domain.clone(), network, curves: curves.to_vec() }
        });
        let mut sines: Vec<Learned> = learned.collect();
        let mut reciprocals = sines.split_off(NETWORKS.len() * config.half_widths.len());
        let pieces = reciprocals.split_off(NETWORKS.len() * config.left_ends.len());
        Ok(Outcome { sines, reciprocals, pieces })
    }

    fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
        report::report(config, outcome)
    }
}
