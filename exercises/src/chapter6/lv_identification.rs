//! `sec6_lv_identification`: rates by linear least squares.

// ANCHOR: task
/// (α, β, γ, δ) from a series of x and y at times `dt` apart. Between two times log x changes by α·dt − β∫y dt and log y by −γ·dt + δ∫x dt;
/// with the trapezoidal rule for the integrals each is a linear least-squares problem with two unknowns.
pub fn rates(xs: &[f64], ys: &[f64], dt: f64) -> [f64; 4] {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {
    // ANCHOR: solution
    /// (α, β, γ, δ) from a series of x and y at times `dt` apart. Between two times log x changes by α·dt − β∫y dt and log y by −γ·dt + δ∫x dt;
    /// with the trapezoidal rule for the integrals each is a linear least-squares problem with two unknowns.
    pub fn rates(xs: &[f64], ys: &[f64], dt: f64) -> [f64; 4] {
        let fit = |u: &[f64], v: &[f64]| {
            let [mut tt, mut tv, mut vv, mut tu, mut vu] = [0.0; 5]; // sums of products: of dt, ∫v dt and the change of log u
            for i in 1..u.len() {
                let (integral, change) = (0.5 * dt * (v[i - 1] + v[i]), (u[i] / u[i - 1]).ln());
                (tt, tv, vv) = (tt + dt * dt, tv + dt * integral, vv + integral * integral);
                (tu, vu) = (tu + dt * change, vu + integral * change);
            }
            let determinant = tt * vv - tv * tv;
            [(vv * tu - tv * vu) / determinant, (tt * vu - tv * tu) / determinant]
        };
        let ([alpha, minus_beta], [minus_gamma, delta]) = (fit(xs, ys), fit(ys, xs));
        [alpha, -minus_beta, -minus_gamma, delta]
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {
    use chapter6::{
        lotka_volterra::LotkaVolterra,
        lv_identification::{Config, Problem, SOLVERS, Strategy, TRUTH, identify, observe},
    };
    use common::{
        ode::{Method, Solver},
        sampling,
    };

    fn check(f: fn(&[f64], &[f64], f64) -> [f64; 4]) -> anyhow::Result<()> {
        let solver = Solver::new(LotkaVolterra, Method::RungeKutta4, 0.01);
        let mut states = vec![vec![1.0, 1.0]];
        states.extend(solver.trajectory(&[1.0, 1.0], &TRUTH, 1000));
        let error = |every: usize| {
            let of = |i: usize| -> Vec<f64> { states.iter().step_by(every).map(|state| state[i]).collect() };
            let rates = f(&of(0), &of(1), 0.01 * every as f64);
            rates.iter().zip(TRUTH).map(|(r, t)| (r / t - 1.0f64).abs()).fold(0.0, f64::max)
        };
        assert!(error(2) < 1e-3 && (error(4) / error(2) / 4.0 - 1.0).abs() < 0.1, "{} {}", error(2), error(4)); // of order 2
        let config = Config::default();
        for (noise_std, seeds) in [(0.0, 1), (0.1, 10)] {
            for seed in 0..seeds {
                let data = observe(&config, noise_std, &mut sampling::rng(1, seed));
                let of = |i: usize| -> Vec<f64> { std::iter::once(1.0).chain(data.coordinate(i)).collect() };
                let start = f(&of(0), &of(1), 0.5); // the page's 20 observations
                let problem = Problem::new(&data, SOLVERS[0], config.end_time)?;
                let fit = identify(&config, &problem, Strategy::AtOnce, start)?; // and the training goes on from there
                let near = |theta: [f64; 4], within: f64| {
                    theta.iter().zip(TRUTH).all(|(r, t)| (r / t - 1.0f64).abs() < within)
                };
                let within = if noise_std == 0.0 { 0.12 } else { 0.25 };
                assert!(near(start, within) && near(fit.theta, 0.05), "{noise_std} {seed}: {start:?} {fit:?}");
            }
        }
        Ok(())
    }

    #[test]
    fn solution() -> anyhow::Result<()> {
        check(super::solution::rates)
    }

    #[test]
    #[ignore = "your turn"]
    fn task() -> anyhow::Result<()> {
        check(super::rates)
    }
}
