//! `sec5_autoencoder`: an error rate without a message.

// ANCHOR: task
/// The union bound of the symbol error rate of the nearest point: of a point p, Q(‖p − p′‖/2σ) summed over all other points p′,
/// averaged over the points.
pub fn union_bound(points: &[[f64; 2]], sigma: f64) -> f64 {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {
    use common::estimation::gaussian_tail;

    // ANCHOR: solution
    /// The union bound of the symbol error rate of the nearest point: of a point p, Q(‖p − p′‖/2σ) summed over all other points p′,
    /// averaged over the points.
    pub fn union_bound(points: &[[f64; 2]], sigma: f64) -> f64 {
        let distance = |a: &[f64; 2], b: &[f64; 2]| (a[0] - b[0]).hypot(a[1] - b[1]);
        let of = |(i, p): (usize, &[f64; 2])| -> f64 {
            let others = points.iter().enumerate().filter(|(j, _)| *j != i);
            others.map(|(_, other)| gaussian_tail(distance(p, other) / (2.0 * sigma))).sum() // past the middle between the two
        };
        points.iter().enumerate().map(of).sum::<f64>() / points.len() as f64
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {
    use chapter5::autoencoder::constellation::{symbol_errors, textbook};
    use common::{estimation::gaussian_tail, sampling};

    fn check(f: fn(&[[f64; 2]], f64) -> f64) {
        let two = [[1.0, 0.0], [-1.0, 0.0]];
        assert!((f(&two, 0.5) - gaussian_tail(2.0)).abs() < 1e-15); // of two points it is the error rate itself
        let (count, rng) = (40_000, &mut sampling::rng(1, 0));
        let messages: Vec<u32> = (0..count).map(|i| i % 32).collect();
        for (name, points) in textbook() {
            let mut excess = |sigma: f64| {
                let mut noise = || sampling::normal_vec(2, rng).iter().map(|n| sigma * n).collect();
                let noise: Vec<Vec<f64>> = messages.iter().map(|_| noise()).collect();
                f(&points, sigma) * f64::from(count) / symbol_errors(&points, &messages, &noise) as f64
            };
            let (noisy, quiet) = (excess(0.1), excess(0.06));
            assert!(1.1 < noisy && noisy < 1.3, "{name}: {noisy}");
            assert!(0.9 < quiet && quiet < noisy, "{name}: {quiet}"); // closer with less noise
        }
    }

    #[test]
    fn solution() {
        check(super::solution::union_bound);
    }

    #[test]
    #[ignore = "your turn"]
    fn task() {
        check(super::union_bound);
    }
}
