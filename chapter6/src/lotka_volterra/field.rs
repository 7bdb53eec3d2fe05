//! The equation and its constant of motion.

use candle_core::{Tensor, bail};
use common::ode::VectorField;

/// f(x, y; α, β, γ, δ) = (αx − βxy, −γy + δxy).
// ANCHOR: field
#[derive(Debug, Clone)]
pub struct LotkaVolterra;

impl VectorField for LotkaVolterra {
    #[inline(always)]
    fn value(&self, _: f64, state: &[f64], theta: &[f64], out: &mut [f64], _: &mut [f64]) {
        let ([x, y], [alpha, beta, gamma, delta]) = (pair(state), four(theta));
        out[0] = alpha * x - beta * x * y;
        out[1] = -gamma * y + delta * x * y;
    }

    #[inline(always)]
    fn pull_back(&self, _: f64, state: &[f64], theta: &[f64], g: &[f64], grads: [&mut [f64]; 2], _: &mut [f64]) {
        let ([x, y], [alpha, beta, gamma, delta], [gx, gy]) = (pair(state), four(theta), pair(g));
        let [grad_state, grad_theta] = grads;
        grad_state[0] += gx * (alpha - beta * y) + gy * delta * y; // transposed Jacobian times g
        grad_state[1] += -gx * beta * x + gy * (delta * x - gamma);
        for (grad, part) in grad_theta.iter_mut().zip([gx * x, -gx * x * y, -gy * y, gy * x * y]) {
            *grad += part;
        }
    }
    // ANCHOR_END: field

    // ANCHOR: plain
    fn plain(&self, _: f64, state: &Tensor, theta: &Tensor) -> candle_core::Result<Tensor> {
        let (x, y) = (state.get(0)?, state.get(1)?);
        let xy = (&x * &y)?;
        let dx = ((theta.get(0)? * x)? - (theta.get(1)? * &xy)?)?;
        let dy = ((theta.get(3)? * xy)? - (theta.get(2)? * y)?)?;
        Tensor::stack(&[dx, dy], 0)
    }
    // ANCHOR_END: plain

    fn check(&self, state: &Tensor, theta: &Tensor) -> candle_core::Result<()> {
        if (state.dims(), theta.dims()) != (&[2], &[4]) {
            bail!("Lotka–Volterra takes (x, y) and (α, β, γ, δ), not {:?} and {:?}", state.dims(), theta.dims());
        }
        Ok(())
    }
}

#[inline(always)]
fn pair(numbers: &[f64]) -> [f64; 2] {
    [numbers[0], numbers[1]]
}

/// The first four of some numbers.
#[inline(always)]
pub fn four(numbers: &[f64]) -> [f64; 4] {
    [numbers[0], numbers[1], numbers[2], numbers[3]]
}

/// V = δx − γ·ln x + βy − α·ln y, constant along every solution.
// ANCHOR: invariant
pub fn invariant([alpha, beta, gamma, delta]: [f64; 4], x: f64, y: f64) -> f64 {
    delta * x - gamma * x.ln() + beta * y - alpha * y.ln()
}
// ANCHOR_END: invariant
