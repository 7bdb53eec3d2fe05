//! `sec2_4_4_step_counts`: where Adam's bias corrections shorten the step most.

// ANCHOR: task
/// The step count t ≥ 1 at which cₜ = √(1 − β₂ᵗ) / (1 − β₁ᵗ) is smallest, and that cₜ.
pub fn smallest_factor(beta1: f64, beta2: f64) -> (i32, f64) {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {
    // ANCHOR: solution
    /// The step count t ≥ 1 at which cₜ = √(1 − β₂ᵗ) / (1 − β₁ᵗ) is smallest, and that cₜ.
    pub fn smallest_factor(beta1: f64, beta2: f64) -> (i32, f64) {
        let factor = |t: i32| (1.0 - beta2.powi(t)).sqrt() / (1.0 - beta1.powi(t));
        let candidates = (1..10_000).map(|t| (t, factor(t)));
        candidates.min_by(|(_, a), (_, b)| a.total_cmp(b)).expect("there are candidates")
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {
    fn check(smallest_factor: fn(f64, f64) -> (i32, f64)) {
        let (t, c) = smallest_factor(0.9, 0.999);
        assert_eq!((t, format!("{c:.3}").as_str()), (12, "0.152"));
        assert_eq!(smallest_factor(0.0, 0.999).0, 1); // without the first average it only grows
    }

    #[test]
    fn solution() {
        check(super::solution::smallest_factor);
    }

    #[test]
    #[ignore = "your turn"]
    fn task() {
        check(super::smallest_factor);
    }
}
