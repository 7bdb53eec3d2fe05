//! The sections' trainings, ready to be run again and again: data first, then a function that trains from the start and
//! returns the last loss. The same trainings, on the same data, are written for JAX and PyTorch in `tests/frameworks/trainings.py`.

use anyhow::Result;
use candle_core::{DType, Device, Tensor, Var};
use candle_nn::Optimizer as _;
use chapter2::{rbf, regression, three_layer_nn};
use chapter3::{least_squares, pgd, rastrigin};
use chapter4::{
    bqp, du_ista, jacobi, relaxation,
    sparse::{Observed, SparseRecovery},
};
use chapter5::du_consensus::spectral::{energies, loss_and_gradient, spectrum};
use chapter5::{bp_train, codes, du_consensus, du_stabilize_sde, mnist_reconstruction, plant};
use chapter6::{lotka_volterra, neural_ode, rayleigh_ritz, variational};
use common::{
    context::Context,
    linear_model::LinearModel,
    loss::{half_sum_squared_error, sum_squared_error},
    ode::{Method, Solver},
    ops::{AffineStep, FixedMap, LinearRecurrence, Rollout},
    optim::{self, Optimizer, Rule},
    sampling::{self, Rng},
    table::Table,
    training::train,
    unfolding::{self, Algorithm, Batch, Period, Problem, Schedule, batch_gradient},
};

/// Trains from the start; returns the last loss.
pub type Training = Box<dyn Fn() -> Result<f64> + Send + Sync>;

/// A training and its data by the names that `trainings.py` knows.
pub struct Prepared {
    #[allow(dead_code)] // only one of the benchmarks that share this file saves it
    pub data: Vec<(&'static str, Tensor)>,
    pub train: Training,
}

/// Makes the data of a training.
pub type Prepare = fn() -> Result<Prepared>;

const CPU: Device = Device::Cpu;

/// All trainings by name.
pub const TRAININGS: [(&str, Prepare); 17] = [
    ("regression", regression),
    ("rbf", radial_basis_functions),
    ("three_layer_nn", three_layer_network),
    ("least_squares", unfolded_least_squares),
    ("projected_gradient", unfolded_projected_gradient),
    ("rastrigin", unfolded_rastrigin),
    ("ista", unfolded_ista),
    ("bqp", unfolded_bqp),
    ("jacobi", unfolded_jacobi),
    ("belief_propagation", unfolded_belief_propagation),
    ("sde", noisy_plant),
    ("digits", unfolded_digits),
    ("consensus", unfolded_consensus),
    ("lotka_volterra", lotka_volterra_control),
    ("rayleigh_ritz", ritz),
    ("control", optimal_control),
    ("neural_ode", neural_differential_equation),
];

/// `count` updates of `parameters`; returns the loss before the last of them.
fn updates(
    parameters: Vec<Var>,
    rule: Rule,
    rate: f64,
    count: usize,
    loss: impl Fn() -> Result<Tensor>,
) -> Result<f64> {
    let mut history = Table::new("update", ["loss"]);
    let mut optimizer = Optimizer::new(parameters, rule.with(rate))?;
    train(&mut Context::new(1), &mut history, &mut optimizer, count, loss)?;
    Ok(history.column("loss")[count - 1])
}

/// Section 2.4.4: 220 Adam updates, each for one sample.
pub fn regression() -> Result<Prepared> {
    let config = regression::Config::default();
    let xs = sampling::grid(0.0, 1.0, config.num_samples);
    let rng = &mut sampling::rng(1, 0);
    let ys = sampling::observe(regression::truth, &xs, config.noise_std, rng);
    let data = vec![("x", Tensor::new(xs.as_slice(), &CPU)?), ("y", Tensor::new(ys.as_slice(), &CPU)?)];
    let train = move || {
        let outcome = regression::fit(&config, &xs, &ys, &mut Context::new(1))?;
        Ok(outcome.history.last("last_sample_loss"))
    };
    Ok(Prepared { data, train: Box::new(train) })
}

/// Section 2.5.1: 250 Adam updates, without the least-squares solution that the section compares with.
pub fn radial_basis_functions() -> Result<Prepared> {
    let config = rbf::Config::default();
    let xs = rbf::sample_points(&config);
    let phi = rbf::basis_matrix(&config, &xs, &CPU)?;
    let y = Tensor::new(xs.iter().map(|&x| rbf::target(x)).collect::<Vec<_>>(), &CPU)?;
    let data = vec![("phi", phi.clone()), ("y", y.clone())];
    let train = move || {
        let (theta, basis) = (Var::ones(config.num_basis, DType::F64, &CPU)?, FixedMap::new(&phi)?);
        let loss = || Ok(basis.squared_error(&theta, &y)?);
        updates(vec![theta.clone()], Rule::Adam, 1.0, config.num_updates, loss)
    };
    Ok(Prepared { data, train: Box::new(train) })
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
pub fn three_layer_network() -> Result<Prepared> {
    network_of(three_layer_nn::Config::default())
}

/// The same with other sizes.
pub fn network_of(config: three_layer_nn::Config) -> Result<Prepared> {
    let (w, a, samples) = network_start(&config)?;
    let data = vec![("w", w.clone()), ("a", a.clone()), ("x", samples.x.clone()), ("y", samples.y.clone())];
    let train = move || {
        let (network, x) = (three_layer_nn::Network::new(&w, &a)?, FixedMap::new(&samples.x)?);
        let loss = || Ok(half_sum_squared_error(&network.forward(&x)?, &samples.y)?);
        updates(vec![network.w.clone()], Rule::GradientDescent, config.step_size, config.num_iterations, loss)
    };
    Ok(Prepared { data, train: Box::new(train) })
}

/// Section 3's least squares with T = 8 alone: depth 1 to 50, 40 updates each.
pub fn unfolded_least_squares() -> Result<Prepared> {
    let training = least_squares::Config::default().training;
    let model = LinearModel::gaussian(100, 50, &mut sampling::rng(1, 0), &CPU)?;
    let (gram, step) = (("gram", model.gram.clone()), AffineStep::new(&model.gram)?);
    let problem = least_squares::Observations { solution: model.solution(0.0)?, model };
    let pool = Pool::new(&problem, training, Tensor::narrow)?;
    let data = vec![gram, ("solution", pool.solutions()?), ("b", pool.stack(|batch| &batch.data)?)];
    let algorithm = move || {
        let step_size = training.step_sizes(Period::Of(8), &CPU)?;
        Ok(least_squares::GradientDescent { step: step.clone(), step_size })
    };
    Ok(Prepared { data, train: pool.training(algorithm) })
}

/// Section 3's projected gradient descent with problems that were solved before: depth 1 to 25, 40 updates each.
pub fn unfolded_projected_gradient() -> Result<Prepared> {
    let training = pgd::Config::default().training;
    let model = LinearModel::gaussian(20, 10, &mut sampling::rng(1, 0), &CPU)?;
    let (gram, step) = (("gram", model.gram.clone()), AffineStep::new(&model.gram)?);
    let pool = Pool::new(&pgd::Boxed { model, observation_std: 5.0 }, training, Tensor::narrow)?;
    let data = vec![gram, ("solution", pool.solutions()?), ("b", pool.stack(|batch| &batch.data)?)];
    let algorithm = move || {
        let step_size = training.step_sizes(Period::Free, &CPU)?;
        Ok(pgd::ProjectedGradientDescent { step: step.clone(), step_size })
    };
    Ok(Prepared { data, train: pool.training(algorithm) })
}

/// Section 3's Rastrigin function: depth 1 to 150, 10 updates each where the book has 100.
pub fn unfolded_rastrigin() -> Result<Prepared> {
    let config = rastrigin::Config::default();
    let training = unfolding::Training { num_updates: 10, ..config.training };
    let problem = rastrigin::Starts { num_unknowns: config.num_unknowns, start_std: config.start_std, device: CPU };
    let pool = Pool::new(&problem, training, |(), _, _, _| Ok(()))?;
    let data = vec![("start", pool.stack(|batch| &batch.start)?)];
    let algorithm = move || Ok(rastrigin::GradientDescent { step_size: training.step_sizes(Period::Free, &CPU)? });
    Ok(Prepared { data, train: pool.training(algorithm) })
}

/// The batches of section 4's ISTA, for `num_updates` updates of each depth: the book has 20.
pub fn sparse_recovery(num_updates: usize) -> Result<(SparseRecovery, Pool<Observed>)> {
    let config = du_ista::Config::default();
    let problem = config.problem(&Context::new(1))?;
    let training = unfolding::Training { num_updates, ..config.training };
    let pool = Pool::new(&problem, training, |data, axis, first, count| {
        Ok(Observed { y: data.y.narrow(axis, first, count)?, b: data.b.narrow(axis, first, count)? })
    })?;
    Ok((problem, pool))
}

/// Section 4's ISTA: depth 1 to 40, 20 updates each.
pub fn unfolded_ista() -> Result<Prepared> {
    ista_updates(20)
}

/// The same with `num_updates` updates of each depth.
pub fn ista_updates(num_updates: usize) -> Result<Prepared> {
    let (problem, pool) = sparse_recovery(num_updates)?;
    let (gram, gamma) = (problem.model.gram.clone(), Tensor::new(&[problem.gamma()], &CPU)?);
    let (solution, b) = (pool.solutions()?, pool.stack(|batch| &batch.data.b)?);
    let data = vec![("gram", gram), ("gamma", gamma), ("solution", solution), ("b", b)];
    let training = pool.training;
    Ok(Prepared { data, train: pool.training(move || du_ista::learned(&training, &problem)) })
}

/// Section 4's binary quadratic program: depth 1 to 30, 40 updates each.
pub fn unfolded_bqp() -> Result<Prepared> {
    let config = bqp::Config::default();
    let model = LinearModel::gaussian(config.num_observations, config.num_unknowns, &mut sampling::rng(1, 0), &CPU)?;
    let problem = bqp::Signs::new(model, config.noise_std)?;
    let pool = Pool::new(&problem, config.training, Tensor::narrow)?;
    let gram = ("gram", problem.model.gram.clone());
    let data = vec![gram, ("solution", pool.solutions()?), ("b", pool.stack(|batch| &batch.data)?)];
    Ok(Prepared { data, train: pool.training(move || bqp::BoxDescent::learned(&config.training, &problem)) })
}

/// Section 4's Jacobi method with T = 8 and sampled loss: depth 1 to 20, 50 updates each.
pub fn unfolded_jacobi() -> Result<Prepared> {
    let config = jacobi::Config::default();
    let rng = &mut sampling::rng(1, 0);
    let system = jacobi::System::draw(config.num_unknowns, config.diagonal, config.matrix_std, rng, &CPU)?;
    let problem = relaxation::Systems::new(&system.inverse, relaxation::Loss::Sampled)?;
    let pool = Pool::new(&problem, config.training, |(), _, _, _| Ok(()))?;
    let data = vec![("matrix", system.b.clone()), ("start", pool.stack(|batch| &batch.start)?)];
    let algorithm = move || {
        let omega = Schedule::learned("omega", &Tensor::ones(8, DType::F64, &CPU)?, config.training.learning_rate)?;
        relaxation::Relaxation::new(&system.b, omega)
    };
    Ok(Prepared { data, train: pool.training(algorithm) })
}

/// Section 5's belief propagation with a weight for each edge and iteration: 1000 updates of five iterations.
pub fn unfolded_belief_propagation() -> Result<Prepared> {
    let config = bp_train::Config::default();
    let code = codes::Code::bch();
    let edges = code.edges().len();
    let noise_std = config.noise_std;
    let channel =
        bp_train::Channel { encoder: codes::Encoder::new(&code), size: (code.length, edges), noise_std, device: CPU };
    let training = unfolding::Training {
        mode: unfolding::Mode::FullDepth,
        num_generations: 1,
        num_updates: config.num_updates,
        batch_size: config.batch_size,
        ..Default::default()
    };
    let pool = Pool::new(&channel, training, Tensor::narrow)?;
    let bits: Vec<i64> = code.edges().into_iter().map(|bit| bit as i64).collect(); // edges are numbered check by check
    let data = vec![
        ("solution", pool.solutions()?),
        ("b", pool.stack(|batch| &batch.data)?),
        ("checks", Tensor::arange(0i64, edges as i64, &CPU)?.reshape((code.checks.len(), ()))?),
        ("bits", Tensor::new(bits, &CPU)?),
    ];
    let train = move || {
        let ones = Tensor::ones((config.num_iterations, edges), DType::F64, &CPU)?;
        let weight = Schedule::learned("weight", &ones, config.learning_rate)?;
        let decoder = bp_train::Decoder::new(&code, weight, config.soft_output)?;
        let mut adam = Optimizer::new(vec![decoder.weight.parameter().clone()], Rule::Adam.with(config.learning_rate))?;
        let mut sum = 0.0;
        for update in 0..config.num_updates {
            let rng = |shard| sampling::rng(1, stream(1, update, shard));
            let (loss, gradients) =
                batch_gradient(&pool, &decoder, config.num_iterations, (update, config.batch_size), rng)?;
            adam.step(&gradients)?;
            sum += loss / config.num_updates as f64;
        }
        Ok(sum)
    };
    Ok(Prepared { data, train: Box::new(train) })
}

/// Section 5's plant under noise: 100 updates of a gain through 1000 steps of 100 paths.
pub fn noisy_plant() -> Result<Prepared> {
    let config = du_stabilize_sde::Config::default();
    let plant = plant::Plant::new(&CPU)?;
    let gain = Tensor::new(&plant::GIVEN_GAIN, &CPU)?;
    let (paths, steps, step) = (config.num_paths, config.num_steps, config.horizon / config.num_steps as f64);
    let rng = &mut sampling::rng(1, 0);
    let starts = sampling::normal_matrix(10, 4 * paths, rng, &CPU)?.reshape((10, paths, 4))?; // ten batches take turns
    let shocks = sampling::normal_matrix(10 * steps, 4 * paths, rng, &CPU)?.reshape((10, steps, paths, 4))?;
    let shocks = (shocks * (config.noise_std * step.sqrt()))?;
    let motion = |i| Ok((starts.get(i)?, Rollout::new(LinearRecurrence::with_inputs(&shocks.get(i)?)?)));
    let motions = (0..10).map(motion).collect::<Result<Vec<_>>>()?;
    let data = vec![
        ("a", plant.a.clone()),
        ("b", plant.b.clone()),
        ("c", plant.c.clone()),
        ("gain", gain.clone()),
        ("start", starts),
        ("shocks", shocks),
    ];
    let train = move || {
        let gain = optim::parameter(&gain)?;
        let number = std::cell::Cell::new(0);
        updates(vec![gain.clone()], Rule::Adam, config.learning_rate, config.num_updates, || {
            let (start, motion) = &motions[number.replace(number.get() + 1) % motions.len()];
            let f = plant.euler(&gain, step)?;
            Ok(motion.last(start, &f, steps)?.sqr()?.sum_all()?)
        })
    };
    Ok(Prepared { data, train: Box::new(train) })
}

/// Section 5's digits: depth 1 to 25, 50 updates each.
pub fn unfolded_digits() -> Result<Prepared> {
    let training = mnist_reconstruction::Config::default().training;
    let ([problem, _], gamma) = mnist_reconstruction::Measured::digits(512, &Context::new(1))?;
    let gram = problem.model.gram.clone();
    let training = unfolding::Training { initial_step_size: gamma, ..training };
    let pool = Pool::new(&problem, training, Tensor::narrow)?;
    let step = AffineStep::new(&gram)?;
    let (solution, b) = (pool.solutions()?, pool.stack(|batch| &batch.data)?);
    let data = vec![("gram", gram), ("gamma", Tensor::new(&[gamma], &CPU)?), ("solution", solution), ("b", b)];
    let algorithm = move || mnist_reconstruction::Ista::learned(&step, &training, &CPU);
    Ok(Prepared { data, train: pool.training(algorithm) })
}

/// Section 5's consensus: depth 1 to 75, 50 updates each. Loss and gradient come from the batch's energies, as in the section.
pub fn unfolded_consensus() -> Result<Prepared> {
    let training = du_consensus::Config::default().training;
    let l = du_consensus::laplacian(&du_consensus::KARATE, 34, &CPU)?;
    let (eigenvalues, eigenvectors) = spectrum(&l)?;
    let pool = Pool::new(&du_consensus::Consensus { num_nodes: 34, device: CPU }, training, |zeros, _, _, _| {
        Ok(zeros.clone())
    })?;
    let errors_of = (pool.stack(|batch| &batch.start)? - pool.solutions()?)?; // x₀ − c
    let train = move || {
        let step_size = training.step_sizes(Period::Free, &CPU)?;
        let of_batch = |depth: usize, _: usize, rng: &unfolding::Draw| {
            let weights = energies(&pool.batch(rng(0).get_stream()).start, &eigenvectors)?;
            loss_and_gradient(&step_size, depth, &eigenvalues, &weights)
        };
        let context = &mut Context::new(1);
        let generations = training.train_by("training", &[&step_size], of_batch, |_| Ok(0.0), context)?;
        Ok(generations.last("train_loss"))
    };
    Ok(Prepared { data: vec![("matrix", l), ("start", errors_of)], train: Box::new(train) })
}

/// Chapter 6's Lotka–Volterra equations: 200 updates through 1000 steps of Euler's method.
pub fn lotka_volterra_control() -> Result<Prepared> {
    lotka_volterra_of(lotka_volterra::Config::default())
}

/// The same with other sizes.
pub fn lotka_volterra_of(config: lotka_volterra::Config) -> Result<Prepared> {
    let train = move || {
        let theta = Var::new(config.start.as_slice(), &CPU)?;
        let (start, set_point) =
            (Tensor::ones(2, DType::F64, &CPU)?, Tensor::ones((config.num_steps, 2), DType::F64, &CPU)?);
        let step_size = config.end_time / config.num_steps as f64;
        let solver = Solver::new(lotka_volterra::LotkaVolterra, Method::Euler, step_size).rollout();
        let loss = || Ok(sum_squared_error(&solver.forward(&start, &theta, config.num_steps)?, &set_point)?);
        updates(vec![theta.clone()], Rule::Adam, config.learning_rate, config.num_updates, loss)
    };
    Ok(Prepared { data: vec![], train: Box::new(train) })
}

/// Chapter 6's method of Rayleigh and Ritz: 300 updates.
pub fn ritz() -> Result<Prepared> {
    let config = rayleigh_ritz::Config::default();
    let sum = rayleigh_ritz::Sum::new(&config.ritz, &CPU)?;
    let [squares, linear] = sum.integrand(1.0)?;
    let data =
        vec![("stacked", sum.stacked.matrix().clone()), ("squares", squares.clone()), ("linear", linear.clone())];
    let train = move || {
        let theta = Var::ones(config.ritz.num_basis, DType::F64, &CPU)?;
        let loss = || sum.loss(&theta, &[squares.clone(), linear.clone()]);
        updates(vec![theta.clone()], Rule::Adam, config.ritz.learning_rate, config.num_updates, loss)
    };
    Ok(Prepared { data, train: Box::new(train) })
}

/// Chapter 6's optimal control: 200 updates through 200 steps.
pub fn optimal_control() -> Result<Prepared> {
    let config = variational::Config::default();
    let basis =
        common::basis::RadialBasis { num_basis: config.num_basis, width: config.width, spacing: config.spacing };
    let phi = basis.values(&config.control_times(), &CPU)?;
    let data = vec![("phi", phi.clone())];
    let train = move || {
        let (theta, phi) = (Var::ones(config.num_basis, DType::F64, &CPU)?, FixedMap::new(&phi)?);
        let start = Tensor::new(&[1.0, 0.0], &CPU)?;
        let solver = Rollout::new(variational::Dynamics { dt: 1.0 / config.num_steps as f64 });
        let loss = || Ok(solver.last_entry(&start, &phi.matmul(&theta)?, config.num_steps, 1)?);
        updates(vec![theta.clone()], Rule::Adam, config.learning_rate, config.num_updates, loss)
    };
    Ok(Prepared { data, train: Box::new(train) })
}

/// Chapter 6's neural ODE for one of the four functions, sin t: 500 updates through 200 steps.
pub fn neural_differential_equation() -> Result<Prepared> {
    let config = neural_ode::Config::default();
    let streams = || (sampling::rng(1, 0), sampling::rng(1, 1));
    let sine = |t: f64| t.sin();
    let observed = sampling::observe(sine, &config.times(), config.noise_std, &mut streams().0);
    let network = neural_ode::Network { num_states: config.num_states, num_hidden: config.num_hidden };
    let start = neural_ode::Parameters::draw(&network, config.start_std, &mut streams().1, &CPU)?;
    let mut data = vec![("data", Tensor::new(observed.as_slice(), &CPU)?)];
    data.extend(["w1", "b1", "w2", "b2"].into_iter().zip(start.vars.iter().map(|var| var.as_tensor().clone())));
    let train = move || {
        let (mut rng, mut start) = streams();
        let history = neural_ode::fit(&config, sine, &mut rng, &mut start, &CPU)?.history;
        Ok(history.column("loss")[config.num_updates - 1])
    };
    Ok(Prepared { data, train: Box::new(train) })
}

/// Batches in a pool.
const POOLED: usize = 20;

/// Mini-batches that were drawn before the clock starts, so that all frameworks train on the same ones: update k, counted
/// through all generations, has batch k mod 20.
pub struct Pool<D> {
    /// How it is trained
    pub training: unfolding::Training,
    /// The batches, drawn before
    pub batches: Vec<Batch<D>>,
    narrow: fn(&D, usize, usize, usize) -> candle_core::Result<D>,
}

impl<D: Clone + Send + Sync + 'static> Pool<D> {
    /// Of batches of `problem`. `narrow(data, 0, first, count)` has the rows of a shard.
    fn new<P: Problem<Data = D>>(
        problem: &P,
        training: unfolding::Training,
        narrow: fn(&D, usize, usize, usize) -> candle_core::Result<D>,
    ) -> Result<Self> {
        let draw = |i| problem.draw(training.batch_size, &mut sampling::rng(1, i + 1));
        // the MSE after each generation, which the others do not compute, is taken on one problem
        let training = unfolding::Training { num_test: 1, ..training };
        Ok(Self { training, batches: (0..POOLED as u64).map(draw).collect::<Result<_>>()?, narrow })
    }

    fn stack(&self, of: impl Fn(&Batch<D>) -> &Tensor) -> Result<Tensor> {
        Ok(Tensor::stack(&self.batches.iter().map(of).collect::<Vec<_>>(), 0)?)
    }

    fn solutions(&self) -> Result<Tensor> {
        self.stack(|batch| &batch.solution)
    }

    /// The batch of the update that the stream of random numbers belongs to.
    fn batch(&self, stream: u64) -> &Batch<D> {
        let [generation, update] = [stream >> 40 & 0xffff, stream >> 16 & 0xff_ffff].map(|number| number as usize);
        &self.batches[((generation.max(1) - 1) * self.training.num_updates + update) % POOLED]
    }

    /// Training of the algorithm on these batches.
    fn training<A: Algorithm<Data = D>>(self, algorithm: impl Fn() -> Result<A> + Send + Sync + 'static) -> Training {
        Box::new(move || {
            let generations = self.training.train("training", (&self, &self), &algorithm()?, &mut Context::new(1))?;
            Ok(generations.last("train_loss"))
        })
    }
}

/// The stream of random numbers for a shard of an update in `common::unfolding`; its number tells which one it is.
fn stream(generation: u64, update: usize, shard: usize) -> u64 {
    1 << 56 | generation << 40 | (update as u64) << 16 | shard as u64
}

impl<D: Clone + Send + Sync + 'static> Problem for Pool<D> {
    type Data = D;

    fn draw(&self, count: usize, rng: &mut Rng) -> Result<Batch<D>> {
        let Batch { start, solution, data } = self.batch(rng.get_stream());
        let shard = rng.get_stream() & 0xffff;
        let first = (shard as usize * count).min(self.training.batch_size - count); // the last shard may be shorter
        Ok(Batch {
            start: start.narrow(0, first, count)?,
            solution: solution.narrow(0, first, count)?,
            data: (self.narrow)(data, 0, first, count)?,
        })
    }
}
