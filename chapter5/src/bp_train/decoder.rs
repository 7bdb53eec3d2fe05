//! Belief propagation as an unfolded algorithm.

use anyhow::Result;
use candle_core::Tensor;
use common::{
    ops::{CheckNode, VariableNode},
    sampling::Rng,
    unfolding::{Algorithm, Schedule},
};

use crate::codes::Code;

/// What the decoder's output is compared with the word by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SoftOutput {
    /// x̂ = tanh γ, as published
    TanhGamma,
    /// x̂ = tanh(γ/2), the posterior mean of x
    PosteriorMean,
}

/// Belief propagation, unfolded: the state is α `[K, E]`, the messages from the checks.
// ANCHOR: decoder
#[derive(Debug, Clone)]
pub struct Decoder {
    /// β = ξ(λ + Σ α)
    pub variable_node: VariableNode,
    /// α = 2 atanh Π tanh(β/2)
    pub check_node: CheckNode,
    /// ξ: a number for each edge `[T, E]`, or one for all `[T]`
    pub weight: Schedule,
    /// x̂ from γ
    pub soft_output: SoftOutput,
}

impl Algorithm for Decoder {
    type Data = Tensor;

    fn schedules(&self) -> Vec<&Schedule> {
        vec![&self.weight]
    }

    fn iterate(&self, k: usize, alpha: &Tensor, lambda: &Tensor, _: &mut Rng) -> Result<Tensor> {
        let beta = self.variable_node.forward(alpha, lambda, &self.weight.at(k)?)?;
        Ok(self.check_node.forward(&beta)?)
    }

    fn estimate(&self, alpha: &Tensor, lambda: &Tensor) -> Result<Tensor> {
        let gamma = self.variable_node.marginal(alpha, lambda)?; // γ = λ + Σ α
        Ok(match self.soft_output {
            SoftOutput::TanhGamma => gamma.tanh()?,
            SoftOutput::PosteriorMean => (gamma * 0.5)?.tanh()?,
        })
    }
}
// ANCHOR_END: decoder

/// Messages stay below 2·atanh(1 − 10⁻⁸) ≈ 19, as in the published code.
pub const MARGIN: f64 = 1e-8;

impl Decoder {
    /// The decoder of `code` with these weights.
    pub fn new(code: &Code, weight: Schedule, soft_output: SoftOutput) -> Result<Self> {
        Ok(Self { variable_node: code.variable_node()?, check_node: code.check_node(MARGIN)?, weight, soft_output })
    }
}
