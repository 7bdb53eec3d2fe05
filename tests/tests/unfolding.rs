//! Unfolded algorithms: gradients through many iterations, shards, and what the eigenvalues say of them.

use anyhow::Result;
use candle_core::{Device, Tensor};
use chapter3::{least_squares::Observations, noisy_gd, pgd, quadratic, rastrigin, ridge};
use common::{
    context::Context,
    gradient_check::gradient_error,
    linear_model::LinearModel,
    ops::AffineStep,
    sampling,
    unfolding::{Algorithm, Batch, Period, Problem, Schedule, Training, batch_gradient, mean_metrics, theory},
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
