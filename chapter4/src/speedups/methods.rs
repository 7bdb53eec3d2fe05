//! TISTA, LISTA-CP, ALISTA and AMP.

use anyhow::Result;
use candle_core::{DType, Tensor};
use common::{
    linalg,
    ops::{FixedMap, soft_threshold},
    sampling::Rng,
    unfolding::{Algorithm, Schedule},
};

use crate::sparse::{Observed, SparseRecovery};

/// The posterior mean of a Bernoulli–Gaussian x given r = x + τz, with the probability that x is not 0. r is `[K, n]`, τ² `[K, 1]`.
///
/// The posterior probability of x ≠ 0 is 1/(1 + (1 − p)/p·√((1 + τ²)/τ²)·exp(−r²/(2τ²(1 + τ²)))).
pub fn posterior(r: &Tensor, tau2: &Tensor, active: f64) -> Result<[Tensor; 2]> {
    let wide = (tau2 + 1.0)?; // 1 + τ²
    let exponent = r.sqr()?.broadcast_div(&(tau2 * &wide)?)?.affine(-0.5, 0.0)?;
    let odds = (&wide / tau2)?.sqrt()?.affine((1.0 - active) / active, 0.0)?;
    let probability = (exponent.exp()?.broadcast_mul(&odds)? + 1.0)?.recip()?;
    let mean = (&probability * r.broadcast_div(&wide)?)?;
    Ok([mean, probability])
}

/// Trainable ISTA (Ito, Takabe and Wadayama 2019).
// ANCHOR: tista
#[derive(Debug)]
pub struct Tista {
    observe: FixedMap,
    /// v ↦ Wv, W = Aᵀ(AAᵀ)⁻¹
    back: FixedMap,
    active: f64,
    noise_std: f64,
    /// tr AᵀA and tr WWᵀ
    traces: [f64; 2],
    /// γₖ
    gamma: Schedule,
}

impl Algorithm for Tista {
    type Data = Observed;

    fn schedules(&self) -> Vec<&Schedule> {
        vec![&self.gamma]
    }

    fn iterate(&self, k: usize, x: &Tensor, Observed { y, .. }: &Observed, _: &mut Rng) -> Result<Tensor> {
        let (m, n, noise) = (y.dim(1)? as f64, x.dim(1)? as f64, self.noise_std * self.noise_std);
        let gamma = self.gamma.at(k)?;
        let residual = (y - self.observe.forward(x)?)?;
        let r = (x + self.back.forward(&residual)?.broadcast_mul(&gamma)?)?; // r = x + γW(y − Ax)
        // v² = (‖y − Ax‖² − mσ²)/tr AᵀA, not below 1e-9: the error of an entry of x, on the mean
        let v2 = residual.sqr()?.sum_keepdim(1)?.affine(1.0 / self.traces[0], -m * noise / self.traces[0])?;
        let v2 = v2.maximum(1e-9)?;
        // τ² = v²/n·(n + (γ² − 2γ)m) + γ²σ²/n·tr WWᵀ: the error of an entry of r
        let factor = ((gamma.sqr()? - (&gamma * 2.0)?)? * (m / n))?;
        let tau2 = v2.broadcast_mul(&(factor + 1.0)?)?;
        let tau2 = tau2.broadcast_add(&(gamma.sqr()? * (noise * self.traces[1] / n))?)?;
        let [mean, _] = posterior(&r, &tau2, self.active)?;
        Ok(mean) // x ← E[x | r, τ²]
    }
}
// ANCHOR_END: tista

impl Tista {
    /// γₖ to learn, from 1.
    pub fn learned(problem: &SparseRecovery, depth: usize, learning_rate: f64) -> Result<Self> {
        let a = &problem.model.a;
        let w = linalg::pseudo_inverse(a)?;
        let trace = |matrix: &Tensor| Ok::<f64, anyhow::Error>(matrix.sqr()?.sum_all()?.to_scalar()?);
        Ok(Self {
            observe: problem.observe.clone(),
            back: FixedMap::new(&w)?,
            active: problem.active,
            noise_std: problem.noise_std,
            traces: [trace(a)?, trace(&w)?],
            gamma: Schedule::learned("gamma", &Tensor::ones(depth, DType::F64, a.device())?, learning_rate)?,
        })
    }
}

/// x ← S_θₖ(x + ηₖWᵀ(y − Ax)): LISTA-CP (Chen et al. 2018) with one learned W for all layers, or ALISTA (Liu et al. 2019).
// ANCHOR: lista
#[derive(Debug)]
pub struct Lista {
    observe: FixedMap,
    /// W `[1, m, n]`
    weight: Schedule,
    /// ηₖ
    step_size: Schedule,
    /// θₖ
    threshold: Schedule,
}

impl Algorithm for Lista {
    type Data = Observed;

    fn schedules(&self) -> Vec<&Schedule> {
        vec![&self.step_size, &self.threshold, &self.weight]
    }

    fn iterate(&self, k: usize, x: &Tensor, Observed { y, .. }: &Observed, _: &mut Rng) -> Result<Tensor> {
        let residual = (y - self.observe.forward(x)?)?;
        let back = residual.matmul(&self.weight.at(k)?)?; // Wᵀ(y − Ax), a row for each signal
        let moved = (x + back.broadcast_mul(&self.step_size.at(k)?)?)?;
        Ok(soft_threshold(&moved, &self.threshold.at(k)?)?)
    }
}
// ANCHOR_END: lista

impl Lista {
    /// LISTA-CP: W from A, ηₖ and θₖ from γ, all learned.
    pub fn learned(problem: &SparseRecovery, depth: usize) -> Result<Self> {
        let scalars = Tensor::full(problem.gamma(), depth, problem.model.a.device())?;
        Ok(Self {
            observe: problem.observe.clone(),
            weight: Schedule::learned("weight", &problem.model.a.unsqueeze(0)?, 1e-3)?,
            step_size: Schedule::learned("step_size", &scalars, 5e-4)?,
            threshold: Schedule::learned("threshold", &scalars, 5e-4)?,
        })
    }

    /// ALISTA: W computed, ηₖ from 1 and θₖ from 0.1 learned.
    pub fn analytic(problem: &SparseRecovery, depth: usize) -> Result<Self> {
        let device = problem.model.a.device();
        let scalars = |value: f64| Tensor::full(value, depth, device);
        Ok(Self {
            observe: problem.observe.clone(),
            weight: Schedule::fixed("weight", &analytic_weight(&problem.model.a)?.unsqueeze(0)?)?,
            step_size: Schedule::learned("step_size", &scalars(1.0)?, 1e-2)?,
            threshold: Schedule::learned("threshold", &scalars(0.1)?, 1e-2)?,
        })
    }
}

/// The W `[m, n]` that minimises ‖WᵀA‖²_F where wⱼᵀaⱼ = 1: its columns are wⱼ = (AAᵀ)⁻¹aⱼ/(aⱼᵀ(AAᵀ)⁻¹aⱼ).
// ANCHOR: analytic_weight
pub fn analytic_weight(a: &Tensor) -> Result<Tensor> {
    let v = linalg::symmetric_solve(&a.matmul(&a.t()?)?, &a.t()?.contiguous()?)?.t()?.contiguous()?; // (AAᵀ)⁻¹A
    Ok(v.broadcast_div(&(&v * a)?.sum_keepdim(0)?)?)
}
// ANCHOR_END: analytic_weight

/// Approximate message passing with the posterior mean (Donoho, Maleki and Montanari 2009): nothing is learned.
///
/// With A/√m and y/√m: r = x + Aᵀz/√m, τ² = ‖z‖²/m, x ← E[x | r, τ²], z ← y/√m − Ax/√m + z·Σ Var[x | r, τ²]/(mτ²).
// ANCHOR: amp
#[derive(Debug)]
pub struct Amp {
    observe: FixedMap,
    adjoint: FixedMap,
    active: f64,
}

impl Algorithm for Amp {
    type Data = Observed;

    fn schedules(&self) -> Vec<&Schedule> {
        vec![]
    }

    /// x is `[K, n]` at first, and then `[K, n + m]`, with z behind it.
    fn iterate(&self, k: usize, x: &Tensor, Observed { y, b }: &Observed, _: &mut Rng) -> Result<Tensor> {
        let (m, n) = (y.dim(1)?, b.dim(1)?);
        let root = (m as f64).sqrt();
        let z = if k == 0 { (y / root)? } else { x.narrow(1, n, m)?.contiguous()? };
        let x = x.narrow(1, 0, n)?.contiguous()?;
        let r = (x + (self.adjoint.forward(&z)? / root)?)?;
        let tau2 = z.sqr()?.sum_keepdim(1)?.affine(1.0 / m as f64, 1e-12)?;
        let [mean, probability] = posterior(&r, &tau2, self.active)?;
        // the posterior variance is π(τ²/(1 + τ²) + (1 − π)(r/(1 + τ²))²)
        let wide = (&tau2 + 1.0)?;
        let spread = r.broadcast_div(&wide)?.sqr()?;
        let variance = ((probability.affine(-1.0, 1.0)? * spread)?.broadcast_add(&(&tau2 / &wide)?)? * &probability)?;
        let correction = (variance.sum_keepdim(1)? / (tau2 * m as f64)?)?;
        let fit = ((y - self.observe.forward(&mean)?)? / root)?;
        Ok(Tensor::cat(&[&mean, &(fit + z.broadcast_mul(&correction)?)?], 1)?)
    }

    fn estimate(&self, x: &Tensor, data: &Observed) -> Result<Tensor> {
        Ok(x.narrow(1, 0, data.b.dim(1)?)?.contiguous()?)
    }
}
// ANCHOR_END: amp

impl Amp {
    /// For this problem.
    pub fn new(problem: &SparseRecovery) -> Result<Self> {
        let adjoint = problem.model.adjoint.clone();
        Ok(Self { observe: problem.observe.clone(), adjoint, active: problem.active })
    }
}
