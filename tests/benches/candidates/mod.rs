//! The operations of `common::ops` and an optimizer's step, each in the fast form and by plain candle operations.

use anyhow::Result;
use candle_core::{DType, Device, Tensor, Var};
use candle_nn::{AdamW, Optimizer as _};
use chapter6::lotka_volterra::LotkaVolterra;
use common::{
    loss,
    ode::{Method, Solver},
    ops::{self, AffineStep, FixedMap, Rollout},
    optim::{Optimizer, Rule},
    sampling::{normal_matrix, rng},
};

/// Work that can be repeated.
pub type Candidate = Box<dyn FnMut() -> Result<()>>;

/// An operation and its forms by name, `fast` and `plain` first.
pub struct Operation {
    /// What it is, with its size
    pub name: String,
    /// The forms
    pub forms: Vec<(&'static str, Candidate)>,
}

const CPU: Device = Device::Cpu;

fn normal(rows: usize, columns: usize, stream: u64) -> Result<Tensor> {
    normal_matrix(rows, columns, &mut rng(0, stream), &CPU)
}

/// Forward and backward of an operation.
fn with_gradient(f: impl Fn() -> candle_core::Result<Tensor> + 'static) -> Candidate {
    Box::new(move || {
        f()?.sum_all()?.backward()?;
        Ok(())
    })
}

/// All of them.
pub fn all() -> Result<Vec<Operation>> {
    let mut all = vec![];
    for size in [50, 1000, 100_000] {
        all.push(adam_step(size)?);
    }
    let map = |dims| fixed_map(dims, "fixed_map", FixedMap::matmul, FixedMap::matmul_plain);
    let fast: OfMap = |inputs, w| inputs.relu_network(w, &w.detach().get(0)?);
    let plain: OfMap = |inputs, w| inputs.relu_network_plain(w, &w.detach().get(0)?);
    all.push(map([100, 50, 1])?); // Φθ of section 2.5.1
    all.push(fixed_map([50, 10, 100], "relu_network", fast, plain)?); // relu(XW)·v of section 2.5.2
    all.push(map([1000, 500, 100])?);
    for (batch, n) in [(1, 50), (25, 50), (50, 50), (2000, 100)] {
        all.push(affine_step(batch, n)?);
    }
    all.extend(elementwise()?);
    all.push(rollout()?);
    Ok(all)
}

/// A thousand Euler steps of Lotka–Volterra, forward and back, as one node and step by step.
fn rollout() -> Result<Operation> {
    let rollout = Solver::new(LotkaVolterra, Method::Euler, 0.01).rollout();
    let (start, theta) = (Tensor::new(&[1.0, 1.0], &CPU)?, Var::new(&[1.5, 1.0, 3.0, 1.0], &CPU)?);
    let form = |f: fn(&Rollout<Solver<LotkaVolterra>>, &Tensor, &Tensor) -> candle_core::Result<Tensor>| {
        let (rollout, start, theta) = (rollout.clone(), start.clone(), theta.clone());
        with_gradient(move || f(&rollout, &start, &theta))
    };
    Ok(Operation {
        name: "rollout/lotka_volterra_1000".into(),
        forms: vec![
            ("fast", form(|rollout, start, theta| rollout.forward(start, theta, 1000))),
            ("plain", form(|rollout, start, theta| rollout.forward_plain(start, theta, 1000))),
        ],
    })
}

fn adam_step(size: usize) -> Result<Operation> {
    let theta = Var::ones(size, DType::F64, &CPU)?;
    let gradients = || theta.sqr()?.sum_all()?.backward();
    let adam = || Optimizer::new(vec![theta.clone()], Rule::Adam.with(1e-3));
    let (mut fast, fast_gradients) = (adam()?, gradients()?);
    let (mut plain, plain_gradients) = (AdamW::new_lr(vec![theta.clone()], 1e-3)?, gradients()?);
    Ok(Operation {
        name: format!("adam_step/{size}"),
        forms: vec![
            ("fast", Box::new(move || Ok(fast.step(&fast_gradients)?))),
            ("plain", Box::new(move || Ok(plain.step(&plain_gradients)?))),
        ],
    })
}

type OfMap = fn(&FixedMap, &Tensor) -> candle_core::Result<Tensor>;

fn fixed_map([rows, columns, outputs]: [usize; 3], name: &str, fast: OfMap, plain: OfMap) -> Result<Operation> {
    let map = FixedMap::new(&normal(rows, columns, 0)?)?;
    let theta = Var::from_tensor(&normal(columns, outputs, 1)?)?;
    let form = |f: OfMap| {
        let (map, theta) = (map.clone(), theta.clone());
        with_gradient(move || f(&map, &theta))
    };
    Ok(Operation {
        name: format!("{name}/{rows}x{columns}x{outputs}"),
        forms: vec![("fast", form(fast)), ("plain", form(plain))],
    })
}

fn affine_step(batch: usize, n: usize) -> Result<Operation> {
    let step = AffineStep::new(&normal(n, n, 0)?)?;
    let (x, b) = (Var::from_tensor(&normal(batch, n, 1)?)?, normal(batch, n, 2)?);
    let eta = Var::new(0.1, &CPU)?;
    let plain = (step.clone(), x.clone(), eta.clone(), b.clone());
    Ok(Operation {
        name: format!("affine_step/{batch}x{n}"),
        forms: vec![
            ("fast", with_gradient(move || step.forward(&x, &eta, &b))),
            (
                "plain",
                with_gradient(move || {
                    let (step, x, eta, b) = &plain;
                    step.forward_plain(x, eta, b)
                }),
            ),
        ],
    })
}

fn elementwise() -> Result<Vec<Operation>> {
    let x = Var::from_tensor(&normal(50, 100, 0)?)?;
    let target = x.detach().affine(0.5, 1.0)?;
    let both = |name: &str, fast: Candidate, plain: Candidate| Operation {
        name: format!("{name}/50x100"),
        forms: vec![("fast", fast), ("plain", plain)],
    };
    let on = |f: fn(&Tensor) -> candle_core::Result<Tensor>| {
        let x = x.clone();
        with_gradient(move || f(&x))
    };
    let error = |f: fn(&Tensor, &Tensor) -> candle_core::Result<Tensor>| {
        let (x, target) = (x.clone(), target.clone());
        with_gradient(move || f(&x, &target))
    };
    Ok(vec![
        both("relu", on(ops::relu), on(|x| x.relu())),
        both("hardtanh", on(ops::hardtanh), on(|x| x.clamp(-1.0, 1.0))),
        both("sum_squared_error", error(loss::sum_squared_error), error(loss::sum_squared_error_plain)),
    ])
}
