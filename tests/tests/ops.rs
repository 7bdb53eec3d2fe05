//! The fast operations of `common::ops` against plain candle operations.

use anyhow::Result;
use candle_core::{DType, Device, Tensor, Var};
use common::ops::update_in_place;

#[test]
fn update_in_place_equals_plain_operations() -> Result<()> {
    for dtype in [DType::F64, DType::F32] {
        let start = Tensor::arange(0.0, 12.0, &Device::Cpu)?
            .reshape((3, 4))?
            .to_dtype(dtype)?;
        let grad = start.affine(-0.5, 2.0)?;
        let var = Var::from_tensor(&start.copy()?)?;
        assert!(update_in_place(&var, &grad, |_, g, x| *x -= 0.25 * g)?);
        let plain = (start - (grad * 0.25)?)?;
        assert_eq!(
            var.flatten_all()?.to_dtype(DType::F64)?.to_vec1::<f64>()?,
            plain
                .flatten_all()?
                .to_dtype(DType::F64)?
                .to_vec1::<f64>()?
        );
    }
    Ok(())
}

#[test]
fn update_in_place_follows_the_shape_not_the_strides() -> Result<()> {
    let var = Var::zeros((2, 3), DType::F64, &Device::Cpu)?;
    let grad = Tensor::new(&[[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]], &Device::Cpu)?.t()?;
    let mut order = vec![];
    assert!(update_in_place(&var, &grad, |i, g, x| {
        order.push(i);
        *x = g;
    })?);
    assert_eq!(order, [0, 1, 2, 3, 4, 5]);
    assert_eq!(var.to_vec2::<f64>()?, [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]);
    Ok(())
}

#[test]
fn update_in_place_refuses_what_does_not_fit() -> Result<()> {
    let cpu = &Device::Cpu;
    let var = Var::zeros(3, DType::F64, cpu)?;
    for wrong in [
        Tensor::zeros((3, 1), DType::F64, cpu)?,
        Tensor::zeros(3, DType::F32, cpu)?,
        var.as_tensor().clone(),
    ] {
        assert!(update_in_place(&var, &wrong, |_, _, x| *x = 1.0).is_err());
    }
    let integers = Var::zeros(3, DType::U32, cpu)?;
    assert!(
        !update_in_place(&integers, &integers.copy()?, |_, _, x| *x = 1.0)?,
        "no fast path for integers"
    );
    assert_eq!(var.to_vec1::<f64>()?, [0.0; 3]);
    Ok(())
}
