//! `sec5_bp_weights`: 465 parity checks, without a search.

// ANCHOR: task
/// How many words of each weight the dual code has, from how many the code has, by MacWilliams' identity: (1/|C|) Σ_w A_w·(1 − z)ʷ(1 + z)ⁿ⁻ʷ
/// has the numbers wanted as its coefficients. `weights[w]` is A_w, 0 ≤ w ≤ n.
pub fn dual_weights(weights: &[f64]) -> Vec<f64> {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {
    // ANCHOR: solution
    /// How many words of each weight the dual code has, from how many the code has, by MacWilliams' identity: (1/|C|) Σ_w A_w·(1 − z)ʷ(1 + z)ⁿ⁻ʷ
    /// has the numbers wanted as its coefficients. `weights[w]` is A_w, 0 ≤ w ≤ n.
    pub fn dual_weights(weights: &[f64]) -> Vec<f64> {
        let n = weights.len() - 1;
        let mut dual = vec![0.0; n + 1];
        for (w, words) in weights.iter().enumerate() {
            let mut p = vec![0.0; n + 1];
            p[0] = 1.0;
            for factor in 0..n {
                let sign = if factor < w { -1.0 } else { 1.0 };
                (1..=n).rev().for_each(|j| p[j] += sign * p[j - 1]); // times 1 ± z
            }
            dual.iter_mut().zip(p).for_each(|(dual, p)| *dual += words * p);
        }
        let size: f64 = weights.iter().sum();
        dual.iter().map(|d| d / size).collect()
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {
    use chapter5::codes::{BCH_WEIGHTS, Code};

    fn check(f: fn(&[f64]) -> Vec<f64>) -> anyhow::Result<()> {
        assert_eq!(f(&[1.0, 0.0, 0.0, 1.0]), [1.0, 0.0, 3.0, 0.0]); // three equal bits: the checks are all pairs
        let mut weights = vec![0.0; 32];
        weights[0] = 1.0;
        BCH_WEIGHTS.iter().for_each(|&(w, words)| weights[w] = words);
        let checks = f(&weights);
        assert_eq!((checks[8], checks.iter().sum::<f64>()), (465.0, 32768.0)); // 2¹⁵ sums of the rows
        for weight in [8, 12, 16] {
            assert_eq!(checks[weight], Code::bch().checks_of_weight(weight)?.checks.len() as f64); // by the search
        }
        assert_eq!(f(&checks), weights); // the dual of the dual
        Ok(())
    }

    #[test]
    fn solution() -> anyhow::Result<()> {
        check(super::solution::dual_weights)
    }

    #[test]
    #[ignore = "your turn"]
    fn task() -> anyhow::Result<()> {
        check(super::dual_weights)
    }
}
