//! `sec3_rastrigin`: a schedule by hand.

// ANCHOR: task
/// Step sizes for 160 iterations that end with a smaller MSE than the best constant step.
pub fn schedule() -> Vec<f64> {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {

    // ANCHOR: solution
    /// Step sizes for 160 iterations that end with a smaller MSE than the best constant step.
    pub fn schedule() -> Vec<f64> {
        let settle = (0..10).map(|k| 0.005 - 0.00005 * f64::from(k)); // below 2/f″(0) = 0.00504
        std::iter::repeat_n(0.0112, 150).chain(settle).collect()
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{Device, Tensor};
    use chapter3::rastrigin::{GradientDescent, Starts};
    use common::unfolding::{Schedule, mean_metrics};

    fn check(f: fn() -> Vec<f64>) -> anyhow::Result<()> {
        let problem = Starts { num_unknowns: 50, start_std: 5.0, device: Device::Cpu };
        let mse = |steps: &[f64]| -> anyhow::Result<f64> {
            let step_size = Schedule::fixed("step_size", &Tensor::new(steps, &Device::Cpu)?)?;
            Ok(mean_metrics(&problem, &GradientDescent { step_size }, 160, 500, 1)?[160])
        };
        assert_eq!(f().len(), 160);
        let (by_hand, constant) = (mse(&f())?, mse(&[0.0112])?);
        assert!(by_hand < 0.5 * constant, "{by_hand} {constant}");
        Ok(())
    }

    #[test]
    fn solution() -> anyhow::Result<()> {
        check(solution::schedule)
    }

    #[test]
    #[ignore = "your turn"]
    fn task() -> anyhow::Result<()> {
        check(schedule)
    }
}
