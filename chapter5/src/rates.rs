//! Error rates: the tail of the normal distribution, and how far a counted rate may be off.

pub use common::estimation::gaussian_tail as q;

/// A counted rate with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// The rate
    pub rate: f64,
    /// Lower end
    pub low: f64,
    /// Upper end
    pub high: f64,
}

impl std::fmt::Display for Rate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&format!("{:.3e} [{:.3e}, {:.3e}]", self.rate, self.low, self.high))
    }
}

const QUANTILE: f64 = 1.959_963_984_540_054;

/// `count` of `trials` independent trials: Wilson's interval, which is right for few errors too.
pub fn binomial(count: usize, trials: usize) -> Rate {
    let (p, n) = (count as f64 / trials as f64, trials as f64);
    let z2 = QUANTILE * QUANTILE / n;
    let centre = (p + 0.5 * z2) / (1.0 + z2);
    let half = QUANTILE * (p * (1.0 - p) / n + 0.25 * z2 / n).sqrt() / (1.0 + z2);
    Rate { rate: p, low: if count == 0 { 0.0 } else { centre - half }, high: centre + half }
}

/// The mean of independent values, with the interval that the central limit theorem gives it.
pub fn mean(values: impl Iterator<Item = f64> + Clone) -> Rate {
    let count = values.clone().count() as f64;
    let mean = values.clone().sum::<f64>() / count;
    let variance = values.map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0).max(1.0);
    let half = QUANTILE * (variance / count).sqrt();
    Rate { rate: mean, low: mean - half, high: mean + half }
}

/// Errors in words of `length` bits: bits of a word fail together, so the words are the independent trials.
pub fn clustered(errors_by_word: impl Iterator<Item = usize> + Clone, length: usize) -> Rate {
    if errors_by_word.clone().all(|errors| errors == 0) {
        return binomial(0, errors_by_word.count()); // a bit is wrong at most as often as a word
    }
    let (mean, length) = (mean(errors_by_word.map(|errors| errors as f64)), length as f64);
    Rate { rate: mean.rate / length, low: mean.low.max(0.0) / length, high: mean.high / length }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_and_the_intervals() {
        for (x, exact) in [
            (0.0, 0.5),
            (1.0, 0.158_655_253_931_457_05),
            (2.0, 0.022_750_131_948_179_21),
            (5.0, 2.866_515_718_791_939e-7),
        ] {
            assert!((q(x) / exact - 1.0).abs() < 1e-13, "{x}: {}", q(x));
        }
        let rate = binomial(10, 100);
        assert!((rate.low - 0.055_23).abs() < 1e-4 && (rate.high - 0.174_37).abs() < 1e-4);
        assert_eq!(binomial(0, 10).low, 0.0);
        let alone = clustered([0, 0, 0, 4].into_iter(), 4);
        assert_eq!(clustered([0; 10].into_iter(), 4), binomial(0, 10));
        assert!(alone.rate == 0.25 && alone.high - alone.rate > 0.4);
        let mean = mean([1.0, 2.0, 3.0].into_iter());
        assert!(mean.rate == 2.0 && (mean.high - 2.0 - QUANTILE / 3f64.sqrt()).abs() < 1e-12 && mean.low < 2.0);
    }
}
