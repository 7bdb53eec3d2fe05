//! `sec4_bqp_exact`: the estimate with the fewest wrong signs.

// ANCHOR: task
/// E[x | y] for y = Ax + w, w ~ N(0, σ²I), where all 2ⁿ signs x are equally likely; `a` has the rows of A.
pub fn posterior_mean(a: &[Vec<f64>], y: &[f64], sigma: f64) -> Vec<f64> {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {
    // ANCHOR: solution
    /// E[x | y] for y = Ax + w, w ~ N(0, σ²I), where all 2ⁿ signs x are equally likely; `a` has the rows of A.
    pub fn posterior_mean(a: &[Vec<f64>], y: &[f64], sigma: f64) -> Vec<f64> {
        let n = a[0].len();
        let sign = |word: usize, i: usize| if word >> i & 1 == 1 { 1.0 } else { -1.0 };
        let misfit = |word: usize| -> f64 {
            let product = |row: &[f64]| -> f64 { (0..n).map(|i| row[i] * sign(word, i)).sum() };
            a.iter().zip(y).map(|(row, y)| (product(row) - y).powi(2)).sum() // ‖Ax − y‖²
        };
        let misfits: Vec<f64> = (0..1 << n).map(misfit).collect();
        let least = misfits.iter().copied().fold(f64::INFINITY, f64::min); // gets the weight 1, so that the sum is never 0
        let weights: Vec<f64> = misfits.iter().map(|m| ((least - m) / (2.0 * sigma * sigma)).exp()).collect();
        let total: f64 = weights.iter().sum();
        let mean = |i: usize| weights.iter().enumerate().map(|(word, w)| w * sign(word, i)).sum::<f64>() / total;
        (0..n).map(mean).collect()
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {
    use candle_core::Device;
    use common::{linalg, sampling};

    fn check(f: impl Fn(&[Vec<f64>], &[f64], f64) -> Vec<f64>) -> anyhow::Result<()> {
        // a diagonal A keeps the signs apart: E[x | y] = tanh(ay/σ²) for each
        let (a, y) = (vec![vec![1.5, 0.0, 0.0], vec![0.0, -0.7, 0.0], vec![0.0, 0.0, 0.2]], [0.9, 1.1, -2.0]);
        let mean = f(&a, &y, 1.3);
        for i in 0..3 {
            assert!((mean[i] - (a[i][i] * y[i] / 1.69).tanh()).abs() < 1e-14, "{mean:?}");
        }
        // with hardly any noise the nearest word gets all the weight
        let rng = &mut sampling::rng(1, 0);
        let a = sampling::normal_matrix(8, 8, rng, &Device::Cpu)?;
        let y = sampling::normal_matrix(20, 8, rng, &Device::Cpu)?;
        let nearest = linalg::signs_minimum(&a.t()?.matmul(&a)?, &y.matmul(&a)?)?.to_vec2::<f64>()?;
        for (y, nearest) in y.to_vec2()?.iter().zip(nearest) {
            let signs: Vec<f64> = f(&a.to_vec2()?, y, 0.01).iter().map(|x| x.signum()).collect();
            assert_eq!(signs, nearest);
        }
        Ok(())
    }

    #[test]
    fn solution() -> anyhow::Result<()> {
        check(super::solution::posterior_mean)
    }

    #[test]
    #[ignore = "your turn"]
    fn task() -> anyhow::Result<()> {
        check(super::posterior_mean)
    }
}
