//! `sec5_du_stabilize`: the gradient of the loss, forwards.

use nalgebra::{DMatrix, DVector};

// ANCHOR: task
/// ∂‖x_N‖²/∂s for x ← (F + sE)x at s = 0, from x₀ = `start`: beside x goes its derivative by s.
pub fn slope(f: &DMatrix<f64>, e: &DMatrix<f64>, start: &DVector<f64>, num_steps: usize) -> f64 {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {
    use nalgebra::{DMatrix, DVector};

    // ANCHOR: solution
    /// ∂‖x_N‖²/∂s for x ← (F + sE)x at s = 0, from x₀ = `start`: beside x goes its derivative by s.
    pub fn slope(f: &DMatrix<f64>, e: &DMatrix<f64>, start: &DVector<f64>, num_steps: usize) -> f64 {
        let (mut x, mut dx) = (start.clone(), DVector::zeros(start.len()));
        for _ in 0..num_steps {
            dx = f * dx + e * &x; // the derivative of (F + sE)x by s
            x = f * x;
        }
        2.0 * x.dot(&dx)
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{Device, Tensor, Var};
    use chapter5::{
        du_stabilize::{Config, loss},
        plant::Plant,
    };
    use common::linalg;

    fn check(slope: fn(&DMatrix<f64>, &DMatrix<f64>, &DVector<f64>, usize) -> f64) -> anyhow::Result<()> {
        let (config, plant) = (Config::default(), Plant::new(&Device::Cpu)?);
        let h = config.horizon / config.num_steps as f64;
        for entries in [[[1.0, 1.0], [1.0, 1.0]], [[-2.7, 2.7], [2.7, -2.7]]] {
            let gain = Var::new(&entries, &Device::Cpu)?;
            let gradients = loss(&config, &plant, &gain)?.backward()?; // by backprop
            let gradient = gradients.get(&gain).map(Tensor::to_vec2::<f64>).transpose()?.unwrap_or_default();
            let [f, b, c] =
                [&plant.euler(&gain, h)?, &plant.b, &plant.c].map(|m| linalg::to_matrix(m).expect("a matrix"));
            for i in 0..2 {
                for j in 0..2 {
                    let e = h * b.column(i) * c.row(j); // ∂F/∂Kᵢⱼ
                    let forwards = slope(&f, &e, &DVector::from_element(4, 1.0), config.num_steps);
                    assert!((forwards / gradient[i][j] - 1.0).abs() < 1e-9, "{forwards} {gradient:?}");
                }
            }
        }
        Ok(())
    }

    #[test]
    fn solution() -> anyhow::Result<()> {
        check(solution::slope)
    }

    #[test]
    #[ignore = "your turn"]
    fn task() -> anyhow::Result<()> {
        check(slope)
    }
}
