//! The program shell that all sections share: command line, files, clock, terminal, threads, exit status.
//!
//! A section's binary is one call of [`section`], a chapter's one call of [`chapter`]. Exit status: 0 done, 1 the run
//! failed, 2 wrong usage, 130 interrupted (Ctrl-C, SIGTERM, on Linux SIGHUP). Errors are one line on standard error.

pub mod artifacts;
pub mod book;
pub mod checkpoint;
mod device;
mod options;
pub mod process;
mod run;
mod seeds;
mod size;
mod terminal;

use std::{
    ffi::OsString,
    io::{self, Write as _},
    path::Path,
    process::ExitCode,
};

use anyhow::Result;
use clap::{Arg, ArgAction, Command, FromArgMatches as _};
use common::{
    config::Usage,
    context::Interrupted,
    section::{Chapter, Entry, one_line},
    table::aligned,
};

use artifacts::Artifacts;
use options::Options;
use run::{Finished, run};
use seeds::Seeds;
use terminal::print;

/// The whole command line of a section.
pub fn section_command(entry: &Entry) -> Command {
    let mut command = entry.command();
    if entry.resumes {
        command = command.next_help_heading("Settings").arg(options::resume(
            "Continue a run that was interrupted (Ctrl-C) with the same options, from the checkpoint in its directory",
        ));
        command = command.mut_arg("resume", |resume| resume.conflicts_with("seeds"));
    }
    options::shared(options::with::<Seeds>(command))
}

/// Runs a section as a program: its options from the command line, its files into `--out`.
pub fn section(entry: &Entry) -> ExitCode {
    enter(|arguments| {
        let matches = entry.matches(&section_command(entry), &arguments).map_err(usage)?;
        let options = Options::from_arg_matches(&matches).map_err(usage)?;
        let resume = entry.resumes && matches.get_flag("resume");
        let Seeds { seeds, join } = Seeds::from_arg_matches(&matches).map_err(usage)?;
        if let Some(seeds) = seeds {
            let out = options.directory(&format!("{}-seeds", entry.name));
            let text = seeds::run(entry, &matches, &options, seeds, &join, &out)?;
            return if options.quiet { Ok(()) } else { print(&text) };
        }
        let finished = run(entry, &matches, &options, resume, &options.directory(entry.name))?;
        if !options.quiet {
            print(&format!("{}\nfiles in {}\n", finished.report.summary, finished.listing))?;
        }
        Ok(())
    })
}

/// The whole command line of a chapter.
pub fn chapter_command(chapter: &Chapter) -> Command {
    let list = chapter.sections.iter().map(|p| format!("  {:<28} {}\n", p.name, p.title)).collect::<String>();
    let example = format!("Example:\n  cargo run --release --bin {} -- --format svg", chapter.name);
    let quick = Arg::new("quick").long("quick").action(ArgAction::SetTrue);
    let resume = options::resume("Continue the section that was interrupted; run the others");
    let command = Command::new(chapter.name)
        .arg(quick.help("Smaller settings where a section has them"))
        .about(format!("All sections of {}: {}", chapter.name, chapter.title))
        .after_help(format!("Runs, in this order:\n{list}\n{example}"));
    let resumes = chapter.sections.iter().any(|entry| entry.resumes);
    let command = options::shared(command);
    if resumes { command.arg(resume) } else { command }
}

/// Runs all sections of a chapter in order, with their defaults or quick settings, each into a directory of its name, and prints
/// one table.
///
/// A section that fails has its row and does not keep the others from running; the error at the end names those that did.
pub fn chapter(chapter: &Chapter) -> ExitCode {
    enter(|arguments| {
        let matches = chapter_command(chapter).try_get_matches_from(arguments).map_err(usage)?;
        let options = Options::from_arg_matches(&matches).map_err(usage)?;
        let quick = matches.get_flag("quick");
        let resume = matches.try_get_one("resume").ok().flatten() == Some(&true);
        let out = options.directory(chapter.name);
        // What would stop every section stops the first one.
        options.device.open()?;
        let _locked = Artifacts::new(&out)?;
        let mut rows = vec![["section", "what it shows", "result", "seconds", "figures"].map(String::from)];
        let (mut failed, mut first_error) = (vec![], None);
        for entry in chapter.sections {
            let directory = out.join(entry.name);
            let [result, seconds, figures] = match with_defaults(entry, quick, &options, resume, &directory) {
                Ok(Finished { report, seconds, .. }) => {
                    let extension = options.format.extension();
                    let figures = report.figures.iter().map(|(stem, _)| format!("{stem}.{extension}"));
                    let seconds = seconds.iter().map(|(_, s)| s).sum::<f64>();
                    [report.headline, format!("{seconds:.3}"), figures.collect::<Vec<_>>().join(", ")]
                }
                Err(error) if error.is::<Interrupted>() => return Err(error.context(entry.name)),
                Err(error) => {
                    let row = [format!("failed: {}", one_line(&error)), "–".into(), "–".into()];
                    failed.push(entry.name);
                    first_error.get_or_insert(error);
                    row
                }
            };
            rows.push([entry.name.into(), entry.title.into(), result, seconds, figures]);
        }
        if !options.quiet {
            print(&format!("{}files in {}/<section>\n", aligned(&rows), out.display()))?;
        }
        first_error.map_or(Ok(()), |error| Err(error.context(failed.join(", "))))
    })
}

/// Runs a section with its defaults, or its quick settings if it has them, into `directory`.
fn with_defaults(entry: &Entry, quick: bool, options: &Options, resume: bool, directory: &Path) -> Result<Finished> {
    let quick = quick && entry.presets.iter().any(|preset| preset.name == "quick");
    let arguments: Vec<OsString> = [entry.name, "--quick"][..1 + usize::from(quick)].iter().map(Into::into).collect();
    let matches = entry.matches(&entry.command(), &arguments).map_err(usage)?;
    let resume = resume && entry.resumes && directory.join(checkpoint::FILE_NAME).exists();
    run(entry, &matches, options, resume, directory)
}

/// clap's error as ours: a help text stays what it is, wrong usage becomes a line.
fn usage(error: clap::Error) -> anyhow::Error {
    if error.use_stderr() { Usage::of(&error).into() } else { error.into() }
}

/// Sets the process up, runs `body` with the command line's arguments, and turns its error into a line and an exit status.
fn enter(body: impl FnOnce(Vec<OsString>) -> Result<()> + Send) -> ExitCode {
    let arguments = std::env::args_os().collect();
    let run = || {
        process::start_workers()?;
        body(arguments)
    };
    let Err(error) = process::set_thread_count().and_then(|()| process::with_deep_stack(run)) else {
        return ExitCode::SUCCESS;
    };
    if let Some(clap) = error.downcast_ref::<clap::Error>() {
        let _ = clap.print(); // --help and --version; a closed pipe is no error
        return ExitCode::SUCCESS;
    }
    let _ = writeln!(io::stderr(), "error: {}", one_line(&error));
    ExitCode::from(match () {
        () if error.is::<Usage>() => 2,
        () if error.is::<Interrupted>() => process::INTERRUPTED_STATUS,
        () => 1,
    })
}
