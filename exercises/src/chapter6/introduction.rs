//! `chapter6`: the sweep backwards, by hand.

// ANCHOR: task
/// ∂L/∂θ for L = Σₖ (xₖ − dataₖ)², k = 1, 2, …, and Euler's method for x′ = θx(1 − x), xₖ₊₁ = xₖ + ηθxₖ(1 − xₖ), from `x0`.
pub fn gradient(x0: f64, theta: f64, eta: f64, data: &[f64]) -> f64 {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {
    // ANCHOR: solution
    /// ∂L/∂θ for L = Σₖ (xₖ − dataₖ)², k = 1, 2, …, and Euler's method for x′ = θx(1 − x), xₖ₊₁ = xₖ + ηθxₖ(1 − xₖ), from `x0`.
    pub fn gradient(x0: f64, theta: f64, eta: f64, data: &[f64]) -> f64 {
        let mut xs = vec![x0]; // forwards, all states are kept
        for _ in data {
            let x = xs[xs.len() - 1];
            xs.push(x + eta * theta * x * (1.0 - x));
        }
        let (mut g, mut gradient) = (0.0, 0.0);
        for k in (0..data.len()).rev() {
            let x = xs[k];
            g += 2.0 * (xs[k + 1] - data[k]); // gₖ₊₁, the direct part included
            gradient += eta * x * (1.0 - x) * g; // (∂F/∂θ)ᵀgₖ₊₁
            g *= 1.0 + eta * theta * (1.0 - 2.0 * x); // (∂F/∂x)ᵀgₖ₊₁
        }
        gradient
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {

    fn check(f: fn(f64, f64, f64, &[f64]) -> f64) {
        let data: Vec<f64> = (1..=50).map(|k| 0.3 + 0.01 * f64::from(k)).collect();
        let loss = |theta: f64| {
            let mut x = 0.1;
            let step = |data: &f64| {
                x += 0.1 * theta * x * (1.0 - x);
                (x - data).powi(2)
            };
            data.iter().map(step).sum::<f64>()
        };
        for theta in [0.5, 1.0, 3.0] {
            let difference = (loss(theta + 1e-6) - loss(theta - 1e-6)) / 2e-6;
            assert!((f(0.1, theta, 0.1, &data) - difference).abs() < 1e-7, "{theta}: {difference}");
        }
    }

    #[test]
    fn solution() {
        check(super::solution::gradient);
    }

    #[test]
    #[ignore = "your turn"]
    fn task() {
        check(super::gradient);
    }
}
