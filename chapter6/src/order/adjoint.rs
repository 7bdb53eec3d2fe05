//! The gradient of Lotka–Volterra's end point, in two ways.

use anyhow::Result;
use candle_core::{Device, Tensor, Var};
use common::{
    loss::sum_squared_error,
    ode::{Method, Solver, VectorField as _},
};

use crate::lotka_volterra::LotkaVolterra;

/// The rates of the equation whose gradient is taken, and its end.
pub const THETA: [f64; 4] = [1.5, 1.0, 3.0, 1.0];
const END_TIME: f64 = 10.0;

/// ∂L/∂(α, β, γ, δ) of L = ‖(x, y)(T) − (1, 1)‖² by backprop through the steps: the discrete adjoint.
// ANCHOR: discrete
pub fn discrete_adjoint(method: Method, num_steps: usize) -> Result<Vec<f64>> {
    let theta = Var::new(&THETA, &Device::Cpu)?;
    let start = Tensor::new(&[1.0, 1.0], &Device::Cpu)?;
    let solver = Solver::new(LotkaVolterra, method, END_TIME / num_steps as f64).rollout();
    let loss = sum_squared_error(&solver.last(&start, &theta, num_steps)?, &start)?;
    let gradients = loss.backward()?;
    Ok(gradients.get(&theta).map(Tensor::to_vec1).transpose()?.unwrap_or_default())
}
// ANCHOR_END: discrete

/// The right-hand side of (x, y), of the adjoint λ′ = −(∂f/∂x)ᵀλ, and of the gradient g′ = −(∂f/∂θ)ᵀλ: eight numbers.
// ANCHOR: augmented
fn augmented(state: [f64; 8]) -> [f64; 8] {
    let mut slope = [0.0; 8];
    LotkaVolterra.value(0.0, &state[..2], &THETA, &mut slope[..2], &mut []);
    let (lambda, gradient) = slope[2..].split_at_mut(2);
    LotkaVolterra.pull_back(0.0, &state[..2], &THETA, &state[2..4], [lambda, gradient], &mut []);
    slope[2..].iter_mut().for_each(|part| *part = -*part);
    slope
}

/// The same gradient by the continuous adjoint: state and adjoint are integrated together from T back to 0.
pub fn continuous_adjoint(method: Method, num_steps: usize) -> Vec<f64> {
    let h = END_TIME / num_steps as f64;
    let forward = Solver::new(LotkaVolterra, method, h).trajectory(&[1.0, 1.0], &THETA, num_steps);
    let [x, y] = [forward[num_steps - 1][0], forward[num_steps - 1][1]];
    let mut state = [x, y, 2.0 * (x - 1.0), 2.0 * (y - 1.0), 0.0, 0.0, 0.0, 0.0]; // λ(T) = ∂L/∂x(T)
    for _ in 0..num_steps {
        state = step(method, -h, state, augmented);
    }
    state[4..].to_vec()
}
// ANCHOR_END: augmented

/// One step of `method` for a right-hand side without time.
fn step(method: Method, h: f64, x: [f64; 8], f: impl Fn([f64; 8]) -> [f64; 8]) -> [f64; 8] {
    let plus = |a: f64, v: [f64; 8]| std::array::from_fn(|i| x[i] + a * v[i]);
    match method {
        Method::Euler | Method::SemiImplicit => plus(h, f(x)),
        Method::Midpoint => plus(h, f(plus(h / 2.0, f(x)))),
        Method::RungeKutta4 => {
            let k1 = f(x);
            let k2 = f(plus(h / 2.0, k1));
            let k3 = f(plus(h / 2.0, k2));
            let k4 = f(plus(h, k3));
            plus(h / 6.0, std::array::from_fn(|i| k1[i] + 2.0 * (k2[i] + k3[i]) + k4[i]))
        }
    }
}
