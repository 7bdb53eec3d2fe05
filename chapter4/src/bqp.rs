//! Section 4: deep unfolding for binary quadratic programs.
//!
//! Signs x ∈ {−1, 1}ⁿ are sent through a square Gaussian A, y = Ax + w. The program min ‖Ax − y‖² over the signs is relaxed to the
//! box [−1, 1]ⁿ, where projected gradient descent is x ← hardtanh(αₖ(x − ηₖ(AᵀAx − Aᵀy))) with αₖ = 1. The step sizes ηₖ and the
//! slopes αₖ are learned; the target is the x that was sent.
//!
//! | symbol | here |
//! |---|---|
//! | ηₖ, αₖ | [`BoxDescent`]`::step_size`, `slope` |
//! | σ | `noise_std` |
//! | t, up to T | depth, `num_generations` |
//! | K | `batch_size` |
//!
//! Run it with `cargo run --release --bin sec4_du_bqp`. Besides the MSE it counts wrong signs, which is what a receiver cares about.

use anyhow::Result;
use candle_core::Tensor;
use common::{
    config::{self, default, range},
    context::{Context, Phase},
    linear_model::LinearModel,
    ops::AffineStep,
    sampling::Rng,
    section::{Preset, Report, Section},
    unfolding::{Algorithm, Comparison, Period, Schedule, Training, mean_metrics},
};

mod report;
mod signs;
pub mod theory;

pub use signs::Signs;
pub use theory::SignDescent;

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
#[command(mut_arg("num_generations", default("30")))]
#[command(mut_arg("batch_size", default("500")))]
#[command(mut_arg("learning_rate", default("5e-4")))]
#[command(mut_arg("num_test", default("1000")))]
pub struct Config {
    /// Number of signs n, 1 to 1000
    #[arg(long, value_name = "n", default_value_t = 100, value_parser = range::count(1000))]
    pub num_unknowns: usize,
    /// Number of observations m, 1 to 1000
    #[arg(long, value_name = "m", default_value_t = 100, value_parser = range::count(1000))]
    pub num_observations: usize,
    /// Standard deviation σ of the noise w, >= 0
    #[arg(long, value_name = "σ", default_value_t = 3.0, value_parser = range::non_negative)]
    pub noise_std: f64,
    /// How the step sizes and slopes are learned
    #[command(flatten)]
    #[serde(flatten)]
    pub training: Training,
}

impl Default for Config {
    fn default() -> Self {
        config::defaults()
    }
}

/// Projected gradient descent in the box [−1, 1]ⁿ, with a step size and a slope for each iteration.
// ANCHOR: step
#[derive(Debug, Clone)]
pub struct BoxDescent {
    /// hardtanh(α(x − η(AᵀAx − b)))
    pub step: AffineStep,
    /// ηₖ
    pub step_size: Schedule,
    /// αₖ
    pub slope: Schedule,
}

impl Algorithm for BoxDescent {
    type Data = Tensor;

    fn schedules(&self) -> Vec<&Schedule> {
        vec![&self.step_size, &self.slope]
    }

    fn iterate(&self, k: usize, x: &Tensor, b: &Tensor, _: &mut Rng) -> Result<Tensor> {
        let (eta, alpha) = (self.step_size.at(k)?, self.slope.at(k)?);
        Ok(self.step.forward_hardtanh(x, &eta, &alpha, b)?) // x ← hardtanh(αₖ(x − ηₖ(AᵀAx − Aᵀy)))
    }
}
// ANCHOR_END: step

impl BoxDescent {
    /// With step size γ and slope 1: the box relaxation, in the limit.
    pub fn fixed(problem: &Signs) -> Result<Self> {
        let device = problem.model.a.device();
        let step_size = Schedule::constant("step_size", problem.gamma(), device)?;
        let slope = Schedule::constant("slope", 1.0, device)?;
        Ok(Self { step: AffineStep::new(&problem.model.gram)?, step_size, slope })
    }

    /// With everything to learn: ηₖ from `training.initial_step_size`, αₖ from 1.
    pub fn learned(training: &Training, problem: &Signs) -> Result<Self> {
        let step_size = training.step_sizes(Period::Free, problem.model.a.device())?;
        let slope = Schedule::learned("slope", &step_size.parameter().ones_like()?, training.learning_rate)?;
        Ok(Self { step: AffineStep::new(&problem.model.gram)?, step_size, slope })
    }
}

/// Iterations after which the box relaxation is taken for converged; from 1000 to 4000 its wrong signs change by less than 1 %.
pub const CONVERGED: usize = 2000;

/// What came out.
#[derive(Debug)]
pub struct Outcome {
    /// MSE
    pub comparison: Comparison,
    /// The fraction of wrong signs of each method, by iteration
    pub bit_errors: Vec<(String, Vec<f64>)>,
    /// The same of the converged box relaxation, and of the linear minimum mean square error estimate
    pub references: [f64; 2],
    /// What theory says of large systems: box relaxation, the best receiver there is
    pub theory: [f64; 2],
}

/// The section as a program.
#[derive(Debug)]
pub struct DuBqp;

impl Section for DuBqp {
    const NAME: &'static str = "sec4_du_bqp";
    const TITLE: &'static str = "Deep unfolding for binary quadratic programs";
    const HELP: &'static str = "\
100 signs are recovered from 100 noisy mixtures by projected gradient descent in a box, whose 30 step sizes and 30 slopes are \
learned. Beside it: projection to the box with the fixed step 1/λmax, and jumps to the nearest signs. The figures show the \
MSE and the fraction of wrong signs, with what theory says of large systems, and what was learned. Try --noise-std 1.";
    const PRESETS: &'static [Preset] = &[Preset {
        name: "quick",
        about: "A smaller experiment, done in a moment: n = 40, 12 generations",
        values: &[
            ("num_unknowns", "40"),
            ("num_observations", "40"),
            ("num_generations", "12"),
            ("batch_size", "50"),
            ("num_test", "200"),
            ("noise_std", "2"),
            ("learning_rate", "2e-3"),
        ],
    }];
    const RESUMES: bool = true;
    type Config = Config;
    type Outcome = Outcome;

    // ANCHOR: training
    fn run(config: &Config, context: &mut Context) -> Result<Outcome> {
        config::validate(config)?;
        let (n, m, sigma) = (config.num_unknowns, config.num_observations, config.noise_std);
        let model = LinearModel::gaussian(m, n, &mut context.rng(0), &context.device)?;
        let problem = Signs::new(model, sigma)?;
        let (training, bits, seed) = (&config.training, problem.bits(), context.seed);
        let (num_iterations, num_test) = (training.num_iterations(), training.num_test);
        context.phase(Phase::Training);

        let fixed = BoxDescent::fixed(&problem)?;
        let jumps = SignDescent(fixed.clone());
        let learned = BoxDescent::learned(training, &problem)?;
        let mut comparison = Comparison::default();
        comparison.push(training.method("fixed", "hardtanh, η = 1/λmax", &problem, &fixed, context)?);
        comparison.push(training.method("fixed_sign", "sign, η = 1/λmax", &problem, &jumps, context)?);
        comparison.push(training.method("learned", "learned steps and slopes", &problem, &learned, context)?);
        let bit_errors = vec![
            ("fixed".to_owned(), mean_metrics(&bits, &fixed, num_iterations, num_test, seed)?),
            ("fixed_sign".to_owned(), mean_metrics(&bits, &jumps, num_iterations, num_test, seed)?),
            ("learned".to_owned(), mean_metrics(&bits, &learned, num_iterations, num_test, seed)?),
        ];
        let converged = mean_metrics(&bits, &fixed, CONVERGED, num_test, seed)?[CONVERGED];
        let linear = mean_metrics(&bits, &theory::Linear::of(&problem)?, 1, num_test, seed)?[1];
        let theory = [theory::box_relaxation(n, m, sigma), theory::optimum(n, m, sigma)];
        Ok(Outcome { comparison, bit_errors, references: [converged, linear], theory })
    }
    // ANCHOR_END: training

    fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
        report::report(config, outcome)
    }
}
