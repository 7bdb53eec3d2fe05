//! `common::ode`: the methods against their plain twins, against central differences and against exact solutions.

use anyhow::Result;
use candle_core::{Device, Tensor, Var, bail};
use common::{
    gradient_check::gradient_error,
    ode::{Method, Solver, VectorField},
};

const METHODS: [Method; 4] = [Method::Euler, Method::SemiImplicit, Method::Midpoint, Method::RungeKutta4];

/// A field that uses all that a field may use: x₁′ = θ₁x₂ + t, x₂′ = θ₂x₁x₂ − x₂, with scratch room.
#[derive(Clone)]
struct Test;

impl VectorField for Test {
    fn scratch(&self) -> usize {
        1
    }

    fn value(&self, t: f64, x: &[f64], theta: &[f64], out: &mut [f64], scratch: &mut [f64]) {
        scratch[0] = x[0] * x[1];
        out[0] = theta[0] * x[1] + t;
        out[1] = theta[1] * scratch[0] - x[1];
    }

    fn pull_back(&self, _: f64, x: &[f64], theta: &[f64], g: &[f64], grads: [&mut [f64]; 2], scratch: &mut [f64]) {
        let [grad_x, grad_theta] = grads;
        scratch[0] = x[0] * x[1];
        grad_x[0] += g[1] * theta[1] * x[1];
        grad_x[1] += g[0] * theta[0] + g[1] * (theta[1] * x[0] - 1.0);
        grad_theta[0] += g[0] * x[1];
        grad_theta[1] += g[1] * scratch[0];
    }

    fn plain(&self, t: f64, x: &Tensor, theta: &Tensor) -> candle_core::Result<Tensor> {
        let (x1, x2, a, b) = (x.get(0)?, x.get(1)?, theta.get(0)?, theta.get(1)?);
        Tensor::stack(&[((a * &x2)? + t)?, ((b * (x1 * &x2)?)? - x2)?], 0)
    }

    fn check(&self, x: &Tensor, theta: &Tensor) -> candle_core::Result<()> {
        if (x.dims(), theta.dims()) != (&[2], &[2]) {
            bail!("two numbers each, not {:?} and {:?}", x.dims(), theta.dims());
        }
        Ok(())
    }
}

#[test]
fn every_method_agrees_with_its_plain_twin_and_with_differences() -> Result<()> {
    for method in METHODS {
        let solver = Solver { start_time: 0.3, ..Solver::new(Test, method, 0.05) };
        let rollout = solver.clone().rollout();
        let (start, theta) = (Var::new(&[0.4, 1.2], &Device::Cpu)?, Var::new(&[0.7, -0.9], &Device::Cpu)?);
        let all = |states: Tensor| -> Result<Vec<f64>> {
            let weights = Tensor::arange(0.0, 80.0, &Device::Cpu)?.cos()?.reshape((40, 2))?;
            let grads = (&states * weights)?.sum_all()?.backward()?;
            let mut numbers = states.flatten_all()?.to_vec1::<f64>()?;
            for var in [&start, &theta] {
                numbers.extend(grads.get(var).expect("a gradient").to_vec1::<f64>()?);
            }
            Ok(numbers)
        };
        let fused = all(rollout.forward(&start, &theta, 40)?)?;
        let plain = all(rollout.forward_plain(&start, &theta, 40)?)?;
        let scale = plain.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
        for (a, b) in fused.iter().zip(&plain) {
            assert!((a - b).abs() <= 1e-12 * scale, "{method:?}: {a} against {b}");
        }
        let error = gradient_error(&[start.clone(), theta.clone()], 1e-6, || {
            Ok(rollout.forward(&start, &theta, 40)?.sin()?.sum_all()?)
        })?;
        assert!(error < 1e-8, "{method:?}: {error}");
        let rows = solver.trajectory(&[0.4, 1.2], &[0.7, -0.9], 40);
        assert_eq!(rows.concat(), rollout.forward(&start, &theta, 40)?.flatten_all()?.to_vec1::<f64>()?);
        assert!(rollout.forward(&start, &Tensor::new(&[1.0], &Device::Cpu)?, 3).is_err());
    }
    Ok(())
}

/// The order is the slope of the error against the step, here on a solution with time, state and coupling in it.
#[test]
fn every_method_has_its_order() {
    for method in METHODS {
        let at_end = |n: usize| {
            let states = Solver::new(Test, method, 1.0 / n as f64).trajectory(&[0.4, 1.2], &[0.7, -0.9], n);
            states[n - 1][0]
        };
        let exact = Solver::new(Test, Method::RungeKutta4, 1.0 / 4096.0).trajectory(&[0.4, 1.2], &[0.7, -0.9], 4096);
        let error = |n| (at_end(n) - exact[4095][0]).abs();
        let measured = (error(64) / error(128)).log2();
        assert!((measured - f64::from(method.order())).abs() < 0.05, "{method:?}: {measured}");
    }
}
