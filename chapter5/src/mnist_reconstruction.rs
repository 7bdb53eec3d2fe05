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
//! | A, AᵀA, Aᵀy | [`LinearModel`] |
//! | γₜ, αₜ | `step_size`, `threshold` |
//! | x | [`Digits`] |
//!
//! Run it with `cargo run --release --bin sec5_mnist_reconstruction`.

use anyhow::Result;
use candle_core::Tensor;
use common::{
    config::{self, default, range},
    context::{Context, Phase},
    linear_model::LinearModel,
    ops::AffineStep,
    sampling::Rng,
    section::{Input, Preset, Report, Section},
    unfolding::{Algorithm, Comparison, Metric, Period, Schedule, Training},
};

pub mod digits;
mod measured;
mod report;

use digits::Digits;
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
        let Digits { training: learn, test } = Digits::of(context)?;
        let model = LinearModel::gaussian(config.num_measurements, digits::PIXELS, &mut context.rng(0), device)?;
        let gamma = 1.0 / model.eigenvalues[digits::PIXELS - 1]; // γ₀ = 1/λmax(AᵀA)
        let step = AffineStep::new(&model.gram)?;
        let train = Measured { model: model.clone(), images: digits::tensor(&learn)? };
        let fresh = Measured { model, images: digits::tensor(&test)? };
        let training = &Training { initial_step_size: gamma, ..config.training };
        let mut comparison = Comparison {
            metric: Metric { name: "squared error", axis: "‖x − x̂‖² of an image" },
            ..Comparison::default()
        };
        context.phase(Phase::Training);

        let constant = |name, value| Schedule::constant(name, value, device);
        let fixed = Ista {
            step: step.clone(),
            step_size: constant("step_size", gamma)?,
            threshold: constant("threshold", gamma * config.lambda)?,
        };
        let label = format!("ISTA, λ = {}", config.lambda);
        comparison.push(training.method_on("fixed", label, (&train, &fresh), &fixed, context)?);
        let start = vec![gamma; training.num_generations]; // αₜ starts at γ₀ too
        let threshold = Schedule::learned("threshold", &Tensor::new(start, device)?, training.learning_rate)?;
        let learned = Ista { step, step_size: training.step_sizes(Period::Free, device)?, threshold };
        comparison.push(training.method_on("learned", "learned γₜ and αₜ", (&train, &fresh), &learned, context)?);

        let batch = fresh.batch(&fresh.images.narrow(0, 0, config.num_shown.min(test.len()))?)?;
        let recover = |algorithm: &Ista| -> Result<Vec<Vec<f64>>> {
            let mut x = batch.start.clone();
            for t in 0..training.num_generations {
                x = algorithm.iterate(t, &x, &batch.data, &mut common::sampling::rng(0, 0))?.detach();
            }
            Ok(x.to_vec2()?)
        };
        let shown = [batch.solution.to_vec2()?, recover(&fixed)?, recover(&learned)?];
        Ok(Outcome { comparison, shown, step_size: gamma, counts: [learn.len(), test.len()] })
    }
    // ANCHOR_END: run

    fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
        report::report(config, outcome)
    }
}
