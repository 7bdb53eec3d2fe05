//! `sec2_4_4_regression`: all samples at once.

use anyhow::Result;
use chapter2::regression::Exponential;

// ANCHOR: task
/// Fits `model` by Adam to the mean squared error over all samples, one update for all of them together.
pub fn fit(model: &Exponential, xs: &[f64], ys: &[f64], learning_rate: f64, num_updates: usize) -> Result<()> {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {
    use anyhow::Result;
    use candle_core::{Device, Tensor};
    use candle_nn::{Module, Optimizer as _};
    use chapter2::regression::Exponential;
    use common::{
        loss::mean_squared_error,
        optim::{Optimizer, Rule},
    };

    // ANCHOR: solution
    /// Fits `model` by Adam to the mean squared error over all samples, one update for all of them together.
    pub fn fit(model: &Exponential, xs: &[f64], ys: &[f64], learning_rate: f64, num_updates: usize) -> Result<()> {
        let (x, y) = (Tensor::new(xs, &Device::Cpu)?, Tensor::new(ys, &Device::Cpu)?); // [N], [N]
        let mut adam = Optimizer::new(model.parameters(), Rule::Adam.with(learning_rate))?;
        for _ in 0..num_updates {
            let loss = mean_squared_error(&model.forward(&x)?, &y)?; // L(p) = (1/N) Σⱼ (g(xⱼ; p) − yⱼ)²
            adam.backward_step(&loss)?;
        }
        Ok(())
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {
    use super::*;
    use chapter2::regression::truth;
    use common::{context::Context, sampling};

    fn check(fit: impl Fn(&Exponential, &[f64], &[f64], f64, usize) -> Result<()>) -> Result<()> {
        let (context, xs) = (Context::new(1), sampling::grid(0.0, 1.0, 11));
        let error = |model: &Exponential, ys: &[f64]| -> Result<f64> {
            let [p1, p2, p3] = [model.p1.to_scalar::<f64>()?, model.p2.to_scalar()?, model.p3.to_scalar()?];
            let squares = xs.iter().zip(ys).map(|(x, y)| (p1 * (-p2 * x).exp() + p3 - y).powi(2));
            Ok(squares.sum::<f64>() / xs.len() as f64)
        };
        let ys = sampling::observe(truth, &xs, 0.5, &mut context.rng(0)); // the data of the page
        let model = Exponential::new(&context)?;
        fit(&model, &xs, &ys, 0.1, 2000)?;
        assert!(error(&model, &ys)? < 0.17738); // below what single samples reach at the same learning rate
        let (model, ys) = (Exponential::new(&context)?, sampling::observe(truth, &xs, 0.0, &mut context.rng(0)));
        fit(&model, &xs, &ys, 0.1, 4000)?;
        assert!(error(&model, &ys)? < 1e-10);
        Ok(())
    }

    #[test]
    fn solution() -> Result<()> {
        check(solution::fit)
    }

    #[test]
    #[ignore = "your turn"]
    fn task() -> Result<()> {
        check(fit)
    }
}
