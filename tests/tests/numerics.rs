//! Solvers, samplers and quadratures that chapter 4 compares with, each against a second method.

use candle_core::{Device, Tensor};
use common::{estimation, linalg, sampling};

type Result<T> = anyhow::Result<T>;

fn value(g: &[Vec<f64>], b: &[f64], x: &[f64]) -> f64 {
    let quadratic: f64 = g.iter().zip(x).map(|(row, xi)| xi * row.iter().zip(x).map(|(a, b)| a * b).sum::<f64>()).sum();
    0.5 * quadratic - b.iter().zip(x).map(|(b, x)| b * x).sum::<f64>()
}

/// All 4096 signs written out, each value computed afresh; and what a negated b must give.
#[test]
fn the_least_value_over_all_signs_is_found() -> Result<()> {
    let (n, count) = (12, 20);
    let rng = &mut sampling::rng(1, 0);
    let a = sampling::normal_matrix(n, n, rng, &Device::Cpu)?;
    let g = a.t()?.matmul(&a)?;
    let b = (sampling::normal_matrix(count, n, rng, &Device::Cpu)? * 5.0)?;
    let found = linalg::signs_minimum(&g, &b)?.to_vec2::<f64>()?;
    let rows = g.to_vec2::<f64>()?;
    for (b, found) in b.to_vec2::<f64>()?.iter().zip(&found) {
        let signs = |code: usize| (0..n).map(|i| if code >> i & 1 == 1 { 1.0 } else { -1.0 }).collect::<Vec<f64>>();
        let least = (0..1 << n).map(signs).min_by(|x, y| value(&rows, b, x).total_cmp(&value(&rows, b, y)));
        assert_eq!(Some(found), least.as_ref());
    }
    let mirrored = linalg::signs_minimum(&g, &b.neg()?)?.neg()?.to_vec2::<f64>()?;
    assert_eq!(found, mirrored);
    assert!(linalg::signs_minimum(&Tensor::eye(17, g.dtype(), &Device::Cpu)?, &b).is_err());
    assert!(linalg::signs_minimum(&g, &b.narrow(1, 0, 3)?).is_err());
    Ok(())
}

#[test]
fn a_symmetric_system_is_solved() -> Result<()> {
    let rng = &mut sampling::rng(2, 0);
    let a = sampling::normal_matrix(9, 6, rng, &Device::Cpu)?;
    let g = a.t()?.matmul(&a)?;
    let b = sampling::normal_matrix(4, 6, rng, &Device::Cpu)?;
    let x = linalg::symmetric_solve(&g, &b)?;
    let residual = (x.matmul(&g)? - &b)?.abs()?.max_all()?.to_scalar::<f64>()?;
    assert!(residual < 1e-12, "{residual}");
    assert!(linalg::symmetric_solve(&g.neg()?, &b).is_err());
    assert!(linalg::symmetric_solve(&a, &b).is_err());
    Ok(())
}

#[test]
fn samples_are_what_they_are_called() {
    let (count, rng) = (100_000, &mut sampling::rng(3, 0));
    let sparse = sampling::bernoulli_gaussian_vec(count, 0.1, rng);
    let active: Vec<f64> = sparse.iter().copied().filter(|x| *x != 0.0).collect();
    let share = active.len() as f64 / count as f64;
    assert!((share - 0.1).abs() < 5.0 * (0.1 * 0.9 / count as f64).sqrt(), "{share}");
    let variance = active.iter().map(|x| x * x).sum::<f64>() / active.len() as f64;
    assert!((variance - 1.0).abs() < 5.0 * (2.0 / active.len() as f64).sqrt(), "{variance}");
    let signs = sampling::sign_vec(count, rng);
    assert!(signs.iter().all(|x| x.abs() == 1.0));
    assert!(signs.iter().sum::<f64>().abs() < 5.0 * (count as f64).sqrt());
    let rows = sampling::resample(count, 10, rng);
    for row in 0..10 {
        let hits = rows.iter().filter(|&&r| r == row).count() as f64;
        assert!((hits - 1e4).abs() < 5.0 * (1e4 * 0.9f64).sqrt(), "row {row}: {hits}");
    }
}

/// The best estimator's error as it turns out on a million samples.
#[test]
fn least_errors_agree_with_simulations() {
    let (count, rng) = (1_000_000, &mut sampling::rng(4, 0));
    let check = |found: f64, errors: Vec<f64>| {
        let n = errors.len() as f64;
        let mean = errors.iter().sum::<f64>() / n;
        let deviation = (errors.iter().map(|e| (e - mean) * (e - mean)).sum::<f64>() / n / n).sqrt();
        assert!((found - mean).abs() < 5.0 * deviation, "{found}, simulated {mean} ± {deviation}");
    };
    for variance in [0.1f64, 1.0, 4.0] {
        let (x, z) = (sampling::sign_vec(count, rng), sampling::normal_vec(count, rng));
        let estimate = |(x, z): (&f64, &f64)| (((x + variance.sqrt() * z) / variance).tanh() - x).powi(2);
        check(estimation::mmse_of_signs(variance), x.iter().zip(&z).map(estimate).collect());
    }
    for (variance, active) in [(0.001f64, 0.05), (0.05, 0.1), (1.0, 0.3)] {
        let (x, z) = (sampling::bernoulli_gaussian_vec(count, active, rng), sampling::normal_vec(count, rng));
        let estimate = |(x, z): (&f64, &f64)| {
            let r = x + variance.sqrt() * z;
            (estimation::bernoulli_gaussian_posterior(r, variance, active).0 - x).powi(2)
        };
        check(estimation::mmse_of_bernoulli_gaussian(variance, active), x.iter().zip(&z).map(estimate).collect());
    }
}
