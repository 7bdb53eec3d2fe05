//! The fast operations of `common::ops` against their plain candle twins.

use candle_core::{DType, Device, Error, Result, Tensor, Var};
use common::loss::{sum_squared_error, sum_squared_error_plain};
use common::ops::{AffineStep, FixedMap, entry, entry_plain, hardtanh, relu, update_in_place};
use proptest::prelude::*;
use rand::{Rng, SeedableRng, rngs::StdRng};
use tests::twins::{assert_close, numbers, value_and_gradients};

const TOLERANCE: f64 = 1e-12;

/// Uniform on [−1, 1).
fn random(rng: &mut StdRng, shape: &[usize]) -> Result<Tensor> {
    let count = shape.iter().product();
    let values: Vec<f64> = (0..count).map(|_| rng.random_range(-1.0..1.0)).collect();
    Tensor::from_vec(values, shape, &Device::Cpu)
}

/// An unfolded algorithm of `depth` affine steps with a projection between them, fast or plain, and all its gradients.
struct Unfolded {
    step: AffineStep,
    x: Var,
    step_sizes: Var,
    ridge: Option<Var>,
    b: Var,
    depth: usize,
}

impl Unfolded {
    fn new(seed: u64, batch: Option<usize>, n: usize, depth: usize, ridge: bool, one_b: bool) -> Result<Self> {
        let rng = &mut StdRng::seed_from_u64(seed);
        let x_shape: Vec<usize> = batch.into_iter().chain([n]).collect();
        let g = (random(rng, &[n, n])? / n as f64)?;
        Ok(Self {
            step: AffineStep::new(&g)?,
            x: Var::from_tensor(&random(rng, &x_shape)?)?,
            step_sizes: Var::from_tensor(&random(rng, &[2])?)?,
            ridge: ridge.then(|| Var::from_tensor(&random(rng, &[])?)).transpose()?,
            b: Var::from_tensor(&random(rng, if one_b { &x_shape[x_shape.len() - 1..] } else { &x_shape })?)?,
            depth,
        })
    }

    fn run(&self, fast: bool) -> Result<Vec<f64>> {
        let (step, b) = (&self.step, self.b.as_tensor());
        let mut x = self.x.as_tensor().clone();
        for i in 0..self.depth {
            let eta = if fast { entry(&self.step_sizes, i % 2) } else { entry_plain(&self.step_sizes, i % 2) }?;
            x = match (&self.ridge, fast) {
                (None, true) => step.forward(&x, &eta, b)?,
                (None, false) => step.forward_plain(&x, &eta, b)?,
                (Some(ridge), true) => step.forward_ridge(&x, &eta, ridge, b)?,
                (Some(ridge), false) => step.forward_ridge_plain(&x, &eta, ridge, b)?,
            };
            x = x.tanh()?;
        }
        let vars: Vec<&Var> = [&self.x, &self.b]
            .into_iter()
            .chain((self.depth > 1).then_some(&self.step_sizes))
            .chain(&self.ridge)
            .collect();
        value_and_gradients(&x, &vars)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn affine_step_equals_its_plain_twin(
        seed: u64,
        batch in prop::option::of(1usize..40),
        n in 1usize..60,
        depth in 1usize..7,
        ridge: bool,
        one_b: bool,
    ) {
        let unfolded = Unfolded::new(seed, batch, n, depth, ridge, one_b).unwrap();
        assert_close(&unfolded.run(true).unwrap(), &unfolded.run(false).unwrap(), TOLERANCE);
    }

    #[test]
    fn fixed_map_equals_its_plain_twin(
        seed: u64,
        m in 1usize..60,
        n in 1usize..60,
        other in prop::option::of(1usize..40),
    ) {
        let rng = &mut StdRng::seed_from_u64(seed);
        let map = FixedMap::new(&random(rng, &[m, n]).unwrap()).unwrap();
        let x = Var::from_tensor(&random(rng, &other.into_iter().chain([n]).collect::<Vec<_>>()).unwrap()).unwrap();
        let fast = value_and_gradients(&map.forward(&x).unwrap(), &[&x]).unwrap();
        let plain = value_and_gradients(&map.forward_plain(&x).unwrap(), &[&x]).unwrap();
        assert_close(&fast, &plain, TOLERANCE);

        let theta = Var::from_tensor(&random(rng, &[n].into_iter().chain(other).collect::<Vec<_>>()).unwrap()).unwrap();
        let fast = value_and_gradients(&map.matmul(&theta).unwrap(), &[&theta]).unwrap();
        let plain = value_and_gradients(&map.matmul_plain(&theta).unwrap(), &[&theta]).unwrap();
        assert_close(&fast, &plain, TOLERANCE);
        if let Ok(width) = theta.dim(1) {
            let v = random(rng, &[width]).unwrap();
            let fast = value_and_gradients(&map.relu_network(&theta, &v).unwrap(), &[&theta]).unwrap();
            let plain = value_and_gradients(&map.relu_network_plain(&theta, &v).unwrap(), &[&theta]).unwrap();
            assert_close(&fast, &plain, TOLERANCE);
        }
    }

    #[test]
    fn losses_of_a_fixed_map_equal_their_plain_twins(
        seed: u64,
        m in 1usize..60,
        n in 1usize..60,
    ) {
        let rng = &mut StdRng::seed_from_u64(seed);
        let map = FixedMap::new(&random(rng, &[m, n]).unwrap()).unwrap();
        let theta = Var::from_tensor(&random(rng, &[n]).unwrap()).unwrap();
        let [a, b] = [0, 1].map(|_| random(rng, &[m]).unwrap());
        let fast = value_and_gradients(&map.squared_error(&theta, &a).unwrap(), &[&theta]).unwrap();
        let plain = value_and_gradients(&map.squared_error_plain(&theta, &a).unwrap(), &[&theta]).unwrap();
        assert_close(&fast, &plain, TOLERANCE);
        let fast = value_and_gradients(&map.quadratic(&theta, &a, &b).unwrap(), &[&theta]).unwrap();
        let plain = value_and_gradients(&map.quadratic_plain(&theta, &a, &b).unwrap(), &[&theta]).unwrap();
        assert_close(&fast, &plain, TOLERANCE);
    }

    #[test]
    fn elementwise_functions_and_the_loss_equal_their_plain_twins(
        seed: u64,
        shape in prop::collection::vec(1usize..30, 0..4),
        learned_target: bool,
    ) {
        let rng = &mut StdRng::seed_from_u64(seed);
        let x = Var::from_tensor(&random(rng, &shape).unwrap()).unwrap();
        let check = |fast: Tensor, plain: Tensor, vars: &[&Var]| {
            let (fast, plain) = (value_and_gradients(&fast, vars).unwrap(), value_and_gradients(&plain, vars).unwrap());
            assert_close(&fast, &plain, TOLERANCE);
        };
        check(relu(&x).unwrap(), x.relu().unwrap(), &[&x]);
        let twice = || x.affine(2.0, 0.0).unwrap(); // [−2, 2), beyond both bounds
        // at the bounds themselves candle's slope is another one
        if numbers(&twice()).unwrap().iter().all(|entry| entry.abs() != 1.0) {
            check(hardtanh(&twice()).unwrap(), twice().clamp(-1.0, 1.0).unwrap(), &[&x]);
        }

        let target = Var::from_tensor(&random(rng, &shape).unwrap()).unwrap();
        let (target, vars) =
            if learned_target { (target.as_tensor().clone(), vec![&x, &target]) } else { (target.detach(), vec![&x]) };
        check(sum_squared_error(&x, &target).unwrap(), sum_squared_error_plain(&x, &target).unwrap(), &vars);
    }
}

/// At its kink relu's slope is candle's, so that a fast and a plain training stay the same training; hardtanh's slope on its
/// bounds is that of PyTorch and Flux.
#[test]
fn kinks_have_the_documented_slopes() -> Result<()> {
    let x = Var::new(&[-2.0, -1.0, -0.0, 0.0, 1.0, 2.0], &Device::Cpu)?;
    assert_eq!(value_and_gradients(&relu(&x)?, &[&x])?, value_and_gradients(&x.relu()?, &[&x])?);
    let map = FixedMap::new(&Tensor::new(&[[1.0], [-1.0]], &Device::Cpu)?)?;
    let v = Tensor::new(&[3.0], &Device::Cpu)?;
    for theta in [-1.0, -0.0, 0.0, 1.0] {
        let theta = Var::new(&[[theta]], &Device::Cpu)?;
        assert_eq!(
            value_and_gradients(&map.relu_network(&theta, &v)?, &[&theta])?,
            value_and_gradients(&map.relu_network_plain(&theta, &v)?, &[&theta])?
        );
    }
    let nan = map.relu_network(&Tensor::new(&[[f64::NAN]], &Device::Cpu)?, &v)?;
    assert!(numbers(&nan)?.into_iter().all(f64::is_nan), "a divergence stays visible");
    let gradients = hardtanh(&x)?.sum_all()?.backward()?;
    let slopes = gradients.get(&x).map(numbers).transpose()?;
    assert_eq!(slopes, Some(vec![0.0, 0.0, 1.0, 1.0, 0.0, 0.0]));
    Ok(())
}

/// A diverging training must not look like a converging one.
#[test]
fn not_a_number_stays_visible() -> Result<()> {
    let x = Tensor::new(f64::NAN, &Device::Cpu)?;
    for y in [relu(&x)?, hardtanh(&x)?, sum_squared_error(&x, &x)?] {
        assert!(y.to_scalar::<f64>()?.is_nan());
    }
    Ok(())
}

/// Large enough to be split over the cores: the bits must not depend on how many there are.
#[test]
fn results_do_not_depend_on_the_number_of_threads() -> Result<()> {
    let (batch, n) = (333, 130);
    let rng = &mut StdRng::seed_from_u64(1);
    let map = FixedMap::new(&random(rng, &[100, n])?)?;
    for (ridge, one_b) in [(false, false), (true, true)] {
        let unfolded = Unfolded::new(2, Some(batch), n, 3, ridge, one_b)?;
        let run = |threads: usize| -> Result<Vec<f64>> {
            rayon::ThreadPoolBuilder::new().num_threads(threads).build().map_err(Error::wrap)?.install(|| {
                let mut all = unfolded.run(true)?;
                all.extend(value_and_gradients(&map.forward(&unfolded.x)?, &[&unfolded.x])?);
                Ok(all)
            })
        };
        let one = run(1)?;
        assert_close(&one[..batch * n], &unfolded.run(false)?[..batch * n], 1e-12);
        for threads in [2, 3] {
            let other = run(threads)?;
            assert!(one.iter().zip(&other).all(|(a, b)| a.to_bits() == b.to_bits()), "{threads} threads");
        }
    }
    Ok(())
}

/// Whatever is learnable gets its gradient, constants get none, and what is computed from a parameter passes it on.
#[test]
fn affine_step_makes_the_gradients_that_are_needed() -> Result<()> {
    let rng = &mut StdRng::seed_from_u64(3);
    let (k, n) = (5, 4);
    let step = AffineStep::new(&random(rng, &[n, n])?)?;
    let vars: [Var; 3] = [
        Var::from_tensor(&random(rng, &[k, n])?)?,
        Var::from_tensor(&random(rng, &[])?)?,
        Var::from_tensor(&random(rng, &[n])?)?,
    ];
    for mask in 1..8 {
        let pick = |i: usize| -> Result<Tensor> {
            // exp, so that the operation sees a node of the graph and not the variable itself
            Ok(if mask >> i & 1 == 1 { vars[i].exp()? } else { vars[i].detach().exp()? })
        };
        let args = [pick(0)?, pick(1)?, pick(2)?];
        let wanted: Vec<&Var> = (0..3).filter(|i| mask >> i & 1 == 1).map(|i| &vars[i]).collect();
        let fast = step.forward(&args[0], &args[1], &args[2])?;
        let plain = step.forward_plain(&args[0], &args[1], &args[2])?;
        assert_close(&value_and_gradients(&fast, &wanted)?, &value_and_gradients(&plain, &wanted)?, 1e-12);
        let grads = fast.sum_all()?.backward()?;
        for (i, var) in vars.iter().enumerate() {
            assert_eq!(grads.get(var).is_some(), mask >> i & 1 == 1, "argument {i} of {mask:03b}");
        }
    }
    Ok(())
}

#[test]
fn arguments_may_be_views() -> Result<()> {
    let rng = &mut StdRng::seed_from_u64(4);
    let (k, n) = (6, 5);
    let g = random(rng, &[n + 2, n])?.narrow(0, 1, n)?.t()?;
    let step = AffineStep::new(&g)?;
    let map = FixedMap::new(&g)?;
    let x = Var::from_tensor(&random(rng, &[n, k])?)?;
    let b = random(rng, &[2 * n])?.narrow(0, n, n)?;
    let eta = random(rng, &[3])?.narrow(0, 1, 1)?.squeeze(0)?;
    for (fast, plain) in [
        (step.forward(&x.t()?, &eta, &b)?, step.forward_plain(&x.t()?, &eta, &b)?),
        (map.forward(&x.t()?)?, map.forward_plain(&x.t()?)?),
    ] {
        assert_close(&value_and_gradients(&fast.t()?, &[&x])?, &value_and_gradients(&plain.t()?, &[&x])?, 1e-12);
    }
    Ok(())
}

/// f16 has no fast path here, so this runs what another device would run.
#[test]
fn other_element_types_fall_back_to_plain_operations() -> Result<()> {
    let rng = &mut StdRng::seed_from_u64(5);
    let mut f16 = |shape: &[usize]| random(rng, shape)?.to_dtype(DType::F16);
    let (g, x, eta, b) = (f16(&[4, 4])?, Var::from_tensor(&f16(&[3, 4])?)?, f16(&[2])?, f16(&[4])?);
    let b3 = b.narrow(0, 0, 3)?;
    let (step, map) = (AffineStep::new(&g)?, FixedMap::new(&g)?);
    let (eta, ridge) = (entry(&eta, 0)?, entry(&eta, 1)?);
    for (fast, plain) in [
        (step.forward(&x, &eta, &b)?, step.forward_plain(&x, &eta, &b)?),
        (step.forward_ridge(&x, &eta, &ridge, &b)?, step.forward_ridge_plain(&x, &eta, &ridge, &b)?),
        (map.forward(&x)?, map.forward_plain(&x)?),
        (map.matmul(&x.t()?)?, map.matmul_plain(&x.t()?)?),
        (map.relu_network(&x.t()?, &b3)?, map.relu_network_plain(&x.t()?, &b3)?),
        (relu(&x)?, x.relu()?),
        (hardtanh(&x)?, x.clamp(-1.0, 1.0)?),
        (sum_squared_error(&x, &x.zeros_like()?)?, x.sqr()?.sum_all()?),
    ] {
        assert_eq!(numbers(&fast)?, numbers(&plain)?);
    }
    Ok(())
}

#[test]
fn an_entry_is_a_number_a_vector_or_a_matrix() -> Result<()> {
    for shape in [&[3][..], &[3, 2], &[3, 2, 4]] {
        let values: Vec<f64> = (0..shape.iter().product()).map(|i: usize| (i as f64).sin()).collect();
        let schedule = Var::from_vec(values, shape, &Device::Cpu)?;
        let gradient = |entry: Tensor| -> Result<(Vec<f64>, Vec<f64>)> {
            assert_eq!(entry.dims(), &shape[1..]);
            let gradients = entry.sqr()?.sum_all()?.backward()?;
            let of = gradients.get(&schedule).expect("a gradient");
            assert_eq!(of.dims(), shape);
            Ok((entry.flatten_all()?.to_vec1()?, of.flatten_all()?.to_vec1()?))
        };
        for k in 0..3 {
            assert_eq!(gradient(entry(&schedule, k)?)?, gradient(entry_plain(&schedule, k)?)?);
        }
    }
    Ok(())
}

#[test]
fn what_does_not_fit_is_an_error() -> Result<()> {
    let zeros = |shape: &[usize]| Tensor::zeros(shape, DType::F64, &Device::Cpu);
    assert!(AffineStep::new(&zeros(&[3, 4])?).is_err());
    assert!(FixedMap::new(&zeros(&[3])?).is_err());
    let step = AffineStep::new(&zeros(&[4, 4])?)?;
    let (x, eta, b) = (zeros(&[3, 4])?, zeros(&[])?, zeros(&[4])?);
    assert!(step.forward(&x, &eta, &b).is_ok());
    assert!(step.forward(&zeros(&[4, 3])?, &eta, &b).is_err(), "x");
    assert!(step.forward(&x, &zeros(&[4])?, &b).is_err(), "step size");
    assert!(step.forward(&x, &eta, &zeros(&[3])?).is_err(), "b");
    assert!(step.forward(&x, &eta, &zeros(&[1, 4])?).is_err(), "b");
    assert!(step.forward(&x, &eta, &b.to_dtype(DType::F32)?).is_err(), "element type");
    assert!(step.forward_ridge(&x, &eta, &zeros(&[1])?, &b).is_err(), "ridge");
    let map = FixedMap::new(&zeros(&[2, 4])?)?;
    assert!(map.squared_error(&zeros(&[3])?, &zeros(&[2])?).is_err());
    assert!(map.squared_error(&zeros(&[4])?, &zeros(&[3])?).is_err());
    assert!(map.quadratic(&zeros(&[4])?, &zeros(&[2])?, &zeros(&[4])?).is_err());
    assert!(map.forward(&zeros(&[4, 3])?).is_err());
    assert!(map.forward(&zeros(&[2, 3, 4])?).is_err());
    assert!(map.forward(&zeros(&[])?).is_err());
    assert!(map.matmul(&x).is_err());
    assert!(map.forward(&x.to_dtype(DType::F32)?).is_err(), "element type");
    assert!(sum_squared_error(&x, &b).is_err());
    assert!(sum_squared_error(&x, &x.to_dtype(DType::F32)?).is_err(), "element type");
    assert!(entry(&eta, 0).is_err(), "a number has no entries");
    assert!(entry(&x, 3).is_err());
    assert!(entry(&b, 4).is_err());
    Ok(())
}

#[test]
fn empty_batches_and_maps_are_fine() -> Result<()> {
    let zeros = |shape: &[usize]| Tensor::zeros(shape, DType::F64, &Device::Cpu);
    let step = AffineStep::new(&zeros(&[4, 4])?)?;
    let x = Var::from_tensor(&zeros(&[0, 4])?)?;
    let y = step.forward(&x, &zeros(&[])?, &zeros(&[4])?)?;
    assert_eq!(y.dims(), [0, 4]);
    assert_eq!(y.sum_all()?.backward()?.get(&x).map(|g| g.dims().to_vec()), Some(vec![0, 4]));
    assert_eq!(FixedMap::new(&zeros(&[3, 0])?)?.squared_error(&zeros(&[0])?, &zeros(&[3])?)?.to_scalar::<f64>()?, 0.0);
    assert_eq!(FixedMap::new(&zeros(&[3, 0])?)?.forward(&zeros(&[2, 0])?)?.to_vec2::<f64>()?, [[0.0; 3]; 2]);
    Ok(())
}

#[test]
fn update_in_place_equals_plain_operations() -> Result<()> {
    let start = Tensor::arange(0.0, 12.0, &Device::Cpu)?.reshape((3, 4))?;
    let grad = start.affine(-0.5, 2.0)?;
    let var = Var::from_tensor(&start.copy()?)?;
    assert!(update_in_place(&var, &grad, |x, g| {
        x.iter_mut().zip(g).for_each(|(x, g)| *x -= 0.25 * g);
    })?);
    assert_eq!(var.to_vec2::<f64>()?, (start - (grad * 0.25)?)?.to_vec2::<f64>()?);
    Ok(())
}

#[test]
fn update_in_place_follows_the_shape_not_the_strides() -> Result<()> {
    let var = Var::zeros((2, 3), DType::F64, &Device::Cpu)?;
    let grad = Tensor::new(&[[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]], &Device::Cpu)?.t()?;
    assert!(update_in_place(&var, &grad, |x, g| x.copy_from_slice(g))?);
    assert_eq!(var.to_vec2::<f64>()?, [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]);
    Ok(())
}

#[test]
fn update_in_place_refuses_what_does_not_fit() -> Result<()> {
    let cpu = &Device::Cpu;
    let var = Var::zeros(3, DType::F64, cpu)?;
    for wrong in [Tensor::zeros((3, 1), DType::F64, cpu)?, Tensor::zeros(3, DType::F32, cpu)?, var.as_tensor().clone()]
    {
        assert!(update_in_place(&var, &wrong, |x, _| x.fill(1.0)).is_err());
    }
    for dtype in [DType::U32, DType::F32] {
        let var = Var::zeros(3, dtype, cpu)?;
        assert!(!update_in_place(&var, &var.copy()?, |x, _| x.fill(1.0))?, "no fast path for {dtype:?}");
    }
    assert_eq!(var.to_vec1::<f64>()?, [0.0; 3]);
    Ok(())
}

/// Values and gradients of the affine step on the first NVIDIA GPU against the CPU's, where there is one and the test was built
/// with `--features cuda`.
#[test]
fn the_affine_step_agrees_on_a_gpu() -> Result<()> {
    let Ok(gpu) = Device::new_cuda(0) else {
        println!("skipped: no GPU, or built without --features cuda");
        return Ok(());
    };
    let rng = &mut StdRng::seed_from_u64(1);
    let [g, x, b] = [[300, 300], [200, 300], [200, 300]].map(|shape| random(rng, &shape));
    let (g, x, b) = ((g? / 300.0)?, x?, b?);
    let on = |device: &Device| -> Result<Vec<f64>> {
        let step = AffineStep::new(&g.to_device(device)?)?;
        let of = [&x, &b].map(|tensor| Var::from_tensor(&tensor.to_device(device)?));
        let [x, b] = of.map(|var| var.expect("a copy"));
        let eta = Var::new(0.3, device)?;
        let next = step.forward(&step.forward(&x, &eta, &b)?, &eta, &b)?;
        value_and_gradients(&next.sqr()?.sum_all()?, &[&x, &eta, &b])
    };
    assert_close(&on(&gpu)?, &on(&Device::Cpu)?, 1e-10);
    Ok(())
}
