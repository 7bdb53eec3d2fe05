//! Section 4: deep unfolding of Jacobi's method with relaxation.
//!
//! Jacobi's method for Px = q divides by the diagonal D of P; relaxed it is x ← x + ω_{k mod T}(D⁻¹q − D⁻¹Px). Here
//! P = 0.15·I + MᵀM with M = 0.05·N(0, 1), 32×32, and q ~ N(0, I). The T factors ω are learned.
//!
//! | symbol | here |
//! |---|---|
//! | B = D⁻¹P | [`Relaxation`]`::step` |
//! | ω | [`Relaxation`]`::omega` |
//! | e = x − x* | what the iterations carry |
//! | T | `period` |
//! | K | `batch_size` |
//!
//! Run it with `cargo run --release --bin sec4_du_jacobi`. Beside the learned ω are those that theory would take.

use anyhow::Result;
use candle_core::{Device, Tensor};
use common::{
    config::{self, default, range},
    context::{Context, Phase},
    linalg,
    sampling::{self, Rng},
    section::{Preset, Report, Section},
    training::Unsuitable,
    unfolding::{Comparison, Period, Schedule, Training, theory},
};

use crate::relaxation::{self, Loss, Relaxation, Systems};

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
#[command(mut_arg("num_generations", default("20")))]
#[command(mut_arg("num_updates", default("50")))]
#[command(mut_arg("batch_size", default("100")))]
#[command(mut_arg("learning_rate", default("0.01")))]
#[command(mut_arg("initial_step_size", |arg| arg.default_value("1").help("Factor ω before training")))]
pub struct Config {
    /// Number of unknowns n, 2 to 500
    #[arg(long, value_name = "n", default_value_t = 32, value_parser = range::whole(2, 500))]
    pub num_unknowns: usize,
    /// Weight of I in P, > 0
    #[arg(long, value_name = "c", default_value_t = 0.15, value_parser = range::positive)]
    pub diagonal: f64,
    /// Standard deviation of M's entries, > 0
    #[arg(long, value_name = "s", default_value_t = 0.05, value_parser = range::positive)]
    pub matrix_std: f64,
    /// Periods T of the learned factors, each 1 to 1000 or 'free'
    #[arg(long, value_name = "T,…", default_value = "1,2,8", value_delimiter = ',', value_parser = Period::parse)]
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

/// A system Px = q for Jacobi's method.
#[derive(Debug, Clone)]
pub struct System {
    /// B = D⁻¹P `[n, n]`
    pub b: Tensor,
    /// P⁻¹ `[n, n]`: x* = P⁻¹q
    pub inverse: Tensor,
    /// The eigenvalues of B, ascending; real, since B is similar to D^(−½)PD^(−½)
    pub eigenvalues: Vec<f64>,
}

impl System {
    /// P = `diagonal`·I + MᵀM.
    // ANCHOR: system
    pub fn draw(n: usize, diagonal: f64, matrix_std: f64, rng: &mut Rng, device: &Device) -> Result<Self> {
        let m = (sampling::normal_matrix(n, n, rng, device)? * matrix_std)?;
        let identity = Tensor::eye(n, m.dtype(), device)?;
        let p = (m.t()?.matmul(&m)? + (&identity * diagonal)?)?;
        let d = (&p * &identity)?.sum(1)?; // the diagonal of P
        let root = d.sqrt()?;
        let similar = p.broadcast_div(&root)?.broadcast_div(&root.unsqueeze(1)?)?; // D^(−½)PD^(−½)
        let (b, inverse) = (p.broadcast_div(&d.unsqueeze(1)?)?, relaxation::inverse(&p)?);
        Ok(Self { b, inverse, eigenvalues: linalg::symmetric_eigenvalues(&similar)? })
    }
    // ANCHOR_END: system

    /// Errors, as [`Unsuitable`], if Jacobi's method itself, ω = 1, diverges: if an eigenvalue of B is 2 or more.
    pub fn check(&self) -> Result<()> {
        let largest = self.eigenvalues.last().copied().unwrap_or(f64::NAN);
        if largest < 2.0 {
            return Ok(());
        }
        let problem = format!(
            "Jacobi's method (ω = 1) diverges for this matrix: λmax(D⁻¹P) = {largest:.4}, not below 2; another --seed may do"
        );
        Err(Unsuitable(problem).into())
    }
}

/// The section as a program.
#[derive(Debug)]
pub struct DuJacobi;

impl Section for DuJacobi {
    const NAME: &'static str = "sec4_du_jacobi";
    const TITLE: &'static str = "Deep unfolding of Jacobi's method";
    const HELP: &'static str = "\
Jacobi's method with T relaxation factors ω that take turns and are learned up to 20 iterations, beside ω = 1, the best single \
factor and the Chebyshev factors. For about one seed in twenty Jacobi's method diverges; the program says so and ends. \
--loss expected minimises the expectation in closed form, and has no randomness but the matrix.";
    const PRESETS: &'static [Preset] = &[Preset {
        name: "quick",
        about: "A smaller experiment, done in a moment: 10 generations of 20 updates",
        values: &[("num_generations", "10"), ("num_updates", "20")],
    }];
    const RESUMES: bool = true;
    type Config = Config;
    type Outcome = Comparison;

    // ANCHOR: training
    fn run(config: &Config, context: &mut Context) -> Result<Comparison> {
        config::validate(config)?;
        config::distinct("--period", &config.period)?;
        let device = &context.device.clone();
        let rng = &mut context.rng(0);
        let system = System::draw(config.num_unknowns, config.diagonal, config.matrix_std, rng, device)?;
        system.check()?;
        let problem = Systems::new(&system.inverse, config.loss)?;
        let mut comparison = Comparison::of_quadratics(&system.eigenvalues);
        let training = &config.training;
        context.phase(Phase::Training);

        let best = theory::fixed_step_size(&system.eigenvalues); // 2/(λmin + λmax)
        for (name, label, omega) in
            [("fixed", "ω = 1".to_owned(), 1.0), ("fixed_best", format!("ω* = {best:.4}"), best)]
        {
            comparison.push(training.method(
                name,
                label,
                &problem,
                &Relaxation::fixed(&system.b, &[omega])?,
                context,
            )?);
        }
        let longest = config.period.iter().map(|period| period.length(training.num_generations)).max();
        let steps = theory::chebyshev_step_sizes(&system.eigenvalues, longest.unwrap_or(1));
        let label = format!("Chebyshev, T = {}", steps.len());
        let chebyshev = Relaxation::fixed(&system.b, &steps)?;
        comparison.push(training.method("fixed_chebyshev", label, &problem, &chebyshev, context)?);
        for (index, period) in config.period.iter().enumerate() {
            context.progress_part(index, config.period.len());
            let initial = Tensor::full(training.initial_step_size, period.length(training.num_generations), device)?;
            let omega = Schedule::learned("omega", &initial, training.learning_rate)?;
            let (name, label) = (format!("learned_{}", period.name()), format!("learned, {}", period.label()));
            comparison.push(training.method(&name, label, &problem, &Relaxation::new(&system.b, omega)?, context)?);
        }
        Ok(comparison)
    }
    // ANCHOR_END: training

    fn report(config: &Config, comparison: &Comparison) -> Result<Report> {
        let title = format!("Jacobi's method, n = {}", config.num_unknowns);
        let mut report = comparison.report(&title, &[config.training.num_iterations()])?;
        for method in comparison.learned() {
            let omega: Vec<String> = method.step_sizes().iter().map(|omega| format!("{omega:.4}")).collect();
            report.summary += &format!("ω {:<42} {}\n", method.label, omega.join(" "));
        }
        report.figures.retain(|(stem, _)| *stem != "polynomial"); // this one has the baselines too
        Ok(report.figure("polynomial", relaxation::polynomials(comparison)))
    }
}
