//! What the network is compared with.

use anyhow::{Context as _, Result};
use candle_core::Tensor;
use nalgebra::{DMatrix, DVector};

use crate::rates::q;

/// A detector and its symbol errors.
#[derive(Debug, Clone)]
pub struct Counted {
    /// Name
    pub name: &'static str,
    /// Wrong symbols
    pub errors: usize,
    /// The expected rate, where there is a formula
    pub exact: Option<f64>,
}

/// sign(Wy) with W = H⁻¹ (zero forcing).
pub fn zero_forcing(h: &DMatrix<f64>) -> Result<DMatrix<f64>> {
    h.clone().try_inverse().context("the channel is singular")
}

/// W = Hᵀ(HHᵀ + σ²I)⁻¹ (LMMSE).
pub fn lmmse(h: &DMatrix<f64>, noise_std: f64) -> Result<DMatrix<f64>> {
    let regular = h * h.transpose() + DMatrix::identity(h.nrows(), h.nrows()) * noise_std.powi(2);
    Ok(h.transpose() * regular.try_inverse().context("the regularised channel is singular")?)
}

/// The symbol error rate of sign(Wy): the i-th entry is (WH)ᵢᵢxᵢ + Σ ±(WH)ᵢⱼ + noise; averaged over the signs of the others.
// ANCHOR: linear_rate
pub fn linear_rate(w: &DMatrix<f64>, h: &DMatrix<f64>, noise_std: f64) -> f64 {
    let (wh, n) = (w * h, h.ncols());
    let of_entry = |i: usize| {
        let noise = noise_std * w.row(i).norm();
        let others: Vec<f64> = (0..n).filter(|&j| j != i).map(|j| wh[(i, j)]).collect();
        let patterns = 1usize << others.len();
        let interference = |signs: usize| -> f64 {
            others.iter().enumerate().map(|(k, c)| if signs >> k & 1 == 1 { -c } else { *c }).sum()
        };
        (0..patterns).map(|signs| q((wh[(i, i)] + interference(signs)) / noise)).sum::<f64>() / patterns as f64
    };
    (0..n).map(of_entry).sum::<f64>() / n as f64
}
// ANCHOR_END: linear_rate

/// The word with the least ‖y − Hx‖², and for each bit the more probable sign, given Hx of all `words`.
fn enumerate(words: &[Vec<f64>], images: &[DVector<f64>], y: &[f64], noise_std: f64) -> (usize, Vec<f64>) {
    let distance = |image: &DVector<f64>| image.iter().zip(y).map(|(a, b)| (a - b) * (a - b)).sum::<f64>();
    let distances: Vec<f64> = images.iter().map(distance).collect();
    let best = (0..words.len()).fold(0, |best, i| if distances[i] < distances[best] { i } else { best });
    let mut means = vec![0.0; y.len()];
    for (word, d) in words.iter().zip(&distances) {
        let weight = (-0.5 * (d - distances[best]) / (noise_std * noise_std)).exp();
        means.iter_mut().zip(word).for_each(|(mean, x)| *mean += weight * x);
    }
    (best, means)
}

/// Symbol errors of all detectors in the same signals: x and y `[K, n]`, `estimate` the network's.
pub fn count(h: &DMatrix<f64>, noise_std: f64, estimate: &Tensor, x: &Tensor, y: &Tensor) -> Result<Vec<Counted>> {
    let n = h.ncols();
    let (zf, mmse) = (zero_forcing(h)?, lmmse(h, noise_std)?);
    let words: Vec<Vec<f64>> =
        (0..1usize << n).map(|w| (0..n).map(|i| if w >> i & 1 == 1 { -1.0 } else { 1.0 }).collect()).collect();
    let images: Vec<DVector<f64>> = words.iter().map(|word| h * DVector::from_column_slice(word)).collect();
    let flat = |tensor: &Tensor| -> Result<Vec<f64>> { Ok(tensor.flatten_all()?.to_vec1()?) };
    let (estimate, x, y) = (flat(estimate)?, flat(x)?, flat(y)?);
    let wrong = |found: &[f64], x: &[f64]| found.iter().zip(x).filter(|(a, b)| (**a < 0.0) != (**b < 0.0)).count();
    let mut errors = [0; 5];
    for ((network, x), y) in estimate.chunks_exact(n).zip(x.chunks_exact(n)).zip(y.chunks_exact(n)) {
        let received = DVector::from_column_slice(y);
        let (ml, map) = enumerate(&words, &images, y, noise_std);
        let found = [
            (&zf * &received).as_slice().to_vec(),
            (&mmse * &received).as_slice().to_vec(),
            network.to_vec(),
            map,
            words[ml].clone(),
        ];
        errors.iter_mut().zip(&found).for_each(|(errors, found)| *errors += wrong(found, x));
    }
    let names = ["zero forcing", "LMMSE", "network", "MAP, bit by bit", "maximum likelihood"];
    let exact = [Some(linear_rate(&zf, h, noise_std)), Some(linear_rate(&mmse, h, noise_std)), None, None, None];
    Ok((0..5).map(|i| Counted { name: names[i], errors: errors[i], exact: exact[i] }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_forms_on_channels_that_one_can_do_by_hand() -> Result<()> {
        let identity = DMatrix::identity(3, 3);
        for w in [zero_forcing(&identity)?, lmmse(&identity, 0.7)?] {
            assert!((linear_rate(&w, &identity, 0.7) - q(1.0 / 0.7)).abs() < 1e-15);
        }
        // zero forcing: mean of Q(1/(σ√[(HᵀH)⁻¹]ᵢᵢ))
        let h = DMatrix::from_row_slice(2, 2, &[1.0, 0.4, -0.3, 0.9]);
        let gram: DMatrix<f64> = (h.transpose() * &h).try_inverse().context("regular")?;
        let expected = (0..2).map(|i| q(1.0 / (0.5 * gram[(i, i)].sqrt()))).sum::<f64>() / 2.0;
        assert!((linear_rate(&zero_forcing(&h)?, &h, 0.5) - expected).abs() < 1e-15);
        Ok(())
    }
}
