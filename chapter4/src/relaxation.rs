//! Relaxation of a fixed-point map: x ← x + ω(c − Bx), which two sections share.
//!
//! With e = x − x* an iteration is e ← e − ωBe, whatever c is. The programs follow e: x itself would hide every error below
//! 1e-16 of x*. The error after t iterations is Π(I − ωₖB)e₀, and e₀ = −x* = −B⁻¹Sq with q ~ N(0, I), so the expected loss has a
//! closed form, E‖e_t‖² = ‖Π(I − ωₖB)·B⁻¹S‖²_F.

use anyhow::Result;
use candle_core::Tensor;
use common::{
    figure::{Figure, Panel, Series},
    linalg,
    ops::{AffineStep, FixedMap},
    sampling::{self, Rng, grid},
    unfolding::{Algorithm, Batch, Comparison, Problem, Schedule, theory},
};

/// What is minimised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// ‖e‖² over a mini-batch of random right-hand sides
    Sampled,
    /// Its expectation, in closed form: nothing is random then
    Expected,
}

/// Systems with one matrix and random right-hand sides, as their errors e = x − x*.
// ANCHOR: problem
#[derive(Debug, Clone)]
pub struct Systems {
    /// q ↦ x* = B⁻¹Sq
    pub solution: FixedMap,
    /// The same matrix, transposed: row i is the solution for the i-th unit vector
    pub unit_solutions: Tensor,
    /// Which loss
    pub loss: Loss,
}

impl Problem for Systems {
    type Data = ();

    fn draw(&self, count: usize, rng: &mut Rng) -> Result<Batch<()>> {
        let n = self.unit_solutions.dim(0)?;
        let solutions = match self.loss {
            Loss::Sampled => {
                self.solution.forward(&sampling::normal_matrix(count, n, rng, self.unit_solutions.device())?)?
            }
            // the mean over all q is the sum over the unit vectors; √count, since losses are divided by the batch's size
            Loss::Expected => (&self.unit_solutions * (count as f64).sqrt())?,
        };
        let error = solutions.neg()?; // x₀ = 0, so e₀ = −x*
        Ok(Batch { solution: error.zeros_like()?, start: error, data: () })
    }
}
// ANCHOR_END: problem

impl Systems {
    /// Solutions by the map q ↦ `matrix`·q, `[n, n]`.
    pub fn new(matrix: &Tensor, loss: Loss) -> Result<Self> {
        Ok(Self { solution: FixedMap::new(matrix)?, unit_solutions: matrix.t()?.contiguous()?, loss })
    }
}

/// x ← x + ω_{k mod T}(c − Bx), as e ← e − ωBe.
// ANCHOR: step
#[derive(Debug, Clone)]
pub struct Relaxation {
    /// e − ω(Be − 0)
    pub step: AffineStep,
    /// 0, `[n]`
    pub zero: Tensor,
    /// ω, with period T
    pub omega: Schedule,
}

impl Algorithm for Relaxation {
    type Data = ();

    fn schedules(&self) -> Vec<&Schedule> {
        vec![&self.omega]
    }

    fn iterate(&self, k: usize, e: &Tensor, (): &(), _: &mut Rng) -> Result<Tensor> {
        Ok(self.step.forward(e, &self.omega.at(k)?, &self.zero)?) // e ← e − ωBe
    }
}
// ANCHOR_END: step

impl Relaxation {
    /// Relaxation with the matrix B `[n, n]`.
    pub fn new(b: &Tensor, omega: Schedule) -> Result<Self> {
        Ok(Self { step: AffineStep::new(b)?, zero: Tensor::zeros(b.dim(0)?, b.dtype(), b.device())?, omega })
    }

    /// With these fixed ω.
    pub fn fixed(b: &Tensor, omega: &[f64]) -> Result<Self> {
        Self::new(b, Schedule::fixed("omega", &Tensor::new(omega, b.device())?)?)
    }
}

/// B⁻¹ of a symmetric positive definite B.
pub fn inverse(b: &Tensor) -> Result<Tensor> {
    linalg::symmetric_solve(b, &Tensor::eye(b.dim(0)?, b.dtype(), b.device())?)
}

/// p(λ) = Π(1 − ωₖλ)^(1/T) over the spectrum, of each method: what an iteration makes of an error's part with eigenvalue λ, on the mean.
pub fn polynomials(comparison: &Comparison) -> Figure {
    let eigenvalues = &comparison.eigenvalues;
    let (low, high) = (eigenvalues[0], eigenvalues[eigenvalues.len() - 1]);
    let lambdas = grid(low, high, 801);
    let rate = |omega: &[f64], lambda: f64| theory::polynomial(omega, lambda).abs().powf(1.0 / omega.len() as f64);
    let mut panel = Panel::new("Each iteration, by eigenvalue", "eigenvalue λ", "|Π(1 − ωλ)|, per iteration");
    for (style, method) in comparison.fixed().chain(comparison.learned()).enumerate() {
        let omega = method.step_sizes();
        let of = |lambdas: &[f64]| lambdas.iter().map(|&lambda| rate(&omega, lambda)).collect::<Vec<f64>>();
        panel = panel.series(Series::line(&method.label, &lambdas, &of(&lambdas)).style(style));
        panel = panel.series(Series::scatter("", eigenvalues, &of(eigenvalues)).style(style));
    }
    Figure::new().panel(panel)
}
