//! Chapter 3, a question: what does incremental training gain over training at full depth?
//!
//! The problem is least squares, as in [`crate::least_squares`], with a matrix of its own for each seed. From the same budget,
//! counted in iterations that are computed while training, the step sizes are learned in three ways: incrementally; at full
//! depth from the same start, in which all step sizes are equal; and at full depth from step sizes that differ at the start,
//! drawn uniformly between 0 and twice the best fixed one.
//!
//! | symbol | here |
//! |---|---|
//! | ηₖ | the step sizes of [`crate::least_squares::GradientDescent`] |
//! | T, the depth | `num_generations` |
//!
//! Run it with `cargo run --release --bin sec3_training_modes`. Equal step sizes get equal gradients and stay equal.

use anyhow::Result;
use candle_core::{Device, Tensor};
use common::{
    config::{self, range},
    context::{Context, Finished, Phase},
    ensemble,
    figure::{Figure, Panel},
    linear_model::LinearModel,
    ops::AffineStep,
    sampling,
    section::{Preset, Report, Section},
    statistics::Spread,
    table::Table,
    unfolding::{Mode, Period, Schedule, Training, theory},
};

use crate::least_squares::{GradientDescent, Observations};

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
#[command(mut_arg("mode", |argument| argument.hide(true)))] // both are compared
pub struct Config {
    /// Number of seeds, each with its own matrix, 1 to 100
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = range::count(100))]
    pub num_seeds: usize,
    /// Number of observations m, 1 to 1000
    #[arg(long, value_name = "m", default_value_t = 100, value_parser = range::count(1000))]
    pub num_observations: usize,
    /// Number of unknowns n, 1 to 1000
    #[arg(long, value_name = "n", default_value_t = 50, value_parser = range::count(1000))]
    pub num_unknowns: usize,
    /// Periods T of the learned step sizes, each 1 to 1000 or 'free'
    #[arg(long, value_name = "T,…", default_value = "8,free", value_delimiter = ',', value_parser = Period::parse)]
    pub period: Vec<Period>,
    /// The incremental training; the other two have as many updates as its budget allows
    #[command(flatten)]
    #[serde(flatten)]
    pub training: Training,
}

impl Default for Config {
    fn default() -> Self {
        config::defaults()
    }
}

/// The ways to train, and the baseline that trains nothing.
pub const WAYS: [(&str, &str); 4] = [
    ("fixed", "best fixed step"),
    ("incremental", "incremental"),
    ("full_depth", "full depth, equal start"),
    ("full_depth_spread", "full depth, spread start"),
];

// ANCHOR: budget
/// The full-depth training with the budget of an incremental one, which computes (T + 1)/2 iterations per update on average.
pub fn same_budget(incremental: &Training) -> Training {
    let depth = incremental.num_generations;
    let num_updates = (incremental.num_updates * (depth + 1)).div_ceil(2 * depth);
    Training { mode: Mode::FullDepth, num_updates, ..*incremental }
}
// ANCHOR_END: budget

/// What came out.
#[derive(Debug)]
pub struct Outcome {
    /// For each period, for each of the [`WAYS`], for each seed: the MSE by iteration
    pub curves: Vec<Vec<Vec<Vec<f64>>>>,
}

/// The curves of one seed, for each period and way.
// ANCHOR: ways
fn one_seed(config: &Config, seed: u64, device: &Device) -> Result<Vec<Vec<Vec<f64>>>> {
    let mut context = Context::new(seed);
    let Config { num_observations: m, num_unknowns: n, ref period, ref training, .. } = *config;
    let incremental = Training { mode: Mode::Incremental, ..*training };
    let full_depth = same_budget(training);
    let model = LinearModel::gaussian(m, n, &mut context.rng(0), device)?;
    let problem = Observations { solution: model.solution(0.0)?, model };
    let step = AffineStep::new(&problem.model.gram)?;
    let algorithm = |step_size| GradientDescent { step: step.clone(), step_size };
    let eta = theory::fixed_step_size(theory::nonzero(&problem.model.eigenvalues));
    let fixed = algorithm(Schedule::constant("step_size", eta, device)?);
    let mut curves = vec![];
    for &period in period {
        let equal = || training.step_sizes(period, device);
        let length = period.length(training.num_generations);
        let start: Vec<f64> =
            sampling::uniform_vec(length, &mut context.rng(1)).iter().map(|u| 2.0 * eta * u).collect();
        let spread = Schedule::learned("step_size", &Tensor::new(start, device)?, training.learning_rate)?;
        let trainings = [
            (training, fixed.clone()),
            (&incremental, algorithm(equal()?)),
            (&full_depth, algorithm(equal()?)),
            (&full_depth, algorithm(spread)),
        ];
        let mut ways = vec![];
        for ((name, label), (training, algorithm)) in WAYS.iter().zip(&trainings) {
            let name = format!("{name}_{}", period.name());
            ways.push(training.method(&name, *label, &problem, algorithm, &mut context)?.mse);
        }
        curves.push(ways);
    }
    Ok(curves)
}
// ANCHOR_END: ways

/// The question as a program.
#[derive(Debug)]
pub struct TrainingModes;

impl Section for TrainingModes {
    const NAME: &'static str = "sec3_training_modes";
    const TITLE: &'static str = "Incremental training against training at full depth";
    const HELP: &'static str = "\
Least squares by gradient descent, unfolded: step sizes with period 8 and free ones are learned incrementally and, from the \
same budget, at full depth, once from equal and once from different step sizes at the start, for several seeds. The figure \
shows the MSE after each iteration, median and range. Try --learning-rate 0.001 and --period 1.";
    const PRESETS: &'static [Preset] = &[Preset {
        name: "quick",
        about: "A first look: 3 seeds, n = 20, 25 iterations",
        values: &[
            ("num_seeds", "3"),
            ("num_observations", "40"),
            ("num_unknowns", "20"),
            ("num_generations", "25"),
            ("learning_rate", "3e-4"),
        ],
    }];
    type Config = Config;
    type Outcome = Outcome;

    fn run(config: &Config, context: &mut Context) -> Result<Outcome> {
        config::validate(config)?;
        config::distinct("--period", &config.period)?;
        context.phase(Phase::Training);
        let seeds: Vec<u64> = (0..config.num_seeds as u64).map(|i| context.seed.wrapping_add(i)).collect();
        let device = context.device.clone();
        let names = || config.period.iter().flat_map(|period| WAYS.map(|(way, _)| format!("{way}_{}", period.name())));
        let train = |&seed: &u64| one_seed(config, seed, &device);
        let by_seed = ensemble::train(context, "mse", &seeds, train, |seed, curves| {
            let columns: Vec<_> = names().zip(curves.concat()).collect();
            Ok(Finished::new(format!("seed_{seed}"), Table::of_columns("iteration", 0, &columns)))
        })?;
        let of = |period: usize, way: usize| by_seed.iter().map(|curves| curves[period][way].clone()).collect();
        let ways = |period| (0..WAYS.len()).map(|way| of(period, way)).collect();
        Ok(Outcome { curves: (0..config.period.len()).map(ways).collect() })
    }

    fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
        let Training { num_generations, num_updates, .. } = config.training;
        let full_depth = same_budget(&config.training).num_updates;
        let last = config.training.num_iterations();
        let mut summary = format!(
            "{num_generations} generations of {num_updates} updates (incremental) or {full_depth} updates (full depth)\n\
             MSE after {last} iterations, median [least, largest] of {} seeds\n",
            config.num_seeds
        );
        let (mut figure, mut columns) = (Figure::new().columns(1), vec![]);
        let (mut headline, mut final_loss) = (String::new(), None);
        for (period, ways) in config.period.iter().zip(&outcome.curves) {
            let title = format!("Step sizes, {}", period.label());
            summary += &format!("step sizes, {}\n", period.label());
            let mut panel = Panel::new(title, "iteration", "MSE, median and range").log_y();
            for (style, ((name, label), curves)) in WAYS.iter().zip(ways).enumerate() {
                let spread = Spread::of(curves);
                let [median, low, high] = spread.at(last);
                summary += &format!("  {label:<26} {median:.2e} [{low:.2e}, {high:.2e}]\n");
                let xs: Vec<f64> = (0..spread.median.len()).map(|k| k as f64).collect();
                panel = spread.draw(panel, *label, &xs, style);
                columns.push((format!("{name}_{}", period.name()), spread.median));
                headline = format!("{headline}{}{label} {median:.0e}", if headline.is_empty() { "" } else { ", " });
                final_loss = Some(median);
            }
            figure = figure.panel(panel);
        }
        let mut report = Report::new(headline, summary)
            .table("mse", &Table::of_columns("iteration", 0, &columns))
            .figure("training_modes", figure);
        report.final_loss = final_loss;
        Ok(report)
    }
}
