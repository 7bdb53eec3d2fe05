//! Section 3: deep unfolding of gradient descent with noisy gradients.
//!
//! Least squares again, but each gradient comes with fresh Gaussian noise: x ← x − ηₖ(AᵀAx − Aᵀy + wₖ), wₖ ~ N(0, σ²I). A fixed
//! step stops getting nearer to x* where the noise of a step is as large as its progress. The step sizes are learned, one for
//! each iteration.
//!
//! | symbol | here |
//! |---|---|
//! | A, AᵀA, Aᵀy | [`LinearModel`] |
//! | σ | `noise_std` |
//! | ηₖ | `step_size` of [`GradientDescent`] |
//! | t, up to T_max | depth, `num_generations` |
//! | K | `batch_size` |
//!
//! Run it with `cargo run --release --bin sec3_du_noisy_gd`. Training finds by itself what stochastic approximation
//! prescribes: large steps first, smaller and smaller ones against the noise at the end.

use anyhow::Result;
use candle_core::Tensor;
use common::{
    config::{self, default, range},
    context::{Context, Phase},
    figure::Figure,
    linear_model::LinearModel,
    ops::AffineStep,
    sampling::{self, Rng},
    section::{Preset, Report, Section},
    unfolding::{Algorithm, Comparison, Period, Schedule, Training, fixed_label, theory},
};

use crate::least_squares::{GradientDescent, Observations};

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
#[command(mut_arg("num_generations", default("100")))]
#[command(mut_arg("num_updates", default("50")))]
#[command(mut_arg("batch_size", default("200")))]
#[command(mut_arg("learning_rate", default("5e-6")))]
pub struct Config {
    /// Number of observations m, 1 to 1000
    #[arg(long, value_name = "m", default_value_t = 100, value_parser = range::count(1000))]
    pub num_observations: usize,
    /// Number of unknowns n, 1 to 1000
    #[arg(long, value_name = "n", default_value_t = 50, value_parser = range::count(1000))]
    pub num_unknowns: usize,
    /// Standard deviation σ of the noise in each entry of each gradient, >= 0
    #[arg(long, value_name = "σ", default_value_t = 1.0, value_parser = range::non_negative)]
    pub noise_std: f64,
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

/// Gradient descent on ½‖Ax − y‖² with noisy gradients, unfolded.
// ANCHOR: step
#[derive(Debug)]
pub struct NoisyGradientDescent {
    /// The same without noise
    pub exact: GradientDescent,
    /// σ
    pub noise_std: f64,
}

impl Algorithm for NoisyGradientDescent {
    type Data = Tensor; // b = Aᵀy, [K, n]

    fn schedules(&self) -> Vec<&Schedule> {
        self.exact.schedules()
    }

    fn iterate(&self, k: usize, x: &Tensor, b: &Tensor, rng: &mut Rng) -> Result<Tensor> {
        let (count, n) = x.dims2()?;
        let w = (sampling::normal_matrix(count, n, rng, x.device())? * self.noise_std)?;
        self.exact.iterate(k, x, &(b - w)?, rng) // x ← x − ηₖ(AᵀAx − Aᵀy + wₖ)
    }
}
// ANCHOR_END: step

/// The MSE that gradient descent with the fixed step size η does not get below: Σᵢ ησ²/(λᵢ(2 − ηλᵢ)).
///
/// The variance of coordinate i is multiplied by (1 − ηλᵢ)² and grows by η²σ² in each iteration; this is where both balance.
// ANCHOR: noise_floor
pub fn noise_floor(step_size: f64, noise_std: f64, eigenvalues: &[f64]) -> f64 {
    if theory::nonzero(eigenvalues).len() < eigenvalues.len() {
        return f64::INFINITY; // nothing pulls back along some eigenvector
    }
    let variance = |lambda: &f64| step_size * noise_std.powi(2) / (lambda * (2.0 - step_size * lambda));
    eigenvalues.iter().map(variance).sum()
}
// ANCHOR_END: noise_floor

/// What came out.
#[derive(Debug)]
pub struct Outcome {
    /// The curves
    pub comparison: Comparison,
    /// [`noise_floor`] of the baseline
    pub noise_floor: f64,
}

/// The section as a program.
#[derive(Debug)]
pub struct NoisyGd;

impl Section for NoisyGd {
    const NAME: &'static str = "sec3_du_noisy_gd";
    const TITLE: &'static str = "Deep unfolding of gradient descent with noisy gradients";
    const HELP: &'static str = "\
Least squares where Gaussian noise is added to every gradient, fresh each iteration. With a fixed step the MSE stops at a \
noise floor, which the eigenvalues tell; learned step sizes, one for each iteration, get below it. The figures show the \
MSE after each iteration with the floor, and the learned steps. Try --noise-std 0.1 and --noise-std 3.";
    const PRESETS: &'static [Preset] = &[Preset {
        name: "quick",
        about: "A smaller experiment, done in a moment: n = 20, 40 generations",
        values: &[
            ("num_observations", "40"),
            ("num_unknowns", "20"),
            ("num_generations", "40"),
            ("batch_size", "100"),
            ("learning_rate", "3e-5"),
        ],
    }];
    const RESUMES: bool = true;
    type Config = Config;
    type Outcome = Outcome;

    // ANCHOR: training
    fn run(config: &Config, context: &mut Context) -> Result<Outcome> {
        config::validate(config)?;
        let Config { num_observations: m, num_unknowns: n, noise_std, ref training } = *config;
        let device = &context.device.clone();
        let model = LinearModel::gaussian(m, n, &mut context.rng(0), device)?;
        let problem = Observations { solution: model.solution(0.0)?, model };
        let LinearModel { gram, eigenvalues, .. } = &problem.model;
        let step = AffineStep::new(gram)?;
        let algorithm =
            |step_size| NoisyGradientDescent { exact: GradientDescent { step: step.clone(), step_size }, noise_std };
        context.phase(Phase::Training);
        let mut comparison = Comparison::default();

        let eta = theory::fixed_step_size(theory::nonzero(eigenvalues)); // 2/(λmin + λmax)
        let fixed = algorithm(Schedule::constant("step_size", eta, device)?);
        comparison.push(training.method("fixed", fixed_label(eta), &problem, &fixed, context)?);
        let learned = algorithm(training.step_sizes(Period::Free, device)?);
        comparison.push(training.method("learned", "learned steps", &problem, &learned, context)?);
        Ok(Outcome { comparison, noise_floor: noise_floor(eta, noise_std, eigenvalues) })
    }
    // ANCHOR_END: training

    fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
        let title = format!("Noisy gradients, σ = {}", config.noise_std);
        let mut report = outcome.comparison.report(&title, &[config.training.num_iterations()])?;
        let floor = match outcome.noise_floor {
            floor if floor.is_finite() => format!("{floor:.4e}"),
            _ => "none: where AᵀA has the eigenvalue 0, the noise adds up".into(),
        };
        report.summary += &format!("noise floor of the fixed step, from the eigenvalues {floor}\n");
        if outcome.noise_floor > 0.0 && outcome.noise_floor.is_finite() {
            let panel = outcome
                .comparison
                .mse_panel(&title)
                .hline("theory: noise floor of the fixed step", outcome.noise_floor);
            report.figures[0] = ("mse", Figure::new().panel(panel));
        }
        Ok(report)
    }
}
