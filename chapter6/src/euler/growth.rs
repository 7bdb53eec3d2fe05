//! The equation, and what theory says of its fit.

use candle_core::{Tensor, bail};
use common::ode::VectorField;

use super::Config;
use crate::observations::{Observations, place};

/// f(x; a) = a·x of one number x.
// ANCHOR: growth
#[derive(Debug, Clone)]
pub struct Growth;

impl VectorField for Growth {
    fn value(&self, _: f64, x: &[f64], a: &[f64], out: &mut [f64], _: &mut [f64]) {
        out[0] = a[0] * x[0];
    }

    fn pull_back(&self, _: f64, x: &[f64], a: &[f64], g: &[f64], grads: [&mut [f64]; 2], _: &mut [f64]) {
        let [grad_x, grad_a] = grads;
        grad_x[0] += a[0] * g[0];
        grad_a[0] += x[0] * g[0];
    }

    fn plain(&self, _: f64, x: &Tensor, a: &Tensor) -> candle_core::Result<Tensor> {
        x.broadcast_mul(a)
    }
    // ANCHOR_END: growth

    fn check(&self, x: &Tensor, a: &Tensor) -> candle_core::Result<()> {
        if (x.dims(), a.elem_count()) != (&[1], 1) {
            bail!("x′ = a·x takes one number x and one a, not {:?} and {:?}", x.dims(), a.dims());
        }
        Ok(())
    }
}

/// The minimiser of Σ (xᵢ − dataᵢ)² and its standard deviation per unit of noise, 1/√Σsᵢ² with sᵢ = dxᵢ/da, by Gauss and Newton's
/// method from `a`. The solver's states are powers of R(ηa), so the slopes need no backprop.
pub fn least_squares(config: &Config, data: &Observations, mut a: f64) -> (f64, f64) {
    let h = config.step_size();
    let at = |z: f64| config.method.stability_function(z);
    let mut spread = f64::NAN;
    for _ in 0..100 {
        let r = at(h * a);
        let slope = h * (at(h * a + 1e-5) - at(h * a - 1e-5)) / 2e-5; // dR/da
        let (mut sg, mut ss) = (0.0, 0.0);
        for (t, value) in data.times.iter().zip(&data.values) {
            let (i, fraction) = place(*t, h, config.num_steps);
            let (x, i) = (r.powi(i as i32), i as f64); // xᵢ = R(ηa)ⁱ
            let before = if i > 0.0 { i * r.powi(i as i32 - 1) * slope } else { 0.0 };
            let after = (i + 1.0) * x * slope;
            let (x, s) = (x + fraction * (x * r - x), before + fraction * (after - before));
            sg += s * (value[0] - x);
            ss += s * s;
        }
        a += sg / ss;
        spread = 1.0 / ss.sqrt();
        if (sg / ss).abs() < 1e-13 {
            break;
        }
    }
    (a, spread)
}
