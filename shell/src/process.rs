//! Process set-up: what every program does once, before candle's first use.

use std::{
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use anyhow::{Result, anyhow};

// ANCHOR: allocator
/// Tensors of 40–80 KB are made and dropped all the time here; mimalloc keeps their pages, glibc returns them each time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
// ANCHOR_END: allocator

/// Stack for backprop: candle walks a graph recursively, both backward and when it is dropped.
///
/// Reserved, not used: memory is only touched as deep as a graph goes.
const STACK_BYTES: usize = 1 << 30;

/// Says how many threads there are, unless the user did: candle's CPU `matmul` opens /proc/cpuinfo each time otherwise.
///
/// To be called first in `main`, before any thread is started.
// ANCHOR: threads
pub fn set_thread_count() {
    if std::env::var_os("RAYON_NUM_THREADS").is_none() {
        let count = thread::available_parallelism().map_or(1, usize::from);
        // SAFETY: the environment is changed before this process has a second thread that could read it.
        #[expect(unsafe_code)]
        unsafe {
            std::env::set_var("RAYON_NUM_THREADS", count.to_string());
        }
    }
}
// ANCHOR_END: threads

/// Number of threads that work is split over.
pub fn thread_count() -> usize {
    rayon::current_num_threads()
}

/// Stack of each worker thread: graphs are made, walked and dropped there as well, each for a part of a batch.
const WORKER_STACK_BYTES: usize = 1 << 28;

/// Gives the worker threads deep stacks too. To be called after [`set_thread_count`], before any work is split.
pub fn start_workers() -> Result<()> {
    Ok(rayon::ThreadPoolBuilder::new().stack_size(WORKER_STACK_BYTES).build_global()?)
}

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// From now on Ctrl-C asks the program to stop ([`interrupted`]); a second one ends it at once.
pub fn catch_interrupt() -> Result<()> {
    static ONCE: OnceLock<Result<(), ctrlc::Error>> = OnceLock::new();
    let handler = || {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            std::process::exit(INTERRUPTED_STATUS.into());
        }
    };
    match ONCE.get_or_init(|| ctrlc::set_handler(handler)) {
        Ok(()) => Ok(()),
        Err(error) => Err(anyhow!("cannot listen for Ctrl-C: {error}")),
    }
}

/// Exit status of a program that Ctrl-C ended.
pub const INTERRUPTED_STATUS: u8 = 130;

/// Whether Ctrl-C was pressed since [`catch_interrupt`].
pub fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

/// Runs `f` on a thread with a stack deep enough for thousands of unrolled iterations.
pub fn with_deep_stack<T: Send>(f: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, f)?;
        thread.join().map_err(|_| anyhow!("internal error: the computation panicked (its message is above)"))?
    })
}
