use super::kernel;
use candle_core::backend::BackendStorage;
use candle_core::{CpuStorage, CustomOp1, IndexOp, Layout, Result, Shape, Tensor, WithDType, bail};

/// Entry `index` of a learnable vector `[T]`, rank 0: the step size of one iteration out of a schedule.
///
/// One node in the graph where indexing (`vector.i(index)`) makes several.
///
/// # Errors
/// `vector` is not of rank 1, or `index` is not below its length.
pub fn entry(vector: &Tensor, index: usize) -> Result<Tensor> {
    if !kernel::is_fast(vector) {
        return entry_plain(vector, index);
    }
    let length = vector.dims1()?;
    if index >= length {
        bail!("no entry {index} in a vector of {length}");
    }
    vector.contiguous()?.apply_op1(Entry(index))
}

/// [`entry`] by plain candle operations.
///
/// # Errors
/// As [`entry`].
pub fn entry_plain(vector: &Tensor, index: usize) -> Result<Tensor> {
    vector.dims1()?;
    vector.i(index)
}

struct Entry(usize);

impl CustomOp1 for Entry {
    fn name(&self) -> &'static str {
        "entry"
    }

    fn cpu_fwd(&self, vector: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        kernel::for_dtype!(vector.dtype(), T => {
            let entries = kernel::entries::<T>(vector, layout)?;
            Ok((T::to_cpu_storage_owned(vec![entries[self.0]]), Shape::from(())))
        })
    }

    fn bwd(&self, vector: &Tensor, _entry: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        kernel::for_dtype!(grad.dtype(), T => {
            let mut one_hot = vec![T::from_f64(0.0); vector.elem_count()];
            one_hot[self.0] = grad.to_scalar::<T>()?;
            Tensor::from_vec(one_hot, vector.shape(), vector.device()).map(Some)
        })
    }
}
