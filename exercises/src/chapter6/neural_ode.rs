//! `sec6_neural_ode`: one more function without training.

// ANCHOR: task
/// W₁ `[h, 2]`, b₁ `[h]`, W₂ `[2, h]` and b₂ `[2]` of a network with h hidden units.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    /// W₁
    pub w1: Vec<[f64; 2]>,
    /// b₁
    pub b1: Vec<f64>,
    /// W₂
    pub w2: [Vec<f64>; 2],
    /// b₂
    pub b2: [f64; 2],
}

/// Weights with which x′ = W₂ relu(W₁x + b₁) + b₂, x(0) = 0, has x₁ = e⁻ᵗ sin t exactly. (Take x₂ = e⁻ᵗ cos t − 1.)
pub fn damped() -> Weights {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {
    use super::Weights;

    // ANCHOR: solution
    /// Weights with which x′ = W₂ relu(W₁x + b₁) + b₂, x(0) = 0, has x₁ = e⁻ᵗ sin t exactly. (Take x₂ = e⁻ᵗ cos t − 1.)
    pub fn damped() -> Weights {
        let w1 = vec![[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]]; // relu(x) − relu(−x) = x, for both states
        let b1 = vec![0.0; 4];
        let w2 = [vec![-1.0, 1.0, 1.0, -1.0], vec![-1.0, 1.0, -1.0, 1.0]]; // x₁′ = −x₁ + x₂ + 1, x₂′ = −x₁ − x₂ − 1
        let b2 = [1.0, -1.0];
        Weights { w1, b1, w2, b2 }
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(f: fn() -> Weights) {
        let Weights { w1, b1, w2, b2 } = f();
        assert!(w1.len() <= 16 && w1.len() == b1.len(), "16 hidden units at most");
        let field = |x: [f64; 2]| {
            let unit = |(w, b): (&[f64; 2], &f64)| (w[0] * x[0] + w[1] * x[1] + b).max(0.0);
            let hidden: Vec<f64> = w1.iter().zip(&b1).map(unit).collect();
            [0, 1].map(|i| w2[i].iter().zip(&hidden).map(|(w, h)| w * h).sum::<f64>() + b2[i])
        };
        let (mut x, h) = ([0.0, 0.0], 0.001);
        let along = |x: [f64; 2], v: [f64; 2], s: f64| [x[0] + s * v[0], x[1] + s * v[1]];
        for k in 1..=4000 {
            let a = field(x);
            let b = field(along(x, a, h / 2.0));
            let c = field(along(x, b, h / 2.0));
            let d = field(along(x, c, h));
            x = [0, 1].map(|i| x[i] + h / 6.0 * (a[i] + 2.0 * b[i] + 2.0 * c[i] + d[i]));
            let t = h * f64::from(k);
            assert!((x[0] - (-t).exp() * t.sin()).abs() < 1e-9, "{t}: {x:?}");
        }
    }

    #[test]
    fn solution() {
        check(solution::damped);
    }

    #[test]
    #[ignore = "your turn"]
    fn task() {
        check(damped);
    }
}
