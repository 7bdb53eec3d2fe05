//! What a section may know of its surroundings: the seed, the device, input files, and someone who watches.

use std::{
    collections::{BTreeMap, HashMap},
    sync::OnceLock,
};

use anyhow::{Context as _, Result, ensure};
use candle_core::{Device, Tensor, Var};

use crate::{
    optim,
    sampling::{self, Rng},
    section,
    table::Table,
};

/// The parts of a run that are timed apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Making the data
    Data,
    /// Learning
    Training,
    /// Making tables and figures
    Drawing,
}

/// What an interrupted run needs to continue as if nothing had happened: parameters, moments, counters and histories by name.
pub type Checkpoint = BTreeMap<String, Tensor>;

/// A run that was asked to stop. Its checkpoint is in the context.
#[derive(Debug)]
pub struct Interrupted(
    /// Where it stopped and how to go on
    pub String,
);

impl std::fmt::Display for Interrupted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Interrupted {}

/// Watches a run: the program shell draws a progress bar and takes times, tests watch nothing.
pub trait Observer: Send {
    /// A new phase begins.
    fn phase(&mut self, _phase: Phase) {}
    /// This fraction of the present phase is done, 0 to 1.
    fn progress(&mut self, _fraction: f64) {}
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

/// A file that the user named for an input of the section.
#[derive(Debug, Clone)]
pub struct InputFile {
    /// Its path, for messages
    pub path: String,
    /// What it holds
    pub bytes: Vec<u8>,
}

/// What a training has come to.
#[derive(Debug, Clone)]
pub struct Finished {
    /// Its name in the run
    pub name: String,
    /// Its history
    pub history: Table,
    /// What was learned, by name
    pub parameters: Vec<(String, Tensor)>,
}

impl Finished {
    /// A training of which only the history is left.
    pub fn new(name: impl Into<String>, history: Table) -> Self {
        Self { name: name.into(), history, parameters: vec![] }
    }
}

/// Handed to every section's `run`.
pub struct Context {
    /// Seed of all randomness of the run
    pub seed: u64,
    /// Where tensors live
    pub device: Device,
    /// The files given for [`section::Section::INPUTS`], by the option's name; where it names a directory, several
    pub inputs: BTreeMap<&'static str, Vec<InputFile>>,
    /// What the run has reached, and where it starts if that is not empty (`--resume`)
    pub checkpoint: Checkpoint,
    /// The trainings that are done, for those who keep them if a later one fails
    pub finished: Vec<Finished>,
    observer: Box<dyn Observer>,
    span: (f64, f64),
    parameters: OnceLock<HashMap<String, Tensor>>,
}

impl Context {
    /// A run with `seed` on the CPU that nobody watches.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            device: Device::Cpu,
            inputs: BTreeMap::new(),
            checkpoint: Checkpoint::new(),
            finished: vec![],
            observer: Box::new(Silent),
            span: (0.0, 1.0),
            parameters: OnceLock::new(),
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

    /// The file given for the input `name`, if there is one.
    pub fn input(&self, name: &str) -> Option<&InputFile> {
        self.inputs.get(name)?.first()
    }

    /// A learnable parameter that starts from `default`, or from the tensor `name` of the file given with `--load`.
    ///
    /// Errors if that file is no safetensors file, lacks `name`, or holds another shape or type.
    pub fn parameter(&self, name: &str, default: &Tensor) -> Result<Var> {
        let Some(InputFile { path, bytes }) = self.input(section::Input::PARAMETERS.name) else {
            return Ok(optim::parameter(default)?);
        };
        if self.parameters.get().is_none() {
            let tensors = candle_core::safetensors::load_buffer(bytes, &self.device);
            let tensors = tensors.with_context(|| format!("--load {path}: not a readable safetensors file"))?;
            let _ = self.parameters.set(tensors); // nobody else has set it
        }
        let found = self.parameters.get().and_then(|tensors| tensors.get(name));
        let found = found.with_context(|| format!("--load {path}: holds no parameter '{name}'"))?;
        ensure!(
            found.shape() == default.shape() && found.dtype() == default.dtype(),
            "--load {path}: '{name}' has shape {:?} and type {:?}, this program needs {:?} and {:?}",
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

    /// Says that the work which follows takes the present phase from one fraction of all its work to another.
    pub fn progress_span(&mut self, from: f64, to: f64) {
        self.span = (from, to);
    }

    /// Says that part `index`, from 0, of `count` equal parts of all work of the present phase follows.
    pub fn progress_part(&mut self, index: usize, count: usize) {
        let part = |index: usize| index as f64 / count.max(1) as f64;
        self.progress_span(part(index), part(index + 1));
    }

    /// Says that `done` of `total` units of the present phase, or of the present span of it, are done.
    pub fn progress(&mut self, done: usize, total: usize) {
        let (from, to) = self.span;
        let fraction = from + (to - from) * (done as f64 / total.max(1) as f64);
        self.observer.progress(fraction.min(1.0)); // rounding may take it past 1
    }

    /// Whether the run should stop: with [`Context::save_checkpoint`] and [`Interrupted`].
    pub fn interrupted(&self) -> bool {
        self.observer.interrupted()
    }

    /// Puts entries into the checkpoint, in place of those of the same names.
    pub fn update_checkpoint(&mut self, entries: impl IntoIterator<Item = (String, Tensor)>) -> Result<()> {
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

/// A device in a word: `cpu`, `cuda` or `metal`.
pub fn device_name(device: &Device) -> &'static str {
    match device {
        Device::Cpu => "cpu",
        Device::Cuda(_) => "cuda",
        Device::Metal(_) => "metal",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    struct Told(mpsc::Sender<f64>);

    impl Observer for Told {
        fn progress(&mut self, fraction: f64) {
            let _ = self.0.send(fraction); // the test may have seen enough
        }
    }

    #[test]
    fn progress_rises_and_ends_at_one() {
        let (sender, fractions) = mpsc::channel();
        let mut context = Context::new(0).with(Device::Cpu, Box::new(Told(sender)));
        for total in 1..200 {
            for from in [0.0, 0.1, 0.2, 1.0 / 3.0, 0.9] {
                context.progress_span(from, 1.0);
                (1..=total).for_each(|done| context.progress(done, total));
                let told: Vec<f64> = fractions.try_iter().collect();
                assert!(told.is_sorted() && told.ends_with(&[1.0]), "{total} from {from}: {told:?}");
            }
            for index in 0..total {
                context.progress_part(index, total);
                context.progress(1, 1);
            }
            let told: Vec<f64> = fractions.try_iter().collect();
            assert!(told.is_sorted() && told.ends_with(&[1.0]), "{total} parts: {told:?}");
        }
    }
}
