//! What a section may know of its surroundings: the seed, the device, and someone who watches.

use std::collections::HashMap;

use anyhow::{Context as _, Result, ensure};
use candle_core::{Device, Tensor, Var};

use crate::{
    checkpoint::Checkpoint,
    optim,
    sampling::{self, Rng},
};

/// The parts of a run that are timed apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Making the data
    Data,
    /// Learning
    Training,
}

/// Watches a run: the program shell draws a progress bar and takes times, tests watch nothing.
pub trait Observer {
    /// A new phase begins.
    fn phase(&mut self, _phase: Phase) {}
    /// `done` of `total` units of the present phase are done.
    fn progress(&mut self, _done: usize, _total: usize) {}
    /// Seconds since the run began, for sections that show times; without a clock it is always zero.
    fn seconds(&self) -> f64 {
        0.0
    }
    /// Whether the run should stop, with a checkpoint.
    fn interrupted(&self) -> bool {
        false
    }
    /// There is a new checkpoint; to be written at once if `now`, else if it is time.
    fn checkpoint(&mut self, _checkpoint: &Checkpoint, _now: bool) -> Result<()> {
        Ok(())
    }
}

/// An observer that looks away.
#[derive(Debug, Clone, Copy)]
pub struct Silent;

impl Observer for Silent {}

/// Handed to every section's `run`.
pub struct Context {
    /// Seed of all randomness of the run
    pub seed: u64,
    /// Where tensors live
    pub device: Device,
    /// Parameters to start from, by name, and the file that they came from (`--load`)
    pub initial: Option<(String, HashMap<String, Tensor>)>,
    /// What the run has reached, and where it starts if that is not empty (`--resume`)
    pub checkpoint: Checkpoint,
    observer: Box<dyn Observer>,
    part: (usize, usize),
}

impl Context {
    /// A run with `seed` on the CPU that nobody watches.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            device: Device::Cpu,
            initial: None,
            checkpoint: Checkpoint::new(),
            part: (0, 1),
            observer: Box::new(Silent),
        }
    }

    /// The same run on `device`, watched by `observer`.
    pub fn with(self, device: Device, observer: Box<dyn Observer>) -> Self {
        Self { device, observer, ..self }
    }

    /// The generator of stream `stream` of the run's seed.
    pub fn rng(&self, stream: u64) -> Rng {
        sampling::rng(self.seed, stream)
    }

    /// A learnable parameter that starts from `default`, or from the tensor `name` of the file given with `--load`.
    ///
    /// Errors if that file lacks `name` or holds another shape or type.
    pub fn parameter(&self, name: &str, default: &Tensor) -> Result<Var> {
        let Some((file, tensors)) = &self.initial else {
            return Ok(optim::parameter(default)?);
        };
        let found = tensors.get(name).with_context(|| format!("--load {file}: holds no parameter '{name}'"))?;
        ensure!(
            found.shape() == default.shape() && found.dtype() == default.dtype(),
            "--load {file}: '{name}' has shape {:?} and type {:?}, this program needs {:?} and {:?}",
            found.dims(),
            found.dtype(),
            default.dims(),
            default.dtype(),
        );
        Ok(optim::parameter(found)?)
    }

    /// Says that `phase` begins.
    pub fn phase(&mut self, phase: Phase) {
        self.observer.phase(phase);
    }

    /// Seconds since the run began, by the observer's clock.
    pub fn seconds(&self) -> f64 {
        self.observer.seconds()
    }

    /// Says that the work which follows is part `index` (from 0) of `count` equal ones.
    pub fn part(&mut self, index: usize, count: usize) {
        self.part = (index, count);
    }

    /// Says that `done` of `total` units of the present phase, or of the present part of it, are done.
    pub fn progress(&mut self, done: usize, total: usize) {
        let (index, count) = self.part;
        self.observer.progress(index * total + done, count * total);
    }

    /// Whether the run should stop: with [`Context::save_checkpoint`] and [`crate::checkpoint::Interrupted`].
    pub fn interrupted(&self) -> bool {
        self.observer.interrupted()
    }

    /// Puts entries into the checkpoint, in place of those of the same names.
    pub fn keep(&mut self, entries: impl IntoIterator<Item = (String, Tensor)>) -> Result<()> {
        self.checkpoint.extend(entries);
        self.observer.checkpoint(&self.checkpoint, false)
    }

    /// Has the checkpoint written, if there is anything in it.
    pub fn save_checkpoint(&mut self) -> Result<()> {
        if self.checkpoint.is_empty() {
            return Ok(());
        }
        self.observer.checkpoint(&self.checkpoint, true)
    }
}
