use super::kernel;
use candle_core::backend::BackendStorage;
use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor, WithDType};

/// x − η·f′(x) entry by entry: a step of gradient descent on a separable function Σᵢ f(xᵢ), given by its first and second
/// derivative. η is `step_size`, rank 0; it and x may be learnable.
///
/// # Errors
/// Shapes that do not fit, or tensors that differ in element type or device.
pub fn gradient_step<F, G>(x: &Tensor, step_size: &Tensor, slope: F, curvature: G) -> Result<Tensor>
where
    F: Fn(f64) -> f64 + Send + Sync + 'static,
    G: Fn(f64) -> f64 + Send + Sync + 'static,
{
    if !kernel::is_fast(x) {
        return gradient_step_plain(x, step_size, slope, curvature);
    }
    step_size.dims0()?;
    let step = GradientStep { slope, curvature };
    x.contiguous()?.apply_op2(&step_size.contiguous()?, step)
}

/// [`gradient_step`] by plain candle operations and [`super::elementwise_plain`].
///
/// # Errors
/// As [`gradient_step`].
pub fn gradient_step_plain(
    x: &Tensor,
    step_size: &Tensor,
    slope: impl Fn(f64) -> f64,
    curvature: impl Fn(f64) -> f64,
) -> Result<Tensor> {
    step_size.dims0()?;
    x - super::elementwise_plain(x, slope, curvature)?.broadcast_mul(step_size)?
}

struct GradientStep<F, G> {
    slope: F,
    curvature: G,
}

impl<F: Fn(f64) -> f64, G: Fn(f64) -> f64> CustomOp2 for GradientStep<F, G> {
    fn name(&self) -> &'static str {
        "gradient_step"
    }

    fn cpu_fwd(&self, x: &CpuStorage, x_l: &Layout, eta: &CpuStorage, eta_l: &Layout) -> Result<(CpuStorage, Shape)> {
        kernel::for_dtype!(x.dtype(), T => {
            let (x, eta) = (kernel::entries::<T>(x, x_l)?, kernel::entries::<T>(eta, eta_l)?[0]);
            let y = kernel::map(x, move |x| x - eta * T::from_f64((self.slope)(x.to_f64())));
            Ok((T::to_cpu_storage_owned(y), x_l.shape().clone()))
        })
    }

    /// ∂x = g(1 − ηf″(x)), ∂η = −⟨g, f′(x)⟩.
    fn bwd(&self, x: &Tensor, eta: &Tensor, _y: &Tensor, g: &Tensor) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let g = &g.contiguous()?;
        kernel::for_dtype!(g.dtype(), T => kernel::with_entries::<T, 3, _>([x, eta, g], |[xs, etas, gs]| {
            let eta = etas[0];
            let grad_x = x.track_op().then(|| {
                let grad = kernel::map_of(xs, gs, move |x, g| {
                    g * (T::from_f64(1.0) - eta * T::from_f64((self.curvature)(x.to_f64())))
                });
                Tensor::from_vec(grad, x.shape(), x.device())
            });
            let grad_eta = T::from_f64(0.0) - kernel::sum_of(xs, gs, move |x, g| T::from_f64((self.slope)(x.to_f64())) * g);
            Ok((grad_x.transpose()?, Some(Tensor::new(grad_eta, x.device())?)))
        }))
    }
}
