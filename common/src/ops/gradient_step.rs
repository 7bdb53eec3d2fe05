use super::kernel;
use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor};

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

/// [`gradient_step`] by plain candle operations and [`super::elementwise_plain`]. The errors are the same.
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
        let (x, eta) = (kernel::entries(x, x_l)?, kernel::entries(eta, eta_l)?[0]);
        let y = kernel::map(x, move |x| x - eta * (self.slope)(x));
        Ok((CpuStorage::F64(y), x_l.shape().clone()))
    }

    /// ∂x = g(1 − ηf″(x)), ∂η = −⟨g, f′(x)⟩.
    fn bwd(&self, x: &Tensor, step_size: &Tensor, _y: &Tensor, g: &Tensor) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let g = &g.contiguous()?;
        kernel::with_entries([x, step_size, g], |[xs, etas, gs]| {
            let eta = etas[0];
            let grad_x = || kernel::map_of(xs, gs, move |x, g| g * (1.0 - eta * (self.curvature)(x)));
            let grad_eta = || vec![-kernel::sum_of(xs, gs, move |x, g| (self.slope)(x) * g)];
            Ok((kernel::gradient(x, grad_x)?, kernel::gradient(step_size, grad_eta)?))
        })
    }
}
