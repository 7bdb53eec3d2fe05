//! `common::ops::Rollout` against plain steps: values, gradients, depth.

use anyhow::Result;
use candle_core::{Device, Tensor, Var};
use common::{
    gradient_check::gradient_error,
    ops::{LinearRecurrence, Recurrence, Rollout},
    sampling::{self, normal_vec},
};
use tests::twins::{assert_close, value_and_gradients};

/// Numbers that depend on `seed` alone.
fn random(seed: u64, shape: &[usize]) -> Result<Tensor> {
    let count = shape.iter().product();
    Ok(Tensor::from_vec(normal_vec(count, &mut sampling::rng(seed, 0)), shape, &Device::Cpu)?)
}

fn agrees<R: Recurrence>(recurrence: R, start: &Tensor, theta: &Tensor, num_steps: usize) -> Result<()> {
    let rollout = Rollout::new(recurrence);
    let (start, theta) = (Var::from_tensor(start)?, Var::from_tensor(theta)?);
    let fused = value_and_gradients(&rollout.forward(&start, &theta, num_steps)?, &[&start, &theta])?;
    let plain = value_and_gradients(&rollout.forward_plain(&start, &theta, num_steps)?, &[&start, &theta])?;
    assert_close(&fused, &plain, 1e-12);
    let fused = value_and_gradients(&rollout.last(&start, &theta, num_steps)?, &[&start, &theta])?;
    let plain = value_and_gradients(&rollout.last_plain(&start, &theta, num_steps)?, &[&start, &theta])?;
    assert_close(&fused, &plain, 1e-12);
    for entry in 0..start.dims1().unwrap_or(0) {
        let fused = rollout.last_entry(&start, &theta, num_steps, entry)?;
        let plain = rollout.last_entry_plain(&start, &theta, num_steps, entry)?;
        assert_eq!(fused.rank(), 0);
        let [fused, plain] = [fused, plain].map(|value| value_and_gradients(&(value * 3.0)?, &[&start, &theta]));
        assert_close(&fused?, &plain?, 1e-12);
    }
    let error = gradient_error(&[start.clone(), theta.clone()], 1e-6, || {
        Ok(rollout.forward(&start, &theta, num_steps.min(20))?.sin()?.sum_all()?)
    })?;
    assert!(error < 1e-7, "{error}");
    Ok(())
}

#[test]
fn linear_with_and_without_batch_and_inputs() -> Result<()> {
    let f = (random(1, &[4, 4])? * 0.4)?;
    agrees(LinearRecurrence::new(4), &random(2, &[4])?, &f, 30)?;
    agrees(LinearRecurrence::new(4), &random(2, &[3, 4])?, &f, 30)?;
    agrees(LinearRecurrence::with_inputs(&random(3, &[30, 4])?)?, &random(2, &[4])?, &f, 30)?;
    agrees(LinearRecurrence::with_inputs(&random(3, &[31, 3, 4])?)?, &random(2, &[3, 4])?, &f, 30)
}

/// F = I + h(A + BKC): the gradient goes on to the gain K.
#[test]
fn a_gain_inside_of_f_gets_its_gradient() -> Result<()> {
    let (a, b, c) = (random(4, &[4, 4])?, random(5, &[4, 2])?, random(6, &[2, 4])?);
    let gain = Var::from_tensor(&random(7, &[2, 2])?)?;
    let start = Tensor::ones(4, candle_core::DType::F64, &Device::Cpu)?;
    let rollout = Rollout::new(LinearRecurrence::new(4));
    let error = gradient_error(std::slice::from_ref(&gain), 1e-6, || {
        let f =
            (Tensor::eye(4, candle_core::DType::F64, &Device::Cpu)? + ((&a + b.matmul(&gain)?.matmul(&c)?)? * 0.01)?)?;
        Ok(rollout.forward(&start, &f, 50)?.get(49)?.sqr()?.sum_all()?)
    })?;
    assert!(error < 1e-7, "{error}");
    Ok(())
}

/// The graph is one node, whatever the number of steps: neither backprop nor dropping it recurses. Test threads have 2 MiB.
#[test]
fn ten_thousand_steps_fit_on_a_small_stack() -> Result<()> {
    let f = Var::from_tensor(&(Tensor::eye(3, candle_core::DType::F64, &Device::Cpu)? * 0.9999)?)?;
    let deep = || -> Result<f64> {
        let start = Tensor::ones(3, candle_core::DType::F64, &Device::Cpu)?;
        let states = Rollout::new(LinearRecurrence::new(3)).forward(&start, &f, 10_000)?;
        let gradients = states.get(9999)?.sum_all()?.backward()?;
        Ok(gradients.get(&f).expect("F got its gradient").get(0)?.get(0)?.to_scalar()?)
    };
    let thread = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(2 << 20).spawn_scoped(scope, deep)?;
        anyhow::Ok(thread.join().expect("no overflow"))
    })??;
    let expected = 1e4 * 0.9999f64.powi(9999);
    assert!((thread - expected).abs() < 1e-9 * expected, "{thread} against {expected}");
    Ok(())
}

#[test]
fn shapes_that_do_not_fit_are_errors() -> Result<()> {
    let (f, x) = (random(1, &[4, 4])?, random(2, &[4])?);
    let linear = Rollout::new(LinearRecurrence::new(4));
    assert!(linear.forward(&x, &f, 0).is_err());
    assert!(linear.forward(&random(2, &[3])?, &f, 2).is_err());
    assert!(linear.forward(&x, &random(1, &[3, 4])?, 2).is_err());
    assert!(LinearRecurrence::with_inputs(&x).is_err());
    let few_inputs = Rollout::new(LinearRecurrence::with_inputs(&random(3, &[5, 4])?)?);
    assert!(few_inputs.forward(&x, &f, 6).is_err());
    assert!(linear.last_entry(&x, &f, 2, 4).is_err());
    assert!(linear.last_entry(&random(2, &[3, 4])?, &f, 2, 0).is_err(), "a batch has many last states");
    Ok(())
}
