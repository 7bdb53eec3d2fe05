//! `sec1_tsin`: the derivative without backprop.

// ANCHOR: task
/// tsin(x) with `num_terms` terms and tsin′(x), from one loop: beside each number stands its derivative.
pub fn tsin_and_derivative(x: f64, num_terms: usize) -> [f64; 2] {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {
    // ANCHOR: solution
    /// tsin(x) with `num_terms` terms and tsin′(x), from one loop: beside each number stands its derivative.
    pub fn tsin_and_derivative(x: f64, num_terms: usize) -> [f64; 2] {
        let (mut term, mut term_slope) = (x, 1.0); // x¹/1! and its derivative
        let (mut sum, mut slope) = (term, term_slope);
        for i in 1..num_terms {
            let last = (2 * i + 1) as f64;
            let factor = -1.0 / (last * (last - 1.0));
            term_slope = factor * (term_slope * x * x + term * 2.0 * x); // the product rule, before the term changes
            term *= factor * x * x;
            (sum, slope) = (sum + term, slope + term_slope);
        }
        [sum, slope]
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {
    use candle_core::Device;
    use chapter1::tsin::{taylor_bound, value_and_derivative};
    use common::sampling;

    fn check(f: fn(f64, usize) -> [f64; 2]) -> anyhow::Result<()> {
        let xs = sampling::grid(-5.0, 5.0, 101);
        for num_terms in [1, 2, 3, 9, 30] {
            let [values, slopes] = value_and_derivative(&xs, num_terms, &Device::Cpu)?; // by backprop
            for (i, &x) in xs.iter().enumerate() {
                let [value, slope] = f(x, num_terms);
                assert!(
                    (value - values[i]).abs() < 1e-12 && (slope - slopes[i]).abs() < 1e-12,
                    "{num_terms} terms at {x}"
                );
                assert!((slope - x.cos()).abs() <= taylor_bound(x, 2 * num_terms) + 1e-13, "{num_terms} terms at {x}");
            }
        }
        Ok(())
    }

    #[test]
    fn solution() -> anyhow::Result<()> {
        check(super::solution::tsin_and_derivative)
    }

    #[test]
    #[ignore = "your turn"]
    fn task() -> anyhow::Result<()> {
        check(super::tsin_and_derivative)
    }
}
