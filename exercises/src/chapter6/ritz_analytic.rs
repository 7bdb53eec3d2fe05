//! `sec6_ritz_analytic`: Gauss's points and weights.

// ANCHOR: task
/// Points and weights of Gauss's rule on [0, 1], ascending. On [−1, 1] the points are the zeros of the Legendre polynomial Pₙ, found by
/// Newton's method from cos(π(i − ¼)/(n + ½)), i = 1 … n, and the weights are 2/((1 − x²)·Pₙ′(x)²).
pub fn gauss(n: usize) -> Vec<[f64; 2]> {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {
    use std::f64::consts::PI;

    // ANCHOR: solution
    /// Points and weights of Gauss's rule on [0, 1], ascending. On [−1, 1] the points are the zeros of the Legendre polynomial Pₙ, found by
    /// Newton's method from cos(π(i − ¼)/(n + ½)), i = 1 … n, and the weights are 2/((1 − x²)·Pₙ′(x)²).
    pub fn gauss(n: usize) -> Vec<[f64; 2]> {
        let legendre = |x: f64| {
            let (mut before, mut p) = (1.0, x); // P₀, P₁
            for k in 2..=n {
                let k = k as f64;
                (before, p) = (p, ((2.0 * k - 1.0) * x * p - (k - 1.0) * before) / k);
            }
            (p, n as f64 * (x * p - before) / (x * x - 1.0)) // Pₙ and Pₙ′
        };
        let point = |i: usize| {
            let mut x = (PI * (i as f64 - 0.25) / (n as f64 + 0.5)).cos();
            for _ in 0..10 {
                let (p, slope) = legendre(x);
                x -= p / slope;
            }
            [(1.0 + x) / 2.0, 1.0 / ((1.0 - x * x) * legendre(x).1.powi(2))]
        };
        (1..=n).rev().map(point).collect()
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {
    use common::quadrature::Quadrature;

    fn check(f: fn(usize) -> Vec<[f64; 2]>) {
        for n in [1, 2, 3, 5, 10, 60] {
            let rule = f(n);
            let (points, weights) = Quadrature::Gauss.rule(0.0, 1.0, n);
            for ([t, w], (point, weight)) in rule.iter().zip(points.iter().zip(&weights)) {
                assert!((t - point).abs() < 1e-14 && (w - weight).abs() < 1e-14, "{n}: {t} {w}");
            }
            // exact for all polynomials up to the degree 2n − 1, and no further
            let moment =
                |degree: i32| rule.iter().map(|[t, w]| w * t.powi(degree)).sum::<f64>() - 1.0 / f64::from(degree + 1);
            let last = 2 * n as i32 - 1;
            assert!((0..=last).all(|degree| moment(degree).abs() < 1e-13), "{n}");
            assert!(n > 5 || moment(last + 1).abs() > 1e-7, "{n}");
        }
    }

    #[test]
    fn solution() {
        check(super::solution::gauss);
    }

    #[test]
    #[ignore = "your turn"]
    fn task() {
        check(super::gauss);
    }
}
