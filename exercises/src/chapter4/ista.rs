//! `sec4_ista`: how far from the minimum?

use anyhow::Result;
use candle_core::Tensor;

// ANCHOR: task
/// An upper bound of F(x) − min F for F(x) = ½‖Ax − y‖² + λ‖x‖₁, the duality gap F(x) − ½‖y‖² + ½‖y − θ‖². Here θ is the residual
/// y − Ax, made shorter if need be, so that no entry of Aᵀθ is beyond ±λ. A is `[m, n]`, y `[m]`, x `[n]`.
pub fn duality_gap(a: &Tensor, y: &Tensor, x: &Tensor, lambda: f64) -> Result<f64> {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {
    use anyhow::Result;
    use candle_core::Tensor;

    // ANCHOR: solution
    /// An upper bound of F(x) − min F for F(x) = ½‖Ax − y‖² + λ‖x‖₁, the duality gap F(x) − ½‖y‖² + ½‖y − θ‖². Here θ is the residual
    /// y − Ax, made shorter if need be, so that no entry of Aᵀθ is beyond ±λ. A is `[m, n]`, y `[m]`, x `[n]`.
    pub fn duality_gap(a: &Tensor, y: &Tensor, x: &Tensor, lambda: f64) -> Result<f64> {
        let product = |m: &Tensor, v: &Tensor| m.matmul(&v.unsqueeze(1)?)?.squeeze(1);
        let square = |v: &Tensor| v.sqr()?.sum_all()?.to_scalar::<f64>();
        let residual = (y - product(a, x)?)?;
        let largest = product(&a.t()?, &residual)?.abs()?.max_all()?.to_scalar::<f64>()?;
        let theta = (&residual * (lambda / largest).min(1.0))?;
        let objective = 0.5 * square(&residual)? + lambda * x.abs()?.sum_all()?.to_scalar::<f64>()?;
        Ok(objective - 0.5 * square(y)? + 0.5 * square(&(y - theta)?)?)
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;
    use chapter4::{
        ista::{Ista, objective},
        sparse::SparseRecovery,
    };
    use common::{
        linear_model::LinearModel,
        sampling,
        unfolding::{Algorithm, Problem},
    };

    fn check(f: fn(&Tensor, &Tensor, &Tensor, f64) -> Result<f64>) -> Result<()> {
        let rng = &mut sampling::rng(1, 0);
        let problem = SparseRecovery::new(LinearModel::gaussian(32, 64, rng, &Device::Cpu)?, 0.1, 0.1)?;
        let batch = problem.draw(1, rng)?;
        let (a, y, lambda) = (&problem.model.a, batch.data.y.get(0)?, 2.0);
        let ista = Ista::fixed(&problem, lambda)?;
        let (mut x, mut seen) = (batch.start.clone(), vec![]);
        for k in 0..3000 {
            if [0, 1, 10, 100, 300].contains(&k) {
                let objective = objective(&problem, &x, &batch.data.y, lambda)?;
                seen.push((objective, f(a, &y, &x.get(0)?, lambda)?));
            }
            x = ista.iterate(k, &x, &batch.data, rng)?;
        }
        let least = objective(&problem, &x, &batch.data.y, lambda)?;
        for (objective, gap) in seen {
            assert!(gap >= objective - least - 1e-9, "{objective} {gap} {least}"); // without knowing the minimum
        }
        let last = f(a, &y, &x.get(0)?, lambda)?;
        assert!(last.abs() < 1e-8, "{last}"); // and at the minimum there is none
        Ok(())
    }

    #[test]
    fn solution() -> Result<()> {
        check(solution::duality_gap)
    }

    #[test]
    #[ignore = "your turn"]
    fn task() -> Result<()> {
        check(duality_gap)
    }
}
