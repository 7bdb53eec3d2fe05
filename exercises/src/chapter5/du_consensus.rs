//! `sec5_du_consensus`: the exact mean after finitely many steps.

// ANCHOR: task
/// A step size for each eigenvalue of L that is not 0, equal ones once: after as many iterations every node has the mean of all numbers.
/// `eigenvalues` are ascending; those that differ by less than 1e-9 are equal, and rounding makes of 0 something below that.
pub fn finite_time(eigenvalues: &[f64]) -> Vec<f64> {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {
    // ANCHOR: solution
    /// A step size for each eigenvalue of L that is not 0, equal ones once: after as many iterations every node has the mean of all numbers.
    /// `eigenvalues` are ascending; those that differ by less than 1e-9 are equal, and rounding makes of 0 something below that.
    pub fn finite_time(eigenvalues: &[f64]) -> Vec<f64> {
        let mut steps: Vec<f64> = vec![];
        let mut last = 0.0; // nothing is done about λ₁ = 0: its eigenvector is the mean
        for &lambda in eigenvalues {
            if lambda - last > 1e-9 {
                steps.push(1.0 / lambda); // 1 − ηλ = 0
                last = lambda;
            }
        }
        steps
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Tensor};
    use chapter5::du_consensus::laplacian;
    use common::linalg;

    fn check(f: fn(&[f64]) -> Vec<f64>) -> anyhow::Result<()> {
        let all: Vec<(usize, usize)> = (1..=6).flat_map(|i| (i + 1..=6).map(move |j| (i, j))).collect();
        let star = (2..=6).map(|j| (1, j)).collect();
        let cycle = (1..=8).map(|i| (i, i % 8 + 1)).collect();
        let path = (1..=5).map(|i| (i, i + 1)).collect();
        let cube = (0..8).flat_map(|i| [1, 2, 4].map(|bit| (i + 1, (i ^ bit) + 1))).filter(|(i, j)| i < j).collect();
        // (edges, nodes, different eigenvalues but 0): the latter are never fewer than the steps from one end to the other
        for (edges, nodes, count) in [(all, 6, 1), (star, 6, 2), (cycle, 8, 4), (path, 6, 5), (cube, 8, 3)] {
            let l = laplacian(&edges, nodes, &Device::Cpu)?;
            let steps = f(&linalg::symmetric_eigenvalues(&l)?);
            assert_eq!(steps.len(), count, "{steps:?}");
            let mut x = Tensor::arange(0.0, nodes as f64, &Device::Cpu)?.sqr()?.unsqueeze(1)?;
            let mean = x.mean_all()?;
            for eta in steps {
                x = (&x - (l.matmul(&x)? * eta)?)?; // x ← x − ηLx
            }
            assert!(x.broadcast_sub(&mean)?.abs()?.max_all()?.to_scalar::<f64>()? < 1e-10, "{x}");
        }
        Ok(())
    }

    #[test]
    fn solution() -> anyhow::Result<()> {
        check(super::solution::finite_time)
    }

    #[test]
    #[ignore = "your turn"]
    fn task() -> anyhow::Result<()> {
        check(super::finite_time)
    }
}
