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

use std::cell::RefCell;

use anyhow::Result;
use candle_core::{DType, Device, Tensor};
use candle_nn::Optimizer as _;
use common::{
    averaging::IterateAverage,
    config::{self, range},
    context::{Context, Phase},
    ensemble, linalg,
    optim::{self, Optimizer, RateSchedule, Rule},
    quadrature::Quadrature,
    sampling,
    section::{Preset, Report, Section},
    training::{log_spaced, loss_value},
};

use crate::{
    rayleigh_ritz::{Curve, Ritz, Sum},
    rayleigh_ritz_random::{draw_coefficient, mean_coefficient},
};

mod report;

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

/// L(θ) = θᵀHθ + gᵀθ.
#[derive(Debug)]
pub struct Quadratic {
    /// H `[n, n]`
    pub h: Tensor,
    /// g `[n]`
    pub g: Tensor,
}

impl Quadratic {
    /// The quadratic of a sum with coefficient c of y′².
    // ANCHOR: quadratic
    pub fn of(sum: &Sum, c: f64) -> Result<Self> {
        let stacked = sum.matrix()?; // y(tᵢ), y′(tᵢ), y(0), y(1) as rows that act on θ
        let [squares, linear] = sum.integrand(c)?;
        let h = stacked.t()?.matmul(&stacked.broadcast_mul(&squares.unsqueeze(1)?)?)?; // H = Σ aᵢsᵢsᵢᵀ
        Ok(Self { h, g: stacked.t()?.matmul(&linear.unsqueeze(1)?)?.squeeze(1)? })
    }

    /// θ with 2Hθ = −g, as far as singular values above the cutoff tell.
    pub fn stationary(&self, cutoff: f64) -> Result<Tensor> {
        linalg::least_squares(&self.h, &(&self.g * -0.5)?, cutoff)
    }

    /// The same among all θ = Pz, with the projection P to y(0) = y(1) = 0.
    pub fn stationary_within(&self, projection: &Tensor, cutoff: f64) -> Result<Tensor> {
        let h = projection.matmul(&self.h)?.matmul(projection)?;
        let g = projection.matmul(&self.g.unsqueeze(1)?)?.squeeze(1)?;
        let z = linalg::least_squares(&h, &(g * -0.5)?, cutoff)?;
        Ok(projection.matmul(&z.unsqueeze(1)?)?.squeeze(1)?)
    }
    // ANCHOR_END: quadratic
}

/// P = I − E⁺E, which takes θ to the nearest one with y(0) = y(1) = 0; E is φ at both ends.
// ANCHOR: projection
pub fn projection(ritz: &Ritz) -> Result<Tensor> {
    let ends = ritz.basis().values(&[0.0, 1.0], &Device::Cpu)?; // E `[2, n]`
    let identity = Tensor::eye(ritz.num_basis, DType::F64, &Device::Cpu)?;
    Ok((identity - linalg::pseudo_inverse(&ends)?.matmul(&ends)?)?)
}
// ANCHOR_END: projection

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

/// How a training is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way {
    /// A name for figures
    pub name: &'static str,
    /// How the rate falls
    pub rate: RateSchedule,
    /// Draws of r per update
    pub num_draws: usize,
    /// Whether the mean of the last half of the iterates is taken
    pub averaged: bool,
}

/// Four ways for the random coefficient.
pub const WAYS: [Way; 4] = [
    Way { name: "last iterate", rate: RateSchedule::Constant, num_draws: 1, averaged: false },
    Way { name: "mean of the last half", rate: RateSchedule::Constant, num_draws: 1, averaged: true },
    Way { name: "ten draws per update", rate: RateSchedule::Constant, num_draws: 10, averaged: false },
    Way { name: "cosine rate", rate: RateSchedule::Cosine, num_draws: 1, averaged: false },
];

/// Adam from θ = 1; `see` looks at θ after the updates that `at` lists. The mean, or the last θ.
// ANCHOR: train
fn train(
    sum: &Sum,
    way: Way,
    num_updates: usize,
    coefficient: impl Fn() -> f64,
    mut see: impl FnMut(usize, &Tensor) -> Result<()>,
) -> Result<Tensor> {
    let theta = optim::parameter(&Tensor::ones(50, DType::F64, &Device::Cpu)?)?;
    let mut optimizer = Optimizer::new(vec![theta.clone()], Rule::Adam.with(1.0))?;
    let mut average = IterateAverage::new();
    for update in 0..num_updates {
        see(update, &theta)?;
        optimizer.set_learning_rate(way.rate.factor(update, num_updates));
        optimizer.backward_step(&sum.loss(&theta, &sum.integrand(coefficient())?)?)?;
        if 2 * (update + 1) > num_updates {
            average.add(std::slice::from_ref(&theta))?;
        }
    }
    see(num_updates, &theta)?;
    Ok(if way.averaged { average.mean(0, &theta)? } else { theta.as_detached_tensor().copy()? })
}
// ANCHOR_END: train

/// A long training: after some updates, the loss and the curve's largest error.
#[derive(Debug, Clone)]
pub struct Long {
    /// The updates
    pub updates: Vec<f64>,
    /// The losses
    pub losses: Vec<f64>,
    /// max |y − exact|
    pub errors: Vec<f64>,
}

/// The long trainings: rule and rate.
pub const LONG: [(Quadrature, RateSchedule); 4] = [
    (Quadrature::Right, RateSchedule::Constant),
    (Quadrature::Right, RateSchedule::Cosine),
    (Quadrature::Gauss, RateSchedule::Constant),
    (Quadrature::Gauss, RateSchedule::Cosine),
];

/// The updates that the book makes.
const BOOK_UPDATES: usize = 300;

fn train_long(config: &Config, (quadrature, rate): (Quadrature, RateSchedule)) -> Result<Long> {
    let ritz = settings(quadrature, 1000.0);
    let sum = Sum::new(&ritz, &Device::Cpu)?;
    let at = |update| update == BOOK_UPDATES || log_spaced(config.num_updates, 12).contains(&update);
    let long = RefCell::new(Long { updates: vec![], losses: vec![], errors: vec![] });
    let way = Way { rate, ..WAYS[0] };
    train(
        &sum,
        way,
        config.num_updates,
        || 1.0,
        |update, theta| {
            if at(update) {
                let Solved { loss, curve } = solved(&ritz, &sum, theta, 1.0)?;
                let long = &mut *long.borrow_mut();
                long.updates.push(update as f64);
                long.losses.push(loss);
                long.errors.push(curve.error(1.0));
            }
            Ok(())
        },
    )?;
    Ok(long.into_inner())
}

/// The case (α, β) = (0, 1).
pub const CASE: (f64, f64) = (0.0, 1.0);

/// The largest error of one training with the random coefficient.
fn train_random(config: &Config, way: Way, seed: u64, index: u64) -> Result<f64> {
    let ritz = settings(Quadrature::Right, 1000.0);
    let (sum, rng) = (Sum::new(&ritz, &Device::Cpu)?, RefCell::new(sampling::rng(seed, index)));
    let draw = || draw_coefficient(CASE, way.num_draws, &mut rng.borrow_mut());
    let theta = train(&sum, way, config.num_random_updates, draw, |_, _| Ok(()))?;
    let c = mean_coefficient(CASE);
    Ok(Curve::of(ritz.basis(), &theta, c)?.error(c))
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
        // ANCHOR: closed
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
        // ANCHOR_END: closed
        let rules = Quadrature::ALL.map(|rule| Ok([closed(rule, 1000.0, false)?, closed(rule, 1000.0, true)?]));
        let penalties = PENALTIES.map(|penalty| closed(Quadrature::Gauss, penalty, false));
        context.phase(Phase::Training);
        context.progress_span(0.0, 0.5);
        let long = ensemble::map(context, &LONG, |&which| train_long(config, which))?;
        context.progress_span(0.5, 1.0);
        let seeds = 0..config.num_seeds as u64;
        let items: Vec<_> = WAYS.iter().flat_map(|&way| seeds.clone().map(move |i| (way, i))).collect();
        let seed = context.seed;
        let random = ensemble::map(context, &items, |&(way, index)| train_random(config, way, seed, index))?;
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
