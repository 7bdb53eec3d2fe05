//! Section 5: handwritten digits from few random measurements.
//!
//! An image x of 784 pixels is measured by 512 random projections, y = Ax. There are fewer equations than unknowns, but most pixels
//! of a digit are black, and the iterative shrinkage–thresholding algorithm (ISTA) finds sparse solutions:
//!
//! x ← S(x − γAᵀ(Ax − y), γλ), with the soft threshold S(v, τ) = sign(v)·max(|v| − τ, 0).
//!
//! Unfolded, step sizes γₜ and thresholds αₜ are learned, one of each for each of 25 iterations, from digits.
//!
//! | symbol | here |
//! |---|---|
//! | A, AᵀA, Aᵀy | [`common::linear_model::LinearModel`] |
//! | γₜ, αₜ | `step_size`, `threshold` |
//! | x | [`digits::Digits`] |
//!
//! Run it with `cargo run --release --bin sec5_mnist_reconstruction`.

use anyhow::Result;
use candle_core::{Device, Tensor};
use common::{
    config::{self, default, range},
    context::{Context, Phase},
    ops::AffineStep,
    sampling::Rng,
    section::{Input, Preset, Report, Section},
    unfolding::{Algorithm, Comparison, Metric, Period, Schedule, Training, estimate_after},
};

pub mod digits;
mod measured;
mod report;

pub use measured::Measured;

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
#[command(mut_arg("num_generations", default("25")))]
#[command(mut_arg("num_updates", default("50")))]
#[command(mut_arg("batch_size", default("50")))]
#[command(mut_arg("learning_rate", default("5e-5")))]
#[command(mut_arg("num_test", default("200")))]
#[command(mut_arg("initial_step_size", |argument| argument.hide(true)))]
pub struct Config {
    /// Random measurements m of an image, 1 to 784
    #[arg(long, value_name = "m", default_value_t = 512, value_parser = range::count(784))]
    pub num_measurements: usize,
    /// λ of ISTA's threshold γλ, >= 0
    #[arg(long, value_name = "λ", default_value_t = 1.0, value_parser = range::non_negative)]
    pub lambda: f64,
    /// Digits shown, 1 to 16
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = range::count(16))]
    pub num_shown: usize,
    /// How step sizes and thresholds are learned
    #[command(flatten)]
    #[serde(flatten)]
    pub training: Training,
}

impl Default for Config {
    fn default() -> Self {
        config::defaults()
    }
}

/// ISTA, unfolded.
// ANCHOR: step
#[derive(Debug, Clone)]
pub struct Ista {
    /// x ← x − γ(AᵀAx − Aᵀy), and the soft threshold after it
    pub step: AffineStep,
    /// γₜ
    pub step_size: Schedule,
    /// αₜ
    pub threshold: Schedule,
}

impl Algorithm for Ista {
    type Data = Tensor;

    fn schedules(&self) -> Vec<&Schedule> {
        vec![&self.step_size, &self.threshold]
    }

    fn iterate(&self, t: usize, x: &Tensor, aty: &Tensor, _: &mut Rng) -> Result<Tensor> {
        let (gamma, alpha) = (self.step_size.at(t)?, self.threshold.at(t)?);
        Ok(self.step.forward_shrink(x, &gamma, &alpha, aty)?) // x ← S(x − γₜ(AᵀAx − Aᵀy), αₜ)
    }
}
// ANCHOR_END: step

impl Ista {
    /// γ₀ in every iteration, and the threshold γ₀λ.
    pub fn fixed(step: &AffineStep, gamma: f64, lambda: f64, device: &Device) -> Result<Self> {
        let constant = |name, value| Schedule::constant(name, value, device);
        let (step_size, threshold) = (constant("step_size", gamma)?, constant("threshold", gamma * lambda)?);
        Ok(Self { step: step.clone(), step_size, threshold })
    }

    /// γₜ and αₜ to learn, both from the initial step size of `training`.
    pub fn learned(step: &AffineStep, training: &Training, device: &Device) -> Result<Self> {
        let step_size = training.step_sizes(Period::Free, device)?;
        let threshold = Schedule::learned("threshold", step_size.parameter(), training.learning_rate)?;
        Ok(Self { step: step.clone(), step_size, threshold })
    }
}

/// What is measured.
pub const METRIC: Metric = Metric { name: "squared error", axis: "‖x − x̂‖² of an image" };

/// What came out.
#[derive(Debug)]
pub struct Outcome {
    /// ISTA and its unfolding
    pub comparison: Comparison,
    /// Test digits: true, by ISTA, by the learned iterations
    pub shown: [Vec<Vec<f64>>; 3],
    /// γ₀ = 1/λmax(AᵀA)
    pub step_size: f64,
    /// Digits to learn from, and to test with
    pub counts: [usize; 2],
}

/// The section as a program.
#[derive(Debug)]
pub struct MnistReconstruction;

impl Section for MnistReconstruction {
    const NAME: &'static str = "sec5_mnist_reconstruction";
    const TITLE: &'static str = "Handwritten digits from few random measurements";
    const HELP: &'static str = "\
Images of 784 pixels are recovered from 512 random projections by ISTA, and by ISTA unfolded with a learned step size and a learned \
threshold for each of 25 iterations. 1500 MNIST digits are built in, the last 200 of them for testing; --data DIR reads the whole \
data set (train-images-idx3-ubyte, t10k-images-idx3-ubyte, plain or .gz). Try --lambda 5 and --num-measurements 300.";
    const PRESETS: &'static [Preset] = &[Preset {
        name: "quick",
        about: "A smaller experiment, done in a moment: 8 generations",
        values: &[("num_generations", "8")],
    }];
    const INPUTS: &'static [Input] = &[Input {
        name: "data",
        help: "Directory with MNIST's IDX files train-images-idx3-ubyte and t10k-images-idx3-ubyte, plain or .gz",
        files: &digits::FILES,
    }];
    const RESUMES: bool = true;
    type Config = Config;
    type Outcome = Outcome;

    // ANCHOR: run
    fn run(config: &Config, context: &mut Context) -> Result<Outcome> {
        config::validate(config)?;
        let device = &context.device.clone();
        let ([train, fresh], gamma) = Measured::digits(config.num_measurements, context)?; // γ₀ = 1/λmax(AᵀA)
        let step = AffineStep::new(&train.model.gram)?;
        let training = &Training { initial_step_size: gamma, ..config.training };
        let mut comparison = Comparison { metric: METRIC, ..Comparison::default() };
        context.phase(Phase::Training);

        let fixed = Ista::fixed(&step, gamma, config.lambda, device)?;
        let label = format!("ISTA, λ = {}", config.lambda);
        comparison.push(training.method_on("fixed", label, (&train, &fresh), &fixed, context)?);
        let learned = Ista::learned(&step, training, device)?;
        comparison.push(training.method_on("learned", "learned γₜ and αₜ", (&train, &fresh), &learned, context)?);

        let counts = [train.images.dim(0)?, fresh.images.dim(0)?];
        let batch = fresh.first(config.num_shown)?;
        let recover = |algorithm: &Ista| -> Result<Vec<Vec<f64>>> {
            Ok(estimate_after(algorithm, training.num_generations, &batch.start, &batch.data)?.to_vec2()?)
        };
        let shown = [batch.solution.to_vec2()?, recover(&fixed)?, recover(&learned)?];
        Ok(Outcome { comparison, shown, step_size: gamma, counts })
    }
    // ANCHOR_END: run

    fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
        report::report(config, outcome)
    }
}
