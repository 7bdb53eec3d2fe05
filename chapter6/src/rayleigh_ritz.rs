//! Chapter 6: a variational problem by the method of Rayleigh and Ritz.
//!
//! Maximise ∫₀¹ (y² − y′² + t·y) dt over all y with y(0) = y(1) = 0. With y(t) = Σᵢ θᵢφᵢ(t), the 50 radial basis functions of
//! section 2.5.1, it is a problem in 50 numbers: minimise Σᵢ −(y² − y′² + t·y)(tᵢ)·dt + λy(0)² + λy(1)², tᵢ = i·dt, by Adam.
//!
//! | symbol | here |
//! |---|---|
//! | φᵢ, φᵢ′ | [`RadialBasis`] |
//! | y(tᵢ), y′(tᵢ), y(0), y(1) as a matrix times θ | [`Sum`]`::stacked` |
//! | λ | `penalty` |
//! | c, the coefficient of y′² (here 1) | [`Sum::integrand`] |
//!
//! Run it with `cargo run --release --bin sec6_du_rr`. The exact solution is y = sin t/(2 sin 1) − t/2 by Euler and Lagrange's
//! equation y″ + y = −t/2; what is minimised is a sum, whose minimum lies elsewhere (see `sec6_ritz_analytic`).

use anyhow::Result;
use candle_core::{DType, Device, Tensor};
use candle_nn::Optimizer as _;
use common::{
    basis::RadialBasis,
    config::{self, range},
    context::{Context, Phase},
    ops::FixedMap,
    optim::{Optimizer, Rule},
    quadrature::Quadrature,
    section::{Input, Report, Section},
    table::Table,
    training::train,
};

mod exact;
pub(crate) mod report;

pub use exact::{Curve, exact, least_value};

/// The numbers that this section and the random one share.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
pub struct Ritz {
    /// Number of basis functions, 1 to 500
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = range::count(500))]
    pub num_basis: usize,
    /// Width parameter β of the basis functions, > 0: the larger, the narrower
    #[arg(long, value_name = "β", default_value_t = 20.0, value_parser = range::positive)]
    pub width: f64,
    /// Distance δ between neighbouring centres, > 0
    #[arg(long, value_name = "δ", default_value_t = 0.05, value_parser = range::positive)]
    pub spacing: f64,
    /// Number of intervals dt of the sum, 2 to 10000
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = range::whole(2, 10_000))]
    pub num_intervals: usize,
    /// Where the sum looks at the integrand
    #[arg(long, value_enum, default_value = "right")]
    pub quadrature: Quadrature,
    /// Weight λ of y(0)² and y(1)², > 0
    #[arg(long, value_name = "λ", default_value_t = 1000.0, value_parser = range::positive)]
    pub penalty: f64,
    /// Learning rate of Adam, > 0
    #[arg(long, value_name = "α", default_value_t = 1.0, value_parser = range::positive)]
    pub learning_rate: f64,
}

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
pub struct Config {
    /// Basis, sum and learning rate
    #[command(flatten)]
    #[serde(flatten)]
    pub ritz: Ritz,
    /// Number of updates, 1 to 100000
    #[arg(long, value_name = "K", default_value_t = 300, value_parser = range::count(100_000))]
    pub num_updates: usize,
}

impl Default for Config {
    fn default() -> Self {
        config::defaults()
    }
}

impl Ritz {
    /// φ₁ … φ_N.
    pub fn basis(&self) -> RadialBasis {
        RadialBasis { num_basis: self.num_basis, width: self.width, spacing: self.spacing }
    }
}

/// The sum, as a function of θ.
#[derive(Debug)]
pub struct Sum {
    /// y(tᵢ), y′(tᵢ), y(0) and y(1), one below the other: a matrix that acts on θ
    pub stacked: FixedMap,
    /// tᵢ
    pub points: Vec<f64>,
    /// wᵢ: dt each
    pub weights: Vec<f64>,
    /// λ
    pub penalty: f64,
    device: Device,
}

impl Sum {
    /// Of the basis and the quadrature of `ritz`.
    // ANCHOR: sum
    pub fn new(ritz: &Ritz, device: &Device) -> Result<Self> {
        let (points, weights) = ritz.quadrature.rule(0.0, 1.0, ritz.num_intervals); // tᵢ and dt
        let basis = ritz.basis();
        let (phi, slopes) = (basis.values(&points, device)?, basis.derivatives(&points, device)?); // φ(tᵢ), φ′(tᵢ)
        let ends = basis.values(&[0.0, 1.0], device)?; // φ(0), φ(1)
        let matrix = Tensor::cat(&[phi, slopes, ends], 0)?;
        let stacked = FixedMap::new(&matrix)?;
        Ok(Self { stacked, points, weights, penalty: ritz.penalty, device: device.clone() })
    }

    /// Where θ has to live.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Σᵢ −(y² − c·y′² + t·y)(tᵢ)·wᵢ + λy(0)² + λy(1)² as weights of squares and of first powers of y(tᵢ), y′(tᵢ), y(0), y(1).
    pub fn integrand(&self, c: f64) -> Result<[Tensor; 2]> {
        let w = &self.weights;
        let squares = w.iter().map(|w| -w).chain(w.iter().map(|w| c * w)).chain([self.penalty; 2]);
        let linear = self.points.iter().zip(w).map(|(t, w)| -t * w).chain(w.iter().map(|_| 0.0)).chain([0.0; 2]);
        Ok([Tensor::from_iter(squares, &self.device)?, Tensor::from_iter(linear, &self.device)?])
    }

    /// Its value at θ.
    pub fn loss(&self, theta: &Tensor, [squares, linear]: &[Tensor; 2]) -> Result<Tensor> {
        Ok(self.stacked.quadratic(theta, squares, linear)?) // of y(tᵢ), y′(tᵢ), y(0), y(1)
    }
    // ANCHOR_END: sum
}

/// What came out.
#[derive(Debug)]
pub struct Outcome {
    /// θ
    pub theta: Vec<f64>,
    /// The learned y
    pub curve: Curve,
    /// The loss after each update
    pub history: Table,
}

/// The section as a program.
#[derive(Debug)]
pub struct RayleighRitz;

impl Section for RayleighRitz {
    const NAME: &'static str = "sec6_du_rr";
    const TITLE: &'static str = "A variational problem by the method of Rayleigh and Ritz";
    const HELP: &'static str = "\
∫(y² − y'² + ty) dt is maximised over curves y with y(0) = y(1) = 0, written as sums of 50 Gaussian bumps whose weights are \
learned by 300 updates of Adam. The figure shows the learned curve beside the exact one, its error, and the loss. Try \
--num-updates 3000 and --quadrature gauss (the sum's own minimum lies below the exact one, and training goes there).";
    const INPUTS: &'static [Input] = &[Input::PARAMETERS];
    type Config = Config;
    type Outcome = Outcome;

    fn run(config: &Config, context: &mut Context) -> Result<Outcome> {
        config::validate(config)?;
        let device = &context.device.clone();
        context.phase(Phase::Training);
        // ANCHOR: training
        let sum = Sum::new(&config.ritz, device)?;
        let integrand = sum.integrand(1.0)?; // y² − y′² + t·y
        let theta = context.parameter("theta", &Tensor::ones(config.ritz.num_basis, DType::F64, device)?)?;
        let mut history = Table::new("update", ["loss"]);
        let mut optimizer = Optimizer::new(vec![theta.clone()], Rule::Adam.with(config.ritz.learning_rate))?;
        train(context, &mut history, &mut optimizer, config.num_updates, || sum.loss(&theta, &integrand))?;
        // ANCHOR_END: training
        let curve = Curve::of(config.ritz.basis(), &theta, 1.0)?;
        Ok(Outcome { theta: theta.to_vec1()?, curve, history })
    }

    fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
        report::report(config, outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Var;
    use common::{gradient_check::gradient_error, sampling::grid};

    #[test]
    fn the_gradient_is_right() -> Result<()> {
        let config = Config::default();
        let ritz = Ritz { num_basis: 12, num_intervals: 20, ..config.ritz };
        let sum = Sum::new(&ritz, &Device::Cpu)?;
        let integrand = sum.integrand(1.3)?;
        let theta = Var::new(grid(-0.3, 0.8, 12), &Device::Cpu)?;
        assert!(gradient_error(std::slice::from_ref(&theta), 1e-6, || sum.loss(&theta, &integrand))? < 1e-7);
        Ok(())
    }

    /// The exact curve is worth the exact value, and Euler and Lagrange's equation holds.
    #[test]
    fn the_exact_solution_is_exact() {
        for c in [1.0, 1.5, 2.0] {
            let h = 1e-4;
            for t in [0.2, 0.5, 0.9] {
                let second = (exact(t + h, c) - 2.0 * exact(t, c) + exact(t - h, c)) / (h * h);
                assert!((c * second + exact(t, c) + t / 2.0).abs() < 1e-6);
            }
            assert!(exact(0.0, c).abs() < 1e-15 && exact(1.0, c).abs() < 1e-15);
        }
        let slope = |t: f64| t.cos() / (2.0 * 1f64.sin()) - 0.5;
        let value = -Quadrature::Gauss
            .integrate(0.0, 1.0, 20, |t| exact(t, 1.0).powi(2) - slope(t).powi(2) + t * exact(t, 1.0));
        assert!((value - least_value()).abs() < 1e-15);
    }
}
