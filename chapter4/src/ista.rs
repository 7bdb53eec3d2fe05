//! Section 4: ISTA, the iterative shrinkage-thresholding algorithm.
//!
//! A sparse x is to be found from y = Ax + w with fewer observations than unknowns. ISTA minimises the lasso's objective
//! F(x) = ½‖Ax − y‖² + λ‖x‖₁ by x ← S_γλ(x − γ(AᵀAx − Aᵀy)), a step of gradient descent and the soft threshold
//! S_τ(u) = sign(u)·max(|u| − τ, 0), with γ = 1/λmax(AᵀA). FISTA, its accelerated form, goes on from a point beyond the last one.
//! Nothing is learned here.
//!
//! | symbol | here |
//! |---|---|
//! | A, AᵀA, Aᵀy | [`SparseRecovery`]`::model` |
//! | p, σ | `active`, `noise_std` |
//! | γ | [`SparseRecovery::gamma`] |
//! | S_τ | [`common::ops::soft_threshold`] |
//! | λ, γλ | `lambda`, [`Ista`]`::threshold` |
//!
//! Run it with `cargo run --release --bin sec4_ista`. After 10 iterations the estimate is far off, after 500 the large entries
//! are right, and slightly too small, as the threshold makes them.

use anyhow::Result;
use candle_core::Tensor;
use common::{
    config::{self, range},
    context::{Context, Phase},
    linear_model::LinearModel,
    ops::AffineStep,
    sampling::Rng,
    section::{Preset, Report, Section},
    unfolding::{Algorithm, Problem, Schedule},
};

use crate::sparse::{Observed, SparseRecovery};

mod fista;
mod report;
mod trace;

pub use fista::Fista;
pub use trace::{Trace, objective};

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
pub struct Config {
    /// Number of unknowns n, 1 to 1000
    #[arg(long, value_name = "n", default_value_t = 256, value_parser = range::count(1000))]
    pub num_unknowns: usize,
    /// Number of observations m, 1 to 1000
    #[arg(long, value_name = "m", default_value_t = 128, value_parser = range::count(1000))]
    pub num_observations: usize,
    /// Probability p that an entry of x is not 0, >= 0 and < 1
    #[arg(long, value_name = "p", default_value_t = 0.1, value_parser = range::decay)]
    pub active: f64,
    /// Standard deviation σ of the noise w, >= 0
    #[arg(long, value_name = "σ", default_value_t = 0.1, value_parser = range::non_negative)]
    pub noise_std: f64,
    /// Weight λ of ‖x‖₁, > 0
    #[arg(long, value_name = "λ", default_value_t = 1.0, value_parser = range::positive)]
    pub lambda: f64,
    /// Numbers of iterations after which the estimate is drawn, each 1 to 100000
    #[arg(long, value_name = "k,…", default_value = "10,100,500,2000", value_delimiter = ',', value_parser = range::count(100_000))]
    pub iterations: Vec<usize>,
}

impl Default for Config {
    fn default() -> Self {
        config::defaults()
    }
}

/// Proximal gradient descent on F, with a step size and a threshold for each iteration.
// ANCHOR: ista
#[derive(Debug, Clone)]
pub struct Ista {
    /// S_τ(x − η(AᵀAx − b))
    pub step: AffineStep,
    /// ηₖ
    pub step_size: Schedule,
    /// μₖ
    pub threshold: Schedule,
}

impl Algorithm for Ista {
    type Data = Observed;

    fn schedules(&self) -> Vec<&Schedule> {
        vec![&self.step_size, &self.threshold]
    }

    fn iterate(&self, k: usize, x: &Tensor, Observed { b, .. }: &Observed, _: &mut Rng) -> Result<Tensor> {
        let (eta, mu) = (self.step_size.at(k)?, self.threshold.at(k)?);
        Ok(self.step.forward_shrink(x, &eta, &mu, b)?) // x ← S_μₖ(x − ηₖ(AᵀAx − Aᵀy))
    }
}
// ANCHOR_END: ista

impl Ista {
    /// ISTA as it is published: step size γ, threshold γλ.
    pub fn fixed(problem: &SparseRecovery, lambda: f64) -> Result<Self> {
        let (gamma, device) = (problem.gamma(), problem.model.a.device());
        Ok(Self {
            step: AffineStep::new(&problem.model.gram)?,
            step_size: Schedule::constant("step_size", gamma, device)?,
            threshold: Schedule::constant("threshold", gamma * lambda, device)?,
        })
    }
}

/// What came out.
#[derive(Debug)]
pub struct Outcome {
    /// The true x
    pub signal: Vec<f64>,
    /// ISTA
    pub ista: Trace,
    /// FISTA
    pub fista: Trace,
    /// The least F that was found
    pub least: f64,
    /// L‖x̂‖² for the minimiser x̂, L = λmax: what the bounds on F have as a factor
    pub scale: f64,
    /// γ
    pub gamma: f64,
}

/// The section as a program.
#[derive(Debug)]
pub struct IstaDemo;

impl Section for IstaDemo {
    const NAME: &'static str = "sec4_ista";
    const TITLE: &'static str = "ISTA: sparse signals from few observations";
    const HELP: &'static str = "\
One sparse signal is recovered from half as many noisy observations by ISTA, a step of gradient descent and a soft threshold \
in turn, and by its accelerated form FISTA. The figures show the soft threshold, the estimate after some numbers of \
iterations, and the objective and the error along the way with the bounds that are proved. Try --lambda 5 and --seed 2.";
    const PRESETS: &'static [Preset] = &[Preset {
        name: "quick",
        about: "A smaller experiment: n = 64, up to 200 iterations",
        values: &[("num_unknowns", "64"), ("num_observations", "32"), ("iterations", "10,50,200")],
    }];
    type Config = Config;
    type Outcome = Outcome;

    fn run(config: &Config, context: &mut Context) -> Result<Outcome> {
        config::validate(config)?;
        let Config { num_unknowns: n, num_observations: m, lambda, .. } = *config;
        let model = LinearModel::gaussian(m, n, &mut context.rng(0), &context.device)?;
        let problem = SparseRecovery::new(model, config.active, config.noise_std)?;
        context.phase(Phase::Training);
        let last = config.iterations.iter().copied().max().unwrap_or(0);
        let ista = Ista::fixed(&problem, lambda)?;
        let fista = Fista(ista.clone());
        let (slow, _) = trace::run(config, &problem, &ista, last, context)?;
        let (mut fast, minimiser) = trace::run(config, &problem, &fista, 4 * last, context)?;
        let least = fast.objective.iter().chain(&slow.objective).copied().fold(f64::INFINITY, f64::min);
        fast.objective.truncate(last + 1);
        fast.mse.truncate(last + 1);
        let signal = problem.draw(1, &mut context.rng(1))?.solution.flatten_all()?.to_vec1()?;
        let scale = minimiser.sqr()?.sum_all()?.to_scalar::<f64>()? / problem.gamma();
        Ok(Outcome { signal, ista: slow, fista: fast, least, scale, gamma: problem.gamma() })
    }

    fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
        report::report(config, outcome)
    }
}
