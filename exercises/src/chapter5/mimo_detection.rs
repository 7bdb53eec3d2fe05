//! `sec5_mimo_detection`: decisions that help the next ones.

use nalgebra::{DMatrix, DVector};

// ANCHOR: task
/// Decision feedback for z = Rx + noise with an upper triangular R and x ∈ {±1}ⁿ: from the last row up, each symbol is decided with all
/// symbols below it taken for granted. (H = QR and z = Qᵀy make this of y = Hx + σn, and leave the noise as it is.)
pub fn decision_feedback(r: &DMatrix<f64>, z: &DVector<f64>) -> DVector<f64> {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {
    use nalgebra::{DMatrix, DVector};

    // ANCHOR: solution
    /// Decision feedback for z = Rx + noise with an upper triangular R and x ∈ {±1}ⁿ: from the last row up, each symbol is decided with all
    /// symbols below it taken for granted. (H = QR and z = Qᵀy make this of y = Hx + σn, and leave the noise as it is.)
    pub fn decision_feedback(r: &DMatrix<f64>, z: &DVector<f64>) -> DVector<f64> {
        let mut x = DVector::zeros(z.len());
        for i in (0..z.len()).rev() {
            let decided: f64 = (i + 1..z.len()).map(|j| r[(i, j)] * x[j]).sum();
            x[i] = ((z[i] - decided) * r[(i, i)]).signum();
        }
        x
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {
    use super::*;
    use chapter5::mimo_detection::detectors;
    use common::sampling;

    fn check(f: fn(&DMatrix<f64>, &DVector<f64>) -> DVector<f64>) -> anyhow::Result<()> {
        let (n, sigma, rng) = (4, 0.35, &mut sampling::rng(1, 0));
        let [mut zero_forcing, mut feedback, mut nearest] = [0; 3];
        for _ in 0..4000 {
            let h = DMatrix::from_vec(n, n, sampling::normal_vec(n * n, rng));
            let x = DVector::from_vec(sampling::sign_vec(n, rng));
            let y = &h * &x + DVector::from_vec(sampling::normal_vec(n, rng)) * sigma;
            let wrong = |estimate: DVector<f64>| (0..n).filter(|&i| estimate[i] * x[i] < 0.0).count();
            let qr = h.clone().qr();
            let (r, z) = (qr.r(), qr.q().transpose() * &y);
            assert_eq!(f(&r, &(&r * &x)), x); // without noise there is nothing to get wrong
            zero_forcing += wrong(detectors::zero_forcing(&h)? * &y);
            feedback += wrong(f(&r, &z));
            let words = (0..1 << n).map(|word| DVector::from_fn(n, |i, _| if word >> i & 1 == 1 { 1.0 } else { -1.0 }));
            let square = |word: &DVector<f64>| (&y - &h * word).norm_squared();
            nearest += wrong(words.min_by(|a, b| square(a).total_cmp(&square(b))).expect("there are words"));
        }
        assert!(nearest * 10 < feedback && feedback * 10 < zero_forcing * 6, "{nearest} {feedback} {zero_forcing}");
        Ok(())
    }

    #[test]
    fn solution() -> anyhow::Result<()> {
        check(solution::decision_feedback)
    }

    #[test]
    #[ignore = "your turn"]
    fn task() -> anyhow::Result<()> {
        check(decision_feedback)
    }
}
