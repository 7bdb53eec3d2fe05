//! Losses; each name says its reduction. All return a rank-0 tensor, ready for [`candle_core::Tensor::backward`].

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor, WithDType, backend::BackendStorage};

use crate::ops::kernel;

/// Σ(x − t)² over all entries, rank 0; x and t have the same shape, and each may be learnable.
///
/// One node in the graph instead of three, and no gradient for a target that is data.
///
/// # Errors
/// x and t differ in shape, element type or device.
pub fn sum_squared_error(x: &Tensor, target: &Tensor) -> Result<Tensor> {
    if x.shape() != target.shape() || !kernel::is_fast(x) {
        return sum_squared_error_plain(x, target);
    }
    x.contiguous()?.apply_op2(&target.contiguous()?, SumSquaredError)
}

/// [`sum_squared_error`] by plain candle operations.
///
/// # Errors
/// As [`sum_squared_error`].
pub fn sum_squared_error_plain(x: &Tensor, target: &Tensor) -> Result<Tensor> {
    (x - target)?.sqr()?.sum_all()
}

/// ½ Σ (prediction − target)² over all entries. Both of one shape.
pub fn half_sum_squared_error(prediction: &Tensor, target: &Tensor) -> Result<Tensor> {
    sum_squared_error(prediction, target)? * 0.5
}

/// The mean of (prediction − target)² over all entries. Both of one shape.
pub fn mean_squared_error(prediction: &Tensor, target: &Tensor) -> Result<Tensor> {
    (prediction - target)?.sqr()?.mean_all()
}

struct SumSquaredError;

impl CustomOp2 for SumSquaredError {
    fn name(&self) -> &'static str {
        "sum_squared_error"
    }

    fn cpu_fwd(&self, x: &CpuStorage, x_l: &Layout, t: &CpuStorage, t_l: &Layout) -> Result<(CpuStorage, Shape)> {
        kernel::for_dtype!(x.dtype(), T => {
            let (x, t) = (kernel::entries::<T>(x, x_l)?, kernel::entries::<T>(t, t_l)?);
            let sum = kernel::sum_of(x, t, move |x, t| (x - t) * (x - t));
            Ok((T::to_cpu_storage_owned(vec![sum]), Shape::from(())))
        })
    }

    fn bwd(&self, x: &Tensor, t: &Tensor, _sum: &Tensor, grad: &Tensor) -> Result<(Option<Tensor>, Option<Tensor>)> {
        kernel::for_dtype!(grad.dtype(), T => {
            let grad = grad.to_scalar::<T>()?;
            let gradient = |of: &Tensor, sign: f64| -> Result<Option<Tensor>> {
                if !of.track_op() {
                    return Ok(None);
                }
                let scale = T::from_f64(2.0 * sign) * grad;
                let entries: Vec<T> = kernel::with_entries([x, t], |[x, t]: [&[T]; 2]| {
                    Ok(kernel::map_of(x, t, move |x, t| scale * (x - t)))
                })?;
                Tensor::from_vec(entries, of.shape(), of.device()).map(Some)
            };
            Ok((gradient(x, 1.0)?, gradient(t, -1.0)?))
        })
    }
}
