//! Systems too large to try all signs.

use anyhow::Result;
use candle_core::Device;
use common::{
    context::Context,
    linear_model::LinearModel,
    unfolding::{Training, mean_metrics},
};

use super::Config;
use crate::bqp::{self, BoxDescent, CONVERGED, Signs, theory};

/// A comparison with theory.
#[derive(Debug, Clone, Copy)]
pub struct Large {
    /// Wrong signs: learned, projected gradient descent after as many iterations, and converged
    pub wrong: [f64; 3],
    /// Wrong signs in large systems: box relaxation, best receiver
    pub theory: [f64; 2],
}

/// Trains on one noise.
pub fn run(config: &Config, sigma: f64, context: &mut Context) -> Result<Large> {
    let n = config.large_size;
    let problem = Signs::new(LinearModel::gaussian(n, n, &mut context.rng(0), &Device::Cpu)?, sigma)?;
    let training = Training { num_generations: config.large_generations, ..bqp::Config::default().training };
    let (fixed, learned) = (BoxDescent::fixed(&problem)?, BoxDescent::learned(&training, &problem)?);
    training.train(&format!("large_{sigma}"), (&problem, &problem), &learned, context)?;
    let wrong = |algorithm: &BoxDescent, depth: usize| -> Result<f64> {
        Ok(mean_metrics(&problem.bits(), algorithm, depth, training.num_test, context.seed)?[depth])
    };
    let depth = training.num_generations;
    Ok(Large {
        wrong: [wrong(&learned, depth)?, wrong(&fixed, depth)?, wrong(&fixed, CONVERGED)?],
        theory: [theory::box_relaxation(n, n, sigma), theory::optimum(n, n, sigma)],
    })
}
