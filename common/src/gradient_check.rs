//! Backprop against central differences, for any loss and any parameters.

use anyhow::{Context as _, Result, ensure};
use candle_core::{Tensor, Var};

/// The largest disagreement between backprop and central differences (L(θ + h) − L(θ − h)) / 2h over all entries of `vars`,
/// relative to the larger of the two and 1.
///
/// `loss` is evaluated at shifted parameters and the parameters are put back. f64 parameters; h around 1e-6 suits them.
/// Errors if the loss is not rank 0 or a parameter gets no gradient.
pub fn gradient_error(vars: &[Var], h: f64, loss: impl Fn() -> Result<Tensor>) -> Result<f64> {
    let value = loss()?;
    ensure!(value.rank() == 0, "a loss has rank 0, this one has shape {:?}", value.dims());
    let gradients = value.backward()?;
    let mut worst = 0f64;
    for var in vars {
        let gradient = gradients.get(var).context("a parameter got no gradient")?.flatten_all()?.to_vec1::<f64>()?;
        // `copy`: a flattened `Var` shares its storage, and `set` would change this too.
        let theta = var.as_detached_tensor().copy()?.flatten_all()?.to_vec1::<f64>()?;
        let at = |index: usize, shift: f64| -> Result<f64> {
            let mut shifted = theta.clone();
            shifted[index] += shift;
            var.set(&Tensor::from_vec(shifted, var.shape(), var.device())?)?;
            Ok(loss()?.to_scalar::<f64>()?)
        };
        for (index, &backprop) in gradient.iter().enumerate() {
            let difference = (at(index, h)? - at(index, -h)?) / (2.0 * h);
            let scale = backprop.abs().max(difference.abs()).max(1.0);
            worst = worst.max((backprop - difference).abs() / scale);
        }
        at(0, 0.0)?; // put θ back
    }
    Ok(worst)
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    #[test]
    fn a_right_gradient_passes_and_a_wrong_one_shows() -> Result<()> {
        let theta = Var::new(&[0.3, -1.2, 2.0], &Device::Cpu)?;
        let vars = [theta.clone()];
        assert!(gradient_error(&vars, 1e-6, || Ok(theta.sin()?.sqr()?.sum_all()?))? < 1e-9);
        // The detached factor is a constant to backprop and a variable to the differences.
        assert!(gradient_error(&vars, 1e-6, || Ok((theta.detach() * theta.as_tensor())?.sum_all()?))? > 0.1);
        assert_eq!(theta.to_vec1::<f64>()?, [0.3, -1.2, 2.0]);
        assert!(gradient_error(&vars, 1e-6, || Ok(theta.sin()?)).is_err());
        Ok(())
    }
}
