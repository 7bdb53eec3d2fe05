//! Process set-up: what every program does once, before candle's first use.

#[cfg(unix)]
use std::os::unix::process::CommandExt as _;
use std::{
    io::{self, Write as _},
    sync::{
        Arc, LazyLock, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use anyhow::{Context as _, Result, anyhow};
use common::config::{Usage, range};
use signal_hook::{
    consts::{SIGINT, SIGTERM},
    flag,
};

// ANCHOR: allocator
/// Tensors of 40–80 KB are made and dropped all the time here; mimalloc keeps their pages, glibc returns them each time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
// ANCHOR_END: allocator

/// Stack for backprop: candle walks a graph recursively, both backward and when it is dropped.
///
/// Reserved, not used: memory is only touched as deep as a graph goes.
const STACK_BYTES: usize = 1 << 28;

/// Says how many threads there are, unless the user did: candle's CPU `matmul` opens /proc/cpuinfo each time otherwise.
///
/// candle looks into the environment, which a program cannot safely change for itself: it begins anew in a changed one. To be
/// called first in `main`. Errors if the user's number is none.
// ANCHOR: threads
pub fn set_thread_count() -> Result<()> {
    let Some(count) = std::env::var_os(THREADS) else {
        #[cfg(unix)]
        if let Ok(program) = std::env::current_exe() {
            let mut arguments = std::env::args_os();
            let mut command = std::process::Command::new(program);
            command.arg0(arguments.next().unwrap_or_default()).args(arguments);
            let count = thread::available_parallelism().map_or(1, usize::from);
            let _ = command.env(THREADS, count.to_string()).exec(); // comes back only if it fails: then without
        }
        return Ok(());
    };
    let count = count.to_string_lossy();
    range::count(MAX_THREADS)(&count)
        .map_err(|problem| Usage(format!("invalid value '{count}' for {THREADS}: {problem}")))?;
    Ok(())
}
// ANCHOR_END: threads

/// The number of threads, for rayon and candle.
const THREADS: &str = "RAYON_NUM_THREADS";

/// More have never helped.
const MAX_THREADS: usize = 1024;

/// Number of threads that work is split over.
pub(crate) fn thread_count() -> usize {
    rayon::current_num_threads()
}

/// Stack of each worker thread: graphs are made, walked and dropped there as well, each for a part of a batch.
const WORKER_STACK_BYTES: usize = 1 << 26;

/// The calling thread and others with deep stacks are from now on those that work is split over: what it hands out it also
/// takes part in. To be called after [`set_thread_count`], before any work is split.
pub fn start_workers() -> Result<()> {
    workers().build_global().with_context(|| {
        let count = thread::available_parallelism().map_or(1, usize::from).to_string();
        let count = std::env::var(THREADS).unwrap_or(count);
        format!(
            "cannot start {count} threads with {} MiB of stack each ({THREADS} says how many)",
            WORKER_STACK_BYTES >> 20
        )
    })
}

/// The calling thread splits its work over `count` threads of its own, itself among them, until the pool is dropped.
pub(crate) fn own_workers(count: usize) -> Result<rayon::ThreadPool> {
    workers().num_threads(count).build().with_context(|| format!("cannot start {count} threads"))
}

fn workers() -> rayon::ThreadPoolBuilder {
    rayon::ThreadPoolBuilder::new().stack_size(WORKER_STACK_BYTES).use_current_thread()
}

/// Exit status of a program that was asked to stop.
pub(crate) const INTERRUPTED_STATUS: u8 = 130;

/// Says what is left of a run that has to end.
type LastWords = Box<dyn FnOnce() -> String + Send>;

static INTERRUPTED: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);
static LAST_WORDS: Mutex<Option<LastWords>> = Mutex::new(None);

/// From now on Ctrl-C, SIGTERM and, on Linux, SIGHUP ask the program to stop ([`interrupted`]); a second one ends it at once.
///
/// A run looks only between updates. One that is still there a second later ends with its `last_words`.
pub(crate) fn catch_interrupt(last_words: impl FnOnce() -> String + Send + 'static) -> Result<()> {
    static ONCE: OnceLock<io::Result<()>> = OnceLock::new();
    *last() = Some(Box::new(last_words));
    ONCE.get_or_init(listen).as_ref().copied().map_err(|error| anyhow!("cannot listen for Ctrl-C: {error}"))
}

/// The run ends by itself: no last words.
pub(crate) fn forget_last_words() {
    last().take();
}

/// Whether the program was asked to stop since [`catch_interrupt`].
pub(crate) fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

fn last() -> MutexGuard<'static, Option<LastWords>> {
    LAST_WORDS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn listen() -> io::Result<()> {
    let mut signals = vec![SIGINT, SIGTERM];
    #[cfg(target_os = "linux")]
    if !hangup_is_ignored() {
        signals.push(signal_hook::consts::SIGHUP);
    }
    for signal in signals {
        flag::register_conditional_shutdown(signal, INTERRUPTED_STATUS.into(), INTERRUPTED.clone())?;
        flag::register(signal, INTERRUPTED.clone())?;
    }
    thread::Builder::new().spawn(|| {
        while !interrupted() {
            thread::sleep(Duration::from_millis(100));
        }
        thread::sleep(Duration::from_secs(1));
        if let Some(words) = last().take() {
            let _ = writeln!(io::stderr(), "\nerror: interrupted; {}", words());
            std::process::exit(INTERRUPTED_STATUS.into());
        }
    })?;
    Ok(())
}

/// Whether the program shall outlive its terminal (`nohup`).
#[cfg(target_os = "linux")]
fn hangup_is_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

/// Runs `f` on a thread with a stack deep enough for thousands of unrolled iterations.
pub fn with_deep_stack<T: Send>(f: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, f);
        let thread =
            thread.with_context(|| format!("cannot start a thread with {} MiB of stack", STACK_BYTES >> 20))?;
        thread.join().map_err(|_| anyhow!("internal error: the computation panicked (its message is above)"))?
    })
}
