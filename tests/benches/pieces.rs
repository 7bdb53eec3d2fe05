//! The pieces of a training, fast and plain: `cargo bench --bench pieces`.

use std::time::Duration;

use anyhow::Result;
use candle_core::{DType, Device, Tensor, Var, backprop::GradStore};
use candle_nn::Optimizer as _;
use common::{
    ops::{self, AffineStep, FixedMap},
    optim::{Optimizer, Rule},
    process,
    sampling::{normal_matrix, rng},
};
use criterion::{BenchmarkId, Criterion};

/// An operation applied to a parameter, and its gradient: forward and backward.
fn forward_backward(f: impl Fn() -> candle_core::Result<Tensor>) -> candle_core::Result<GradStore> {
    f()?.sum_all()?.backward()
}

fn optimizer_step(c: &mut Criterion) -> Result<()> {
    let mut group = c.benchmark_group("adam_step");
    for size in [50, 1000, 100_000] {
        let theta = Var::ones(size, DType::F64, &Device::Cpu)?;
        let gradients = theta.sqr()?.sum_all()?.backward()?;
        let adam = || Optimizer::new(vec![theta.clone()], Rule::Adam.with(1e-3));

        let mut in_place = adam()?;
        group.bench_function(BenchmarkId::new("in_place", size), |b| {
            b.iter(|| in_place.step(&gradients))
        });
        let mut plain = adam()?;
        plain.use_plain_operations()?;
        group.bench_function(BenchmarkId::new("plain", size), |b| {
            b.iter(|| plain.step(&gradients))
        });
        let mut candle = candle_nn::AdamW::new_lr(vec![theta.clone()], 1e-3)?;
        group.bench_function(BenchmarkId::new("candle_nn", size), |b| {
            b.iter(|| candle.step(&gradients))
        });
    }
    group.finish();
    Ok(())
}

/// Φθ for a vector θ and X·W for a matrix W, as in sections 2.5.1 and 2.5.2.
fn fixed_map(c: &mut Criterion) -> Result<()> {
    let mut group = c.benchmark_group("fixed_map");
    for (rows, columns, outputs) in [(100, 50, 1), (50, 10, 100), (1000, 500, 100)] {
        let a = normal_matrix(rows, columns, &mut rng(0, 0), &Device::Cpu)?;
        let theta = Var::from_tensor(&normal_matrix(
            columns,
            outputs,
            &mut rng(0, 1),
            &Device::Cpu,
        )?)?;
        let map = FixedMap::new(&a)?;
        let shape = format!("{rows}x{columns}x{outputs}");
        group.bench_function(BenchmarkId::new("fast", &shape), |b| {
            b.iter(|| forward_backward(|| map.matmul(&theta)));
        });
        group.bench_function(BenchmarkId::new("plain", &shape), |b| {
            b.iter(|| forward_backward(|| map.matmul_plain(&theta)));
        });
    }
    group.finish();
    Ok(())
}

fn affine_step(c: &mut Criterion) -> Result<()> {
    let mut group = c.benchmark_group("affine_step");
    for (batch, n) in [(1, 50), (25, 50), (100, 50), (2000, 100)] {
        let normal = |rows, stream| normal_matrix(rows, n, &mut rng(0, stream), &Device::Cpu);
        let step = AffineStep::new(&normal(n, 0)?)?;
        let (x, b) = (Var::from_tensor(&normal(batch, 1)?)?, normal(batch, 2)?);
        let eta = Var::new(0.1, &Device::Cpu)?;
        let shape = format!("{batch}x{n}");
        group.bench_function(BenchmarkId::new("fast", &shape), |bencher| {
            bencher.iter(|| forward_backward(|| step.forward(&x, &eta, &b)));
        });
        group.bench_function(BenchmarkId::new("plain", &shape), |bencher| {
            bencher.iter(|| forward_backward(|| step.forward_plain(&x, &eta, &b)));
        });
    }
    group.finish();
    Ok(())
}

fn elementwise(c: &mut Criterion) -> Result<()> {
    let mut group = c.benchmark_group("elementwise");
    let x = Var::from_tensor(&normal_matrix(50, 100, &mut rng(0, 0), &Device::Cpu)?)?;
    let target = x.detach().affine(0.5, 1.0)?;
    let pairs: [(&str, &dyn Fn() -> candle_core::Result<Tensor>); 6] = [
        ("relu/fast", &|| ops::relu(&x)),
        ("relu/plain", &|| x.relu()),
        ("hardtanh/fast", &|| ops::hardtanh(&x)),
        ("hardtanh/plain", &|| x.clamp(-1.0, 1.0)),
        ("sum_squared_error/fast", &|| {
            ops::sum_squared_error(&x, &target)
        }),
        ("sum_squared_error/plain", &|| {
            ops::sum_squared_error_plain(&x, &target)
        }),
    ];
    for (name, f) in pairs {
        group.bench_function(name, |b| b.iter(|| forward_backward(f)));
    }
    group.finish();
    Ok(())
}

fn main() -> Result<()> {
    process::set_thread_count();
    let mut criterion = Criterion::default()
        .sample_size(30)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(800))
        .configure_from_args();
    optimizer_step(&mut criterion)?;
    fixed_map(&mut criterion)?;
    affine_step(&mut criterion)?;
    elementwise(&mut criterion)?;
    criterion.final_summary();
    Ok(())
}
