//! The program shell that all sections share: command line, files, clock, terminal, exit status.
//!
//! A section's binary is one call of [`main`], a chapter's one call of [`main_chapter`]. Exit status: 0 done,
//! 1 the run failed, 2 wrong usage, 130 interrupted by Ctrl-C. Errors are one line on standard error.

use std::{
    cell::RefCell,
    collections::HashMap,
    ffi::OsString,
    io::{self, IsTerminal as _, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
    rc::Rc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use candle_core::Device;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, builder::PossibleValuesParser};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Map, Value, json};

use crate::{
    artifacts::{Artifacts, SUMMARY},
    checkpoint::{self, Checkpoint, Interrupted},
    config::{self, Usage, range},
    context::{Context, Observer, Phase},
    device::{self, DeviceChoice},
    plot::Format,
    process,
    section::{Preset, Report, Section},
    training::Diverged,
};

/// The options that all programs share.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Every program")]
struct Shared {
    /// Seed of all random numbers: the same seed gives the same files
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = range::seed)]
    seed: u64,
    /// Directory for the files of this run [default: output/<program>]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Format of the figures
    #[arg(long, value_enum, default_value = "png")]
    format: Format,
    /// Where to compute
    #[arg(long, value_enum, default_value = "auto")]
    device: DeviceChoice,
    /// Print nothing but errors
    #[arg(long)]
    quiet: bool,
}

/// Runs section `S` as a program: its options from the command line, its files into `--out`.
pub fn main<S: Section>() -> ExitCode {
    enter(|arguments| {
        let command = section_command::<S>();
        let matches = matches(command.clone(), &arguments)?;
        // A preset gives other defaults: what the command line says itself still stands above them.
        let overrides = chosen_preset::<S>(&matches).map_or(&[][..], |preset| preset.values);
        let matches = self::matches(config::override_defaults(command, overrides), &arguments)?;
        let config = S::Config::from_arg_matches(&matches).map_err(usage)?;
        let shared = Shared::from_arg_matches(&matches).map_err(usage)?;
        let load = if S::LOADS { matches.get_one::<PathBuf>("load") } else { None };
        let out = shared.out.clone().unwrap_or_else(|| Path::new("output").join(S::NAME));
        let start = Start { load: load.map(PathBuf::as_path), resume: S::RESUMES && matches.get_flag("resume") };
        let finished = run_section::<S>(&config, &shared, start, &out)?;
        if !shared.quiet {
            say(&format!("{}\nfiles in {}\n", finished.report.summary.trim_end(), finished.listing))?;
        }
        Ok(())
    })
}

/// A section with its types erased, for the chapter's program and for tests that go through all sections.
#[derive(Clone, Copy)]
pub struct Program {
    /// See [`Section::NAME`]
    pub name: &'static str,
    /// See [`Section::TITLE`]
    pub title: &'static str,
    /// The command line
    pub command: fn() -> Command,
    resumes: bool,
    run: fn(&Shared, bool, bool, &Path) -> Result<Finished>,
}

impl Program {
    /// Section `S`.
    pub const fn of<S: Section>() -> Self {
        let run = |shared: &Shared, quick: bool, resume: bool, out: &Path| {
            let preset = S::PRESETS.iter().find(|preset| quick && preset.name == "quick");
            let config = config::with_overrides(preset.map_or(&[], |preset| preset.values));
            let resume = resume && out.join(checkpoint::FILE_NAME).exists();
            run_section::<S>(&config, shared, Start { load: None, resume }, out)
        };
        Self { name: S::NAME, title: S::TITLE, command: section_command::<S>, resumes: S::RESUMES, run }
    }
}

/// Runs all `programs` of a chapter in order, with their defaults, and prints one table.
pub fn main_chapter(name: &'static str, about: &'static str, programs: &[Program]) -> ExitCode {
    enter(|arguments| {
        let list = programs.iter().map(|p| format!("  {:<28} {}\n", p.name, p.title)).collect::<String>();
        let example = format!("Example:\n  cargo run --release --bin {name} -- --format svg");
        let quick = Arg::new("quick").long("quick").action(ArgAction::SetTrue);
        let quick = quick.help("Smaller settings where a section has them");
        let command = polish(Shared::augment_args(Command::new(name).arg(quick)))
            .about(about)
            .after_help(format!("Runs, in this order:\n{list}\n{example}"));
        let resumes = programs.iter().any(|program| program.resumes);
        let resume = resume_option("Continue the section that was interrupted; run the others");
        let command = if resumes { command.arg(resume) } else { command };
        let matches = matches(command, &arguments)?;
        let shared = Shared::from_arg_matches(&matches).map_err(usage)?;
        let out = shared.out.clone().unwrap_or_else(|| Path::new("output").join(name));
        let mut rows = vec![["section", "what it shows", "result", "seconds", "figures"].map(String::from)];
        for program in programs {
            let directory = out.join(program.name);
            let (quick, resume) = (matches.get_flag("quick"), resumes && matches.get_flag("resume"));
            let finished =
                (program.run)(&shared, quick, resume, &directory).with_context(|| program.name.to_owned())?;
            let seconds = format!("{:.3}", finished.seconds.iter().map(|(_, s)| s).sum::<f64>());
            let figures = finished.report.figures.iter();
            let figures = figures.map(|(stem, _)| format!("{stem}.{}", shared.format.extension()));
            rows.push([
                program.name.into(),
                program.title.into(),
                finished.report.headline,
                seconds,
                figures.collect::<Vec<_>>().join(", "),
            ]);
        }
        if !shared.quiet {
            let place = out.display();
            say(&format!("{}files in {place}/<section>\n", aligned(&rows)))?;
        }
        Ok(())
    })
}

/// Sets the process up, runs `body` with the command line's arguments, and turns its error into a line and an exit status.
fn enter(body: impl FnOnce(Vec<OsString>) -> Result<()> + Send) -> ExitCode {
    process::set_thread_count();
    let arguments = std::env::args_os().collect();
    let run = || {
        process::start_workers()?;
        body(arguments)
    };
    let Err(error) = process::with_deep_stack(run) else {
        return ExitCode::SUCCESS;
    };
    if let Some(clap) = error.downcast_ref::<clap::Error>() {
        let _ = clap.print(); // --help and --version; a closed pipe is no error
        return ExitCode::SUCCESS;
    }
    let line = format!("{error:#}").split_whitespace().collect::<Vec<_>>().join(" ");
    let _ = writeln!(io::stderr(), "error: {line}");
    ExitCode::from(match () {
        () if error.is::<Usage>() => 2,
        () if error.is::<Interrupted>() => process::INTERRUPTED_STATUS,
        () => 1,
    })
}

fn section_command<S: Section>() -> Command {
    let example = format!("Example:\n  cargo run --release --bin {} -- --seed 2 --format svg", S::NAME);
    let command = Command::new(S::NAME).next_help_heading("Experiment");
    let mut command = S::Config::augment_args(command);
    command = command.next_help_heading("Settings");
    let (quick, named): (Vec<&Preset>, Vec<&Preset>) = S::PRESETS.iter().partition(|preset| preset.name == "quick");
    if let [preset] = quick[..] {
        command = command.arg(Arg::new("quick").long("quick").action(ArgAction::SetTrue).help(preset.about));
    }
    if !named.is_empty() {
        let about = named.iter().map(|p| format!("{}: {}", p.name, p.about)).collect::<Vec<_>>().join("; ");
        let names = PossibleValuesParser::new(named.iter().map(|preset| preset.name));
        let help = format!("Other defaults ({about}); options given beside it still count");
        command = command.arg(Arg::new("preset").long("preset").value_name("NAME").value_parser(names).help(help));
    }
    if S::LOADS {
        let help = "Start from the parameters in this safetensors file (a params.safetensors of an earlier run)";
        let parser = clap::value_parser!(PathBuf);
        command = command.arg(Arg::new("load").long("load").value_name("FILE").value_parser(parser).help(help));
    }
    if S::RESUMES {
        command = command.arg(resume_option(
            "Continue a run that was interrupted (Ctrl-C) with the same options, from the checkpoint in its directory",
        ));
    }
    polish(Shared::augment_args(command))
        .about(S::TITLE)
        .long_about(format!("{}\n\n{}", S::TITLE, S::HELP))
        .after_help(example)
}

fn resume_option(help: &'static str) -> Arg {
    Arg::new("resume").long("resume").action(ArgAction::SetTrue).help(help)
}

/// What all command lines have: `-1` and `-inf` are values, not options; `--version`.
fn polish(command: Command) -> Command {
    let command = command.version(env!("CARGO_PKG_VERSION")).max_term_width(100);
    let ids: Vec<_> =
        command.get_arguments().filter(|a| a.get_action().takes_values()).map(|a| a.get_id().clone()).collect();
    ids.into_iter().fold(command, |command, id| command.mut_arg(id, |argument| argument.allow_hyphen_values(true)))
}

fn matches(command: Command, arguments: &[OsString]) -> Result<ArgMatches> {
    command.try_get_matches_from(arguments).map_err(
        |error| {
            if error.use_stderr() { usage(error) } else { error.into() }
        },
    )
}

fn usage(error: clap::Error) -> anyhow::Error {
    Usage(config::one_line(&error)).into()
}

fn chosen_preset<S: Section>(matches: &ArgMatches) -> Option<&'static Preset> {
    let quick = S::PRESETS.iter().find(|p| p.name == "quick").filter(|_| matches.get_flag("quick"));
    let named = || S::PRESETS.iter().find(|p| matches.get_one::<String>("preset").is_some_and(|name| name == p.name));
    quick.or_else(|| if S::PRESETS.iter().any(|p| p.name != "quick") { named() } else { None })
}

/// A section that has run and whose files are written.
struct Finished {
    report: Report,
    seconds: Vec<(&'static str, f64)>,
    listing: String,
}

/// What a run starts from, if not from nothing.
struct Start<'a> {
    load: Option<&'a Path>,
    resume: bool,
}

fn run_section<S: Section>(config: &S::Config, shared: &Shared, start: Start, out: &Path) -> Result<Finished> {
    let device = shared.device.open()?;
    let mut context = Context::new(shared.seed);
    let run = json!({ "program": S::NAME, "seed": shared.seed, "configuration": config });
    if start.resume {
        context.checkpoint = checkpoint::load(&out.join(checkpoint::FILE_NAME), &run, &Device::Cpu)?;
    }
    if S::RESUMES {
        process::catch_interrupt()?;
    }
    if let Some(file) = start.load {
        let tensors = candle_core::safetensors::load(file, &device);
        let tensors = tensors.with_context(|| format!("--load {}: not a readable safetensors file", file.display()))?;
        context.initial = Some((file.display().to_string(), tensors));
    }
    let mut artifacts = Artifacts::new(out)?;
    let clock = Rc::new(RefCell::new(Clock::new()));
    let observer = Terminal {
        name: S::NAME,
        quiet: shared.quiet,
        clock: clock.clone(),
        shown: None,
        run,
        checkpoints: Artifacts::new(out)?,
        written: Instant::now(),
    };
    let mut context = context.with(device, Box::new(observer));

    let outcome = match S::run(config, &mut context) {
        Ok(outcome) => outcome,
        Err(error) if error.is::<Interrupted>() => {
            let advice = match context.checkpoint.is_empty() {
                true => "nothing to keep yet".to_owned(),
                false => format!(
                    "the same command with --resume continues from {}",
                    out.join(checkpoint::FILE_NAME).display()
                ),
            };
            artifacts.abandon();
            return Err(Interrupted(format!("{error}; {advice}")).into());
        }
        Err(error) => return Err(save_what_there_is(error, S::NAME, artifacts)),
    };
    clock.borrow_mut().begin("drawing");
    let report = S::report(config, &outcome)?;
    for (stem, table) in &report.tables {
        artifacts.write(&format!("{stem}.csv"), table.to_csv().as_bytes())?;
    }
    for (stem, figure) in &report.figures {
        artifacts.write(&format!("{stem}.{}", shared.format.extension()), &figure.render(shared.format)?)?;
    }
    if !report.parameters.is_empty() {
        artifacts.write_tensors("params.safetensors", &report.parameters)?;
    }
    let seconds = clock.borrow_mut().finish();
    let summary = json!({
        "program": S::NAME,
        "configuration": config,
        "seed": shared.seed,
        "device": device::name(&context.device),
        "threads": process::thread_count(),
        "final_loss": report.final_loss,
        "parameters": parameters_json(&report)?,
        "files": artifacts.written().iter().map(String::as_str).chain([SUMMARY]).collect::<Vec<_>>(),
        "seconds": seconds.iter().map(|&(name, s)| (name.to_owned(), json!(s))).collect::<Map<_, _>>(),
    });
    artifacts.write(SUMMARY, (serde_json::to_string_pretty(&summary)? + "\n").as_bytes())?;
    if S::RESUMES {
        artifacts.remove(checkpoint::FILE_NAME)?;
    }
    Ok(Finished { listing: artifacts.listing(), report, seconds })
}

/// After a failed run: the history of one that diverged is worth keeping; anything else leaves no file.
fn save_what_there_is(error: anyhow::Error, program: &str, mut artifacts: Artifacts) -> anyhow::Error {
    let Some(diverged) = error.downcast_ref::<Diverged>() else {
        artifacts.abandon();
        return error;
    };
    let history = diverged.history.to_csv();
    let save = artifacts.remove_earlier(program); // figures that belong to another history
    match save.and_then(|()| artifacts.write("history.csv", history.as_bytes())) {
        Ok(()) => anyhow::anyhow!("{error:#} (saved up to there in {})", artifacts.listing()),
        Err(unsaved) => error.context(unsaved),
    }
}

/// Few parameters in full, many by the name of their file.
fn parameters_json(report: &Report) -> Result<Value> {
    const IN_FULL: usize = 16;
    if report.parameters.iter().map(|(_, tensor)| tensor.elem_count()).sum::<usize>() > IN_FULL {
        return Ok(json!("params.safetensors"));
    }
    let mut values = Map::new();
    for (name, tensor) in &report.parameters {
        let entries = tensor.flatten_all()?.to_vec1::<f64>()?;
        values.insert(name.clone(), if tensor.rank() == 0 { json!(entries[0]) } else { json!(entries) });
    }
    Ok(Value::Object(values))
}

/// Prints to standard output; a reader who has gone (`| head -1`) is no error.
fn say(text: &str) -> Result<()> {
    match io::stdout().write_all(text.as_bytes()).and_then(|()| io::stdout().flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error).context("cannot print"),
        _ => Ok(()),
    }
}

/// Rows as columns wide enough for their longest cell.
fn aligned<const N: usize>(rows: &[[String; N]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..N).map(width).collect();
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

/// Seconds spent in each part of a run.
struct Clock {
    parts: Vec<(&'static str, f64)>,
    part: &'static str,
    since: Instant,
    start: Instant,
}

impl Clock {
    fn new() -> Self {
        Self { parts: vec![], part: "data", since: Instant::now(), start: Instant::now() }
    }

    fn begin(&mut self, part: &'static str) {
        self.parts.push((self.part, self.since.elapsed().as_secs_f64()));
        (self.part, self.since) = (part, Instant::now());
    }

    /// The parts in order: data, training, drawing.
    fn finish(&mut self) -> Vec<(&'static str, f64)> {
        self.begin("");
        let mut totals: HashMap<&str, f64> = HashMap::new();
        self.parts.iter().for_each(|(part, seconds)| *totals.entry(part).or_default() += seconds);
        ["data", "training", "drawing"].map(|part| (part, totals.get(part).copied().unwrap_or(0.0))).to_vec()
    }
}

/// Shows progress of what takes longer than two seconds: a bar on a terminal, now and then a line elsewhere.
struct Terminal {
    name: &'static str,
    quiet: bool,
    clock: Rc<RefCell<Clock>>,
    shown: Option<Shown>,
    run: Value,
    checkpoints: Artifacts,
    written: Instant,
}

enum Shown {
    Bar(ProgressBar),
    Lines { last: Instant, first: (Duration, f64) },
}

impl Observer for Terminal {
    fn phase(&mut self, phase: Phase) {
        self.clock.borrow_mut().begin(match phase {
            Phase::Data => "data",
            Phase::Training => "training",
        });
    }

    fn seconds(&self) -> f64 {
        self.clock.borrow().start.elapsed().as_secs_f64()
    }

    fn interrupted(&self) -> bool {
        process::interrupted()
    }

    fn checkpoint(&mut self, checkpoint: &Checkpoint, now: bool) -> Result<()> {
        const INTERVAL: Duration = Duration::from_secs(3);
        if now || self.written.elapsed() >= INTERVAL {
            checkpoint::save(&mut self.checkpoints, checkpoint, &self.run)?;
            self.written = Instant::now();
        }
        Ok(())
    }

    fn progress(&mut self, done: usize, total: usize) {
        const PATIENCE: Duration = Duration::from_secs(2);
        let elapsed = self.clock.borrow().since.elapsed();
        if self.quiet || elapsed < PATIENCE || (self.shown.is_none() && done >= total) {
            return;
        }
        let name = self.name;
        match &mut self.shown {
            Some(Shown::Bar(bar)) if done >= total => bar.finish_and_clear(),
            Some(Shown::Bar(bar)) => bar.set_position(done as u64),
            Some(Shown::Lines { last, .. }) if last.elapsed() < PATIENCE && done < total => {}
            Some(Shown::Lines { last, first: (since, from) }) => {
                *last = Instant::now();
                // A resumed run does not begin at 0: the estimate counts from where the lines began.
                let fraction = done as f64 / total as f64;
                let pace = (elapsed - *since).as_secs_f64() / (fraction - *from);
                let left = if pace.is_finite() {
                    format!(", about {:.0} s left", (1.0 - fraction) * pace)
                } else {
                    String::new()
                };
                let _ =
                    writeln!(io::stderr(), "{name}: {:.0} % ({:.0} s{left})", 100.0 * fraction, elapsed.as_secs_f64());
            }
            None if io::stderr().is_terminal() => {
                let bar = ProgressBar::new(total as u64).with_message(name).with_elapsed(elapsed);
                if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {percent} % · {eta} left") {
                    bar.set_style(style);
                }
                bar.set_position(done as u64);
                self.shown = Some(Shown::Bar(bar));
            }
            None => {
                self.shown = Some(Shown::Lines { last: Instant::now(), first: (elapsed, done as f64 / total as f64) })
            }
        }
    }
}
