//! Chapter 6, an open question: why does more training make the curve of [`crate::rayleigh_ritz`] no better, and why does the
//! random one never settle?
//!
//! The sum is a quadratic in θ, L(θ) = θᵀHθ + gᵀθ, so its stationary point is 2Hθ = −g, by a truncated singular value decomposition
//! (H is as good as singular: neighbouring bumps are nearly the same function). It is compared for six quadrature rules, with
//! penalties and with y(0) = y(1) = 0 held exactly, with long trainings, and for the random coefficient with four ways to train.
//!
//! | symbol | here |
//! |---|---|
//! | H, g | [`Quadratic`] |
//! | λ | `penalty` |
//! | P, the projection to y(0) = y(1) = 0 | `projection` |
//!
//! Run it with `cargo run --release --bin sec6_ritz_analytic`.

use anyhow::Result;
use candle_core::{Device, Tensor};
use common::{
    config::{self, range},
    context::{Context, Finished, Phase},
    ensemble,
    quadrature::Quadrature,
    section::{Preset, Report, Section},
    table::Table,
    training::loss_value,
};

use crate::rayleigh_ritz::{Curve, Ritz, Sum};

mod quadratic;
mod report;
mod trainings;

pub use quadratic::{Quadratic, projection};
pub use trainings::{CASE, LONG, Long, WAYS, Way};
use trainings::{train_long, train_random};

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
pub struct Config {
    /// Number of updates of the long trainings, 1 to 1000000
    #[arg(long, value_name = "K", default_value_t = 1500, value_parser = range::count(1_000_000))]
    pub num_updates: usize,
    /// Number of updates with a random coefficient, 1 to 100000
    #[arg(long, value_name = "K", default_value_t = 1000, value_parser = range::count(100_000))]
    pub num_random_updates: usize,
    /// Number of seeds for the random coefficient, 1 to 1000
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = range::count(1000))]
    pub num_seeds: usize,
    /// Singular values of H below this times the largest count as zero, from 0 to below 1
    #[arg(long, value_name = "C", default_value_t = 1e-13, value_parser = range::decay)]
    pub cutoff: f64,
}

impl Default for Config {
    fn default() -> Self {
        config::defaults()
    }
}

/// A curve and the value of the sum that it comes from.
#[derive(Debug, Clone)]
pub struct Solved {
    /// The loss
    pub loss: f64,
    /// The curve
    pub curve: Curve,
}

fn solved(ritz: &Ritz, sum: &Sum, theta: &Tensor, c: f64) -> Result<Solved> {
    Ok(Solved { loss: loss_value(&sum.loss(theta, &sum.integrand(c)?)?)?, curve: Curve::of(ritz.basis(), theta, c)? })
}

/// The book's settings with another quadrature and penalty.
pub fn settings(quadrature: Quadrature, penalty: f64) -> Ritz {
    let book: crate::rayleigh_ritz::Config = config::defaults();
    Ritz { quadrature, penalty, ..book.ritz }
}

/// Penalties that are compared.
pub const PENALTIES: [f64; 7] = [1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7];

/// What came out.
#[derive(Debug)]
pub struct Outcome {
    /// For each rule: with the book's penalty, and with the ends held exactly
    pub rules: Vec<[Solved; 2]>,
    /// By Gauss's rule, for each of the [`PENALTIES`]
    pub penalties: Vec<Solved>,
    /// For each of [`LONG`]
    pub long: Vec<Long>,
    /// For each of the [`WAYS`], for each seed
    pub random: Vec<Vec<f64>>,
}

/// The section as a program.
#[derive(Debug)]
pub struct RitzAnalytic;

impl Section for RitzAnalytic {
    const NAME: &'static str = "sec6_ritz_analytic";
    const TITLE: &'static str = "Rayleigh and Ritz in closed form, long trainings, and averages against noise";
    const HELP: &'static str = "\
The weights of the variational problem solve a linear system. It is solved for six quadrature rules, with penalties and with \
the boundary conditions held exactly; long trainings are set beside it; and for the random coefficient, the last iterate, the \
mean of iterates, ten draws per update and a falling rate are compared over 20 seeds. Try --cutoff 1e-10.";
    const PRESETS: &'static [Preset] =
        &[Preset { name: "quick", about: "A first look: 4 seeds", values: &[("num_seeds", "4")] }];
    type Config = Config;
    type Outcome = Outcome;

    fn run(config: &Config, context: &mut Context) -> Result<Outcome> {
        config::validate(config)?;
        let closed = |quadrature, penalty, exact_ends: bool| -> Result<Solved> {
            let ritz = settings(quadrature, penalty);
            let sum = Sum::new(&ritz, &Device::Cpu)?;
            let quadratic = Quadratic::of(&sum, 1.0)?;
            let theta = match exact_ends {
                true => quadratic.stationary_within(&projection(&ritz)?, config.cutoff)?,
                false => quadratic.stationary(config.cutoff)?,
            };
            solved(&ritz, &sum, &theta, 1.0)
        };
        let rules = Quadrature::ALL.map(|rule| Ok([closed(rule, 1000.0, false)?, closed(rule, 1000.0, true)?]));
        let penalties = PENALTIES.map(|penalty| closed(Quadrature::Gauss, penalty, false));
        context.phase(Phase::Training);
        context.progress_span(0.0, 0.5);
        let long = ensemble::train(
            context,
            "long",
            &LONG,
            |&which| train_long(config, which),
            |(rule, rate), long| {
                let columns = [("updates", &long.updates), ("loss", &long.losses), ("error", &long.errors)];
                let columns = columns.map(|(name, values)| (name.to_owned(), values.clone()));
                let name = format!("{}_{}", rule.label(), format!("{rate:?}").to_lowercase());
                Ok(Finished::new(name, Table::of_columns("row", 0, &columns)))
            },
        )?;
        context.progress_span(0.5, 1.0);
        let seeds = 0..config.num_seeds as u64;
        let items: Vec<_> = WAYS.iter().flat_map(|&way| seeds.clone().map(move |i| (way, i))).collect();
        let seed = context.seed;
        let train = |&(way, index): &(Way, u64)| train_random(config, way, seed, index);
        let random = ensemble::train(context, "random", &items, train, |(way, index), &error| {
            let columns = [("error".to_owned(), vec![error])];
            Ok(Finished::new(format!("{} {}", way.name, index + 1), Table::of_columns("row", 0, &columns)))
        })?;
        Ok(Outcome {
            rules: rules.into_iter().collect::<Result<_>>()?,
            penalties: penalties.into_iter().collect::<Result<_>>()?,
            long,
            random: random.chunks(config.num_seeds).map(<[_]>::to_vec).collect(),
        })
    }

    fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
        report::report(config, outcome)
    }
}
