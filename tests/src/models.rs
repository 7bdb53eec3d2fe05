//! Small models and algorithms that several tests unfold.

use anyhow::Result;
use candle_core::{Device, Tensor};
use chapter3::{
    least_squares::{self, Observations},
    pgd,
};
use common::{
    linear_model::LinearModel,
    ops::AffineStep,
    sampling,
    unfolding::{Schedule, theory},
};

const CPU: &Device = &Device::Cpu;

/// Step sizes to learn.
pub fn steps(values: &[f64]) -> Result<Schedule> {
    Schedule::learned("step_size", &Tensor::new(values, CPU)?, 1e-3)
}

/// Least squares problems of a model.
pub fn observations(model: &LinearModel) -> Result<Observations> {
    Ok(Observations { solution: model.solution(0.0)?, model: model.clone() })
}

/// Gradient descent on them.
pub fn descent(model: &LinearModel, step_size: &Schedule) -> Result<least_squares::GradientDescent> {
    Ok(least_squares::GradientDescent { step: AffineStep::new(&model.gram)?, step_size: step_size.clone() })
}

/// Projected gradient descent on them.
pub fn projected(model: &LinearModel, step_size: &Schedule) -> Result<pgd::ProjectedGradientDescent> {
    Ok(pgd::ProjectedGradientDescent { step: AffineStep::new(&model.gram)?, step_size: step_size.clone() })
}

/// A 20 × 10 model.
pub fn small_model(seed: u64) -> Result<LinearModel> {
    LinearModel::gaussian(20, 10, &mut sampling::rng(seed, 0), CPU)
}

/// Step sizes around `scale` times the best fixed one, all different.
pub fn around_fixed(model: &LinearModel, scale: f64, count: usize) -> Vec<f64> {
    let fixed = scale * theory::fixed_step_size(&model.eigenvalues);
    let factors = sampling::grid(0.6, 1.4, count);
    factors.iter().map(|factor| factor * fixed).collect()
}
