//! `sec4_learned_omega`: the best single factor of each depth.

// ANCHOR: task
/// The ω that makes Σ wᵢ(1 − ωλᵢ)²ᵗ least, for the eigenvalues λ > 0, ascending, weights w and the depth t.
pub fn best_omega(lambda: &[f64], w: &[f64], t: i32) -> f64 {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {
    // ANCHOR: solution
    /// The ω that makes Σ wᵢ(1 − ωλᵢ)²ᵗ least, for the eigenvalues λ > 0, ascending, weights w and the depth t.
    pub fn best_omega(lambda: &[f64], w: &[f64], t: i32) -> f64 {
        let slope = |omega: f64| -> f64 {
            lambda.iter().zip(w).map(|(lambda, w)| -w * lambda * (1.0 - omega * lambda).powi(2 * t - 1)).sum()
        };
        let (mut low, mut high) = (1.0 / lambda[lambda.len() - 1], 1.0 / lambda[0]); // all terms fall, all terms rise
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if slope(middle) < 0.0 { low = middle } else { high = middle }
        }
        0.5 * (low + high)
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {
    use candle_core::Device;
    use chapter4::{
        learned_omega::loss,
        psor,
        relaxation::{Loss, Relaxation, Systems, inverse},
    };
    use common::{linalg, sampling, unfolding::theory};

    fn check(f: fn(&[f64], &[f64], i32) -> f64) -> anyhow::Result<()> {
        let b = psor::matrix(8, &mut sampling::rng(1, 0), &Device::Cpu)?; // symmetric: ‖(I − ωB)ᵗB⁻¹‖² is such a sum with w = 1/λ²
        let lambda = linalg::symmetric_eigenvalues(&b)?;
        let w: Vec<f64> = lambda.iter().map(|l| 1.0 / (l * l)).collect();
        let dot = |u: &[f64], v: &[f64]| -> f64 { u.iter().zip(v).map(|(u, v)| u * v).sum() };
        let squares: Vec<f64> = lambda.iter().map(|l| l * l).collect();
        assert!((f(&lambda, &w, 1) - dot(&w, &lambda) / dot(&w, &squares)).abs() < 1e-12); // a parabola
        let problem = Systems::new(&inverse(&b)?, Loss::Expected)?;
        for depth in [1, 5, 20] {
            let of = |omega: f64| -> anyhow::Result<f64> {
                Ok(loss(&problem, &Relaxation::fixed(&b, &[omega])?, depth, false)?.to_scalar()?)
            };
            let omega = f(&lambda, &w, depth as i32);
            assert!(of(omega)? < of(omega - 1e-3)? && of(omega)? < of(omega + 1e-3)?, "{depth} {omega}");
        }
        let best: Vec<f64> = [2, 5, 20, 150].map(|t| f(&lambda, &w, t)).to_vec();
        let limit = theory::fixed_step_size(&lambda); // 2/(λmin + λmax)
        assert!(best.windows(2).all(|pair| pair[1] < pair[0]) && best[0] > limit + 0.05, "{best:?} {limit}");
        assert!((best[3] - limit).abs() < 0.002, "{best:?} {limit}"); // further down the deeper
        Ok(())
    }

    #[test]
    fn solution() -> anyhow::Result<()> {
        check(super::solution::best_omega)
    }

    #[test]
    #[ignore = "your turn"]
    fn task() -> anyhow::Result<()> {
        check(super::best_omega)
    }
}
