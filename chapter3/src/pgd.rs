//! Section 3: deep unfolding of projected gradient descent.
//!
//! Least squares in a box, min ½‖Ax − y‖² over −1 ≤ x ≤ 1: a step of gradient descent, then the projection to the box,
//! x ← hardtanh(x − ηₖ(AᵀAx − Aᵀy)), k = 0, 1, …. The step sizes are learned, one for each iteration. x* comes from a solver for
//! such problems (an active-set method), not from many iterations.
//!
//! | symbol | here |
//! |---|---|
//! | A, AᵀA, Aᵀy | [`LinearModel`] |
//! | ηₖ | [`ProjectedGradientDescent`]`::step_size` |
//! | t, up to T_max | depth, `num_generations` |
//! | K | `batch_size` |
//!
//! Run it with `cargo run --release --bin sec3_du_pgd`. The baseline 1/λmax is the step that theory guarantees; the learned
//! steps go far beyond it.

use anyhow::Result;
use candle_core::Tensor;
use common::{
    config::{self, default, range},
    context::{Context, Phase},
    linalg,
    linear_model::LinearModel,
    ops::AffineStep,
    sampling::{self, Rng},
    section::{Preset, Report, Section},
    unfolding::{Algorithm, Batch, Comparison, Period, Problem, Schedule, Training, fixed_label},
};

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
#[command(mut_arg("num_generations", default("25")))]
#[command(mut_arg("batch_size", default("200")))]
#[command(mut_arg("learning_rate", default("3e-3")))]
pub struct Config {
    /// Number of observations m, 1 to 1000
    #[arg(long, value_name = "m", default_value_t = 20, value_parser = range::count(1000))]
    pub num_observations: usize,
    /// Number of unknowns n, 1 to 1000, at most m
    #[arg(long, value_name = "n", default_value_t = 10, value_parser = range::count(1000))]
    pub num_unknowns: usize,
    /// Standard deviation of the observations y, > 0: the larger, the more of x* lies on the box
    #[arg(long, value_name = "σ", default_value_t = 1.0, value_parser = range::positive)]
    pub observation_std: f64,
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

/// Observations y ~ N(0, σ²I), each with the minimiser x* of ½‖Ax − y‖² in the box.
#[derive(Debug)]
pub struct Boxed {
    /// A
    pub model: LinearModel,
    /// σ
    pub observation_std: f64,
}

impl Problem for Boxed {
    type Data = Tensor; // b = Aᵀy, [K, n]

    fn draw(&self, count: usize, rng: &mut Rng) -> Result<Batch<Tensor>> {
        let LinearModel { a, gram, adjoint, .. } = &self.model;
        let y = (sampling::normal_matrix(count, a.dim(0)?, rng, a.device())? * self.observation_std)?;
        let b = adjoint.forward(&y)?;
        Ok(Batch { start: b.zeros_like()?, solution: linalg::box_minimum(gram, &b, 1.0)?, data: b }) // x₀ = 0
    }
}

/// Projected gradient descent on ½‖Ax − y‖² in the box [−1, 1]ⁿ, unfolded.
// ANCHOR: step
#[derive(Debug)]
pub struct ProjectedGradientDescent {
    /// hardtanh(x − η(AᵀAx − b))
    pub step: AffineStep,
    /// ηₖ
    pub step_size: Schedule,
}

impl Algorithm for ProjectedGradientDescent {
    type Data = Tensor;

    fn schedules(&self) -> Vec<&Schedule> {
        vec![&self.step_size]
    }

    fn iterate(&self, k: usize, x: &Tensor, b: &Tensor, _: &mut Rng) -> Result<Tensor> {
        Ok(self.step.forward_projected(x, &self.step_size.at(k)?, b)?) // x ← hardtanh(x − ηₖ(AᵀAx − Aᵀy))
    }
}
// ANCHOR_END: step

/// What came out.
#[derive(Debug)]
pub struct Outcome {
    /// The curves
    pub comparison: Comparison,
    /// The fraction of x*'s entries on the box
    pub active: f64,
}

/// The section as a program.
#[derive(Debug)]
pub struct Pgd;

impl Section for Pgd {
    const NAME: &'static str = "sec3_du_pgd";
    const TITLE: &'static str = "Deep unfolding of projected gradient descent";
    const HELP: &'static str = "\
Least squares with −1 ≤ x ≤ 1 by projected gradient descent, unfolded: one learned step size for each iteration. The \
figures show the MSE after each iteration beside the fixed step 1/λmax, and the learned steps. With the default \
observations few entries of x* lie on the box; --observation-std 5 makes it bind for half of them.";
    const PRESETS: &'static [Preset] = &[Preset {
        name: "quick",
        about: "A smaller experiment, done in a moment: 15 generations, mini-batches of 50",
        values: &[("num_generations", "15"), ("batch_size", "50")],
    }];
    const RESUMES: bool = true;
    type Config = Config;
    type Outcome = Outcome;

    // ANCHOR: training
    fn run(config: &Config, context: &mut Context) -> Result<Outcome> {
        config::validate(config)?;
        let Config { num_observations: m, num_unknowns: n, observation_std, ref training } = *config;
        if m < n {
            let problem = format!(
                "invalid value '{n}' for '--num-unknowns': must be at most --num-observations = {m}, or x* is not unique"
            );
            return Err(config::Usage(problem).into());
        }
        let device = &context.device.clone();
        let model = LinearModel::gaussian(m, n, &mut context.rng(0), device)?;
        let step = AffineStep::new(&model.gram)?;
        let algorithm = |step_size| ProjectedGradientDescent { step: step.clone(), step_size };
        let problem = Boxed { model, observation_std };
        context.phase(Phase::Training);
        let mut comparison = Comparison::of_quadratics(&problem.model.eigenvalues);

        let eta = 1.0 / problem.model.eigenvalues[n - 1]; // 1/λmax
        let fixed = algorithm(Schedule::constant("step_size", eta, device)?);
        comparison.push(training.method("fixed", fixed_label(eta), &problem, &fixed, context)?);
        let learned = algorithm(training.step_sizes(Period::Free, device)?);
        comparison.push(training.method("learned", "learned steps", &problem, &learned, context)?);

        let solution = problem.draw(training.num_test, &mut context.rng(1))?.solution;
        let active = solution.abs()?.ge(1.0)?.to_dtype(solution.dtype())?.mean_all()?.to_scalar()?;
        Ok(Outcome { comparison, active })
    }
    // ANCHOR_END: training

    fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
        let title = format!("Least squares in a box, {} × {}", config.num_observations, config.num_unknowns);
        let mut report = outcome.comparison.report(&title, &[config.training.num_iterations()])?;
        report.summary += &format!("{:.1} % of the entries of x* lie on the box\n", 100.0 * outcome.active);
        Ok(report)
    }
}
