//! Chapter 6, an open question: how do step and method bias what is learned?
//!
//! Three answers by experiment, for Euler's method, the midpoint method and RK4 (orders p = 1, 2, 4) with step η:
//!
//! - the coefficient of [`crate::euler`], without noise: a − 2 falls like ηᵖ, since the fit is perfect where R(ηa) = e²ᶯ with the
//!   method's stability function R;
//! - a neural ODE ([`crate::neural_ode`]) trained with few steps and then integrated finely: has it learned a right-hand side, or
//!   a map for these steps?
//! - the continuous adjoint against backprop on Lotka–Volterra: their gradients differ like ηᵖ, and only backprop's is that of
//!   the loss that was computed.
//!
//! | symbol | here |
//! |---|---|
//! | η, p | `step_size`, [`Method::order`] |
//! | λ, the adjoint state | entries 2 and 3 of `augmented` in `order/adjoint.rs` |
//!
//! Run it with `cargo run --release --bin sec6_order`.

use anyhow::Result;
use candle_core::Device;
use common::{
    config::{self, range},
    context::{Context, Finished, Phase},
    ensemble,
    ode::{Method, Solver},
    sampling,
    section::{Preset, Report, Section},
    table::Table,
};

use crate::{
    euler::{self, least_squares},
    neural_ode::{self, Network},
    observations::Observations,
};

mod adjoint;
mod report;

pub use adjoint::{continuous_adjoint, discrete_adjoint};

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
pub struct Config {
    /// Number of networks for each method and step, 1 to 100
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = range::count(100))]
    pub num_seeds: usize,
    /// Number of updates of each network, 1 to 100000
    #[arg(long, value_name = "K", default_value_t = 2000, value_parser = range::count(100_000))]
    pub num_updates: usize,
}

impl Default for Config {
    fn default() -> Self {
        config::defaults()
    }
}

/// The methods compared.
pub const METHODS: [Method; 3] = [Method::Euler, Method::Midpoint, Method::RungeKutta4];

/// Numbers of steps up to T = 1 for the coefficient.
pub const NUM_STEPS: [usize; 6] = [10, 20, 40, 80, 160, 320];

/// Numbers of steps up to T = 10 for the adjoints.
pub const ADJOINT_STEPS: [usize; 6] = [250, 500, 1000, 2000, 4000, 8000];

/// How the networks are trained: method and number of steps up to T = 4.
pub const TRAININGS: [(Method, usize); 6] = [
    (Method::Euler, 10),
    (Method::Euler, 20),
    (Method::Euler, 50),
    (Method::Euler, 200),
    (Method::Midpoint, 10),
    (Method::RungeKutta4, 10),
];

/// The coefficient that fits exp(2t) on [0, 1] without noise.
// ANCHOR: coefficient
pub fn coefficient(method: Method, num_steps: usize) -> f64 {
    let config = euler::Config { method, num_steps, noise_std: 0.0, ..euler::Config::default() };
    let times: Vec<f64> = (1..=num_steps).map(|i| i as f64 * config.step_size()).collect();
    let values = times.iter().map(|t| vec![(config.coefficient * t).exp()]).collect();
    least_squares(&config, &Observations { times, values }, config.coefficient).0
}
// ANCHOR_END: coefficient

/// A network trained with few steps.
#[derive(Debug, Clone)]
pub struct Coarse {
    /// t of the training's steps
    pub ts: Vec<f64>,
    /// x₁ there, as trained
    pub coarse: Vec<f64>,
    /// x₁ there, with the same network integrated by RK4 in 4000 steps
    pub fine: Vec<f64>,
    /// The training's last loss
    pub loss: f64,
}

/// Trains a network on sin t without noise by `method` in `num_steps`, then integrates it finely.
// ANCHOR: coarse
fn train_coarsely(config: &Config, (method, num_steps): (Method, usize), seed: u64, index: u64) -> Result<Coarse> {
    let training = neural_ode::Config {
        method,
        num_steps,
        sample_every: num_steps / 10,
        noise_std: 0.0,
        num_updates: config.num_updates,
        ..neural_ode::Config::default()
    };
    let (rng, start) = (&mut sampling::rng(seed, 2 * index), &mut sampling::rng(seed, 2 * index + 1));
    let fit = neural_ode::fit(&training, f64::sin, rng, start, &Device::Cpu)?;
    let network = Network { num_states: training.num_states, num_hidden: training.num_hidden };
    let theta = fit.parameters.packed()?.to_vec1::<f64>()?;
    let fine =
        Solver::new(network, Method::RungeKutta4, training.end_time / 4000.0).trajectory(&[0.0; 2], &theta, 4000);
    // ANCHOR_END: coarse
    let every = 4000 / num_steps;
    Ok(Coarse {
        ts: (1..=num_steps).map(|i| i as f64 * training.step_size()).collect(),
        coarse: fit.states.iter().map(|x| x[0]).collect(),
        fine: (1..=num_steps).map(|i| fine[i * every - 1][0]).collect(),
        loss: fit.history.last("loss"),
    })
}

/// What came out.
#[derive(Debug)]
pub struct Outcome {
    /// The learned coefficient: for each of the [`METHODS`], for each of [`NUM_STEPS`]
    pub coefficients: Vec<Vec<f64>>,
    /// ‖continuous − discrete‖/‖discrete‖: for each method, for each of [`ADJOINT_STEPS`]
    pub adjoints: Vec<Vec<f64>>,
    /// ‖discrete − exact‖/‖exact‖, the exact gradient by RK4 in 64000 steps
    pub discrete: Vec<Vec<f64>>,
    /// For each of the [`TRAININGS`], for each seed
    pub networks: Vec<Vec<Coarse>>,
}

fn relative(a: &[f64], b: &[f64]) -> f64 {
    let norm = |v: &mut dyn Iterator<Item = f64>| v.map(|v| v * v).sum::<f64>().sqrt();
    norm(&mut a.iter().zip(b).map(|(a, b)| a - b)) / norm(&mut b.iter().copied())
}

/// The section as a program.
#[derive(Debug)]
pub struct Order;

impl Section for Order {
    const NAME: &'static str = "sec6_order";
    const TITLE: &'static str = "Step and method: what they do to coefficients, networks and gradients";
    const HELP: &'static str = "\
How the bias of a learned coefficient falls with the step, for methods of order 1, 2 and 4; what a neural ODE trained with few \
steps is worth when it is integrated finely; how far the continuous adjoint is from backprop through the solver. The figure \
shows all three. Try --num-seeds 2 for a quick look.";
    const PRESETS: &'static [Preset] = &[Preset {
        name: "quick",
        about: "A first look: 2 seeds, 500 updates",
        values: &[("num_seeds", "2"), ("num_updates", "500")],
    }];
    type Config = Config;
    type Outcome = Outcome;

    fn run(config: &Config, context: &mut Context) -> Result<Outcome> {
        config::validate(config)?;
        let coefficients = METHODS.map(|method| NUM_STEPS.map(|n| coefficient(method, n)).to_vec()).to_vec();
        let exact = discrete_adjoint(Method::RungeKutta4, 64_000)?;
        let (mut adjoints, mut discrete) = (vec![], vec![]);
        for method in METHODS {
            let gradients = ADJOINT_STEPS.map(|n| discrete_adjoint(method, n));
            let gradients = gradients.into_iter().collect::<Result<Vec<_>>>()?;
            discrete.push(gradients.iter().map(|gradient| relative(gradient, &exact)).collect());
            let pairs = ADJOINT_STEPS.iter().zip(&gradients);
            adjoints.push(pairs.map(|(&n, gradient)| relative(&continuous_adjoint(method, n), gradient)).collect());
        }
        context.phase(Phase::Training);
        let seeds = 0..config.num_seeds as u64;
        let items: Vec<_> = TRAININGS.iter().flat_map(|&how| seeds.clone().map(move |i| (how, i))).collect();
        let seed = context.seed;
        let train = |&(how, index): &_| train_coarsely(config, how, seed, index);
        let networks = ensemble::train(context, "networks", &items, train, |((method, n), index), one| {
            let columns = [("coarse", &one.coarse), ("fine", &one.fine)].map(|(name, x)| (name.into(), x.clone()));
            Ok(Finished::new(format!("{}_{n}_{}", method.label(), index + 1), Table::of_columns("step", 1, &columns)))
        })?;
        let networks = networks.chunks(config.num_seeds).map(<[_]>::to_vec).collect();
        Ok(Outcome { coefficients, adjoints, discrete, networks })
    }

    fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
        report::report(config, outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::{adjoint::THETA, *};
    use crate::lotka_volterra::LotkaVolterra;

    /// a − 2 falls like ηᵖ with p = 1, 2, 4, within 0.05.
    #[test]
    fn the_bias_has_the_methods_order() {
        for method in METHODS {
            let bias = NUM_STEPS.map(|n| (coefficient(method, n) - 2.0).abs());
            let order = (bias[2] / bias[3]).log2();
            assert!((order - f64::from(method.order())).abs() < 0.05, "{method:?}: {order}");
        }
        let h: f64 = 0.1;
        assert!((coefficient(Method::Euler, 10) - (2.0 * h).exp_m1() / h).abs() < 1e-11);
    }

    /// Backprop is the derivative of what was computed; the continuous adjoint is not, and comes nearer with its order.
    #[test]
    fn the_discrete_adjoint_is_exact_and_the_continuous_one_has_its_order() -> Result<()> {
        for method in METHODS {
            let loss = |theta: [f64; 4]| {
                let states = Solver::new(LotkaVolterra, method, 0.02).trajectory(&[1.0, 1.0], &theta, 500);
                (states[499][0] - 1.0).powi(2) + (states[499][1] - 1.0).powi(2)
            };
            let gradient = discrete_adjoint(method, 500)?;
            for (i, g) in gradient.iter().enumerate() {
                let shifted = |h: f64| {
                    let mut theta = THETA;
                    theta[i] += h;
                    loss(theta)
                };
                let difference = (shifted(1e-5) - shifted(-1e-5)) / 2e-5;
                assert!((g - difference).abs() < 1e-6 * g.abs().max(1.0), "{method:?}: {g} against {difference}");
            }
            let apart =
                |n| -> Result<f64> { Ok(relative(&continuous_adjoint(method, n), &discrete_adjoint(method, n)?)) };
            let n = if method == Method::Euler { 200_000 } else { 4000 }; // Euler's error is large: its order shows late
            let order = (apart(n)? / apart(2 * n)?).log2();
            assert!((order - f64::from(method.order())).abs() < 0.05, "{method:?}: {order}");
        }
        Ok(())
    }
}
