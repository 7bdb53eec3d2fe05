//! The same experiment for many seeds and settings, side by side on the cores there are.

use std::{
    sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
};

use anyhow::Result;

use crate::{context::Context, process};

/// `run` of every item, results in the items' order; the progress shown counts finished items.
///
/// Each item is computed by one thread from start to end, so results do not depend on the number of threads as long as
/// `run` depends on nothing but its item: draw from a generator of the item's own, build a graph of the item's own.
/// After an error no further item is begun; the error returned is that of the first item that has one.
pub fn map<T: Sync, R: Send>(
    context: &mut Context,
    items: &[T],
    run: impl Fn(&T) -> Result<R> + Sync,
) -> Result<Vec<R>> {
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    let mut results: Vec<Option<Result<R>>> = items.iter().map(|_| None).collect();
    thread::scope(|scope| {
        for _ in 0..process::thread_count().min(items.len()) {
            let (sender, next, run) = (sender.clone(), &next, &run);
            scope.spawn(move || {
                while let Some((index, item)) = take(items, next) {
                    let result = run(item);
                    if result.is_err() {
                        next.store(items.len(), Ordering::Relaxed);
                    }
                    if sender.send((index, result)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender); // so that the loop ends with the last thread
        for (done, (index, result)) in receiver.iter().enumerate() {
            results[index] = Some(result);
            context.progress(done + 1, items.len());
        }
    });
    results.into_iter().flatten().collect()
}

/// The next item that nobody has begun, with its index.
fn take<'a, T>(items: &'a [T], next: &AtomicUsize) -> Option<(usize, &'a T)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    items.get(index).map(|item| (index, item))
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
            ensure!(i % 40 != 39, "item {i}");
            Ok(i)
        });
        assert_eq!(error.unwrap_err().to_string(), "item 39");
        assert!(map(&mut Context::new(1), &[0usize; 0], |&i| Ok(i))?.is_empty());
        Ok(())
    }
}
