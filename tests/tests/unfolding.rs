//! Unfolded algorithms: gradients through many iterations, shards, and what the eigenvalues say of them.

use std::{collections::BTreeMap, sync::Mutex};

use anyhow::Result;
use candle_core::{Device, Tensor};
use chapter3::{least_squares::Observations, noisy_gd, pgd, quadratic, rastrigin, ridge};
use common::{
    context::Context,
    gradient_check::gradient_error,
    linear_model::LinearModel,
    ops::AffineStep,
    sampling::{self, Rng},
    unfolding::{
        Algorithm, Batch, FiniteDataset, Mode, Period, Problem, Sampling, Schedule, Training, batch_gradient,
        mean_metrics, theory,
    },
};
use tests::models::{around_fixed, descent, observations, projected, small_model, steps};

const CPU: &Device = &Device::Cpu;

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
        let regularisation = steps(&sampling::grid(2.0, -3.0, period))?;
        let problem = Observations { solution: model.solution(2.5)?, model: model.clone() };
        let algorithm = ridge::RidgeDescent {
            step: AffineStep::new(&model.gram)?,
            step_size: step_size.clone(),
            regularisation: regularisation.clone(),
        };
        check_gradient(&problem, &algorithm, &step_size, 50, 1e-7)?;
        check_gradient(&problem, &algorithm, &regularisation, 50, 1e-5)?;
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
    let (loss, gradients) = batch_gradient(&problem, &network, depth, (0, batch_size), rng)?;

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

/// Instances that are their own numbers.
struct Numbers;

impl Problem for Numbers {
    type Data = ();

    fn draw(&self, count: usize, _: &mut Rng) -> Result<Batch<()>> {
        let numbers = Tensor::arange(0.0, count as f64, CPU)?.reshape((count, 1))?;
        Ok(Batch { start: numbers.zeros_like()?, solution: numbers, data: () })
    }
}

/// x ← x + η.
struct Climb(Schedule);

impl Algorithm for Climb {
    type Data = ();

    fn schedules(&self) -> Vec<&Schedule> {
        vec![&self.0]
    }

    fn iterate(&self, k: usize, x: &Tensor, _: &(), _: &mut Rng) -> Result<Tensor> {
        Ok(x.broadcast_add(&self.0.at(k)?)?)
    }
}

/// A data set that notes what a training takes from it, and from which place on.
struct Watched<'a> {
    dataset: FiniteDataset<'a, Numbers>,
    taken: Mutex<BTreeMap<u64, Vec<f64>>>,
}

impl Problem for Watched<'_> {
    type Data = ();

    fn draw(&self, count: usize, rng: &mut Rng) -> Result<Batch<()>> {
        self.dataset.draw(count, rng)
    }

    fn draw_training(&self, first: u64, count: usize, rng: &mut Rng) -> Result<Batch<()>> {
        let batch = self.dataset.draw_training(first, count, rng)?;
        self.taken.lock().unwrap().insert(first, batch.solution.flatten_all()?.to_vec1()?);
        Ok(batch)
    }
}

/// The instances that a training takes from `size` of them, in their order.
fn taken(sampling: Sampling, size: usize, training: &Training, seed: u64) -> Result<Vec<f64>> {
    let dataset = FiniteDataset::draw(&Numbers, size, sampling, &mut sampling::rng(seed, 0))?;
    let problem = Watched { dataset, taken: Mutex::default() };
    let algorithm = Climb(training.step_sizes(Period::Free, CPU)?);
    training.train("learned", (&problem, &problem), &algorithm, &mut Context::new(seed))?;
    let mut all = vec![];
    for (first, numbers) in problem.taken.into_inner().unwrap() {
        assert_eq!(first, all.len() as u64, "a gap, or a shard that reaches into the next one");
        all.extend(numbers);
    }
    assert_eq!(all.len(), training.num_generations * training.num_updates * training.batch_size);
    Ok(all)
}

/// Over shards, updates and generations; mini-batches smaller than the data set, larger, and such that do not divide it.
#[test]
fn an_epoch_has_each_instance_once() -> Result<()> {
    let size = 60;
    for (mode, batch_size) in [(Mode::Incremental, 30), (Mode::FullDepth, 70), (Mode::Incremental, 130)] {
        let training =
            Training { mode, num_generations: 3, num_updates: 4, batch_size, num_test: 10, ..Default::default() };
        let epochs = taken(Sampling::Epochs, size, &training, 1)?;
        let orders: Vec<&[f64]> = epochs.chunks_exact(size).collect();
        assert_eq!(orders.len(), 12 * batch_size / size);
        for (e, order) in orders.iter().enumerate() {
            let mut sorted = order.to_vec();
            sorted.sort_by(f64::total_cmp);
            assert!(sorted.iter().enumerate().all(|(i, &number)| number == i as f64), "K = {batch_size}, epoch {e}");
            assert!(!orders[..e].contains(order), "K = {batch_size}: epoch {e} has an earlier one's order");
        }
        assert_ne!(taken(Sampling::Epochs, size, &training, 2)?, epochs);
    }
    Ok(())
}

/// Of 60 draws from 60 with replacement some are equal, and where they stand in the training makes no difference to them.
#[test]
fn with_replacement_the_generator_alone_says_what_is_drawn() -> Result<()> {
    let training = Training { num_generations: 2, num_updates: 3, batch_size: 60, num_test: 10, ..Default::default() };
    let all = taken(Sampling::Replacement, 60, &training, 1)?;
    let mut first = all[..60].to_vec();
    first.sort_by(f64::total_cmp);
    assert!(first.windows(2).any(|pair| pair[0] == pair[1]));
    let dataset = FiniteDataset::draw(&Numbers, 60, Sampling::Replacement, &mut sampling::rng(1, 0))?;
    let rng = || sampling::rng(3, 3);
    let plain = dataset.draw(40, &mut rng())?.solution.flatten_all()?.to_vec1::<f64>()?;
    assert_eq!(plain, sampling::resample(40, 60, &mut rng()).into_iter().map(f64::from).collect::<Vec<_>>());
    for first in [0, 7, 1000] {
        assert_eq!(dataset.draw_training(first, 40, &mut rng())?.solution.flatten_all()?.to_vec1::<f64>()?, plain);
    }
    Ok(())
}
