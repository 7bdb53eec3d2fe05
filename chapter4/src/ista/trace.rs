//! One signal, and what becomes of its estimate and of F.

use anyhow::Result;
use candle_core::Tensor;
use common::{
    context::Context,
    unfolding::{Algorithm, Problem},
};

use super::Config;
use crate::sparse::{Observed, SparseRecovery};

/// F(x) = ½‖Ax − y‖² + λ‖x‖₁, summed over the batch.
pub fn objective(problem: &SparseRecovery, x: &Tensor, y: &Tensor, lambda: f64) -> Result<f64> {
    let residual = (problem.observe.forward(x)? - y)?.sqr()?.sum_all()?.to_scalar::<f64>()?;
    Ok(0.5 * residual + lambda * x.abs()?.sum_all()?.to_scalar::<f64>()?)
}

/// Where an algorithm went.
#[derive(Debug, Clone, Default)]
pub struct Trace {
    /// ‖x − x*‖² to the true signal after each iteration
    pub mse: Vec<f64>,
    /// F after each iteration
    pub objective: Vec<f64>,
    /// The estimates after the iterations that are drawn
    pub estimates: Vec<Vec<f64>>,
}

/// Runs `algorithm` on one signal, from x = 0.
pub fn run<A: Algorithm<Data = Observed>>(
    config: &Config,
    problem: &SparseRecovery,
    algorithm: &A,
    num_iterations: usize,
    context: &Context,
) -> Result<(Trace, Tensor)> {
    let rng = &mut context.rng(1);
    let batch = problem.draw(1, rng)?;
    let (mut x, mut trace) = (batch.start.clone(), Trace::default());
    for k in 0..=num_iterations {
        let estimate = algorithm.estimate(&x, &batch.data)?;
        trace.mse.push(problem.metric(&estimate, &batch.solution)?);
        trace.objective.push(objective(problem, &estimate, &batch.data.y, config.lambda)?);
        if config.iterations.contains(&k) {
            trace.estimates.push(estimate.flatten_all()?.to_vec1()?);
        }
        x = algorithm.iterate(k, &x, &batch.data, rng)?.detach();
    }
    Ok((trace, algorithm.estimate(&x, &batch.data)?))
}
