//! Section 4: deep unfolding of relaxation with periodic factors (PSOR).
//!
//! For A = A₀ᵀA₀/‖A₀ᵀA₀‖_F with a Gaussian A₀, x = Ax + b is solved by relaxing its fixed-point map: with B = I − A,
//! x ← x + ω_{k mod T}(b − Bx), b ~ N(0, I), and x* = B⁻¹b. The T factors ω are learned. ("SOR" is the published name; it is not the
//! successive over-relaxation of Gauss and Seidel.)
//!
//! | symbol | here |
//! |---|---|
//! | B | [`Relaxation`]`::step` |
//! | ω | [`Relaxation`]`::omega` |
//! | e = x − x* | what the iterations carry |
//! | T | `period` |
//! | K | `batch_size` |
//!
//! Run it with `cargo run --release --bin sec4_du_psor`. Two learned factors beat the best single one, four beat two.

use anyhow::Result;
use candle_core::Tensor;
use common::{
    config::{self, default, range},
    context::{Context, Phase},
    linalg,
    sampling::{self, Rng},
    section::{Preset, Report, Section},
    unfolding::{Comparison, Period, Schedule, Training, theory},
};

use crate::relaxation::{self, Loss, Relaxation, Systems};

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
#[command(mut_arg("num_generations", default("10")))]
#[command(mut_arg("extra_iterations", default("30")))]
#[command(mut_arg("batch_size", default("50")))]
#[command(mut_arg("learning_rate", default("0.1")))]
#[command(mut_arg("initial_step_size", |arg| arg.default_value("1").help("Factor ω before training")))]
pub struct Config {
    /// Number of unknowns n, 2 to 500
    #[arg(long, value_name = "n", default_value_t = 8, value_parser = range::whole(2, 500))]
    pub num_unknowns: usize,
    /// Periods T of the learned factors, each 1 to 1000 or 'free'
    #[arg(long, value_name = "T,…", default_value = "2,4", value_delimiter = ',', value_parser = Period::parse)]
    pub period: Vec<Period>,
    /// What is minimised
    #[arg(long, value_enum, default_value = "sampled")]
    pub loss: Loss,
    /// How the factors are learned
    #[command(flatten)]
    #[serde(flatten)]
    pub training: Training,
}

impl Default for Config {
    fn default() -> Self {
        config::defaults()
    }
}

/// B = I − A₀ᵀA₀/‖A₀ᵀA₀‖_F `[n, n]`, with eigenvalues in (0, 1).
// ANCHOR: matrix
pub fn matrix(n: usize, rng: &mut Rng, device: &candle_core::Device) -> Result<Tensor> {
    let a0 = sampling::normal_matrix(n, n, rng, device)?;
    let gram = a0.t()?.matmul(&a0)?;
    let norm = gram.sqr()?.sum_all()?.sqrt()?.to_scalar::<f64>()?;
    Ok((Tensor::eye(n, gram.dtype(), device)? - (gram / norm)?)?)
}
// ANCHOR_END: matrix

/// The section as a program.
#[derive(Debug)]
pub struct DuPsor;

impl Section for DuPsor {
    const NAME: &'static str = "sec4_du_psor";
    const TITLE: &'static str = "Deep unfolding of relaxation with periodic factors";
    const HELP: &'static str = "\
A linear system is solved by relaxing a fixed-point map, x ← x + ω(b − Bx), with T factors ω that take turns and are learned \
up to 10 iterations. Measured up to 40, beside ω = 1, the best single factor and the Chebyshev factors. --loss expected \
minimises the expectation in closed form, and has no randomness but the matrix.";
    const PRESETS: &'static [Preset] = &[Preset {
        name: "quick",
        about: "A smaller experiment, done in a moment: 6 generations",
        values: &[("num_generations", "6"), ("extra_iterations", "14")],
    }];
    const RESUMES: bool = true;
    type Config = Config;
    type Outcome = Comparison;

    // ANCHOR: training
    fn run(config: &Config, context: &mut Context) -> Result<Comparison> {
        config::validate(config)?;
        config::distinct("--period", &config.period)?;
        let device = &context.device.clone();
        let b = matrix(config.num_unknowns, &mut context.rng(0), device)?;
        let problem = Systems::new(&relaxation::inverse(&b)?, config.loss)?; // x* = B⁻¹b
        let mut comparison = Comparison::of_quadratics(&linalg::symmetric_eigenvalues(&b)?);
        let training = &config.training;
        context.phase(Phase::Training);

        let best = theory::fixed_step_size(&comparison.eigenvalues); // ω* = 2/(λmin + λmax)
        for (name, label, omega) in
            [("fixed", "ω = 1".to_owned(), 1.0), ("fixed_best", format!("ω* = {best:.4}"), best)]
        {
            comparison.push(training.method(name, label, &problem, &Relaxation::fixed(&b, &[omega])?, context)?);
        }
        for period in &config.period {
            let steps = theory::chebyshev_step_sizes(&comparison.eigenvalues, period.length(training.num_generations));
            let (name, label) =
                (format!("fixed_chebyshev_{}", period.name()), format!("Chebyshev, {}", period.label()));
            comparison.push(training.method(&name, label, &problem, &Relaxation::fixed(&b, &steps)?, context)?);
        }
        for (index, period) in config.period.iter().enumerate() {
            context.progress_part(index, config.period.len());
            let initial = Tensor::full(training.initial_step_size, period.length(training.num_generations), device)?;
            let omega = Schedule::learned("omega", &initial, training.learning_rate)?;
            let (name, label) = (format!("learned_{}", period.name()), format!("learned, {}", period.label()));
            comparison.push(training.method(&name, label, &problem, &Relaxation::new(&b, omega)?, context)?);
        }
        Ok(comparison)
    }
    // ANCHOR_END: training

    fn report(config: &Config, comparison: &Comparison) -> Result<Report> {
        let training = &config.training;
        let title = format!("Relaxation, n = {}", config.num_unknowns);
        let mut report = comparison.report(&title, &[training.num_generations, training.num_iterations()])?;
        report.figures.retain(|(stem, _)| *stem != "polynomial"); // this one has the baselines too
        Ok(report.figure("polynomial", relaxation::polynomials(comparison)))
    }
}
