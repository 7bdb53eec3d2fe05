//! Chapter 4: parity with JAX, what is proved of the algorithms, and what each section claims, over several seeds.

use anyhow::Result;
use candle_core::{Device, Tensor};
use candle_nn::Optimizer as _;
use chapter4::{
    bqp::{self, BoxDescent, DuBqp, Signs},
    du_ista::{self, DuIsta},
    finite_dataset::{self, Errors, FiniteData},
    ista::{self, Fista, Ista, IstaDemo},
    jacobi::{self, DuJacobi},
    learned_omega::{self, WAYS},
    psor::{self, DuPsor},
    relaxation::{Loss, Relaxation, Systems},
    sparse::{Observed, SparseRecovery, median},
    speedups::{self, methods},
};
use common::{
    config::{Usage, with_overrides},
    context::Context,
    linalg,
    linear_model::LinearModel,
    optim::{Optimizer, Rule},
    sampling,
    section::Section,
    unfolding::{Algorithm, Batch, Comparison, Method, Problem, Schedule, Training, mean_metrics, theory},
};
use serde_json::Value;
use tests::fixtures::{assert_each_close, assert_vector_close, fixture, number, numbers, rows};

const CPU: &Device = &Device::Cpu;

fn run<S: Section>(config: &S::Config, seed: u64) -> Result<S::Outcome> {
    S::run(config, &mut Context::new(seed))
}

fn method<'a>(comparison: &'a Comparison, name: &str) -> &'a Method {
    comparison.methods.iter().find(|method| method.name == name).expect("a method of that name")
}

fn matrix(value: &Value) -> Result<Tensor> {
    Ok(Tensor::new(rows(value), CPU)?)
}

/// `depth` iterations of an algorithm.
fn iterate<A: Algorithm>(algorithm: &A, start: &Tensor, data: &A::Data, depth: usize) -> Result<Tensor> {
    let (mut x, rng) = (start.clone(), &mut sampling::rng(0, 0));
    for k in 0..depth {
        x = algorithm.iterate(k, &x, data, rng)?;
    }
    algorithm.estimate(&x, data)
}

/// Incremental Adam updates on a fixture's batches against its losses and its last parameters.
fn train_like<A: Algorithm>(
    name: &str,
    run: &Value,
    algorithm: &A,
    inner: usize,
    batch: impl Fn(usize) -> Result<Batch<A::Data>>,
) -> Result<()> {
    let schedules = algorithm.schedules();
    let parameters: Vec<_> = schedules.iter().map(|schedule| schedule.parameter().clone()).collect();
    let mut adam = Optimizer::new(parameters, Rule::Adam.with(number(&run["learning_rate"])))?;
    let expected = numbers(&run["loss"]);
    let mut losses = vec![];
    for update in 0..expected.len() {
        let Batch { start, solution, data } = batch(update)?;
        let count = start.dim(0)? as f64;
        let x = iterate(algorithm, &start, &data, 1 + update / inner)?;
        let loss = ((x - solution)?.sqr()?.sum_all()? / count)?;
        losses.push(loss.to_scalar::<f64>()?);
        adam.step(&loss.backward()?)?;
    }
    assert_each_close(name, &losses, &expected, 1e-10);
    let found: Vec<f64> = schedules.iter().map(|schedule| schedule.values()).collect::<Result<Vec<_>>>()?.concat();
    assert_vector_close(name, &found, &numbers(&run["parameters"]), 1e-10);
    Ok(())
}

#[test]
fn ista_and_its_unfolding_agree_with_jax() -> Result<()> {
    let fixture = fixture("chapter4");
    let problem = SparseRecovery::new(LinearModel::new(matrix(&fixture["a"])?)?, 0.2, 0.1)?;
    let gamma = number(&fixture["gamma"]);
    assert_each_close("gamma", &[problem.gamma()], &[gamma], 1e-12);
    let batch = |k: usize| -> Result<Batch<Observed>> {
        let (x, y) = (matrix(&fixture["x"][k])?, matrix(&fixture["y"][k])?);
        let b = problem.model.adjoint.forward(&y)?;
        Ok(Batch { start: x.zeros_like()?, solution: x, data: Observed { y, b } })
    };
    let Batch { start, solution, data } = batch(0)?;
    let ista = Ista::fixed(&problem, 0.5)?;
    let fista = Fista(ista.clone());
    for k in 0..=60 {
        for (name, x) in [("ista", iterate(&ista, &start, &data, k)?), ("fista", iterate(&fista, &start, &data, k)?)] {
            let error = problem.metric(&x, &solution)?;
            assert_each_close(name, &[error], &[number(&fixture[name][k])], 1e-10);
        }
    }
    let five = Tensor::full(gamma, 5, CPU)?;
    let learned = |name| Schedule::learned(name, &five, 1e-3);
    let unfolded = Ista { step: ista.step, step_size: learned("step_size")?, threshold: learned("threshold")? };
    train_like("du_ista", &fixture["du_ista"], &unfolded, number(&fixture["inner"]) as usize, batch)
}

#[test]
fn box_descent_agrees_with_jax() -> Result<()> {
    let fixture = fixture("chapter4");
    let problem = Signs::new(LinearModel::new(matrix(&fixture["square"])?)?, 1.0)?;
    let batch = |k: usize| -> Result<Batch<Tensor>> {
        let x = matrix(&fixture["signs"][k])?;
        let b = problem.model.adjoint.forward(&matrix(&fixture["received"][k])?)?;
        Ok(Batch { start: x.zeros_like()?, solution: x, data: b })
    };
    let training = Training { num_generations: 5, initial_step_size: 0.01, ..Training::default() };
    let unfolded = BoxDescent::learned(&training, &problem)?;
    train_like("bqp", &fixture["bqp"], &unfolded, number(&fixture["inner"]) as usize, batch)
}

#[test]
fn relaxation_with_its_expected_loss_agrees_with_jax() -> Result<()> {
    let fixture = fixture("chapter4");
    let a0 = matrix(&fixture["a0"])?;
    let gram = a0.t()?.matmul(&a0)?;
    let norm = gram.sqr()?.sum_all()?.sqrt()?.to_scalar::<f64>()?;
    let b = (Tensor::eye(8, gram.dtype(), CPU)? - (gram / norm)?)?;
    let problem = Systems::new(&chapter4::relaxation::inverse(&b)?, Loss::Expected)?;
    for (run, period) in fixture["psor"].as_array().expect("runs").iter().zip([2, 4]) {
        let omega = Schedule::learned("omega", &Tensor::ones(period, b.dtype(), CPU)?, 0.1)?;
        let relaxation = Relaxation::new(&b, omega)?;
        // 8 unit vectors, scaled for a batch of 8
        let batch = |_| problem.draw(8, &mut sampling::rng(1, 0));
        train_like(&format!("psor, T = {period}"), run, &relaxation, 40, batch)?;
    }
    Ok(())
}

/// Beck and Teboulle: F(x_t) − F* ≤ L‖x̂‖²/2t for ISTA, 2L‖x̂‖²/(t + 1)² for FISTA; and ISTA's objective never grows.
#[test]
fn objectives_stay_below_their_bounds() -> Result<()> {
    for seed in 1..=5 {
        for lambda in [0.3, 1.0, 5.0] {
            let config = ista::Config {
                num_unknowns: 64,
                num_observations: 32,
                lambda,
                iterations: vec![500],
                ..ista::Config::default()
            };
            let outcome = run::<IstaDemo>(&config, seed)?;
            let slack = 1e-9 * outcome.least;
            for t in 1..=500 {
                let t_ = t as f64;
                let (slow, fast) = (outcome.ista.objective[t], outcome.fista.objective[t]);
                assert!(slow - outcome.least <= outcome.scale / (2.0 * t_) + slack, "ISTA, seed {seed}, t = {t}");
                assert!(fast - outcome.least <= 2.0 * outcome.scale / (t_ + 1.0).powi(2) + slack, "FISTA, {seed}, {t}");
                assert!(slow <= outcome.ista.objective[t - 1] + slack, "ISTA grows, seed {seed}, t = {t}");
            }
        }
    }
    Ok(())
}

/// The promise at the book's settings, and what the page says of the median.
#[test]
fn unfolded_ista_beats_the_published_one() -> Result<()> {
    for seed in 1..=3 {
        let outcome = run::<DuIsta>(&du_ista::Config::default(), seed)?;
        let last = |name| method(&outcome.comparison, name).mse[40];
        let (fixed, learned) = (last("fixed"), last("learned"));
        assert!(15.0 * learned <= fixed && learned < 0.12, "seed {seed}: {fixed} {learned}");
        assert!(last("fixed_tuned") < fixed && learned < last("fixed_tuned"), "seed {seed}");
        let median = |name: &str| outcome.medians.iter().find(|(n, _)| n == name).expect("a median").1[40];
        assert!(median("learned_median") < learned, "the mean has a tail, seed {seed}");
    }
    Ok(())
}

#[test]
fn a_finite_data_set_is_what_it_says() -> Result<()> {
    let config = with_overrides::<finite_dataset::Config>(&[
        ("num_unknowns", "32"),
        ("num_observations", "16"),
        ("num_generations", "6"),
        ("num_test", "100"),
        ("dataset_sizes", "5,200"),
        ("learning_rates", "1e-3"),
    ]);
    let outcome = run::<FiniteData>(&config, 1)?;
    assert_eq!((outcome.errors.len(), outcome.medians.len()), (2, 2));
    assert!(outcome.comparison.learned().all(|method| method.mse.len() == 7 && method.mse[6].is_finite()));
    for [train, test] in &outcome.errors {
        assert!((0.0..=1.0).contains(&train.diverged) && test.median > 0.0);
    }
    let wrong = finite_dataset::Config { learning_rates: vec![1e-3, 1e-3, 1e-3], ..config };
    assert!(run::<FiniteData>(&wrong, 1).expect_err("too many rates").is::<Usage>());

    let errors = Errors::of(&[0.5, 1.0, 9.0, f64::NAN], 2.0);
    assert_eq!(errors.diverged, 0.5);
    assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
    assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
    assert!(median(&[]).is_nan());
    Ok(())
}

/// The promise at the book's settings: the error, the wrong signs below the box relaxation's limit, measured and proved,
/// and no receiver below what is best in large systems by more than the spread of A and of 100,000 signs allows.
#[test]
fn unfolded_box_descent_beats_the_box_relaxation() -> Result<()> {
    for seed in 1..=2 {
        let outcome = run::<DuBqp>(&bqp::Config::default(), seed)?;
        let learned = method(&outcome.comparison, "learned").mse[30];
        assert!(learned < 0.9, "seed {seed}: {learned}");
        let wrong = outcome.bit_errors.last().expect("the learned one").1[30];
        let [converged, linear] = outcome.references;
        let [relaxed, optimum] = outcome.theory;
        assert!(wrong < converged && wrong < relaxed && converged < linear, "seed {seed}: {wrong} {converged}");
        assert!(wrong > 0.5 * optimum, "seed {seed}: {wrong} against {optimum}");
        // "sign" hardly moves: a few signs in the second and third iteration, and then none
        let jumps = &outcome.bit_errors[1].1;
        assert!((jumps[30] - jumps[1]).abs() < 2e-3 && jumps[4..].iter().all(|wrong| *wrong == jumps[4]), "{jumps:?}");
    }
    Ok(())
}

/// The box relaxation's formula against the box relaxation, three noises, at n = 200.
#[test]
fn the_box_relaxations_wrong_signs_are_as_many_as_theory_says() -> Result<()> {
    let n = 200;
    for (seed, sigma) in [(1, 5.0), (2, 7.0), (3, 10.0)] {
        let model = LinearModel::gaussian(n, n, &mut sampling::rng(seed, 0), CPU)?;
        let problem = Signs::new(model, sigma)?;
        let wrong = mean_metrics(&problem.bits(), &BoxDescent::fixed(&problem)?, 2000, 200, seed)?[2000];
        let theory = bqp::theory::box_relaxation(n, n, sigma);
        assert!((wrong / theory - 1.0).abs() < 0.2, "σ = {sigma}: {wrong}, theory {theory}");
        assert!(bqp::theory::optimum(n, n, sigma) < theory);
    }
    Ok(())
}

/// The promise, and contraction: periodic factors do what the eigenvalues say, and never better than Chebyshev's on
/// an interval would be if that interval were full.
#[test]
fn learned_factors_beat_the_best_single_one() -> Result<()> {
    for loss in [Loss::Sampled, Loss::Expected] {
        for seed in 1..=5 {
            let config = psor::Config { loss, ..psor::Config::default() };
            let comparison = run::<DuPsor>(&config, seed)?;
            let best = method(&comparison, "fixed_best").mse[40];
            for name in ["learned_T2", "learned_T4"] {
                assert!(method(&comparison, name).mse[40] < best, "PSOR, {name}, seed {seed}");
            }
        }
    }
    Ok(())
}

/// λmax(D⁻¹P) of the seed's system.
fn largest(seed: u64) -> Result<f64> {
    let system = jacobi::System::draw(32, 0.15, 0.05, &mut sampling::rng(seed, 0), CPU)?;
    Ok(system.eigenvalues[31])
}

#[test]
fn learned_jacobi_beats_the_best_single_factor_and_divergence_is_told() -> Result<()> {
    for loss in [Loss::Sampled, Loss::Expected] {
        for seed in (1..=6).filter(|seed| largest(*seed).is_ok_and(|largest| largest < 2.0)) {
            let config = jacobi::Config { loss, ..jacobi::Config::default() };
            let comparison = run::<DuJacobi>(&config, seed)?;
            let best = method(&comparison, "fixed_best").mse[20];
            for name in ["learned_T2", "learned_T8"] {
                assert!(method(&comparison, name).mse[20] < best, "Jacobi, {name}, seed {seed}");
            }
        }
    }
    let seeds = 1..=200u64;
    let diverging: Vec<u64> = seeds.filter(|seed| largest(*seed).is_ok_and(|largest| largest >= 2.0)).collect();
    assert!((2..=25).contains(&diverging.len()), "about 5 % of 200 seeds: {diverging:?}");
    let error = run::<DuJacobi>(&jacobi::Config::default(), diverging[0]).expect_err("Jacobi's method diverges");
    assert!(error.to_string().contains("diverges") && !error.is::<Usage>(), "{error}");
    Ok(())
}

/// ‖Π(I − ωₖB)·B⁻¹S‖²_F by matrices; the mean over samples; and nothing random.
#[test]
fn the_expected_loss_is_the_closed_form() -> Result<()> {
    let system = jacobi::System::draw(10, 0.15, 0.1, &mut sampling::rng(1, 0), CPU)?;
    let omega = [0.9, 0.5, 1.2];
    let relaxation = Relaxation::fixed(&system.b, &omega)?;
    let (mut error, b) = (linalg::to_matrix(&system.inverse)?, linalg::to_matrix(&system.b)?);
    for k in 0..7 {
        error = &error - omega[k % 3] * (&b * &error);
    }
    let exact = error.norm_squared();
    for count in [1, 50, 130] {
        let problem = Systems::new(&system.inverse, Loss::Expected)?;
        let found = mean_metrics(&problem, &relaxation, 7, count, 1)?[7];
        assert!((found / exact - 1.0).abs() < 1e-12, "{count}: {found:e}, {exact:e}");
    }
    let problem = Systems::new(&system.inverse, Loss::Sampled)?;
    let sampled = mean_metrics(&problem, &relaxation, 7, 100_000, 1)?[7];
    assert!((sampled / exact - 1.0).abs() < 0.03, "{sampled:e}, {exact:e}");

    let learned = |num_updates: usize, batch_size: usize| -> Result<Vec<f64>> {
        let training = Training { batch_size, num_updates, num_generations: 5, ..psor::Config::default().training };
        let config = psor::Config { loss: Loss::Expected, training, ..psor::Config::default() };
        Ok(method(&run::<DuPsor>(&config, 1)?, "learned_T4").step_sizes())
    };
    assert_eq!(learned(20, 50)?, learned(20, 50)?);
    assert_vector_close("another batch size", &learned(20, 1)?, &learned(20, 50)?, 1e-10);
    Ok(())
}

/// The promise: with the logarithm of the loss T = 1 is within 1 % of the best ω, here found by thirds, for each matrix;
/// as published it is not within 2 %.
#[test]
fn the_logarithm_of_the_loss_finds_the_best_factor() -> Result<()> {
    let config = learned_omega::Config::default();
    let depth = config.num_generations;
    for seed in (1..=4).filter(|seed| largest(*seed).is_ok_and(|largest| largest < 2.0)) {
        let system = jacobi::System::draw(32, 0.15, 0.05, &mut sampling::rng(seed, 0), CPU)?;
        let at = |omega: f64| Ok::<f64, anyhow::Error>(learned_omega::errors(&system, &[omega], depth)?[depth]);
        let (mut low, mut high) = (0.1, 2.0 / system.eigenvalues[31]);
        for _ in 0..100 {
            let (a, b) = (low + (high - low) / 3.0, high - (high - low) / 3.0);
            if at(a)? < at(b)? { high = b } else { low = a }
        }
        let last = |way: usize| -> Result<f64> {
            let path = learned_omega::train(&config, &system, 1, WAYS[way])?;
            Ok(path[path.len() - 1][0] / low)
        };
        let [published, reset, log, both] = [last(0)?, last(1)?, last(2)?, last(3)?];
        for ratio in [reset, log, both] {
            assert!((ratio - 1.0).abs() < 0.01, "seed {seed}: {ratio}");
        }
        assert!((published - 1.0).abs() > 0.02, "seed {seed}: {published}");
        let found = learned_omega::minimise(&config, &system, &theory::chebyshev_step_sizes(&system.eigenvalues, 1))?;
        assert!((found[0] / low - 1.0).abs() < 1e-3, "seed {seed}: {found:?}, {low}");
    }
    Ok(())
}

/// wⱼᵀaⱼ = 1, and no other such W has a smaller ‖WᵀA‖_F.
#[test]
fn the_analytic_weight_is_the_minimum() -> Result<()> {
    let rng = &mut sampling::rng(1, 0);
    let a = sampling::normal_matrix(8, 16, rng, CPU)?;
    let w = methods::analytic_weight(&a)?;
    let products = (&w * &a)?.sum(0)?.to_vec1::<f64>()?;
    assert!(products.iter().all(|product| (product - 1.0).abs() < 1e-12));
    let norm = |w: &Tensor| Ok::<f64, anyhow::Error>(w.t()?.matmul(&a)?.sqr()?.sum_all()?.to_scalar()?);
    let least = norm(&w)?;
    for _ in 0..20 {
        let d = (sampling::normal_matrix(8, 16, rng, CPU)? * 1e-3)?;
        // a change that keeps wⱼᵀaⱼ
        let along = ((&d * &a)?.sum_keepdim(0)? / a.sqr()?.sum_keepdim(0)?)?;
        let d = (&d - a.broadcast_mul(&along)?)?;
        assert!(norm(&(&w + d)?)? > least);
    }
    Ok(())
}

/// In a large system AMP ends where state evolution says, and so does nobody better, but for the spread of a sample.
#[test]
fn amp_reaches_the_bayes_estimate_in_a_large_system() -> Result<()> {
    let (n, m, active, noise_std) = (800, 400, 0.05, 0.1);
    let problem = SparseRecovery::new(LinearModel::gaussian(m, n, &mut sampling::rng(1, 0), CPU)?, active, noise_std)?;
    let found = mean_metrics(&problem, &methods::Amp::new(&problem)?, 30, 200, 1)?[30];
    let bayes = speedups::bayes(n, m, active, noise_std);
    assert!((0.95..1.15).contains(&(found / bayes)), "{found}, state evolution {bayes}");
    assert!(speedups::oracle(n, m, active, noise_std) < bayes);

    let problem =
        SparseRecovery::new(LinearModel::gaussian(64, 128, &mut sampling::rng(2, 0), CPU)?, active, noise_std)?;
    let bayes = speedups::bayes(128, 64, active, noise_std);
    let tista = methods::Tista::learned(&problem, 10, 0.04)?;
    let training = Training { num_generations: 10, batch_size: 200, num_test: 50, ..Training::default() };
    training.train("tista", (&problem, &problem), &tista, &mut Context::new(2))?;
    let found = mean_metrics(&problem, &tista, 10, 1000, 2)?[10];
    assert!((1.0..3.0).contains(&(found / bayes)), "TISTA {found}, Bayes {bayes}");
    Ok(())
}

/// The questions answer in a small size, and in numbers that make sense.
#[test]
fn the_questions_run_in_small() -> Result<()> {
    let config = with_overrides::<chapter4::bqp_exact::Config>(&[
        ("num_unknowns", "6"),
        ("noise_std", "1"),
        ("num_seeds", "2"),
        ("num_generations", "6"),
        ("batch_size", "50"),
        ("num_test", "200"),
        ("large_size", "10"),
        ("large_noise_std", "1"),
        ("large_generations", "2"),
    ]);
    let outcome = run::<chapter4::bqp_exact::BqpExact>(&config, 1)?;
    for scores in &outcome.exact[0] {
        let [exhaustive, others @ ..] = scores;
        assert_eq!(exhaustive.exact, 1.0);
        assert!(others.iter().all(|score| score.exact <= 1.0 && score.wrong >= 0.0));
    }
    let config = with_overrides::<chapter4::generalisation::Config>(&[
        ("dataset_sizes", "10,100"),
        ("learning_rates", "5e-6"),
        ("num_seeds", "1"),
        ("num_generations", "3"),
        ("batch_size", "25"),
        ("num_test", "50"),
    ]);
    let outcome = run::<chapter4::generalisation::Generalisation>(&config, 1)?;
    assert_eq!((outcome.finite.len(), outcome.others.len()), (2, chapter4::generalisation::OTHERS.len()));
    Ok(())
}
