//! `sec6_du_rr_rand`: what it would be worth to know r.

// ANCHOR: task
/// E max J − max E J for the coefficient 1 + α + βr, r ~ U[0, 1): on the left the curve may depend on r. With a coefficient c, the largest
/// J is c/4 − √c·cot(1/√c)/4 − 1/12.
pub fn value_of_knowing(alpha: f64, beta: f64) -> f64 {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {
    use common::quadrature::Quadrature;

    // ANCHOR: solution
    /// E max J − max E J for the coefficient 1 + α + βr, r ~ U[0, 1): on the left the curve may depend on r. With a coefficient c, the largest
    /// J is c/4 − √c·cot(1/√c)/4 − 1/12.
    pub fn value_of_knowing(alpha: f64, beta: f64) -> f64 {
        let largest = |c: f64| c / 4.0 - c.sqrt() / (4.0 * c.sqrt().recip().tan()) - 1.0 / 12.0;
        let mean = Quadrature::Gauss.integrate(0.0, 1.0, 20, |r| largest(1.0 + alpha + beta * r));
        mean - largest(1.0 + alpha + beta / 2.0)
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {
    use chapter6::{rayleigh_ritz::least_value, rayleigh_ritz_random::mean_coefficient};
    use std::f64::consts::PI;

    fn check(f: fn(f64, f64) -> f64) {
        // from the sines of sec6_du_rr: max J = Σ b²/2(ck²π² − 1) with b = ∓1/(kπ)
        let largest = |c: f64| -> f64 {
            let term = |k: u32| 1.0 / (2.0 * (f64::from(k) * PI).powi(2) * (c * (f64::from(k) * PI).powi(2) - 1.0));
            (1..=2000).map(term).sum()
        };
        assert!((largest(1.0) + least_value()).abs() < 1e-9);
        for (alpha, beta) in [(0.0, 1.0), (0.5, 2.0), (1.0, 0.3)] {
            let mean =
                (0..1000).map(|i| largest(1.0 + alpha + beta * (f64::from(i) + 0.5) / 1000.0)).sum::<f64>() / 1000.0;
            let expected = mean - largest(mean_coefficient((alpha, beta)));
            assert!((f(alpha, beta) - expected).abs() < 1e-8 && expected > 0.0, "{} {expected}", f(alpha, beta));
        }
        assert!(f(0.5, 0.0).abs() < 1e-15); // nothing to know
    }

    #[test]
    fn solution() {
        check(super::solution::value_of_knowing);
    }

    #[test]
    #[ignore = "your turn"]
    fn task() {
        check(super::value_of_knowing);
    }
}
