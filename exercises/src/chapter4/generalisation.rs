//! `sec4_generalisation`: none of 2000.

// ANCHOR: task
/// The largest probability p at which `count` or fewer of `trials` independent signals diverge with a probability of 5 %.
pub fn upper_limit(count: usize, trials: usize) -> f64 {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {
    // ANCHOR: solution
    /// The largest probability p at which `count` or fewer of `trials` independent signals diverge with a probability of 5 %.
    pub fn upper_limit(count: usize, trials: usize) -> f64 {
        let at_most = |p: f64| {
            let mut term = (1.0 - p).powi(trials as i32); // P(none)
            let mut sum = term;
            for k in 0..count {
                term *= (trials - k) as f64 / (k + 1) as f64 * p / (1.0 - p); // P(k + 1)
                sum += term;
            }
            sum
        };
        let (mut low, mut high) = (0.0, 1.0);
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if at_most(middle) > 0.05 { low = middle } else { high = middle }
        }
        low
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {

    fn check(f: fn(usize, usize) -> f64) {
        for trials in [10, 100, 2000] {
            assert!((f(0, trials) - (1.0 - 0.05f64.powf(1.0 / trials as f64))).abs() < 1e-12); // (1 − p)ⁿ = 0.05
        }
        assert!((f(0, 2000) * 2000.0 - 3.0).abs() < 0.01); // the rule of three
        // one of ten: (1 − p)¹⁰ + 10p(1 − p)⁹ = 0.05
        let p = f(1, 10);
        assert!(((1.0 - p).powi(9) * (1.0 + 9.0 * p) - 0.05).abs() < 1e-12, "{p}");
        // for many, as the normal distribution has it: 187 of 2000 plus 1.645 standard deviations
        let (p, mean) = (f(187, 2000), 187.0 / 2000.0);
        assert!((p - mean - 1.645 * (mean * (1.0 - mean) / 2000.0f64).sqrt()).abs() < 1e-3, "{p}");
    }

    #[test]
    fn solution() {
        check(super::solution::upper_limit);
    }

    #[test]
    #[ignore = "your turn"]
    fn task() {
        check(super::upper_limit);
    }
}
