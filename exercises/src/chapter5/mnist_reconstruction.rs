//! `sec5_mnist_reconstruction`: γ without an eigenvalue problem.

// ANCHOR: task
/// λmax(AᵀA) by the power method, from v = (1, …, 1): `a` has the rows of A, and AᵀA is not formed.
pub fn largest_eigenvalue(a: &[Vec<f64>], num_iterations: usize) -> f64 {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {
    // ANCHOR: solution
    /// λmax(AᵀA) by the power method, from v = (1, …, 1): `a` has the rows of A, and AᵀA is not formed.
    pub fn largest_eigenvalue(a: &[Vec<f64>], num_iterations: usize) -> f64 {
        let norm = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
        let mut v = vec![1.0 / (a[0].len() as f64).sqrt(); a[0].len()];
        let mut lambda = 0.0;
        for _ in 0..num_iterations {
            let mut next = vec![0.0; v.len()];
            for row in a {
                let product: f64 = row.iter().zip(&v).map(|(a, v)| a * v).sum(); // an entry of Av
                next.iter_mut().zip(row).for_each(|(next, a)| *next += a * product); // its part in Aᵀ(Av)
            }
            lambda = norm(&next);
            v = next.iter().map(|x| x / lambda).collect();
        }
        lambda
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {
    use candle_core::Device;
    use common::{linalg, sampling};

    fn check(f: fn(&[Vec<f64>], usize) -> f64) -> anyhow::Result<()> {
        assert!((f(&[vec![3.0, 0.0], vec![0.0, 1.0]], 50) - 9.0).abs() < 1e-12);
        let a = sampling::normal_matrix(60, 90, &mut sampling::rng(1, 0), &Device::Cpu)?;
        let exact = linalg::symmetric_eigenvalues(&a.t()?.matmul(&a)?)?[89];
        let a = a.to_vec2()?;
        let found = [5, 20, 100, 1000].map(|k| f(&a, k));
        assert!(found.windows(2).all(|pair| pair[0] <= pair[1] * (1.0 + 1e-12)), "{found:?}"); // from below
        assert!(found[1] > 0.8 * exact && (found[3] / exact - 1.0).abs() < 1e-6, "{found:?} {exact}");
        Ok(())
    }

    #[test]
    fn solution() -> anyhow::Result<()> {
        check(super::solution::largest_eigenvalue)
    }

    #[test]
    #[ignore = "your turn"]
    fn task() -> anyhow::Result<()> {
        check(super::largest_eigenvalue)
    }
}
