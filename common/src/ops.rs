//! Operations with hand-written derivatives, as fast as the plain computation underneath.
//!
//! Every fast path is for contiguous `f64` and `f32` tensors on the CPU; anything else goes through plain candle
//! operations and gives the same values.

mod in_place;

pub use in_place::update_in_place;

use candle_core::DType;

/// Whether the fast paths know this element type.
fn is_fast_dtype(dtype: DType) -> bool {
    matches!(dtype, DType::F64 | DType::F32)
}
