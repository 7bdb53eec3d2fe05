//! Expectations over a Gaussian that have no closed form: the error of the best estimator, and a Gaussian's tail.

use std::f64::consts::PI;

/// The density of N(0, `variance`) at x.
pub fn density(x: f64, variance: f64) -> f64 {
    (-0.5 * x * x / variance).exp() / (2.0 * PI * variance).sqrt()
}

/// ∫ f(x) dx over |x| ≤ `reach`, for a smooth f that has vanished there and whose finest detail is `scale` wide and lies at 0.
///
/// The trapezoidal rule in t, where x = scale·sinh t: for such f it converges faster than any power of its step.
fn integral(scale: f64, reach: f64, f: impl Fn(f64) -> f64) -> f64 {
    const STEPS: i32 = 1000; // to either side
    let end = (reach / scale).asinh();
    let step = end / f64::from(STEPS);
    let term = |i: i32| {
        let t = f64::from(i) * step;
        f(scale * t.sinh()) * scale * t.cosh()
    };
    (-STEPS..=STEPS).map(term).sum::<f64>() * step
}

/// The least mean squared error of an estimate of a random sign x from x + τz, z ~ N(0, 1), τ² = `noise_variance` > 0:
/// 1 − E tanh(1/τ² + z/τ); 0 without noise.
pub fn mmse_of_signs(noise_variance: f64) -> f64 {
    if noise_variance < 1e-3 {
        return 0.0; // it would be below e⁻⁵⁰⁰
    }
    let snr = 1.0 / noise_variance;
    // 1 − tanh, so that a small error keeps its digits
    let missing = |z: f64| 2.0 / ((2.0 * (snr + snr.sqrt() * z)).exp() + 1.0);
    integral(1.0 / snr.sqrt().max(1.0), 40.0, |z| missing(z) * density(z, 1.0))
}

/// The posterior mean and variance of a Bernoulli–Gaussian x (0 with probability 1 − `active`, else N(0, 1)), given
/// r = x + τz, z ~ N(0, 1), τ² = `noise_variance` > 0.
pub fn bernoulli_gaussian_posterior(r: f64, noise_variance: f64, active: f64) -> (f64, f64) {
    let gain = 1.0 / (1.0 + noise_variance);
    // how much likelier r is without a signal than with one
    let log_ratio = 0.5 * r * r * (gain - 1.0 / noise_variance) + 0.5 * (1.0 / (noise_variance * gain)).ln();
    let probability = active / (active + (1.0 - active) * log_ratio.exp());
    let mean = gain * r;
    let spread = gain * noise_variance;
    (probability * mean, probability * (spread + (1.0 - probability) * mean * mean))
}

/// The least mean squared error of an estimate of a Bernoulli–Gaussian x from x + τz: the mean of
/// [`bernoulli_gaussian_posterior`]'s variance.
pub fn mmse_of_bernoulli_gaussian(noise_variance: f64, active: f64) -> f64 {
    let total = |r: f64| active * density(r, 1.0 + noise_variance) + (1.0 - active) * density(r, noise_variance);
    let reach = 40.0 * (1.0 + noise_variance).sqrt();
    integral(noise_variance.sqrt(), reach, |r| total(r) * bernoulli_gaussian_posterior(r, noise_variance, active).1)
}

/// The largest fixed point τ² ≤ `start` of τ² ← `map`(τ²), for a `map` that grows: state evolution from above.
pub fn fixed_point(start: f64, map: impl Fn(f64) -> f64) -> f64 {
    let mut value = start;
    for _ in 0..100_000 {
        let next = map(value);
        if (next - value).abs() <= 1e-14 * value || !next.is_finite() {
            return next;
        }
        value = next;
    }
    value
}

/// The Gaussian tail Q(x) = P(z > x), z ~ N(0, 1), to 12 digits or more.
pub fn gaussian_tail(x: f64) -> f64 {
    if x < 0.0 {
        return 1.0 - gaussian_tail(-x);
    }
    if x < 2.5 {
        // Φ(x) − ½ = φ(x)·(x + x³/3 + x⁵/(3·5) + …)
        let (mut term, mut sum) = (x, x);
        for k in 1..200 {
            term *= x * x / f64::from(2 * k + 1);
            sum += term;
        }
        return 0.5 - density(x, 1.0) * sum;
    }
    // φ(x) / (x + 1/(x + 2/(x + 3/(x + …))))
    let fraction = (1..200).rev().fold(x, |tail, k| x + f64::from(k) / tail);
    density(x, 1.0) / fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn close(found: f64, expected: f64, tolerance: f64) {
        assert!((found - expected).abs() <= tolerance * expected.abs(), "{found:e}, expected {expected:e}");
    }

    /// Against 30 digits from mpmath.
    #[test]
    fn the_tail_has_its_digits() {
        for (x, q) in TAIL {
            close(gaussian_tail(x), q, 2e-13);
        }
        close(gaussian_tail(-1.0) + gaussian_tail(1.0), 1.0, 1e-15);
    }

    const TAIL: [(f64, f64); 6] = [
        (0.0, 0.5),
        (0.1, 0.460_172_162_722_971),
        (1.0, 0.158_655_253_931_457_05),
        (2.4, 0.008_197_535_924_596_13),
        (3.0, 0.001_349_898_031_630_094_5),
        (8.0, 6.220_960_574_271_784e-16),
    ];

    #[test]
    fn the_least_errors_have_their_limits() {
        close(mmse_of_signs(1e6), 1.0, 2e-6); // nothing is seen
        assert!(mmse_of_signs(0.01) < 1e-20 && mmse_of_signs(0.0) == 0.0);
        // all active: a Gaussian, τ²/(1 + τ²)
        for variance in [1e-6, 0.1, 10.0] {
            close(mmse_of_bernoulli_gaussian(variance, 1.0), variance / (1.0 + variance), 1e-12);
        }
        close(mmse_of_bernoulli_gaussian(1e8, 0.1), 0.1, 1e-6);
        // a small noise: the active ones' variance, and hardly any doubt about which they are
        let ratio = mmse_of_bernoulli_gaussian(1e-8, 0.1) / (0.1 * 1e-8);
        assert!((1.0..1.2).contains(&ratio), "{ratio}");
        close(fixed_point(10.0, |v| 1.0 + 0.5 * v), 2.0, 1e-13);
    }
}
