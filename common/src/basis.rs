//! Radial basis functions on a line, with values and derivatives.
//!
//! φᵢ(x) = exp(−β(x − δ(i−1) + ½)²), i = 1 … n: bumps with centres δ(i−1) − ½ at distance δ. Sums Σᵢ θᵢφᵢ(x) are linear in θ, so
//! values and derivatives at given points are matrices that act on θ.

use candle_core::{Device, Result, Tensor};

/// n bumps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RadialBasis {
    /// n
    pub num_basis: usize,
    /// β, > 0: the larger, the narrower
    pub width: f64,
    /// δ, the distance between neighbouring centres
    pub spacing: f64,
}

impl RadialBasis {
    /// cᵢ of function `i`, from 1.
    pub fn center(&self, i: usize) -> f64 {
        self.spacing * (i as f64 - 1.0) - 0.5
    }

    /// Φ `[points, n]`, Φⱼᵢ = φᵢ(xⱼ).
    pub fn values(&self, xs: &[f64], device: &Device) -> Result<Tensor> {
        self.matrix(xs, device, |x, i| {
            (-self.width * (x - self.spacing * (i as f64 - 1.0) + 0.5).powi(2)).exp() // φᵢ(x)
        })
    }

    /// Φ′ `[points, n]`, φᵢ′(xⱼ) = −2β(xⱼ − cᵢ)·φᵢ(xⱼ).
    // ANCHOR: derivatives
    pub fn derivatives(&self, xs: &[f64], device: &Device) -> Result<Tensor> {
        self.matrix(xs, device, |x, i| {
            let from_center = x - self.spacing * (i as f64 - 1.0) + 0.5;
            -2.0 * self.width * from_center * (-self.width * from_center.powi(2)).exp() // φᵢ′(x)
        })
    }
    // ANCHOR_END: derivatives

    fn matrix(&self, xs: &[f64], device: &Device, entry: impl Fn(f64, usize) -> f64) -> Result<Tensor> {
        let entry = &entry;
        let entries: Vec<f64> = xs.iter().flat_map(|&x| (1..=self.num_basis).map(move |i| entry(x, i))).collect();
        Tensor::from_vec(entries, (xs.len(), self.num_basis), device)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derivatives_are_those_of_the_values() -> Result<()> {
        let basis = RadialBasis { num_basis: 50, width: 20.0, spacing: 0.05 };
        let xs = [-0.3, 0.0, 0.41, 1.0, 1.7];
        let shifted = |h: f64| basis.values(&xs.map(|x| x + h), &Device::Cpu);
        let differences = ((shifted(1e-6)? - shifted(-1e-6)?)? / 2e-6)?;
        let error = (differences - basis.derivatives(&xs, &Device::Cpu)?)?.abs()?.max_all()?.to_scalar::<f64>()?;
        assert!(error < 1e-9, "{error}");
        assert!((basis.center(1) + 0.5).abs() < 1e-15 && (basis.center(50) - 1.95).abs() < 1e-15);
        Ok(())
    }
}
