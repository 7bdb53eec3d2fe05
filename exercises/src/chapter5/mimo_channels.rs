//! `sec5_mimo_channels`: maximum likelihood where 2ⁿ is out of reach.

use nalgebra::{DMatrix, DVector};

// ANCHOR: task
/// The x ∈ {±1}ⁿ with the least ‖z − Rx‖², R upper triangular, and how many symbols were tried on the way. Decides symbol by symbol from
/// the last row up, first as decision feedback would; whatever is further off than the best word so far is given up, with all above it.
pub fn nearest(r: &DMatrix<f64>, z: &DVector<f64>) -> (DVector<f64>, usize) {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {
    use nalgebra::{DMatrix, DVector};

    // ANCHOR: solution
    /// The x ∈ {±1}ⁿ with the least ‖z − Rx‖², R upper triangular, and how many symbols were tried on the way. Decides symbol by symbol from
    /// the last row up, first as decision feedback would; whatever is further off than the best word so far is given up, with all above it.
    pub fn nearest(r: &DMatrix<f64>, z: &DVector<f64>) -> (DVector<f64>, usize) {
        let mut best = (f64::INFINITY, z.clone(), 0);
        descend(r, z, &mut z.clone(), z.len(), 0.0, &mut best);
        (best.1, best.2)
    }

    /// The symbols from row `rows` down are decided, at the cost so far; `best` is a cost, its word, and the number of trials.
    fn descend(
        r: &DMatrix<f64>,
        z: &DVector<f64>,
        x: &mut DVector<f64>,
        rows: usize,
        cost: f64,
        best: &mut (f64, DVector<f64>, usize),
    ) {
        if rows == 0 {
            (best.0, best.1) = (cost, x.clone());
            return;
        }
        let i = rows - 1;
        let rest = z[i] - (rows..z.len()).map(|j| r[(i, j)] * x[j]).sum::<f64>();
        let first = (rest * r[(i, i)]).signum();
        for sign in [first, -first] {
            best.2 += 1;
            let cost = cost + (rest - r[(i, i)] * sign).powi(2);
            if cost < best.0 {
                x[i] = sign;
                descend(r, z, x, i, cost, best);
            }
        }
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;
    use common::{linalg, sampling};

    fn check(f: impl Fn(&DMatrix<f64>, &DVector<f64>) -> (DVector<f64>, usize)) -> anyhow::Result<()> {
        let (n, rng, mut total) = (10, &mut sampling::rng(1, 0), 0);
        for _ in 0..50 {
            let h = DMatrix::from_vec(n, n, sampling::normal_vec(n * n, rng));
            let x = DVector::from_vec(sampling::sign_vec(n, rng));
            let y = &h * &x + DVector::from_vec(sampling::normal_vec(n, rng)) * 0.5;
            let qr = h.clone().qr();
            let (word, tried) = f(&qr.r(), &(qr.q().transpose() * &y));
            total += tried;
            let [g, b] = [h.transpose() * &h, DMatrix::from_row_slice(1, n, (h.transpose() * &y).as_slice())];
            let all = linalg::signs_minimum(
                &linalg::from_matrix(&g, &Device::Cpu)?,
                &linalg::from_matrix(&b, &Device::Cpu)?,
            )?;
            assert_eq!(word.as_slice(), all.get(0)?.to_vec1::<f64>()?); // all 1024 words tried
        }
        assert!(total / 50 < 60, "{}", total / 50); // of 2 + 4 + … + 1024 = 2046
        Ok(())
    }

    #[test]
    fn solution() -> anyhow::Result<()> {
        check(solution::nearest)
    }

    #[test]
    #[ignore = "your turn"]
    fn task() -> anyhow::Result<()> {
        check(nearest)
    }
}
