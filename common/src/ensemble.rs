//! The same experiment for many seeds and settings, side by side on the cores there are.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use anyhow::Result;
use rayon::prelude::*;

use crate::{
    context::{Context, Finished},
    table::Table,
    training::Diverged,
};

/// `run` of every item, results in the items' order; the progress shown counts finished items.
///
/// Results do not depend on the number of threads as long as `run` depends on nothing but its item: draw from a generator of
/// the item's own, build a graph of the item's own. After an error no later item is begun, all before it are run; the error
/// returned is that of the first item that has one.
pub fn map<T: Sync, R: Send>(
    context: &mut Context,
    items: &[T],
    run: impl Fn(&T) -> Result<R> + Sync,
) -> Result<Vec<R>> {
    each(context, items, run).collect()
}

/// [`map`] for trainings. `keep` says what is left of one; if an item has an error, the context's [`Context::finished`] has
/// what is left of all before it, side by side and called `name`: the same for any number of threads.
pub fn train<T: Sync, R: Send>(
    context: &mut Context,
    name: &str,
    items: &[T],
    run: impl Fn(&T) -> Result<R> + Sync,
    keep: impl Fn(&T, &R) -> Result<Finished>,
) -> Result<Vec<R>> {
    let mut results = vec![];
    let trained = each(context, items, run).try_for_each(|result| {
        results.push(result?);
        Ok(())
    });
    let kept = items.iter().zip(&results).map(|(item, result)| keep(item, result)).collect::<Result<Vec<_>>>()?;
    context.finished.extend((!kept.is_empty()).then(|| together(name, kept)));
    trained.map(|()| results)
}

/// One training of many: a table of all columns, with the counter of the longest, and all parameters.
fn together(name: &str, members: Vec<Finished>) -> Finished {
    let longest = members.iter().map(|member| &member.history).max_by_key(|history| history.rows().len());
    let counts: Vec<usize> = longest.into_iter().flat_map(|table| table.rows().iter().map(|row| row.0)).collect();
    let counter = longest.map_or("", |table| &table.columns()[0]);
    let columns = members.iter().flat_map(|Finished { name, history, .. }| match &history.columns()[1..] {
        [_] => vec![name.clone()],
        columns => columns.iter().map(|column| format!("{name}_{column}")).collect(),
    });
    let mut history = Table::new(counter, columns);
    for (row, &count) in counts.iter().enumerate() {
        let of = |table: &Table| match table.rows().get(row) {
            Some((_, values)) => values.clone(),
            None => vec![f64::NAN; table.columns().len() - 1],
        };
        history.push(count, &members.iter().flat_map(|member| of(&member.history)).collect::<Vec<_>>());
    }
    let named = |Finished { name, parameters, .. }: Finished| {
        parameters.into_iter().map(move |(parameter, values)| (format!("{name}/{parameter}"), values))
    };
    Finished { parameters: members.into_iter().flat_map(named).collect(), ..Finished::new(name, history) }
}

/// The results in the items' order, all of them up to the first error.
fn each<T: Sync, R: Send>(
    context: &mut Context,
    items: &[T],
    run: impl Fn(&T) -> Result<R> + Sync,
) -> impl Iterator<Item = Result<R>> {
    let (context, done, failed) = (Mutex::new(context), AtomicUsize::new(0), AtomicUsize::new(usize::MAX));
    let one = |(index, item)| {
        if failed.load(Ordering::Relaxed) < index {
            return None;
        }
        let result = run(item).map_err(|error| match error.is::<Diverged>() {
            true => error.context(format!("run {} of {}", index + 1, items.len())),
            false => error,
        });
        if result.is_err() {
            failed.fetch_min(index, Ordering::Relaxed);
        }
        // Counted under the lock, so that the fractions shown never fall.
        let mut context = context.lock().unwrap_or_else(PoisonError::into_inner);
        context.progress(done.fetch_add(1, Ordering::Relaxed) + 1, items.len());
        Some(result)
    };
    let results: Vec<_> = items.par_iter().enumerate().with_max_len(1).map(one).collect();
    results.into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::training::{check_loss, log_losses};
    use anyhow::ensure;
    use candle_core::{Device, Tensor};

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

    /// Whichever is done first, and by however many threads.
    #[test]
    fn what_is_finished_before_the_first_that_diverges_is_kept() -> Result<()> {
        let train_all = |context: &mut Context, last: usize| {
            let run = |&i: &usize| {
                let mut history = Table::new("update", ["loss"]);
                std::thread::sleep(std::time::Duration::from_millis(if i % 50 == 21 { 0 } else { 1 }));
                (0..=i % 3).try_for_each(|update| log_losses(&mut history, update, &[i as f64]))?;
                check_loss(&history, 7, if i < 21 || i % 50 != 21 { 1.0 } else { f64::NAN }, None)?;
                Ok(history)
            };
            let one = Tensor::new(1f64, &Device::Cpu)?;
            train(context, "all", &(0..last).collect::<Vec<_>>(), run, |i, history| {
                let parameters = vec![("theta".into(), one.clone())];
                Ok(Finished { parameters, ..Finished::new(format!("r{i}"), history.clone()) })
            })
        };
        for num_threads in [1, 2, 7] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(num_threads).build()?;
            let mut context = Context::new(1);
            let error = pool.install(|| train_all(&mut context, 100)).unwrap_err();
            assert!(error.is::<Diverged>() && error.to_string() == "run 22 of 100", "{error:#}");
            let [all] = &context.finished[..] else { panic!("{:?}", context.finished) };
            assert_eq!((all.name.as_str(), all.history.columns().len(), all.parameters.len()), ("all", 22, 21));
            assert_eq!((&all.history.columns()[21][..], &all.parameters[20].0[..]), ("r20", "r20/theta"));
        }
        let mut context = Context::new(1);
        assert_eq!(train_all(&mut context, 4)?.len(), 4);
        let csv = "update,r0,r1,r2,r3\n0,0.0,1.0,2.0,3.0\n1,,1.0,2.0,\n2,,,2.0,\n";
        assert_eq!(context.finished[0].history.to_csv(), csv);
        Ok(())
    }
}
