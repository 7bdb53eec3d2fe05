//! Process set-up: what every program does once, before candle's first use.

use std::thread;

use anyhow::{Result, anyhow};

/// Tensors of 40–80 KB are made and dropped all the time here; mimalloc keeps their pages, glibc returns them each time.
#[cfg(not(target_family = "wasm"))]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Stack for backprop: candle walks a graph recursively, both backward and when it is dropped.
///
/// Reserved, not used: memory is only touched as deep as a graph goes.
const STACK_BYTES: usize = 1 << 30;

/// Says how many threads there are, unless the user did: candle's CPU `matmul` opens /proc/cpuinfo each time otherwise.
///
/// To be called first in `main`, before any thread is started.
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

/// Number of threads that work is split over.
pub fn thread_count() -> usize {
    rayon::current_num_threads()
}

/// Runs `f` on a thread with a stack deep enough for thousands of unrolled iterations.
pub fn with_deep_stack<T: Send>(f: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    thread::scope(|scope| {
        let thread = thread::Builder::new()
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, f)?;
        thread.join().map_err(|_| {
            anyhow!("internal error: the computation panicked (its message is above)")
        })?
    })
}
