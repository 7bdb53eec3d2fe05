use anyhow::{Context as _, Result, ensure};
use candle_core::{DType, Device, Tensor, Var, backprop::GradStore};
use candle_nn::Optimizer as _;
use rayon::prelude::*;

use super::{Batch, Curve, Fixed, Learned, Period, Schedule, Unfolded};
use crate::{
    checkpoint::Interrupted,
    config::range,
    context::Context,
    ops::sum_squared_error,
    optim::{Optimizer, Rule},
    sampling::{self, Rng},
    table::Table,
    training::{check_loss, loss_value, record},
};

/// Incremental training: generation t trains the network of t iterations, and hands its parameters to generation t + 1.
///
/// Through many untrained iterations a gradient vanishes or explodes; through one more than those that already work, it
/// does neither.
///
/// These are options of the command line too. A section flattens them into its `Config`, and gives its own defaults with
/// `#[command(mut_arg("num_updates", default("20")))]` ([`crate::config::default`]).
#[derive(Debug, Clone, Copy, clap::Args, serde::Serialize)]
#[command(next_help_heading = "Incremental training")]
pub struct Incremental {
    /// Generations: generation t trains t iterations, 1 to 1000
    #[arg(long, value_name = "t", default_value_t = 50, value_parser = range::count(1000))]
    pub num_generations: usize,
    /// Adam updates in each generation, each on a fresh mini-batch, 1 to 100000
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = range::count(100_000))]
    pub num_updates: usize,
    /// Problems in a mini-batch K, 1 to 100000
    #[arg(long, value_name = "K", default_value_t = 100, value_parser = range::count(100_000))]
    pub batch_size: usize,
    /// Step size η before training
    #[arg(long, value_name = "η", default_value_t = 0.0, value_parser = range::finite)]
    pub initial_step_size: f64,
    /// Learning rate α of the step sizes' Adam, > 0
    #[arg(long, value_name = "α", default_value_t = 1e-4, value_parser = range::positive)]
    pub learning_rate: f64,
    /// Fresh problems that the MSE is measured on, 1 to 100000
    #[arg(long, value_name = "K", default_value_t = 500, value_parser = range::count(100_000))]
    pub num_test: usize,
    /// Iterations measured beyond the trained depth, 0 to 1000
    #[arg(long, value_name = "k", default_value_t = 0, value_parser = range::whole(0, 1000))]
    pub extra_iterations: usize,
}

impl Default for Incremental {
    fn default() -> Self {
        crate::config::defaults()
    }
}

/// A schedule to learn.
#[derive(Debug, Clone, Copy)]
pub struct Learnable<'a> {
    /// What it is: `step_size`, …
    pub name: &'static str,
    /// Its parameters
    pub schedule: &'a Schedule,
    /// The learning rate of its Adam
    pub learning_rate: f64,
}

impl Incremental {
    /// Iterations that are measured at the end.
    pub fn num_iterations(&self) -> usize {
        self.num_generations + self.extra_iterations
    }

    /// Step sizes to learn, with their initial values.
    pub fn step_sizes(&self, period: Period, device: &Device) -> Result<Schedule> {
        Schedule::constant(self.initial_step_size, period.length(self.num_generations), device)
    }

    /// `schedule` as the step sizes of [`Incremental::learn`].
    pub fn learn_step_size<'a>(&self, schedule: &'a Schedule) -> Learnable<'a> {
        Learnable { name: "step_size", schedule, learning_rate: self.learning_rate }
    }

    /// A baseline: `unfolded` as it is, with the fixed `step_size`.
    pub fn fixed<U: Unfolded>(&self, name: &str, step_size: f64, unfolded: &U, context: &Context) -> Result<Fixed> {
        let label = format!("fixed step η = {}", significant(step_size));
        Ok(Fixed { curve: self.measure(name, label, unfolded, context)?, step_size })
    }

    /// Trains `unfolded`, each schedule with an Adam of its own, and measures it.
    pub fn learn<U: Unfolded>(
        &self,
        name: &str,
        label: &str,
        unfolded: &U,
        schedules: &[Learnable],
        context: &mut Context,
    ) -> Result<Learned> {
        let adam = |of: &Learnable| Optimizer::new(vec![of.schedule.parameter()], Rule::Adam.with(of.learning_rate));
        let mut optimizers = schedules.iter().map(adam).collect::<candle_core::Result<Vec<_>>>()?;
        let generations = self.train(name, unfolded, &mut optimizers, context)?;
        let values = |of: &Learnable| Ok((of.name, of.schedule.values()?));
        Ok(Learned {
            curve: self.measure(name, label.to_owned(), unfolded, context)?,
            schedules: schedules.iter().map(values).collect::<Result<_>>()?,
            generations,
        })
    }

    fn measure<U: Unfolded>(&self, name: &str, label: String, unfolded: &U, context: &Context) -> Result<Curve> {
        let mse = mean_squared_errors(unfolded, self.num_iterations(), self.num_test, context.seed)?;
        Ok(Curve { name: name.to_owned(), label, mse })
    }

    /// Trains the parameters of all `optimizers`, which take turns on each mini-batch (mostly there is one).
    ///
    /// Each row of the table is a generation: depth, mean loss of its updates, and MSE on fresh problems after it. `name`
    /// tells this training from others of the same run. Errors with [`crate::training::Diverged`] at the first loss that is no longer one,
    /// and with [`Interrupted`] where the context asks for it; a context with a checkpoint continues from there.
    // ANCHOR: incremental
    pub fn train<U: Unfolded>(
        &self,
        name: &str,
        unfolded: &U,
        optimizers: &mut [Optimizer],
        context: &mut Context,
    ) -> Result<Table> {
        let mut history = Table::new("depth", ["train_loss", "test_mse"]);
        let finished = restore(name, &mut history, optimizers, context)?;
        let work = |depth: usize| depth * (depth + 1) / 2 * self.num_updates; // in iterations
        for depth in finished + 1..=self.num_generations {
            let mut train_loss = 0.0;
            for update in 0..self.num_updates {
                if context.interrupted() {
                    return Err(self.stop(name, depth - 1, context));
                }
                let seed = context.seed;
                let rng = |shard| sampling::rng(seed, stream(TRAINING, depth, update, shard));
                for (turn, optimizer) in optimizers.iter_mut().enumerate() {
                    let parameters = optimizer.parameters();
                    let (loss, gradients) = batch_gradient(unfolded, parameters, depth, self.batch_size, rng)?;
                    check_loss(&history, "update", (depth - 1) * self.num_updates + update, loss)?;
                    optimizer.step(&gradients)?;
                    if turn == 0 {
                        train_loss += loss / self.num_updates as f64;
                    }
                }
                context.progress(work(depth - 1) + depth * (update + 1), work(self.num_generations));
            }
            let test = mean_squared_errors(unfolded, depth, self.num_test, context.seed)?;
            record(&mut history, depth, &[train_loss, test[depth]])?;
            keep(name, depth, &history, optimizers, context)?;
        }
        Ok(history)
    }
    // ANCHOR_END: incremental

    fn stop(&self, name: &str, finished: usize, context: &mut Context) -> anyhow::Error {
        let message = format!("interrupted: {name} has finished {finished} of {} generations", self.num_generations);
        match context.save_checkpoint() {
            Ok(()) => Interrupted(message).into(),
            Err(error) => error.context(message),
        }
    }
}

/// Rows of a batch of `count` that make one graph: half of the batch, but enough for a graph's own cost not to count, and few
/// enough for the cache and for more threads. The number of threads has no say, so results do not depend on it.
fn shard_rows(count: usize) -> usize {
    count.div_ceil(2).clamp(25, 50)
}

/// What random numbers are for; nothing else uses streams from 2⁵⁶ on.
const TRAINING: u64 = 1;
const TEST: u64 = 2;

/// A stream of its own for each shard of each update, so that a resumed run draws what an uninterrupted one does.
fn stream(purpose: u64, depth: usize, update: usize, shard: usize) -> u64 {
    purpose << 56 | (depth as u64) << 40 | (update as u64) << 16 | shard as u64
}

/// The shards of a batch of `count`, on the threads there are: number and rows of each.
fn shards(count: usize) -> impl IndexedParallelIterator<Item = (usize, usize)> {
    let most = shard_rows(count);
    let shards = (0..count.div_ceil(most)).into_par_iter();
    shards.map(move |shard| (shard, most.min(count - shard * most))).with_max_len(1)
}

/// The loss ‖X* − X̂‖²_F / K after `depth` iterations on a fresh batch of K = `batch_size` problems, and its gradient with
/// respect to `parameters`. `rng(shard)` draws the problems of a shard.
///
/// Each shard of the batch makes a graph on a thread of its own; the gradients are added in the order of the shards.
// ANCHOR: batch_gradient
pub fn batch_gradient<U: Unfolded>(
    unfolded: &U,
    parameters: &[Var],
    depth: usize,
    batch_size: usize,
    rng: impl Fn(usize) -> Rng + Sync,
) -> Result<(f64, GradStore)> {
    let of_shard = |(shard, rows)| -> Result<(f64, Vec<Tensor>)> {
        let rng = &mut rng(shard);
        let Batch { start: mut x, solution, problem } = unfolded.draw(rows, rng)?;
        for k in 0..depth {
            x = unfolded.iterate(k, &x, &problem, rng)?;
        }
        let loss = (sum_squared_error(&x, &solution)? / batch_size as f64)?;
        let mut gradients = loss.backward()?;
        let of = |parameter| gradients.remove(parameter).context("the iterations do not use a parameter");
        let gradients = parameters.iter().map(|p| p.as_tensor()).map(of);
        Ok((loss_value(&loss)?, gradients.collect::<Result<_>>()?))
    };
    let shards = shards(batch_size).map(of_shard).collect::<Result<Vec<_>>>()?;
    let loss = shards.iter().map(|(loss, _)| loss).sum();
    let mut sum = GradStore::default();
    for (i, parameter) in parameters.iter().enumerate() {
        let mut total = shards[0].1[i].clone();
        for (_, gradients) in &shards[1..] {
            total = (total + &gradients[i])?;
        }
        sum.insert(parameter, total);
    }
    Ok((loss, sum))
}
// ANCHOR_END: batch_gradient

/// The MSE ‖X* − X‖²_F / K after each of 0, 1, … `num_iterations` iterations on K = `count` fresh problems, the same ones for
/// each algorithm with the same `seed`.
// ANCHOR: mean_squared_errors
pub fn mean_squared_errors<U: Unfolded>(
    unfolded: &U,
    num_iterations: usize,
    count: usize,
    seed: u64,
) -> Result<Vec<f64>> {
    let of_shard = |(shard, rows)| -> Result<Vec<f64>> {
        let rng = &mut sampling::rng(seed, stream(TEST, 0, 0, shard));
        let Batch { start: mut x, solution, problem } = unfolded.draw(rows, rng)?;
        let mut errors = vec![loss_value(&sum_squared_error(&x, &solution)?)?];
        for k in 0..num_iterations {
            x = unfolded.iterate(k, &x, &problem, rng)?.detach();
            errors.push(loss_value(&sum_squared_error(&x, &solution)?)?);
        }
        Ok(errors)
    };
    let shards = shards(count).map(of_shard).collect::<Result<Vec<_>>>()?;
    let mean = |k| shards.iter().map(|errors: &Vec<f64>| errors[k]).sum::<f64>() / count as f64;
    Ok((0..=num_iterations).map(mean).collect())
}
// ANCHOR_END: mean_squared_errors

/// Puts a training into the context's checkpoint: all that a later generation depends on.
fn keep(name: &str, finished: usize, history: &Table, optimizers: &[Optimizer], context: &mut Context) -> Result<()> {
    let rows: Vec<f64> = history.rows().iter().flat_map(|(_, values)| values.clone()).collect();
    let width = history.columns().len() - 1;
    let mut entries = vec![(format!("{name}/history"), Tensor::from_vec(rows, (finished, width), &Device::Cpu)?)];
    for (turn, optimizer) in optimizers.iter().enumerate() {
        let state = optimizer.state()?.into_iter();
        entries.extend(state.map(|(key, tensor)| (format!("{name}/{turn}/{key}"), tensor)));
    }
    context.keep(entries)
}

/// Takes a training out of the context's checkpoint, if it is there; returns how many generations it has finished.
fn restore(name: &str, history: &mut Table, optimizers: &mut [Optimizer], context: &Context) -> Result<usize> {
    let Some(rows) = context.checkpoint.get(&format!("{name}/history")) else {
        return Ok(0);
    };
    ensure!(rows.dtype() == DType::F64, "the checkpoint's history of {name} is no table");
    for (row, values) in rows.to_vec2::<f64>()?.iter().enumerate() {
        history.push(row + 1, values);
    }
    for (turn, optimizer) in optimizers.iter_mut().enumerate() {
        optimizer.restore(|key| {
            let key = format!("{name}/{turn}/{key}");
            context.checkpoint.get(&key).with_context(|| format!("the checkpoint lacks {key}"))
        })?;
    }
    Ok(history.rows().len())
}

/// A number for a legend: three significant digits.
fn significant(value: f64) -> f64 {
    format!("{value:.2e}").parse().unwrap_or(value)
}
