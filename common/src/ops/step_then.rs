//! An affine step and a function of its entries, as one node.

use super::affine_step::{self, AffineStep, Gradients};
use super::entrywise::{self, Entrywise, ScaledHardtanh, SoftThreshold};
use super::kernel::{self, FixedMatrix};
use candle_core::backend::BackendStorage;
use candle_core::{CpuStorage, CustomOp2, CustomOp3, Layout, Result, Shape, Tensor, WithDType};
use std::marker::PhantomData;
use std::sync::Arc;

impl AffineStep {
    /// S_τ(x − η(Gx − b)): an iteration of proximal gradient descent with an ℓ₁ term, ISTA where G = AᵀA and b = Aᵀy. τ is
    /// `threshold`, rank 0, and may be negative ([`super::soft_threshold`]); the rest is as in [`AffineStep::forward`].
    ///
    /// # Errors
    /// As [`AffineStep::forward`], or `threshold` is no number.
    pub fn forward_shrink(&self, x: &Tensor, step_size: &Tensor, threshold: &Tensor, b: &Tensor) -> Result<Tensor> {
        self.forward_then::<SoftThreshold>(x, step_size, threshold, b, true)
    }

    /// [`AffineStep::forward_shrink`] by plain candle operations.
    ///
    /// # Errors
    /// As [`AffineStep::forward_shrink`].
    pub fn forward_shrink_plain(
        &self,
        x: &Tensor,
        step_size: &Tensor,
        threshold: &Tensor,
        b: &Tensor,
    ) -> Result<Tensor> {
        entrywise::plain::<SoftThreshold>(&self.forward_plain(x, step_size, b)?, threshold)
    }

    /// hardtanh(α(x − η(Gx − b))): an iteration of projected gradient descent in the box [−1, 1]ⁿ with a slope α (`slope`,
    /// rank 0, may be learnable); the rest is as in [`AffineStep::forward`].
    ///
    /// # Errors
    /// As [`AffineStep::forward`], or `slope` is no number.
    pub fn forward_hardtanh(&self, x: &Tensor, step_size: &Tensor, slope: &Tensor, b: &Tensor) -> Result<Tensor> {
        let invertible = kernel::is_fast(slope) && entrywise::is_invertible(slope)?;
        self.forward_then::<ScaledHardtanh>(x, step_size, slope, b, invertible)
    }

    /// [`AffineStep::forward_hardtanh`] by plain candle operations.
    ///
    /// # Errors
    /// As [`AffineStep::forward_hardtanh`].
    pub fn forward_hardtanh_plain(&self, x: &Tensor, step_size: &Tensor, slope: &Tensor, b: &Tensor) -> Result<Tensor> {
        entrywise::plain::<ScaledHardtanh>(&self.forward_plain(x, step_size, b)?, slope)
    }

    fn forward_then<E: Entrywise>(
        &self,
        x: &Tensor,
        step_size: &Tensor,
        parameter: &Tensor,
        b: &Tensor,
        invertible: bool,
    ) -> Result<Tensor> {
        if !kernel::is_fast(x) || !invertible {
            return entrywise::plain::<E>(&self.forward(x, step_size, b)?, parameter);
        }
        self.check(x, b)?;
        step_size.dims0()?;
        parameter.dims0()?;
        let coefficients = step_size.contiguous()?.apply_op2(&parameter.contiguous()?, Pair)?;
        x.contiguous()?.apply_op3(&coefficients, &b.contiguous()?, StepThen::<E>(self.fixed().clone(), PhantomData))
    }
}

/// Two numbers as a vector: one node where `Tensor::stack` makes three.
struct Pair;

impl CustomOp2 for Pair {
    fn name(&self) -> &'static str {
        "pair"
    }

    fn cpu_fwd(&self, a: &CpuStorage, a_l: &Layout, b: &CpuStorage, b_l: &Layout) -> Result<(CpuStorage, Shape)> {
        kernel::for_dtype!(a.dtype(), T => {
            let pair = vec![kernel::entries::<T>(a, a_l)?[0], kernel::entries::<T>(b, b_l)?[0]];
            Ok((T::to_cpu_storage_owned(pair), Shape::from(2)))
        })
    }

    fn bwd(&self, a: &Tensor, b: &Tensor, _pair: &Tensor, g: &Tensor) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let part = |of: &Tensor, index| of.track_op().then(|| super::entry(g, index)).transpose();
        Ok((part(a, 0)?, part(b, 1)?))
    }
}

/// The operation on x, the coefficients (η and the parameter p of f) and b.
struct StepThen<E>(Arc<FixedMatrix>, PhantomData<E>);

/// Whether x is the start 0, for which Gx needs no product.
fn is_zero<T: WithDType>(x: &[T]) -> bool {
    x.iter().all(|x| *x == T::zero())
}

impl<E: Entrywise> StepThen<E> {
    fn forward<T: WithDType>(&self, x: &[T], c: &[T], b: &[T], n: usize) -> Result<Vec<T>> {
        let (eta, p) = (c[0], c[1]);
        kernel::with_entries([&self.0.transpose], |[gt]| {
            if is_zero(x) {
                return Ok(kernel::map_of(x, b, move |_, b| E::value(eta * b, p)));
            }
            // u = x + ηb first, so that the product is added to it: u ← u − η·Gx.
            let mut u = kernel::map_of(x, b, move |x, b| x + eta * b);
            kernel::for_row_blocks(&mut u, [n, n], |start, u| {
                let x = &x[start * n..][..u.len()];
                kernel::add_product(u, T::zero() - eta, x, gt, [u.len() / n, n, n]);
                kernel::map_in_place(u, move |u| E::value(u, p));
            });
            Ok(u)
        })
    }

    /// Back through f to g = ∂u and ∂p, then through the step, with one product h = Gᵀg: ∂x = g − ηh, ∂η = ⟨g, b⟩ − ⟨h, x⟩.
    fn backward<T: WithDType>(&self, [x, c, b, y, g]: [&[T]; 5], n: usize, wants_x: bool) -> Result<StepGradients<T>> {
        let (eta, p) = (c[0], c[1]);
        let (g, grad_p) = entrywise::through::<E, T>(y, g, p);
        if !wants_x && is_zero(x) {
            let along = |g: &[T]| kernel::sum_of(g, b, |g, b| g * b);
            let grad_eta = g.chunks(b.len().max(1)).fold(T::zero(), |sum, g| sum + along(g));
            return Ok((None, g, [grad_eta, grad_p]));
        }
        kernel::with_entries([&self.0.matrix], |[matrix]| {
            let mut h = kernel::matmul(&g, matrix, [g.len() / n, n, n]); // becomes ∂x in the same pass as ∂η
            let sums = kernel::for_row_blocks(&mut h, [n, n], |start, h| {
                let block = start * n..start * n + h.len();
                let (x, g) = (&x[block.clone()], &g[block.clone()]);
                let b = if b.len() == n { b } else { &b[block] };
                affine_step::finish_rows(h, x, b, g, eta)
            });
            let grad_eta = sums.into_iter().fold(T::zero(), |sum, block| sum + block);
            Ok((Some(h), g, [grad_eta, grad_p]))
        })
    }
}

/// ∂x where it is wanted, ∂u, and [∂η, ∂p].
type StepGradients<T> = (Option<Vec<T>>, Vec<T>, [T; 2]);

impl<E: Entrywise> CustomOp3 for StepThen<E> {
    fn name(&self) -> &'static str {
        E::NAME
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

    fn bwd(&self, x: &Tensor, c: &Tensor, b: &Tensor, y: &Tensor, g: &Tensor) -> Result<Gradients> {
        let n = self.0.matrix.dim(0)?;
        let g = &g.contiguous()?;
        kernel::for_dtype!(g.dtype(), T => kernel::with_entries::<T, 5, _>([x, c, b, y, g], |slices| {
            let [_, cs, bs, ..] = slices;
            let (grad_x, grad_u, grad_c) = self.backward(slices, n, x.track_op())?;
            let grad_b = b.track_op().then(|| affine_step::backward_b(cs[0], &grad_u, bs.len()));
            let tensor = |grad: Option<Vec<T>>, like: &Tensor| {
                grad.map(|grad| Tensor::from_vec(grad, like.shape(), like.device())).transpose()
            };
            Ok((
                tensor(grad_x.filter(|_| x.track_op()), x)?,
                tensor(Some(grad_c.to_vec()).filter(|_| c.track_op()), c)?,
                tensor(grad_b, b)?,
            ))
        }))
    }
}
