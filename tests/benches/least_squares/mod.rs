//! Unrolled gradient descent on ½‖Ax − y‖² with periodic learned step sizes, as a section would write it.

use anyhow::{Context as _, Result};
use candle_core::{DType, Device, Tensor, Var};
use candle_nn::Optimizer as _;
use common::{
    linalg,
    loss::sum_squared_error,
    ops::{AffineStep, FixedMap, entry},
    optim::{Optimizer, Rule},
    sampling,
};
use rand::Rng as _;
use rand_distr::StandardNormal;
use rayon::prelude::*;

use crate::floor;

/// How the matrix products are computed.
#[derive(Clone, Copy, PartialEq)]
pub enum How {
    /// The operations of `common::ops`
    Fast,
    /// Their plain candle twins
    Plain,
}

/// The experiment's numbers.
#[derive(Clone, Copy)]
pub struct Setting {
    /// m equations, n unknowns
    pub dims: (usize, usize),
    /// Rows of a mini-batch, and the number of shards it is split into, each on a thread
    pub batch: (usize, usize),
    /// Number of step sizes, largest depth, Adam updates for each depth
    pub training: (usize, usize, usize),
    /// Learning rate of Adam
    pub learning_rate: f64,
}

/// The book's experiment with fewer updates for each depth (the book has 40).
pub const BOOK: Setting = Setting {
    dims: (100, 50),
    batch: (100, 1),
    training: (8, 50, 2),
    learning_rate: 1e-4,
};

/// A, AᵀA and the transpose of A⁺ for a Gaussian A.
pub fn problem(setting: &Setting) -> Result<[Tensor; 3]> {
    let (m, n) = setting.dims;
    let a = sampling::normal_matrix(m, n, &mut sampling::rng(0, 0), &Device::Cpu)?;
    let gram = a.t()?.matmul(&a)?;
    let pinv_t = linalg::pseudo_inverse(&a)?.t()?;
    Ok([a, gram, pinv_t])
}

/// Fills a mini-batch of y ~ N(0, I), the same sequence each time it is made.
pub fn mini_batches() -> impl FnMut(&mut [f64]) {
    let mut rng = sampling::rng(0, 1);
    move |y| y.iter_mut().for_each(|y| *y = rng.sample(StandardNormal))
}

/// The training by hand, see [`floor::LeastSquares`].
pub fn train_by_hand(setting: &Setting, problem: &[Tensor; 3]) -> Result<(Vec<f64>, Vec<f64>)> {
    let numbers = |t: &Tensor| t.flatten_all()?.to_vec1();
    let [a, gram, pinv_t] = problem;
    let floor = floor::LeastSquares {
        a: numbers(a)?,
        gram: numbers(gram)?,
        pinv_t: numbers(pinv_t)?,
        dims: setting.dims,
    };
    Ok(floor.train(
        setting.training,
        setting.learning_rate,
        setting.batch,
        mini_batches(),
    ))
}

/// The training by candle: the loss of each update, ‖x* − x‖²/batch, and the learned step sizes.
pub fn train(
    setting: &Setting,
    [a, gram, pinv_t]: &[Tensor; 3],
    how: How,
) -> Result<(Vec<f64>, Vec<f64>)> {
    let cpu = &Device::Cpu;
    let (m, n) = setting.dims;
    let (batch, shards) = setting.batch;
    let (period, max_depth, updates) = setting.training;
    let step = AffineStep::new(gram)?;
    let (to_b, to_solution) = (FixedMap::new(&a.t()?)?, FixedMap::new(&pinv_t.t()?)?);
    let eta = Var::zeros(period, DType::F64, cpu)?;
    let mut optimizer = Optimizer::new(vec![eta.clone()], Rule::Adam.with(setting.learning_rate))?;
    let mut draw = mini_batches();
    let (mut y, mut losses) = (vec![0.0; batch * m], vec![]);
    for depth in 1..=max_depth {
        for _ in 0..updates {
            draw(&mut y);
            let backward = |y: &[f64]| {
                let y = Tensor::from_slice(y, (y.len() / m, m), cpu)?;
                let (b, solution) = (to_b.forward(&y)?, to_solution.forward(&y)?); // Aᵀy, x* = A⁺y
                let mut x = Tensor::zeros((y.dim(0)?, n), DType::F64, cpu)?;
                for i in 0..depth {
                    let eta_i = entry(&eta, i % period)?;
                    x = match how {
                        How::Fast => step.forward(&x, &eta_i, &b)?, // x ← x − η(Gx − b)
                        How::Plain => step.forward_plain(&x, &eta_i, &b)?,
                    };
                }
                let loss = (sum_squared_error(&x, &solution)? / batch as f64)?;
                Ok((loss.to_scalar::<f64>()?, loss.backward()?))
            };
            let shard = batch.div_ceil(shards) * m;
            let mut parts: Vec<_> = match shards {
                1 => vec![backward(&y)?],
                _ => y.par_chunks(shard).map(backward).collect::<Result<_>>()?,
            };
            losses.push(parts.iter().map(|(loss, _)| loss).sum());
            let (_, mut gradients) = parts.remove(0);
            let mut sum = gradients.remove(&eta).context("η has a gradient")?;
            for (_, part) in &parts {
                sum = (sum + part.get(&eta).context("η has a gradient")?)?;
            }
            gradients.insert(&eta, sum);
            optimizer.step(&gradients)?;
        }
    }
    Ok((losses, eta.to_vec1()?))
}
