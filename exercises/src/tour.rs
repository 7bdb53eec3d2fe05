//! The Rust of the sections in ten short pieces, for readers of Julia and Python: `docs/en/rust.md` sets them side by side.

use anyhow::{Result, ensure};
use candle_core::{Device, Tensor, Var};
use candle_nn::Module;

/// 1. A name keeps its value unless it is declared `mut`.
pub fn halvings(mut x: f64) -> usize {
    // ANCHOR: variables
    let limit = 1.0;
    let mut count = 0;
    while x > limit {
        x /= 2.0;
        count += 1;
    }
    // ANCHOR_END: variables
    count
}

// ANCHOR: expressions
/// The last expression of a block, without a semicolon, is its value.
pub fn relu(x: f64) -> f64 {
    if x > 0.0 { x } else { 0.0 }
}
// ANCHOR_END: expressions

// ANCHOR: errors
/// What can fail returns a `Result`; `?` hands an error on to the caller, and otherwise takes the value out.
pub fn mean_squared_error(x: &Tensor, y: &Tensor) -> Result<f64> {
    ensure!(x.dims() == y.dims(), "{:?} values against {:?}", x.dims(), y.dims());
    Ok((x - y)?.sqr()?.mean_all()?.to_scalar()?)
}
// ANCHOR_END: errors

/// 4. A reference looks at a value, a clone of a tensor shares its numbers.
pub fn borrowing() -> Result<Tensor> {
    // ANCHOR: references
    let x = Tensor::new(&[1.0, 2.0], &Device::Cpu)?;
    let sum = (&x + &x)?; // &x: the sum looks at x, and x can still be used
    let y = x.clone(); // the same numbers, not a copy of them
    let z = (x + y)?; // x and y are given away: neither can be used any more
    // ANCHOR_END: references
    Ok((sum - z)?)
}

/// 5. Arithmetic on tensors.
pub fn arithmetic() -> Result<Tensor> {
    // ANCHOR: tensors
    let a = Tensor::new(&[[1.0, 2.0], [3.0, 4.0]], &Device::Cpu)?; // [2, 2]
    let b = Tensor::new(&[10.0, 20.0], &Device::Cpu)?; // [2]
    let squares = a.sqr()?; // entry by entry
    let product = a.matmul(&a)?; // the product of matrices
    let shifted = product.broadcast_add(&b)?; // b is added to every row: broadcasting has a name
    let scaled = ((shifted + squares)? * 0.5)?; // with a number, no name is needed
    // ANCHOR_END: tensors
    Ok(scaled)
}

/// 6. A `Var` is a tensor whose gradient is wanted.
pub fn gradient() -> Result<f64> {
    // ANCHOR: gradient
    let x = Var::new(3.0, &Device::Cpu)?;
    let y = x.sqr()?; // remembers where it came from
    let gradients = y.backward()?;
    let slope = gradients.get(&x).expect("y depends on x").to_scalar::<f64>()?; // 2x = 6
    // ANCHOR_END: gradient
    Ok(slope)
}

/// 7. A closure is a function without a name, which may use what stands around it.
pub fn closures() -> Vec<f64> {
    // ANCHOR: closures
    let beta = 20.0;
    let bump = |x: f64| (-beta * x * x).exp();
    // ANCHOR_END: closures
    // ANCHOR: iterators
    let squares: Vec<f64> = (0..5).map(|i| f64::from(i) * 0.25).filter(|x| *x > 0.1).map(bump).collect();
    // ANCHOR_END: iterators
    squares
}

// ANCHOR: module
/// A struct holds the data; `impl` gives it functions; a trait (here candle's `Module`) is a promise which functions it has.
pub struct Line {
    /// Slope, rank 0
    pub a: Var,
    /// Offset, rank 0
    pub b: Var,
}

impl Module for Line {
    fn forward(&self, x: &Tensor) -> candle_core::Result<Tensor> {
        x.broadcast_mul(&self.a)?.broadcast_add(&self.b)
    }
}
// ANCHOR_END: module

/// 9. Indices begin at 0, and a range ends before its last number.
pub fn indices() -> Result<[f64; 2]> {
    // ANCHOR: indices
    let x = Tensor::arange(0.0, 10.0, &Device::Cpu)?; // 0, 1 … 9
    let first = x.get(0)?.to_scalar::<f64>()?; // 0
    let middle = x.narrow(0, 2, 3)?.to_vec1::<f64>()?; // 3 entries from index 2 on: 2, 3, 4
    let sum: f64 = (2..5).map(|i| middle[i - 2]).sum(); // i = 2, 3, 4
    // ANCHOR_END: indices
    Ok([first, sum])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pieces_do_what_the_page_says() -> Result<()> {
        assert_eq!((halvings(10.0), relu(-1.0), relu(2.0)), (4, 0.0, 2.0));
        let (x, y) = (Tensor::new(&[1.0, 2.0], &Device::Cpu)?, Tensor::new(&[1.0, 4.0], &Device::Cpu)?);
        assert_eq!(mean_squared_error(&x, &y)?, 2.0);
        assert!(mean_squared_error(&x, &Tensor::new(&[1.0], &Device::Cpu)?).is_err());
        assert_eq!(borrowing()?.to_vec1::<f64>()?, [0.0, 0.0]);
        assert_eq!(arithmetic()?.to_vec2::<f64>()?, [[9.0, 17.0], [17.0, 29.0]]);
        assert_eq!((gradient()?, indices()?), (6.0, [0.0, 9.0]));
        assert_eq!(closures().len(), 4);
        let line = Line { a: Var::new(2.0, &Device::Cpu)?, b: Var::new(1.0, &Device::Cpu)? };
        assert_eq!(line.forward(&x)?.to_vec1::<f64>()?, [3.0, 5.0]);
        Ok(())
    }
}
