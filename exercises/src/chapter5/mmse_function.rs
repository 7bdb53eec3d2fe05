//! `sec5_mmse_function`: a posterior mean for any signal.

// ANCHOR: task
/// E[x | y] for y = x + n, n ~ N(0, v), from the density f of y alone, by Tweedie's formula y + v·(log f)′(y). Take a central difference
/// for the derivative.
pub fn posterior_mean(density: &dyn Fn(f64) -> f64, y: f64, v: f64) -> f64 {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {
    // ANCHOR: solution
    /// E[x | y] for y = x + n, n ~ N(0, v), from the density f of y alone, by Tweedie's formula y + v·(log f)′(y). Take a central difference
    /// for the derivative.
    pub fn posterior_mean(density: &dyn Fn(f64) -> f64, y: f64, v: f64) -> f64 {
        let h = 1e-5;
        let slope = (density(y + h).ln() - density(y - h).ln()) / (2.0 * h);
        y + v * slope
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {
    use chapter5::mmse_function::eta;

    fn check(f: fn(&dyn Fn(f64) -> f64, f64, f64) -> f64) {
        let normal = |y: f64, v: f64| (-y * y / (2.0 * v)).exp() / v.sqrt();
        for v in [0.5, 0.1, 0.01] {
            let p = 0.1;
            let sparse = move |y: f64| (1.0 - p) * normal(y, v) + p * normal(y, 1.0 + v);
            let sign = move |y: f64| normal(y - 1.0, v) + normal(y + 1.0, v);
            for y in [-2.0, -0.4, 0.0, 0.1, 0.7, 1.5f64] {
                assert!((f(&sparse, y, v) - eta(y, v, p)).abs() < 1e-7, "{v} {y}"); // the page's formula
                assert!((f(&sign, y, v) - (y / v).tanh()).abs() < 1e-7, "{v} {y}"); // a random sign
            }
        }
    }

    #[test]
    fn solution() {
        check(super::solution::posterior_mean);
    }

    #[test]
    #[ignore = "your turn"]
    fn task() {
        check(super::posterior_mean);
    }
}
