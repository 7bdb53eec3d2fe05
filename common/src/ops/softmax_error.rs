use super::{exponential, kernel};
use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor, bail};

/// Σ ‖one-hot(mₖ) − softmax(zₖ)‖² over the rows zₖ of scores `[K, M]`, rank 0; `labels[k]` is mₖ.
///
/// # Errors
/// A number of labels that does not fit, or a label that is none of the M classes.
pub fn softmax_squared_error(scores: &Tensor, labels: &[u32]) -> Result<Tensor> {
    let (rows, classes) = scores.dims2()?;
    if labels.len() != rows || labels.iter().any(|&label| label as usize >= classes) {
        bail!("{} labels do not fit scores of shape {:?}", labels.len(), scores.dims());
    }
    if !kernel::is_fast(scores) {
        return softmax_squared_error_plain(scores, labels);
    }
    scores.contiguous()?.apply_op1(SoftmaxError(labels.to_vec()))
}

/// [`softmax_squared_error`] by plain candle operations. The errors are the same.
pub fn softmax_squared_error_plain(scores: &Tensor, labels: &[u32]) -> Result<Tensor> {
    let classes = scores.dim(1)?;
    let one_hot: Vec<f64> =
        labels.iter().flat_map(|&m| (0..classes).map(move |i| f64::from(i == m as usize))).collect();
    let one_hot = Tensor::from_vec(one_hot, scores.shape(), scores.device())?.to_dtype(scores.dtype())?;
    let exponentials = scores.broadcast_sub(&scores.detach().max_keepdim(1)?)?.exp()?;
    let softmax = exponentials.broadcast_div(&exponentials.sum_keepdim(1)?)?;
    (softmax - one_hot)?.sqr()?.sum_all()
}

struct SoftmaxError(Vec<u32>);

impl SoftmaxError {
    /// softmax(z) − one-hot, row by row.
    fn residuals(&self, scores: &[f64]) -> Vec<f64> {
        let classes = scores.len() / self.0.len().max(1);
        let mut residuals = Vec::with_capacity(scores.len());
        for (row, &label) in scores.chunks_exact(classes).zip(&self.0) {
            let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let first = residuals.len();
            residuals.extend(kernel::map(row, move |z| exponential::exp_below_zero(z - largest)));
            let sum: f64 = residuals[first..].iter().sum();
            residuals[first..].iter_mut().for_each(|p| *p /= sum);
            residuals[first + label as usize] -= 1.0;
        }
        residuals
    }
}

impl CustomOp1 for SoftmaxError {
    fn name(&self) -> &'static str {
        "softmax_squared_error"
    }

    fn cpu_fwd(&self, scores: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let residuals = self.residuals(kernel::entries(scores, layout)?);
        Ok((CpuStorage::F64(vec![kernel::sum_of(&residuals, &residuals, |a, b| a * b)]), ().into()))
    }

    /// With r = p − one-hot: ∂zᵢ = 2pᵢ(rᵢ − Σ pⱼrⱼ).
    fn bwd(&self, scores: &Tensor, _loss: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let scale = 2.0 * grad.to_scalar::<f64>()?;
        let classes = scores.dim(1)?;
        let mut residuals = kernel::with_entries([scores], |[z]| Ok(self.residuals(z)))?;
        for (row, &label) in residuals.chunks_exact_mut(classes).zip(&self.0) {
            let p = |i: usize, r: f64| if i == label as usize { r + 1.0 } else { r };
            let mean: f64 = row.iter().enumerate().map(|(i, &r)| p(i, r) * r).sum();
            row.iter_mut().enumerate().for_each(|(i, r)| *r = scale * p(i, *r) * (*r - mean));
        }
        Ok(Some(Tensor::from_vec(residuals, scores.shape(), scores.device())?))
    }
}
