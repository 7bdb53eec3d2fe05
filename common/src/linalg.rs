//! The little linear algebra that the sections compare their training with: least squares, eigenvalues, conditioning.
//!
//! Matrices are rank-2 f64 tensors; the work is done on the host by nalgebra.

use anyhow::{Context as _, Result, anyhow, ensure};
use candle_core::{DType, Device, Tensor};
use nalgebra::{DMatrix, DVector, SVD};

/// The minimiser θ `[n]` of ‖Aθ − b‖² for A `[m, n]`, b `[m]`; the shortest one where there are several.
///
/// Singular values below `relative_cutoff` times the largest count as zero (NumPy's `rcond`).
pub fn least_squares(a: &Tensor, b: &Tensor, relative_cutoff: f64) -> Result<Tensor> {
    let b = b.reshape(((), 1))?;
    ensure!(a.dim(0)? == b.dim(0)?, "least squares: {:?} equations, {:?} right-hand sides", a.dims(), b.dims());
    let svd = svd(a)?;
    let solution = svd.solve(&to_matrix(&b)?, relative_cutoff * svd.singular_values.max()).map_err(|e| anyhow!(e))?;
    Ok(Tensor::from_slice(solution.as_slice(), a.dim(1)?, a.device())?)
}

/// The pseudo-inverse A⁺ `[n, m]` of A `[m, n]`. Singular values of at most max(m, n)·ε·‖A‖, by Frobenius' norm, count as zero.
pub fn pseudo_inverse(a: &Tensor) -> Result<Tensor> {
    let matrix = finite_matrix(a)?;
    let negligible = matrix.nrows().max(matrix.ncols()) as f64 * f64::EPSILON * matrix.norm();
    let inverse = matrix.pseudo_inverse(negligible).map_err(|e| anyhow!(e))?;
    from_matrix(&inverse, a.device())
}

/// The eigenvalues of a symmetric matrix `[n, n]`, ascending.
pub fn symmetric_eigenvalues(a: &Tensor) -> Result<Vec<f64>> {
    let (rows, columns) = a.dims2()?;
    ensure!(rows == columns, "eigenvalues need a square matrix, got {:?}", a.dims());
    let mut eigenvalues = to_matrix(a)?.symmetric_eigenvalues().as_slice().to_vec();
    eigenvalues.sort_by(f64::total_cmp);
    Ok(eigenvalues)
}

/// The singular values of a matrix `[m, n]`, descending.
pub fn singular_values(a: &Tensor) -> Result<Vec<f64>> {
    Ok(svd(a)?.singular_values.as_slice().to_vec())
}

/// The singular value decomposition A = U·diag(σ)·Vᵀ of a matrix `[m, n]`.
#[derive(Debug)]
pub struct SingularValueDecomposition {
    /// U `[m, min(m, n)]`: its columns are orthonormal
    pub u: Tensor,
    /// σ, descending
    pub sigma: Vec<f64>,
    /// V `[n, min(m, n)]`: its columns are orthonormal
    pub v: Tensor,
}

/// U, σ and V of a matrix `[m, n]`.
pub fn singular_value_decomposition(a: &Tensor) -> Result<SingularValueDecomposition> {
    let svd = svd(a)?;
    let vectors = |matrix: Option<DMatrix<f64>>| matrix.context("no singular vectors were asked for");
    Ok(SingularValueDecomposition {
        u: from_matrix(&vectors(svd.u)?, a.device())?,
        sigma: svd.singular_values.as_slice().to_vec(),
        v: from_matrix(&vectors(svd.v_t)?.transpose(), a.device())?,
    })
}

/// The condition number σmax / σmin of a matrix `[m, n]`; infinite if it is singular.
pub fn condition_number(a: &Tensor) -> Result<f64> {
    let sigma = singular_values(a)?;
    ensure!(!sigma.is_empty(), "an empty matrix has no condition number");
    Ok(sigma[0] / sigma[sigma.len() - 1])
}

/// G and, as columns, the vectors b of a linear system or a quadratic function.
fn system(g: &Tensor, b: &Tensor) -> Result<(DMatrix<f64>, DMatrix<f64>)> {
    let (g, columns) = (to_matrix(g)?, to_matrix(&b.t()?)?);
    let (rows, width, n) = (g.nrows(), g.ncols(), columns.nrows());
    ensure!(rows == width && rows == n, "a {rows}×{width} matrix and vectors of length {n}");
    Ok((g, columns))
}

/// The solutions `[K, n]` of Gx = b, one for each row b of `b` `[K, n]`, for a symmetric positive definite G `[n, n]`.
///
/// By Cholesky's decomposition. Errors if G is not positive definite.
pub fn symmetric_solve(g: &Tensor, b: &Tensor) -> Result<Tensor> {
    let (g, columns) = system(g, b)?;
    let solutions = g.cholesky().context(NOT_DEFINITE)?.solve(&columns);
    from_matrix(&solutions.transpose(), b.device())
}

/// The most entries that [`signs_minimum`] takes.
pub const MOST_SIGNS: usize = 16;

/// The minimisers `[K, n]` of ½xᵀGx − bᵀx over x ∈ {−1, 1}ⁿ, n ≤ 16, one for each row b of `b` `[K, n]`; G is symmetric.
///
/// Tries all 2ⁿ, each one flip away from the last (Gray code), so that a trial costs n operations.
pub fn signs_minimum(g: &Tensor, b: &Tensor) -> Result<Tensor> {
    let (g, columns) = system(g, b)?;
    let n = g.nrows();
    ensure!((1..=MOST_SIGNS).contains(&n), "all signs of {n} entries: 1 to {MOST_SIGNS} can be tried");
    let mut minima = DMatrix::zeros(n, columns.ncols());
    for (b, mut minimum) in columns.column_iter().zip(minima.column_iter_mut()) {
        let mut x = DVector::from_element(n, -1.0);
        let mut gradient = &g * &x - b; // Gx − b
        let (mut value, mut least, mut best) = (0.0, 0.0, x.clone()); // f(x) − f(−1, …, −1)
        for trial in 1..1usize << n {
            let i = trial.trailing_zeros() as usize;
            let change = -2.0 * x[i];
            value += change * gradient[i] + 0.5 * change * change * g[(i, i)];
            gradient.axpy(change, &g.column(i), 1.0);
            x[i] = -x[i];
            if value < least {
                (least, best) = (value, x.clone());
            }
        }
        minimum.copy_from(&best);
    }
    from_matrix(&minima.transpose(), b.device())
}

/// The minimisers `[K, n]` of ½xᵀGx − bᵀx in the box |xᵢ| ≤ `bound`, one for each row b of `b` `[K, n]`.
///
/// G `[n, n]` is symmetric and positive definite. An active-set method: it ends, after finitely many solutions of linear
/// systems, at the exact minimiser up to rounding. Errors if G is not positive definite, or if a minimiser misses the
/// optimality conditions ([`box_residual`]) by more than 1e-10 relative to b.
pub fn box_minimum(g: &Tensor, b: &Tensor, bound: f64) -> Result<Tensor> {
    let (g, columns) = system(g, b)?;
    let whole = g.clone().cholesky().context(NOT_DEFINITE)?;
    let mut minima = DMatrix::zeros(columns.nrows(), columns.ncols());
    for (b, mut minimum) in columns.column_iter().zip(minima.column_iter_mut()) {
        let b = b.into_owned();
        let x = whole.solve(&b);
        let inside = x.amax() <= bound;
        minimum.copy_from(&if inside { x } else { active_set(&g, &b, bound, x)? });
    }
    from_matrix(&minima.transpose(), b.device())
}

/// ‖x − P(x − (Gx − b))‖∞ with P the projection to the box: 0 exactly where x minimises ½xᵀGx − bᵀx there.
pub fn box_residual(g: &DMatrix<f64>, b: &DVector<f64>, bound: f64, x: &DVector<f64>) -> f64 {
    let step = x - (g * x - b);
    (x - step.map(|v| v.clamp(-bound, bound))).amax()
}

const NOT_DEFINITE: &str = "the matrix of the quadratic is not positive definite";

/// One minimiser, from a start that is projected to the box first. Free coordinates move to the minimum for the fixed ones,
/// or as far towards it as the box allows; a coordinate that the gradient pulls inwards is set free.
fn active_set(g: &DMatrix<f64>, b: &DVector<f64>, bound: f64, start: DVector<f64>) -> Result<DVector<f64>> {
    let n = b.len();
    let mut x = start.map(|v| v.clamp(-bound, bound));
    let mut free: Vec<bool> = x.iter().map(|v| v.abs() < bound).collect();
    let tolerance = 1e-12 * (b.amax() + g.amax() * bound);
    // Every pass but the last fixes or frees a coordinate, and no set of fixed coordinates returns; few are visited.
    for _ in 0..100 * (n + 1) {
        let moving: Vec<usize> = (0..n).filter(|&i| free[i]).collect();
        let target = {
            let held = DVector::from_fn(n, |i, _| if free[i] { 0.0 } else { x[i] });
            let rhs = (b - g * held).select_rows(&moving);
            let block = g.select_rows(&moving).select_columns(&moving);
            block.cholesky().context(NOT_DEFINITE)?.solve(&rhs)
        };
        // The longest part of the way to the target that stays in the box, and the coordinate that ends it.
        let (mut way, mut blocking) = (1.0, None);
        for (&i, &to) in moving.iter().zip(&target) {
            if to.abs() > bound {
                let part = (bound.copysign(to) - x[i]) / (to - x[i]);
                if part < way || blocking.is_none() {
                    (way, blocking) = (part, Some(i));
                }
            }
        }
        for (&i, &to) in moving.iter().zip(&target) {
            x[i] = if blocking.is_some() { x[i] + way * (to - x[i]) } else { to };
        }
        if let Some(i) = blocking {
            x[i] = bound.copysign(x[i]);
            free[i] = false;
            continue;
        }
        let gradient = g * &x - b;
        let pull = |i: &usize| gradient[*i] * x[*i].signum(); // positive: f falls towards the inside
        let fixed = (0..n).filter(|&i| !free[i]);
        match fixed.max_by(|i, j| pull(i).total_cmp(&pull(j))) {
            Some(i) if pull(&i) > tolerance => free[i] = true,
            _ => {
                ensure!(
                    box_residual(g, b, bound, &x) <= 1e-10 * (1.0 + b.amax()),
                    "no minimiser in the box: ill-conditioned"
                );
                return Ok(x);
            }
        }
    }
    anyhow::bail!("no minimiser in the box after {} changes", 100 * (n + 1))
}

fn svd(a: &Tensor) -> Result<SVD<f64, nalgebra::Dyn, nalgebra::Dyn>> {
    Ok(SVD::new(finite_matrix(a)?, true, true))
}

/// [`to_matrix`]; errors where an entry is not finite, with which a decomposition would not end.
fn finite_matrix(a: &Tensor) -> Result<DMatrix<f64>> {
    let a = to_matrix(a)?;
    ensure!(a.iter().all(|v| v.is_finite()), "the matrix has entries that are not finite");
    Ok(a)
}

/// A rank-2 tensor as a nalgebra matrix (f64, on the host).
pub fn to_matrix(a: &Tensor) -> Result<DMatrix<f64>> {
    let (rows, columns) = a.dims2()?;
    let entries = a.to_dtype(DType::F64)?.flatten_all()?.to_vec1::<f64>()?;
    Ok(DMatrix::from_row_slice(rows, columns, &entries))
}

/// A nalgebra matrix as a rank-2 f64 tensor.
pub fn from_matrix(a: &DMatrix<f64>, device: &Device) -> Result<Tensor> {
    Ok(Tensor::from_vec(a.transpose().as_slice().to_vec(), a.shape(), device)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_system_is_solved() -> Result<()> {
        let a = Tensor::new(&[[2.0, 0.0], [0.0, 1.0], [0.0, 0.0]], &Device::Cpu)?;
        let b = Tensor::new(&[4.0, 3.0, 9.0], &Device::Cpu)?;
        assert_eq!(least_squares(&a, &b, 1e-12)?.to_vec1::<f64>()?, [2.0, 3.0]);
        assert_eq!(pseudo_inverse(&a)?.to_vec2::<f64>()?, [[0.5, 0.0, 0.0], [0.0, 1.0, 0.0]]);
        let singular = (Tensor::ones((3, 3), DType::F64, &Device::Cpu)? * 100.0)?; // its zeros come out near 1e-14
        let inverse = pseudo_inverse(&singular)?.flatten_all()?.to_vec1::<f64>()?;
        assert!(inverse.iter().all(|entry| (entry - 1.0 / 900.0).abs() < 1e-15), "{inverse:?}");
        assert_eq!(condition_number(&a)?, 2.0);
        assert_eq!(symmetric_eigenvalues(&a.t()?.matmul(&a)?)?, [1.0, 4.0]);
        Ok(())
    }

    #[test]
    fn wrong_shapes_are_errors() -> Result<()> {
        let a = Tensor::zeros((3, 2), DType::F64, &Device::Cpu)?;
        assert!(least_squares(&a, &Tensor::zeros(2, DType::F64, &Device::Cpu)?, 0.0).is_err());
        assert!(symmetric_eigenvalues(&a).is_err());
        assert!(condition_number(&(&a * f64::NAN)?).is_err());
        assert!(pseudo_inverse(&(a * f64::NAN)?).is_err());
        Ok(())
    }

    #[test]
    fn the_decomposition_multiplies_back() -> Result<()> {
        let a = Tensor::new(&[[1.0, 2.0], [3.0, 4.0], [5.0, 7.0]], &Device::Cpu)?;
        let SingularValueDecomposition { u, sigma, v } = singular_value_decomposition(&a)?;
        assert_eq!((u.dims(), v.dims()), (&[3, 2][..], &[2, 2][..]));
        let scaled = u.broadcast_mul(&Tensor::new(sigma.as_slice(), &Device::Cpu)?)?;
        let error = (scaled.matmul(&v.t()?)? - &a)?.abs()?.max_all()?;
        assert!(error.to_scalar::<f64>()? < 1e-14 && sigma[0] > sigma[1]);
        let gram = (u.t()?.matmul(&u)? - Tensor::eye(2, DType::F64, &Device::Cpu)?)?;
        assert!(gram.abs()?.max_all()?.to_scalar::<f64>()? < 1e-14);
        Ok(())
    }
}
