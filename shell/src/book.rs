//! All chapters in one run.

use std::{
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    process::ExitCode,
    time::Instant,
};

use anyhow::{Result, anyhow, bail};
use clap::{Arg, ArgAction, Command, FromArgMatches as _, value_parser};
use common::{
    config::Usage,
    context::Interrupted,
    section::{Chapter, Entry, one_line},
    table::aligned,
};
use indicatif::{ProgressBar, ProgressStyle};

use crate::{
    enter,
    options::{self, Options},
    run::Finished,
    terminal::{can_rewrite, print},
    usage, with_defaults,
};

/// The whole command line of the book.
pub fn book_command(chapters: &[&Chapter]) -> Command {
    let list = chapters.iter().map(|c| format!("  {}  {}\n", number(c), c.title)).collect::<String>();
    let command = Command::new("book")
        .about("All sections of all chapters, in the book's order, with their defaults")
        .arg(
            Arg::new("only")
                .long("only")
                .value_name("N,…")
                .value_delimiter(',')
                .value_parser(value_parser!(usize))
                .help("Only these chapters, by number"),
        )
        .arg(
            Arg::new("questions")
                .long("questions")
                .action(ArgAction::SetTrue)
                .help("The open questions too, after each chapter's sections"),
        )
        .arg(
            Arg::new("quick")
                .long("quick")
                .action(ArgAction::SetTrue)
                .help("Smaller settings where a section has them"),
        )
        .after_help(format!("Chapters:\n{list}\nExample:\n  cargo run --release --bin book -- --quick --only 1,6"));
    options::shared(command)
}

/// The number in a chapter's name, `chapter3` → 3.
fn number(chapter: &Chapter) -> usize {
    chapter.name.trim_start_matches("chapter").parse().unwrap_or(0)
}

/// Runs the sections of `chapters` in order and prints one table. A section that fails has its row, the others still run, and
/// the exit status is 1.
pub fn book(chapters: &[&'static Chapter]) -> ExitCode {
    enter(|arguments| {
        let matches = book_command(chapters).try_get_matches_from(arguments).map_err(usage)?;
        let options = Options::from_arg_matches(&matches).map_err(usage)?;
        let only: Option<BTreeSet<usize>> = matches.get_many("only").map(|numbers| numbers.copied().collect());
        let chosen: Vec<&Chapter> = match &only {
            None => chapters.to_vec(),
            Some(only) => {
                if let Some(unknown) = only.iter().find(|n| !chapters.iter().any(|chapter| number(chapter) == **n)) {
                    let known: Vec<_> = chapters.iter().map(|chapter| number(chapter).to_string()).collect();
                    let problem =
                        format!("invalid value '{unknown}' for '--only <N,…>': chapters {}", known.join(", "));
                    return Err(Usage(problem).into());
                }
                chapters.iter().copied().filter(|chapter| only.contains(&number(chapter))).collect()
            }
        };
        let (questions, quick) = (matches.get_flag("questions"), matches.get_flag("quick"));
        let entries: Vec<(&Chapter, &Entry)> = chosen
            .iter()
            .flat_map(|chapter| {
                let questions = chapter.questions.iter().filter(|_| questions);
                chapter.sections.iter().chain(questions).map(move |entry| (*chapter, entry))
            })
            .collect();
        let out = options.directory("book");
        let mut done = vec![];
        let mut failed = vec![];
        let progress = Progress::new(entries.len(), options.quiet);
        let within = Options { quiet: true, ..options.clone() }; // the book's line stands for those of the sections
        for (chapter, entry) in &entries {
            progress.begin(entry.name);
            let begin = Instant::now();
            let result = run_one(entry, quick, &within, &out.join(chapter.name).join(entry.name));
            let result = match result {
                Ok(finished) => finished.report.headline,
                Err(error) if error.is::<Interrupted>() => return Err(error),
                Err(error) => {
                    failed.push(entry.name);
                    format!("FAILED: {}", one_line(&error))
                }
            };
            done.push((entry.name, result, begin.elapsed().as_secs_f64()));
            progress.end();
        }
        progress.finish();
        if !options.quiet {
            let total: f64 = done.iter().map(|(_, _, seconds)| seconds).sum();
            let mut rows = vec![["section", "result", "seconds", "share"].map(String::from)];
            for (name, result, seconds) in done {
                let share = format!("{:.0} %", 100.0 * seconds / total);
                rows.push([name.into(), result, format!("{seconds:.2}"), share]);
            }
            print(&format!("{}{total:.0} s in all; files in {}/<chapter>/<section>\n", aligned(&rows), out.display()))?;
        }
        if !failed.is_empty() {
            bail!("{} of {} sections failed: {}", failed.len(), entries.len(), failed.join(", "));
        }
        Ok(())
    })
}

/// A section with its defaults; a panic in it is its error.
fn run_one(entry: &Entry, quick: bool, options: &Options, directory: &Path) -> Result<Finished> {
    let run = || with_defaults(entry, quick, options, false, directory);
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| Err(anyhow!("panicked (its message is above)")))
}

/// One line about where the run is: rewritten on a terminal, one for each section elsewhere.
struct Progress {
    bar: ProgressBar,
    plain: bool,
}

impl Progress {
    fn new(count: usize, quiet: bool) -> Self {
        let terminal = can_rewrite();
        let bar = if quiet || !terminal { ProgressBar::hidden() } else { ProgressBar::new(count as u64) };
        bar.set_length(count as u64);
        let style = ProgressStyle::with_template("{pos:>3}/{len} {wide_bar} {msg} {elapsed}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self { bar, plain: !quiet && !terminal }
    }

    fn begin(&self, name: &'static str) {
        self.bar.set_message(name);
        if self.plain {
            eprintln!("book: {}/{} {name}", self.bar.position() + 1, self.bar.length().unwrap_or(0));
        }
    }

    fn end(&self) {
        self.bar.inc(1);
    }

    fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
