use super::FixedMap;
use super::kernel::{self, Gradients, LANES};
use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor, bail};

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
pub struct AffineStep(pub(super) FixedMap);

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
        FixedMap::new(g).map(Self)
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

    /// [`AffineStep::forward`] by plain candle operations. The errors are the same.
    pub fn forward_plain(&self, x: &Tensor, step_size: &Tensor, b: &Tensor) -> Result<Tensor> {
        self.check(x, b)?;
        step_size.dims0()?;
        x - self.0.forward_plain(x)?.broadcast_sub(b)?.broadcast_mul(step_size)?
    }

    /// [`AffineStep::forward_ridge`] by plain candle operations. The errors are the same.
    pub fn forward_ridge_plain(&self, x: &Tensor, step_size: &Tensor, ridge: &Tensor, b: &Tensor) -> Result<Tensor> {
        self.check(x, b)?;
        ridge.dims0()?;
        self.forward_plain(x, step_size, &x.broadcast_mul(ridge)?.neg()?.broadcast_add(b)?)
    }

    pub(super) fn check(&self, x: &Tensor, b: &Tensor) -> Result<()> {
        let n = self.0.matrix().dim(0)?;
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
struct Step(FixedMap);

/// η and what the operation has beside it (λ, or the parameter of a function of the entries), which is zero where it is not given.
pub(super) fn coefficients(entries: &[f64]) -> (f64, f64) {
    (entries[0], entries.get(1).copied().unwrap_or(0.0))
}

/// ⟨g, b⟩ − ⟨h, x⟩ and h ← g − ηh in one pass over memory.
fn finish(h: &mut [f64], x: &[f64], b: &[f64], g: &[f64], eta: f64) -> f64 {
    let (h, h_tail) = h.as_chunks_mut::<LANES>();
    let ((x, x_tail), (b, b_tail), (g, g_tail)) =
        (x.as_chunks::<LANES>(), b.as_chunks::<LANES>(), g.as_chunks::<LANES>());
    kernel::vectorised!({
        let mut sums = [0.0; LANES];
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
        sums.into_iter().fold(0.0, |sum, lane| sum + lane)
    })
}

/// [`finish`] where b may be one row for all; then the pass goes row by row.
pub(super) fn finish_rows(h: &mut [f64], x: &[f64], b: &[f64], g: &[f64], eta: f64) -> f64 {
    let width = b.len().max(1);
    let rows = h.chunks_mut(width).zip(x.chunks(width)).zip(g.chunks(width));
    rows.fold(0.0, |sum, ((h, x), g)| sum + finish(h, x, b, g, eta))
}

/// ∂b = ηg, summed over the rows if b is one vector for all of them.
pub(super) fn backward_b(eta: f64, g: &[f64], len: usize) -> Vec<f64> {
    let mut grad_b = vec![0.0; len];
    for g in g.chunks_exact(len.max(1)) {
        grad_b.iter_mut().zip(g).for_each(|(sum, g)| *sum += eta * *g);
    }
    grad_b
}

impl Step {
    fn forward(&self, x: &[f64], c: &[f64], b: &[f64], n: usize) -> Result<Vec<f64>> {
        let (eta, lambda) = coefficients(c);
        let keep = 1.0 - eta * lambda;
        kernel::with_entries([self.0.transpose()], |[gt]| {
            // y = (1 − ηλ)x + ηb first, so that the product is added to it: y ← y − η·Gx.
            let mut y = kernel::map_of(x, b, move |x, b| keep * x + eta * b);
            kernel::for_row_blocks(&mut y, [n, n], |start, y| {
                let x = &x[start * n..][..y.len()];
                kernel::add_product(y, -eta, x, gt, [y.len() / n, n, n]);
            });
            Ok(y)
        })
    }

    /// ∂x and, summed over the batch, ∂η and ∂λ. One product h = Gᵀg + λg serves all of them:
    /// ∂x = g − ηh, ∂η = ⟨g, b⟩ − ⟨h, x⟩, ∂λ = −η⟨g, x⟩.
    fn backward(&self, x: &[f64], c: &[f64], b: &[f64], g: &[f64], n: usize) -> Result<(Vec<f64>, Vec<f64>)> {
        let (eta, lambda) = coefficients(c);
        kernel::with_entries([self.0.matrix()], |[matrix]| {
            let mut grad_x = kernel::matmul(g, matrix, [g.len() / n, n, n]); // becomes ∂x in the same pass as ∂η
            let sums = kernel::for_row_blocks(&mut grad_x, [n, n], |start, h| {
                let block = start * n..start * n + h.len();
                let (x, g) = (&x[block.clone()], &g[block.clone()]);
                let b = if b.len() == n { b } else { &b[block] };
                let mut grad_lambda = 0.0;
                if c.len() == 2 {
                    h.iter_mut().zip(g).for_each(|(h, g)| *h += lambda * *g);
                    grad_lambda = -eta * kernel::sum_of(g, x, |g, x| g * x);
                }
                [finish_rows(h, x, b, g, eta), grad_lambda]
            });
            let grad_c = (0..c.len()).map(|i| sums.iter().fold(0.0, |sum, block| sum + block[i])).collect();
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
        let n = self.0.matrix().dim(0)?;
        let (x, c, b) = (kernel::entries(x, x_l)?, kernel::entries(c, c_l)?, kernel::entries(b, b_l)?);
        Ok((CpuStorage::F64(self.forward(x, c, b, n)?), x_l.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, c: &Tensor, b: &Tensor, _y: &Tensor, g: &Tensor) -> Result<Gradients> {
        let n = self.0.matrix().dim(0)?;
        let g = &g.contiguous()?;
        kernel::with_entries([x, c, b, g], |[xs, cs, bs, gs]| {
            let grad_b = kernel::gradient(b, || backward_b(cs[0], gs, bs.len()))?;
            if !x.track_op() && !c.track_op() {
                return Ok((None, None, grad_b));
            }
            let (grad_x, grad_c) = self.backward(xs, cs, bs, gs, n)?;
            Ok((kernel::gradient(x, || grad_x)?, kernel::gradient(c, || grad_c)?, grad_b))
        })
    }
}
