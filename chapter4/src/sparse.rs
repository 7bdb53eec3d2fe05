//! The sparse signals of three sections, and medians beside means where errors have heavy tails.

use anyhow::Result;
use candle_core::Tensor;
use common::{
    linear_model::LinearModel,
    ops::FixedMap,
    sampling::{self, Rng},
    section::Report,
    table::Table,
    unfolding::{Algorithm, Batch, Problem, Rows, Training, squared_errors},
};

/// y = Ax + w: x `[n]` has few entries other than 0, w ~ N(0, σ²I), and A `[m, n]` has fewer rows than columns.
// ANCHOR: problem
#[derive(Debug, Clone)]
pub struct SparseRecovery {
    /// A
    pub model: LinearModel,
    /// x ↦ Ax
    pub observe: FixedMap,
    /// p, the probability that an entry of x is not 0; it is N(0, 1) then
    pub active: f64,
    /// σ
    pub noise_std: f64,
}

/// What a receiver has: y and Aᵀy.
#[derive(Debug, Clone)]
pub struct Observed {
    /// y `[K, m]`
    pub y: Tensor,
    /// b = Aᵀy `[K, n]`
    pub b: Tensor,
}

impl Problem for SparseRecovery {
    type Data = Observed;

    fn draw(&self, count: usize, rng: &mut Rng) -> Result<Batch<Observed>> {
        let (m, n) = self.model.a.dims2()?;
        let device = self.model.a.device();
        let x = sampling::bernoulli_gaussian_vec(count * n, self.active, rng);
        let x = Tensor::from_vec(x, (count, n), device)?;
        let w = (sampling::normal_matrix(count, m, rng, device)? * self.noise_std)?;
        let y = (self.observe.forward(&x)? + w)?; // y = Ax + w
        let b = self.model.adjoint.forward(&y)?;
        Ok(Batch { start: x.zeros_like()?, solution: x, data: Observed { y, b } }) // x₀ = 0
    }
}
// ANCHOR_END: problem

impl Rows for Observed {
    fn rows(&self, rows: &Tensor) -> Result<Self> {
        Ok(Self { y: self.y.rows(rows)?, b: self.b.rows(rows)? })
    }
}

impl SparseRecovery {
    /// Signals seen through the matrix of `model`.
    pub fn new(model: LinearModel, active: f64, noise_std: f64) -> Result<Self> {
        Ok(Self { observe: FixedMap::new(&model.a)?, model, active, noise_std })
    }

    /// γ = 1/λmax(AᵀA).
    pub fn gamma(&self) -> f64 {
        1.0 / self.model.eigenvalues.last().copied().unwrap_or(f64::NAN)
    }

    /// E‖x‖² = np, the squared error of the answer 0.
    pub fn energy(&self) -> f64 {
        self.model.eigenvalues.len() as f64 * self.active
    }
}

/// The middle one of the values, or the mean of the middle two; NaN without values.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => sorted[n / 2],
        n => 0.5 * (sorted[n / 2 - 1] + sorted[n / 2]),
    }
}

/// The median squared error after each iteration, on the instances that `training` measures the MSE on.
pub fn medians<P: Problem, A: Algorithm<Data = P::Data>>(
    training: &Training,
    problem: &P,
    algorithm: &A,
    seed: u64,
) -> Result<Vec<f64>> {
    let errors = squared_errors(problem, algorithm, training.num_iterations(), training.num_test, seed)?;
    Ok(errors.iter().map(|errors| median(errors)).collect())
}

/// `report` with more columns in its table `stem`.
pub fn with_columns(mut report: Report, stem: &str, columns: &[(String, Vec<f64>)]) -> Report {
    for (_, table) in report.tables.iter_mut().filter(|(name, _)| *name == stem) {
        let names = table.columns().to_vec();
        let mut all: Vec<(String, Vec<f64>)> =
            names[1..].iter().map(|name| (name.clone(), table.column(name))).collect();
        all.extend_from_slice(columns);
        let first = table.rows().first().map_or(0, |(count, _)| *count);
        *table = Table::of_columns(&names[0], first, &all);
    }
    report
}
