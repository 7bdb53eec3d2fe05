//! Section 3: deep unfolding of gradient descent for least squares.
//!
//! For a fixed Gaussian A and random y, gradient descent on ½‖Ax − y‖² is x ← x − ηₖ(AᵀAx − Aᵀy), k = 0, 1, …, and ends at
//! x* = A⁺y. Its step sizes ηₖ are learned: with period T (ηₖ = η[k mod T]), or free, one for each iteration.
//!
//! | symbol | here |
//! |---|---|
//! | A, AᵀA, Aᵀy | [`LinearModel`] |
//! | ηₖ | [`Network`]`::step_size` |
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
    ops::{AffineStep, FixedMap},
    sampling::Rng,
    section::{Preset, Report, Section},
    unfolding::{Batch, Comparison, Incremental, Period, Schedule, Unfolded, theory},
};

use crate::linear_model::LinearModel;

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
    pub training: Incremental,
}

impl Default for Config {
    fn default() -> Self {
        config::defaults()
    }
}

/// Gradient descent on ½‖Ax − y‖², unfolded.
// ANCHOR: step
#[derive(Debug, Clone)]
pub struct Network {
    /// A
    pub model: LinearModel,
    /// y ↦ x* = A⁺y
    pub solution: FixedMap,
    /// x ← x − η(AᵀAx − b)
    pub step: AffineStep,
    /// ηₖ
    pub step_size: Schedule,
}

impl Unfolded for Network {
    type Problem = Tensor; // b = Aᵀy, [K, n]

    fn draw(&self, count: usize, rng: &mut Rng) -> Result<Batch<Tensor>> {
        self.model.draw(count, &self.solution, rng)
    }

    fn iterate(&self, k: usize, x: &Tensor, b: &Tensor, _: &mut Rng) -> Result<Tensor> {
        Ok(self.step.forward(x, &self.step_size.at(k)?, b)?) // x ← x − ηₖ(AᵀAx − Aᵀy)
    }
}
// ANCHOR_END: step

impl Network {
    /// The algorithm for `model`, with these step sizes.
    pub fn new(model: &LinearModel, step_size: &Schedule) -> Result<Self> {
        Ok(Self {
            model: model.clone(),
            solution: model.solution(0.0)?,
            step: AffineStep::new(&model.gram)?,
            step_size: step_size.clone(),
        })
    }
}

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
        let Config { num_observations: m, num_unknowns: n, .. } = *config;
        let model = LinearModel::gaussian(m, n, &mut context.rng(0), &context.device)?;
        let training = &config.training;
        context.phase(Phase::Training);
        let mut outcome = Comparison { eigenvalues: model.eigenvalues.clone(), ..Comparison::default() };

        let fixed = theory::fixed_step_size(&model.eigenvalues); // 2/(λmin + λmax)
        let network = Network::new(&model, &Schedule::new(&[fixed], &context.device)?)?;
        outcome.fixed.push(training.fixed("fixed", fixed, &network, context)?);
        for (index, period) in config.period.iter().enumerate() {
            context.part(index, config.period.len());
            let step_size = &training.step_sizes(*period, &context.device)?;
            let steps = &[training.learn_step_size(step_size)];
            let name = format!("learned_{}", period.name());
            let label = format!("learned steps, {}", period.label());
            let network = Network::new(&model, step_size)?;
            outcome.learned.push(training.learn(&name, &label, &network, steps, context)?);
        }
        Ok(outcome)
    }
    // ANCHOR_END: training

    fn report(config: &Config, outcome: &Comparison) -> Result<Report> {
        let title = format!("Least squares, {} × {}", config.num_observations, config.num_unknowns);
        outcome.report(&title, &[config.training.num_iterations()])
    }
}
