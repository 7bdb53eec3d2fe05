//! State and cost, step by step.

use candle_core::{Tensor, bail};
use common::ops::Recurrence;

/// The state (x, J) that follows a control u `[N]`: x ← x + uᵢ·dt, J ← J + (x² + uᵢ²)·dt.
// ANCHOR: dynamics
#[derive(Debug, Clone)]
pub struct Dynamics {
    /// dt
    pub dt: f64,
}

impl Recurrence for Dynamics {
    #[inline(always)]
    fn step(&self, i: usize, state: &[f64], u: &[f64], next: &mut [f64], _: &mut [f64]) {
        next[0] = state[0] + u[i] * self.dt; // x ← x + uᵢ·dt
        next[1] = state[1] + (next[0] * next[0] + u[i] * u[i]) * self.dt; // J ← J + (x² + uᵢ²)·dt
    }

    #[inline(always)]
    fn pull_back(&self, i: usize, state: &[f64], u: &[f64], g: &[f64], grads: [&mut [f64]; 2], _: &mut [f64]) {
        let ([grad_state, grad_u], x) = (grads, state[0] + u[i] * self.dt);
        let grad_x = g[0] + g[1] * 2.0 * x * self.dt; // the new x counts for later steps and in J
        grad_state[0] += grad_x;
        grad_state[1] += g[1];
        grad_u[i] += grad_x * self.dt + g[1] * 2.0 * u[i] * self.dt;
    }

    fn plain(&self, i: usize, state: &Tensor, u: &Tensor) -> candle_core::Result<Tensor> {
        let (x, j, u) = (state.narrow(0, 0, 1)?, state.narrow(0, 1, 1)?, u.narrow(0, i, 1)?);
        let x = (x + (&u * self.dt)?)?;
        let j = (j + ((x.sqr()? + u.sqr()?)? * self.dt)?)?;
        Tensor::cat(&[x, j], 0)
    }
    // ANCHOR_END: dynamics

    fn check(&self, num_steps: usize, x: &Tensor, u: &Tensor) -> candle_core::Result<()> {
        if x.dims() != [2] || u.rank() != 1 || u.elem_count() < num_steps {
            bail!("(x, J) takes two numbers and {num_steps} controls, not {:?} and {:?}", x.dims(), u.dims());
        }
        Ok(())
    }
}
