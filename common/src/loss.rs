//! Losses; each name says its reduction. All return a rank-0 tensor, ready for [`candle_core::Tensor::backward`].

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor};

use crate::ops::kernel;

/// Σ(x − t)² over all entries, rank 0; x and t have the same shape, and each may be learnable.
///
/// One node in the graph instead of three, and no gradient for a target that is data.
///
/// # Errors
/// x and t differ in shape, element type or device.
pub fn sum_squared_error(x: &Tensor, target: &Tensor) -> Result<Tensor> {
    scaled_squared_error(x, target, 1.0)
}

fn scaled_squared_error(x: &Tensor, target: &Tensor, scale: f64) -> Result<Tensor> {
    if x.shape() != target.shape() || !kernel::is_fast(x) {
        let sum = sum_squared_error_plain(x, target)?;
        return if scale == 1.0 { Ok(sum) } else { sum * scale };
    }
    x.contiguous()?.apply_op2(&target.contiguous()?, SquaredError { scale })
}

/// [`sum_squared_error`] by plain candle operations. The errors are the same.
pub fn sum_squared_error_plain(x: &Tensor, target: &Tensor) -> Result<Tensor> {
    (x - target)?.sqr()?.sum_all()
}

/// ½ Σ (prediction − target)² over all entries. Both of one shape.
pub fn half_sum_squared_error(prediction: &Tensor, target: &Tensor) -> Result<Tensor> {
    scaled_squared_error(prediction, target, 0.5)
}

/// The mean of (prediction − target)² over all entries. Both of one shape.
pub fn mean_squared_error(prediction: &Tensor, target: &Tensor) -> Result<Tensor> {
    (prediction - target)?.sqr()?.mean_all()
}

/// c·Σ(x − t)²
struct SquaredError {
    scale: f64,
}

impl CustomOp2 for SquaredError {
    fn name(&self) -> &'static str {
        "squared_error"
    }

    fn cpu_fwd(&self, x: &CpuStorage, x_l: &Layout, t: &CpuStorage, t_l: &Layout) -> Result<(CpuStorage, Shape)> {
        let (x, t) = (kernel::entries(x, x_l)?, kernel::entries(t, t_l)?);
        let sum = kernel::sum_of(x, t, move |x, t| (x - t) * (x - t));
        Ok((CpuStorage::F64(vec![self.scale * sum]), Shape::from(())))
    }

    fn bwd(&self, x: &Tensor, t: &Tensor, _sum: &Tensor, grad: &Tensor) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let slope = 2.0 * self.scale * grad.to_scalar::<f64>()?;
        kernel::with_entries([x, t], |[xs, ts]| {
            let scaled = |slope: f64| move || kernel::map_of(xs, ts, move |x, t| slope * (x - t));
            Ok((kernel::gradient(x, scaled(slope))?, kernel::gradient(t, scaled(-slope))?))
        })
    }
}
