//! The four losses, the training, and what a gain is judged by.

use anyhow::Result;
use candle_core::{DType, Device, Tensor};
use candle_nn::Optimizer as _;
use common::{
    linalg,
    ops::{LinearRecurrence, Rollout},
    optim::{self, Optimizer, Rule},
    training::loss_value,
};
use nalgebra::DMatrix;

use super::Config;
use crate::plant::{Plant, linear_quadratic_gain, spectral_abscissa, spectral_radius};

/// T and N, as in [`crate::du_stabilize`].
const HORIZON: f64 = 20.0;
const NUM_STEPS: usize = 500;
/// h = T/N
pub const STEP: f64 = HORIZON / NUM_STEPS as f64;

/// What is minimised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// ‖x(T)‖² from x(0) = (1, 1, 1, 1), as published
    End,
    /// log ‖x(T)‖²
    LogEnd,
    /// log ‖Φ(T)‖²_F: all starts at once
    LogTransition,
    /// ‖x(t)‖² with t growing to T in the course of the training
    Growing,
}

impl Loss {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::End, Self::LogEnd, Self::LogTransition, Self::Growing];

    /// For words and figures.
    pub fn label(self) -> &'static str {
        match self {
            Self::End => "‖x(T)‖²",
            Self::LogEnd => "log ‖x(T)‖²",
            Self::LogTransition => "log ‖Φ(T)‖²",
            Self::Growing => "‖x(t)‖², t → T",
        }
    }

    /// For columns.
    pub fn name(self) -> &'static str {
        ["end", "log_end", "log_transition", "growing"][self as usize]
    }

    /// The loss of a gain in update `update`, from 0, of `num_updates`.
    // ANCHOR: loss
    pub fn of(self, plant: &Plant, gain: &Tensor, (update, num_updates): (usize, usize)) -> Result<Tensor> {
        let start = match self {
            Self::LogTransition => Tensor::eye(4, DType::F64, &Device::Cpu)?, // rows e₁ … e₄
            _ => Tensor::ones(4, DType::F64, &Device::Cpu)?,
        };
        let num_steps = match self {
            Self::Growing => (NUM_STEPS * (update + 1)).div_ceil(num_updates).min(NUM_STEPS),
            _ => NUM_STEPS,
        };
        let f = plant.euler(gain, STEP)?; // F = I + hM
        let square = Rollout::new(LinearRecurrence::new(4)).last(&start, &f, num_steps)?.sqr()?.sum_all()?;
        Ok(match self {
            Self::End | Self::Growing => square,
            Self::LogEnd | Self::LogTransition => square.log()?,
        })
    }
    // ANCHOR_END: loss
}

/// What a gain does: ‖x(T)‖², spectral abscissa of M, ρ(F).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quality {
    /// ‖x(T)‖² by Euler's method
    pub end: f64,
    /// max Re λ(M)
    pub abscissa: f64,
    /// ρ(I + hM)
    pub radius: f64,
}

/// The quality of ẋ = Mx.
pub fn quality(m: &Tensor) -> Result<Quality> {
    let f = DMatrix::identity(4, 4) + linalg::to_matrix(m)? * STEP;
    let ones = DMatrix::from_element(4, 1, 1.0);
    let end = (0..NUM_STEPS).fold(ones, |x, _| &f * x).norm_squared();
    Ok(Quality { end, abscissa: spectral_abscissa(m)?, radius: spectral_radius(&f) })
}

/// A gain this large, or a loss that is no number, ends a training.
const LARGEST: f64 = 1e6;

/// The quality before each update and after the last, as far as the training gets.
// ANCHOR: train
pub fn train(config: &Config, loss: Loss, learning_rate: f64, start: &Tensor) -> Result<Vec<Quality>> {
    let plant = Plant::new(&Device::Cpu)?;
    let gain = optim::parameter(start)?;
    let mut adam = Optimizer::new(vec![gain.clone()], Rule::Adam.with(learning_rate))?;
    let mut qualities = vec![quality(&plant.closed_loop(&gain.detach())?)?];
    for update in 0..config.num_updates {
        let value = loss.of(&plant, &gain, (update, config.num_updates))?;
        adam.step(&value.backward()?)?;
        let entries = gain.flatten_all()?.to_vec1::<f64>()?;
        if !loss_value(&value)?.is_finite() || !entries.iter().all(|k| k.abs() < LARGEST) {
            break;
        }
        qualities.push(quality(&plant.closed_loop(&gain.detach())?)?);
    }
    Ok(qualities)
}
// ANCHOR_END: train

/// The regulator that sees the whole state: u = −Kx with the least Σ (‖x‖² + r‖u‖²)·h. Returns A − BK and ‖K‖.
pub fn regulator(plant: &Plant, r: f64, step: f64) -> Result<(Tensor, f64)> {
    let (a, b) = (linalg::to_matrix(&plant.a)?, linalg::to_matrix(&plant.b)?);
    let identity = DMatrix::<f64>::identity(4, 4);
    let cost = DMatrix::identity(2, 2) * (r * step);
    let gain = linear_quadratic_gain(&(&identity + &a * step), &(&b * step), &(identity * step), &cost);
    Ok((linalg::from_matrix(&(a - b * &gain), &Device::Cpu)?, gain.norm()))
}
