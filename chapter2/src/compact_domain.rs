//! Section 2.5.2, a question of the reading group: why does the approximation theorem ask for a compact domain?
//!
//! The theorem promises |g(x) − f(x)| < ε on a compact set, and training looks at points of that set only. Here
//! f(x) = exp(−5x)·sin(5x) is learned on [0, 1] and looked at on [−1, 2], by radial basis functions and by networks with
//! one hidden layer (the models of [`crate::rbf_vs_nn`], about 50 parameters each), from several start values.
//!
//! Outside, each goes on in its own way, whatever f does: bumps vanish, g → 0; relu is linear beyond its last bend,
//! g → ax + b; tanh saturates, g → constant. On [−1, 0) f grows to 140, and nothing in the data says so.
//!
//! | symbol | here |
//! |---|---|
//! | f | [`crate::rbf::target`] |
//! | g | [`crate::rbf_vs_nn::Model`] |
//!
//! Run it with `cargo run --release --bin sec2_5_2_compact_domain`.

use anyhow::Result;
use candle_core::Device;
use common::{
    config::{self, range},
    context::{Context, Phase},
    ensemble,
    figure::{Figure, Panel, Series},
    sampling::{self, grid},
    section::{Preset, Report, Section},
    statistics::Spread,
    table::Table,
};

use crate::{
    rbf::target,
    rbf_vs_nn::{Method, Model, Training},
};

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
pub struct Config {
    /// Number of basis functions n, from 4 to 400; the networks get the nearest 3h + 1 parameters
    #[arg(long, value_name = "n", default_value_t = 50, value_parser = range::whole(4, 400))]
    pub num_parameters: usize,
    /// How the models are trained
    #[command(flatten)]
    #[serde(flatten)]
    pub training: Training,
}

impl Default for Config {
    fn default() -> Self {
        config::defaults()
    }
}

/// What is compared.
pub const METHODS: [Method; 3] = [Method::Rbf, Method::Relu, Method::Tanh];

/// Where the learned functions are looked at.
pub fn evaluation_points() -> Vec<f64> {
    grid(-1.0, 2.0, 601)
}

/// What came out.
#[derive(Debug)]
pub struct Outcome {
    /// The learned g at the evaluation points: for each of the [`METHODS`], for each seed
    pub learned: Vec<Vec<Vec<f64>>>,
}

/// Learns f on [0, 1] and evaluates on [−1, 2].
// ANCHOR: learn
fn learn(method: Method, repetition: u64, config: &Config, seed: u64, device: &Device) -> Result<Vec<f64>> {
    let start = &mut sampling::rng(seed, repetition);
    let training = &config.training;
    let model = Model::new(method, config.num_parameters, training.slope_std, start, device)?;
    let ys: Vec<f64> = training.sample_points().into_iter().map(target).collect(); // f on [0, 1]
    training.fit(method, &model, &ys, device, |_| Ok(()))?;
    Ok(model.forward(&model.inputs(&evaluation_points(), device)?)?.to_vec1()?) // g on [−1, 2]
}
// ANCHOR_END: learn

/// The section as a program.
#[derive(Debug)]
pub struct CompactDomain;

impl Section for CompactDomain {
    const NAME: &'static str = "sec2_5_2_compact_domain";
    const TITLE: &'static str = "Approximation on a compact domain, and what happens outside";
    const HELP: &'static str = "\
exp(−5x)·sin(5x) is learned on [0, 1] by radial basis functions, a relu network and a tanh network, each from several start \
values, and looked at on [−1, 2]. Inside all agree with the target and with each other; outside each goes on in its own \
way. The figure shows the learned functions, one thin line per seed, and the error against x. Try --num-parameters 100 \
(outside does not get better) and --slope-std 1.";
    const PRESETS: &'static [Preset] = &[Preset {
        name: "quick",
        about: "A first look: 3 seeds, 1000 updates",
        values: &[("num_seeds", "3"), ("num_updates", "1000")],
    }];
    type Config = Config;
    type Outcome = Outcome;

    fn run(config: &Config, context: &mut Context) -> Result<Outcome> {
        config::validate(config)?;
        context.phase(Phase::Training);
        let seeds = config.training.num_seeds;
        let repetitions = |method| (0..seeds as u64).map(move |repetition| (method, repetition));
        let runs: Vec<_> = METHODS.into_iter().flat_map(repetitions).collect();
        let (seed, device) = (context.seed, context.device.clone());
        let learned =
            ensemble::map(context, &runs, |&(method, repetition)| learn(method, repetition, config, seed, &device))?;
        Ok(Outcome { learned: learned.chunks(seeds).map(<[_]>::to_vec).collect() })
    }

    fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
        let xs = evaluation_points();
        let truth: Vec<f64> = xs.iter().map(|&x| target(x)).collect();
        let mut summary = format!("{} seeds, learned on [0, 1]\n", config.training.num_seeds);
        let mut headline = vec![];
        for (method, curves) in METHODS.iter().zip(&outcome.learned) {
            let (errors, values) = (errors(curves, &truth), Spread::of(curves));
            let [left, inside, right] = REGIONS.map(|region| largest(&xs, region, &errors.high));
            let apart: Vec<f64> = values.high.iter().zip(&values.low).map(|(high, low)| high - low).collect();
            let [apart_left, apart_inside, apart_right] = REGIONS.map(|region| largest(&xs, region, &apart));
            let ends = [(0, "−1"), (xs.len() - 1, "2")].map(|(i, x)| {
                let ([g, low, high], slope) = (values.at(i), slopes(curves, i).at(0));
                format!(
                    "g({x}) = {g:.2} [{low:.2}, {high:.2}] with slope {:.2} [{:.2}, {:.2}]",
                    slope[0], slope[1], slope[2]
                )
            });
            summary += &format!(
                "{}, {} parameters\n  largest error of any seed: {inside:.1e} inside; {left:.1e} on [−1, 0), {right:.1e} on (1, 2]\n  \
                 seeds differ by at most    {apart_inside:.1e} inside; {apart_left:.1e} on [−1, 0), {apart_right:.1e} on (1, 2]\n  \
                 {}\n",
                method.label(),
                method.num_parameters(config.num_parameters),
                ends.join("; "),
            );
            headline.push(format!("{} {inside:.0e} inside, {:.0e} outside", method.name(), left.max(right)));
        }
        Ok(Report {
            headline: format!("largest error: {}", headline.join("; ")),
            summary,
            final_loss: None,
            tables: vec![("curves", table(outcome, &truth))],
            figures: vec![("compact_domain", figure(outcome, &truth))],
            parameters: vec![],
        })
    }
}

/// [−1, 0), [0, 1], (1, 2], by predicates that fit the grid.
const REGIONS: [fn(f64) -> bool; 3] = [|x| x < 0.0, |x| (0.0..=1.0).contains(&x), |x| x > 1.0];

fn largest(xs: &[f64], region: fn(f64) -> bool, values: &[f64]) -> f64 {
    let within = xs.iter().zip(values).filter(|&(&x, _)| region(x));
    within.map(|(_, &value)| value).fold(0.0, f64::max)
}

/// |g − f| over the seeds.
fn errors(curves: &[Vec<f64>], truth: &[f64]) -> Spread {
    let error = |g: &Vec<f64>| g.iter().zip(truth).map(|(g, f)| (g - f).abs()).collect::<Vec<_>>();
    Spread::of(&curves.iter().map(error).collect::<Vec<_>>())
}

/// Slopes of g at the first or last evaluation point over the seeds.
fn slopes(curves: &[Vec<f64>], end: usize) -> Spread {
    let xs = evaluation_points();
    let (a, b) = if end == 0 { (0, 1) } else { (end - 1, end) };
    let slope = |g: &Vec<f64>| [(g[b] - g[a]) / (xs[b] - xs[a])];
    Spread::of(&curves.iter().map(slope).collect::<Vec<_>>())
}

fn table(outcome: &Outcome, truth: &[f64]) -> Table {
    let names = METHODS.iter().flat_map(|method| {
        ["median", "low", "high", "error_median", "error_low", "error_high"]
            .map(|value| format!("{}_{value}", method.name()))
    });
    let mut table = Table::new("point", ["x".to_owned(), "target".to_owned()].into_iter().chain(names));
    let spreads: Vec<_> =
        outcome.learned.iter().flat_map(|curves| [Spread::of(curves), errors(curves, truth)]).collect();
    for (i, x) in evaluation_points().into_iter().enumerate() {
        let values = [x, truth[i]].into_iter().chain(spreads.iter().flat_map(|spread| spread.at(i)));
        table.push(i, &values.collect::<Vec<_>>());
    }
    table
}

fn figure(outcome: &Outcome, truth: &[f64]) -> Figure {
    let xs = evaluation_points();
    let mut figure = Figure::new().columns(2);
    let mut error = Panel::new("Error, median and range over the seeds", "x", "|g(x) − f(x)|").log_y();
    error = error.shade_x("learned here", 0.0, 1.0).y_range(1e-7, 1e3);
    for (style, (method, curves)) in METHODS.iter().zip(&outcome.learned).enumerate() {
        let mut panel = Panel::new(method.label(), "x", "g(x)").shade_x("learned here", 0.0, 1.0).y_range(-2.0, 2.0);
        for (seed, g) in curves.iter().enumerate() {
            let name = if seed == 0 { "learned g, one line per seed" } else { "" };
            panel = panel.series(Series::line(name, &xs, g).style(style).solid().thin());
        }
        figure = figure.panel(panel.series(Series::line("f(x)", &xs, truth).style(3).dashed()));
        error = errors(curves, truth).draw(error, method.label(), &xs, style);
    }
    figure.panel(error)
}
