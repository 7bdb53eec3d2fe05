//! Chapter 6 against JAX (tests/reference/differential_equations.py) and against what theory says.

use anyhow::Result;
use candle_core::{DType, Device, Tensor, Var};
use candle_nn::Optimizer as _;
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
    ops::{LinearRecurrence, Recurrence, Rollout},
    optim::{Optimizer, Rule},
    sampling::{self, normal_vec},
    section::Section,
};
use nalgebra::DMatrix;
use tests::fixtures::{assert_each_close, assert_vector_close, fixture, numbers, rows};

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

/// A mass on a spring, damped by a feedback u = −K·(x, x′) that is learned through Euler's steps: the gain of the discrete
/// Riccati equation comes out.
// ANCHOR: spring
#[test]
fn the_gain_of_a_spring_is_riccatis() -> Result<()> {
    let (h, num_steps, cpu) = (0.02, 1000, &Device::Cpu); // until nothing moves any more
    let a = Tensor::new(&[[0.0, 1.0], [-10.0, 0.0]], cpu)?; // m = 1, k = 10
    let b = Tensor::new(&[[0.0], [1.0]], cpu)?;
    let eye = Tensor::eye(2, DType::F64, cpu)?;
    let rollout = Rollout::new(LinearRecurrence::new(2));
    let starts = eye.clone(); // from (1, 0) and from (0, 1)
    let gain = Var::new(&[[0.5, 1.0]], cpu)?; // K
    let mut optimizer = Optimizer::new(vec![gain.clone()], Rule::Adam.with(0.02))?;
    for update in 0..3000 {
        optimizer.set_learning_rate(0.02 * (1.0 - f64::from(update) / 3000.0));
        let f = (&eye + ((&a - b.matmul(&gain)?)? * h)?)?; // F = I + h(A − BK)
        let later = rollout.forward(&starts, &f, num_steps)?; // x₁ … x_N of both starts
        let x = Tensor::cat(&[&starts.unsqueeze(0)?, &later], 0)?.reshape(((), 2))?;
        let u = x.matmul(&gain.t()?)?;
        let costs = (x.sqr()?.broadcast_mul(&Tensor::new(&[10.0, 1.0], cpu)?)?.sum_all()? + u.sqr()?.sum_all()?)?;
        optimizer.backward_step(&(costs * h)?)?; // Σ (10x² + x′² + u²)·h
    }

    let (f, g) = (DMatrix::from_row_slice(2, 2, &[1.0, h, -10.0 * h, 1.0]), DMatrix::from_row_slice(2, 1, &[0.0, h]));
    let (q, r) = (DMatrix::from_row_slice(2, 2, &[10.0 * h, 0.0, 0.0, h]), h);
    let mut p = q.clone();
    let mut riccati = g.transpose();
    for _ in 0..10_000 {
        let weight = r + (g.transpose() * &p * &g)[0];
        riccati = g.transpose() * &p * &f / weight; // K = (r + gᵀPg)⁻¹·gᵀPF
        p = &q + f.transpose() * &p * (&f - &g * &riccati); // P ← Q + FᵀP(F − gK)
    }
    let learned = gain.flatten_all()?.to_vec1::<f64>()?;
    assert_vector_close("gain", &learned, &[riccati[0], riccati[1]], 1e-6);
    Ok(())
}
// ANCHOR_END: spring
