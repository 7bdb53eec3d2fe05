//! Chapter 6: an optimal control, learned through the solver.
//!
//! Minimise J = ∫₀¹ (x² + u²) dt with x′ = u, x(0) = 1. The control is u(t) = Σⱼ θⱼφⱼ(t), the 50 radial basis functions of section
//! 2.5.1; the state follows step by step, xᵢ = xᵢ₋₁ + uᵢ·dt, and J ≈ Σᵢ (xᵢ² + uᵢ²)·dt with uᵢ = u(i·dt), i = 1 … N. θ is learned by
//! Adam with the gradient through all N steps.
//!
//! | symbol | here |
//! |---|---|
//! | φⱼ(i·dt) | [`RadialBasis`] |
//! | N, dt | `num_steps`, 1/N |
//! | x ← x + uᵢ·dt, J ← J + (x² + uᵢ²)·dt | [`Dynamics`] |
//! | P | [`riccati`], [`discrete_riccati`] |
//!
//! Run it with `cargo run --release --bin sec6_du_vo`. Pontryagin's principle gives u = −P·x with Riccati's P = tanh(1 − t),
//! x = cosh(1 − t)/cosh 1 and J = tanh 1; the sum has an optimum of its own, by Riccati's recursion.

use anyhow::Result;
use candle_core::{DType, Tensor};
use candle_nn::Optimizer as _;
use common::{
    basis::RadialBasis,
    config::{self, range},
    context::{Context, Phase},
    ops::{FixedMap, Rollout},
    optim::{Optimizer, Rule},
    quadrature::Quadrature,
    section::{Input, Report, Section},
    table::Table,
    training::train,
};

mod dynamics;
mod report;

pub use dynamics::Dynamics;

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
pub struct Config {
    /// Number of basis functions, 1 to 500
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = range::count(500))]
    pub num_basis: usize,
    /// Width parameter β of the basis functions, > 0: the larger, the narrower
    #[arg(long, value_name = "β", default_value_t = 20.0, value_parser = range::positive)]
    pub width: f64,
    /// Distance δ between neighbouring centres, > 0
    #[arg(long, value_name = "δ", default_value_t = 0.05, value_parser = range::positive)]
    pub spacing: f64,
    /// Number of steps N, 1 to 10000
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = range::count(10_000))]
    pub num_steps: usize,
    /// Where in each step the control is taken
    #[arg(long, value_enum, default_value = "right")]
    pub control_at: ControlAt,
    /// Learning rate of Adam, > 0
    #[arg(long, value_name = "α", default_value_t = 0.1, value_parser = range::positive)]
    pub learning_rate: f64,
    /// Number of updates, 1 to 100000
    #[arg(long, value_name = "K", default_value_t = 200, value_parser = range::count(100_000))]
    pub num_updates: usize,
}

impl Default for Config {
    fn default() -> Self {
        config::defaults()
    }
}

/// The time of uᵢ in the step from (i − 1)·dt to i·dt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum ControlAt {
    /// (i − 1)·dt
    Left,
    /// (i − ½)·dt
    Middle,
    /// i·dt, as published
    Right,
}

impl Config {
    /// The times of u₁ … u_N.
    pub fn control_times(&self) -> Vec<f64> {
        let rule = match self.control_at {
            ControlAt::Left => Quadrature::Left,
            ControlAt::Middle => Quadrature::Midpoint,
            ControlAt::Right => Quadrature::Right,
        };
        rule.rule(0.0, 1.0, self.num_steps).0
    }
}

/// u(t) and x(t) of the exact solution.
// ANCHOR: riccati
pub fn riccati(t: f64) -> [f64; 2] {
    let p = (1.0 - t).tanh(); // P′ = P² − 1, P(1) = 0
    let x = (1.0 - t).cosh() / 1f64.cosh(); // x′ = −P·x
    [-p * x, x]
}

/// The least value of Σᵢ (xᵢ² + uᵢ²)·dt over all u₁ … u_N, and the u and x that reach it.
pub fn discrete_riccati(num_steps: usize) -> (f64, Vec<f64>, Vec<f64>) {
    let dt = 1.0 / num_steps as f64;
    let mut q = vec![0.0; num_steps];
    let mut p = 0.0; // the cost still to come after step i is p·xᵢ²
    for q in q.iter_mut().rev() {
        *q = dt + p;
        p = *q / (1.0 + *q * dt);
    }
    let (mut x, mut us, mut xs) = (1.0, vec![], vec![]);
    for q in q {
        let u = -q * x / (1.0 + q * dt);
        x += u * dt;
        us.push(u);
        xs.push(x);
    }
    (p, us, xs)
}
// ANCHOR_END: riccati

/// What came out.
#[derive(Debug)]
pub struct Outcome {
    /// θ
    pub theta: Vec<f64>,
    /// u₁ … u_N
    pub control: Vec<f64>,
    /// x₁ … x_N
    pub state: Vec<f64>,
    /// The loss after each update
    pub history: Table,
}

/// The section as a program.
#[derive(Debug)]
pub struct Variational;

impl Section for Variational {
    const NAME: &'static str = "sec6_du_vo";
    const TITLE: &'static str = "An optimal control, learned through the solver";
    const HELP: &'static str = "\
∫(x² + u²) dt is minimised with x' = u, x(0) = 1. The control is a sum of 50 Gaussian bumps, the state follows in 200 steps, \
and the weights are learned by 200 updates of Adam through all steps. The figure shows control and state beside the exact \
ones, their errors, and the loss. Try --control-at middle (the error falls to that of the steps) and --num-steps 50.";
    const INPUTS: &'static [Input] = &[Input::PARAMETERS];
    type Config = Config;
    type Outcome = Outcome;

    fn run(config: &Config, context: &mut Context) -> Result<Outcome> {
        config::validate(config)?;
        let device = &context.device.clone();
        context.phase(Phase::Training);
        // ANCHOR: training
        let dt = 1.0 / config.num_steps as f64;
        let basis = RadialBasis { num_basis: config.num_basis, width: config.width, spacing: config.spacing };
        let phi = FixedMap::new(&basis.values(&config.control_times(), device)?)?; // φⱼ(i·dt)
        let theta = context.parameter("theta", &Tensor::ones(config.num_basis, DType::F64, device)?)?;
        let start = Tensor::new(&[1.0, 0.0], device)?; // x₀ = 1, J₀ = 0
        let solver = Rollout::new(Dynamics { dt });
        let control = || phi.matmul(&theta); // uᵢ = Σⱼ θⱼφⱼ(i·dt)
        let mut history = Table::new("update", ["loss"]);
        let mut optimizer = Optimizer::new(vec![theta.clone()], Rule::Adam.with(config.learning_rate))?;
        train(context, &mut history, &mut optimizer, config.num_updates, || {
            Ok(solver.last_entry(&start, &control()?, config.num_steps, 1)?) // J = Σᵢ (xᵢ² + uᵢ²)·dt
        })?;
        // ANCHOR_END: training
        let u = control()?;
        let state = solver.forward(&start, &u, config.num_steps)?.narrow(1, 0, 1)?.squeeze(1)?;
        Ok(Outcome { theta: theta.to_vec1()?, control: u.to_vec1()?, state: state.to_vec1()?, history })
    }

    fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
        report::report(config, outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Riccati's recursion against the linear system of the sum's normal equations, and against the equation for small steps.
    #[test]
    fn the_discrete_optimum_is_the_optimum() {
        let (value, us, xs) = discrete_riccati(50);
        let cost = |us: &[f64]| {
            let mut x = 1.0;
            us.iter()
                .map(|u| {
                    x += u / 50.0;
                    (x * x + u * u) / 50.0
                })
                .sum::<f64>()
        };
        assert!((cost(&us) - value).abs() < 1e-15 && xs.len() == 50);
        for i in [0, 20, 49] {
            let shifted = |h: f64| {
                let mut us = us.clone();
                us[i] += h;
                cost(&us)
            };
            assert!(((shifted(1e-4) - shifted(-1e-4)) / 2e-4).abs() < 1e-12);
            assert!(shifted(0.1) > value);
        }
        assert!((discrete_riccati(10_000).0 - 1f64.tanh()).abs() < 1e-4);
    }

    #[test]
    fn training_comes_near_the_discrete_optimum_and_not_below() -> Result<()> {
        let outcome = Variational::run(&Config::default(), &mut Context::new(1))?;
        let (least, ..) = discrete_riccati(200);
        let losses = outcome.history.column("loss");
        assert!(losses.iter().all(|&loss| loss >= least));
        assert!(losses[200] - least < 1e-4, "{} against {least}", losses[200]);
        Ok(())
    }
}
