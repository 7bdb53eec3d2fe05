//! `sec6_order`: a method of order 3.

// ANCHOR: task
/// A step h of Kutta's method for x′ = f(t, x): slopes k₁ at (t, x), k₂ at (t + h/2, x + h/2·k₁) and k₃ at (t + h, x + h(2k₂ − k₁)); then
/// x + h/6·(k₁ + 4k₂ + k₃).
pub fn step(f: &dyn Fn(f64, &[f64]) -> Vec<f64>, t: f64, x: &[f64], h: f64) -> Vec<f64> {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {
    // ANCHOR: solution
    /// A step h of Kutta's method for x′ = f(t, x): slopes k₁ at (t, x), k₂ at (t + h/2, x + h/2·k₁) and k₃ at (t + h, x + h(2k₂ − k₁)); then
    /// x + h/6·(k₁ + 4k₂ + k₃).
    pub fn step(f: &dyn Fn(f64, &[f64]) -> Vec<f64>, t: f64, x: &[f64], h: f64) -> Vec<f64> {
        let at = |parts: &[(f64, &[f64])]| -> Vec<f64> {
            let moved = |i: usize| x[i] + h * parts.iter().map(|(a, k)| a * k[i]).sum::<f64>();
            (0..x.len()).map(moved).collect()
        };
        let k1 = f(t, x);
        let k2 = f(t + h / 2.0, &at(&[(0.5, &k1)]));
        let k3 = f(t + h, &at(&[(2.0, &k2), (-1.0, &k1)]));
        at(&[(1.0 / 6.0, &k1), (4.0 / 6.0, &k2), (1.0 / 6.0, &k3)])
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {
    use chapter6::lotka_volterra::LotkaVolterra;
    use common::ode::{Method, Solver};

    fn check(step: impl Fn(&dyn Fn(f64, &[f64]) -> Vec<f64>, f64, &[f64], f64) -> Vec<f64>) {
        let growth = step(&|_, x| x.to_vec(), 0.0, &[1.0], 0.3)[0]; // R(z) = 1 + z + z²/2 + z³/6
        assert!((growth - (1.0 + 0.3 + 0.045 + 0.0045)).abs() < 1e-15, "{growth}");
        assert!((step(&|t, _| vec![t * t], 1.0, &[0.0], 1.0)[0] - 7.0 / 3.0).abs() < 1e-14); // Simpson's rule
        // the bias of the learned coefficient, from R(ηa) = exp(2η): 2⁴/4!·η³
        let bias = |eta: f64| {
            let (mut low, mut high) = (1.0, 3.0);
            for _ in 0..60 {
                let a = 0.5 * (low + high);
                let factor = step(&|_, x| vec![a * x[0]], 0.0, &[1.0], eta)[0];
                if factor < (2.0 * eta).exp() { low = a } else { high = a }
            }
            low - 2.0
        };
        assert!((bias(0.01) / (2.0 / 3.0 * 1e-6) - 1.0).abs() < 0.05, "{}", bias(0.01));
        // and of order 3 where nothing is linear
        let theta = [1.5, 1.0, 3.0, 1.0];
        let field = |_: f64, s: &[f64]| {
            vec![theta[0] * s[0] - theta[1] * s[0] * s[1], -theta[2] * s[1] + theta[3] * s[0] * s[1]]
        };
        let fine = Solver::new(LotkaVolterra, Method::RungeKutta4, 1e-3).trajectory(&[1.0, 1.0], &theta, 2000);
        let error = |n: u32| {
            let h = 2.0 / f64::from(n);
            let end = (0..n).fold(vec![1.0, 1.0], |x, k| step(&field, f64::from(k) * h, &x, h));
            (end[0] - fine[1999][0]).hypot(end[1] - fine[1999][1])
        };
        let order = (error(200) / error(400)).log2();
        assert!((order - 3.0).abs() < 0.1, "{order}");
    }

    #[test]
    fn solution() {
        check(super::solution::step);
    }

    #[test]
    #[ignore = "your turn"]
    fn task() {
        check(super::step);
    }
}
