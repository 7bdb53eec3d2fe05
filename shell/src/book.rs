//! All chapters in one run.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    process::ExitCode,
    time::Instant,
};

use anyhow::{Result, anyhow, bail};
use clap::{ArgAction, Args, Command, FromArgMatches as _};
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

/// What the book is asked for.
#[derive(Args)]
struct Wishes {
    /// Only these chapters, by number
    #[arg(long, value_name = "N,…", value_delimiter = ',', action = ArgAction::Set)]
    only: Vec<usize>,
    /// The open questions too, after each chapter's sections
    #[arg(long)]
    questions: bool,
    /// Smaller settings where a section has them
    #[arg(long)]
    quick: bool,
}

/// The whole command line of the book.
fn book_command(chapters: &[&Chapter]) -> Command {
    let list = chapters.iter().map(|c| format!("  {}  {}\n", number(c), c.title)).collect::<String>();
    let command = Command::new("book")
        .about("All sections of all chapters, in the book's order, with their defaults")
        .after_help(format!("Chapters:\n{list}\nExample:\n  cargo run --release --bin book -- --quick --only 1,6"));
    options::shared(options::with::<Wishes>(command))
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
        let Wishes { only, questions, quick } = Wishes::from_arg_matches(&matches).map_err(usage)?;
        let known: Vec<_> = chapters.iter().map(|chapter| number(chapter)).collect();
        if let Some(unknown) = only.iter().filter(|n| !known.contains(n)).min() {
            let known = known.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
            return Err(Usage(format!("invalid value '{unknown}' for '--only <N,…>': chapters {known}")).into());
        }
        let chosen = chapters.iter().filter(|chapter| only.is_empty() || only.contains(&number(chapter)));
        let entries: Vec<(&Chapter, &Entry)> = chosen
            .flat_map(|chapter| {
                let questions = chapter.questions.iter().filter(|_| questions);
                chapter.sections.iter().chain(questions).map(move |entry| (*chapter, entry))
            })
            .collect();
        let out = options.directory("book");
        let mut done = vec![];
        let mut failed = vec![];
        // One line about where the run is: rewritten on a terminal, one for each section elsewhere.
        let hidden = options.quiet || !can_rewrite();
        let bar = if hidden { ProgressBar::hidden() } else { ProgressBar::new(entries.len() as u64) };
        if let Ok(style) = ProgressStyle::with_template("{pos:>3}/{len} {wide_bar} {msg} {elapsed}") {
            bar.set_style(style);
        }
        let within = Options { quiet: true, ..options.clone() }; // the book's line stands for those of the sections
        for (k, (chapter, entry)) in entries.iter().enumerate() {
            bar.set_message(entry.name);
            if hidden && !options.quiet {
                eprintln!("book: {}/{} {}", k + 1, entries.len(), entry.name);
            }
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
            bar.inc(1);
        }
        bar.finish_and_clear();
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
