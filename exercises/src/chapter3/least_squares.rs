//! `sec3_du_gd_least_squares`: conjugate gradients.

// ANCHOR: task
/// Minimises ½Σλᵢxᵢ² − Σbᵢxᵢ from 0 by `n` iterations of the conjugate gradient method.
pub fn conjugate_gradient(lambda: &[f64], b: &[f64], n: usize) -> Vec<f64> {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {

    // ANCHOR: solution
    /// Minimises ½Σλᵢxᵢ² − Σbᵢxᵢ from 0 by `n` iterations of the conjugate gradient method.
    pub fn conjugate_gradient(lambda: &[f64], b: &[f64], n: usize) -> Vec<f64> {
        let dot = |u: &[f64], v: &[f64]| -> f64 { u.iter().zip(v).map(|(u, v)| u * v).sum() };
        let add = |u: &[f64], s: f64, v: &[f64]| -> Vec<f64> { u.iter().zip(v).map(|(u, v)| u + s * v).collect() };
        let mut x = vec![0.0; b.len()];
        let (mut r, mut d) = (b.to_vec(), b.to_vec()); // residual, direction
        for _ in 0..n {
            let gd: Vec<f64> = lambda.iter().zip(&d).map(|(l, d)| l * d).collect();
            let step_size = dot(&r, &r) / dot(&d, &gd);
            x = add(&x, step_size, &d);
            let new = add(&r, -step_size, &gd);
            d = add(&new, dot(&new, &new) / dot(&r, &r), &d); // momentum
            r = new;
        }
        x
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {
    use super::*;
    use common::unfolding::theory;

    fn check(f: fn(&[f64], &[f64], usize) -> Vec<f64>) -> anyhow::Result<()> {
        let x = f(&[1.0, 2.0, 5.0, 5.0], &[1.0, 1.0, 1.0, 2.0], 3); // three different eigenvalues: exact after three
        assert!(x.iter().zip([1.0, 0.5, 0.2, 0.4]).all(|(x, e)| (x - e).abs() < 1e-12), "{x:?}");
        let lambda: Vec<f64> = (1..=50).map(f64::from).collect();
        let b = lambda.clone(); // x* = (1, …, 1)
        let energy = |e: &[f64]| -> f64 { e.iter().zip(&lambda).map(|(e, l)| l * e * e).sum() };
        for n in [4, 8, 12] {
            let error: Vec<f64> = f(&lambda, &b, n).iter().map(|x| x - 1.0).collect();
            let steps = theory::chebyshev_step_sizes(&lambda, n);
            let chebyshev: Vec<f64> = lambda.iter().map(|&l| theory::polynomial(&steps, l)).collect();
            assert!(energy(&error) <= energy(&chebyshev), "{n}");
        }
        Ok(())
    }

    #[test]
    fn solution() -> anyhow::Result<()> {
        check(solution::conjugate_gradient)
    }

    #[test]
    #[ignore = "your turn"]
    fn task() -> anyhow::Result<()> {
        check(conjugate_gradient)
    }
}
