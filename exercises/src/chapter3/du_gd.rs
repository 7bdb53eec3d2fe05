//! `sec3_du_gd`: a step size for each iteration.

use anyhow::Result;
use candle_core::Tensor;

// ANCHOR: task
/// Gradient descent on f(x) = x² from `x`, with the step size `step_sizes[k]` in iteration k; `step_sizes` is `[T]`.
pub fn unrolled(x: &Tensor, step_sizes: &Tensor) -> Result<Tensor> {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {
    use anyhow::Result;
    use candle_core::Tensor;

    // ANCHOR: solution
    /// Gradient descent on f(x) = x² from `x`, with the step size `step_sizes[k]` in iteration k; `step_sizes` is `[T]`.
    pub fn unrolled(x: &Tensor, step_sizes: &Tensor) -> Result<Tensor> {
        let mut x = x.clone();
        for k in 0..step_sizes.dim(0)? {
            let gradient = (&x * 2.0)?; // f′(x) = 2x
            x = (&x - (step_sizes.get(k)? * gradient)?)?; // x ← x − ηₖf′(x)
        }
        Ok(x)
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{Device, Var};

    fn check(f: fn(&Tensor, &Tensor) -> Result<Tensor>) -> Result<()> {
        let (x, eta) = (Tensor::new(3.0, &Device::Cpu)?, Var::new(&[0.1, 0.5, 0.2], &Device::Cpu)?);
        let end = f(&x, &eta)?;
        assert_eq!(end.to_scalar::<f64>()?, 0.0); // the second step arrives
        let gradient = end.backward()?.get(&eta).map(Tensor::to_vec1::<f64>).transpose()?.unwrap_or_default();
        let expected = [0.0, -2.0 * 0.8 * 0.6 * 3.0, 0.0]; // −2·Π over the other factors·x
        assert!(
            gradient.len() == 3 && gradient.iter().zip(expected).all(|(g, e)| (g - e).abs() < 1e-14),
            "{gradient:?}"
        );
        Ok(())
    }

    #[test]
    fn solution() -> Result<()> {
        check(solution::unrolled)
    }

    #[test]
    #[ignore = "your turn"]
    fn task() -> Result<()> {
        check(unrolled)
    }
}
