//! Chapter 3: unfolding itself (gradients, shards, theory, parity), what each section claims, and interrupted runs.

use std::{
    cell::Cell,
    fs,
    path::Path,
    process::{Command, Output},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Duration,
};

use anyhow::Result;
use candle_core::{DType, Device, Tensor, Var};
use candle_nn::Optimizer as _;
use chapter3::{
    du_gd,
    least_squares::{self, Observations},
    noisy_gd, pgd, quadratic, rastrigin, ridge,
};
use common::{
    context::{Context, Interrupted, Observer},
    gradient_check::gradient_error,
    linalg,
    linear_model::LinearModel,
    ops::{self, AffineStep},
    optim::{Optimizer, Rule},
    sampling::{self, Rng},
    section::Section,
    unfolding::{
        Algorithm, Batch, Comparison, Method, Period, Problem, Schedule, Training, batch_gradient, mean_metrics, theory,
    },
};
use rand::Rng as _;
use serde_json::Value;
use tests::{program, workspace};

const CPU: &Device = &Device::Cpu;

/// Step sizes to learn.
fn steps(values: &[f64]) -> Result<Schedule> {
    Schedule::learned("step_size", &Tensor::new(values, CPU)?, 1e-3)
}

fn observations(model: &LinearModel) -> Result<Observations> {
    Ok(Observations { solution: model.solution(0.0)?, model: model.clone() })
}

fn descent(model: &LinearModel, step_size: &Schedule) -> Result<least_squares::GradientDescent> {
    Ok(least_squares::GradientDescent { step: AffineStep::new(&model.gram)?, step_size: step_size.clone() })
}

fn projected(model: &LinearModel, step_size: &Schedule) -> Result<pgd::ProjectedGradientDescent> {
    Ok(pgd::ProjectedGradientDescent { step: AffineStep::new(&model.gram)?, step_size: step_size.clone() })
}

fn small_model(seed: u64) -> Result<LinearModel> {
    LinearModel::gaussian(20, 10, &mut sampling::rng(seed, 0), CPU)
}

/// Step sizes around `scale` times the best fixed one, all different.
fn around_fixed(model: &LinearModel, scale: f64, count: usize) -> Vec<f64> {
    let fixed = scale * theory::fixed_step_size(&model.eigenvalues);
    let factors = sampling::grid(0.6, 1.4, count);
    factors.iter().map(|factor| factor * fixed).collect()
}

/// ‖X* − X̂‖²_F after `depth` iterations on four fixed problems.
fn loss<P: Problem, A: Algorithm<Data = P::Data>>(problem: &P, algorithm: &A, depth: usize) -> Result<Tensor> {
    let rng = &mut sampling::rng(7, 7);
    let Batch { start: mut x, solution, data } = problem.draw(4, rng)?;
    for k in 0..depth {
        x = algorithm.iterate(k, &x, &data, rng)?;
    }
    Ok((x - solution)?.sqr()?.sum_all()?)
}

/// Backprop against central differences; the loss is scaled so that the largest derivative is 1000.
fn check_gradient<P: Problem, A: Algorithm<Data = P::Data>>(
    problem: &P,
    algorithm: &A,
    schedule: &Schedule,
    depth: usize,
    h: f64,
) -> Result<()> {
    let parameters = std::slice::from_ref(schedule.parameter());
    let gradients = loss(problem, algorithm, depth)?.backward()?;
    let mut largest = 0f64;
    for parameter in parameters {
        let gradient = gradients.get(parameter).expect("a gradient");
        largest = largest.max(gradient.abs()?.max_all()?.to_scalar()?);
    }
    assert!(largest > 0.0);
    let error = gradient_error(parameters, h, || Ok((loss(problem, algorithm, depth)? * (1000.0 / largest))?))?;
    assert!(error < 1e-6, "{error:e}");
    Ok(())
}

#[test]
fn gradients_through_fifty_iterations() -> Result<()> {
    let model = small_model(1)?;
    let problem = observations(&model)?;
    for period in [1, 8, 50] {
        // Steps so small that the loss does not sink to where it has few digits left for the differences.
        let step_size = steps(&around_fixed(&model, 0.25, period))?;
        let exact = descent(&model, &step_size)?;
        check_gradient(&problem, &exact, &step_size, 50, 1e-7)?;
        check_gradient(&problem, &noisy_gd::NoisyGradientDescent { exact, noise_std: 0.5 }, &step_size, 50, 1e-7)?;
        let boxed = pgd::Boxed { model: model.clone(), observation_std: 5.0 };
        check_gradient(&boxed, &projected(&model, &step_size)?, &step_size, 50, 1e-7)?;
        let penalty = steps(&sampling::grid(2.0, -3.0, period))?;
        let problem = Observations { solution: model.solution(2.5)?, model: model.clone() };
        let algorithm = ridge::RidgeDescent {
            step: AffineStep::new(&model.gram)?,
            step_size: step_size.clone(),
            penalty: penalty.clone(),
        };
        check_gradient(&problem, &algorithm, &step_size, 50, 1e-7)?;
        check_gradient(&problem, &algorithm, &penalty, 50, 1e-5)?;
    }
    let step_size = steps(&[0.03, 0.05, 0.02])?;
    let eigenvalues = sampling::grid(1.0, 30.0, 12);
    let algorithm = quadratic::GradientDescent::new(&eigenvalues, step_size.clone(), CPU)?;
    check_gradient(&quadratic::Starts { num_unknowns: 12, device: CPU.clone() }, &algorithm, &step_size, 50, 1e-7)
}

/// Rastrigin's iteration is chaotic with large steps and has arrived soon with smaller ones; both leave little to compare.
#[test]
fn gradients_through_rastrigin() -> Result<()> {
    for (depth, first, last, h) in [(6, 0.008, 0.002, 1e-8), (50, 3e-4, 1e-4, 1e-8)] {
        let step_size = steps(&sampling::grid(first, last, depth))?;
        let problem = rastrigin::Starts { num_unknowns: 5, start_std: 5.0, device: CPU.clone() };
        let algorithm = rastrigin::GradientDescent { step_size: step_size.clone() };
        check_gradient(&problem, &algorithm, &step_size, depth, h)?;
    }
    Ok(())
}

/// One graph of plain candle operations for the whole batch, against shards of fused ones.
#[test]
fn shards_of_fused_steps_agree_with_one_plain_graph() -> Result<()> {
    let model = small_model(2)?;
    let step_size = steps(&around_fixed(&model, 1.0, 8))?;
    let (problem, network) = (observations(&model)?, descent(&model, &step_size)?);
    let rng = |shard: usize| sampling::rng(3, shard as u64);
    let (depth, batch_size) = (30, 125);
    let (loss, gradients) = batch_gradient(&problem, &network, depth, batch_size, rng)?;

    let batches = [50, 50, 25].iter().enumerate();
    let batches = batches.map(|(shard, &rows)| problem.draw(rows, &mut rng(shard)));
    let batches = batches.collect::<Result<Vec<_>>>()?;
    let join = |f: fn(&Batch<Tensor>) -> &Tensor| Tensor::cat(&batches.iter().map(f).collect::<Vec<_>>(), 0);
    let (b, solution) = (join(|batch| &batch.data)?, join(|batch| &batch.solution)?);
    let (eta, mut x) = (step_size.parameter(), b.zeros_like()?);
    for k in 0..depth {
        let gradient = (x.matmul(&model.gram)? - &b)?;
        x = (&x - gradient.broadcast_mul(&eta.get(k % 8)?)?)?;
    }
    let plain_loss = ((x - solution)?.sqr()?.sum_all()? / batch_size as f64)?;
    let plain = plain_loss.backward()?;

    let plain_loss = plain_loss.to_scalar::<f64>()?;
    assert!((loss / plain_loss - 1.0).abs() < 1e-11, "{loss} {plain_loss}");
    let values = |store: &candle_core::backprop::GradStore| store.get(eta).unwrap().to_vec1::<f64>();
    let (fused, plain) = (values(&gradients)?, values(&plain)?);
    let scale = plain.iter().fold(0f64, |scale, g| scale.max(g.abs()));
    for (fused, plain) in fused.iter().zip(&plain) {
        assert!((fused - plain).abs() < 1e-11 * scale, "{fused} {plain}");
    }
    Ok(())
}

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

#[test]
fn gradient_descent_contracts_as_its_eigenvalues_say() -> Result<()> {
    for seed in 0..5 {
        let model = small_model(seed)?;
        let fixed = theory::fixed_step_size(&model.eigenvalues);
        let network = descent(&model, &steps(&[fixed])?)?;
        let mse = mean_metrics(&observations(&model)?, &network, 200, 50, seed)?;
        let rate = theory::contraction(&[fixed], &model.eigenvalues);
        for (k, error) in mse.iter().enumerate() {
            let bound = mse[0] * (rate.powi(2 * k as i32) * (1.0 + 1e-9) + 1e-25);
            assert!(*error <= bound, "seed {seed}, iteration {k}");
        }
        // With the best fixed step both ends of the spectrum contract alike, and what lies between is gone by then.
        if mse[150] > 1e-20 {
            let measured = (mse[150] / mse[140]).powf(0.05);
            assert!((measured / rate - 1.0).abs() < 1e-3, "seed {seed}: {measured} {rate}");
        }
    }
    Ok(())
}

/// Trains periodic step sizes on a 40 × 20 problem; returns them and the eigenvalues.
fn trained_steps(seed: u64, period: usize, num_generations: usize) -> Result<(Vec<f64>, Vec<f64>)> {
    let model = LinearModel::gaussian(40, 20, &mut sampling::rng(seed, 0), CPU)?;
    let training = Training {
        num_generations,
        num_updates: 40,
        batch_size: 50,
        num_test: 50,
        learning_rate: 3e-4,
        ..Default::default()
    };
    let network = descent(&model, &training.step_sizes(Period::Of(period), CPU)?)?;
    let problem = observations(&model)?;
    let learned = training.method("learned", "", &problem, &network, &mut Context::new(seed))?;
    Ok((learned.step_sizes(), model.eigenvalues))
}

#[test]
fn one_learned_step_is_near_the_best_fixed_one() -> Result<()> {
    for seed in 1..=4 {
        let (steps, eigenvalues) = trained_steps(seed, 1, 40)?;
        let ratio = steps[0] / theory::fixed_step_size(&eigenvalues);
        assert!((0.95..1.05).contains(&ratio), "seed {seed}: {ratio}");
    }
    Ok(())
}

#[test]
fn learned_periodic_steps_contract_at_least_as_well_as_the_best_fixed_one() -> Result<()> {
    for seed in 1..=4 {
        for period in [2, 3, 8] {
            let (steps, eigenvalues) = trained_steps(seed, period, 30)?;
            let fixed = theory::contraction(&[theory::fixed_step_size(&eigenvalues)], &eigenvalues);
            let learned = theory::contraction(&steps, &eigenvalues);
            let best = theory::chebyshev_rate(&eigenvalues, period);
            assert!(learned <= fixed, "seed {seed}, T = {period}: {learned} {fixed}");
            assert!(learned >= best * 0.9, "seed {seed}, T = {period}: {learned} is better than possible, {best}");
        }
    }
    Ok(())
}

#[test]
fn the_smallest_network_learns_the_step_one_half() -> Result<()> {
    for seed in 1..=8 {
        let outcome = du_gd::DuGd::run(&Default::default(), &mut Context::new(seed))?;
        let eta = outcome.history.last("step_size");
        assert!((1.0 - 2.0 * eta).abs() < 0.35, "seed {seed}: {eta}");
        assert_eq!(outcome.history.rows().len(), 126);
    }
    Ok(())
}

/// The `index`-th of the methods that were trained.
fn learned(outcome: &Comparison, index: usize) -> &Method {
    outcome.learned().nth(index).expect("a trained method")
}

/// Least MSE of the baselines, and that of learned algorithm `index`, at iteration `k`.
fn ratio(outcome: &Comparison, index: usize, k: usize) -> f64 {
    outcome.best_fixed(k) / learned(outcome, index).mse[k]
}

#[test]
fn least_squares_beats_its_baseline() -> Result<()> {
    for seed in 1..=3 {
        let config = least_squares::Config {
            num_observations: 40,
            num_unknowns: 20,
            period: vec![Period::Of(2), Period::Of(8), Period::Free],
            training: Training {
                num_generations: 30,
                batch_size: 50,
                learning_rate: 3e-4,
                ..least_squares::Config::default().training
            },
        };
        let outcome = least_squares::LeastSquares::run(&config, &mut Context::new(seed))?;
        let [t2, t8, free] = [0, 1, 2].map(|index| ratio(&outcome, index, 30));
        assert!(t2 > 4.0 && t8 > 20.0 && free > 20.0, "seed {seed}: {t2} {t8} {free}");
    }
    Ok(())
}

#[test]
fn the_quadratic_beats_its_baseline() -> Result<()> {
    for seed in 1..=5 {
        let outcome = quadratic::Quadratic::run(&Default::default(), &mut Context::new(seed))?;
        assert!(ratio(&outcome, 0, 25) > 3.0 && ratio(&outcome, 0, 30) > 3.0, "seed {seed}");
        let first = outcome.methods[0].mse[0];
        assert!((90.0..110.0).contains(&first), "E‖x₀‖² = n = 100, not {first}");
        assert_eq!(first, learned(&outcome, 0).mse[0], "both curves are normalised alike, on the same problems");
    }
    Ok(())
}

#[test]
fn learned_penalties_help_at_few_iterations() -> Result<()> {
    for seed in 1..=3 {
        let config = ridge::Config {
            num_observations: 40,
            num_unknowns: 20,
            penalty_learning_rate: 0.03,
            training: Training {
                num_generations: 20,
                batch_size: 50,
                learning_rate: 3e-4,
                ..ridge::Config::default().training
            },
            ..Default::default()
        };
        let outcome = ridge::Ridge::run(&config, &mut Context::new(seed))?;
        for k in [5, 10] {
            let mse = |index: usize| learned(&outcome, index).mse[k];
            assert!(mse(1) < mse(0) && mse(0) < outcome.best_fixed(k), "seed {seed}, iteration {k}");
        }
    }
    Ok(())
}

#[test]
fn learned_steps_get_below_the_noise_floor() -> Result<()> {
    for seed in 1..=3 {
        let config = noisy_gd::Config {
            num_observations: 40,
            num_unknowns: 20,
            training: Training {
                num_generations: 40,
                batch_size: 50,
                learning_rate: 3e-5,
                ..noisy_gd::Config::default().training
            },
            ..Default::default()
        };
        let outcome = noisy_gd::NoisyGd::run(&config, &mut Context::new(seed))?;
        // The baseline needs longer than the learned steps to reach its floor.
        let model = LinearModel::gaussian(40, 20, &mut sampling::rng(seed, 0), CPU)?;
        let exact = descent(&model, &steps(&outcome.comparison.methods[0].step_sizes())?)?;
        let network = noisy_gd::NoisyGradientDescent { exact, noise_std: 1.0 };
        let settled = &mean_metrics(&observations(&model)?, &network, 250, 200, seed)?[150..];
        let settled = settled.iter().sum::<f64>() / settled.len() as f64;
        assert!((settled / outcome.noise_floor - 1.0).abs() < 0.05, "seed {seed}: {settled} {}", outcome.noise_floor);
        let learned = learned(&outcome.comparison, 0).mse[40];
        assert!(learned < 0.6 * outcome.noise_floor, "seed {seed}: {learned} {}", outcome.noise_floor);
    }
    Ok(())
}

#[test]
fn projected_gradient_descent_reaches_a_millionth() -> Result<()> {
    for observation_std in [1.0, 5.0] {
        for seed in 1..=3 {
            let config = pgd::Config {
                observation_std,
                training: Training { batch_size: 100, ..pgd::Config::default().training },
                ..Default::default()
            };
            let outcome = pgd::Pgd::run(&config, &mut Context::new(seed))?;
            let (learned, ratio) = (learned(&outcome.comparison, 0).mse[25], ratio(&outcome.comparison, 0, 25));
            let reached = learned < 1e-6 || observation_std > 1.0;
            assert!(reached && ratio > 100.0, "σ = {observation_std}, seed {seed}: {learned:e} {ratio}");
            assert!(observation_std == 1.0 || outcome.active > 0.2, "{}", outcome.active);
        }
    }
    Ok(())
}

#[test]
fn rastrigin_ends_below_every_fixed_step() -> Result<()> {
    for seed in 1..=3 {
        let config = rastrigin::Config {
            num_unknowns: 20,
            training: Training {
                num_generations: 30,
                num_updates: 30,
                learning_rate: 2e-5,
                ..rastrigin::Config::default().training
            },
            ..Default::default()
        };
        let outcome = rastrigin::Rastrigin::run(&config, &mut Context::new(seed))?;
        assert_eq!(outcome.fixed().count(), 3);
        assert!(ratio(&outcome, 0, 30) > 1.5, "seed {seed}: {}", ratio(&outcome, 0, 30));
    }
    Ok(())
}

/// The fixture's mini-batches, in their order, whatever the generator says.
struct OnFixture<D> {
    batches: Vec<Batch<D>>,
    next: AtomicUsize,
}

impl<D: Clone + Sync> Problem for OnFixture<D> {
    type Data = D;

    fn draw(&self, count: usize, _: &mut Rng) -> Result<Batch<D>> {
        // The one problem that the test set has: the mini-batches are larger.
        let update = if count == 1 { 0 } else { self.next.fetch_add(1, Ordering::Relaxed) };
        Ok(self.batches[update].clone())
    }
}

fn fixture(name: &str) -> Result<Value> {
    let path = workspace().join(format!("tests/reference/fixtures/{name}.json"));
    Ok(serde_json::from_str(&fs::read_to_string(path)?)?)
}

fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(entries) => entries.iter().flat_map(numbers).collect(),
        number => vec![number.as_f64().expect("a number")],
    }
}

fn tensor(value: &Value) -> Result<Tensor> {
    let mut shape = vec![];
    let mut inner = value;
    while let Value::Array(entries) = inner {
        shape.push(entries.len());
        inner = &entries[0];
    }
    Ok(Tensor::from_vec(numbers(value), shape, CPU)?)
}

fn assert_close(what: &str, found: &[f64], wanted: &[f64], tolerance: f64) {
    assert_eq!(found.len(), wanted.len(), "{what}");
    let scale = wanted.iter().fold(0f64, |scale, v| scale.max(v.abs()));
    for (found, wanted) in found.iter().zip(wanted) {
        assert!((found - wanted).abs() <= tolerance * scale, "{what}: {found} {wanted}");
    }
}

/// Every update of the fixture's runs, then the same by [`Training`]; and its gradients. `network` gets step sizes.
fn check_parity<A: Algorithm<Data: Clone + Sync>>(
    fixture: &Value,
    start: &[f64],
    batches: &[Batch<A::Data>],
    tolerance: f64,
    network: impl Fn(&Schedule) -> Result<A>,
) -> Result<()> {
    let batch_size = batches[0].start.dim(0)?;
    let rng = |_| sampling::rng(0, 0);
    let problem = || OnFixture { batches: batches.to_vec(), next: AtomicUsize::new(0) };
    let incremental = &fixture["incremental"];
    let (depths, inner) =
        (incremental["num_iterations"].as_u64().unwrap() as usize, incremental["inner"].as_u64().unwrap() as usize);
    for run in incremental["runs"].as_array().unwrap() {
        let learning_rate = run["learning_rate"].as_f64().unwrap();
        let losses = numbers(&run["loss"]);
        let rows: Vec<Vec<f64>> = run["step_size"].as_array().unwrap().iter().map(numbers).collect();

        let step_size = steps(start)?;
        let (problem_in_turn, algorithm) = (problem(), network(&step_size)?);
        let mut adam = Optimizer::new(vec![step_size.parameter().clone()], Rule::Adam.with(learning_rate))?;
        for update in 0..depths * inner {
            let depth = 1 + update / inner;
            let (loss, gradients) = batch_gradient(&problem_in_turn, &algorithm, depth, batch_size, rng)?;
            assert_close(&format!("loss {update}"), &[loss], &[losses[update]], tolerance);
            adam.step(&gradients)?;
            assert_close(&format!("step sizes {update}"), &step_size.values()?, &rows[update + 1], tolerance);
        }

        let step_size = Schedule::learned("step_size", &Tensor::new(start, CPU)?, learning_rate)?;
        let training =
            Training { num_generations: depths, num_updates: inner, batch_size, num_test: 1, ..Default::default() };
        let context = &mut Context::new(1);
        let learned = training.method("learned", "", &problem(), &network(&step_size)?, context)?;
        assert_close("step sizes", &learned.step_sizes(), rows.last().unwrap(), tolerance);
        let means: Vec<f64> = losses.chunks(inner).map(|losses| losses.iter().sum::<f64>() / inner as f64).collect();
        let generations = learned.generations.expect("a training");
        assert_close("train_loss", &generations.column("train_loss"), &means, tolerance);
    }
    for gradient in fixture["gradients"].as_array().unwrap() {
        let step_size = steps(&numbers(&gradient["step_size"]))?;
        let depth = gradient["num_iterations"].as_u64().unwrap() as usize;
        let (loss, found) = batch_gradient(&problem(), &network(&step_size)?, depth, batch_size, rng)?;
        assert_close("loss", &[loss], &numbers(&gradient["loss"]), tolerance);
        let found = found.get(step_size.parameter()).unwrap().to_vec1::<f64>()?;
        assert_close("gradient", &found, &numbers(&gradient["gradient"]), 10.0 * tolerance);
    }
    Ok(())
}

#[test]
fn parity_of_least_squares() -> Result<()> {
    let fixture = fixture("least_squares")?;
    let model = LinearModel::new(tensor(&fixture["a"])?)?;
    let solution = model.solution(0.0)?;
    let batch = |y: &Value| -> Result<_> {
        let y = tensor(y)?;
        let b = model.adjoint.forward(&y)?;
        Ok(Batch { start: b.zeros_like()?, solution: solution.forward(&y)?, data: b })
    };
    let batches = fixture["y"].as_array().unwrap().iter().map(batch).collect::<Result<Vec<_>>>()?;
    assert_close(
        "fixed step",
        &[theory::fixed_step_size(&model.eigenvalues)],
        &numbers(&fixture["fixed_step_size"]),
        1e-13,
    );
    check_parity(&fixture, &[0.0; 8], &batches, 1e-12, |step_size| descent(&model, step_size))
}

#[test]
fn parity_of_projected_gradient_descent() -> Result<()> {
    let fixture = fixture("projected")?;
    let model = LinearModel::new(tensor(&fixture["a"])?)?;
    let pairs = fixture["y"].as_array().unwrap().iter().zip(fixture["x_star"].as_array().unwrap());
    let batch = |(y, x_star): (&Value, &Value)| -> Result<_> {
        let b = model.adjoint.forward(&tensor(y)?)?;
        let solution = linalg::box_minimum(&model.gram, &b, 1.0)?;
        assert_close("x*", &solution.flatten_all()?.to_vec1::<f64>()?, &numbers(x_star), 1e-12);
        Ok(Batch { start: b.zeros_like()?, solution, data: b })
    };
    let batches = pairs.map(batch).collect::<Result<Vec<_>>>()?;
    check_parity(&fixture, &[0.0; 6], &batches, 1e-12, |step_size| projected(&model, step_size))
}

#[test]
fn parity_of_rastrigin() -> Result<()> {
    let fixture = fixture("rastrigin")?;
    let batch = |x0: &Value| -> Result<_> {
        let start = tensor(x0)?;
        Ok(Batch { solution: start.zeros_like()?, start, data: () })
    };
    let batches = fixture["x0"].as_array().unwrap().iter().map(batch).collect::<Result<Vec<_>>>()?;
    check_parity(&fixture, &[0.01; 6], &batches, 1e-11, |step_size| {
        Ok(rastrigin::GradientDescent { step_size: step_size.clone() })
    })
}

/// A run of each kind, small; everything it reports, with all digits.
fn small_ridge(context: &mut Context) -> Result<String> {
    let config = ridge::Config {
        num_observations: 20,
        num_unknowns: 10,
        training: Training {
            num_generations: 6,
            num_updates: 5,
            batch_size: 60,
            num_test: 70,
            ..ridge::Config::default().training
        },
        ..Default::default()
    };
    tables::<ridge::Ridge>(&config, context)
}

fn small_noisy_gd(context: &mut Context) -> Result<String> {
    let config = noisy_gd::Config {
        num_observations: 20,
        num_unknowns: 10,
        training: Training {
            num_generations: 6,
            num_updates: 5,
            batch_size: 60,
            num_test: 70,
            ..noisy_gd::Config::default().training
        },
        ..Default::default()
    };
    tables::<noisy_gd::NoisyGd>(&config, context)
}

fn small_least_squares(context: &mut Context) -> Result<String> {
    let config = least_squares::Config {
        num_observations: 20,
        num_unknowns: 10,
        training: Training {
            num_generations: 6,
            num_updates: 5,
            batch_size: 60,
            num_test: 70,
            ..least_squares::Config::default().training
        },
        ..Default::default()
    };
    tables::<least_squares::LeastSquares>(&config, context)
}

fn tables<S: Section>(config: &S::Config, context: &mut Context) -> Result<String> {
    let report = S::report(config, &S::run(config, context)?)?;
    Ok(report.tables.iter().map(|(stem, table)| format!("{stem}\n{}", table.to_csv())).collect())
}

type Run = fn(&mut Context) -> Result<String>;
const RUNS: [Run; 3] = [small_least_squares, small_ridge, small_noisy_gd];

#[test]
fn the_number_of_threads_changes_nothing() -> Result<()> {
    let with = |threads, run: Run| -> Result<String> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
        pool.install(|| run(&mut Context::new(3)))
    };
    for run in RUNS {
        assert_eq!(with(1, run)?, with(2, run)?);
    }
    Ok(())
}

/// Asks for a stop when it has been asked `patience` times whether to.
struct Impatient {
    patience: Cell<usize>,
}

impl Observer for Impatient {
    fn interrupted(&self) -> bool {
        let left = self.patience.get();
        self.patience.set(left.saturating_sub(1));
        left == 0
    }
}

#[test]
fn an_interrupted_run_continues_as_if_nothing_had_happened() -> Result<()> {
    for run in RUNS {
        let whole = run(&mut Context::new(1))?;
        // In the first generation, at its end, in the last one, and again and again.
        for patience in [0, 3, 5, 6, 14, 29, 30, 31] {
            let mut checkpoint = common::context::Checkpoint::new();
            let mut stops = 0;
            let result = loop {
                let observer = Impatient { patience: Cell::new(if stops < 3 { patience } else { 1000 }) };
                let mut context = Context::new(1).with(CPU.clone(), Box::new(observer));
                context.checkpoint = checkpoint;
                match run(&mut context) {
                    Ok(result) => break result,
                    Err(error) => assert!(error.is::<Interrupted>(), "{error:#}"),
                }
                checkpoint = context.checkpoint;
                stops += 1;
            };
            assert!(stops > 0 || patience >= 30); // some runs are done by then
            assert_eq!(result, whole, "stopped after {patience}");
        }
    }
    Ok(())
}

const LONG: [&str; 9] = [
    "--num-observations",
    "30",
    "--num-unknowns",
    "15",
    "--num-updates=150",
    "--num-generations=40",
    "--batch-size=100",
    "--period=8",
    "--learning-rate=1e-5",
];

fn start(out: &Path, options: &[&str]) -> Command {
    let mut command = Command::new(program("sec3_du_gd_least_squares"));
    command.args(LONG).arg("--out").arg(out).args(options);
    command
}

fn line(output: &Output) -> String {
    assert!(output.stdout.is_empty());
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    text.lines().last().unwrap_or_default().to_owned()
}

/// Starts a run, sends it `signal` after a moment and waits for its end.
#[cfg(unix)]
fn signalled(out: &Path, signal: &str, options: &[&str]) -> Result<Output> {
    use std::process::Stdio;
    let mut command = start(out, options);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    for _ in 0..2000 {
        if out.exists() {
            break; // it listens before it makes its directory
        }
        thread::sleep(Duration::from_millis(5));
    }
    thread::sleep(Duration::from_millis(200));
    assert!(Command::new("kill").args([signal, &child.id().to_string()]).status()?.success());
    Ok(child.wait_with_output()?)
}

#[cfg(unix)]
#[test]
fn ctrl_c_leaves_a_checkpoint_and_resume_ends_with_the_same_files() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let [whole, stopped] = ["whole", "stopped"].map(|name| directory.path().join(name));
    let files = |out: &Path| -> Result<Vec<String>> {
        let mut names = vec![];
        for entry in fs::read_dir(out)? {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        Ok(names)
    };

    let output = signalled(&stopped, "-INT", &[])?;
    assert_eq!(output.status.code(), Some(130), "{}", line(&output));
    assert!(line(&output).starts_with("error: interrupted: learned_T8 has finished "), "{}", line(&output));
    assert_eq!(files(&stopped)?, ["checkpoint.safetensors"]);
    let checkpoint = stopped.join("checkpoint.safetensors");

    // Another run's checkpoint, half a checkpoint, none.
    let refused = start(&stopped, &["--resume", "--seed=2"]).output()?;
    assert_eq!((refused.status.code(), refused.stdout.len()), (Some(1), 0));
    assert!(line(&refused).ends_with("seed = 1 there, 2 here"), "{}", line(&refused));
    let refused = start(&stopped, &["--resume", "--num-test=7"]).output()?;
    assert!(line(&refused).ends_with("num_test = 500 there, 7 here"), "{}", line(&refused));
    let half = directory.path().join("half");
    fs::create_dir(&half)?;
    let bytes = fs::read(&checkpoint)?;
    fs::write(half.join("checkpoint.safetensors"), &bytes[..bytes.len() / 2])?;
    let refused = start(&half, &["--resume"]).output()?;
    assert_eq!(refused.status.code(), Some(1));
    assert!(line(&refused).contains("is not a readable checkpoint"), "{}", line(&refused));
    let none = directory.path().join("none");
    let refused = start(&none, &["--resume"]).output()?;
    assert_eq!(refused.status.code(), Some(1));
    assert!(line(&refused).contains("there is no checkpoint") && !none.exists(), "{}", line(&refused));

    // Continued with one thread, it ends where a run with two threads and without a stop ends.
    let output = start(&stopped, &["--resume", "--quiet"]).env("RAYON_NUM_THREADS", "1").output()?;
    assert!(output.status.success(), "{}", line(&output));
    let output = start(&whole, &["--quiet"]).env("RAYON_NUM_THREADS", "2").output()?;
    assert!(output.status.success(), "{}", line(&output));
    assert_eq!(files(&stopped)?, files(&whole)?);
    for name in files(&whole)?.iter().filter(|name| *name != "summary.json") {
        assert!(fs::read(whole.join(name))? == fs::read(stopped.join(name))?, "{name} differs");
    }
    Ok(())
}

#[cfg(unix)]
#[test]
fn a_killed_run_leaves_no_half_file() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let out = directory.path().join("killed");
    let output = signalled(&out, "-KILL", &[])?;
    assert_eq!(output.status.code(), None);
    assert_eq!(fs::read_dir(&out)?.count(), 0); // too early for a checkpoint, and so for any file
    let output = start(&out, &["--resume"]).output()?;
    assert_eq!(output.status.code(), Some(1), "{}", line(&output));
    Ok(())
}
