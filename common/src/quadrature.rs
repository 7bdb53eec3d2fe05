//! Quadrature: ∫ f over an interval as Σ wᵢ·f(tᵢ).

use std::f64::consts::PI;

use serde::Serialize;

/// Where f is looked at and with what weights. The order p: the error of n equal intervals is O(n⁻ᵖ) for smooth f.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Quadrature {
    /// At the left end of each interval: order 1
    Left,
    /// At the right end of each interval: order 1
    Right,
    /// In the middle of each interval: order 2
    Midpoint,
    /// Half at both ends of each interval: order 2
    Trapezoid,
    /// Ends and middles of pairs of intervals, 1 : 4 : 1: order 4
    Simpson,
    /// Gauss and Legendre's points, all n over the whole interval: exact for polynomials of degree 2n − 1
    Gauss,
}

impl Quadrature {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Left, Self::Right, Self::Midpoint, Self::Trapezoid, Self::Simpson, Self::Gauss];

    /// A name for figures and tables.
    pub fn label(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Right => "right",
            Self::Midpoint => "midpoint",
            Self::Trapezoid => "trapezoid",
            Self::Simpson => "Simpson",
            Self::Gauss => "Gauss",
        }
    }

    /// Points tᵢ, ascending, and weights wᵢ on [`from`, `to`], with `n` ≥ 1 intervals, or for Gauss `n` points. Simpson takes
    /// intervals in pairs: an odd `n` counts as the next even one.
    pub fn rule(self, from: f64, to: f64, n: usize) -> (Vec<f64>, Vec<f64>) {
        let n = n.max(1);
        let dt = (to - from) / n as f64;
        let at = |i: f64| from + i * dt;
        match self {
            Self::Left => ((0..n).map(|i| at(i as f64)).collect(), vec![dt; n]),
            Self::Right => ((1..=n).map(|i| at(i as f64)).collect(), vec![dt; n]),
            Self::Midpoint => ((0..n).map(|i| at(i as f64 + 0.5)).collect(), vec![dt; n]),
            Self::Trapezoid => {
                let weight = |i| if i == 0 || i == n { dt / 2.0 } else { dt };
                ((0..=n).map(|i| at(i as f64)).collect(), (0..=n).map(weight).collect())
            }
            Self::Simpson => {
                let n = n.next_multiple_of(2);
                let dt = (to - from) / n as f64;
                let weight = |i| match i {
                    _ if i == 0 || i == n => dt / 3.0,
                    _ if i % 2 == 1 => 4.0 * dt / 3.0,
                    _ => 2.0 * dt / 3.0,
                };
                ((0..=n).map(|i| from + i as f64 * dt).collect(), (0..=n).map(weight).collect())
            }
            Self::Gauss => gauss_legendre(n)
                .into_iter()
                .rev()
                .map(|(x, w)| (from + (to - from) * (x + 1.0) / 2.0, w * (to - from) / 2.0))
                .unzip(),
        }
    }

    /// Σ wᵢ·f(tᵢ).
    pub fn integrate(self, from: f64, to: f64, n: usize, f: impl Fn(f64) -> f64) -> f64 {
        let (points, weights) = self.rule(from, to, n);
        points.into_iter().zip(weights).map(|(t, w)| w * f(t)).sum()
    }
}

/// The zeros of the Legendre polynomial Pₙ on [−1, 1], descending, with weights 2/((1 − x²)·Pₙ′(x)²), by Newton's method.
fn gauss_legendre(n: usize) -> Vec<(f64, f64)> {
    let node = |i: usize| {
        let mut x = (PI * (i as f64 + 0.75) / (n as f64 + 0.5)).cos();
        let mut slope = 1.0;
        for _ in 0..100 {
            let (mut p, mut before) = (1.0, 0.0);
            for k in 1..=n {
                let k = k as f64;
                (p, before) = (((2.0 * k - 1.0) * x * p - (k - 1.0) * before) / k, p);
            }
            slope = n as f64 * (x * p - before) / (x * x - 1.0);
            let step = p / slope;
            x -= step;
            if step.abs() < 1e-15 {
                break;
            }
        }
        (x, 2.0 / ((1.0 - x * x) * slope * slope))
    };
    (0..n).map(node).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_have_their_orders() {
        let error = |rule: Quadrature, n| (rule.integrate(0.0, 1.0, n, f64::exp) - (1f64.exp() - 1.0)).abs();
        for (rule, order) in [
            (Quadrature::Left, 1.0),
            (Quadrature::Right, 1.0),
            (Quadrature::Midpoint, 2.0),
            (Quadrature::Trapezoid, 2.0),
            (Quadrature::Simpson, 4.0),
        ] {
            let measured = (error(rule, 40) / error(rule, 80)).log2();
            assert!((measured - order).abs() < 0.02, "{rule:?}: {measured}");
        }
        assert!(error(Quadrature::Gauss, 8) < 1e-14);
    }

    #[test]
    fn gauss_is_exact_for_polynomials_and_weights_sum_to_the_length() {
        let power = Quadrature::Gauss.integrate(-1.0, 3.0, 5, |x| x.powi(9));
        assert!((power - (3f64.powi(10) - 1.0) / 10.0).abs() < 1e-9);
        for rule in Quadrature::ALL {
            for n in [1, 2, 7, 100] {
                let (points, weights) = rule.rule(-1.0, 2.0, n);
                assert!((weights.iter().sum::<f64>() - 3.0).abs() < 1e-12, "{rule:?} {n}");
                assert!(points.is_sorted() && points[0] >= -1.0 && points[points.len() - 1] <= 2.0 + 1e-15);
            }
        }
    }
}
