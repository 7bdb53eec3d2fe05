//! Elementwise operations of `common::ops` against their plain candle twins.

use anyhow::Result;
use candle_core::{Device, Tensor, Var};
use chapter3::rastrigin;
use common::{ops, sampling};
use rand::Rng as _;

const CPU: &Device = &Device::Cpu;

#[test]
fn elementwise_operations_agree_with_their_plain_twins() -> Result<()> {
    for seed in 0..20 {
        let rng = &mut sampling::rng(seed, 0);
        let x = Var::from_tensor(&(sampling::normal_matrix(7, 5, rng, CPU)? * 2.0)?)?;
        let eta = Var::new(rng.random_range(0.001..0.1), CPU)?;
        let weights = sampling::normal_matrix(7, 5, rng, CPU)?;
        let (f, df) = (rastrigin::slope, rastrigin::curvature);
        let pairs = [
            (ops::elementwise(&x, f, df)?, ops::elementwise_plain(&x, f, df)?),
            (ops::hardtanh(&x)?, x.clamp(-1.0, 1.0)?),
            (ops::gradient_step(&x, &eta, f, df)?, ops::gradient_step_plain(&x, &eta, f, df)?),
        ];
        for (fused, plain) in pairs {
            let gradients = |y: &Tensor| -> Result<Vec<f64>> {
                let store = (y * &weights)?.sum_all()?.backward()?;
                let mut all = y.flatten_all()?.to_vec1::<f64>()?;
                for var in [&x, &eta] {
                    if let Some(gradient) = store.get(var) {
                        all.extend(gradient.flatten_all()?.to_vec1::<f64>()?);
                    }
                }
                Ok(all)
            };
            let (fused, plain) = (gradients(&fused)?, gradients(&plain)?);
            assert_eq!(fused.len(), plain.len());
            for (fused, plain) in fused.iter().zip(&plain) {
                assert!((fused - plain).abs() <= 1e-12 * plain.abs().max(1.0), "{fused} {plain}");
            }
        }
    }
    // Exactly on the box the projection does not move.
    let x = Var::new(&[-1.0, 1.0, 0.5], CPU)?;
    let gradients = ops::hardtanh(&x)?.sum_all()?.backward()?;
    assert_eq!(gradients.get(&x).unwrap().to_vec1::<f64>()?, [0.0, 0.0, 1.0]);
    Ok(())
}
