//! Section 3: deep unfolding of gradient descent for least squares.
//!
//! For a fixed Gaussian A and random y, gradient descent on ½‖Ax − y‖² is x ← x − ηₖ(AᵀAx − Aᵀy), k = 0, 1, …, and ends at
//! x* = A⁺y. Its step sizes ηₖ are learned: with period T (ηₖ = η[k mod T]), or free, one for each iteration.
//!
//! | symbol | here |
//! |---|---|
//! | A, AᵀA, Aᵀy | [`LinearModel`] |
//! | ηₖ | [`GradientDescent`]`::step_size` |
//! | t, up to T_max | depth, `num_generations` |
//! | K | `batch_size` |
//!
//! Run it with `cargo run --release --bin sec3_du_gd_least_squares`. The learned steps go up and down, some of them too
//! large for gradient descent on its own, and get from iteration to iteration much nearer to x* than the best fixed step.

use anyhow::Result;
use candle_core::Tensor;
use common::{
    config::{self, range},
    context::{Context, Phase},
    linear_model::LinearModel,
    ops::{AffineStep, FixedMap},
    sampling::{self, Rng},
    section::{Preset, Report, Section},
    unfolding::{Algorithm, Batch, Comparison, Period, Problem, Schedule, Training, fixed_label, theory},
};

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
pub struct Config {
    /// Number of observations m, 1 to 1000
    #[arg(long, value_name = "m", default_value_t = 100, value_parser = range::count(1000))]
    pub num_observations: usize,
    /// Number of unknowns n, 1 to 1000
    #[arg(long, value_name = "n", default_value_t = 50, value_parser = range::count(1000))]
    pub num_unknowns: usize,
    /// Periods T of the learned step sizes, each 1 to 1000 or 'free'
    #[arg(long, value_name = "T,…", default_value = "2,8,free", value_delimiter = ',', value_parser = Period::parse)]
    pub period: Vec<Period>,
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

/// Observations y ~ N(0, I) of the linear model, each with its x* = A⁺y.
#[derive(Debug, Clone)]
pub struct Observations {
    /// A
    pub model: LinearModel,
    /// y ↦ x*
    pub solution: FixedMap,
}

impl Problem for Observations {
    type Data = Tensor; // b = Aᵀy, [K, n]

    fn draw(&self, count: usize, rng: &mut Rng) -> Result<Batch<Tensor>> {
        let a = &self.model.a;
        let y = sampling::normal_matrix(count, a.dim(0)?, rng, a.device())?;
        let b = self.model.adjoint.forward(&y)?;
        Ok(Batch { start: b.zeros_like()?, solution: self.solution.forward(&y)?, data: b }) // x₀ = 0
    }
}

/// Gradient descent on ½‖Ax − y‖², unfolded.
// ANCHOR: step
#[derive(Debug, Clone)]
pub struct GradientDescent {
    /// x ← x − η(AᵀAx − b)
    pub step: AffineStep,
    /// ηₖ
    pub step_size: Schedule,
}

impl Algorithm for GradientDescent {
    type Data = Tensor;

    fn schedules(&self) -> Vec<&Schedule> {
        vec![&self.step_size]
    }

    fn iterate(&self, k: usize, x: &Tensor, b: &Tensor, _: &mut Rng) -> Result<Tensor> {
        Ok(self.step.forward(x, &self.step_size.at(k)?, b)?) // x ← x − ηₖ(AᵀAx − Aᵀy)
    }
}
// ANCHOR_END: step

/// The section as a program.
#[derive(Debug)]
pub struct LeastSquares;

impl Section for LeastSquares {
    const NAME: &'static str = "sec3_du_gd_least_squares";
    const TITLE: &'static str = "Deep unfolding of gradient descent for least squares";
    const HELP: &'static str = "\
Gradient descent on ½‖Ax − y‖² with a Gaussian A and random y, unfolded: its step sizes are learned by incremental \
training, with period 2, with period 8, and free. The figures show the MSE after each iteration beside the best fixed \
step 2/(λmin + λmax) and the rates that theory promises, and the learned step sizes beside the Chebyshev steps. \
Try --period 1, --period 16 and --seed 2.";
    const PRESETS: &'static [Preset] = &[Preset {
        name: "quick",
        about: "A smaller experiment, done in a moment: n = 20, 25 iterations",
        values: &[
            ("num_observations", "40"),
            ("num_unknowns", "20"),
            ("num_generations", "25"),
            ("learning_rate", "3e-4"),
        ],
    }];
    const RESUMES: bool = true;
    type Config = Config;
    type Outcome = Comparison;

    // ANCHOR: training
    fn run(config: &Config, context: &mut Context) -> Result<Comparison> {
        config::validate(config)?;
        config::distinct("--period", &config.period)?;
        let Config { num_observations: m, num_unknowns: n, ref period, ref training } = *config;
        let device = &context.device.clone();
        let model = LinearModel::gaussian(m, n, &mut context.rng(0), device)?;
        let problem = Observations { solution: model.solution(0.0)?, model };
        let eigenvalues = theory::nonzero(&problem.model.eigenvalues);
        let step = AffineStep::new(&problem.model.gram)?;
        let algorithm = |step_size| GradientDescent { step: step.clone(), step_size };
        context.phase(Phase::Training);
        let mut comparison = Comparison::of_quadratics(eigenvalues);

        let eta = theory::fixed_step_size(eigenvalues); // 2/(λmin + λmax)
        let fixed = algorithm(Schedule::constant("step_size", eta, device)?);
        comparison.push(training.method("fixed", fixed_label(eta), &problem, &fixed, context)?);
        for (index, period) in period.iter().enumerate() {
            context.progress_part(index, config.period.len());
            let (name, label) = (format!("learned_{}", period.name()), format!("learned steps, {}", period.label()));
            let learned = algorithm(training.step_sizes(*period, device)?);
            comparison.push(training.method(&name, label, &problem, &learned, context)?);
        }
        Ok(comparison)
    }
    // ANCHOR_END: training

    fn report(config: &Config, outcome: &Comparison) -> Result<Report> {
        let title = format!("Least squares, {} × {}", config.num_observations, config.num_unknowns);
        outcome.report(&title, &[config.training.num_iterations()])
    }
}
