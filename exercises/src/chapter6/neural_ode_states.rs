//! `sec6_neural_ode_states`: the monotone fit in one formula.

// ANCHOR: task
/// The rising sequence with the least Σ (xᵢ − yᵢ)²: xᵢ is the largest, over all j ≤ i, of the least, over all k ≥ i, of the means of yⱼ … yₖ.
pub fn isotonic(y: &[f64]) -> Vec<f64> {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {
    // ANCHOR: solution
    /// The rising sequence with the least Σ (xᵢ − yᵢ)²: xᵢ is the largest, over all j ≤ i, of the least, over all k ≥ i, of the means of yⱼ … yₖ.
    pub fn isotonic(y: &[f64]) -> Vec<f64> {
        let mean = |j: usize, k: usize| y[j..=k].iter().sum::<f64>() / (k + 1 - j) as f64;
        let least = |j: usize, i: usize| (i..y.len()).map(|k| mean(j, k)).fold(f64::INFINITY, f64::min);
        let largest = |i: usize| (0..=i).map(|j| least(j, i)).fold(f64::NEG_INFINITY, f64::max);
        (0..y.len()).map(largest).collect()
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {
    use chapter6::neural_ode_states;
    use common::sampling;

    fn check(f: fn(&[f64]) -> Vec<f64>) {
        assert_eq!(f(&[1.0, 3.0, 2.0, 2.0, 5.0]), [1.0, 7.0 / 3.0, 7.0 / 3.0, 7.0 / 3.0, 5.0]);
        let rng = &mut sampling::rng(1, 0);
        for n in 1..=30 {
            let y: Vec<f64> =
                sampling::normal_vec(n, rng).iter().zip(0..).map(|(e, i)| e + 0.1 * f64::from(i)).collect();
            let pooled = neural_ode_states::isotonic(&y); // by pooling neighbours
            assert!(f(&y).iter().zip(pooled).all(|(x, p)| (x - p).abs() < 1e-12), "{y:?}");
        }
    }

    #[test]
    fn solution() {
        check(super::solution::isotonic);
    }

    #[test]
    #[ignore = "your turn"]
    fn task() {
        check(super::isotonic);
    }
}
