use std::ops::Range;

use anyhow::Result;
use candle_core::Tensor;
use rayon::prelude::*;

use super::{Algorithm, Batch, Problem};
use crate::sampling::{self, Rng};

/// Rows of a batch of `count` that make one graph: half of the batch, but enough for a graph's own cost not to count, and few
/// enough for the cache and for more threads. The number of threads has no say, so results do not depend on it.
fn shard_rows(count: usize) -> usize {
    count.div_ceil(2).clamp(25, 50)
}

/// The shards of a batch of `count`, on the threads there are: the number of each, and its rows of the batch.
pub fn shards(count: usize) -> impl IndexedParallelIterator<Item = (usize, Range<usize>)> {
    let most = shard_rows(count);
    let shards = (0..count.div_ceil(most)).into_par_iter();
    shards.map(move |shard| (shard, shard * most..count.min((shard + 1) * most))).with_max_len(1)
}

/// What random numbers are for; nothing else uses streams from 2⁵⁶ on.
pub const TRAINING: u64 = 1;
const TEST: u64 = 2;

/// A stream of its own for each shard of each update, so that a resumed run draws what an uninterrupted one does.
pub fn stream(purpose: u64, depth: usize, update: usize, shard: usize) -> u64 {
    purpose << 56 | (depth as u64) << 40 | (update as u64) << 16 | shard as u64
}

/// `measure` of the batch and of x after each of 0, 1, … `num_iterations` iterations, for each shard of `count` fresh
/// instances, the same ones for each algorithm with the same `seed`.
fn measured<P: Problem, A: Algorithm<Data = P::Data>, R: Send>(
    problem: &P,
    algorithm: &A,
    num_iterations: usize,
    count: usize,
    seed: u64,
    measure: impl Fn(&Batch<P::Data>, &Tensor) -> Result<R> + Sync,
) -> Result<Vec<Vec<R>>> {
    let of_shard = |(shard, rows): (usize, Range<usize>)| -> Result<Vec<R>> {
        let rng: &mut Rng = &mut sampling::rng(seed, stream(TEST, 0, 0, shard));
        let batch = problem.draw(rows.len(), rng)?;
        let mut x = batch.start.clone();
        let mut measured = vec![measure(&batch, &algorithm.estimate(&x, &batch.data)?)?];
        for k in 0..num_iterations {
            x = algorithm.iterate(k, &x, &batch.data, rng)?.detach();
            measured.push(measure(&batch, &algorithm.estimate(&x, &batch.data)?.detach())?);
        }
        Ok(measured)
    };
    shards(count).map(of_shard).collect()
}

/// The estimate after `num_iterations` iterations from `start`, without a graph, of an algorithm that draws nothing itself.
pub fn estimate_after<A: Algorithm>(
    algorithm: &A,
    num_iterations: usize,
    start: &Tensor,
    data: &A::Data,
) -> Result<Tensor> {
    let (mut x, rng) = (start.clone(), &mut sampling::rng(0, 0));
    for k in 0..num_iterations {
        x = algorithm.iterate(k, &x, data, rng)?.detach();
    }
    Ok(algorithm.estimate(&x, data)?.detach())
}

/// The problem's metric per instance, by default the MSE ‖X* − X‖²_F / K, after each of 0, 1, … `num_iterations` iterations on
/// K = `count` fresh instances, the same ones for each algorithm with the same `seed`.
pub fn mean_metrics<P: Problem, A: Algorithm<Data = P::Data>>(
    problem: &P,
    algorithm: &A,
    num_iterations: usize,
    count: usize,
    seed: u64,
) -> Result<Vec<f64>> {
    let metric = |batch: &Batch<P::Data>, x: &_| problem.metric(x, &batch.solution);
    let shards = measured(problem, algorithm, num_iterations, count, seed, metric)?;
    let mean = |k| shards.iter().map(|sums: &Vec<f64>| sums[k]).sum::<f64>() / count as f64;
    Ok((0..=num_iterations).map(mean).collect())
}

/// ‖x* − x‖² of each of the instances of [`mean_metrics`], one list for each number of iterations: for medians and tails.
pub fn squared_errors<P: Problem, A: Algorithm<Data = P::Data>>(
    problem: &P,
    algorithm: &A,
    num_iterations: usize,
    count: usize,
    seed: u64,
) -> Result<Vec<Vec<f64>>> {
    let errors = |batch: &Batch<P::Data>, x: &Tensor| -> Result<Vec<f64>> {
        Ok((x - &batch.solution)?.sqr()?.flatten_from(1)?.sum(1)?.to_vec1()?)
    };
    let shards = measured(problem, algorithm, num_iterations, count, seed, errors)?;
    let of = |k: usize| shards.iter().flat_map(|shard: &Vec<Vec<f64>>| shard[k].iter().copied()).collect();
    Ok((0..=num_iterations).map(of).collect())
}
