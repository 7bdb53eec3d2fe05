//! What the learned receiver is compared with: theory of large systems, the linear receiver, and jumps to signs.

use anyhow::Result;
use candle_core::Tensor;
use common::{
    estimation::{fixed_point, gaussian_tail, mmse_of_signs},
    linalg,
    ops::FixedMap,
    sampling::Rng,
    unfolding::{Algorithm, Schedule},
};

use super::{BoxDescent, Signs};

/// The fraction of wrong signs of the best receiver for each sign, for n, m → ∞: Q(1/τ) with τ² = σ²/m + (n/m)·mmse(τ²).
///
/// (Tanaka 2002; Guo and Verdú 2005. An iteration from above finds the fixed point that efficient algorithms reach.)
// ANCHOR: optimum
pub fn optimum(n: usize, m: usize, noise_std: f64) -> f64 {
    let (noise, load) = (noise_std.powi(2) / m as f64, n as f64 / m as f64);
    let variance = fixed_point(noise + load, |variance| noise + load * mmse_of_signs(variance));
    gaussian_tail(1.0 / variance.sqrt())
}
// ANCHOR_END: optimum

/// The fraction of wrong signs of the rounded box relaxation, for n, m → ∞ (Thrampoulidis, Xu and Hassibi 2018): Q(1/τ) with the τ
/// that minimises (τ/2)(δ − ½) + s/(2τ) + (τ/2)∫(h − 2/τ)²φ(h)dh over h > 2/τ, where δ = m/n and s = σ²/n. Needs m > n/2.
pub fn box_relaxation(n: usize, m: usize, noise_std: f64) -> f64 {
    let (ratio, noise) = (m as f64 / n as f64, noise_std.powi(2) / n as f64);
    let phi = |h: f64| (-0.5 * h * h).exp() / (2.0 * std::f64::consts::PI).sqrt();
    // ∫(h − a)²φ over h > a is (1 + a²)Q(a) − aφ(a)
    let tail = |a: f64| (1.0 + a * a) * gaussian_tail(a) - a * phi(a);
    let value = |tau: f64| 0.5 * tau * (ratio - 0.5) + noise / (2.0 * tau) + 0.5 * tau * tail(2.0 / tau);
    // convex in τ: by thirds, on a logarithmic scale
    let (mut low, mut high) = (1e-6f64.ln(), 1e6f64.ln());
    for _ in 0..300 {
        let (a, b) = (low + (high - low) / 3.0, high - (high - low) / 3.0);
        if value(a.exp()) < value(b.exp()) {
            high = b;
        } else {
            low = a;
        }
    }
    gaussian_tail(1.0 / low.exp())
}

/// x ← (AᵀA + σ²I)⁻¹Aᵀy, the linear estimate of least mean squared error: done after one iteration.
#[derive(Debug)]
pub struct Linear(FixedMap);

impl Linear {
    /// For this problem.
    pub fn of(problem: &Signs) -> Result<Self> {
        let shifted = problem.model.shifted(problem.noise_std.powi(2))?;
        Ok(Self(FixedMap::new(&linalg::pseudo_inverse(&shifted)?)?))
    }
}

impl Algorithm for Linear {
    type Data = Tensor;

    fn schedules(&self) -> Vec<&Schedule> {
        vec![]
    }

    fn iterate(&self, _: usize, _: &Tensor, b: &Tensor, _: &mut Rng) -> Result<Tensor> {
        Ok(self.0.forward(b)?)
    }
}

/// Gradient descent that jumps to the nearest signs: x ← sign(x − γ(AᵀAx − Aᵀy)).
#[derive(Debug, Clone)]
pub struct SignDescent(pub BoxDescent);

impl Algorithm for SignDescent {
    type Data = Tensor;

    fn schedules(&self) -> Vec<&Schedule> {
        vec![&self.0.step_size]
    }

    fn iterate(&self, k: usize, x: &Tensor, b: &Tensor, _: &mut Rng) -> Result<Tensor> {
        Ok(self.0.step.forward(x, &self.0.step_size.at(k)?, b)?.sign()?)
    }
}
