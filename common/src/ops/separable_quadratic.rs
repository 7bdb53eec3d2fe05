use super::kernel;
use candle_core::backend::BackendStorage;
use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor, WithDType, bail};

/// Σᵢ aᵢxᵢ² + bᵢxᵢ over all entries, rank 0, with fixed weights `a` and `b` of the shape of x: a sum that stands for an integral,
/// a cost with weights, a penalty.
///
/// One node where plain operations make half a dozen, and no gradient for the weights.
///
/// # Errors
/// x, a and b differ in shape, element type or device.
pub fn separable_quadratic(x: &Tensor, a: &Tensor, b: &Tensor) -> Result<Tensor> {
    if x.shape() != a.shape() || x.shape() != b.shape() {
        bail!("weights {:?} and {:?} of a quadratic in {:?}", a.dims(), b.dims(), x.dims());
    }
    if x.dtype() != a.dtype() || x.dtype() != b.dtype() || !kernel::is_fast(x) {
        return separable_quadratic_plain(x, a, b);
    }
    x.contiguous()?.apply_op1(SeparableQuadratic { a: a.contiguous()?, b: b.contiguous()? })
}

/// [`separable_quadratic`] by plain candle operations.
///
/// # Errors
/// As [`separable_quadratic`].
pub fn separable_quadratic_plain(x: &Tensor, a: &Tensor, b: &Tensor) -> Result<Tensor> {
    ((x.sqr()? * a.detach())? + (x * b.detach())?)?.sum_all()
}

struct SeparableQuadratic {
    a: Tensor,
    b: Tensor,
}

impl CustomOp1 for SeparableQuadratic {
    fn name(&self) -> &'static str {
        "separable_quadratic"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        kernel::for_dtype!(x.dtype(), T => {
            let x = kernel::entries::<T>(x, layout)?;
            let sum = kernel::with_entries([&self.a, &self.b], |[a, b]: [&[T]; 2]| {
                let squares = kernel::map_of(x, a, |x, a| a * x);
                Ok(kernel::sum_of(x, &kernel::map_of(&squares, b, |ax, b| ax + b), |x, slope| x * slope))
            })?;
            Ok((T::to_cpu_storage_owned(vec![sum]), Shape::from(())))
        })
    }

    /// ∂x = (2ax + b)·g.
    fn bwd(&self, x: &Tensor, _sum: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        kernel::for_dtype!(grad.dtype(), T => {
            let g = grad.to_scalar::<T>()?;
            let two = T::from_f64(2.0);
            let entries: Vec<T> = kernel::with_entries([x, &self.a, &self.b], |[x, a, b]: [&[T]; 3]| {
                let slopes = kernel::map_of(x, a, move |x, a| two * a * x);
                Ok(kernel::map_of(&slopes, b, move |ax, b| g * (ax + b)))
            })?;
            Tensor::from_vec(entries, x.shape(), x.device()).map(Some)
        })
    }
}
