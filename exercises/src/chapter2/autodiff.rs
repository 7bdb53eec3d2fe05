//! `sec2_4_autodiff`: difference quotients, and where they are exact.

// ANCHOR: task
/// The central difference (f(x + h) − f(x − h)) / 2h.
pub fn central_difference(f: impl Fn(f64) -> f64, x: f64, h: f64) -> f64 {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {
    // ANCHOR: solution
    /// The central difference (f(x + h) − f(x − h)) / 2h.
    pub fn central_difference(f: impl Fn(f64) -> f64, x: f64, h: f64) -> f64 {
        (f(x + h) - f(x - h)) / (2.0 * h)
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {
    fn check(central_difference: impl Fn(fn(f64) -> f64, f64, f64) -> f64) {
        // With h = 1/2 at x = 1 every number is exact in binary, so an error is no rounding.
        let error = |f, slope: f64| central_difference(f, 1.0, 0.5) - slope;
        assert_eq!(error(|x| 3.0 * x - 1.0, 3.0), 0.0);
        assert_eq!(error(|x| x * x, 2.0), 0.0); // exact: the two terms with h² cancel
        assert_eq!(error(|x| x * x * x, 3.0), 0.25); // h²
        assert!(error(f64::exp, 1f64.exp()).abs() > 0.1);
    }

    #[test]
    fn solution() {
        check(super::solution::central_difference);
    }

    #[test]
    #[ignore = "your turn"]
    fn task() {
        check(super::central_difference);
    }
}
