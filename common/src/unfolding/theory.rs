//! Gradient descent on quadratics ½xᵀGx − bᵀx, from the eigenvalues of G: errors e ← (I − ηG)e shrink factor by factor.

/// Those of ascending `eigenvalues` ≥ 0 that are not 0 but for rounding.
///
/// Gradient descent from x₀ = 0 with b in the range of G stays there: what happens along the others does not matter.
pub fn nonzero(eigenvalues: &[f64]) -> &[f64] {
    let negligible = eigenvalues.len() as f64 * f64::EPSILON * ends(eigenvalues).1;
    &eigenvalues[eigenvalues.partition_point(|&lambda| lambda <= negligible)..]
}

/// The best fixed step size 2/(λmin + λmax), for ascending `eigenvalues` > 0.
// ANCHOR: fixed_step_size
pub fn fixed_step_size(eigenvalues: &[f64]) -> f64 {
    let (min, max) = ends(eigenvalues);
    2.0 / (min + max)
}
// ANCHOR_END: fixed_step_size

/// p(λ) = Π (1 − ηₖλ): what the step sizes η₀ … η_T₋₁ in turn do to the error along an eigenvector with the eigenvalue λ.
// ANCHOR: polynomial
pub fn polynomial(step_sizes: &[f64], lambda: f64) -> f64 {
    step_sizes.iter().map(|eta| 1.0 - eta * lambda).product()
}
// ANCHOR_END: polynomial

/// The mean contraction of an iteration with the step sizes η₀ … η_T₋₁ in turn: max over λ of |p(λ)|^(1/T).
///
/// It is the spectral radius of T iterations, per iteration: the MSE falls by its square.
// ANCHOR: contraction
pub fn contraction(step_sizes: &[f64], eigenvalues: &[f64]) -> f64 {
    let worst = eigenvalues.iter().map(|&lambda| polynomial(step_sizes, lambda).abs()).fold(0.0, f64::max);
    worst.powf(1.0 / step_sizes.len() as f64)
}
// ANCHOR_END: contraction

/// The Chebyshev step sizes ηₖ = 1 / (λ̄ + Δ·cos((2k+1)π / 2T)), k = 0 … T−1, with λ̄ = (λmax + λmin)/2, Δ = (λmax − λmin)/2.
///
/// Among all step sizes of period T they contract best when nothing is known of the eigenvalues between the two ends
/// (Takabe and Wadayama, "Theoretical interpretation of learned step size in deep-unfolded gradient descent", 2020).
// ANCHOR: chebyshev_step_sizes
pub fn chebyshev_step_sizes(eigenvalues: &[f64], period: usize) -> Vec<f64> {
    let (min, max) = ends(eigenvalues);
    let (mean, half_width) = ((max + min) / 2.0, (max - min) / 2.0);
    let angle = |k| (2 * k + 1) as f64 * std::f64::consts::PI / (2 * period) as f64;
    (0..period).map(|k| 1.0 / (mean + half_width * angle(k).cos())).collect()
}
// ANCHOR_END: chebyshev_step_sizes

/// A bound on [`contraction`] with the Chebyshev steps: sech(T·arcosh((κ + 1)/(κ − 1)))^(1/T), κ = λmax/λmin.
///
/// For T = 1 it is (κ − 1)/(κ + 1), the contraction of the best fixed step.
pub fn chebyshev_rate(eigenvalues: &[f64], period: usize) -> f64 {
    let (min, max) = ends(eigenvalues);
    let t = period as f64;
    (t * ((max + min) / (max - min)).acosh()).cosh().recip().powf(1.0 / t)
}

fn ends(eigenvalues: &[f64]) -> (f64, f64) {
    let at = |i: Option<&f64>| i.copied().unwrap_or(f64::NAN);
    (at(eigenvalues.first()), at(eigenvalues.last()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eigenvalues_that_are_rounding_do_not_count() {
        assert_eq!(nonzero(&[-1e-17, 0.0, 3e-16, 0.5, 2.0]), [0.5, 2.0]);
        assert_eq!(nonzero(&[1e-9, 1.0]), [1e-9, 1.0]);
        assert_eq!(nonzero(&[]), [0.0; 0]);
    }

    #[test]
    fn chebyshev_steps_contract_as_the_theory_says() {
        let eigenvalues: Vec<f64> = (0..=1000).map(|i| 1.0 + 99.0 * i as f64 / 1000.0).collect();
        for period in [1, 2, 3, 8] {
            let steps = chebyshev_step_sizes(&eigenvalues, period);
            let (found, bound) = (contraction(&steps, &eigenvalues), chebyshev_rate(&eigenvalues, period));
            assert!((found - bound).abs() < 1e-6 && found <= bound * (1.0 + 1e-12), "{period}: {found} {bound}");
        }
        let fixed = fixed_step_size(&eigenvalues);
        assert!((contraction(&[fixed], &eigenvalues) - 99.0 / 101.0).abs() < 1e-15);
        assert!((chebyshev_step_sizes(&eigenvalues, 1)[0] - fixed).abs() < 1e-15);
    }
}
