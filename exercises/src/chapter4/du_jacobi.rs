//! `sec4_du_jacobi`: convergence without an eigenvalue.

// ANCHOR: task
/// An interval that holds all eigenvalues of B = D⁻¹P, by Gershgorin's theorem: each is within Σ_{j ≠ i} |Bᵢⱼ| of some Bᵢᵢ. `p` has the
/// rows of P.
pub fn interval(p: &[Vec<f64>]) -> [f64; 2] {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {
    // ANCHOR: solution
    /// An interval that holds all eigenvalues of B = D⁻¹P, by Gershgorin's theorem: each is within Σ_{j ≠ i} |Bᵢⱼ| of some Bᵢᵢ. `p` has the
    /// rows of P.
    pub fn interval(p: &[Vec<f64>]) -> [f64; 2] {
        let radius = |(i, row): (usize, &Vec<f64>)| {
            let others = row.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, entry)| entry.abs());
            others.sum::<f64>() / row[i] // Bᵢⱼ = Pᵢⱼ/Pᵢᵢ, so every centre Bᵢᵢ is 1
        };
        let widest = p.iter().enumerate().map(radius).fold(0.0, f64::max);
        [1.0 - widest, 1.0 + widest]
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Tensor};
    use chapter4::jacobi::System;
    use common::sampling;

    /// P = `diagonal`·I + MᵀM, and the eigenvalues of D⁻¹P, ascending.
    fn system(n: usize, diagonal: f64, matrix_std: f64, seed: u64) -> anyhow::Result<(Vec<Vec<f64>>, Vec<f64>)> {
        let rng = || sampling::rng(seed, 0);
        let m = (sampling::normal_matrix(n, n, &mut rng(), &Device::Cpu)? * matrix_std)?;
        let p = (m.t()?.matmul(&m)? + (Tensor::eye(n, m.dtype(), m.device())? * diagonal)?)?;
        Ok((p.to_vec2()?, System::draw(n, diagonal, matrix_std, &mut rng(), &Device::Cpu)?.eigenvalues))
    }

    fn check(f: fn(&[Vec<f64>]) -> [f64; 2]) -> anyhow::Result<()> {
        assert_eq!(f(&[vec![4.0, -1.0], vec![1.0, 2.0]]), [0.5, 1.5]);
        for (n, diagonal, matrix_std) in [(32, 0.15, 0.05), (32, 2.0, 0.05), (8, 1.0, 0.1)] {
            for seed in 1..=5 {
                let (p, eigenvalues) = system(n, diagonal, matrix_std, seed)?;
                let [low, high] = f(&p);
                assert!(low <= eigenvalues[0] && eigenvalues[n - 1] <= high, "{n} {seed}");
                // diagonally dominant: the interval proves convergence. The page's system converges, and it does not say so
                assert_eq!(high < 2.0, diagonal > 0.15, "{low} {high}");
            }
        }
        let (_, eigenvalues) = system(32, 0.15, 0.05, 1)?;
        assert!(eigenvalues[31] < 2.0);
        Ok(())
    }

    #[test]
    fn solution() -> anyhow::Result<()> {
        check(super::solution::interval)
    }

    #[test]
    #[ignore = "your turn"]
    fn task() -> anyhow::Result<()> {
        check(super::interval)
    }
}
