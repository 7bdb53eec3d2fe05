//! `sec5_mnist_constraints`: pixels between two bounds.

// ANCHOR: task
/// The proximal operator of τ|x| on low ≤ x ≤ high: the x there with the least τ|x| + ½(x − u)².
pub fn prox(u: f64, tau: f64, low: f64, high: f64) -> f64 {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {
    // ANCHOR: solution
    /// The proximal operator of τ|x| on low ≤ x ≤ high: the x there with the least τ|x| + ½(x − u)².
    pub fn prox(u: f64, tau: f64, low: f64, high: f64) -> f64 {
        let shrunk = u.signum() * (u.abs() - tau).max(0.0); // the least of all x
        shrunk.clamp(low, high) // in one dimension, a convex function is least on an interval at the point next to it
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {

    fn check(f: fn(f64, f64, f64, f64) -> f64) {
        for (low, high) in [(0.0, 1.0), (-0.5, 0.25), (0.3, 0.9), (-1e9, 1e9)] {
            for tau in [0.0, 0.2, 1.0] {
                for u in (-30..=30).map(|i| f64::from(i) * 0.1) {
                    let x = f(u, tau, low, high);
                    assert!((low..=high).contains(&x), "{x}");
                    let objective = |x: f64| tau * x.abs() + 0.5 * (x - u) * (x - u);
                    let grid = (-4000..=4000).map(|j| f64::from(j) * 1e-3).filter(|x| (low..=high).contains(x));
                    assert!(grid.map(objective).all(|other| objective(x) <= other + 1e-15), "{u} {tau} {low} {high}");
                }
            }
        }
    }

    #[test]
    fn solution() {
        check(super::solution::prox);
    }

    #[test]
    #[ignore = "your turn"]
    fn task() {
        check(super::prox);
    }
}
