use super::kernel;
use candle_core::backend::BackendStorage;
use candle_core::{CpuStorage, CustomOp2, DType, Layout, Result, Shape, Tensor, WithDType};

/// A function y = f(u, p) of each entry u and of one learnable number p that all entries share.
///
/// Its slopes are computed from y, so that a fused operation has to keep nothing but its result.
pub(super) trait Entrywise: Copy + Send + Sync + 'static {
    const NAME: &'static str;
    /// f(u, p)
    fn value<T: WithDType>(u: T, p: T) -> T;
    /// ∂f/∂u and ∂f/∂p, where f(u, p) = `y`
    fn slopes<T: WithDType>(y: T, p: T) -> (T, T);
}

/// S_τ(u) = sign(u)·max(|u| − τ, 0).
#[derive(Clone, Copy)]
pub(super) struct SoftThreshold;

// ANCHOR: soft_threshold
impl Entrywise for SoftThreshold {
    const NAME: &'static str = "soft_threshold";

    #[inline(always)]
    fn value<T: WithDType>(u: T, tau: T) -> T {
        let zero = T::zero();
        let left = if u < zero { zero - u } else { u } - tau; // |u| − τ
        let left = if left <= zero { zero } else { left };
        match (u < zero, u > zero) {
            (true, _) => zero - left,
            (_, true) => left,
            _ => u, // 0, whatever τ is; and NaN, so that a divergence stays visible
        }
    }

    #[inline(always)]
    fn slopes<T: WithDType>(y: T, _tau: T) -> (T, T) {
        let (zero, one) = (T::zero(), T::one());
        match (y < zero, y > zero) {
            (true, _) => (one, one),
            (_, true) => (one, zero - one),
            _ => (zero, zero), // set to zero: no slope, on the kink |u| = τ either
        }
    }
}
// ANCHOR_END: soft_threshold

/// hardtanh(αu) = min(max(αu, −1), 1).
#[derive(Clone, Copy)]
pub(super) struct ScaledHardtanh;

// ANCHOR: scaled_hardtanh
impl Entrywise for ScaledHardtanh {
    const NAME: &'static str = "scaled_hardtanh";

    #[inline(always)]
    fn value<T: WithDType>(u: T, alpha: T) -> T {
        let (one, scaled) = (T::one(), alpha * u);
        let scaled = if scaled > one { one } else { scaled };
        if scaled < T::zero() - one { T::zero() - one } else { scaled }
    }

    #[inline(always)]
    fn slopes<T: WithDType>(y: T, alpha: T) -> (T, T) {
        let inside = y < T::one() && y > T::zero() - T::one(); // on the bounds no slope, as in `hardtanh`
        if inside { (alpha, y / alpha) } else { (T::zero(), T::zero()) }
    }
}
// ANCHOR_END: scaled_hardtanh

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

/// [`soft_threshold`] by plain candle operations.
///
/// # Errors
/// As [`soft_threshold`].
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

/// [`scaled_hardtanh`] by plain candle operations.
///
/// # Errors
/// As [`scaled_hardtanh`].
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
    let (fixed_x, fixed_parameter) = (x.detach(), parameter.detach());
    let p = fixed_parameter.to_dtype(DType::F64)?.to_scalar::<f64>()?;
    let entries = fixed_x.to_dtype(DType::F64)?.flatten_all()?.to_vec1::<f64>()?;
    let tensor = |f: &dyn Fn(f64) -> f64| {
        let entries: Vec<f64> = entries.iter().map(|&u| f(u)).collect();
        Tensor::from_vec(entries, x.shape(), x.device())?.to_dtype(x.dtype())
    };
    let y = tensor(&|u| E::value(u, p))?;
    let slope_x = tensor(&|u| E::slopes(E::value(u, p), p).0)?;
    // where p cannot be divided by, the slope in p is that of the neighbourhood: f(u, p) = p·u
    let slope_p = tensor(&|u| {
        let slope = E::slopes(E::value(u, p), p).1;
        if slope.is_nan() && p == 0.0 { u } else { slope }
    })?;
    let along_x = (slope_x * (x - fixed_x)?)?;
    let along_p = slope_p.broadcast_mul(&(parameter - fixed_parameter)?)?;
    (y + along_x)? + along_p
}

struct Apply<E>(std::marker::PhantomData<E>);

impl<E: Entrywise> CustomOp2 for Apply<E> {
    fn name(&self) -> &'static str {
        E::NAME
    }

    fn cpu_fwd(&self, x: &CpuStorage, x_l: &Layout, p: &CpuStorage, p_l: &Layout) -> Result<(CpuStorage, Shape)> {
        kernel::for_dtype!(x.dtype(), T => {
            let (x, p) = (kernel::entries::<T>(x, x_l)?, kernel::entries::<T>(p, p_l)?[0]);
            Ok((T::to_cpu_storage_owned(kernel::map(x, move |x| E::value(x, p))), x_l.shape().clone()))
        })
    }

    fn bwd(&self, x: &Tensor, p: &Tensor, y: &Tensor, g: &Tensor) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let g = &g.contiguous()?;
        kernel::for_dtype!(g.dtype(), T => kernel::with_entries::<T, 3, _>([p, y, g], |[ps, ys, gs]| {
            let (grad_x, grad_p) = through::<E, T>(ys, gs, ps[0]);
            let grad_x = x.track_op().then(|| Tensor::from_vec(grad_x, x.shape(), x.device()));
            let grad_p = p.track_op().then(|| Tensor::new(grad_p, p.device()));
            Ok((grad_x.transpose()?, grad_p.transpose()?))
        }))
    }
}

/// What comes back through y = f(u, p): the gradient by u, and by p summed over the entries.
pub(super) fn through<E: Entrywise, T: WithDType>(y: &[T], g: &[T], p: T) -> (Vec<T>, T) {
    let grad_u = kernel::map_of(y, g, move |y, g| g * E::slopes(y, p).0);
    let grad_p = kernel::sum_of(y, g, move |y, g| g * E::slopes(y, p).1);
    (grad_u, grad_p)
}
