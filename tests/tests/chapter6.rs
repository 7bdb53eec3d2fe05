//! Chapter 6 against JAX (tests/reference/differential_equations.py) and against what theory says.

mod support;

use anyhow::Result;
use candle_core::{Device, Tensor, Var};
use chapter6::{
    euler::Growth,
    lotka_volterra::{self, EulerLv, LotkaVolterra, four},
    neural_ode::Network,
    rayleigh_ritz::RayleighRitz,
    variational::{Dynamics, Variational},
};
use common::{
    config,
    context::Context,
    gradient_check::gradient_error,
    ode::{Method, Solver},
    ops::{Recurrence, Rollout},
    sampling::{self, normal_vec},
    section::Section,
};
use support::fixtures::{assert_each_close, assert_vector_close, fixture, numbers, rows};

const METHODS: [Method; 4] = [Method::Euler, Method::SemiImplicit, Method::Midpoint, Method::RungeKutta4];

/// Row for row: 201 losses that fall from 12,000 to 5·10⁻⁷. The last ones are sums of squares of 10⁻⁵, so their relative error is
/// that of the states times 10⁵; JAX and NumPy agree to 4·10⁻¹¹.
#[test]
fn lotka_volterra_follows_jax() -> Result<()> {
    let fixture = fixture("lotka_volterra");
    let outcome = EulerLv::run(&lotka_volterra::Config::default(), &mut Context::new(1))?;
    assert_each_close("loss", &outcome.history.column("loss"), &numbers(&fixture["loss"]), 1e-10);
    for (found, expected) in outcome.parameters.iter().zip(rows(&fixture["parameters"])) {
        assert_vector_close("parameters", found, &expected, 1e-12);
    }
    Ok(())
}

/// The first update takes all weights from 1 to 0 but for Adam's ε: that loss is 0, and its digits are rounding.
#[test]
fn rayleigh_ritz_follows_jax() -> Result<()> {
    let fixture = fixture("rayleigh_ritz");
    let outcome = RayleighRitz::run(&config::defaults(), &mut Context::new(1))?;
    let (mut found, mut expected) = (outcome.history.column("loss"), numbers(&fixture["loss"]));
    assert!((found.remove(1) - expected.remove(1)).abs() < 1e-9);
    assert_each_close("loss", &found, &expected, 1e-10);
    assert_vector_close("weights", &outcome.theta, &numbers(&fixture["theta"]), 1e-8);
    Ok(())
}

#[test]
fn the_variational_problem_follows_jax() -> Result<()> {
    let fixture = fixture("variational");
    let outcome = Variational::run(&config::defaults(), &mut Context::new(1))?;
    assert_each_close("loss", &outcome.history.column("loss"), &numbers(&fixture["loss"]), 1e-12);
    assert_vector_close("weights", &outcome.theta, &numbers(&fixture["theta"]), 1e-11);
    Ok(())
}

/// Values and gradients of the fused form against the plain loop, and against central differences.
fn agrees<R: Recurrence>(name: &str, recurrence: R, start: &[f64], theta: Vec<f64>, num_steps: usize) -> Result<()> {
    let rollout = Rollout::new(recurrence);
    let (start, theta) = (Var::new(start, &Device::Cpu)?, Var::new(theta, &Device::Cpu)?);
    let all = |states: Tensor| -> Result<Vec<f64>> {
        let weights = Tensor::arange(0.0, states.elem_count() as f64, &Device::Cpu)?.cos()?.reshape(states.shape())?;
        let grads = (&states * weights)?.sum_all()?.backward()?;
        let mut numbers = states.flatten_all()?.to_vec1::<f64>()?;
        for var in [&start, &theta] {
            numbers.extend(grads.get(var).expect("a gradient").to_vec1::<f64>()?);
        }
        Ok(numbers)
    };
    for (fused, plain) in [
        (rollout.forward(&start, &theta, num_steps)?, rollout.forward_plain(&start, &theta, num_steps)?),
        (rollout.last(&start, &theta, num_steps)?, rollout.last_plain(&start, &theta, num_steps)?),
    ] {
        assert_vector_close(name, &all(fused)?, &all(plain)?, 1e-12);
    }
    let error = gradient_error(&[start.clone(), theta.clone()], 1e-6, || {
        Ok(rollout.forward(&start, &theta, num_steps)?.sin()?.sum_all()?)
    })?;
    assert!(error < 1e-6, "{name}: {error}");
    Ok(())
}

#[test]
fn every_roll_out_of_the_chapter_agrees_with_plain_steps() -> Result<()> {
    for method in METHODS {
        let name = method.label();
        agrees(name, Solver::new(LotkaVolterra, method, 0.01), &[1.0, 1.2], vec![1.5, 1.0, 3.0, 1.0], 100)?;
        let network = Network { num_states: 2, num_hidden: 16 };
        let theta = normal_vec(82, &mut sampling::rng(5, 0)).iter().map(|z| 0.4 * z).collect();
        agrees(name, Solver::new(network, method, 0.02), &[0.3, -0.4], theta, 60)?;
        if method != Method::SemiImplicit {
            agrees(name, Solver::new(Growth, method, 0.01), &[1.0], vec![2.0], 100)?;
        }
    }
    let control = normal_vec(50, &mut sampling::rng(6, 0));
    agrees("control", Dynamics { dt: 0.02 }, &[1.0, 0.0], control, 50)
}

/// 10,000 steps of the nonlinear equation, forward and back, on a stack of 2 MiB.
#[test]
fn ten_thousand_steps_do_not_overflow_the_stack() -> Result<()> {
    let deep = || -> Result<Vec<f64>> {
        let theta = Var::new(&[1.5, 1.0, 3.0, 1.0], &Device::Cpu)?;
        let solver = Solver::new(LotkaVolterra, Method::Euler, 1e-3).rollout();
        let states = solver.forward(&Tensor::new(&[1.0, 1.0], &Device::Cpu)?, &theta, 10_000)?;
        let gradients = states.sqr()?.sum_all()?.backward()?;
        Ok(gradients.get(&theta).expect("a gradient").to_vec1()?)
    };
    let gradient = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(2 << 20).spawn_scoped(scope, deep)?;
        thread.join().expect("no overflow")
    })?;
    assert!(four(&gradient).iter().all(|g| g.is_finite()));
    Ok(())
}
