//! `sec4_du_psor`: the over-relaxation that the section is not about.

// ANCHOR: task
/// A sweep of successive over-relaxation for Px = q: each entry in turn goes ω times the way to solving its own equation, and the
/// entries after it see the new value. `p` has the rows of P.
pub fn sweep(p: &[Vec<f64>], q: &[f64], x: &mut [f64], omega: f64) {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {
    // ANCHOR: solution
    /// A sweep of successive over-relaxation for Px = q: each entry in turn goes ω times the way to solving its own equation, and the
    /// entries after it see the new value. `p` has the rows of P.
    pub fn sweep(p: &[Vec<f64>], q: &[f64], x: &mut [f64], omega: f64) {
        for i in 0..x.len() {
            let product: f64 = p[i].iter().zip(&*x).map(|(p, x)| p * x).sum();
            x[i] += omega * (q[i] - product) / p[i][i];
        }
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {

    fn check(f: impl Fn(&[Vec<f64>], &[f64], &mut [f64], f64)) {
        let n = 20; // −x″ on a grid: 2 on the diagonal, −1 beside it
        let entry = |i: usize, j: usize| [2.0, -1.0, 0.0][i.abs_diff(j).min(2)];
        let p: Vec<Vec<f64>> = (0..n).map(|i| (0..n).map(|j| entry(i, j)).collect()).collect();
        let jacobi = (std::f64::consts::PI / (n + 1) as f64).cos(); // the spectral radius of Jacobi's iteration
        let rate = |omega: f64, sweeps: usize| {
            let (q, mut x) = (vec![0.0; n], vec![1.0; n]); // so x is the error
            let mut norms = vec![];
            for _ in 0..sweeps {
                f(&p, &q, &mut x, omega);
                norms.push(x.iter().map(|x| x * x).sum::<f64>().sqrt());
            }
            norms[sweeps - 1] / norms[sweeps - 2]
        };
        assert!((rate(1.0, 300) - jacobi * jacobi).abs() < 1e-6, "{}", rate(1.0, 300)); // Gauss–Seidel: two of Jacobi's at once
        let best = 2.0 / (1.0 + (1.0 - jacobi * jacobi).sqrt()); // Young 1954
        assert!((rate(best, 200) / (best - 1.0) - 1.0).abs() < 0.02, "{} {}", rate(best, 200), best - 1.0);
        let mut x = vec![0.0; n];
        (0..200).for_each(|_| f(&p, &vec![1.0; n], &mut x, best));
        let exact = |i: usize| (i + 1) as f64 * (n - i) as f64 / 2.0;
        assert!(x.iter().enumerate().all(|(i, x)| (x - exact(i)).abs() < 1e-9), "{x:?}");
    }

    #[test]
    fn solution() {
        check(super::solution::sweep);
    }

    #[test]
    #[ignore = "your turn"]
    fn task() {
        check(super::sweep);
    }
}
