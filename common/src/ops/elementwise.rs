use super::kernel;
use candle_core::{CpuStorage, CustomOp1, DType, Layout, Result, Shape, Tensor};

/// A function entry by entry, given by its value and its slope.
///
/// Projections, shrinks and gradients of separable functions are such functions. Nothing is kept between forward and
/// backward but x itself.
///
/// ```
/// use candle_core::{Device, Var};
/// let x = Var::new(&[-2.0, 0.5], &Device::Cpu)?;
/// let y = common::ops::elementwise(&x, |x| x * x, |x| 2.0 * x)?;
/// assert_eq!(y.to_vec1::<f64>()?, [4.0, 0.25]);
/// let grads = y.sum_all()?.backward()?;
/// assert_eq!(grads.get(&x).expect("y depends on x").to_vec1::<f64>()?, [-4.0, 1.0]);
/// # candle_core::Result::Ok(())
/// ```
///
/// # Errors
/// x is not of a float type.
pub fn elementwise<V, S>(x: &Tensor, value: V, slope: S) -> Result<Tensor>
where
    V: Fn(f64) -> f64 + Send + Sync + 'static,
    S: Fn(f64) -> f64 + Send + Sync + 'static,
{
    if !kernel::is_fast(x) {
        return elementwise_plain(x, value, slope);
    }
    x.contiguous()?.apply_op1(Elementwise { name: "elementwise", value, slope })
}

/// [`elementwise`] by plain candle operations: f(x̄) + f′(x̄)·(x − x̄) with x̄ = x taken as constant. The errors are the same.
pub fn elementwise_plain(x: &Tensor, value: impl Fn(f64) -> f64, slope: impl Fn(f64) -> f64) -> Result<Tensor> {
    map(x, value)? + (map(x, slope)? * (x - x.detach())?)?
}

/// f(x), entry by entry, as a constant.
pub(super) fn map(x: &Tensor, f: impl Fn(f64) -> f64) -> Result<Tensor> {
    let entries = x.detach().to_dtype(DType::F64)?.flatten_all()?.to_vec1::<f64>()?;
    Tensor::from_vec(entries.into_iter().map(f).collect(), x.shape(), x.device())?.to_dtype(x.dtype())
}

/// x projected to the box [−1, 1]ⁿ, with slope 0 on its bounds as in PyTorch and Flux (candle's own `clamp` has ½ there).
///
/// # Errors
/// x is not of a float type.
// ANCHOR: hardtanh
pub fn hardtanh(x: &Tensor) -> Result<Tensor> {
    let slope = |x: f64| if x.abs() < 1.0 { 1.0 } else { 0.0 };
    elementwise(x, |x| x.clamp(-1.0, 1.0), slope)
}
// ANCHOR_END: hardtanh

/// max(0, x), with slope 1 at 0 as candle has it.
///
/// candle's own `relu` makes a mask and two tensors of zeros on the way back.
///
/// # Errors
/// Only what candle's own `relu` refuses.
pub fn relu(x: &Tensor) -> Result<Tensor> {
    if !kernel::is_fast(x) {
        return x.relu();
    }
    let value = |x: f64| if x < 0.0 { 0.0 } else { x }; // keeps NaN, so that a divergence stays visible
    let slope = |x: f64| if x >= 0.0 { 1.0 } else { 0.0 };
    x.contiguous()?.apply_op1(Elementwise { name: "relu", value, slope })
}

/// A function of each entry and its derivative there.
struct Elementwise<V, S> {
    name: &'static str,
    value: V,
    slope: S,
}

impl<V: Fn(f64) -> f64, S: Fn(f64) -> f64> CustomOp1 for Elementwise<V, S> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = kernel::entries(x, layout)?;
        let y = kernel::map(x, move |x| (self.value)(x));
        Ok((CpuStorage::F64(y), layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _y: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let grad = grad.contiguous()?;
        let grad_x: Vec<f64> =
            kernel::with_entries([x, &grad], |[x, g]| Ok(kernel::map_of(x, g, move |x, g| g * (self.slope)(x))))?;
        Tensor::from_vec(grad_x, x.shape(), x.device()).map(Some)
    }
}
