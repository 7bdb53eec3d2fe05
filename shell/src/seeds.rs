//! One section with many seeds: a row for each, and the median and range of every number.
//!
//! Seeds do not depend on each other. So a range of them can be cut into parts, each can run on a machine of its own, and
//! `--join` makes of the parts what one run would have written, byte for byte.

use std::{
    collections::BTreeMap,
    fs,
    ops::RangeInclusive,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use candle_core::Device;
use clap::{ArgMatches, Args};
use common::{
    config::range,
    context::{Context, Interrupted, Observer},
    section::{Entry, Report, one_line},
    statistics::median_and_range,
    table::{Table, aligned},
    training::{Diverged, Unsuitable},
};
use serde_json::{Value, json};

use crate::{
    artifacts::{Artifacts, SUMMARY},
    checkpoint,
    options::Options,
    process,
    run::{self, Inputs},
    terminal::{Clock, Terminal, lock},
};

/// The table with a row for each seed.
const ROWS: &str = "seeds";

/// Many seeds instead of one.
#[derive(Debug, Clone, Args)]
pub struct Seeds {
    /// Run with each seed from A to B, both included; write a row for each, and medians and ranges
    #[arg(long, value_name = "A..B", value_parser = parse, conflicts_with = "seed")]
    pub seeds: Option<RangeInclusive<u64>>,
    /// Of these seeds, take those in the directories of other runs with --seeds from there
    #[arg(long, value_name = "DIR,…", value_delimiter = ',', requires = "seeds")]
    pub join: Vec<PathBuf>,
}

/// `A..B`, both included.
fn parse(text: &str) -> Result<RangeInclusive<u64>, String> {
    const MOST: u64 = 100_000;
    let ends = text.split_once("..").and_then(|(a, b)| Some((range::seed(a).ok()?, range::seed(b).ok()?)));
    let seeds = ends.filter(|&(a, b)| a <= b && b - a < MOST).map(|(a, b)| a..=b);
    seeds.ok_or_else(|| format!("must be two seeds, as in 1..20, the smaller one first; at most {MOST} of them"))
}

/// What a run has come to: its numbers by name, or why it diverged.
type Row = Result<Vec<(String, f64)>, String>;

/// The numbers of a report by name: the final loss, single parameters, the last row of each table, and all rows of those whose
/// rows have names.
fn numbers(report: &Report) -> Result<Vec<(String, f64)>> {
    let mut numbers: Vec<_> = report.final_loss.map(|loss| ("final_loss".to_owned(), loss)).into_iter().collect();
    for (name, parameter) in report.parameters.iter().filter(|(_, tensor)| tensor.rank() == 0) {
        numbers.push((name.clone(), parameter.to_scalar()?));
    }
    for (stem, table) in &report.tables {
        let count = table.rows().len();
        let first = if table.names().is_empty() { count.saturating_sub(1) } else { 0 };
        for (index, (_, values)) in table.rows().iter().enumerate().skip(first) {
            let of = table.names().get(index).map_or(stem.to_string(), |name| format!("{stem}/{name}"));
            let columns = table.columns()[1..].iter().map(|column| format!("{of}/{column}"));
            numbers.extend(columns.zip(values.iter().copied()));
        }
    }
    numbers.retain(|(_, value)| !value.is_nan());
    Ok(numbers)
}

/// The rows so far, and their files.
struct Rows {
    artifacts: Artifacts,
    /// What all runs have in common: program, version, configuration, inputs
    run: Value,
    rows: BTreeMap<u64, Row>,
    written: Instant,
}

impl Rows {
    fn failed(&self) -> impl Iterator<Item = (&u64, &String)> {
        self.rows.iter().filter_map(|(seed, row)| Some((seed, row.as_ref().err()?)))
    }

    /// A row for each seed; an empty one if it diverged.
    fn table(&self) -> Table {
        let mut columns: Vec<&str> = vec![];
        for (name, _) in self.rows.values().flatten().flatten() {
            if !columns.contains(&name.as_str()) {
                columns.push(name);
            }
        }
        let mut table = Table::new("seed", columns.iter().copied());
        for (&seed, row) in &self.rows {
            let row = row.as_deref().unwrap_or_default();
            let value =
                |&column: &&str| row.iter().find(|(name, _)| name == column).map_or(f64::NAN, |&(_, value)| value);
            table.push(seed as usize, &columns.iter().map(value).collect::<Vec<_>>());
        }
        table
    }

    /// Of each column of `table`: median, smallest, largest, and how many seeds have it.
    fn ranges(table: &Table) -> Table {
        let mut ranges = Table::new("number", ["median", "lowest", "highest", "seeds"]);
        for name in &table.columns()[1..] {
            let values: Vec<f64> = table.column(name).into_iter().filter(|v| !v.is_nan()).collect();
            let count = values.len() as f64;
            let [median, low, high] = median_and_range(values);
            ranges.push_named(name, &[median, low, high, count]);
        }
        ranges
    }

    /// Writes the rows, so that what is done can be joined if the rest is not. Returns the ranges.
    fn save(&mut self) -> Result<Table> {
        self.written = Instant::now();
        let diverged: serde_json::Map<_, _> = self.failed().map(|(s, why)| (s.to_string(), json!(why))).collect();
        let mut summary = self.run.clone();
        summary["seeds"] = json!(self.rows.keys().collect::<Vec<_>>());
        summary["diverged"] = json!(diverged);
        let table = self.table();
        let ranges = Self::ranges(&table);
        self.artifacts.write_table(ROWS, &table)?;
        self.artifacts.write_table("ranges", &ranges)?;
        self.artifacts.write_summary(summary)?;
        Ok(ranges)
    }

    /// What is left of a run that has to end.
    fn last_words(&mut self) -> Result<String> {
        if self.rows.is_empty() {
            return Ok("nothing to keep yet".into());
        }
        self.save()?;
        let place = self.artifacts.directory().display();
        Ok(format!("{} seeds are in {place}; the same command with --join {place} goes on", self.rows.len()))
    }
}

/// The rows of an earlier run of the same section with the same configuration.
fn joined(directory: &Path, run: &Value) -> Result<BTreeMap<u64, Row>> {
    let name = directory.display();
    let read = |file: &str| {
        fs::read_to_string(directory.join(file)).with_context(|| format!("--join {name}: cannot read {file}"))
    };
    let unreadable = |file: &str| format!("--join {name}: {file} is not what a run with --seeds writes");
    let summary: Value = serde_json::from_str(&read(SUMMARY)?).with_context(|| unreadable(SUMMARY))?;
    // Through text as well, so that the numbers of both were read the same way.
    let wanted: Value = serde_json::from_str(&run.to_string())?;
    for (key, wanted) in wanted.as_object().into_iter().flatten() {
        if let Some((key, found, wanted)) = checkpoint::difference(key, &summary[key], wanted) {
            bail!("--join {name}: is of another run: {key} = {found} there, {wanted} here");
        }
    }
    let file = format!("{ROWS}.csv");
    let text = read(&file)?;
    let mut lines = text.strip_suffix('\n').with_context(|| unreadable(&file))?.lines();
    let columns: Vec<&str> = lines.next().unwrap_or_default().split(',').skip(1).collect();
    let row = |line: &str| -> Option<(u64, Row)> {
        let mut cells = line.split(',');
        let seed: u64 = cells.next()?.parse().ok()?;
        if let Some(why) = summary["diverged"][seed.to_string()].as_str() {
            return Some((seed, Err(why.to_owned())));
        }
        let cells: Vec<&str> = cells.collect();
        let whole = cells.len() == columns.len();
        let present = columns.iter().zip(cells).filter(|(_, cell)| !cell.is_empty());
        let numbers = present.map(|(column, cell)| {
            let value = cell.parse().ok().filter(|value: &f64| !value.is_nan());
            Some((column.to_string(), value?))
        });
        Some((seed, Ok(numbers.collect::<Option<_>>().filter(|_| whole)?)))
    };
    lines.map(|line| row(line).with_context(|| unreadable(&file))).collect()
}

/// Asks inside a run whether it should stop; nothing is shown or kept of it.
struct Watch;

impl Observer for Watch {
    fn interrupted(&self) -> bool {
        process::interrupted()
    }
}

/// Runs `entry` with each of `seeds` that is not in `join`, several at a time. Returns the ranges, and what was written where.
///
/// A seed with which a training diverges, or that drew what is [`Unsuitable`], has an empty row. Any other error ends the run.
pub fn run(
    entry: &Entry,
    matches: &ArgMatches,
    options: &Options,
    seeds: RangeInclusive<u64>,
    join: &[PathBuf],
    out: &Path,
) -> Result<String> {
    let configuration = run::configuration(entry, matches, options)?;
    let device = options.device.open()?;
    let inputs = run::inputs(entry, matches)?;
    let run = run::identity(entry, &inputs, &configuration);
    let mut done = BTreeMap::new();
    for directory in join {
        done.extend(joined(directory, &run)?);
    }
    done.retain(|seed, _| seeds.contains(seed));
    let missing: Vec<u64> = seeds.filter(|seed| !done.contains_key(seed)).collect();
    let joined = done.len();
    let artifacts = Artifacts::new(out)?;
    let rows = Arc::new(Mutex::new(Rows { artifacts, run, rows: done, written: Instant::now() }));
    process::catch_interrupt({
        let rows = rows.clone();
        move || lock(&rows).last_words().unwrap_or_else(|error| one_line(&error))
    })?;
    let terminal = Mutex::new(Terminal::new(entry.name, options.quiet, Clock::start(), None));

    let result = each(&missing, |seed| {
        let row = match one(entry, matches, seed, &device, &inputs) {
            Err(error) if error.is::<Diverged>() || error.is::<Unsuitable>() => Err(one_line(&error)),
            result => Ok(result.with_context(|| format!("seed {seed}"))?),
        };
        let mut rows = lock(&rows);
        rows.rows.insert(seed, row);
        if rows.written.elapsed() > Duration::from_secs(3) {
            rows.save()?;
        }
        lock(&terminal).progress((rows.rows.len() - joined) as f64 / missing.len() as f64);
        Ok(())
    });
    process::forget_last_words();
    let mut rows = lock(&rows);
    match result {
        Err(error) if error.is::<Interrupted>() => {
            return Err(Interrupted(format!("interrupted; {}", rows.last_words()?)).into());
        }
        Err(error) if rows.rows.is_empty() => {
            rows.artifacts.clone().abandon();
            return Err(error);
        }
        Err(error) => {
            rows.save()?;
            return Err(error);
        }
        Ok(()) => {}
    }
    rows.artifacts.remove_earlier(entry.name)?;
    let ranges = rows.save()?;
    let mut printed = vec![["number", "median", "lowest", "highest", "seeds"].map(String::from)];
    for (name, (_, values)) in ranges.names().iter().zip(ranges.rows()) {
        let [median, low, high, count] = values[..] else { continue };
        printed.push([
            name.clone(),
            format!("{median:.4e}"),
            format!("{low:.4e}"),
            format!("{high:.4e}"),
            count.to_string(),
        ]);
    }
    let mut text = aligned(&printed);
    for (seed, why) in rows.failed() {
        text += &format!("seed {seed}: {why}\n");
    }
    ensure!(
        rows.rows.values().any(Result::is_ok),
        "no seed came to an end: {}",
        rows.failed().next().map_or("", |(_, why)| why)
    );
    Ok(format!("{text}files in {}\n", rows.artifacts.listing()))
}

/// `work` of each seed, on as many threads as work is split over; each splits its own work over its share of them alone, so that
/// no seed waits for another. After an error no further seed is begun.
fn each(seeds: &[u64], work: impl Fn(u64) -> Result<()> + Sync) -> Result<()> {
    let next = AtomicUsize::new(0);
    let threads = process::thread_count();
    let count = threads.min(seeds.len());
    let worker = || {
        let _workers = process::own_workers(threads / count)?;
        while let Some(&seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed)) {
            if process::interrupted() {
                return Err(Interrupted(String::new()).into());
            }
            work(seed).inspect_err(|_| next.store(seeds.len(), Ordering::Relaxed))?;
        }
        Ok(())
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..count).map(|_| scope.spawn(|| process::with_deep_stack(worker))).collect();
        let results = workers.into_iter().map(|worker| worker.join().unwrap_or_else(|_| Err(anyhow!("panicked"))));
        results.collect::<Vec<_>>().into_iter().collect()
    })
}

/// The numbers of one seed.
fn one(entry: &Entry, matches: &ArgMatches, seed: u64, device: &Device, inputs: &Inputs) -> Result<Vec<(String, f64)>> {
    let mut context = Context::new(seed).with(device.clone(), Box::new(Watch));
    context.inputs = inputs.clone();
    numbers(&entry.prepare(matches)?.run(&mut context)?)
}
