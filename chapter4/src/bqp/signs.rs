use anyhow::Result;
use candle_core::{DType, Tensor};
use common::{
    linear_model::LinearModel,
    ops::FixedMap,
    sampling::{self, Rng},
    unfolding::{Batch, Problem},
};

/// Random signs, seen through A with noise.
// ANCHOR: problem
#[derive(Debug, Clone)]
pub struct Signs {
    /// A
    pub model: LinearModel,
    /// x ↦ Ax
    pub observe: FixedMap,
    /// σ
    pub noise_std: f64,
    /// Whether the metric is the fraction of wrong signs, not the squared error
    pub count_bits: bool,
}

impl Problem for Signs {
    type Data = Tensor; // b = Aᵀy, [K, n]

    fn draw(&self, count: usize, rng: &mut Rng) -> Result<Batch<Tensor>> {
        let (m, n) = self.model.a.dims2()?;
        let device = self.model.a.device();
        let x = Tensor::from_vec(sampling::sign_vec(count * n, rng), (count, n), device)?;
        let w = (sampling::normal_matrix(count, m, rng, device)? * self.noise_std)?;
        let b = self.model.adjoint.forward(&(self.observe.forward(&x)? + w)?)?; // b = Aᵀ(Ax + w)
        Ok(Batch { start: x.zeros_like()?, solution: x, data: b }) // x₀ = 0
    }

    fn metric(&self, estimate: &Tensor, solution: &Tensor) -> Result<f64> {
        if self.count_bits {
            let wrong = (estimate * solution)?.le(0.0)?; // an estimate of 0 decides nothing
            return Ok(wrong.to_dtype(DType::F64)?.sum_all()?.to_scalar::<f64>()? / solution.dim(1)? as f64);
        }
        Ok((estimate - solution)?.sqr()?.sum_all()?.to_scalar()?)
    }
}
// ANCHOR_END: problem

impl Signs {
    /// Signs seen through the matrix of `model`.
    pub fn new(model: LinearModel, noise_std: f64) -> Result<Self> {
        Ok(Self { observe: FixedMap::new(&model.a)?, model, noise_std, count_bits: false })
    }

    /// The same with wrong signs as metric.
    pub fn bits(&self) -> Self {
        Self { count_bits: true, ..self.clone() }
    }

    /// γ = 1/λmax(AᵀA).
    pub fn gamma(&self) -> f64 {
        1.0 / self.model.eigenvalues.last().copied().unwrap_or(f64::NAN)
    }
}
