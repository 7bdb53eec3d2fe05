//! Section 3: deep unfolding of gradient descent for ridge regression.
//!
//! Gradient descent on ½‖Ax − y‖² + (λ/2)‖x‖² is x ← x − ηₖ((AᵀA + λI)x − Aᵀy), k = 0, 1, …, and ends at
//! x* = (AᵀA + λI)⁻¹Aᵀy. First its step sizes are learned, with period T. Then also a weight |ξₖ| in place of λ for each
//! iteration: x* stays what it is, but the way there may use other weights.
//!
//! | symbol | here |
//! |---|---|
//! | A, AᵀA, Aᵀy | [`LinearModel`] |
//! | λ | `regularisation` |
//! | ηₖ, ξₖ | [`RidgeDescent`]`::step_size`, `::regularisation` |
//! | t, up to T_max | depth, `num_generations` |
//! | K | `batch_size` |
//!
//! Run it with `cargo run --release --bin sec3_du_gd_ridge`. More parameters help most where iterations are few.

use anyhow::Result;
use candle_core::Tensor;
use common::{
    config::{self, default, range},
    context::{Context, Phase},
    linear_model::LinearModel,
    ops::AffineStep,
    sampling::Rng,
    section::{Preset, Report, Section},
    unfolding::{Algorithm, Comparison, Period, Schedule, Training, fixed_label, theory},
};

use crate::least_squares::Observations;

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
#[command(mut_arg("num_updates", default("50")))]
pub struct Config {
    /// Number of observations m, 1 to 1000
    #[arg(long, value_name = "m", default_value_t = 100, value_parser = range::count(1000))]
    pub num_observations: usize,
    /// Number of unknowns n, 1 to 1000
    #[arg(long, value_name = "n", default_value_t = 50, value_parser = range::count(1000))]
    pub num_unknowns: usize,
    /// Regularisation weight λ of the problem, and of each iteration before training, >= 0
    #[arg(long, value_name = "λ", default_value_t = 3.0, value_parser = range::non_negative)]
    pub regularisation: f64,
    /// Period T of the learned step sizes, 1 to 1000 or 'free'
    #[arg(long, value_name = "T", default_value = "4", value_parser = Period::parse)]
    pub period: Period,
    /// Period of the learned regularisation weights ξ, 1 to 1000 or 'free'
    #[arg(long, value_name = "T", default_value = "free", value_parser = Period::parse)]
    pub regularisation_period: Period,
    /// Learning rate of the Adam of these weights, > 0
    #[arg(long, value_name = "α", default_value_t = 1e-2, value_parser = range::positive)]
    pub regularisation_learning_rate: f64,
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

/// Gradient descent on ½‖Ax − y‖² + (λ/2)‖x‖², unfolded.
// ANCHOR: step
#[derive(Debug, Clone)]
pub struct RidgeDescent {
    /// x ← x − η((AᵀA + ξI)x − b)
    pub step: AffineStep,
    /// ηₖ
    pub step_size: Schedule,
    /// ξₖ, λ itself where it is not learned
    pub regularisation: Schedule,
}

impl Algorithm for RidgeDescent {
    type Data = Tensor; // b = Aᵀy, [K, n]

    fn schedules(&self) -> Vec<&Schedule> {
        vec![&self.step_size, &self.regularisation]
    }

    fn iterate(&self, k: usize, x: &Tensor, b: &Tensor, _: &mut Rng) -> Result<Tensor> {
        let (eta, xi) = (self.step_size.at(k)?, self.regularisation.at(k)?.abs()?);
        Ok(self.step.forward_ridge(x, &eta, &xi, b)?) // x ← x − ηₖ((AᵀA + |ξₖ|I)x − Aᵀy)
    }
}
// ANCHOR_END: step

/// The section as a program.
#[derive(Debug)]
pub struct Ridge;

impl Section for Ridge {
    const NAME: &'static str = "sec3_du_gd_ridge";
    const TITLE: &'static str = "Deep unfolding of gradient descent for ridge regression";
    const HELP: &'static str = "\
Gradient descent on ½‖Ax − y‖² + (λ/2)‖x‖², unfolded twice: with four learned step sizes that take turns, and with a \
learned regularisation weight |ξ| for each iteration as well, the two groups updated in turn on each mini-batch. The figures show the \
MSE after each iteration beside the best fixed step, and what was learned. Try --regularisation 30 and --regularisation-period 4.";
    const PRESETS: &'static [Preset] = &[Preset {
        name: "quick",
        about: "A smaller experiment, done in a moment: n = 20, 25 generations",
        values: &[
            ("num_observations", "40"),
            ("num_unknowns", "20"),
            ("num_generations", "25"),
            ("learning_rate", "3e-4"),
            ("regularisation_learning_rate", "0.03"),
        ],
    }];
    const RESUMES: bool = true;
    type Config = Config;
    type Outcome = Comparison;

    // ANCHOR: training
    fn run(config: &Config, context: &mut Context) -> Result<Comparison> {
        config::validate(config)?;
        let Config { num_observations: m, num_unknowns: n, regularisation: lambda, period, .. } = *config;
        let training = &Training { alternate: true, ..config.training }; // the steps, then the weights, on each batch
        let device = &context.device.clone();
        let model = LinearModel::gaussian(m, n, &mut context.rng(0), device)?;
        let problem = Observations { solution: model.solution(lambda)?, model }; // x* = (AᵀA + λI)⁻¹Aᵀy
        let step = AffineStep::new(&problem.model.gram)?;
        let algorithm = |step_size, regularisation| RidgeDescent { step: step.clone(), step_size, regularisation };
        // AᵀA + λI has the eigenvalues of AᵀA, each with λ added.
        let eigenvalues: Vec<f64> = problem.model.eigenvalues.iter().map(|e| e + lambda).collect();
        let eigenvalues = theory::nonzero(&eigenvalues);
        context.phase(Phase::Training);
        let mut comparison = Comparison::of_quadratics(eigenvalues);

        let eta = theory::fixed_step_size(eigenvalues);
        let regularisation = Schedule::constant("regularisation", lambda, device)?;
        let fixed = algorithm(Schedule::constant("step_size", eta, device)?, regularisation.clone());
        comparison.push(training.method("fixed", fixed_label(eta), &problem, &fixed, context)?);

        let (name, label) = (format!("learned_{}", period.name()), format!("learned steps, {}", period.label()));
        let learned = algorithm(training.step_sizes(period, device)?, regularisation);
        context.progress_span(0.0, 1.0 / 3.0); // the second training is twice the work: each batch is used twice
        comparison.push(training.method(&name, &label, &problem, &learned, context)?);

        let entries = Tensor::full(lambda, config.regularisation_period.length(training.num_generations), device)?;
        let regularisation = Schedule::learned("regularisation", &entries, config.regularisation_learning_rate)?; // |ξₖ| = λ at first
        let learned = algorithm(training.step_sizes(period, device)?, regularisation);
        context.progress_span(1.0 / 3.0, 1.0);
        let (name, label) = (format!("{name}_regularisation"), format!("{label}, and weights ξ"));
        comparison.push(training.method(&name, label, &problem, &learned, context)?);
        Ok(comparison)
    }
    // ANCHOR_END: training

    fn report(config: &Config, outcome: &Comparison) -> Result<Report> {
        let Config { num_observations: m, num_unknowns: n, regularisation, .. } = config;
        let title = format!("Ridge regression, {m} × {n}, λ = {regularisation}");
        let mut few = vec![5, 10, 20];
        few.retain(|&k| k < config.training.num_iterations());
        few.push(config.training.num_iterations());
        outcome.report(&title, &few)
    }
}
