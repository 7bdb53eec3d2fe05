//! Section 3: deep unfolding of gradient descent on a quadratic.
//!
//! f(x) = ½xᵀAx with A = diag(1, 2, …, n) from x₀ ~ N(0, I): x ← x − ηₖAx, k = 0, 1, …, should get to x* = 0. The step sizes
//! have period T, ηₖ = η[k mod T], and are learned.
//!
//! | symbol | here |
//! |---|---|
//! | A | [`GradientDescent`]`::step` |
//! | ηₖ | [`GradientDescent`]`::step_size` |
//! | t, up to T_max | depth, `num_generations` |
//! | K | `batch_size` |
//!
//! Run it with `cargo run --release --bin sec3_du_gd_quadratic`. Three steps in turn, one of them too large on its own,
//! beat the best fixed step: what one of them blows up, the others have made small.

use anyhow::Result;
use candle_core::{DType, Device, Tensor};
use common::{
    config::{self, default, range},
    context::{Context, Phase},
    ops::AffineStep,
    sampling::{self, Rng},
    section::{Preset, Report, Section},
    unfolding::{Algorithm, Batch, Comparison, Period, Problem, Schedule, Training, fixed_label, theory},
};

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
#[command(mut_arg("num_generations", default("25")))]
#[command(mut_arg("num_updates", default("20")))]
#[command(mut_arg("batch_size", default("50")))]
#[command(mut_arg("learning_rate", default("1e-3")))]
#[command(mut_arg("extra_iterations", default("5")))]
pub struct Config {
    /// Number of unknowns n: the eigenvalues are 1, 2, …, n; 2 to 1000
    #[arg(long, value_name = "n", default_value_t = 100, value_parser = range::whole(2, 1000))]
    pub num_unknowns: usize,
    /// Period T of the learned step sizes, 1 to 1000 or 'free'
    #[arg(long, value_name = "T", default_value = "3", value_parser = Period::parse)]
    pub period: Period,
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

/// Starts x₀ ~ N(0, I) with x* = 0, in n dimensions.
#[derive(Debug)]
pub struct Starts {
    /// n
    pub num_unknowns: usize,
    /// Where tensors live
    pub device: Device,
}

impl Problem for Starts {
    type Data = ();

    fn draw(&self, count: usize, rng: &mut Rng) -> Result<Batch<()>> {
        let start = sampling::normal_matrix(count, self.num_unknowns, rng, &self.device)?;
        Ok(Batch { solution: start.zeros_like()?, start, data: () })
    }
}

/// Gradient descent on ½xᵀAx, unfolded.
// ANCHOR: step
#[derive(Debug)]
pub struct GradientDescent {
    /// x ← x − η(Ax − b)
    pub step: AffineStep,
    /// b = 0, `[n]`
    pub zero: Tensor,
    /// ηₖ
    pub step_size: Schedule,
}

impl Algorithm for GradientDescent {
    type Data = ();

    fn schedules(&self) -> Vec<&Schedule> {
        vec![&self.step_size]
    }

    fn iterate(&self, k: usize, x: &Tensor, _: &(), _: &mut Rng) -> Result<Tensor> {
        Ok(self.step.forward(x, &self.step_size.at(k)?, &self.zero)?) // x ← x − ηₖAx
    }
}
// ANCHOR_END: step

impl GradientDescent {
    /// The algorithm for A = diag(`eigenvalues`), with these step sizes.
    pub fn new(eigenvalues: &[f64], step_size: Schedule, device: &Device) -> Result<Self> {
        let n = eigenvalues.len();
        let a = Tensor::eye(n, DType::F64, device)?.broadcast_mul(&Tensor::new(eigenvalues, device)?)?;
        Ok(Self { step: AffineStep::new(&a)?, zero: Tensor::zeros(n, DType::F64, device)?, step_size })
    }
}

/// The section as a program.
#[derive(Debug)]
pub struct Quadratic;

impl Section for Quadratic {
    const NAME: &'static str = "sec3_du_gd_quadratic";
    const TITLE: &'static str = "Deep unfolding of gradient descent on a quadratic";
    const HELP: &'static str = "\
Gradient descent on f(x) = ½xᵀAx with A = diag(1, …, 100), unfolded: three step sizes that take turns are learned by \
incremental training. The figures show the MSE after each iteration beside the best fixed step 2/(1 + 100) and the \
contraction that the eigenvalues promise, and the learned steps beside the Chebyshev steps. Try --period 1, --period 6 \
and --period free.";
    const PRESETS: &'static [Preset] = &[Preset {
        name: "quick",
        about: "A smaller experiment, done in a moment: n = 30, 15 generations",
        values: &[("num_unknowns", "30"), ("num_generations", "15"), ("learning_rate", "3e-3")],
    }];
    const RESUMES: bool = true;
    type Config = Config;
    type Outcome = Comparison;

    // ANCHOR: training
    fn run(config: &Config, context: &mut Context) -> Result<Comparison> {
        config::validate(config)?;
        let Config { num_unknowns: n, period, ref training } = *config;
        let device = &context.device.clone();
        let eigenvalues: Vec<f64> = (1..=n).map(|i| i as f64).collect();
        let problem = Starts { num_unknowns: n, device: device.clone() };
        context.phase(Phase::Training);
        let mut comparison = Comparison::of_quadratics(&eigenvalues);

        let eta = theory::fixed_step_size(&eigenvalues); // 2/(1 + n)
        let fixed = GradientDescent::new(&eigenvalues, Schedule::constant("step_size", eta, device)?, device)?;
        comparison.push(training.method("fixed", fixed_label(eta), &problem, &fixed, context)?);
        let learned = GradientDescent::new(&eigenvalues, training.step_sizes(period, device)?, device)?;
        let label = format!("learned steps, {}", period.label());
        comparison.push(training.method("learned", label, &problem, &learned, context)?);
        Ok(comparison)
    }
    // ANCHOR_END: training

    fn report(config: &Config, outcome: &Comparison) -> Result<Report> {
        let title = format!("Quadratic with eigenvalues 1, 2, …, {}", config.num_unknowns);
        let Training { num_generations: t, .. } = config.training;
        outcome.report(&title, &[t, config.training.num_iterations()])
    }
}
