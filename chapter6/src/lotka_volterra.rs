//! Chapter 6: the Lotka–Volterra equations are kept at a point, through a thousand steps of Euler's method.
//!
//! x′ = αx − βxy, y′ = −γy + δxy from (1, 1) runs around its equilibrium (γ/δ, α/β). The four parameters are learned by Adam so that
//! the solution stays at (1, 1): loss Σᵢ ‖(xᵢ, yᵢ) − (1, 1)‖², i = 1 … N. This is control to a set point, not estimation from data:
//! every α = β, γ = δ makes (1, 1) the equilibrium, with a loss of exactly 0.
//!
//! | symbol | here |
//! |---|---|
//! | α, β, γ, δ | `theta`, four numbers |
//! | T, N | `end_time`, `num_steps` |
//! | f(x, y) | [`LotkaVolterra`] |
//! | V | [`invariant`] |
//!
//! Run it with `cargo run --release --bin sec6_du_euler_lv`. `--preset book` stops after the notebook's 50 updates, far from done.

use anyhow::Result;
use candle_core::Tensor;
use candle_nn::Optimizer as _;
use common::{
    config::{self, range},
    context::{Context, Phase},
    loss::sum_squared_error,
    ode::{Method, Solver},
    optim::{self, Optimizer, Rule},
    section::{Input, Preset, Report, Section},
    table::Table,
    training::train,
};

mod field;
mod report;

pub use field::{LotkaVolterra, four, invariant};

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
pub struct Config {
    /// Start values of α, β, γ and δ, each from 0 to 10
    #[arg(long, value_name = "α,β,γ,δ", value_delimiter = ',', default_value = "1.5,1,3,1", value_parser = coefficient)]
    pub start: Vec<f64>,
    /// Time T at the end, > 0
    #[arg(long, value_name = "T", default_value_t = 10.0, value_parser = range::positive)]
    pub end_time: f64,
    /// Number of steps N, 1 to 100000
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = range::count(100_000))]
    pub num_steps: usize,
    /// The solver's method
    #[arg(long, value_enum, default_value = "euler")]
    pub method: Method,
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

fn coefficient(text: &str) -> Result<f64, String> {
    range::non_negative(text).ok().filter(|c| *c <= 10.0).ok_or_else(|| "must be a number from 0 to 10".into())
}

/// Names of the parameters, in θ's order.
pub const NAMES: [&str; 4] = ["alpha", "beta", "gamma", "delta"];

/// x₀ … x_N of both coordinates.
#[derive(Debug, Clone)]
pub struct Path {
    /// Prey
    pub x: Vec<f64>,
    /// Predators
    pub y: Vec<f64>,
}

impl Path {
    /// From (1, 1) by `method`.
    pub fn of(method: Method, theta: [f64; 4], end_time: f64, num_steps: usize) -> Self {
        let solver = Solver::new(LotkaVolterra, method, end_time / num_steps as f64);
        let (mut x, mut y) = (vec![1.0], vec![1.0]);
        for state in solver.trajectory(&[1.0, 1.0], &theta, num_steps) {
            x.push(state[0]);
            y.push(state[1]);
        }
        Self { x, y }
    }
}

/// What came out.
#[derive(Debug)]
pub struct Outcome {
    /// α, β, γ, δ after each update
    pub parameters: Vec<[f64; 4]>,
    /// The loss after each update
    pub history: Table,
}

/// The section as a program.
#[derive(Debug)]
pub struct EulerLv;

impl Section for EulerLv {
    const NAME: &'static str = "sec6_du_euler_lv";
    const TITLE: &'static str = "Lotka–Volterra kept at a point, through a thousand steps of Euler's method";
    const HELP: &'static str = "\
The four parameters of x' = αx − βxy, y' = −γy + δxy are learned so that the solution from (1, 1) stays there up to T = 10. The \
figure shows the phase plane with the contours of the constant of motion, before and after training, and the loss. Try \
--preset book (50 updates are far from enough) and --method rk4 (Euler's outward spiral is a part of what is learned).";
    const PRESETS: &'static [Preset] =
        &[Preset { name: "book", about: "50 updates, as published", values: &[("num_updates", "50")] }];
    const INPUTS: &'static [Input] = &[Input::PARAMETERS];
    type Config = Config;
    type Outcome = Outcome;

    fn run(config: &Config, context: &mut Context) -> Result<Outcome> {
        config::validate(config)?;
        let &[alpha, beta, gamma, delta] = config.start.as_slice() else {
            let problem = format!("invalid value for '--start': four numbers α,β,γ,δ, not {}", config.start.len());
            return Err(config::Usage(problem).into());
        };
        let device = &context.device.clone();
        context.phase(Phase::Training);
        // ANCHOR: training
        let mut first = [alpha, beta, gamma, delta];
        for (name, value) in NAMES.into_iter().zip(&mut first) {
            *value = context.parameter(name, &Tensor::new(*value, device)?)?.to_scalar()?;
        }
        let theta = optim::parameter(&Tensor::new(&first, device)?)?; // (α, β, γ, δ)
        let start = Tensor::new(&[1.0, 1.0], device)?; // (x₀, y₀)
        let set_point = Tensor::ones((config.num_steps, 2), start.dtype(), device)?; // (1, 1) at every step
        let solver = Solver::new(LotkaVolterra, config.method, config.end_time / config.num_steps as f64).rollout();
        let parameters = std::cell::RefCell::new(vec![]);
        let mut history = Table::new("update", ["loss"]);
        let mut optimizer = Optimizer::new(vec![theta.clone()], Rule::Adam.with(config.learning_rate))?;
        train(context, &mut history, &mut optimizer, config.num_updates, || {
            parameters.borrow_mut().push(four(&theta.to_vec1()?));
            let states = solver.forward(&start, &theta, config.num_steps)?; // (xᵢ, yᵢ), i = 1 … N
            Ok(sum_squared_error(&states, &set_point)?) // Σᵢ ‖(xᵢ, yᵢ) − (1, 1)‖²
        })?;
        // ANCHOR_END: training
        Ok(Outcome { parameters: parameters.into_inner(), history })
    }

    fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
        report::report(config, outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Any α = β, γ = δ has loss exactly 0 and nothing to learn.
    #[test]
    fn an_equilibrium_is_a_perfect_start() -> Result<()> {
        let config = Config { start: vec![0.7, 0.7, 2.5, 2.5], num_updates: 2, ..Config::default() };
        let outcome = EulerLv::run(&config, &mut Context::new(1))?;
        assert_eq!(outcome.history.column("loss"), [0.0; 3]);
        assert_eq!(outcome.parameters[2], [0.7, 0.7, 2.5, 2.5]);
        Ok(())
    }

    /// V is constant in the equation; Euler's method makes it grow, the semi-implicit one keeps it within bounds.
    #[test]
    fn euler_spirals_out_and_the_symplectic_method_does_not() {
        let theta = [1.5, 1.0, 3.0, 1.0];
        let drift = |method| {
            let path = Path::of(method, theta, 10.0, 1000);
            let v: Vec<f64> = path
                .x
                .iter()
                .zip(&path.y)
                .map(|(&x, &y)| invariant(theta, x, y) - invariant(theta, 1.0, 1.0))
                .collect();
            (v[1000], v.iter().fold(0f64, |worst, v| worst.max(v.abs())))
        };
        assert!(drift(Method::Euler).0 > 0.5);
        assert!(drift(Method::SemiImplicit).1 < 0.1);
        assert!(drift(Method::RungeKutta4).1 < 1e-5);
    }
}
