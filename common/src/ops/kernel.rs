//! What the fast paths share: slices of tensors, matrix products in row blocks, sums.

use candle_core::{CpuStorage, DType, Layout, Result, Storage, Tensor, WithDType, bail};
use rayon::prelude::*;

/// Whether the fast paths know where and how this tensor is stored.
pub fn is_fast(tensor: &Tensor) -> bool {
    tensor.device().is_cpu() && matches!(tensor.dtype(), DType::F64 | DType::F32)
}

/// The entries of a contiguous tensor in CPU storage.
pub fn entries<'a, T: WithDType>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [T]> {
    let Some((start, end)) = layout.contiguous_offsets() else {
        bail!("internal error: a fast path got a tensor that is not contiguous");
    };
    Ok(&storage.as_slice::<T>()?[start..end])
}

/// Calls `f` with the entries of contiguous CPU tensors.
pub fn with_entries<T: WithDType, const N: usize, R>(
    tensors: [&Tensor; N],
    f: impl FnOnce([&[T]; N]) -> Result<R>,
) -> Result<R> {
    let guards = tensors.map(Tensor::storage_and_layout);
    let mut slices: [&[T]; N] = [&[]; N];
    for (slice, (storage, layout)) in slices.iter_mut().zip(&guards) {
        let Storage::Cpu(storage) = &**storage else {
            bail!("internal error: a fast path got a tensor that is not on the CPU");
        };
        *slice = entries(storage, layout)?;
    }
    f(slices)
}

/// A fixed matrix A and its transpose, both row-major: a product reads its second factor row by row, and forward and
/// backward need one each.
#[derive(Clone, Debug)]
pub struct Fixed {
    pub matrix: Tensor,
    pub transpose: Tensor,
}

impl Fixed {
    pub fn new(matrix: &Tensor) -> Result<Self> {
        matrix.dims2()?;
        let matrix = matrix.detach().contiguous()?;
        let transpose = matrix.t()?.contiguous()?;
        Ok(Self { matrix, transpose })
    }
}

/// Multiplications below which a product stays on the calling thread in one block.
const PARALLEL_FROM: usize = 4_000_000;
/// Rows of a block when a product is split. Fixed, so that the bits of the result depend on the shapes alone.
const BLOCK_ROWS: usize = 64;

/// Calls `f` with the first row's number and the rows of each block of a row-major matrix of `columns` columns, on the
/// cores there are if there are several blocks, and returns its results in the order of the blocks. An entry of the
/// matrix costs `inner` multiplications.
pub fn for_row_blocks<T: WithDType, R: Send>(
    matrix: &mut [T],
    [inner, columns]: [usize; 2],
    f: impl Fn(usize, &mut [T]) -> R + Send + Sync,
) -> Vec<R> {
    if matrix.len() * inner < PARALLEL_FROM {
        return vec![f(0, matrix)];
    }
    let blocks = matrix.par_chunks_mut(BLOCK_ROWS * columns).enumerate();
    blocks.map(|(i, block)| f(i * BLOCK_ROWS, block)).collect()
}

/// `out ← keep·out + scale·(lhs·rhs)` on the calling thread, all row-major; `lhs` is `[rows, inner]`, `rhs` is
/// `[inner, columns]` and `out` is `[rows, columns]`. With `keep = None` what `out` held is not read.
pub fn product<T: WithDType>(
    out: &mut [T],
    keep: Option<T>,
    scale: T,
    lhs: &[T],
    rhs: &[T],
    [rows, inner, columns]: [usize; 3],
) {
    assert_eq!(
        [out.len(), lhs.len(), rhs.len()],
        [rows * columns, rows * inner, inner * columns]
    );
    // SAFETY: gemm reads `lhs` and `rhs` and writes `out` at row·row_stride + column·column_stride only; for row-major
    // storage of the shapes asserted above every such index lies inside its slice. `T` is f64 or f32, which gemm knows
    // (it panics on others).
    #[allow(unsafe_code)]
    unsafe {
        gemm::gemm(
            rows,
            columns,
            inner,
            out.as_mut_ptr(),
            1,
            columns as isize,
            keep.is_some(),
            lhs.as_ptr(),
            1,
            inner as isize,
            rhs.as_ptr(),
            1,
            columns as isize,
            keep.unwrap_or(T::zero()),
            scale,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

/// `lhs·rhs` as in [`product`], split over the cores where that pays.
pub fn matmul<T: WithDType>(lhs: &[T], rhs: &[T], [rows, inner, columns]: [usize; 3]) -> Vec<T> {
    let mut out = vec![T::zero(); rows * columns];
    if out.is_empty() {
        return out;
    }
    for_row_blocks(&mut out, [inner, columns], |start, out| {
        let rows = out.len() / columns;
        product(
            out,
            None,
            T::one(),
            &lhs[start * inner..][..rows * inner],
            rhs,
            [rows, inner, columns],
        );
    });
    out
}

/// Runs a loop of plain arithmetic with the widest vectors that this processor has; without it the compiler has to assume the
/// oldest processor. Products and sums are not fused, so the bits are the same everywhere.
///
/// The block owns what it uses: a number behind a reference might be changed by the loop, for all the compiler knows.
macro_rules! vectorised {
    ($block:block) => {
        pulp::Arch::new().dispatch(
            #[inline(always)]
            move || $block,
        )
    };
}

/// All `f(xᵢ)`; `f` owns what it captures.
pub fn map<T: WithDType>(x: &[T], f: impl Fn(T) -> T) -> Vec<T> {
    map_of(x, x, move |x, _| f(x))
}

/// All `f(aᵢ, bᵢ)`; `f` owns what it captures.
pub fn map_of<T: WithDType>(a: &[T], b: &[T], f: impl Fn(T, T) -> T) -> Vec<T> {
    let mut y = vec![T::zero(); a.len()];
    map_into(&mut y, a, b, f);
    y
}

/// `yᵢ ← f(aᵢ, bᵢ)`; `f` owns what it captures.
pub fn map_into<T: WithDType>(y: &mut [T], a: &[T], b: &[T], f: impl Fn(T, T) -> T) {
    vectorised!({
        for ((y, a), b) in y.iter_mut().zip(a).zip(b) {
            *y = f(*a, *b);
        }
    });
}

/// Partial sums of a reduction: an order that never changes and that the compiler can vectorise.
pub const LANES: usize = 8;

/// The sum of `f(aᵢ, bᵢ)`; `f` owns what it captures.
pub fn sum_of<T: WithDType>(a: &[T], b: &[T], f: impl Fn(T, T) -> T) -> T {
    vectorised!({
        let ((a, a_tail), (b, b_tail)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
        let mut sums = [T::zero(); LANES];
        for (a, b) in a.iter().zip(b) {
            for lane in 0..LANES {
                sums[lane] += f(a[lane], b[lane]);
            }
        }
        let tail = a_tail
            .iter()
            .zip(b_tail)
            .fold(T::zero(), |sum, (a, b)| sum + f(*a, *b));
        sums.into_iter().fold(tail, |sum, lane| sum + lane)
    })
}

/// Runs `$body` with `$T` bound to the element type, for the two types that the fast paths know.
macro_rules! for_dtype {
    ($dtype:expr, $T:ident => $body:expr) => {
        match $dtype {
            candle_core::DType::F64 => {
                type $T = f64;
                $body
            }
            candle_core::DType::F32 => {
                type $T = f32;
                $body
            }
            other => candle_core::bail!("no fast path for element type {other:?}"),
        }
    };
}
pub(super) use for_dtype;
pub(super) use vectorised;
