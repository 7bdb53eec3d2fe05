//! The same experiment for many seeds and settings, side by side on the cores there are.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use anyhow::Result;
use rayon::prelude::*;

use crate::{context::Context, training::Diverged};

/// `run` of every item, results in the items' order; the progress shown counts finished items.
///
/// Results do not depend on the number of threads as long as `run` depends on nothing but its item: draw from a generator of
/// the item's own, build a graph of the item's own. After an error no further item is begun; the error returned is that of
/// the first item that has one.
pub fn map<T: Sync, R: Send>(
    context: &mut Context,
    items: &[T],
    run: impl Fn(&T) -> Result<R> + Sync,
) -> Result<Vec<R>> {
    let (context, done, failed) = (Mutex::new(context), AtomicUsize::new(0), AtomicBool::new(false));
    let one = |(index, item)| {
        if failed.load(Ordering::Relaxed) {
            return None;
        }
        let result = run(item).map_err(|error| match error.is::<Diverged>() {
            true => error.context(format!("run {} of {}", index + 1, items.len())),
            false => error,
        });
        failed.fetch_or(result.is_err(), Ordering::Relaxed);
        // Counted under the lock, so that the fractions shown never fall.
        let mut context = context.lock().unwrap_or_else(PoisonError::into_inner);
        context.progress(done.fetch_add(1, Ordering::Relaxed) + 1, items.len());
        Some(result)
    };
    let results: Vec<_> = items.par_iter().enumerate().with_max_len(1).map(one).collect();
    results.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::ensure;

    #[test]
    fn results_are_in_order_and_the_first_error_wins() -> Result<()> {
        let items: Vec<usize> = (0..100).collect();
        let squares = map(&mut Context::new(1), &items, |&i| Ok(i * i))?;
        assert_eq!(squares, items.iter().map(|i| i * i).collect::<Vec<_>>());
        let error = map(&mut Context::new(1), &items, |&i| {
            ensure!(i != 39, "item {i}");
            Ok(i)
        });
        assert_eq!(error.unwrap_err().to_string(), "item 39");
        assert!(map(&mut Context::new(1), &[0usize; 0], |&i| Ok(i))?.is_empty());
        Ok(())
    }
}
