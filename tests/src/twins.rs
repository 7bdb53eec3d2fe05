//! Two forms of the same operation, held against each other.

use candle_core::{DType, Result, Tensor, Var};

/// The entries of a tensor of any shape and type.
pub fn numbers(tensor: &Tensor) -> Result<Vec<f64>> {
    tensor.flatten_all()?.to_dtype(DType::F64)?.to_vec1()
}

/// A sum of the entries of `value` with uneven weights: a loss that no gradient can hide from.
pub fn weighted(value: &Tensor) -> Result<Tensor> {
    let weights = Tensor::arange(0.0, value.elem_count() as f64, value.device())?.cos()?;
    (value * weights.reshape(value.shape())?.to_dtype(value.dtype())?)?.sum_all()
}

/// The entries of `value` and, behind them, of the gradients of [`weighted`] by `vars`.
pub fn value_and_gradients(value: &Tensor, vars: &[&Var]) -> Result<Vec<f64>> {
    let grads = weighted(value)?.backward()?;
    let mut all = numbers(value)?;
    for var in vars {
        all.extend(numbers(grads.get(var).expect("a gradient for each variable"))?);
    }
    Ok(all)
}

/// Within `tolerance`, relative to the largest entry: a sum that happens to cancel is not held against its own tiny value.
#[track_caller]
pub fn assert_close(fast: &[f64], plain: &[f64], tolerance: f64) {
    assert_eq!(fast.len(), plain.len());
    let scale = plain.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
    assert!(scale.is_finite(), "the plain twin is not finite");
    for (i, (a, b)) in fast.iter().zip(plain).enumerate() {
        assert!((a - b).abs() <= tolerance * scale, "entry {i}: {a} against {b}, largest {scale}");
    }
}
