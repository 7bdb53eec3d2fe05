use super::{elementwise, kernel};
use candle_core::{CpuStorage, CustomOp2, DType, Layout, Result, Shape, Tensor};

/// A function y = f(u, p) of each entry u and of one learnable number p that all entries share.
///
/// Its slopes are computed from y, so that a fused operation has to keep nothing but its result.
pub(super) trait Entrywise: Copy + Send + Sync + 'static {
    const NAME: &'static str;
    /// f(u, p)
    fn value(u: f64, p: f64) -> f64;
    /// ∂f/∂u and ∂f/∂p, where f(u, p) = `y`
    fn slopes(y: f64, p: f64) -> (f64, f64);
}

/// S_τ(u) = sign(u)·max(|u| − τ, 0).
#[derive(Clone, Copy)]
pub(super) struct SoftThreshold;

// ANCHOR: soft_threshold
impl Entrywise for SoftThreshold {
    const NAME: &'static str = "soft_threshold";

    #[inline(always)]
    fn value(u: f64, tau: f64) -> f64 {
        let left = u.abs() - tau;
        let left = if left <= 0.0 { 0.0 } else { left };
        match (u < 0.0, u > 0.0) {
            (true, _) => 0.0 - left, // not −0
            (_, true) => left,
            _ => u, // 0, whatever τ is; and NaN, so that a divergence stays visible
        }
    }

    #[inline(always)]
    fn slopes(y: f64, _tau: f64) -> (f64, f64) {
        match (y < 0.0, y > 0.0) {
            (true, _) => (1.0, 1.0),
            (_, true) => (1.0, -1.0),
            _ => (0.0, 0.0), // set to zero: no slope, on the kink |u| = τ either
        }
    }
}
// ANCHOR_END: soft_threshold

/// hardtanh(u) = min(max(u, −1), 1), the projection to [−1, 1]; it has no p.
#[derive(Clone, Copy)]
pub(super) struct Hardtanh;

impl Entrywise for Hardtanh {
    const NAME: &'static str = "hardtanh";

    #[inline(always)]
    fn value(u: f64, _: f64) -> f64 {
        u.clamp(-1.0, 1.0)
    }

    #[inline(always)]
    fn slopes(y: f64, _: f64) -> (f64, f64) {
        (if y.abs() < 1.0 { 1.0 } else { 0.0 }, 0.0) // on the bounds no slope
    }
}

/// hardtanh(αu) = min(max(αu, −1), 1).
#[derive(Clone, Copy)]
pub(super) struct ScaledHardtanh;

impl Entrywise for ScaledHardtanh {
    const NAME: &'static str = "scaled_hardtanh";

    #[inline(always)]
    fn value(u: f64, alpha: f64) -> f64 {
        (alpha * u).clamp(-1.0, 1.0)
    }

    #[inline(always)]
    fn slopes(y: f64, alpha: f64) -> (f64, f64) {
        // on the bounds no slope, as in `hardtanh`
        if y.abs() < 1.0 { (alpha, y / alpha) } else { (0.0, 0.0) }
    }
}

/// The soft threshold S_τ(x) = sign(x)·max(|x| − τ, 0), entry by entry; τ is `threshold`, rank 0. It and x may be learnable.
///
/// A negative τ, which training may arrive at, moves every entry but 0 away from 0: sign(x)·(|x| + |τ|).
/// On the kink |x| = τ the slopes are 0.
///
/// ```
/// use candle_core::{Device, Tensor};
/// let x = Tensor::new(&[-3.0, -1.0, 0.0, 2.0], &Device::Cpu)?;
/// let shrunk = |tau: f64| common::ops::soft_threshold(&x, &Tensor::new(tau, &Device::Cpu)?)?.to_vec1::<f64>();
/// assert_eq!(shrunk(1.0)?, [-2.0, 0.0, 0.0, 1.0]);
/// assert_eq!(shrunk(-1.0)?, [-4.0, -2.0, 0.0, 3.0]);
/// # candle_core::Result::Ok(())
/// ```
///
/// # Errors
/// `threshold` is no number, or differs from x in element type or device.
pub fn soft_threshold(x: &Tensor, threshold: &Tensor) -> Result<Tensor> {
    apply::<SoftThreshold>(x, threshold, true)
}

/// [`soft_threshold`] by plain candle operations. The errors are the same.
pub fn soft_threshold_plain(x: &Tensor, threshold: &Tensor) -> Result<Tensor> {
    plain::<SoftThreshold>(x, threshold)
}

/// hardtanh(αx) = min(max(αx, −1), 1), entry by entry; α is `slope`, rank 0. It and x may be learnable.
///
/// The larger α, the nearer to sign(x). On the bounds the slopes are 0, as those of [`super::hardtanh`].
///
/// # Errors
/// `slope` is no number, or differs from x in element type or device.
pub fn scaled_hardtanh(x: &Tensor, slope: &Tensor) -> Result<Tensor> {
    let invertible = kernel::is_fast(slope) && is_invertible(slope)?;
    apply::<ScaledHardtanh>(x, slope, invertible)
}

/// [`scaled_hardtanh`] by plain candle operations. The errors are the same.
pub fn scaled_hardtanh_plain(x: &Tensor, slope: &Tensor) -> Result<Tensor> {
    plain::<ScaledHardtanh>(x, slope)
}

/// Whether αu can be divided by α again: that is how [`ScaledHardtanh`] finds u.
pub(super) fn is_invertible(slope: &Tensor) -> Result<bool> {
    slope.dims0()?;
    Ok(slope.detach().to_dtype(DType::F64)?.to_scalar::<f64>()?.abs() > 1e-30)
}

fn apply<E: Entrywise>(x: &Tensor, parameter: &Tensor, invertible: bool) -> Result<Tensor> {
    if !kernel::is_fast(x) || !invertible {
        return plain::<E>(x, parameter);
    }
    parameter.dims0()?;
    x.contiguous()?.apply_op2(&parameter.contiguous()?, Apply::<E>(std::marker::PhantomData))
}

/// f(u, p) by plain candle operations: f + f_u·(u − ū) + f_p·(p − p̄), with ū = u and p̄ = p taken as constants.
pub(super) fn plain<E: Entrywise>(x: &Tensor, parameter: &Tensor) -> Result<Tensor> {
    parameter.dims0()?;
    let p = parameter.detach().to_dtype(DType::F64)?.to_scalar::<f64>()?;
    let slopes = |u| E::slopes(E::value(u, p), p);
    // where p cannot be divided by, the slope in p is that of the neighbourhood: f(u, p) = p·u
    let slope_p = elementwise::map(x, |u| if slopes(u).1.is_nan() && p == 0.0 { u } else { slopes(u).1 })?;
    let along_p = slope_p.broadcast_mul(&(parameter - parameter.detach())?)?;
    elementwise::elementwise_plain(x, |u| E::value(u, p), |u| slopes(u).0)? + along_p
}

struct Apply<E>(std::marker::PhantomData<E>);

impl<E: Entrywise> CustomOp2 for Apply<E> {
    fn name(&self) -> &'static str {
        E::NAME
    }

    fn cpu_fwd(&self, x: &CpuStorage, x_l: &Layout, p: &CpuStorage, p_l: &Layout) -> Result<(CpuStorage, Shape)> {
        let (x, p) = (kernel::entries(x, x_l)?, kernel::entries(p, p_l)?[0]);
        Ok((CpuStorage::F64(kernel::map(x, move |x| E::value(x, p))), x_l.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, p: &Tensor, y: &Tensor, g: &Tensor) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let g = &g.contiguous()?;
        kernel::with_entries([p, y, g], |[ps, ys, gs]| {
            let (grad_x, grad_p) = through::<E>(ys, gs, ps[0]);
            Ok((kernel::gradient(x, || grad_x)?, kernel::gradient(p, || vec![grad_p])?))
        })
    }
}

/// What comes back through y = f(u, p): the gradient by u, and by p summed over the entries.
pub(super) fn through<E: Entrywise>(y: &[f64], g: &[f64], p: f64) -> (Vec<f64>, f64) {
    let grad_u = kernel::map_of(y, g, move |y, g| g * E::slopes(y, p).0);
    let grad_p = kernel::sum_of(y, g, move |y, g| g * E::slopes(y, p).1);
    (grad_u, grad_p)
}
