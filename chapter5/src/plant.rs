//! The linear system of the two sections on control, and what is known of linear systems.

use anyhow::Result;
use candle_core::{Device, Tensor};
use common::linalg;
use nalgebra::{Complex, DMatrix, linalg::Schur};

/// ẋ = Ax + Bu with u = K·Cx: a gain K `[2, 2]` between what is measured and what is done. From Kobayashi et al., 2019.
// ANCHOR: plant
#[derive(Debug, Clone)]
pub struct Plant {
    /// A `[4, 4]`
    pub a: Tensor,
    /// B `[4, 2]`
    pub b: Tensor,
    /// C `[2, 4]`
    pub c: Tensor,
}

/// The gain that the plant comes with.
pub const GIVEN_GAIN: [[f64; 2]; 2] = [[-2.7, 2.7], [2.7, -2.7]];

impl Plant {
    /// The plant of the book.
    pub fn new(device: &Device) -> Result<Self> {
        let a = [[-0.2, 0.4, -1.0, -0.4], [-0.7, -0.8, -0.6, -0.3], [-0.2, 0.1, -0.2, 0.4], [-0.6, 0.8, -0.9, 0.3]];
        let b = [[-0.2, 0.1], [-0.7, -0.6], [0.6, 0.9], [-0.4, 0.4]];
        let c = [[0.8, 0.8, -0.8, -0.9], [-0.7, 0.8, -0.8, -0.2]];
        Ok(Self { a: Tensor::new(&a, device)?, b: Tensor::new(&b, device)?, c: Tensor::new(&c, device)? })
    }

    /// A + BKC: with the gain, ẋ = (A + BKC)x.
    pub fn closed_loop(&self, gain: &Tensor) -> Result<Tensor> {
        Ok((&self.a + self.b.matmul(gain)?.matmul(&self.c)?)?)
    }

    /// F = I + h(A + BKC): a step of Euler's method is x ← Fx.
    pub fn euler(&self, gain: &Tensor, step: f64) -> Result<Tensor> {
        let identity = Tensor::eye(self.a.dim(0)?, self.a.dtype(), self.a.device())?;
        Ok((identity + (self.closed_loop(gain)? * step)?)?)
    }
}
// ANCHOR_END: plant

/// The largest of what `part` makes of the eigenvalues of `m`; infinite if they are not found, as in a run that diverges.
fn largest(m: DMatrix<f64>, part: fn(&Complex<f64>) -> f64) -> f64 {
    const MOST: usize = 10_000; // iterations, of which a matrix of ten rows takes some dozens; without end if it overflows
    let found = Schur::try_new(m, f64::EPSILON, MOST).map(|schur| schur.complex_eigenvalues());
    let parts = found.map(|eigenvalues| eigenvalues.iter().map(part).collect::<Vec<_>>());
    let parts = parts.filter(|parts| parts.iter().all(|part| part.is_finite()));
    parts.map_or(f64::INFINITY, |parts| parts.into_iter().fold(f64::NEG_INFINITY, f64::max))
}

/// The largest real part of an eigenvalue: below 0, ẋ = Mx dies away.
pub fn spectral_abscissa(m: &Tensor) -> Result<f64> {
    Ok(largest(linalg::to_matrix(m)?, |v| v.re))
}

/// The largest absolute value of an eigenvalue: below 1, x ← Fx dies away.
pub fn spectral_radius(f: &DMatrix<f64>) -> f64 {
    largest(f.clone(), |v| v.norm())
}

/// P = FPFᵀ + Q, the second moment at which x ← Fx + noise of covariance Q settles; infinite entries if it does not.
///
/// P = Σ FᵏQ(Fᵏ)ᵀ, with twice as many terms after each pass.
// ANCHOR: lyapunov
pub fn discrete_lyapunov(f: &DMatrix<f64>, q: &DMatrix<f64>) -> DMatrix<f64> {
    if spectral_radius(f) >= 1.0 {
        return q.map(|_| f64::INFINITY);
    }
    let (mut f, mut p) = (f.clone(), q.clone());
    for _ in 0..64 {
        let more = &f * &p * f.transpose();
        if more.amax() <= 1e-17 * p.amax() {
            break;
        }
        p += more;
        f = &f * &f;
    }
    p
}
// ANCHOR_END: lyapunov

/// The gain K of u = −Kx that minimises Σ xᵀQx + uᵀRu for x ← Fx + Gu, by iterating the discrete Riccati equation.
// ANCHOR: riccati
pub fn linear_quadratic_gain(f: &DMatrix<f64>, g: &DMatrix<f64>, q: &DMatrix<f64>, r: &DMatrix<f64>) -> DMatrix<f64> {
    let (mut p, mut gain) = (q.clone(), DMatrix::zeros(g.ncols(), f.nrows()));
    for _ in 0..100_000 {
        let weight = r + g.transpose() * &p * g;
        gain = weight.lu().solve(&(g.transpose() * &p * f)).unwrap_or(gain); // K = (R + GᵀPG)⁻¹GᵀPF
        let next = q + f.transpose() * &p * (f - g * &gain); // P ← Q + FᵀP(F − GK)
        let moved = (&next - &p).amax();
        p = next;
        if moved <= 1e-14 * p.amax() {
            break;
        }
    }
    gain
}
// ANCHOR_END: riccati

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_equation_holds() -> Result<()> {
        let plant = Plant::new(&Device::Cpu)?;
        let gain = Tensor::new(&GIVEN_GAIN, &Device::Cpu)?;
        let f = linalg::to_matrix(&plant.euler(&gain, 0.02)?)?;
        let q = DMatrix::identity(4, 4) * 0.0032;
        let p = discrete_lyapunov(&f, &q);
        assert!((&f * &p * f.transpose() + &q - &p).amax() < 1e-13 * p.amax());
        assert!((spectral_radius(&f).ln() / 0.02 - spectral_abscissa(&plant.closed_loop(&gain)?)?).abs() < 0.1);
        assert!(discrete_lyapunov(&(f * 10.0), &q)[(0, 0)].is_infinite());
        Ok(())
    }

    #[test]
    fn a_gain_beyond_all_bounds_is_not_stable() -> Result<()> {
        let plant = Plant::new(&Device::Cpu)?;
        for entry in [1e160, 1e306, f64::INFINITY, f64::NAN] {
            let m = plant.closed_loop(&Tensor::new(&[[entry, 1.0], [1.0, -entry]], &Device::Cpu)?)?;
            assert!(spectral_abscissa(&m)? > 0.0, "{entry}");
            assert!(spectral_radius(&linalg::to_matrix(&m)?) > 1.0, "{entry}");
        }
        Ok(())
    }

    /// No gain nearby costs less.
    #[test]
    fn the_linear_quadratic_gain_is_the_best() -> Result<()> {
        let (plant, h) = (Plant::new(&Device::Cpu)?, 0.04);
        let identity = DMatrix::<f64>::identity(4, 4);
        let f = &identity + linalg::to_matrix(&plant.a)? * h;
        let (g, q, r) = (linalg::to_matrix(&plant.b)? * h, identity * h, DMatrix::identity(2, 2) * h);
        let gain = linear_quadratic_gain(&f, &g, &q, &r);
        let cost = |gain: &DMatrix<f64>| {
            let closed = (&f - &g * gain).transpose(); // Σ (Fᵀ)ᵏ(Q + KᵀRK)Fᵏ
            discrete_lyapunov(&closed, &(&q + gain.transpose() * &r * gain)).trace()
        };
        let best = cost(&gain);
        for entry in 0..8 {
            for shift in [-0.1, 0.1] {
                let mut other = gain.clone();
                other[entry] += shift;
                assert!(cost(&other) > best, "{entry}");
            }
        }
        Ok(())
    }
}
