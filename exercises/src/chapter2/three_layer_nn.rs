//! `sec2_5_2_three_layer_nn`: how far the weights of a wide network move.

use anyhow::Result;

// ANCHOR: task
/// ‖W − W₀‖ / ‖W₀‖ (Frobenius norms) after 200 iterations with step size 0.3, for a network of `num_hidden` units.
pub fn movement(num_hidden: usize) -> Result<f64> {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {
    use anyhow::Result;
    use candle_core::{Device, Tensor};
    use chapter2::three_layer_nn::{Config, draw_data, fit};
    use common::{context::Context, sampling};

    // ANCHOR: solution
    /// ‖W − W₀‖ / ‖W₀‖ (Frobenius norms) after 200 iterations with step size 0.3, for a network of `num_hidden` units.
    pub fn movement(num_hidden: usize) -> Result<f64> {
        let config = Config { num_hidden, step_size: 0.3, ..Config::default() };
        let mut context = Context::new(1);
        let start = sampling::normal_matrix(config.num_inputs, num_hidden, &mut context.rng(0), &Device::Cpu)?;
        let a = Tensor::new(sampling::normal_vec(num_hidden, &mut context.rng(1)), &Device::Cpu)?;
        let data = draw_data(&config, &mut context.rng(2), &Device::Cpu)?;
        let end = fit(&config, &data, &start, &a, &mut context)?.w;
        let norm = |w: &Tensor| w.sqr()?.sum_all()?.sqrt()?.to_scalar::<f64>();
        Ok(norm(&(end - &start)?)? / norm(&start)?)
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(movement: fn(usize) -> Result<f64>) -> Result<()> {
        let [narrow, book, wide] = [movement(20)?, movement(100)?, movement(1000)?];
        assert!(narrow > 2.0 * book && book > 2.0 * wide, "{narrow} {book} {wide}"); // about as 1/√m
        Ok(())
    }

    #[test]
    fn solution() -> Result<()> {
        check(solution::movement)
    }

    #[test]
    #[ignore = "your turn"]
    fn task() -> Result<()> {
        check(movement)
    }
}
