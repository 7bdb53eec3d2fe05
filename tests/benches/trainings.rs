//! Whole trainings beside their hand-written floors: `cargo bench --bench trainings`.

mod floor;
mod least_squares;

use std::time::Duration;

use anyhow::Result;
use candle_core::{DType, Device, Tensor, Var};
use candle_nn::Optimizer as _;
use chapter2::{rbf, three_layer_nn};
use common::{
    context::Context,
    loss::{half_sum_squared_error, sum_squared_error},
    ops::FixedMap,
    optim::{Optimizer, Rule},
    process, sampling,
    table::Table,
    training::train,
};
use criterion::{BenchmarkId, Criterion};
use least_squares::{BOOK, Plain};

fn numbers(tensor: &Tensor) -> Result<Vec<f64>> {
    Ok(tensor.flatten_all()?.to_vec1()?)
}

/// Section 2.5.1: 250 Adam updates, without the least-squares solution that the section compares with.
fn radial_basis_functions(c: &mut Criterion) -> Result<()> {
    let config = rbf::Config::default();
    let xs = rbf::sample_points(&config);
    let phi = rbf::basis_matrix(&config, &xs, &Device::Cpu)?;
    let y: Vec<f64> = xs.iter().map(|&x| rbf::target(x)).collect();

    let mut group = c.benchmark_group("rbf");
    let numbers = numbers(&phi)?;
    group.bench_function("floor", |b| {
        b.iter(|| floor::rbf(&numbers, &y, config.learning_rate, config.num_updates));
    });
    let targets = Tensor::new(y.as_slice(), &Device::Cpu)?;
    let section = || -> Result<Table> {
        let theta = Var::ones(config.num_basis, DType::F64, &Device::Cpu)?;
        let mut optimizer =
            Optimizer::new(vec![theta.clone()], Rule::Adam.with(config.learning_rate))?;
        let (model, basis) = (rbf::RbfModel { theta }, FixedMap::new(&phi)?);
        let mut history = Table::new("update", ["loss"]);
        train(
            &mut Context::new(1),
            &mut history,
            &mut optimizer,
            config.num_updates,
            || Ok(sum_squared_error(&model.forward(&basis)?, &targets)?),
        )?;
        Ok(history)
    };
    section()?; // a bench that fails would be a fast one
    group.bench_function("section", |b| b.iter(section));
    group.finish();
    Ok(())
}

/// Section 2.5.2: 200 iterations of gradient descent, without the eigenvalues that the section looks at beside it.
fn three_layer_network(c: &mut Criterion) -> Result<()> {
    let config = three_layer_nn::Config::default();
    let rng = |stream| sampling::rng(1, stream);
    let data = three_layer_nn::draw_data(&config, &mut rng(2), &Device::Cpu)?;
    let w = sampling::normal_matrix(
        config.num_inputs,
        config.num_hidden,
        &mut rng(0),
        &Device::Cpu,
    )?;
    let a = sampling::normal_vec(config.num_hidden, &mut rng(1));

    let mut group = c.benchmark_group("three_layer_network");
    let (x, y, start) = (numbers(&data.x)?, numbers(&data.y)?, numbers(&w)?);
    group.bench_function("floor", |b| {
        b.iter(|| {
            floor::network(
                &x,
                &y,
                &a,
                start.clone(),
                config.step_size,
                config.num_iterations,
            )
        });
    });
    let a = Tensor::new(a.as_slice(), &Device::Cpu)?;
    let section = || -> Result<Table> {
        let (network, x) = (
            three_layer_nn::Network::new(&w, &a)?,
            FixedMap::new(&data.x)?,
        );
        let mut optimizer = Optimizer::new(
            vec![network.w.clone()],
            Rule::GradientDescent.with(config.step_size),
        )?;
        let mut history = Table::new("iteration", ["loss"]);
        train(
            &mut Context::new(1),
            &mut history,
            &mut optimizer,
            config.num_iterations,
            || Ok(half_sum_squared_error(&network.forward(&x)?, &data.y)?),
        )?;
        Ok(history)
    };
    section()?;
    group.bench_function("section", |b| b.iter(section));
    group.finish();
    Ok(())
}

/// Chapter 3: unrolled least squares, T = 8, to depth 50. The book has 40 updates for each depth; here there are 2.
fn unrolled_least_squares(c: &mut Criterion) -> Result<()> {
    let model = least_squares::model()?;
    let floor = || least_squares::train_by_hand(&BOOK, &model);
    let section = || least_squares::train(&BOOK, &model, |network| network);
    let plain = || least_squares::train(&BOOK, &model, Plain);
    section()?; // a bench that fails would be a fast one
    plain()?;
    let mut group = c.benchmark_group("unrolled_least_squares");
    group.sample_size(10);
    for threads in [1, 2] {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()?;
        group.bench_function(BenchmarkId::new("floor", threads), |b| {
            b.iter(|| pool.install(floor))
        });
        group.bench_function(BenchmarkId::new("section", threads), |b| {
            b.iter(|| pool.install(section))
        });
        group.bench_function(BenchmarkId::new("plain", threads), |b| {
            b.iter(|| pool.install(plain))
        });
    }
    group.finish();
    Ok(())
}

fn main() -> Result<()> {
    process::set_thread_count();
    let mut criterion = Criterion::default()
        .sample_size(30)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    radial_basis_functions(&mut criterion)?;
    three_layer_network(&mut criterion)?;
    unrolled_least_squares(&mut criterion)?;
    criterion.final_summary();
    Ok(())
}
