//! Losses; each name says its reduction. All return a rank-0 tensor, ready for [`candle_core::Tensor::backward`].

use candle_core::{Result, Tensor};

pub use crate::ops::sum_squared_error;

/// ½ Σ (prediction − target)² over all entries. Both of one shape.
pub fn half_sum_squared_error(prediction: &Tensor, target: &Tensor) -> Result<Tensor> {
    sum_squared_error(prediction, target)? * 0.5
}

/// The mean of (prediction − target)² over all entries. Both of one shape.
pub fn mean_squared_error(prediction: &Tensor, target: &Tensor) -> Result<Tensor> {
    (prediction - target)?.sqr()?.mean_all()
}
