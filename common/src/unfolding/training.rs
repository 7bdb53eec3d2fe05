use std::ops::Range;

use anyhow::{Context as _, Result, ensure};
use candle_core::{DType, Device, Tensor, backprop::GradStore};
use candle_nn::Optimizer as _;
use rayon::prelude::*;

use super::{
    Algorithm, Batch, Method, Period, Problem, Schedule,
    measure::{self, mean_metrics, shards, stream},
};
use crate::{
    config::range,
    context::{Context, Finished, Interrupted},
    optim::{Optimizer, Rule},
    sampling::{self, Rng},
    table::Table,
    training::{check_loss, log_losses, loss_value},
};

/// Which networks are trained on the way to the full depth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Generation t trains t iterations, and hands its parameters to generation t + 1
    Incremental,
    /// Every generation trains all iterations
    FullDepth,
}

/// The generators of a batch: one for each shard of it.
pub type Draw<'a> = dyn Fn(usize) -> Rng + Sync + 'a;

/// How schedules are learned: generations of Adam updates, each on a fresh mini-batch.
///
/// With incremental training generation t trains the network of t iterations. Through many untrained iterations a gradient may
/// vanish or explode; through one more than those that already work, it rarely does.
///
/// These are options of the command line too. A section flattens them into its `Config`, and gives its own defaults with
/// `#[command(mut_arg("num_updates", default("20")))]` ([`crate::config::default`]).
#[derive(Debug, Clone, Copy, clap::Args, serde::Serialize)]
#[command(next_help_heading = "Training")]
pub struct Training {
    /// Which networks are trained on the way to the full depth
    #[arg(long = "training", value_enum, default_value = "incremental")]
    #[serde(rename = "training")]
    pub mode: Mode,
    /// Generations T, also the full depth, 1 to 1000
    #[arg(long, value_name = "T", default_value_t = 50, value_parser = range::count(1000))]
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
    /// Whether schedules are updated one after the other on each mini-batch, not together from one gradient
    #[arg(skip)]
    #[serde(skip)]
    pub alternate: bool,
}

impl Default for Training {
    fn default() -> Self {
        crate::config::defaults()
    }
}

impl Training {
    /// Iterations that are measured at the end.
    pub fn num_iterations(&self) -> usize {
        self.num_generations + self.extra_iterations
    }

    /// Step sizes to learn, with their initial values.
    pub fn step_sizes(&self, period: Period, device: &Device) -> Result<Schedule> {
        let entries = vec![self.initial_step_size; period.length(self.num_generations)];
        Schedule::learned("step_size", &Tensor::new(entries, device)?, self.learning_rate)
    }

    /// Iterations of the network that `generation`, from 1, trains.
    fn depth(&self, generation: usize) -> usize {
        match self.mode {
            Mode::Incremental => generation,
            Mode::FullDepth => self.num_generations,
        }
    }

    /// Trains what `algorithm` has to learn, if anything, and measures it; each schedule has an Adam of its own.
    ///
    /// `name` tells this training from others of the same run, and is a column of the tables; `label` is for legends.
    pub fn method<P: Problem, A: Algorithm<Data = P::Data>>(
        &self,
        name: &str,
        label: impl Into<String>,
        problem: &P,
        algorithm: &A,
        context: &mut Context,
    ) -> Result<Method> {
        self.method_on(name, label, (problem, problem), algorithm, context)
    }

    /// [`Training::method`], trained on one problem and measured on another.
    pub fn method_on<P: Problem, Q: Problem<Data = P::Data>, A: Algorithm<Data = P::Data>>(
        &self,
        name: &str,
        label: impl Into<String>,
        (train, test): (&P, &Q),
        algorithm: &A,
        context: &mut Context,
    ) -> Result<Method> {
        let learned = learned(algorithm);
        let mut generations = None;
        if !learned.is_empty() {
            generations = Some(self.train(name, (train, test), algorithm, context)?);
        }
        let mse = mean_metrics(test, algorithm, self.num_iterations(), self.num_test, context.seed)?;
        let schedules = if learned.is_empty() { algorithm.schedules() } else { learned };
        let entries = |s: &Schedule| Ok((s.name(), s.copy()?));
        let schedules = schedules.into_iter().map(entries).collect::<Result<_>>()?;
        Ok(Method { name: name.to_owned(), label: label.into(), mse, schedules, generations })
    }

    /// Trains the schedules of `algorithm` that are to be learned, by backprop through its iterations on fresh batches of
    /// `problem`, and measures on `test`. See [`Training::train_by`].
    pub fn train<P: Problem, Q: Problem<Data = P::Data>, A: Algorithm<Data = P::Data>>(
        &self,
        name: &str,
        (problem, test): (&P, &Q),
        algorithm: &A,
        context: &mut Context,
    ) -> Result<Table> {
        let (batch_size, num_test, seed) = (self.batch_size, self.num_test, context.seed);
        let gradient = |depth: usize, update: usize, rng: &Draw| {
            batch_gradient(problem, algorithm, depth, (update, batch_size), rng)
        };
        let metric = |depth: usize| Ok(mean_metrics(test, algorithm, depth, num_test, seed)?[depth]);
        self.train_by(name, &learned(algorithm), gradient, metric, context)
    }

    /// Trains `schedules`, each with an Adam of its own. `gradient(depth, update, rng)` is the loss of the network of `depth`
    /// iterations on the batch of an update, counted from 0 over all generations, and its gradient; `rng(shard)` draws what is
    /// random in it. `metric(depth)` is measured after each generation.
    ///
    /// Each row of the table is a generation: depth, mean loss of its updates, and the metric after it. Errors with
    /// [`crate::training::Diverged`] at the first loss that is no longer one, and with [`Interrupted`] where the context asks for
    /// it; a context with a checkpoint continues from there.
    pub fn train_by(
        &self,
        name: &str,
        schedules: &[&Schedule],
        gradient: impl Fn(usize, usize, &Draw) -> Result<(f64, GradStore)>,
        metric: impl Fn(usize) -> Result<f64>,
        context: &mut Context,
    ) -> Result<Table> {
        let adam =
            |s: &&Schedule| Some(Optimizer::new(vec![s.parameter().clone()], Rule::Adam.with(s.learning_rate()?)));
        let mut optimizers = schedules.iter().filter_map(adam).collect::<candle_core::Result<Vec<_>>>()?;
        let counter = if self.mode == Mode::Incremental { "depth" } else { "generation" };
        let mut history = Table::new(counter, ["train_loss", "test_mse"]);
        let finished = restore(name, self.num_generations, &mut history, &mut optimizers, context)?;
        let start = metric(0)?; // the error of x₀
        let diverged = |error: anyhow::Error| error.context(format!("training {name}"));
        let work = |generation: usize| (1..=generation).map(|g| self.depth(g)).sum::<usize>() * self.num_updates;
        for generation in finished + 1..=self.num_generations {
            let depth = self.depth(generation);
            let mut train_loss = 0.0;
            for update in 0..self.num_updates {
                if context.interrupted() {
                    return Err(self.stop(name, generation - 1, context));
                }
                let seed = context.seed;
                let rng = |shard| sampling::rng(seed, stream(measure::TRAINING, generation, update, shard));
                let together = if self.alternate { 1 } else { optimizers.len().max(1) };
                for (turn, group) in optimizers.chunks_mut(together).enumerate() {
                    let (loss, gradients) = gradient(depth, (generation - 1) * self.num_updates + update, &rng)?;
                    let first = history.rows().first().map_or(start, |(_, values)| values[1]);
                    check_loss(&history, generation, loss, Some(first)).map_err(diverged)?;
                    group.iter_mut().try_for_each(|optimizer| optimizer.step(&gradients))?;
                    if turn == 0 {
                        train_loss += loss / self.num_updates as f64;
                    }
                }
                context.progress(work(generation - 1) + depth * (update + 1), work(self.num_generations));
            }
            log_losses(&mut history, generation, &[train_loss, metric(depth)?]).map_err(diverged)?;
            keep(name, generation, &history, &optimizers, context)?;
        }
        let entries = |s: &Schedule| Ok((format!("{name}/{}", s.name()), s.copy()?));
        let parameters = schedules.iter().copied().map(entries).collect::<Result<_>>()?;
        context.finished.push(Finished { name: name.to_owned(), history: history.clone(), parameters });
        Ok(history)
    }

    fn stop(&self, name: &str, finished: usize, context: &mut Context) -> anyhow::Error {
        let message = format!("interrupted: {name} has finished {finished} of {} generations", self.num_generations);
        match context.save_checkpoint() {
            Ok(()) => Interrupted(message).into(),
            Err(error) => error.context(message),
        }
    }
}

/// The schedules of `algorithm` that are to be learned.
fn learned(algorithm: &impl Algorithm) -> Vec<&Schedule> {
    algorithm.schedules().into_iter().filter(|schedule| schedule.learning_rate().is_some()).collect()
}

/// The loss after `depth` iterations on the batch of K = `batch_size` problems of update `update`, from 0, divided by K, and its
/// gradient with respect to the schedules of `algorithm` that are to be learned. `rng(shard)` draws the problems of a shard.
///
/// Each shard of the batch makes a graph on a thread of its own; the gradients are added in the order of the shards.
pub fn batch_gradient<P: Problem, A: Algorithm<Data = P::Data>>(
    problem: &P,
    algorithm: &A,
    depth: usize,
    (update, batch_size): (usize, usize),
    rng: impl Fn(usize) -> Rng + Sync,
) -> Result<(f64, GradStore)> {
    let parameters: Vec<_> = learned(algorithm).into_iter().map(Schedule::parameter).collect();
    let seen = update as u64 * batch_size as u64; // by the updates before
    let of_shard = |(shard, rows): (usize, Range<usize>)| -> Result<(f64, Vec<Tensor>)> {
        let rng = &mut rng(shard);
        let Batch { start: mut x, solution, data } =
            problem.draw_training(seen + rows.start as u64, rows.len(), rng)?;
        for k in 0..depth {
            x = algorithm.iterate(k, &x, &data, rng)?;
        }
        let loss = (problem.loss(&algorithm.estimate(&x, &data)?, &solution)? / batch_size as f64)?;
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

/// Puts a training into the context's checkpoint: all that a later generation depends on.
fn keep(name: &str, finished: usize, history: &Table, optimizers: &[Optimizer], context: &mut Context) -> Result<()> {
    let rows: Vec<f64> = history.rows().iter().flat_map(|(_, values)| values.clone()).collect();
    let width = history.columns().len() - 1;
    let mut entries = vec![(format!("{name}/history"), Tensor::from_vec(rows, (finished, width), &Device::Cpu)?)];
    for (turn, optimizer) in optimizers.iter().enumerate() {
        let state = optimizer.state()?.into_iter();
        entries.extend(state.map(|(key, tensor)| (format!("{name}/{turn}/{key}"), tensor)));
    }
    context.update_checkpoint(entries)
}

/// Takes a training out of the context's checkpoint, if it is there; returns how many generations it has finished.
fn restore(
    name: &str,
    most: usize,
    history: &mut Table,
    optimizers: &mut [Optimizer],
    context: &Context,
) -> Result<usize> {
    let Some(rows) = context.checkpoint.get(&format!("{name}/history")) else {
        return Ok(0);
    };
    let fits = matches!(rows.dims(), &[count, 2] if count <= most);
    ensure!(fits && rows.dtype() == DType::F64, "the checkpoint's history of {name} is not this training's");
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
