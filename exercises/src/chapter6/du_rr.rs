//! `sec6_du_rr`: a basis that needs no penalty.

// ANCHOR: task
/// The θₖ, k = 1 … n, that maximise ∫ (y² − y′² + ty) dt over [0, 1] for y = Σₖ θₖ sin kπt. The sines and their derivatives are orthogonal:
/// ∫ sin² kπt dt = ½, and ∫ t sin kπt dt = (−1)ᵏ⁺¹/(kπ).
pub fn weights(n: usize) -> Vec<f64> {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {
    use std::f64::consts::PI;

    // ANCHOR: solution
    /// The θₖ, k = 1 … n, that maximise ∫ (y² − y′² + ty) dt over [0, 1] for y = Σₖ θₖ sin kπt. The sines and their derivatives are orthogonal:
    /// ∫ sin² kπt dt = ½, and ∫ t sin kπt dt = (−1)ᵏ⁺¹/(kπ).
    pub fn weights(n: usize) -> Vec<f64> {
        let weight = |k: usize| {
            let frequency = k as f64 * PI;
            let b = if k % 2 == 1 { 1.0 } else { -1.0 } / frequency; // ∫ t sin kπt dt
            b / (frequency * frequency - 1.0) // of ½(1 − k²π²)θ² + bθ
        };
        (1..=n).map(weight).collect()
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {
    use chapter6::rayleigh_ritz::{exact, least_value};
    use common::sampling;
    use std::f64::consts::PI;

    fn check(f: fn(usize) -> Vec<f64>) {
        let error = |n: usize| {
            let theta = f(n);
            let y =
                |t: f64| -> f64 { theta.iter().enumerate().map(|(k, w)| w * ((k + 1) as f64 * PI * t).sin()).sum() };
            sampling::grid(0.0, 1.0, 201).into_iter().map(|t| (y(t) - exact(t, 1.0)).abs()).fold(0.0, f64::max)
        };
        assert!(error(1) < 6e-3 && error(10) < 2e-4, "{} {}", error(1), error(10)); // 50 bumps and 300 updates: 1.13e-3
        assert!((error(20) / error(40) / 4.0 - 1.0).abs() < 0.1); // like 1/n²
        // the least −J from above, since all these curves are 0 at both ends
        let value = |n: usize| -> f64 {
            let part = |(k, w): (usize, &f64)| {
                let c = (k + 1) as f64 * PI;
                0.5 * (c * c - 1.0) * w * w - if k % 2 == 0 { w / c } else { -w / c }
            };
            f(n).iter().enumerate().map(part).sum()
        };
        let least = least_value();
        assert!(value(1) > value(2) && value(2) > least && value(100) - least < 1e-7, "{} {}", value(1), value(100));
    }

    #[test]
    fn solution() {
        check(super::solution::weights);
    }

    #[test]
    #[ignore = "your turn"]
    fn task() {
        check(super::weights);
    }
}
