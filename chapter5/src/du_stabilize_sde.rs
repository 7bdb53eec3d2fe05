//! Section 5: a gain for a linear system that noise shakes all the time.
//!
//! dx = (A + BKC)x dt + σ dW. Euler–Maruyama's method is x ← Fx + σ√h·w with F = I + h(A + BKC) and w ~ N(0, I); unrolled for N steps
//! of h = T/N, over many paths at once, it is a network whose only parameter is K. The loss is Σ‖x(T)‖² over the paths.
//!
//! What it should minimise is known: the second moment P = E xxᵀ obeys P ← FPFᵀ + hσ²I, and settles where a discrete Lyapunov
//! equation says.
//!
//! | symbol | here |
//! |---|---|
//! | A, B, C | [`Plant`] |
//! | K | `gain` |
//! | σ, T, N | `noise_std`, `horizon`, `num_steps` |
//!
//! Run it with `cargo run --release --bin sec5_du_stabilize_sde`. Training starts from the gain that the plant comes with, and makes
//! E‖x‖² less than half of what it was.

use anyhow::Result;
use candle_core::Tensor;
use candle_nn::Optimizer as _;
use common::{
    config::{self, range},
    context::{Context, Phase},
    linalg,
    ops::{LinearRecurrence, Rollout},
    optim::{Optimizer, Rule},
    sampling::{self, Rng},
    section::{Preset, Report, Section},
    table::Table,
    training::{log_losses, loss_value},
};
use nalgebra::DMatrix;

use crate::plant::{GIVEN_GAIN, Plant, discrete_lyapunov};

mod report;

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
pub struct Config {
    /// Standard deviation σ of the noise, >= 0
    #[arg(long, value_name = "σ", default_value_t = 0.4, value_parser = range::non_negative)]
    pub noise_std: f64,
    /// Horizon T, > 0
    #[arg(long, value_name = "T", default_value_t = 20.0, value_parser = range::positive)]
    pub horizon: f64,
    /// Steps N of Euler and Maruyama's method, 1 to 100000
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = range::count(100_000))]
    pub num_steps: usize,
    /// Paths in a mini-batch, and shown, 2 to 10000
    #[arg(long, value_name = "K", default_value_t = 100, value_parser = range::whole(2, 10_000))]
    pub num_paths: usize,
    /// Adam updates, each on fresh paths, 0 to 100000
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = range::whole(0, 100_000))]
    pub num_updates: usize,
    /// Adam's learning rate, > 0
    #[arg(long, value_name = "α", default_value_t = 1.0, value_parser = range::positive)]
    pub learning_rate: f64,
}

impl Default for Config {
    fn default() -> Self {
        config::defaults()
    }
}

impl Config {
    /// h = T/N.
    pub fn step(&self) -> f64 {
        self.horizon / self.num_steps as f64
    }
}

/// x(0) `[K, 4]`, and the motion that the noise makes of a matrix F: paths to come, the same for every gain.
// ANCHOR: paths
pub fn draw(config: &Config, rng: &mut Rng, context: &Context) -> Result<(Tensor, Rollout<LinearRecurrence>)> {
    let (paths, steps) = (config.num_paths, config.num_steps);
    let start = sampling::normal_matrix(paths, 4, rng, &context.device)?; // x(0) ~ N(0, I)
    let shocks = sampling::normal_matrix(steps, 4 * paths, rng, &context.device)?.reshape((steps, paths, 4))?;
    let shocks = (shocks * (config.noise_std * config.step().sqrt()))?; // σ√h·w
    Ok((start, Rollout::new(LinearRecurrence::with_inputs(&shocks)?))) // x ← Fx + σ√h·w
}
// ANCHOR_END: paths

/// E‖x‖² after each step, from P ← FPFᵀ + hσ²I and P = I at first.
// ANCHOR: exact
pub fn second_moments(config: &Config, f: &DMatrix<f64>) -> Vec<f64> {
    let noise = DMatrix::identity(4, 4) * (config.step() * config.noise_std.powi(2));
    let mut p = DMatrix::identity(4, 4);
    let mut moments = vec![p.trace()];
    for _ in 0..config.num_steps {
        p = f * p * f.transpose() + &noise;
        moments.push(p.trace());
    }
    moments
}
// ANCHOR_END: exact

/// A gain and what it does.
#[derive(Debug)]
pub struct Motion {
    /// Name
    pub name: &'static str,
    /// K
    pub gain: Tensor,
    /// Mean and standard deviation of ‖x(t)‖ over the paths, at each step
    pub norms: Vec<(f64, f64)>,
    /// E‖x(t)‖² at each step
    pub exact: Vec<f64>,
    /// E‖x‖² when the system has settled
    pub stationary: f64,
}

/// What came out.
#[derive(Debug)]
pub struct Outcome {
    /// Loss per path before each update, and the exact E‖x(T)‖² of that gain
    pub history: Table,
    /// The given gain and the learned one, under the same noise
    pub motions: Vec<Motion>,
}

/// The section as a program.
#[derive(Debug)]
pub struct DuStabilizeSde;

impl Section for DuStabilizeSde {
    const NAME: &'static str = "sec5_du_stabilize_sde";
    const TITLE: &'static str = "A gain for a linear system that noise shakes all the time";
    const HELP: &'static str = "\
Euler and Maruyama's method for dx = (A + BKC)x dt + σ dW is unrolled for 1000 steps and 100 paths; Adam learns the gain K with the \
loss Σ‖x(T)‖², from the gain that the plant comes with. The figure shows ‖x(t)‖, mean and standard deviation, with both gains under \
the same noise; E‖x‖² is computed exactly beside it. Try --learning-rate 0.1 and --noise-std 1.";
    const PRESETS: &'static [Preset] = &[Preset {
        name: "quick",
        about: "A smaller experiment, done in a moment: 20 updates",
        values: &[("num_updates", "20")],
    }];
    type Config = Config;
    type Outcome = Outcome;

    // ANCHOR: run
    fn run(config: &Config, context: &mut Context) -> Result<Outcome> {
        config::validate(config)?;
        let plant = Plant::new(&context.device)?;
        let given = Tensor::new(&GIVEN_GAIN, &context.device)?;
        let gain = common::optim::parameter(&given)?;
        let mut adam = Optimizer::new(vec![gain.clone()], Rule::Adam.with(config.learning_rate))?;
        let mut history = Table::new("update", ["loss", "expected"]);
        let expected = |gain: &Tensor| -> Result<f64> {
            let moments = second_moments(config, &linalg::to_matrix(&plant.euler(&gain.detach(), config.step())?)?);
            Ok(moments[config.num_steps])
        };
        context.phase(Phase::Training);
        for update in 0..config.num_updates {
            let (start, motion) = draw(config, &mut context.rng(update as u64 + 1), context)?;
            let f = plant.euler(&gain, config.step())?; // F = I + h(A + BKC)
            let end = motion.last(&start, &f, config.num_steps)?; // x(T) of all paths
            let loss = end.sqr()?.sum_all()?; // Σ‖x(T)‖²
            log_losses(&mut history, update, &[loss_value(&loss)? / config.num_paths as f64, expected(&gain)?])?;
            adam.step(&loss.backward()?)?;
            context.progress(update + 1, config.num_updates);
        }

        let (start, motion) = draw(config, &mut context.rng(0), context)?; // fresh paths, the same for both
        let noise = DMatrix::identity(4, 4) * (config.step() * config.noise_std.powi(2));
        let look = |(name, gain): (&'static str, Tensor)| -> Result<Motion> {
            let f = plant.euler(&gain, config.step())?;
            let states = motion.forward(&start, &f, config.num_steps)?;
            let squares = Tensor::cat(&[&start.unsqueeze(0)?, &states], 0)?.sqr()?.sum(2)?.sqrt()?;
            let norms = squares.to_vec2::<f64>()?.iter().map(|row| mean_and_deviation(row)).collect();
            let f = linalg::to_matrix(&f)?;
            let stationary = discrete_lyapunov(&f, &noise).trace();
            Ok(Motion { name, gain, norms, exact: second_moments(config, &f), stationary })
        };
        let learned = gain.as_detached_tensor().copy()?;
        let motions =
            [("given gain", given.clone()), ("learned gain", learned)].into_iter().map(look).collect::<Result<_>>()?;
        Ok(Outcome { history, motions })
    }
    // ANCHOR_END: run

    fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
        report::report(config, outcome)
    }
}

fn mean_and_deviation(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    (mean, (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (count - 1.0)).sqrt())
}
