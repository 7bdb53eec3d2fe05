//! `sec5_stabilize_losses`: a better gain from any that stabilises.

/// A matrix.
type M = nalgebra::DMatrix<f64>;

// ANCHOR: task
/// From a gain K of u = −Kx that makes x ← Fx + Gu settle, a better one for Σ xᵀQx + uᵀRu. First what K costs, P = CᵀPC + Q + KᵀRK with
/// C = F − GK; then the u that is best if K follows it, (R + GᵀPG)⁻¹GᵀPF.
pub fn improve(f: &M, g: &M, q: &M, r: &M, k: &M) -> Option<M> {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {
    use super::M;
    use chapter5::plant::discrete_lyapunov;

    // ANCHOR: solution
    /// From a gain K of u = −Kx that makes x ← Fx + Gu settle, a better one for Σ xᵀQx + uᵀRu. First what K costs, P = CᵀPC + Q + KᵀRK with
    /// C = F − GK; then the u that is best if K follows it, (R + GᵀPG)⁻¹GᵀPF.
    pub fn improve(f: &M, g: &M, q: &M, r: &M, k: &M) -> Option<M> {
        let closed = f - g * k;
        let p = discrete_lyapunov(&closed.transpose(), &(q + k.transpose() * r * k));
        (r + g.transpose() * &p * g).lu().solve(&(g.transpose() * &p * f))
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context as _;
    use candle_core::Device;
    use chapter5::plant::{GIVEN_GAIN, Plant, discrete_lyapunov, linear_quadratic_gain};
    use common::linalg;

    fn check(improve: fn(&M, &M, &M, &M, &M) -> Option<M>) -> anyhow::Result<()> {
        let (plant, h) = (Plant::new(&Device::Cpu)?, 0.04);
        let [a, b, c] = [&plant.a, &plant.b, &plant.c].map(|m| linalg::to_matrix(m).expect("a matrix"));
        let (f, g) = (M::identity(4, 4) + a * h, b * h);
        let (q, r) = (M::identity(4, 4) * h, M::identity(2, 2) * h);
        let mut k = -M::from_row_slice(2, 2, &GIVEN_GAIN.concat()) * c; // the given gain, which sees Cx only
        let cost = |k: &M| discrete_lyapunov(&(&f - &g * k).transpose(), &(&q + k.transpose() * &r * k)).trace();
        for _ in 0..8 {
            let better = improve(&f, &g, &q, &r, &k).context("R + GᵀPG is regular")?;
            assert!(cost(&better) <= cost(&k) * (1.0 + 1e-12), "{} {}", cost(&better), cost(&k));
            k = better;
        }
        let riccati = linear_quadratic_gain(&f, &g, &q, &r);
        assert!((&k - &riccati).amax() < 1e-9, "{k} {riccati}");
        Ok(())
    }

    #[test]
    fn solution() -> anyhow::Result<()> {
        check(solution::improve)
    }

    #[test]
    #[ignore = "your turn"]
    fn task() -> anyhow::Result<()> {
        check(improve)
    }
}
