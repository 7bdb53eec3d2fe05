//! The little linear algebra that the sections compare their training with: least squares, eigenvalues, conditioning.
//!
//! Matrices are rank-2 f64 tensors; the work is done on the host by nalgebra.

use anyhow::{Result, anyhow, ensure};
use candle_core::{DType, Device, Tensor};
use nalgebra::{DMatrix, SVD};

/// The minimiser θ `[n]` of ‖Aθ − b‖² for A `[m, n]`, b `[m]`; the shortest one where there are several.
///
/// Singular values below `relative_cutoff` times the largest count as zero (NumPy's `rcond`).
pub fn least_squares(a: &Tensor, b: &Tensor, relative_cutoff: f64) -> Result<Tensor> {
    let b = b.reshape(((), 1))?;
    ensure!(
        a.dim(0)? == b.dim(0)?,
        "least squares: {:?} equations, {:?} right-hand sides",
        a.dims(),
        b.dims()
    );
    let svd = svd(a)?;
    let solution = svd
        .solve(&to_matrix(&b)?, relative_cutoff * svd.singular_values.max())
        .map_err(|e| anyhow!(e))?;
    Ok(Tensor::from_slice(
        solution.as_slice(),
        a.dim(1)?,
        a.device(),
    )?)
}

/// The pseudo-inverse A⁺ `[n, m]` of A `[m, n]`.
pub fn pseudo_inverse(a: &Tensor) -> Result<Tensor> {
    let inverse = to_matrix(a)?
        .pseudo_inverse(f64::EPSILON)
        .map_err(|e| anyhow!(e))?;
    from_matrix(&inverse, a.device())
}

/// The eigenvalues of a symmetric matrix `[n, n]`, ascending.
pub fn symmetric_eigenvalues(a: &Tensor) -> Result<Vec<f64>> {
    let (rows, columns) = a.dims2()?;
    ensure!(
        rows == columns,
        "eigenvalues need a square matrix, got {:?}",
        a.dims()
    );
    let mut eigenvalues = to_matrix(a)?.symmetric_eigenvalues().as_slice().to_vec();
    eigenvalues.sort_by(f64::total_cmp);
    Ok(eigenvalues)
}

/// The singular values of a matrix `[m, n]`, descending.
pub fn singular_values(a: &Tensor) -> Result<Vec<f64>> {
    Ok(svd(a)?.singular_values.as_slice().to_vec())
}

/// The condition number σmax / σmin of a matrix `[m, n]`; infinite if it is singular.
pub fn condition_number(a: &Tensor) -> Result<f64> {
    let sigma = singular_values(a)?;
    ensure!(!sigma.is_empty(), "an empty matrix has no condition number");
    Ok(sigma[0] / sigma[sigma.len() - 1])
}

fn svd(a: &Tensor) -> Result<SVD<f64, nalgebra::Dyn, nalgebra::Dyn>> {
    let a = to_matrix(a)?;
    ensure!(
        a.iter().all(|v| v.is_finite()),
        "the matrix has entries that are not finite"
    );
    Ok(SVD::new(a, true, true))
}

/// A rank-2 tensor as a nalgebra matrix (f64, on the host).
pub fn to_matrix(a: &Tensor) -> Result<DMatrix<f64>> {
    let (rows, columns) = a.dims2()?;
    let entries = a.to_dtype(DType::F64)?.flatten_all()?.to_vec1::<f64>()?;
    Ok(DMatrix::from_row_slice(rows, columns, &entries))
}

/// A nalgebra matrix as a rank-2 f64 tensor.
pub fn from_matrix(a: &DMatrix<f64>, device: &Device) -> Result<Tensor> {
    Ok(Tensor::from_vec(
        a.transpose().as_slice().to_vec(),
        a.shape(),
        device,
    )?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_system_is_solved() -> Result<()> {
        let a = Tensor::new(&[[2.0, 0.0], [0.0, 1.0], [0.0, 0.0]], &Device::Cpu)?;
        let b = Tensor::new(&[4.0, 3.0, 9.0], &Device::Cpu)?;
        assert_eq!(least_squares(&a, &b, 1e-12)?.to_vec1::<f64>()?, [2.0, 3.0]);
        assert_eq!(
            pseudo_inverse(&a)?.to_vec2::<f64>()?,
            [[0.5, 0.0, 0.0], [0.0, 1.0, 0.0]]
        );
        assert_eq!(condition_number(&a)?, 2.0);
        assert_eq!(symmetric_eigenvalues(&a.t()?.matmul(&a)?)?, [1.0, 4.0]);
        Ok(())
    }

    #[test]
    fn wrong_shapes_are_errors() -> Result<()> {
        let a = Tensor::zeros((3, 2), DType::F64, &Device::Cpu)?;
        assert!(least_squares(&a, &Tensor::zeros(2, DType::F64, &Device::Cpu)?, 0.0).is_err());
        assert!(symmetric_eigenvalues(&a).is_err());
        assert!(condition_number(&(a * f64::NAN)?).is_err());
        Ok(())
    }
}
