//! The terminal and the clock.

use std::{
    io::{self, IsTerminal as _, Write as _},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use common::context::{Checkpoint, Observer, Phase};
use indicatif::{ProgressBar, ProgressStyle};

use crate::{checkpoint::Keeper, process};

/// Prints to standard output; a reader who has gone (`| head -1`) is no error.
pub fn print(text: &str) -> Result<()> {
    match io::stdout().write_all(text.as_bytes()).and_then(|()| io::stdout().flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error).context("cannot print"),
        _ => Ok(()),
    }
}

/// Whether standard error is a terminal whose lines can be written over.
pub fn can_rewrite() -> bool {
    io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|kind| kind != "dumb")
}

/// Seconds spent in each phase of a run.
#[derive(Debug)]
pub struct Clock {
    start: Instant,
    phase: Phase,
    since: Instant,
    /// In the order of [`Phase`]
    spent: [f64; 3],
}

/// What a run, its observer and those who end it have in common.
pub type Shared<T> = Arc<Mutex<T>>;

impl Clock {
    /// A clock that starts now.
    pub fn start() -> Shared<Self> {
        let now = Instant::now();
        Arc::new(Mutex::new(Self { start: now, phase: Phase::Data, since: now, spent: [0.0; 3] }))
    }

    fn begin(&mut self, phase: Phase) {
        self.spent[self.phase as usize] += self.since.elapsed().as_secs_f64();
        (self.phase, self.since) = (phase, Instant::now());
    }

    /// The seconds of data, training and drawing up to now.
    pub fn seconds(&mut self) -> [(&'static str, f64); 3] {
        self.begin(self.phase);
        let [data, training, drawing] = self.spent;
        [("data", data), ("training", training), ("drawing", drawing)]
    }
}

/// What is behind the lock, also after a panic elsewhere.
pub fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Shows the progress of what takes longer than two seconds, and writes checkpoints.
pub struct Terminal {
    name: &'static str,
    quiet: bool,
    clock: Shared<Clock>,
    keeper: Option<Shared<Keeper>>,
    shown: Shown,
}

/// How progress is shown: a bar on a terminal, now and then a line elsewhere.
enum Shown {
    /// Not yet
    Nothing {
        /// When the phase's progress was first heard of, and how far it was: not at 0 in a resumed run
        first: Option<(Duration, f64)>,
    },
    /// A bar
    Bar(ProgressBar, (Duration, f64)),
    /// Lines, and when the last one was printed
    Lines(Instant, (Duration, f64)),
    /// All of it
    Done,
}

const PATIENCE: Duration = Duration::from_secs(2);

impl Terminal {
    /// For the run `name`; shows nothing if `quiet`, writes no checkpoints without `keeper`.
    pub fn new(name: &'static str, quiet: bool, clock: Shared<Clock>, keeper: Option<Shared<Keeper>>) -> Self {
        Self { name, quiet, clock, keeper, shown: Shown::Nothing { first: None } }
    }

    /// `, about 12 s left`, from the pace since the progress was first heard of.
    fn left((since, from): (Duration, f64), elapsed: Duration, fraction: f64) -> String {
        let pace = elapsed.saturating_sub(since).as_secs_f64() / (fraction - from);
        if pace.is_finite() { format!(", about {:.0} s left", (1.0 - fraction) * pace) } else { String::new() }
    }
}

impl Observer for Terminal {
    fn phase(&mut self, phase: Phase) {
        lock(&self.clock).begin(phase);
        if let Shown::Bar(bar, _) = &self.shown {
            bar.finish_and_clear();
        }
        self.shown = Shown::Nothing { first: None };
    }

    fn seconds(&self) -> f64 {
        lock(&self.clock).start.elapsed().as_secs_f64()
    }

    fn interrupted(&self) -> bool {
        process::interrupted()
    }

    fn checkpoint(&mut self, checkpoint: &Checkpoint, now: bool) -> Result<()> {
        self.keeper.as_ref().map_or(Ok(()), |keeper| lock(keeper).keep(checkpoint, now))
    }

    fn progress(&mut self, fraction: f64) {
        let elapsed = lock(&self.clock).since.elapsed();
        let percent = 100.0 * fraction;
        match &mut self.shown {
            _ if self.quiet => {}
            Shown::Done => {}
            Shown::Nothing { first } => {
                let first = *first.get_or_insert((elapsed.min(PATIENCE), fraction));
                if elapsed < PATIENCE || fraction >= 1.0 {
                    return;
                }
                self.shown = if can_rewrite() {
                    let bar = ProgressBar::new(1000).with_prefix(self.name).with_elapsed(elapsed);
                    if let Ok(style) = ProgressStyle::with_template("{prefix} {wide_bar} {percent} %{msg}") {
                        bar.set_style(style);
                    }
                    Shown::Bar(bar, first)
                } else {
                    Shown::Lines(Instant::now(), first)
                };
                self.progress(fraction);
            }
            Shown::Bar(bar, _) if fraction >= 1.0 => {
                bar.finish_and_clear();
                self.shown = Shown::Done;
            }
            Shown::Bar(bar, first) => {
                bar.set_message(Self::left(*first, elapsed, fraction));
                bar.set_position((1000.0 * fraction) as u64);
            }
            Shown::Lines(last, _) if last.elapsed() < PATIENCE && fraction < 1.0 => {}
            Shown::Lines(last, first) => {
                *last = Instant::now();
                let left = Self::left(*first, elapsed, fraction);
                let _ = writeln!(io::stderr(), "{}: {percent:.0} % ({:.0} s{left})", self.name, elapsed.as_secs_f64());
                if fraction >= 1.0 {
                    self.shown = Shown::Done;
                }
            }
        }
    }
}
