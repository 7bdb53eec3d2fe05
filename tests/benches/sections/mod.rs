//! The sections' trainings, ready to be run again and again: data first, then a function that trains from the start and
//! returns the last loss. The same trainings are written for JAX and PyTorch in `tests/frameworks/trainings.py`.

use anyhow::Result;
use candle_core::{DType, Device, Tensor, Var};
use candle_nn::Optimizer as _;
use chapter2::{rbf, regression, three_layer_nn};
use chapter3::{
    least_squares::{self, Observations},
    pgd, rastrigin,
};
use common::{
    context::Context,
    linear_model::LinearModel,
    loss::{half_sum_squared_error, sum_squared_error},
    ops::{AffineStep, FixedMap},
    optim::{Optimizer, Rule},
    sampling::{self, Rng},
    table::Table,
    training::train,
    unfolding::{self, Algorithm, Batch, Period, Problem, Schedule},
};
use rand::Rng as _;

/// A training: each call starts afresh.
pub type Training = Box<dyn Fn() -> Result<f64> + Send + Sync>;

/// Makes the data of a training.
pub type Prepare = fn() -> Result<Training>;

const CPU: Device = Device::Cpu;

/// All trainings by name.
pub const TRAININGS: [(&str, Prepare); 6] = [
    ("regression", regression),
    ("rbf", radial_basis_functions),
    ("three_layer_nn", three_layer_network),
    ("least_squares", unfolded_least_squares),
    ("projected_gradient", unfolded_projected_gradient),
    ("rastrigin", unfolded_rastrigin),
];

/// Section 2.4.4: 220 Adam updates, each for one sample.
pub fn regression() -> Result<Training> {
    let config = regression::Config::default();
    let xs = sampling::grid(0.0, 1.0, config.num_samples);
    let rng = &mut sampling::rng(1, 0);
    let ys = sampling::observe(regression::truth, &xs, config.noise_std, rng);
    Ok(Box::new(move || {
        let outcome = regression::fit(&config, &xs, &ys, &mut Context::new(1))?;
        Ok(outcome.history.last("last_sample_loss"))
    }))
}

/// Section 2.5.1: 250 Adam updates, without the least-squares solution that the section compares with.
pub fn radial_basis_functions() -> Result<Training> {
    let config = rbf::Config::default();
    let xs = rbf::sample_points(&config);
    let phi = rbf::basis_matrix(&config, &xs, &CPU)?;
    let y = Tensor::new(xs.iter().map(|&x| rbf::target(x)).collect::<Vec<_>>(), &CPU)?;
    Ok(Box::new(move || {
        let theta = Var::ones(config.num_basis, DType::F64, &CPU)?;
        let mut adam = Optimizer::new(vec![theta.clone()], config.optimizer)?;
        let (model, basis) = (rbf::RbfModel { theta }, FixedMap::new(&phi)?);
        let mut history = Table::new("update", ["loss"]);
        let loss = || Ok(sum_squared_error(&model.forward(&basis)?, &y)?);
        let context = &mut Context::new(1);
        train(context, &mut history, &mut adam, config.num_updates, loss)?;
        Ok(history.last("loss"))
    }))
}

/// W, a and the data that the network starts with, as the section draws them for seed 1.
pub fn network_start(config: &three_layer_nn::Config) -> Result<(Tensor, Tensor, three_layer_nn::Data)> {
    let rng = |stream| sampling::rng(1, stream);
    let (d, m) = (config.num_inputs, config.num_hidden);
    let w = sampling::normal_matrix(d, m, &mut rng(0), &CPU)?;
    let a = Tensor::new(sampling::normal_vec(m, &mut rng(1)), &CPU)?;
    Ok((w, a, three_layer_nn::draw_data(config, &mut rng(2), &CPU)?))
}

/// Section 2.5.2: 200 iterations of gradient descent, without the eigenvalues that the section looks at beside it.
pub fn three_layer_network() -> Result<Training> {
    let config = three_layer_nn::Config::default();
    let (w, a, data) = network_start(&config)?;
    Ok(Box::new(move || {
        let network = three_layer_nn::Network::new(&w, &a)?;
        let x = FixedMap::new(&data.x)?;
        let rule = Rule::GradientDescent.with(config.step_size);
        let mut optimizer = Optimizer::new(vec![network.w.clone()], rule)?;
        let mut history = Table::new("iteration", ["loss"]);
        let loss = || Ok(half_sum_squared_error(&network.forward(&x)?, &data.y)?);
        let (context, count) = (&mut Context::new(1), config.num_iterations);
        train(context, &mut history, &mut optimizer, count, loss)?;
        Ok(history.last("loss"))
    }))
}

/// Section 3's least squares with T = 8 alone: depth 1 to 50, 40 updates each.
pub fn unfolded_least_squares() -> Result<Training> {
    let training = least_squares::Config::default().training;
    let model = LinearModel::gaussian(100, 50, &mut sampling::rng(1, 0), &CPU)?;
    let step = AffineStep::new(&model.gram)?;
    let problem = Observations { solution: model.solution(0.0)?, model };
    let algorithm = move |step_size| least_squares::GradientDescent { step: step.clone(), step_size };
    Ok(unfolded(training, Period::Of(8), problem, algorithm))
}

/// Section 3's projected gradient descent with problems that were solved before: depth 1 to 25, 40 updates each.
pub fn unfolded_projected_gradient() -> Result<Training> {
    let training = pgd::Config::default().training;
    let model = LinearModel::gaussian(20, 10, &mut sampling::rng(1, 0), &CPU)?;
    let step = AffineStep::new(&model.gram)?;
    let boxed = pgd::Boxed { model, observation_std: 5.0 };
    let rng = &mut sampling::rng(1, 1);
    let pool = (0..80).map(|_| boxed.draw(50, rng)); // 20 mini-batches of 200, in shards as `common::unfolding` has them
    let problem = Solved { pool: pool.collect::<Result<_>>()? };
    let algorithm = move |step_size| pgd::ProjectedGradientDescent { step: step.clone(), step_size };
    Ok(unfolded(training, Period::Free, problem, algorithm))
}

/// Section 3's Rastrigin function: depth 1 to 150, 10 updates each where the book has 100.
pub fn unfolded_rastrigin() -> Result<Training> {
    let config = rastrigin::Config::default();
    let training = unfolding::Training { num_updates: 10, ..config.training };
    let problem = rastrigin::Starts { num_unknowns: config.num_unknowns, start_std: config.start_std, device: CPU };
    Ok(unfolded(training, Period::Free, problem, |step_size| rastrigin::GradientDescent { step_size }))
}

/// Incremental training of the algorithm with step sizes. The MSE after each generation, which the others do not compute, is
/// taken on one problem.
fn unfolded<P: Problem + Send + 'static, A: Algorithm<Data = P::Data>>(
    training: unfolding::Training,
    period: Period,
    problem: P,
    algorithm: impl Fn(Schedule) -> A + Send + Sync + 'static,
) -> Training {
    let training = unfolding::Training { num_test: 1, ..training };
    Box::new(move || {
        let algorithm = algorithm(training.step_sizes(period, &CPU)?);
        let generations = training.train("training", (&problem, &problem), &algorithm, &mut Context::new(1))?;
        Ok(generations.last("train_loss"))
    })
}

/// Problems out of a pool.
struct Solved {
    pool: Vec<Batch<Tensor>>,
}

impl Problem for Solved {
    type Data = Tensor;

    fn draw(&self, count: usize, rng: &mut Rng) -> Result<Batch<Tensor>> {
        let Batch { start, solution, data } = &self.pool[rng.random_range(0..self.pool.len())];
        Ok(Batch {
            start: start.narrow(0, 0, count)?,
            solution: solution.narrow(0, 0, count)?,
            data: data.narrow(0, 0, count)?,
        })
    }
}
