//! An affine step and a function of its entries, as one node.

use super::FixedMap;
use super::affine_step::{self, AffineStep, coefficients};
use super::entrywise::{self, Entrywise, Hardtanh, ScaledHardtanh, SoftThreshold};
use super::kernel::{self, Gradients};
use candle_core::{CpuStorage, CustomOp2, CustomOp3, Layout, Result, Shape, Tensor};
use std::marker::PhantomData;

impl AffineStep {
    /// S_τ(x − η(Gx − b)): an iteration of proximal gradient descent with an ℓ₁ term, ISTA where G = AᵀA and b = Aᵀy. τ is
    /// `threshold`, rank 0, and may be negative ([`super::soft_threshold`]); the rest is as in [`AffineStep::forward`].
    ///
    /// # Errors
    /// As [`AffineStep::forward`], or `threshold` is no number.
    pub fn forward_shrink(&self, x: &Tensor, step_size: &Tensor, threshold: &Tensor, b: &Tensor) -> Result<Tensor> {
        self.forward_then::<SoftThreshold>(x, step_size, threshold, b, true)
    }

    /// [`AffineStep::forward_shrink`] by plain candle operations. The errors are the same.
    pub fn forward_shrink_plain(
        &self,
        x: &Tensor,
        step_size: &Tensor,
        threshold: &Tensor,
        b: &Tensor,
    ) -> Result<Tensor> {
        entrywise::plain::<SoftThreshold>(&self.forward_plain(x, step_size, b)?, threshold)
    }

    /// hardtanh(x − η(Gx − b)): an iteration of projected gradient descent in the box [−1, 1]ⁿ; all is as in
    /// [`AffineStep::forward`], and the projection as in [`super::hardtanh`].
    ///
    /// # Errors
    /// As [`AffineStep::forward`].
    pub fn forward_projected(&self, x: &Tensor, step_size: &Tensor, b: &Tensor) -> Result<Tensor> {
        if !kernel::is_fast(x) {
            return self.forward_projected_plain(x, step_size, b);
        }
        self.check(x, b)?;
        step_size.dims0()?;
        self.apply_then::<Hardtanh>(x, &step_size.contiguous()?, b)
    }

    /// [`AffineStep::forward_projected`] by plain candle operations. The errors are the same.
    pub fn forward_projected_plain(&self, x: &Tensor, step_size: &Tensor, b: &Tensor) -> Result<Tensor> {
        super::hardtanh(&self.forward_plain(x, step_size, b)?)
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

    /// [`AffineStep::forward_hardtanh`] by plain candle operations. The errors are the same.
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
        self.apply_then::<E>(x, &coefficients, b)
    }

    fn apply_then<E: Entrywise>(&self, x: &Tensor, coefficients: &Tensor, b: &Tensor) -> Result<Tensor> {
        x.contiguous()?.apply_op3(coefficients, &b.contiguous()?, StepThen::<E>(self.0.clone(), PhantomData))
    }
}

/// Two numbers as a vector: one node where `Tensor::stack` makes three.
struct Pair;

impl CustomOp2 for Pair {
    fn name(&self) -> &'static str {
        "pair"
    }

    fn cpu_fwd(&self, a: &CpuStorage, a_l: &Layout, b: &CpuStorage, b_l: &Layout) -> Result<(CpuStorage, Shape)> {
        let pair = vec![kernel::entries(a, a_l)?[0], kernel::entries(b, b_l)?[0]];
        Ok((CpuStorage::F64(pair), Shape::from(2)))
    }

    fn bwd(&self, a: &Tensor, b: &Tensor, _pair: &Tensor, g: &Tensor) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let part = |of: &Tensor, index| of.track_op().then(|| super::entry(g, index)).transpose();
        Ok((part(a, 0)?, part(b, 1)?))
    }
}

/// The operation on x, the coefficients (η and, where f has one, its parameter p) and b.
struct StepThen<E>(FixedMap, PhantomData<E>);

/// Whether x is the start 0, for which Gx needs no product.
fn is_zero(x: &[f64]) -> bool {
    x.iter().all(|x| *x == 0.0)
}

impl<E: Entrywise> StepThen<E> {
    fn forward(&self, x: &[f64], c: &[f64], b: &[f64], n: usize) -> Result<Vec<f64>> {
        let (eta, p) = coefficients(c);
        kernel::with_entries([self.0.transpose()], |[gt]| {
            if is_zero(x) {
                return Ok(kernel::map_of(x, b, move |_, b| E::value(eta * b, p)));
            }
            // u = x + ηb first, so that the product is added to it: u ← u − η·Gx.
            let mut u = kernel::map_of(x, b, move |x, b| x + eta * b);
            kernel::for_row_blocks(&mut u, [n, n], |start, u| {
                let x = &x[start * n..][..u.len()];
                kernel::add_product(u, -eta, x, gt, [u.len() / n, n, n]);
                kernel::map_in_place(u, move |u| E::value(u, p));
            });
            Ok(u)
        })
    }

    /// ∂x, where it is wanted, ∂u and (∂η, ∂p): back through f to g = ∂u and ∂p, then through the step, with one product
    /// h = Gᵀg: ∂x = g − ηh, ∂η = ⟨g, b⟩ − ⟨h, x⟩.
    fn backward(&self, [x, c, b, y, g]: [&[f64]; 5], n: usize, wants_x: bool) -> Result<[Vec<f64>; 3]> {
        let (eta, p) = coefficients(c);
        let (g, grad_p) = entrywise::through::<E>(y, g, p);
        let gradients = |grad_eta| [grad_eta, grad_p][..c.len()].to_vec();
        if !wants_x && is_zero(x) {
            let along = |g: &[f64]| kernel::sum_of(g, b, |g, b| g * b);
            let grad_eta = g.chunks(b.len().max(1)).fold(0.0, |sum, g| sum + along(g));
            return Ok([vec![], g, gradients(grad_eta)]);
        }
        kernel::with_entries([self.0.matrix()], |[matrix]| {
            let mut h = kernel::matmul(&g, matrix, [g.len() / n, n, n]); // becomes ∂x in the same pass as ∂η
            let sums = kernel::for_row_blocks(&mut h, [n, n], |start, h| {
                let block = start * n..start * n + h.len();
                let (x, g) = (&x[block.clone()], &g[block.clone()]);
                let b = if b.len() == n { b } else { &b[block] };
                affine_step::finish_rows(h, x, b, g, eta)
            });
            let grad_eta = sums.into_iter().fold(0.0, |sum, block| sum + block);
            Ok([h, g, gradients(grad_eta)])
        })
    }
}

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
        let n = self.0.matrix().dim(0)?;
        let (x, c, b) = (kernel::entries(x, x_l)?, kernel::entries(c, c_l)?, kernel::entries(b, b_l)?);
        Ok((CpuStorage::F64(self.forward(x, c, b, n)?), x_l.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, c: &Tensor, b: &Tensor, y: &Tensor, g: &Tensor) -> Result<Gradients> {
        let n = self.0.matrix().dim(0)?;
        let g = &g.contiguous()?;
        kernel::with_entries([x, c, b, y, g], |slices| {
            let [_, cs, bs, ..] = slices;
            let [grad_x, grad_u, grad_c] = self.backward(slices, n, x.track_op())?;
            let grad_b = kernel::gradient(b, || affine_step::backward_b(cs[0], &grad_u, bs.len()))?;
            Ok((kernel::gradient(x, || grad_x)?, kernel::gradient(c, || grad_c)?, grad_b))
        })
    }
}
