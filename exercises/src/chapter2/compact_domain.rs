//! `sec2_5_2_compact_domain`: knowledge in place of a larger domain.

// ANCHOR: task
/// A network on [0, 1] learned t ↦ sin 2πt. The point t at which to ask it for sin x, for any real x: the sine has period 2π.
pub fn wrap(x: f64) -> f64 {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {
    use std::f64::consts::TAU;

    // ANCHOR: solution
    /// A network on [0, 1] learned t ↦ sin 2πt. The point t at which to ask it for sin x, for any real x: the sine has period 2π.
    pub fn wrap(x: f64) -> f64 {
        x.rem_euclid(TAU) / TAU
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use anyhow::Result;
    use candle_core::{Device, Tensor};
    use chapter2::{approximation::Model, compact_domain::Config};
    use common::sampling::{self, grid};

    fn check(wrap: fn(f64) -> f64) -> Result<()> {
        let training = Config::default().training;
        let model = Model::network(Tensor::tanh, 50, training.slope_std, &mut sampling::rng(1, 0), &Device::Cpu)?;
        let ts = grid(0.0, 1.0, 200);
        let ys: Vec<f64> = ts.iter().map(|t| (TAU * t).sin()).collect();
        training.fit(&model, training.network_rate, &ts, &ys, |_| Ok(()))?;
        let xs = grid(-300.0, 300.0, 6001); // about a hundred periods
        let inputs = model.inputs(&xs.iter().map(|&x| wrap(x)).collect::<Vec<_>>(), &Device::Cpu)?;
        let g = model.forward(&inputs)?.to_vec1::<f64>()?;
        let error = xs.iter().zip(g).map(|(x, g)| (g - x.sin()).abs()).fold(0.0, f64::max);
        assert!(error < 0.05, "{error}"); // a network alone has at least 1 on the whole line
        Ok(())
    }

    #[test]
    fn solution() -> Result<()> {
        check(super::solution::wrap)
    }

    #[test]
    #[ignore = "your turn"]
    fn task() -> Result<()> {
        check(super::wrap)
    }
}
