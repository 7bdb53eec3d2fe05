//! How far a method gets, in exact arithmetic and in the computer's.

use anyhow::Result;
use candle_core::{Device, Tensor};
use common::{
    ops::AffineStep,
    unfolding::{Algorithm, Schedule, mean_metrics},
};

use super::{Config, Graph};
use crate::du_consensus::{Averaging, Consensus, spectral::errors};

/// A method and its errors on one graph.
#[derive(Debug, Clone)]
pub struct Curve {
    /// Column in the tables
    pub name: String,
    /// In words
    pub label: String,
    /// ηₖ; empty where there is more to an iteration
    pub steps: Vec<f64>,
    /// Eₖ = E‖xₖ − c‖², from the eigenvalues
    pub exact: Vec<f64>,
    /// The same, counted on random starts in double precision
    pub counted: Vec<f64>,
}

impl Curve {
    /// Of these steps, and then of none.
    pub fn of_steps(
        config: &Config,
        graph: &Graph,
        (name, label): (String, String),
        mut steps: Vec<f64>,
        seed: u64,
    ) -> Result<Self> {
        steps.resize(config.num_iterations, 0.0);
        let exact = errors(&steps, &graph.eigenvalues, &vec![1.0; graph.eigenvalues.len()]);
        let step_size = Schedule::fixed("step_size", &Tensor::new(steps.clone(), &Device::Cpu)?)?;
        let averaging = Averaging { step: AffineStep::new(&graph.laplacian)?, step_size };
        Ok(Self { counted: count(config, graph, &averaging, seed)?, name, label, steps, exact })
    }

    /// E at the end, exact.
    pub fn last(&self) -> f64 {
        self.exact[self.exact.len() - 1]
    }

    /// E at the end, counted.
    pub fn last_counted(&self) -> f64 {
        self.counted[self.counted.len() - 1]
    }

    /// The largest E.
    pub fn largest(&self) -> f64 {
        self.exact.iter().copied().fold(0.0, f64::max)
    }
}

/// The mean of ‖xₖ − c‖² over random starts.
pub fn count<A: Algorithm<Data = Tensor>>(
    config: &Config,
    graph: &Graph,
    algorithm: &A,
    seed: u64,
) -> Result<Vec<f64>> {
    let problem = Consensus { num_nodes: graph.laplacian.dim(0)?, device: graph.laplacian.device().clone() };
    mean_metrics(&problem, algorithm, config.num_iterations, config.num_test, seed)
}
