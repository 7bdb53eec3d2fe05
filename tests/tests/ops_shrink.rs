//! The operations with an entrywise function and a learnable number against plain candle and central differences.

use candle_core::{DType, Device, Result, Tensor, Var};
use common::{
    gradient_check::gradient_error,
    ops::{AffineStep, scaled_hardtanh, scaled_hardtanh_plain, soft_threshold, soft_threshold_plain},
};
use proptest::prelude::*;
use rand::{Rng, SeedableRng, rngs::StdRng};
use tests::twins::{assert_close, numbers, value_and_gradients, weighted};

/// Uniform on [−1, 1).
fn random(rng: &mut StdRng, shape: &[usize]) -> Result<Tensor> {
    let values: Vec<f64> = (0..shape.iter().product()).map(|_| rng.random_range(-1.0..1.0)).collect();
    Tensor::from_vec(values, shape, &Device::Cpu)
}

/// A step with x, η and b for it; x is uniform on [−`size`, `size`), or zero, and b is one row for all, or not.
fn a_step(
    seed: u64,
    batch: Option<usize>,
    n: usize,
    zero_start: bool,
    one_b: bool,
    size: f64,
) -> Result<(AffineStep, [Var; 3])> {
    let rng = &mut StdRng::seed_from_u64(seed);
    let shape: Vec<usize> = batch.into_iter().chain([n]).collect();
    let step = AffineStep::new(&(random(rng, &[n, n])? / n as f64)?)?;
    let x = (random(rng, &shape)? * size)?;
    let x = if zero_start { x.zeros_like()? } else { x };
    let b = random(rng, if one_b { &shape[shape.len() - 1..] } else { &shape })?;
    Ok((step, [Var::from_tensor(&x)?, Var::from_tensor(&random(rng, &[])?)?, Var::from_tensor(&b)?]))
}

/// The value after three layers `f` from the first of `vars`, and the gradients by all of them.
fn three_layers(f: &dyn Fn(&Tensor) -> Result<Tensor>, vars: &[&Var]) -> Result<Vec<f64>> {
    let y = (0..3).try_fold(vars[0].as_tensor().clone(), |y, _| f(&y))?;
    value_and_gradients(&y, vars)
}

/// sign(u)·max(|u| − τ, 0) in candle's own operations; right away from the kinks.
fn candle_shrink(u: &Tensor, tau: &Tensor) -> Result<Tensor> {
    u.abs()?.broadcast_sub(tau)?.relu()? * u.sign()?.detach()
}

/// min(max(αu, −1), 1) in candle's own operations; right away from the kinks.
fn candle_hardtanh(u: &Tensor, alpha: &Tensor) -> Result<Tensor> {
    u.broadcast_mul(alpha)?.clamp(-1.0, 1.0)
}

type Fused = fn(&AffineStep, &Tensor, &Tensor, &Tensor, &Tensor) -> Result<Tensor>;
type Entrywise = fn(&Tensor, &Tensor) -> Result<Tensor>;

const FUSED: [(Fused, Fused, Entrywise); 2] = [
    (AffineStep::forward_shrink, AffineStep::forward_shrink_plain, candle_shrink),
    (AffineStep::forward_hardtanh, AffineStep::forward_hardtanh_plain, candle_hardtanh),
];

const ENTRYWISE: [(Entrywise, Entrywise, Entrywise); 2] =
    [(soft_threshold, soft_threshold_plain, candle_shrink), (scaled_hardtanh, scaled_hardtanh_plain, candle_hardtanh)];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Values and gradients by x, η, τ or α, and b, three layers deep, against the plain twin and candle's own operations.
    #[test]
    fn a_step_and_a_function_equal_their_plain_twins(
        seed: u64,
        batch in prop::option::of(1usize..30),
        n in 1usize..40,
        zero_start: bool,
        one_b: bool,
        parameter in prop_oneof![-0.4..-0.01f64, 0.01..0.4f64, 1.0..3.0f64],
        which in 0usize..2,
    ) {
        let (step, [x, eta, b]) = a_step(seed, batch, n, zero_start, one_b, 1.0).unwrap();
        let p = Var::new(parameter, &Device::Cpu).unwrap();
        let run = |f: &dyn Fn(&Tensor) -> Result<Tensor>| three_layers(f, &[&x, &eta, &p, &b]).unwrap();
        let (fast, plain, candle) = FUSED[which];
        let found = run(&|y| fast(&step, y, &eta, &p, &b));
        assert_close(&found, &run(&|y| plain(&step, y, &eta, &p, &b)), 1e-12);
        if found.iter().all(|v| v.is_finite()) {
            assert_close(&found, &run(&|y| candle(&step.forward_plain(y, &eta, &b)?, &p)), 1e-12);
        }
    }

    /// The same of the step that is projected to the box, from a start of which a part is outside.
    #[test]
    fn a_projected_step_equals_its_plain_twin(
        seed: u64,
        batch in prop::option::of(1usize..30),
        n in 1usize..40,
        zero_start: bool,
        one_b: bool,
    ) {
        let (step, [x, eta, b]) = a_step(seed, batch, n, zero_start, one_b, 2.0).unwrap();
        let run = |f: &dyn Fn(&Tensor) -> Result<Tensor>| three_layers(f, &[&x, &eta, &b]).unwrap();
        let found = run(&|y| step.forward_projected(y, &eta, &b));
        assert_close(&found, &run(&|y| step.forward_projected_plain(y, &eta, &b)), 1e-12);
        assert_close(&found, &run(&|y| step.forward_plain(y, &eta, &b)?.clamp(-1.0, 1.0)), 1e-12);
    }

    #[test]
    fn entrywise_functions_equal_their_plain_twins(
        seed: u64,
        shape in prop::collection::vec(1usize..20, 0..3),
        parameter in prop_oneof![-1.0..-0.01f64, 0.01..1.0f64],
        which in 0usize..2,
    ) {
        let rng = &mut StdRng::seed_from_u64(seed);
        let x = Var::from_tensor(&(random(rng, &shape).unwrap() * 3.0).unwrap()).unwrap();
        let p = Var::new(parameter, &Device::Cpu).unwrap();
        let (fast, plain, candle) = ENTRYWISE[which];
        let run = |f: Entrywise| value_and_gradients(&f(&x, &p).unwrap(), &[&x, &p]).unwrap();
        let (found, n) = (run(fast), x.elem_count());
        // By p: the same n terms, none above 3, summed in two orders; either sum is within n·ε/2·Σ|term| of the exact one.
        let bound = f64::EPSILON * 3.0 * (n * n) as f64;
        for (twin, tolerance) in [(plain, 1e-14), (candle, 1e-12)] {
            let expected = run(twin);
            assert_close(&found[..2 * n], &expected[..2 * n], tolerance); // y and the gradient by x
            prop_assert!((found[2 * n] - expected[2 * n]).abs() <= bound, "{} against {}", found[2 * n], expected[2 * n]);
        }
    }
}

#[test]
fn gradients_agree_with_central_differences() -> anyhow::Result<()> {
    let rng = &mut StdRng::seed_from_u64(2);
    let (k, n) = (5, 7);
    let step = AffineStep::new(&(random(rng, &[n, n])? / 4.0)?)?;
    for (parameter, eta) in [(0.1, 0.3), (-0.2, 0.3), (0.7, -0.4), (2.0, 0.1)] {
        let vars = [
            Var::from_tensor(&random(rng, &[k, n])?)?,
            Var::new(eta, &Device::Cpu)?,
            Var::new(parameter, &Device::Cpu)?,
            Var::from_tensor(&random(rng, &[k, n])?)?,
        ];
        for (fused, _, _) in FUSED {
            let error = gradient_error(&vars, 1e-6, || {
                let mut x = vars[0].as_tensor().clone();
                for _ in 0..2 {
                    x = fused(&step, &x, &vars[1], &vars[2], &vars[3])?;
                }
                Ok(weighted(&x)?)
            })?;
            assert!(error < 1e-7, "{parameter} {eta}: {error}");
        }
    }
    Ok(())
}

/// |u| = τ, u = 0 with τ < 0, and ±1: the slopes that the documentation promises; fast and plain.
#[test]
fn kinks_have_the_documented_slopes() -> Result<()> {
    let check = |f: Entrywise, p: f64, y: [f64; 5], slopes: [f64; 5], slope: f64| -> Result<()> {
        let x = Var::new(&[-2.0, -1.0, 0.0, 1.0, 2.0], &Device::Cpu)?;
        let p = Var::new(p, &Device::Cpu)?;
        let value = f(&x, &p)?;
        let gradients = value.sum_all()?.backward()?;
        assert_eq!(value.to_vec1::<f64>()?, y);
        assert_eq!(gradients.get(&x).expect("a gradient").to_vec1::<f64>()?, slopes);
        assert_eq!(gradients.get(&p).expect("a gradient").to_scalar::<f64>()?, slope);
        Ok(())
    };
    for shrink in [soft_threshold, soft_threshold_plain] {
        check(shrink, 1.0, [-1.0, 0.0, 0.0, 0.0, 1.0], [1.0, 0.0, 0.0, 0.0, 1.0], 0.0)?;
        check(shrink, 0.0, [-2.0, -1.0, 0.0, 1.0, 2.0], [1.0, 1.0, 0.0, 1.0, 1.0], 0.0)?;
        check(shrink, -0.5, [-2.5, -1.5, 0.0, 1.5, 2.5], [1.0, 1.0, 0.0, 1.0, 1.0], 0.0)?;
    }
    for clip in [scaled_hardtanh, scaled_hardtanh_plain] {
        check(clip, 1.0, [-1.0, -1.0, 0.0, 1.0, 1.0], [0.0, 0.0, 1.0, 0.0, 0.0], 0.0)?;
        check(clip, 0.0, [0.0; 5], [0.0; 5], 0.0)?;
        check(clip, -0.5, [1.0, 0.5, 0.0, -0.5, -1.0], [0.0, -0.5, -0.5, -0.5, 0.0], 0.0)?;
    }
    // at α = 0 the slope by α is u, not 0/0
    let (x, alpha) = (Tensor::new(&[0.5, 3.0], &Device::Cpu)?, Var::new(0.0, &Device::Cpu)?);
    let slope =
        scaled_hardtanh(&x, &alpha)?.sum_all()?.backward()?.get(&alpha).expect("a gradient").to_scalar::<f64>()?;
    assert_eq!(slope, 3.5);
    Ok(())
}

/// A diverging training must not look like a converging one, and what does not fit is an error.
#[test]
fn what_is_no_number_stays_visible_and_wrong_shapes_are_errors() -> Result<()> {
    let (one, nan) = (Tensor::new(1.0, &Device::Cpu)?, Tensor::new(&[f64::NAN], &Device::Cpu)?);
    for (f, plain, _) in ENTRYWISE {
        assert!(f(&nan, &one)?.to_vec1::<f64>()?[0].is_nan() && plain(&nan, &one)?.to_vec1::<f64>()?[0].is_nan());
        assert!(f(&nan, &nan).is_err() && plain(&nan, &nan).is_err());
        assert!(f(&nan, &one.to_dtype(DType::F32)?).is_err());
    }
    let step = AffineStep::new(&Tensor::eye(2, DType::F64, &Device::Cpu)?)?;
    let (x, b) = (Tensor::new(&[[1.0, f64::NAN]], &Device::Cpu)?, Tensor::zeros(2, DType::F64, &Device::Cpu)?);
    for (f, plain, _) in FUSED {
        assert!(f(&step, &x, &one, &one, &b)?.to_vec2::<f64>()?[0][1].is_nan());
        assert!(f(&step, &x, &b, &one, &b).is_err() && plain(&step, &x, &b, &one, &b).is_err());
        assert!(f(&step, &x, &one, &b, &b).is_err() && plain(&step, &x, &one, &b, &b).is_err());
        assert!(f(&step, &b, &one, &one, &x).is_err());
    }
    let half = |shape: &[usize]| Tensor::ones(shape, DType::F16, &Device::Cpu);
    let step = AffineStep::new(&half(&[2, 2])?)?;
    for (f, plain, _) in FUSED {
        let run = |f: Fused| numbers(&f(&step, &half(&[3, 2])?, &half(&[])?, &half(&[])?, &half(&[2])?)?);
        assert_eq!(run(f)?, run(plain)?);
    }
    Ok(())
}

/// Large enough to be split over the cores: the bits must not depend on how many there are.
#[test]
fn results_do_not_depend_on_the_number_of_threads() -> Result<()> {
    let rng = &mut StdRng::seed_from_u64(1);
    let (k, n) = (333, 130);
    let step = AffineStep::new(&(random(rng, &[n, n])? / 10.0)?)?;
    let (x, b) = (Var::from_tensor(&random(rng, &[k, n])?)?, random(rng, &[k, n])?);
    let (eta, p) = (Var::new(0.3, &Device::Cpu)?, Var::new(0.2, &Device::Cpu)?);
    for (fused, _, _) in FUSED {
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
            pool.install(|| value_and_gradients(&fused(&step, &x, &eta, &p, &b)?, &[&x, &eta, &p]))
        };
        let one = run(1)?;
        for threads in [2, 3] {
            assert!(one.iter().zip(&run(threads)?).all(|(a, b)| a.to_bits() == b.to_bits()), "{threads} threads");
        }
    }
    Ok(())
}
