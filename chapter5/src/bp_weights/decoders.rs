//! The decoders: which checks, how many weights, and on which messages.

use anyhow::Result;
use candle_core::{DType, Device, Tensor};
use common::{
    context::Context,
    sampling::Rng,
    unfolding::{Algorithm, Schedule},
};

use super::Config;
use crate::{
    bp_train::{self, Channel, Decoder},
    codes::{Code, Encoder},
};

/// Parity checks of BCH(31, 16).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checks {
    /// The 15 rows of H
    Rows,
    /// All 31 cyclic shifts of a row
    Cyclic,
    /// All 465 checks of weight 8
    All,
}

impl Checks {
    /// The code with these checks.
    pub fn code(self) -> Result<Code> {
        match self {
            Self::Rows => Ok(Code::bch()),
            Self::Cyclic => Ok(Code::bch_cyclic()),
            Self::All => Code::bch().checks_of_weight(8),
        }
    }
}

/// How many weights there are, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weights {
    /// None: ξ = 1
    None,
    /// One
    One(Place),
    /// One for each iteration
    Iteration(Place),
    /// One for each edge in each iteration
    Edge(Place),
}

/// Which messages are multiplied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Those from the variables
    Variable,
    /// Those from the checks
    Check,
}

/// The decoders: name, checks, weights. T iterations have T weights, or 120T with one for each edge; [`label`] says how many.
pub const DECODERS: [(&str, Checks, Weights); 10] = [
    ("plain", Checks::Rows, Weights::None),
    ("1 on variable messages", Checks::Rows, Weights::One(Place::Variable)),
    ("T on variable messages", Checks::Rows, Weights::Iteration(Place::Variable)),
    ("120T on variable messages", Checks::Rows, Weights::Edge(Place::Variable)),
    ("1 on check messages", Checks::Rows, Weights::One(Place::Check)),
    ("T on check messages", Checks::Rows, Weights::Iteration(Place::Check)),
    ("120T on check messages", Checks::Rows, Weights::Edge(Place::Check)),
    ("31 checks plain", Checks::Cyclic, Weights::None),
    ("31 checks 1 weight", Checks::Cyclic, Weights::One(Place::Check)),
    ("465 checks 1 weight", Checks::All, Weights::One(Place::Check)),
];

/// A decoder's name with the numbers of its weights for `num_iterations`: `T on …` is `5 on …`.
pub fn label(name: &str, num_iterations: usize) -> String {
    name.replace("120T", &(120 * num_iterations).to_string()).replace('T', &num_iterations.to_string())
}

/// Belief propagation with weights on either side.
// ANCHOR: weighted
#[derive(Debug)]
pub struct Weighted {
    /// β = ξ(λ + Σ α), α = 2 atanh Π tanh(β/2)
    pub bp: Decoder,
    /// ξ of the messages from the checks
    pub check_weight: Schedule,
}

impl Algorithm for Weighted {
    type Data = Tensor;

    fn schedules(&self) -> Vec<&Schedule> {
        vec![&self.bp.weight, &self.check_weight]
    }

    fn iterate(&self, k: usize, alpha: &Tensor, lambda: &Tensor, rng: &mut Rng) -> Result<Tensor> {
        Ok(self.bp.iterate(k, alpha, lambda, rng)?.broadcast_mul(&self.check_weight.at(k)?)?)
    }

    fn estimate(&self, alpha: &Tensor, lambda: &Tensor) -> Result<Tensor> {
        self.bp.estimate(alpha, lambda)
    }
}
// ANCHOR_END: weighted

impl Weighted {
    /// With these weights still to be learned. They start from 1; with more checks, from where all messages together weigh as
    /// much as those of 15 checks.
    pub fn new(config: &Config, code: &Code, weights: Weights) -> Result<Self> {
        let (edges, steps) = (code.edges().len(), config.num_iterations);
        let start = Code::bch().edges().len() as f64 / edges as f64;
        let one = || Schedule::constant("one", 1.0, &Device::Cpu);
        let learned = |shape: &[usize]| {
            Schedule::learned(
                "weight",
                &(Tensor::ones(shape, DType::F64, &Device::Cpu)? * start)?,
                config.learning_rate,
            )
        };
        let (place, schedule) = match weights {
            Weights::None => (Place::Variable, one()?),
            Weights::One(place) => (place, learned(&[1])?),
            Weights::Iteration(place) => (place, learned(&[steps])?),
            Weights::Edge(place) => (place, learned(&[steps, edges])?),
        };
        let (weight, check_weight) = match place {
            Place::Variable => (schedule, one()?),
            Place::Check => (one()?, schedule),
        };
        Ok(Self { bp: Decoder::new(code, weight, config.soft_output)?, check_weight })
    }

    /// What is learned.
    pub fn learned(&self) -> Option<&Schedule> {
        self.schedules().into_iter().find(|schedule| schedule.learning_rate().is_some())
    }
}

/// Trains all [`DECODERS`], from the same words.
// ANCHOR: train
pub fn train_all(config: &Config, context: &mut Context) -> Result<Vec<(Code, Weighted)>> {
    let mut decoders = vec![];
    for (index, (_, checks, weights)) in DECODERS.into_iter().enumerate() {
        let code = checks.code()?;
        let decoder = Weighted::new(config, &code, weights)?;
        let part = |i: usize| 0.4 * i as f64 / DECODERS.len() as f64;
        context.progress_span(part(index), part(index + 1));
        if decoder.learned().is_some() {
            let (num_updates, noise_std) = config.effort(checks, weights);
            bp_train::train(&config.training(num_updates), &channel(&code, noise_std), &decoder, context)?;
        }
        decoders.push((code, decoder));
    }
    Ok(decoders)
}
// ANCHOR_END: train

/// Random words of the code in noise.
pub fn channel(code: &Code, noise_std: f64) -> Channel {
    Channel { encoder: Encoder::new(code), size: (code.length, code.edges().len()), noise_std, device: Device::Cpu }
}

impl Config {
    /// Updates, and the noise in them.
    fn effort(&self, checks: Checks, weights: Weights) -> (usize, f64) {
        match (checks, weights) {
            (Checks::Rows, Weights::Edge(_)) => (self.num_updates, self.noise_std),
            (Checks::Rows, _) => (self.num_few_updates, self.noise_std),
            _ => (self.num_redundant_updates, self.redundant_noise_std),
        }
    }

    fn training(&self, num_updates: usize) -> bp_train::Config {
        bp_train::Config {
            num_iterations: self.num_iterations,
            num_updates,
            batch_size: self.batch_size,
            learning_rate: self.learning_rate,
            ..bp_train::Config::default()
        }
    }
}
