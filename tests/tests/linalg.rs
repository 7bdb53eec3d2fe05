//! The solver of least squares in a box.

use anyhow::Result;
use candle_core::{DType, Device, Tensor};
use common::{linalg, linear_model::LinearModel, sampling};
use rand::Rng as _;
use tests::models::small_model;

const CPU: &Device = &Device::Cpu;

#[test]
fn the_box_solver_meets_the_optimality_conditions() -> Result<()> {
    let mut bound_entries = 0;
    for seed in 0..200 {
        let rng = &mut sampling::rng(seed, 0);
        let n = rng.random_range(1..=12);
        let m = n + rng.random_range(0..=10);
        let model = LinearModel::gaussian(m, n, rng, CPU)?;
        let y = (sampling::normal_matrix(5, m, rng, CPU)? * 5.0)?;
        let b = model.adjoint.forward(&y)?;
        let x = linalg::box_minimum(&model.gram, &b, 1.0)?;
        let (g, b, x) = (linalg::to_matrix(&model.gram)?, linalg::to_matrix(&b.t()?)?, linalg::to_matrix(&x.t()?)?);
        for (b, x) in b.column_iter().zip(x.column_iter()) {
            let (b, x) = (b.into_owned(), x.into_owned());
            assert!(x.amax() <= 1.0);
            let residual = linalg::box_residual(&g, &b, 1.0, &x);
            assert!(residual <= 1e-10, "seed {seed}: {residual:e}");
            bound_entries += x.iter().filter(|v| v.abs() == 1.0).count();
        }
    }
    assert!(bound_entries > 1000, "{bound_entries}: the box hardly binds here, so nothing was tested");
    // The minimum without the box lies in a corner of it: every multiplier is zero.
    let model = small_model(3)?;
    let corner = Tensor::ones((1, 10), DType::F64, CPU)?;
    let found = linalg::box_minimum(&model.gram, &corner.matmul(&model.gram)?, 1.0)?;
    assert!((found - corner)?.abs()?.max_all()?.to_scalar::<f64>()? < 1e-12);
    let indefinite = Tensor::new(&[[1.0, 2.0], [2.0, 1.0]], CPU)?;
    assert!(linalg::box_minimum(&indefinite, &Tensor::new(&[[1.0, 0.0]], CPU)?, 1.0).is_err());
    Ok(())
}
