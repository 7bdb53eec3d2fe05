//! `sec6_du_vo`: a price on the end.

// ANCHOR: task
/// The least Σᵢ (xᵢ² + uᵢ²)·dt + g·x_N² over all u₁ … u_N, for xᵢ = xᵢ₋₁ + uᵢ·dt from x₀ = 1, and the u that reach it.
pub fn optimum(num_steps: usize, g: f64) -> (f64, Vec<f64>) {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {
    // ANCHOR: solution
    /// The least Σᵢ (xᵢ² + uᵢ²)·dt + g·x_N² over all u₁ … u_N, for xᵢ = xᵢ₋₁ + uᵢ·dt from x₀ = 1, and the u that reach it.
    pub fn optimum(num_steps: usize, g: f64) -> (f64, Vec<f64>) {
        let dt = 1.0 / num_steps as f64;
        let mut p = g; // after the last step, p·x² is still to be paid
        let mut qs = vec![];
        for _ in 0..num_steps {
            let q = dt + p;
            qs.push(q);
            p = q / (1.0 + q * dt);
        }
        let mut x = 1.0;
        let control = |q: &f64| {
            let u = -q * x / (1.0 + q * dt);
            x += u * dt;
            u
        };
        let us = qs.iter().rev().map(control).collect();
        (p, us)
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {
    use chapter6::variational::discrete_riccati;

    fn check(f: fn(usize, f64) -> (f64, Vec<f64>)) {
        let cost = |us: &[f64], g: f64| {
            let (dt, mut x) = (1.0 / us.len() as f64, 1.0);
            let step = |u: &f64| {
                x += u * dt;
                (x * x + u * u) * dt
            };
            let sum: f64 = us.iter().map(step).sum();
            sum + g * x * x
        };
        let (value, us, _) = discrete_riccati(50);
        assert_eq!(f(50, 0.0), (value, us)); // the page's problem
        for g in [0.5, 3.0, 100.0] {
            let (value, us) = f(50, g);
            assert!((cost(&us, g) - value).abs() < 1e-12, "{g}");
            for (i, change) in (0..50).flat_map(|i| [(i, 0.01), (i, -0.01)]) {
                let mut other = us.clone();
                other[i] += change;
                assert!(cost(&other, g) > value, "{g} {i}"); // no single u is better
            }
        }
        assert!((f(20_000, 0.5).0 - (1.0 + 0.5f64.atanh()).tanh()).abs() < 1e-4); // P′ = P² − 1, P(1) = g
        assert!((f(20_000, 1.0).0 - 1.0).abs() < 1e-4); // P = 1 stays
    }

    #[test]
    fn solution() {
        check(super::solution::optimum);
    }

    #[test]
    #[ignore = "your turn"]
    fn task() {
        check(super::optimum);
    }
}
