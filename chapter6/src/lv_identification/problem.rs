//! The loss on the first observations, and the training.

use anyhow::Result;
use candle_core::{Device, Tensor};
use candle_nn::Optimizer as _;
use common::{
    loss::sum_squared_error,
    ode::{Method, Solver},
    ops::Rollout,
    optim::{self, Optimizer, Rule},
    training::loss_value,
};

use super::{Config, Strategy};
use crate::{
    lotka_volterra::{LotkaVolterra, four},
    observations::{Observations, place, states_at},
};

/// A way to fit given data.
#[derive(Debug)]
pub struct Problem {
    solver: Rollout<Solver<LotkaVolterra>>,
    start: Tensor,
    data: Observations,
    /// For each observation, the step before it and how far it is towards the next
    places: Vec<(usize, f64)>,
}

impl Problem {
    /// By `method` in `num_steps` up to `end_time`.
    pub fn new(data: &Observations, (method, num_steps): (Method, usize), end_time: f64) -> Result<Self> {
        let h = end_time / num_steps as f64;
        let places = data.times.iter().map(|&t| place(t, h, num_steps)).collect();
        let solver = Solver::new(LotkaVolterra, method, h).rollout();
        Ok(Self { solver, start: Tensor::new(&[1.0, 1.0], &Device::Cpu)?, data: data.clone(), places })
    }

    /// Σ ‖(x, y)(tᵢ) − dataᵢ‖² over the first `count` observations.
    // ANCHOR: loss
    pub fn loss(&self, log_theta: &Tensor, count: usize) -> Result<Tensor> {
        let places = &self.places[..count];
        let num_steps = places.iter().map(|(before, _)| before + 1).max().unwrap_or(1); // no further than needed
        let states = self.solver.forward(&self.start, &log_theta.exp()?, num_steps)?;
        let states = Tensor::cat(&[&self.start.unsqueeze(0)?, &states], 0)?; // at steps 0 … num_steps
        Ok(sum_squared_error(
            &states_at(places, &states)?,
            &Tensor::new(self.data.values[..count].to_vec(), &Device::Cpu)?,
        )?)
    }
    // ANCHOR_END: loss

    /// The loss on all data at given rates.
    pub fn value(&self, theta: [f64; 4]) -> Result<f64> {
        loss_value(&self.loss(&Tensor::new(&theta.map(f64::ln), &Device::Cpu)?, self.places.len())?)
    }
}

/// A training from one start.
#[derive(Debug, Clone, Copy)]
pub struct Fit {
    /// The learned rates
    pub theta: [f64; 4],
    /// The loss on all data; infinite if the training ran away
    pub loss: f64,
}

/// Learns from `start`.
// ANCHOR: identify
pub fn identify(config: &Config, problem: &Problem, strategy: Strategy, start: [f64; 4]) -> Result<Fit> {
    let log_theta = optim::parameter(&Tensor::new(&start.map(f64::ln), &Device::Cpu)?)?;
    let mut optimizer = Optimizer::new(vec![log_theta.clone()], Rule::Adam.with(config.learning_rate))?;
    for stage in 0..config.num_stages {
        let count = config.observed_in(stage, strategy, problem.places.len());
        for _ in 0..config.num_updates {
            let loss = problem.loss(&log_theta, count)?;
            if !loss_value(&loss)?.is_finite() {
                return Ok(Fit { theta: start, loss: f64::INFINITY });
            }
            optimizer.backward_step(&loss)?; // parameters and moments go on from stage to stage
        }
    }
    let theta = four(&log_theta.exp()?.to_vec1()?);
    let loss = problem.value(theta)?;
    Ok(Fit { theta, loss: if loss.is_finite() { loss } else { f64::INFINITY } })
}
// ANCHOR_END: identify
