use super::kernel;
use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor, bail};
use std::sync::Arc;

/// Multiplication by a matrix A that is data, not a parameter.
///
/// Backward makes the gradient of the other factor only, where candle's `matmul` makes both.
///
/// ```
/// use candle_core::{Device, Tensor};
/// let a = Tensor::new(&[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], &Device::Cpu)?; // [m, n] = [3, 2]
/// let map = common::ops::FixedMap::new(&a)?;
/// let batch = Tensor::new(&[[1.0, 0.0], [0.0, 1.0]], &Device::Cpu)?; // [K, n]
/// assert_eq!(map.forward(&batch)?.to_vec2::<f64>()?, [[1.0, 3.0, 5.0], [2.0, 4.0, 6.0]]); // x·Aᵀ, [K, m]
/// let theta = Tensor::new(&[1.0, 1.0], &Device::Cpu)?; // [n]
/// assert_eq!(map.matmul(&theta)?.to_vec1::<f64>()?, [3.0, 7.0, 11.0]); // A·θ, [m]
/// # candle_core::Result::Ok(())
/// ```
#[derive(Clone, Debug)]
pub struct FixedMap(Arc<Fixed>);

/// A and Aᵀ, both row-major: a product reads its second factor row by row, and forward and backward need one each.
#[derive(Debug)]
struct Fixed {
    matrix: Tensor,
    transpose: Tensor,
}

impl FixedMap {
    /// The map of the matrix `a`, `[m, n]`. A gradient of `a` is never computed, even if it is a variable.
    ///
    /// # Errors
    /// `a` is no matrix.
    pub fn new(a: &Tensor) -> Result<Self> {
        a.dims2()?;
        let matrix = a.detach().contiguous()?;
        let transpose = matrix.t()?.contiguous()?;
        Ok(Self(Arc::new(Fixed { matrix, transpose })))
    }

    /// A.
    pub fn matrix(&self) -> &Tensor {
        &self.0.matrix
    }

    /// Aᵀ.
    pub(super) fn transpose(&self) -> &Tensor {
        &self.0.transpose
    }

    /// x·Aᵀ, that is A·x for each row of a batch x `[K, n]` (result `[K, m]`) or for one vector `[n]` (result `[m]`).
    ///
    /// # Errors
    /// x has another width, or another element type or device than A.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        if !kernel::is_fast(x) {
            return self.forward_plain(x);
        }
        x.contiguous()?.apply_op1(Apply { map: self.clone(), side: Side::Rows })
    }

    /// A·θ for a vector θ `[n]` (result `[m]`) or a matrix `[n, p]` (result `[m, p]`): a linear model whose
    /// features are the rows of A.
    ///
    /// # Errors
    /// θ has another number of rows, or another element type or device than A.
    pub fn matmul(&self, theta: &Tensor) -> Result<Tensor> {
        if theta.rank() == 1 {
            return self.forward(theta); // a batch of one
        }
        if !kernel::is_fast(theta) {
            return self.matmul_plain(theta);
        }
        theta.contiguous()?.apply_op1(Apply { map: self.clone(), side: Side::Columns })
    }

    /// [`FixedMap::matmul`] by plain candle operations. The errors are the same.
    pub fn matmul_plain(&self, theta: &Tensor) -> Result<Tensor> {
        if theta.rank() == 1 { self.forward_plain(theta) } else { self.matrix().matmul(theta) }
    }

    /// [`FixedMap::forward`] by plain candle operations. The errors are the same.
    pub fn forward_plain(&self, x: &Tensor) -> Result<Tensor> {
        match x.rank() {
            1 => x.unsqueeze(0)?.matmul(&self.0.transpose)?.squeeze(0),
            _ => x.matmul(&self.0.transpose),
        }
    }
}

/// Whether the matrix acts on the rows of the argument (x·Aᵀ) or on its columns (A·x).
#[derive(Clone, Copy)]
enum Side {
    Rows,
    Columns,
}

struct Apply {
    map: FixedMap,
    side: Side,
}

/// `x·matrixᵀ` or `matrix·x`, with the shape of the result.
fn apply(side: Side, matrix: &Tensor, transpose: &Tensor, x: &[f64], dims: &[usize]) -> Result<(Vec<f64>, Shape)> {
    let (m, n) = matrix.dims2()?;
    match (side, dims) {
        (Side::Rows, &[.., width]) if width == n && dims.len() <= 2 => {
            let rows = if dims.len() == 2 { dims[0] } else { 1 };
            let mut shape = dims.to_vec();
            shape[dims.len() - 1] = m;
            let y = kernel::with_entries([transpose], |[at]| Ok(kernel::matmul(x, at, [rows, n, m])))?;
            Ok((y, shape.into()))
        }
        (Side::Columns, &[height, p]) if height == n => {
            let y = kernel::with_entries([matrix], |[a]| Ok(kernel::matmul(a, x, [m, n, p])))?;
            Ok((y, (m, p).into()))
        }
        (Side::Rows, _) => bail!("a map of {n} inputs cannot act on the rows of {dims:?}"),
        (Side::Columns, _) => bail!("a map of {n} inputs cannot act on the columns of {dims:?}"),
    }
}

impl CustomOp1 for Apply {
    fn name(&self) -> &'static str {
        "fixed_map"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = kernel::entries(x, layout)?;
        let (y, shape) = apply(self.side, self.map.matrix(), self.map.transpose(), x, layout.dims())?;
        Ok((CpuStorage::F64(y), shape))
    }

    // y = x·Aᵀ has ∂x = g·A, and y = A·x has ∂x = Aᵀ·g: the map of the transpose.
    fn bwd(&self, x: &Tensor, _y: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let grad = grad.contiguous()?;
        let (grad_x, shape) = kernel::with_entries([&grad], |[g]| {
            apply(self.side, self.map.transpose(), self.map.matrix(), g, grad.dims())
        })?;
        Tensor::from_vec(grad_x, shape, x.device()).map(Some)
    }
}
