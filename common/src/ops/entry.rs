use super::kernel;
use candle_core::{CpuStorage, CustomOp1, IndexOp, Layout, Result, Shape, Tensor, bail};

/// Entry `index` along the first dimension of a learnable tensor `[T, …]`: what one iteration uses of a schedule, a step size
/// (rank 0) out of a vector, or a vector or matrix out of a tensor of higher rank.
///
/// One node in the graph where indexing (`tensor.i(index)`) makes several.
///
/// # Errors
/// `tensor` has rank 0, or `index` is not below its length.
pub fn entry(tensor: &Tensor, index: usize) -> Result<Tensor> {
    if !kernel::is_fast(tensor) {
        return entry_plain(tensor, index);
    }
    let length = tensor.dim(0)?;
    if index >= length {
        bail!("no entry {index} in a schedule of {length}");
    }
    tensor.contiguous()?.apply_op1(Entry(index))
}

/// [`entry`] by plain candle operations. The errors are the same.
pub fn entry_plain(tensor: &Tensor, index: usize) -> Result<Tensor> {
    tensor.i(index)
}

struct Entry(usize);

impl CustomOp1 for Entry {
    fn name(&self) -> &'static str {
        "entry"
    }

    fn cpu_fwd(&self, tensor: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let entries = kernel::entries(tensor, layout)?;
        let shape = Shape::from(&layout.dims()[1..]);
        let size = shape.elem_count();
        Ok((CpuStorage::F64(entries[self.0 * size..][..size].to_vec()), shape))
    }

    fn bwd(&self, tensor: &Tensor, _entry: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let mut sparse = vec![0.0; tensor.elem_count()];
        let grad = grad.flatten_all()?.to_vec1()?;
        sparse[self.0 * grad.len()..][..grad.len()].copy_from_slice(&grad);
        Tensor::from_vec(sparse, tensor.shape(), tensor.device()).map(Some)
    }
}
