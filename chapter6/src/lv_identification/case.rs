//! What both strategies made of one set of data.

use common::{
    ode::{Method, Solver},
    sampling::{Rng, grid, normal_vec},
};

use super::{Config, Fit, SAME, TRUTH};
use crate::{lotka_volterra::LotkaVolterra, observations::Observations};

/// Data, solver, and what both strategies made of all starts.
#[derive(Debug)]
pub struct Case {
    /// Standard deviation of the noise; none if the data came from a file
    pub noise_std: Option<f64>,
    /// The solver
    pub solver: (Method, usize),
    /// The data
    pub data: Observations,
    /// For each of the `STRATEGIES`, for each start
    pub fits: Vec<Vec<Fit>>,
}

impl Case {
    /// The fit with the least loss of all.
    pub fn best(&self) -> Fit {
        let all = self.fits.iter().flatten().copied();
        all.min_by(|a, b| a.loss.total_cmp(&b.loss)).unwrap_or(Fit { theta: TRUTH, loss: f64::NAN })
    }

    /// Whether `fit` found the rates of the best one.
    pub fn found(&self, fit: &Fit) -> bool {
        let best = self.best();
        fit.loss.is_finite() && fit.theta.iter().zip(best.theta).all(|(a, b)| (a / b).ln().abs() <= SAME)
    }
}

/// Both coordinates at t = 0.5, 1 … T, by RK4 in small steps.
pub fn observe(config: &Config, noise_std: f64, rng: &mut Rng) -> Observations {
    let times = grid(0.0, config.end_time, 21).split_off(1);
    let fine = Solver::new(LotkaVolterra, Method::RungeKutta4, config.end_time / 20_000.0);
    let states = fine.trajectory(&[1.0, 1.0], &TRUTH, 20_000);
    let noisy = |i: usize, rng: &mut Rng| {
        let noise = normal_vec(2, rng);
        states[1000 * i - 1].iter().zip(noise).map(|(x, z)| x + noise_std * z).collect()
    };
    Observations { values: (1..=20).map(|i| noisy(i, rng)).collect(), times }
}
