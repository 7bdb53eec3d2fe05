//! Section 5: average consensus on a graph, with learned step sizes.
//!
//! Each of n nodes has a number, sees those of its neighbours, and is to find the mean c of all. With the graph Laplacian L = D − A
//! (degrees minus adjacency, [`laplacian`]) an iteration is x ← x − ηₖLx: every node moves towards its neighbours. The steps ηₖ,
//! `step_size`, are learned. The expected error of any steps is known exactly ([`spectral`]); `--loss expected` trains on it.
//! Run it with `cargo run --release --bin sec5_du_consensus`.

use anyhow::Result;
use candle_core::{Device, Tensor};
use common::{
    config::{self, default},
    context::{Context, Phase},
    ops::AffineStep,
    sampling::{self, Rng},
    section::{Preset, Report, Section},
    table::Table,
    unfolding::{
        Algorithm, Batch, Comparison, Draw, Method, Period, Problem, Schedule, Training, fixed_label, mean_metrics,
        theory,
    },
};

mod graph;
mod report;
pub mod spectral;
pub use graph::{KARATE, laplacian};
use spectral::{energies, errors, loss_and_gradient, spectrum};

/// What is minimised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// ‖c − x̂‖²/K over random starts
    Sampled,
    /// Its expectation, from the eigenvalues
    Expected,
}

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
#[command(mut_arg("num_generations", default("75")))]
#[command(mut_arg("num_updates", default("50")))]
#[command(mut_arg("batch_size", default("200")))]
#[command(mut_arg("learning_rate", default("5e-4")))]
pub struct Config {
    /// What is minimised
    #[arg(long, value_enum, default_value = "sampled")]
    pub loss: Loss,
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

/// Random numbers at the nodes, whose mean is wanted.
// ANCHOR: problem
#[derive(Debug)]
pub struct Consensus {
    /// Nodes n
    pub num_nodes: usize,
    /// Where they live
    pub device: Device,
}

impl Problem for Consensus {
    type Data = Tensor; // zeros [n]: there is nothing to know but the start

    fn draw(&self, count: usize, rng: &mut Rng) -> Result<Batch<Tensor>> {
        let start = sampling::normal_matrix(count, self.num_nodes, rng, &self.device)?; // x₀ ~ N(0, I)
        let solution = start.mean_keepdim(1)?.broadcast_as(start.shape())?.contiguous()?; // c at every node
        Ok(Batch { data: Tensor::zeros(self.num_nodes, start.dtype(), start.device())?, start, solution })
    }
}
// ANCHOR_END: problem

/// x ← x − ηₖLx, unfolded.
// ANCHOR: step
#[derive(Debug)]
pub struct Averaging {
    /// x ← x − ηLx
    pub step: AffineStep,
    /// ηₖ
    pub step_size: Schedule,
}

impl Algorithm for Averaging {
    type Data = Tensor;

    fn schedules(&self) -> Vec<&Schedule> {
        vec![&self.step_size]
    }

    fn iterate(&self, k: usize, x: &Tensor, zeros: &Tensor, _: &mut Rng) -> Result<Tensor> {
        Ok(self.step.forward(x, &self.step_size.at(k)?, zeros)?) // x ← x − ηₖLx
    }
}
// ANCHOR_END: step

/// What came out.
#[derive(Debug)]
pub struct Outcome {
    /// The fixed step and the learned ones
    pub comparison: Comparison,
    /// The eigenvalues of L above 0, ascending
    pub eigenvalues: Vec<f64>,
}

/// Trains with loss and gradient from the energies of a batch.
// ANCHOR: train
fn train(
    config: &Config,
    step_size: &Schedule,
    (eigenvalues, eigenvectors): (&[f64], &[Vec<f64>]),
    problem: &Consensus,
    context: &mut Context,
) -> Result<Table> {
    let training = &config.training;
    let ones = vec![1.0; eigenvalues.len()]; // the energies of x₀ ~ N(0, I), expected
    let of_batch = |depth: usize, _: usize, rng: &Draw| {
        let weights = match config.loss {
            Loss::Sampled => energies(&problem.draw(training.batch_size, &mut rng(0))?.start, eigenvectors)?,
            Loss::Expected => ones.clone(),
        };
        loss_and_gradient(step_size, depth, eigenvalues, &weights)
    };
    let expected = |depth: usize| Ok(errors(&step_size.values()?[..depth], eigenvalues, &ones)[depth]);
    training.train_by("learned", &[step_size], of_batch, expected, context)
}
// ANCHOR_END: train

/// The section as a program.
#[derive(Debug)]
pub struct DuConsensus;

impl Section for DuConsensus {
    const NAME: &'static str = "sec5_du_consensus";
    const TITLE: &'static str = "Average consensus on a graph, with learned step sizes";
    const HELP: &'static str = "\
34 nodes of Zachary's karate club find the mean of their numbers by talking to neighbours only, x ← x − ηLx. One step size for each \
of 75 iterations is learned incrementally; the figures show the squared error by iteration, counted and exact, beside the best fixed \
step 2/(λ₂ + λmax). Try --loss expected, which needs no samples.";
    const PRESETS: &'static [Preset] = &[Preset {
        name: "quick",
        about: "A smaller experiment, done in a moment: 25 generations",
        values: &[("num_generations", "25")],
    }];
    const RESUMES: bool = true;
    type Config = Config;
    type Outcome = Outcome;

    fn run(config: &Config, context: &mut Context) -> Result<Outcome> {
        config::validate(config)?;
        let (training, device) = (&config.training, &context.device.clone());
        let l = laplacian(&KARATE, 34, device)?;
        let (eigenvalues, eigenvectors) = spectrum(&l)?; // but λ₁ = 0: it belongs to the mean, which stays
        let problem = Consensus { num_nodes: 34, device: device.clone() };
        let step = AffineStep::new(&l)?;
        let algorithm = |step_size| Averaging { step: step.clone(), step_size };
        let mut comparison = Comparison::of_quadratics(&eigenvalues);
        context.phase(Phase::Training);

        let eta = theory::fixed_step_size(&eigenvalues); // 2/(λ₂ + λmax)
        let fixed = algorithm(Schedule::constant("step_size", eta, device)?);
        comparison.push(training.method("fixed", fixed_label(eta), &problem, &fixed, context)?);
        let learned = algorithm(training.step_sizes(Period::Free, device)?);
        let spectrum = (&eigenvalues[..], &eigenvectors[..]);
        let generations = train(config, &learned.step_size, spectrum, &problem, context)?;
        comparison.push(Method {
            name: "learned".into(),
            label: "learned steps".into(),
            generations: Some(generations),
            mse: mean_metrics(&problem, &learned, training.num_iterations(), training.num_test, context.seed)?,
            schedules: vec![("step_size", learned.step_size.copy()?)],
        });
        Ok(Outcome { comparison, eigenvalues })
    }

    fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
        report::report(config, outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use common::unfolding::batch_gradient;
    use spectral::gradient_of_last;

    /// The gradient from the energies is the one that backprop through the unfolded iterations finds on the same batch.
    #[test]
    fn the_gradient_is_that_of_the_unfolded_network() -> Result<()> {
        let l = laplacian(&KARATE, 34, &Device::Cpu)?;
        let (eigenvalues, eigenvectors) = spectrum(&l)?;
        assert!(eigenvalues.len() == 33 && (eigenvalues[0] - 0.468_525).abs() < 1e-6);
        let steps = [0.05, 1.0 / eigenvalues[3], 0.3, 0.01]; // the second makes a factor zero
        let step_size = Schedule::learned("step_size", &Tensor::new(&steps, &Device::Cpu)?, 1e-3)?;
        let problem = Consensus { num_nodes: 34, device: Device::Cpu };
        let algorithm = Averaging { step: AffineStep::new(&l)?, step_size };
        let batch = |_| sampling::rng(7, 0);
        let (loss, gradients) = batch_gradient(&problem, &algorithm, 4, (0, 20), batch)?;
        let weights = energies(&problem.draw(20, &mut batch(0))?.start, &eigenvectors)?;
        assert!((errors(&steps, &eigenvalues, &weights)[4] / loss - 1.0).abs() < 1e-12);
        let backprop = gradients.get(algorithm.step_size.parameter()).expect("a gradient").to_vec1::<f64>()?;
        for (exact, found) in gradient_of_last(&steps, &eigenvalues, &weights).iter().zip(&backprop) {
            assert!((exact - found).abs() < 1e-10 * found.abs().max(loss), "{exact} {found}");
        }
        Ok(())
    }
}
