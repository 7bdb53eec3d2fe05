//! Where errors are taken.

use common::sampling::grid;

/// Where the error inside is taken.
pub fn inside() -> Vec<f64> {
    grid(0.0, 1.0, 401)
}

/// Where the error outside is taken: half a unit on both sides.
pub fn outside() -> Vec<f64> {
    let left = grid(-0.5, 0.0, 101);
    let right = grid(1.0, 1.5, 101);
    [&left[..100], &right[1..]].concat()
}
