//! Backprop against central differences for the losses and functions whose own files do not have this test
//! (the models of chapter 2 have it beside them), at parameters that are nobody's default.

use anyhow::Result;
use candle_core::{Device, Tensor, Var};
use common::{
    gradient_check::gradient_error,
    loss::{half_sum_squared_error, mean_squared_error, sum_squared_error},
};

type Loss = fn(&Tensor, &Tensor) -> candle_core::Result<Tensor>;

#[test]
fn losses_have_right_values_and_gradients_by_both_arguments() -> Result<()> {
    // The squared differences are 1, 4, 0.25 and 9.
    let prediction = Var::new(&[[0.5, -1.0], [2.0, 0.0]], &Device::Cpu)?;
    let target = Var::new(&[[1.5, 1.0], [1.5, -3.0]], &Device::Cpu)?;
    let losses: [(&str, Loss, f64); 3] = [
        ("sum_squared_error", sum_squared_error, 14.25),
        ("half_sum_squared_error", half_sum_squared_error, 7.125),
        ("mean_squared_error", mean_squared_error, 3.5625),
    ];
    let vars = [prediction.clone(), target.clone()];
    for (name, loss, expected) in losses {
        assert_eq!(loss(&prediction, &target)?.to_scalar::<f64>()?, expected, "{name}");
        let error = gradient_error(&vars, 1e-6, || Ok(loss(&prediction, &target)?))?;
        assert!(error < 1e-8, "{name}: {error:e}");
        let other_shape = Tensor::zeros(3, candle_core::DType::F64, &Device::Cpu)?;
        assert!(loss(&prediction, &other_shape).is_err(), "{name}");
    }
    Ok(())
}

#[test]
fn functions_of_section_2_4_have_right_gradients() -> Result<()> {
    type Function = fn(&Tensor) -> candle_core::Result<Tensor>;
    let functions: [(&str, Function); 2] =
        [("autodiff", chapter2::autodiff::f), ("gradient_descent", chapter2::gradient_descent::f)];
    let x = Var::new(&[-1.3, 0.4], &Device::Cpu)?;
    for (name, f) in functions {
        let error = gradient_error(std::slice::from_ref(&x), 1e-6, || Ok(f(&x)?))?;
        assert!(error < 1e-8, "{name}: {error:e}");
    }
    Ok(())
}
