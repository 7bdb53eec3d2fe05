//! `deep_unfolding`: Chebyshev steps as momentum, and a training loop of six lines.

// ANCHOR: task
/// Minimises ½Σλᵢxᵢ² from `x0`: the gradient step of each iteration, and a multiple of the last displacement x − x₋₁.
/// The end of `n` iterations is that of `n` Chebyshev steps.
pub fn chebyshev_iteration(eigenvalues: &[f64], x0: &[f64], n: usize) -> Vec<f64> {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {

    // ANCHOR: solution
    /// Minimises ½Σλᵢxᵢ² from `x0`: the gradient step of each iteration, and a multiple of the last displacement x − x₋₁.
    /// The end of `n` iterations is that of `n` Chebyshev steps.
    pub fn chebyshev_iteration(eigenvalues: &[f64], x0: &[f64], n: usize) -> Vec<f64> {
        let (min, max) = (eigenvalues[0], eigenvalues[eigenvalues.len() - 1]);
        let (mean, half_width) = ((max + min) / 2.0, (max - min) / 2.0);
        let sigma = mean / half_width;
        let (mut c, mut c_next) = (1.0, sigma); // Tₖ(σ), Tₖ₊₁(σ)
        let mut last = x0.to_vec();
        let mut x: Vec<f64> = last.iter().zip(eigenvalues).map(|(x, lambda)| x - lambda * x / mean).collect();
        for _ in 1..n {
            let c_after = 2.0 * sigma * c_next - c;
            let (step_size, momentum) = (2.0 * c_next / (half_width * c_after), c / c_after);
            let moved = |i: usize| x[i] - step_size * eigenvalues[i] * x[i] + momentum * (x[i] - last[i]);
            (last, x) = (x.clone(), (0..x.len()).map(moved).collect());
            (c, c_next) = (c_next, c_after);
        }
        x
    }
    // ANCHOR_END: solution
}

/// Deep unfolding in a loop of six lines.
pub mod training_loop {
    use anyhow::Result;
    use candle_core::{Tensor, Var};
    use candle_nn::Optimizer as _;
    use common::{
        optim::{Optimizer, Rule},
        sampling,
    };

    /// Learns a step size for each iteration of gradient descent on ½Σλᵢxᵢ², and returns the last loss.
    pub fn train(step_sizes: &Var, lambda: &Tensor, num_updates: usize) -> Result<f64> {
        let (depth, n, device) = (step_sizes.elem_count(), lambda.elem_count(), &lambda.device().clone());
        let (rng, mut last) = (&mut sampling::rng(1, 0), f64::NAN);
        // ANCHOR: training_loop
        let mut adam = Optimizer::new(vec![step_sizes.clone()], Rule::Adam.with(0.01))?;
        for _ in 0..num_updates {
            let mut x = sampling::normal_matrix(50, n, rng, device)?; // random problems
            for k in 0..depth {
                x = (&x - x.broadcast_mul(lambda)?.broadcast_mul(&step_sizes.get(k)?)?)?; // x ← x − ηₖλx
            }
            let loss = (x.sqr()?.sum_all()? / 50.0)?; // x* = 0
            adam.backward_step(&loss)?; // through all iterations, to each ηₖ
            last = loss.to_scalar()?;
        }
        // ANCHOR_END: training_loop
        Ok(last)
    }

    #[test]
    fn learns_to_hit_each_eigenvalue() -> Result<()> {
        let device = &candle_core::Device::Cpu;
        let step_sizes = Var::new(&[0.1, 0.6], device)?;
        let loss = train(&step_sizes, &Tensor::new(&[1.0, 2.0], device)?, 1000)?;
        let learned: Vec<f64> = step_sizes.to_vec1()?;
        assert!(
            loss < 1e-6 && (learned[0] - 0.5).abs() < 1e-2 && (learned[1] - 1.0).abs() < 1e-2,
            "{loss} {learned:?}"
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use common::unfolding::theory;

    fn check(f: fn(&[f64], &[f64], usize) -> Vec<f64>) -> anyhow::Result<()> {
        let eigenvalues: Vec<f64> = (1..=20).map(f64::from).collect();
        let x0 = vec![1.0; 20];
        for n in [1, 2, 5, 8] {
            let steps = theory::chebyshev_step_sizes(&eigenvalues, n);
            for (x, &lambda) in f(&eigenvalues, &x0, n).iter().zip(&eigenvalues) {
                assert!((x - theory::polynomial(&steps, lambda)).abs() < 1e-12, "{n}, {lambda}");
            }
        }
        Ok(())
    }

    #[test]
    fn solution() -> anyhow::Result<()> {
        check(solution::chebyshev_iteration)
    }

    #[test]
    #[ignore = "your turn"]
    fn task() -> anyhow::Result<()> {
        check(chebyshev_iteration)
    }
}
