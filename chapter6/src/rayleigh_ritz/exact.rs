//! The exact solution, and what a learned curve is worth.

use anyhow::Result;
use candle_core::Tensor;
use common::{basis::RadialBasis, quadrature::Quadrature, sampling::grid};

/// The exact solution for ∫ (y² − c·y′² + t·y): y = sin(t/√c)/(2 sin(1/√c)) − t/2, from c·y″ + y = −t/2.
// ANCHOR: exact
pub fn exact(t: f64, c: f64) -> f64 {
    (t / c.sqrt()).sin() / (2.0 * c.sqrt().recip().sin()) - t / 2.0
}
// ANCHOR_END: exact

/// The least value of −∫ (y² − y′² + t·y), cot(1)/4 − 1/6.
pub fn least_value() -> f64 {
    1f64.tan().recip() / 4.0 - 1.0 / 6.0
}

/// A learned y on a grid, and what it is worth.
#[derive(Debug, Clone)]
pub struct Curve {
    /// t
    pub ts: Vec<f64>,
    /// y(t)
    pub ys: Vec<f64>,
    /// −∫ (y² − c·y′² + t·y), by Gauss's quadrature
    pub value: f64,
    /// y(0) and y(1)
    pub ends: [f64; 2],
}

impl Curve {
    /// y = Σ θᵢφᵢ.
    pub fn of(basis: RadialBasis, theta: &Tensor, c: f64) -> Result<Self> {
        let device = theta.device();
        let at = |ts: &[f64]| -> Result<Vec<f64>> {
            Ok(basis.values(ts, device)?.matmul(&theta.unsqueeze(1)?)?.squeeze(1)?.to_vec1()?)
        };
        let (points, weights) = Quadrature::Gauss.rule(0.0, 1.0, 60);
        let dy = basis.derivatives(&points, device)?.matmul(&theta.unsqueeze(1)?)?.squeeze(1)?.to_vec1::<f64>()?;
        let terms = at(&points)?.into_iter().zip(dy).zip(points.iter().zip(weights));
        let value = -terms.map(|((y, dy), (t, w))| w * (y * y - c * dy * dy + t * y)).sum::<f64>();
        let ts = grid(0.0, 1.0, 201);
        let ys = at(&ts)?;
        Ok(Self { ends: [ys[0], ys[200]], ts, ys, value })
    }

    /// max |y − exact| on the grid.
    pub fn error(&self, c: f64) -> f64 {
        self.ts.iter().zip(&self.ys).map(|(&t, y)| (y - exact(t, c)).abs()).fold(0.0, f64::max)
    }
}
