//! Chapter 6, an open question: can the rates of Lotka–Volterra be found from data, and why does it fail so often?
//!
//! Both coordinates of x′ = αx − βxy, y′ = −γy + δxy from (1, 1) are observed at t = 0.5, 1 … 10, and log α … log δ are learned by
//! Adam on the sum of squared differences. Many starts around the truth; two ways to train:
//!
//! - **at once**: all observations from the first update on;
//! - **growing horizon**: the first observations only, then more and more, with parameters and Adam's state kept: chapter 3's
//!   incremental training for a solver.
//!
//! | symbol | here |
//! |---|---|
//! | log α … log δ | `log_theta` |
//! | number of observations in stage s | [`Config::observed_in`] |
//!
//! Run it with `cargo run --release --bin sec6_lv_identification`. The loss of a long horizon has many local minima: a path that is
//! out of step with the data gains nothing from a small change of its period. A short horizon has none of them.

use anyhow::Result;
use candle_core::{Device, Tensor};
use common::{
    config::{self, range},
    context::{Context, InputFile, Phase},
    ensemble,
    ode::Method,
    sampling::{grid, normal_vec},
    section::{Input, Preset, Report, Section},
    training::loss_value,
};

use crate::observations::Observations;

mod case;
mod problem;
mod report;

pub use case::{Case, observe};
pub use problem::{Fit, Problem, identify};

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
pub struct Config {
    /// Number of starts, 1 to 1000
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = range::count(1000))]
    pub num_starts: usize,
    /// Standard deviation of log α … log δ at the starts around the truth, >= 0
    #[arg(long, value_name = "S", default_value_t = 0.5, value_parser = range::non_negative)]
    pub start_std: f64,
    /// Standard deviation σ of the noise, where there is some, > 0
    #[arg(long, value_name = "σ", default_value_t = 0.1, value_parser = range::positive)]
    pub noise_std: f64,
    /// Time T at the end, > 0
    #[arg(long, value_name = "T", default_value_t = 10.0, value_parser = range::positive)]
    pub end_time: f64,
    /// Learning rate of Adam, > 0
    #[arg(long, value_name = "α", default_value_t = 0.02, value_parser = range::positive)]
    pub learning_rate: f64,
    /// Number of stages of the growing horizon, 1 to 1000
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = range::count(1000))]
    pub num_stages: usize,
    /// Number of updates in each stage, and so for all observations at once, 1 to 100000
    #[arg(long, value_name = "K", default_value_t = 50, value_parser = range::count(100_000))]
    pub num_updates: usize,
}

impl Default for Config {
    fn default() -> Self {
        config::defaults()
    }
}

impl Config {
    /// How many of `count` observations are used in `stage`, from 0.
    // ANCHOR: horizon
    pub fn observed_in(&self, stage: usize, strategy: Strategy, count: usize) -> usize {
        match strategy {
            Strategy::AtOnce => count,
            Strategy::Growing => (count * (stage + 1)).div_ceil(self.num_stages),
        }
    }
    // ANCHOR_END: horizon
}

/// How the observations come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    /// All from the first update on
    AtOnce,
    /// The first ones, then more and more
    Growing,
}

/// Both of them.
pub const STRATEGIES: [Strategy; 2] = [Strategy::AtOnce, Strategy::Growing];

/// The solvers: method and number of steps up to T.
pub const SOLVERS: [(Method, usize); 2] = [(Method::RungeKutta4, 240), (Method::Euler, 1000)];

/// α, β, γ, δ of the data.
pub const TRUTH: [f64; 4] = [1.5, 1.0, 3.0, 1.0];

/// Two runs whose log-parameters differ by at most this have found the same.
pub const SAME: f64 = 0.05;

/// What came out.
#[derive(Debug)]
pub struct Outcome {
    /// The starts
    pub starts: Vec<[f64; 4]>,
    /// The cases
    pub cases: Vec<Case>,
    /// α, and the loss there with all else true, for the first 2, 6 and 20 observations (RK4, no noise)
    pub landscape: (Vec<f64>, [Vec<f64>; 3]),
}

/// Horizons of the landscape, in observations.
pub const HORIZONS: [usize; 3] = [2, 6, 20];

/// The section as a program.
#[derive(Debug)]
pub struct LvIdentification;

impl Section for LvIdentification {
    const NAME: &'static str = "sec6_lv_identification";
    const TITLE: &'static str = "The rates of Lotka–Volterra from data: at once, or with a growing horizon";
    const HELP: &'static str = "\
Four rates are learned from 20 observations of both coordinates, from 64 starts around the truth: with all observations at \
once, and with a horizon that grows. RK4 and Euler's method, with and without noise. The figure shows all final losses, the \
loss along α for short and long horizons, and a fit that failed. Try --start-std 1 and --learning-rate 0.05.";
    const PRESETS: &'static [Preset] =
        &[Preset { name: "quick", about: "A first look: 8 starts", values: &[("num_starts", "8")] }];
    const INPUTS: &'static [Input] = &[Input {
        name: "data",
        help: "Observations from this CSV file with the header t,x,y in place of generated ones",
        files: &[],
    }];
    type Config = Config;
    type Outcome = Outcome;

    fn run(config: &Config, context: &mut Context) -> Result<Outcome> {
        config::validate(config)?;
        let sets = match context.input("data") {
            Some(InputFile { path, bytes }) => {
                let source = format!("--data {path}");
                vec![(None, Observations::from_csv(&source, bytes, &["t", "x", "y"], config.end_time)?)]
            }
            None => [0.0, config.noise_std].map(|s| (Some(s), observe(config, s, &mut context.rng(0)))).to_vec(),
        };
        let rng = &mut context.rng(1);
        // ANCHOR: starts
        let draw = |_| {
            let z = normal_vec(4, rng);
            std::array::from_fn(|i| TRUTH[i] * (config.start_std * z[i]).exp()) // log-normal around the truth
        };
        let starts: Vec<[f64; 4]> = (0..config.num_starts).map(draw).collect();
        // ANCHOR_END: starts
        context.phase(Phase::Training);
        let mut cases = vec![];
        for (noise_std, data) in &sets {
            for solver in SOLVERS {
                let problem = Problem::new(data, solver, config.end_time)?;
                cases.push((*noise_std, solver, data.clone(), problem));
            }
        }
        let items: Vec<_> = cases
            .iter()
            .flat_map(|case| STRATEGIES.map(|strategy| (&case.3, strategy)))
            .flat_map(|(problem, strategy)| starts.iter().map(move |start| (problem, strategy, *start)))
            .collect();
        let fits =
            ensemble::map(context, &items, |&(problem, strategy, start)| identify(config, problem, strategy, start))?;
        let mut fits = fits.chunks(starts.len()).map(<[_]>::to_vec);
        let (alphas, clean) = (grid(0.3, 4.0, 371), observe(config, 0.0, &mut context.rng(0)));
        let problem = Problem::new(&clean, SOLVERS[0], config.end_time)?;
        let along = |count: usize| -> Result<Vec<f64>> {
            let at = |&alpha: &f64| {
                let theta = Tensor::new(&[alpha, TRUTH[1], TRUTH[2], TRUTH[3]].map(f64::ln), &Device::Cpu)?;
                Ok(loss_value(&problem.loss(&theta, count)?)? / count as f64)
            };
            alphas.iter().map(at).collect()
        };
        let landscape = [along(HORIZONS[0])?, along(HORIZONS[1])?, along(HORIZONS[2])?];
        let cases = cases.iter().map(|(noise_std, solver, data, _)| Case {
            noise_std: *noise_std,
            solver: *solver,
            data: data.clone(),
            fits: fits.by_ref().take(STRATEGIES.len()).collect(),
        });
        let cases = cases.collect();
        Ok(Outcome { cases, starts, landscape: (alphas, landscape) })
    }

    fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
        report::report(config, outcome)
    }
}
