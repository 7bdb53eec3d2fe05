//! What the fast paths share: slices of tensors, matrix products in row blocks, sums.

use candle_core::{CpuStorage, DType, Layout, Result, Storage, Tensor, bail};
use rayon::prelude::*;
use std::mem::MaybeUninit;

/// Whether the fast paths know where and how this tensor is stored.
pub fn is_fast(tensor: &Tensor) -> bool {
    tensor.device().is_cpu() && tensor.dtype() == DType::F64
}

/// The entries of a contiguous tensor in CPU storage.
pub fn entries<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f64]> {
    let Some((start, end)) = layout.contiguous_offsets() else {
        bail!("internal error: a fast path got a tensor that is not contiguous");
    };
    Ok(&storage.as_slice()?[start..end])
}

/// Calls `f` with the entries of contiguous CPU tensors.
pub fn with_entries<const N: usize, R>(tensors: [&Tensor; N], f: impl FnOnce([&[f64]; N]) -> Result<R>) -> Result<R> {
    let guards = tensors.map(Tensor::storage_and_layout);
    let mut slices: [&[f64]; N] = [&[]; N];
    for (slice, (storage, layout)) in slices.iter_mut().zip(&guards) {
        let Storage::Cpu(storage) = &**storage else {
            bail!("internal error: a fast path got a tensor that is not on the CPU");
        };
        *slice = entries(storage, layout)?;
    }
    f(slices)
}

/// `entries` as the gradient with respect to `of`, if one is wanted.
pub fn gradient(of: &Tensor, entries: impl FnOnce() -> Vec<f64>) -> Result<Option<Tensor>> {
    of.track_op().then(|| Tensor::from_vec(entries(), of.shape(), of.device())).transpose()
}

/// The gradients of an operation on three tensors.
pub type Gradients = (Option<Tensor>, Option<Tensor>, Option<Tensor>);

/// Multiplications below which a product stays on the calling thread in one block.
const PARALLEL_FROM: usize = 4_000_000;
/// Rows of a block when a product is split. Fixed, so that the bits of the result depend on the shapes alone.
const BLOCK_ROWS: usize = 64;

/// Calls `f` with the first row's number and the rows of each block of a row-major matrix of `columns` columns, on the
/// cores there are if there are several blocks, and returns its results in the order of the blocks. An entry of the
/// matrix costs `inner` multiplications.
pub fn for_row_blocks<T: Send, R: Send>(
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

/// `out ← out + scale·(lhs·rhs)` on the calling thread, all row-major; `lhs` is `[rows, inner]`, `rhs` is
/// `[inner, columns]` and `out` is `[rows, columns]`.
pub fn add_product(out: &mut [f64], scale: f64, lhs: &[f64], rhs: &[f64], dims: [usize; 3]) {
    assert_eq!(out.len(), dims[0] * dims[2]);
    // SAFETY: `out` is as long as was just asserted, and initialised.
    #[allow(unsafe_code)]
    unsafe {
        gemm(out.as_mut_ptr(), true, scale, lhs, rhs, dims);
    }
}

/// `out ← scale·(lhs·rhs)`, or with `add` [`add_product`].
///
/// # Safety
/// From `out` on there is room for `rows·columns` entries, with `add` they are initialised.
#[allow(unsafe_code)]
unsafe fn gemm(out: *mut f64, add: bool, scale: f64, lhs: &[f64], rhs: &[f64], [rows, inner, columns]: [usize; 3]) {
    assert_eq!([lhs.len(), rhs.len()], [rows * inner, inner * columns]);
    // SAFETY: gemm reads `lhs` and `rhs` and writes `out` at row·row_stride + column·column_stride only; for row-major
    // storage of the shapes asserted above every such index lies inside its slice, and inside the room that the caller
    // promised. gemm writes every entry of `out`, and reads them only if told to.
    unsafe {
        gemm::gemm(
            rows,
            columns,
            inner,
            out,
            1,
            columns as isize,
            add,
            lhs.as_ptr(),
            1,
            inner as isize,
            rhs.as_ptr(),
            1,
            columns as isize,
            1.0,
            scale,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

/// `lhs·rhs` of row-major matrices `[rows, inner]` and `[inner, columns]`, split over the cores where that pays.
pub fn matmul(lhs: &[f64], rhs: &[f64], [rows, inner, columns]: [usize; 3]) -> Vec<f64> {
    assert_eq!([lhs.len(), rhs.len()], [rows * inner, inner * columns]);
    if rows == 1 && columns > 0 {
        return combination(lhs, rhs, columns);
    }
    written(rows * columns, |out| {
        if out.is_empty() {
            return;
        }
        if inner == 1 {
            return outer_product(out, lhs, rhs); // memory traffic only: gemm would pack what it reads once
        }
        for_row_blocks(out, [inner, columns], |start, out| {
            let rows = out.len() / columns;
            let lhs = &lhs[start * inner..][..rows * inner];
            // SAFETY: `out` has room for whole rows, and nothing of it is read.
            #[allow(unsafe_code)]
            unsafe {
                let out = out.as_mut_ptr().cast();
                gemm(out, false, 1.0, lhs, rhs, [rows, inner, columns]);
            }
        });
    })
}

/// `Σᵢ lhs[i]·rhs[i, :]`, four rows at a time: each entry of the sum is then read and written once for four products.
fn combination(lhs: &[f64], rhs: &[f64], columns: usize) -> Vec<f64> {
    let mut sum = vec![0.0; columns];
    let out = &mut sum[..];
    vectorised!({
        let (fours, rest) = lhs.as_chunks::<4>();
        let (rows, last_rows) = rhs.split_at(4 * fours.len() * columns);
        for (&[s, t, u, v], rows) in fours.iter().zip(rows.chunks_exact(4 * columns)) {
            let ((a, b), (c, d)) = (rows[..2 * columns].split_at(columns), rows[2 * columns..].split_at(columns));
            for ((((out, a), b), c), d) in out.iter_mut().zip(a).zip(b).zip(c).zip(d) {
                *out += (s * *a + t * *b) + (u * *c + v * *d);
            }
        }
        for (&s, row) in rest.iter().zip(last_rows.chunks_exact(columns)) {
            for (out, a) in out.iter_mut().zip(row) {
                *out += s * *a;
            }
        }
    });
    sum
}

/// `out[i, j] ← lhs[i]·rhs[j]`.
fn outer_product(out: &mut [MaybeUninit<f64>], lhs: &[f64], rhs: &[f64]) {
    vectorised!({
        for (out, &l) in out.chunks_exact_mut(rhs.len()).zip(lhs) {
            for (out, &r) in out.iter_mut().zip(rhs) {
                out.write(l * r);
            }
        }
    });
}

/// A vector of `len` entries, all of which `write` writes: the zeros that it would have first cost as much as a pass.
fn written(len: usize, write: impl FnOnce(&mut [MaybeUninit<f64>])) -> Vec<f64> {
    let mut vector = Vec::with_capacity(len);
    write(&mut vector.spare_capacity_mut()[..len]);
    // SAFETY: private to this file, where both callers write all `len` entries: they assert that their inputs are as long.
    #[allow(unsafe_code)]
    unsafe {
        vector.set_len(len);
    }
    vector
}

/// What can be moved, but not copied: see [`vectorised!`].
pub struct Once;

// ANCHOR: vectorised
/// Runs a loop of plain arithmetic with the widest vectors that this processor has; without it the compiler has to assume the
/// oldest processor. Products and sums are not fused, so the bits are the same everywhere.
///
/// The block owns what it uses: a number behind a reference might be changed by the loop, for all the compiler knows. It also
/// uses up [`Once`], so that it is the closure itself that is called, and inlined: a closure that could be called again is called
/// once through a function of the compiler's, which may stay outside, without the vectors.
macro_rules! vectorised {
    ($block:block) => {{
        let once = crate::ops::kernel::Once;
        pulp::Arch::new().dispatch(
            #[inline(always)]
            move || {
                let _used_up = { once };
                $block
            },
        )
    }};
}
// ANCHOR_END: vectorised

/// All `f(xᵢ)`; `f` owns what it captures.
pub fn map(x: &[f64], f: impl Fn(f64) -> f64) -> Vec<f64> {
    map_of(x, x, move |x, _| f(x))
}

/// All `f(aᵢ, bᵢ)`, where b may be one row for all rows of a; `f` owns what it captures.
pub fn map_of(a: &[f64], b: &[f64], f: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    let width = b.len().max(1);
    assert!(a.len().is_multiple_of(width) && (a.is_empty() || !b.is_empty()));
    written(a.len(), move |y| {
        vectorised!({
            for (y, a) in y.chunks_mut(width).zip(a.chunks(width)) {
                for ((y, a), b) in y.iter_mut().zip(a).zip(b) {
                    y.write(f(*a, *b));
                }
            }
        });
    })
}

/// `xᵢ ← f(xᵢ)`; `f` owns what it captures.
pub fn map_in_place(x: &mut [f64], f: impl Fn(f64) -> f64) {
    vectorised!({
        for x in x {
            *x = f(*x);
        }
    });
}

/// `xᵢ ← f(xᵢ, bᵢ)`; `f` owns what it captures.
pub fn map_of_in_place(x: &mut [f64], b: &[f64], f: impl Fn(f64, f64) -> f64) {
    vectorised!({
        for (x, b) in x.iter_mut().zip(b) {
            *x = f(*x, *b);
        }
    });
}

/// `xᵢ ← max(0, xᵢ)`. What was negative becomes −0, so that [`through_relu`] can tell it from 0, where candle's relu has slope 1.
/// Keeps NaN, so that a divergence stays visible.
pub fn relu(x: &mut [f64]) {
    map_in_place(x, |x| if x < 0.0 { -0.0 } else { x + 0.0 }); // −0 + 0 is 0
}

/// What comes back through y = [`relu`]: gᵢ, or 0 where x was negative.
pub fn through_relu(y: &[f64], g: &[f64]) -> Vec<f64> {
    map_of(y, g, |y, g| if y.is_sign_negative() { 0.0 } else { g })
}

/// Partial sums of a reduction: an order that never changes and that the compiler can vectorise.
pub const LANES: usize = 8;

// ANCHOR: sum_of
/// The sum of `f(aᵢ, bᵢ)`; `f` owns what it captures.
pub fn sum_of(a: &[f64], b: &[f64], f: impl Fn(f64, f64) -> f64) -> f64 {
    vectorised!({
        let ((a, a_tail), (b, b_tail)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
        let mut sums = [0.0; LANES];
        for (a, b) in a.iter().zip(b) {
            for lane in 0..LANES {
                sums[lane] += f(a[lane], b[lane]);
            }
        }
        let tail = a_tail.iter().zip(b_tail).fold(0.0, |sum, (a, b)| sum + f(*a, *b));
        sums.into_iter().fold(tail, |sum, lane| sum + lane)
    })
}
// ANCHOR_END: sum_of

pub(crate) use vectorised;

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    /// `pulp` has the vectors of four and of eight numbers as options: without the first, processors that stop there get two.
    #[test]
    fn loops_use_the_vectors_that_the_processor_has() {
        let four =
            is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") && is_x86_feature_detected!("bmi2");
        let used = pulp::Arch::new();
        assert_eq!(matches!(used, pulp::Arch::V3(_) | pulp::Arch::V4(_)), four, "{used:?}");
    }
}
