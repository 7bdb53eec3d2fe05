//! Section 3: deep unfolding of projected gradient descent.
//!
//! Least squares in a box, min ½‖Ax − y‖² over −1 ≤ x ≤ 1: a step of gradient descent, then the projection to the box,
//! x ← hardtanh(x − ηₖ(AᵀAx − Aᵀy)), k = 0, 1, …. The step sizes are learned, one for each iteration. x* comes from a solver for
//! such problems (an active-set method), not from many iterations.
//!
//! | symbol | here |
//! |---|---|
//! | A, AᵀA, Aᵀy | [`LinearModel`] |
//! | ηₖ | [`Network`]`::step_size` |
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
    ops::{AffineStep, hardtanh},
    sampling::{self, Rng},
    section::{Preset, Report, Section},
    unfolding::{Batch, Comparison, Incremental, Period, Schedule, Unfolded},
};

use crate::linear_model::LinearModel;

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
    pub training: Incremental,
}

impl Default for Config {
    fn default() -> Self {
        config::defaults()
    }
}

/// Projected gradient descent on ½‖Ax − y‖² in the box [−1, 1]ⁿ, unfolded.
// ANCHOR: step
#[derive(Debug)]
pub struct Network {
    /// A
    pub model: LinearModel,
    /// Standard deviation of y
    pub observation_std: f64,
    /// x ← x − η(AᵀAx − b)
    pub step: AffineStep,
    /// ηₖ
    pub step_size: Schedule,
}

impl Unfolded for Network {
    type Problem = Tensor; // b = Aᵀy, [K, n]

    fn draw(&self, count: usize, rng: &mut Rng) -> Result<Batch<Tensor>> {
        let a = &self.model.a;
        let y = (sampling::normal_matrix(count, a.dim(0)?, rng, a.device())? * self.observation_std)?;
        let b = self.model.adjoint.forward(&y)?;
        let solution = linalg::box_minimum(&self.model.gram, &b, 1.0)?;
        Ok(Batch { start: b.zeros_like()?, solution, problem: b })
    }

    fn iterate(&self, k: usize, x: &Tensor, b: &Tensor, _: &mut Rng) -> Result<Tensor> {
        let descended = self.step.forward(x, &self.step_size.at(k)?, b)?;
        Ok(hardtanh(&descended)?) // x ← hardtanh(x − ηₖ(AᵀAx − Aᵀy))
    }
}
// ANCHOR_END: step

impl Network {
    /// The algorithm for `model`, with these step sizes.
    pub fn new(model: &LinearModel, observation_std: f64, step_size: &Schedule) -> Result<Self> {
        Ok(Self {
            model: model.clone(),
            observation_std,
            step: AffineStep::new(&model.gram)?,
            step_size: step_size.clone(),
        })
    }
}

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
        let Config { num_observations: m, num_unknowns: n, observation_std: sigma, .. } = *config;
        if m < n {
            let problem = format!(
                "invalid value '{n}' for '--num-unknowns': must be at most --num-observations = {m}, or x* is not unique"
            );
            return Err(config::Usage(problem).into());
        }
        let device = &context.device.clone();
        let model = LinearModel::gaussian(m, n, &mut context.rng(0), device)?;
        let training = &config.training;
        context.phase(Phase::Training);
        let fixed = 1.0 / model.eigenvalues[n - 1]; // 1/λmax
        let network = Network::new(&model, sigma, &Schedule::new(&[fixed], device)?)?;
        let baseline = training.fixed("fixed", fixed, &network, context)?;

        let schedule = &training.step_sizes(Period::Free, device)?;
        let steps = &[training.learn_step_size(schedule)];
        let network = Network::new(&model, sigma, schedule)?;
        let learned = training.learn("learned", "learned steps", &network, steps, context)?;

        let solution = network.draw(training.num_test, &mut context.rng(1))?.solution;
        let active = solution.abs()?.ge(1.0)?.to_dtype(solution.dtype())?.mean_all()?.to_scalar()?;
        let eigenvalues = model.eigenvalues.clone();
        Ok(Outcome { comparison: Comparison { fixed: vec![baseline], learned: vec![learned], eigenvalues }, active })
    }
    // ANCHOR_END: training

    fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
        let title = format!("Least squares in a box, {} × {}", config.num_observations, config.num_unknowns);
        let mut report = outcome.comparison.report(&title, &[config.training.num_iterations()])?;
        report.summary += &format!("{:.1} % of the entries of x* lie on the box\n", 100.0 * outcome.active);
        Ok(report)
    }
}
