use candle_core::{CpuStorage, InplaceOp2, Layout, Result, Tensor, Var, bail};
use std::cell::Cell;

/// Updates a parameter where it lies: calls `f(θ, g)` once, with all its entries and those of its gradient in the same order.
///
/// This is all that a first-order optimizer needs, without the chain of temporary tensors that candle's own
/// optimizers allocate per parameter; `f` captures the optimizer's state (for Adam, two slices of moments, in the
/// same order).
///
/// Returns `false`, having changed nothing, if there is no fast path: the parameter does not lie contiguously on the
/// CPU or is not `f64`. The caller then does the same with tensor operations and [`Var::set`].
///
/// # Errors
/// `grad` differs from `var` in shape, element type or device, or shares its storage.
///
/// ```
/// use candle_core::{Device, Var};
/// let theta = Var::new(&[1.0, -2.0], &Device::Cpu)?;
/// let grads = theta.sqr()?.sum_all()?.backward()?;
/// let grad = grads.get(&theta).expect("the loss depends on theta");
/// let descend = |theta: &mut [f64], g: &[f64]| {
///     theta.iter_mut().zip(g).for_each(|(theta, g)| *theta -= 0.25 * g); // θ ← θ − 0.25·2θ
/// };
/// assert!(common::ops::update_in_place(&theta, grad, descend)?);
/// assert_eq!(theta.to_vec1::<f64>()?, [0.5, -1.0]);
/// # candle_core::Result::Ok(())
/// ```
pub fn update_in_place(var: &Var, grad: &Tensor, f: impl FnOnce(&mut [f64], &[f64])) -> Result<bool> {
    if !super::kernel::is_fast(var) || !var.is_contiguous() {
        return Ok(false);
    }
    if var.shape() != grad.shape() || var.dtype() != grad.dtype() {
        bail!(
            "gradient {:?} {:?} does not fit the parameter {:?} {:?}",
            grad.dtype(),
            grad.dims(),
            var.dtype(),
            var.dims()
        );
    }
    var.inplace_op2(&grad.contiguous()?, &Update(Cell::new(Some(f))))?;
    Ok(true)
}

/// candle's in-place operations take `&self`, a closure that runs once is taken out of a cell.
struct Update<F>(Cell<Option<F>>);

impl<F: FnOnce(&mut [f64], &[f64])> InplaceOp2 for Update<F> {
    fn name(&self) -> &'static str {
        "update_in_place"
    }

    fn cpu_fwd(&self, var: &mut CpuStorage, var_l: &Layout, grad: &CpuStorage, grad_l: &Layout) -> Result<()> {
        let (Some((v0, v1)), Some((g0, g1))) = (var_l.contiguous_offsets(), grad_l.contiguous_offsets()) else {
            bail!("update_in_place needs contiguous tensors");
        };
        let Some(f) = self.0.take() else {
            bail!("internal error: an update in place runs once");
        };
        match (var, grad) {
            (CpuStorage::F64(var), CpuStorage::F64(grad)) => f(&mut var[v0..v1], &grad[g0..g1]),
            _ => bail!("update_in_place needs f64"),
        }
        Ok(())
    }
}
