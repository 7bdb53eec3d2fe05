//! Section 3: deep unfolding of gradient descent on a function with many minima.
//!
//! Rastrigin's function f(x) = 10n + Σᵢ (xᵢ² − 10cos 2πxᵢ) has a local minimum near each point with whole-number coordinates
//! and its least value at 0. Gradient descent x ← x − ηₖ(2x + 20π sin 2πx) from x₀ ~ 5·N(0, I) ends in some minimum nearby. The
//! step sizes are learned, one for each iteration, to end near 0.
//!
//! | symbol | here |
//! |---|---|
//! | f, f′, f″ of one coordinate | [`value`], [`slope`], [`curvature`] |
//! | ηₖ | [`GradientDescent`]`::step_size` |
//! | t, up to T_max | depth, `num_generations` |
//! | K | `batch_size` |
//!
//! Run it with `cargo run --release --bin sec3_rastrigin`. Steps too large for any one minimum throw x about, and so out
//! of the outer minima; a well-chosen constant step does that too, and is one of the baselines.

use std::f64::consts::PI;

use anyhow::Result;
use candle_core::{Device, Tensor};
use common::{
    config::{self, default, range},
    context::{Context, Phase},
    figure::{Figure, Panel},
    ops,
    sampling::{self, Rng},
    section::{Preset, Report, Section},
    unfolding::{Algorithm, Batch, Comparison, Period, Problem, Schedule, Training, fixed_label},
};

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
#[command(mut_arg("num_generations", default("150")))]
#[command(mut_arg("num_updates", default("100")))]
#[command(mut_arg("batch_size", default("50")))]
#[command(mut_arg("initial_step_size", default("0.01")))]
#[command(mut_arg("learning_rate", default("5e-6")))]
pub struct Config {
    /// Number of unknowns n, 1 to 10000
    #[arg(long, value_name = "n", default_value_t = 50, value_parser = range::count(10_000))]
    pub num_unknowns: usize,
    /// Standard deviation of the start x₀, >= 0
    #[arg(long, value_name = "σ", default_value_t = 5.0, value_parser = range::non_negative)]
    pub start_std: f64,
    /// Step sizes η of the baselines, each > 0; 0.0114 is the best constant step for the default starts
    #[arg(long, value_name = "η,…", default_value = "0.02,0.0114,0.01,0.005", value_delimiter = ',', value_parser = range::positive)]
    pub fixed_step_sizes: Vec<f64>,
    /// How the step sizes are learned
    #[command(flatten)]
    #[serde(flatten)]
    pub training: Training,
}

impl Default for Config {
    fn default() -> Self {
        config::defaults()
    }
}

// ANCHOR: problem
/// f of one coordinate, 10 + x² − 10cos 2πx; f of a vector is their sum.
pub fn value(x: f64) -> f64 {
    10.0 + x * x - 10.0 * ops::cos_2pi(x)
}

/// f′(x) = 2x + 20π sin 2πx.
#[inline(always)]
pub fn slope(x: f64) -> f64 {
    2.0 * x + 20.0 * PI * ops::sin_2pi(x)
}

/// f″(x) = 2 + 40π² cos 2πx.
#[inline(always)]
pub fn curvature(x: f64) -> f64 {
    2.0 + 40.0 * PI * PI * ops::cos_2pi(x)
}
// ANCHOR_END: problem

/// Starts x₀ ~ σ·N(0, I); x* = 0.
#[derive(Debug)]
pub struct Starts {
    /// n
    pub num_unknowns: usize,
    /// σ
    pub start_std: f64,
    /// Where tensors live
    pub device: Device,
}

impl Problem for Starts {
    type Data = ();

    fn draw(&self, count: usize, rng: &mut Rng) -> Result<Batch<()>> {
        let start = (sampling::normal_matrix(count, self.num_unknowns, rng, &self.device)? * self.start_std)?;
        Ok(Batch { solution: start.zeros_like()?, start, data: () })
    }
}

/// Gradient descent on Rastrigin's function, unfolded.
// ANCHOR: step
#[derive(Debug)]
pub struct GradientDescent {
    /// ηₖ
    pub step_size: Schedule,
}

impl Algorithm for GradientDescent {
    type Data = ();

    fn schedules(&self) -> Vec<&Schedule> {
        vec![&self.step_size]
    }

    fn iterate(&self, k: usize, x: &Tensor, _: &(), _: &mut Rng) -> Result<Tensor> {
        Ok(ops::gradient_step(x, &self.step_size.at(k)?, slope, curvature)?) // x ← x − ηₖf′(x)
    }
}
// ANCHOR_END: step

/// The section as a program.
#[derive(Debug)]
pub struct Rastrigin;

impl Section for Rastrigin {
    const NAME: &'static str = "sec3_rastrigin";
    const TITLE: &'static str = "Deep unfolding of gradient descent on Rastrigin's function";
    const HELP: &'static str = "\
Gradient descent on a function with a local minimum near every whole-number point, unfolded: one learned step size for \
each iteration, trained to end near the global minimum 0 from far away. The figures show the mean squared distance after \
each iteration beside fixed steps, the learned steps, and the function itself for n = 2. Try --start-std 2 and \
--initial-step-size 0.005.";
    const PRESETS: &'static [Preset] = &[Preset {
        name: "quick",
        about: "A smaller experiment, done in a moment: n = 20, 40 generations of 30 updates",
        values: &[("num_unknowns", "20"), ("num_generations", "40"), ("num_updates", "30"), ("learning_rate", "2e-5")],
    }];
    const RESUMES: bool = true;
    type Config = Config;
    type Outcome = Comparison;

    // ANCHOR: training
    fn run(config: &Config, context: &mut Context) -> Result<Comparison> {
        config::validate(config)?;
        config::distinct("--fixed-step-sizes", &config.fixed_step_sizes)?;
        let Config { num_unknowns, start_std, ref fixed_step_sizes, ref training } = *config;
        let device = &context.device.clone();
        let problem = Starts { num_unknowns, start_std, device: device.clone() };
        context.phase(Phase::Training);
        let mut comparison = Comparison::default();
        for &eta in fixed_step_sizes {
            let fixed = GradientDescent { step_size: Schedule::constant("step_size", eta, device)? };
            comparison.push(training.method(&format!("fixed_{eta}"), fixed_label(eta), &problem, &fixed, context)?);
        }
        let learned = GradientDescent { step_size: training.step_sizes(Period::Free, device)? };
        comparison.push(training.method("learned", "learned steps", &problem, &learned, context)?);
        Ok(comparison)
    }
    // ANCHOR_END: training

    fn report(config: &Config, outcome: &Comparison) -> Result<Report> {
        let title = format!("Rastrigin's function, n = {}", config.num_unknowns);
        let mut report = outcome.report(&title, &[config.training.num_iterations()])?;
        let levels: Vec<f64> = (0..10).map(|i| 5.0 * i as f64 + 1.0).collect();
        let surface = Panel::new("Rastrigin's function, n = 2", "x₁", "x₂");
        let f = |x1, x2| value(x1) + value(x2);
        let surface = surface.contours(f, (-2.0, 2.0), (-2.0, 2.0), &levels);
        report.figures.push(("surface", Figure::new().panel(surface).panel_size(720, 660)));
        Ok(report)
    }
}
