//! `sec2_4_gradient_descent`: a step size for every iteration.

use anyhow::Result;

// ANCHOR: task
/// Minimises f(x) = 4x₁² + x₂² with the step size `step_sizes[k]` in iteration k, and returns the end.
pub fn descend(start: [f64; 2], step_sizes: &[f64]) -> Result<[f64; 2]> {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {
    use anyhow::Result;
    use candle_core::{Device, Var};
    use chapter2::gradient_descent::{f, gradient};

    // ANCHOR: solution
    /// Minimises f(x) = 4x₁² + x₂² with the step size `step_sizes[k]` in iteration k, and returns the end.
    pub fn descend(start: [f64; 2], step_sizes: &[f64]) -> Result<[f64; 2]> {
        let x = Var::new(&start, &Device::Cpu)?;
        for &step_size in step_sizes {
            let gradient = gradient(&x, f)?;
            x.set(&(x.detach() - (gradient * step_size)?)?)?; // x ← x − ηₖ∇f(x)
        }
        let end = x.to_vec1()?;
        Ok([end[0], end[1]])
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(descend: fn([f64; 2], &[f64]) -> Result<[f64; 2]>) -> Result<()> {
        let start = [-1.0427524178910967, -0.3291338458564041];
        assert_eq!(descend(start, &[0.125, 0.5])?, [0.0, 0.0]); // done after two iterations
        let [x1, x2] = descend(start, &[0.1; 10])?;
        assert!((x1 - start[0] * 0.2f64.powi(10)).abs() < 1e-15 && (x2 - start[1] * 0.8f64.powi(10)).abs() < 1e-15);
        Ok(())
    }

    #[test]
    fn solution() -> Result<()> {
        check(solution::descend)
    }

    #[test]
    #[ignore = "your turn"]
    fn task() -> Result<()> {
        check(descend)
    }
}
