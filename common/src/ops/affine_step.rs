use super::kernel::{self, FixedMatrix, LANES};
use candle_core::backend::BackendStorage;
use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor, WithDType, bail};
use std::sync::Arc;

/// One step x ← x − η(Gx − b) with a fixed matrix G: the heart of nearly every unfolded algorithm.
///
/// A step of gradient descent on the quadratic ½xᵀGx − bᵀx, so on least squares ½‖Ax − y‖² with G = AᵀA and b = Aᵀy;
/// with an elementwise projection or shrink after it, projected and proximal gradient descent; with another G and b,
/// the iterations of Jacobi, SOR and consensus. G need not be symmetric.
///
/// ```
/// use candle_core::{Device, Tensor, Var};
/// let cpu = &Device::Cpu;
/// let g = Tensor::new(&[[2.0, 0.0], [0.0, 4.0]], cpu)?;
/// let b = Tensor::new(&[2.0, 4.0], cpu)?; // the solution of Gx = b is (1, 1)
/// let step_size = Var::new(0.25, cpu)?; // η
/// let step = common::ops::AffineStep::new(&g)?;
/// let mut x = Tensor::zeros((3, 2), candle_core::DType::F64, cpu)?; // a batch of K = 3 starts
/// for _ in 0..2 {
///     x = step.forward(&x, &step_size, &b)?; // x ← x − η(Gx − b)
/// }
/// assert_eq!(x.to_vec2::<f64>()?[0], [0.75, 1.0]);
/// # candle_core::Result::Ok(())
/// ```
///
/// A noisy gradient Gx − b + w is the same step with b − w in place of b.
#[derive(Clone, Debug)]
pub struct AffineStep(Arc<FixedMatrix>);

impl AffineStep {
    /// The step for the square matrix `g`, `[n, n]`. A gradient of `g` is never computed, even if it is a variable.
    ///
    /// # Errors
    /// `g` is not square, or empty.
    pub fn new(g: &Tensor) -> Result<Self> {
        let (rows, columns) = g.dims2()?;
        if rows != columns || rows == 0 {
            bail!("an affine step needs a square matrix, not {rows}×{columns}");
        }
        Ok(Self(Arc::new(FixedMatrix::new(g)?)))
    }

    /// x − η(Gx − b) for each row of a batch x `[K, n]`, or for one vector `[n]`; η is `step_size`, rank 0, and b has
    /// the shape of x or is one vector `[n]` for all rows. Each of x, η and b may be learnable.
    ///
    /// # Errors
    /// Shapes that do not fit, or tensors that differ in element type or device from each other or from G.
    pub fn forward(&self, x: &Tensor, step_size: &Tensor, b: &Tensor) -> Result<Tensor> {
        self.check(x, b)?;
        if !kernel::is_fast(x) {
            return self.forward_plain(x, step_size, b);
        }
        step_size.dims0()?;
        self.apply(x, step_size, b)
    }

    /// x − η((G + λI)x − b), the step for ridge regression: as [`AffineStep::forward`], with λ (`ridge`, rank 0) also
    /// learnable. For a λ that is fixed, add it to the diagonal of G instead.
    ///
    /// # Errors
    /// As [`AffineStep::forward`].
    pub fn forward_ridge(&self, x: &Tensor, step_size: &Tensor, ridge: &Tensor, b: &Tensor) -> Result<Tensor> {
        self.check(x, b)?;
        if !kernel::is_fast(x) {
            return self.forward_ridge_plain(x, step_size, ridge, b);
        }
        step_size.dims0()?;
        self.apply(x, &Tensor::stack(&[step_size, ridge], 0)?, b)
    }

    /// [`AffineStep::forward`] by plain candle operations.
    ///
    /// # Errors
    /// As [`AffineStep::forward`].
    pub fn forward_plain(&self, x: &Tensor, step_size: &Tensor, b: &Tensor) -> Result<Tensor> {
        self.check(x, b)?;
        step_size.dims0()?;
        let gx = match x.rank() {
            1 => x.unsqueeze(0)?.matmul(&self.0.transpose)?.squeeze(0)?,
            _ => x.matmul(&self.0.transpose)?,
        };
        x - gx.broadcast_sub(b)?.broadcast_mul(step_size)?
    }

    /// [`AffineStep::forward_ridge`] by plain candle operations.
    ///
    /// # Errors
    /// As [`AffineStep::forward`].
    pub fn forward_ridge_plain(&self, x: &Tensor, step_size: &Tensor, ridge: &Tensor, b: &Tensor) -> Result<Tensor> {
        self.check(x, b)?;
        ridge.dims0()?;
        self.forward_plain(x, step_size, &x.broadcast_mul(ridge)?.neg()?.broadcast_add(b)?)
    }

    pub(super) fn fixed(&self) -> &Arc<FixedMatrix> {
        &self.0
    }

    pub(super) fn check(&self, x: &Tensor, b: &Tensor) -> Result<()> {
        let n = self.0.matrix.dim(0)?;
        if !matches!(x.dims(), [width] | [_, width] if *width == n) {
            bail!("an affine step in dimension {n} got x of shape {:?}", x.dims());
        }
        if b.dims() != [n] && b.dims() != x.dims() {
            bail!("an affine step in dimension {n} got b of shape {:?} for x of shape {:?}", b.dims(), x.dims());
        }
        Ok(())
    }

    fn apply(&self, x: &Tensor, coefficients: &Tensor, b: &Tensor) -> Result<Tensor> {
        x.contiguous()?.apply_op3(&coefficients.contiguous()?, &b.contiguous()?, Step(self.0.clone()))
    }
}

/// The operation on x, the coefficients (η alone, or η and λ) and b.
struct Step(Arc<FixedMatrix>);

/// η and λ, which is zero where it is not given.
fn coefficients<T: WithDType>(entries: &[T]) -> (T, T) {
    (entries[0], entries.get(1).copied().unwrap_or(T::zero()))
}

/// ⟨g, b⟩ − ⟨h, x⟩ and h ← g − ηh in one pass over memory.
fn finish<T: WithDType>(h: &mut [T], x: &[T], b: &[T], g: &[T], eta: T) -> T {
    let (h, h_tail) = h.as_chunks_mut::<LANES>();
    let ((x, x_tail), (b, b_tail), (g, g_tail)) =
        (x.as_chunks::<LANES>(), b.as_chunks::<LANES>(), g.as_chunks::<LANES>());
    kernel::vectorised!({
        let mut sums = [T::zero(); LANES];
        for (((h, x), b), g) in h.iter_mut().zip(x).zip(b).zip(g) {
            for lane in 0..LANES {
                sums[lane] += g[lane] * b[lane] - h[lane] * x[lane];
                h[lane] = g[lane] - eta * h[lane];
            }
        }
        for (((h, x), b), g) in h_tail.iter_mut().zip(x_tail).zip(b_tail).zip(g_tail) {
            sums[0] += *g * *b - *h * *x;
            *h = *g - eta * *h;
        }
        sums.into_iter().fold(T::zero(), |sum, lane| sum + lane)
    })
}

/// [`finish`] where b may be one row for all; then the pass goes row by row.
pub(super) fn finish_rows<T: WithDType>(h: &mut [T], x: &[T], b: &[T], g: &[T], eta: T) -> T {
    let width = b.len().max(1);
    let rows = h.chunks_mut(width).zip(x.chunks(width)).zip(g.chunks(width));
    rows.fold(T::zero(), |sum, ((h, x), g)| sum + finish(h, x, b, g, eta))
}

/// ∂b = ηg, summed over the rows if b is one vector for all of them.
pub(super) fn backward_b<T: WithDType>(eta: T, g: &[T], len: usize) -> Vec<T> {
    let mut grad_b = vec![T::zero(); len];
    for g in g.chunks_exact(len.max(1)) {
        grad_b.iter_mut().zip(g).for_each(|(sum, g)| *sum += eta * *g);
    }
    grad_b
}

impl Step {
    fn forward<T: WithDType>(&self, x: &[T], c: &[T], b: &[T], n: usize) -> Result<Vec<T>> {
        let (eta, lambda) = coefficients(c);
        let keep = T::one() - eta * lambda;
        kernel::with_entries([&self.0.transpose], |[gt]| {
            // y = (1 − ηλ)x + ηb first, so that the product is added to it: y ← y − η·Gx.
            let mut y = kernel::map_of(x, b, move |x, b| keep * x + eta * b);
            kernel::for_row_blocks(&mut y, [n, n], |start, y| {
                let x = &x[start * n..][..y.len()];
                kernel::add_product(y, T::zero() - eta, x, gt, [y.len() / n, n, n]);
            });
            Ok(y)
        })
    }

    /// ∂x and, summed over the batch, ∂η and ∂λ. One product h = Gᵀg + λg serves all of them:
    /// ∂x = g − ηh, ∂η = ⟨g, b⟩ − ⟨h, x⟩, ∂λ = −η⟨g, x⟩.
    fn backward<T: WithDType>(&self, x: &[T], c: &[T], b: &[T], g: &[T], n: usize) -> Result<(Vec<T>, Vec<T>)> {
        let (eta, lambda) = coefficients(c);
        kernel::with_entries([&self.0.matrix], |[matrix]| {
            let mut grad_x = kernel::matmul(g, matrix, [g.len() / n, n, n]); // becomes ∂x in the same pass as ∂η
            let sums = kernel::for_row_blocks(&mut grad_x, [n, n], |start, h| {
                let block = start * n..start * n + h.len();
                let (x, g) = (&x[block.clone()], &g[block.clone()]);
                let b = if b.len() == n { b } else { &b[block] };
                let mut grad_lambda = T::zero();
                if c.len() == 2 {
                    h.iter_mut().zip(g).for_each(|(h, g)| *h += lambda * *g);
                    grad_lambda = T::zero() - eta * kernel::sum_of(g, x, |g, x| g * x);
                }
                [finish_rows(h, x, b, g, eta), grad_lambda]
            });
            let grad_c = (0..c.len()).map(|i| sums.iter().fold(T::zero(), |sum, block| sum + block[i])).collect();
            Ok((grad_x, grad_c))
        })
    }
}

impl CustomOp3 for Step {
    fn name(&self) -> &'static str {
        "affine_step"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_l: &Layout,
        c: &CpuStorage,
        c_l: &Layout,
        b: &CpuStorage,
        b_l: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let n = self.0.matrix.dim(0)?;
        kernel::for_dtype!(x.dtype(), T => {
            let (x, c, b) = (kernel::entries(x, x_l)?, kernel::entries(c, c_l)?, kernel::entries(b, b_l)?);
            Ok((T::to_cpu_storage_owned(self.forward::<T>(x, c, b, n)?), x_l.shape().clone()))
        })
    }

    fn bwd(&self, x: &Tensor, c: &Tensor, b: &Tensor, _y: &Tensor, g: &Tensor) -> Result<Gradients> {
        let n = self.0.matrix.dim(0)?;
        let g = &g.contiguous()?;
        kernel::for_dtype!(g.dtype(), T => kernel::with_entries::<T, 4, _>([x, c, b, g], |[xs, cs, bs, gs]| {
            let (mut grad_x, mut grad_c, mut grad_b) = (None, None, None);
            if x.track_op() || c.track_op() {
                let (dx, dc) = self.backward(xs, cs, bs, gs, n)?;
                grad_x = Some(dx).filter(|_| x.track_op());
                grad_c = Some(dc).filter(|_| c.track_op());
            }
            if b.track_op() {
                grad_b = Some(backward_b(cs[0], gs, bs.len()));
            }
            let tensor = |grad: Option<Vec<T>>, like: &Tensor| {
                grad.map(|grad| Tensor::from_vec(grad, like.shape(), like.device())).transpose()
            };
            Ok((tensor(grad_x, x)?, tensor(grad_c, c)?, tensor(grad_b, b)?))
        }))
    }
}

pub(super) type Gradients = (Option<Tensor>, Option<Tensor>, Option<Tensor>);
