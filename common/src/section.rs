//! What a section of a chapter is: a configuration, a computation and what it has to show.
//!
//! A section implements [`Section`]. [`Entry`] is the same as data, without its types: the command line, the chapter's
//! table, the tests and a web page go through lists of entries ([`Chapter`]).

use std::ffi::OsString;

use anyhow::Result;
use candle_core::Tensor;
use clap::{
    Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches,
    builder::{PossibleValuesParser, ValueParser},
};
use serde::Serialize;
use serde_json::Value;

use crate::{
    config::{self, Overrides, Usage},
    context::{Context, Phase},
    figure::Figure,
    table::Table,
};

/// A section of the book. `run` and `report` are pure: no files, clock, environment or terminal.
pub trait Section {
    /// The program's name, `sec<chapter>_<section>_<topic>`
    const NAME: &'static str;
    /// What the section shows, in one line
    const TITLE: &'static str;
    /// What `--help` teaches: a few short paragraphs
    const HELP: &'static str;
    /// Named settings other than the defaults (`--preset`); one called `quick` becomes the flag `--quick`
    const PRESETS: &'static [Preset] = &[];
    /// Files that the section can read ([`Context::input`])
    const INPUTS: &'static [Input] = &[];
    /// Whether the program can be interrupted and continued (`--resume`)
    const RESUMES: bool = false;

    /// Every number of the experiment
    type Config: Args + Serialize + Clone;
    /// What came out: plain numbers
    type Outcome;

    /// Does the experiment.
    fn run(config: &Self::Config, context: &mut Context) -> Result<Self::Outcome>;

    /// Puts the outcome in words, tables and figures.
    fn report(config: &Self::Config, outcome: &Self::Outcome) -> Result<Report>;
}

/// Named settings of a section.
#[derive(Debug, Clone, Copy)]
pub struct Preset {
    /// Name, as `--preset` takes it
    pub name: &'static str,
    /// Where the settings come from, in a few words
    pub about: &'static str,
    /// The fields that differ from the defaults
    pub values: Overrides,
}

/// A file that a section can read, named by an option. Whoever runs the section reads it and hands over its bytes.
#[derive(Debug, Clone, Copy)]
pub struct Input {
    /// The option's name, without dashes
    pub name: &'static str,
    /// What its help says
    pub help: &'static str,
    /// Empty if the option names a file; else it names a directory, and these are the files in it that are read: each under
    /// its name, or with `.gz` after it
    pub files: &'static [&'static str],
}

impl Input {
    /// Parameters to start from ([`Context::parameter`]), `--load`.
    pub const PARAMETERS: Self = Self {
        name: "load",
        help: "Start from the parameters in this safetensors file (a params.safetensors of an earlier run)",
        files: &[],
    };
}

/// What a run leaves behind.
#[derive(Debug, Default)]
pub struct Report {
    /// The result in a few words, for the chapter's table
    pub headline: String,
    /// The result in a few lines, printed
    pub summary: String,
    /// The loss at the end, where there is one
    pub final_loss: Option<f64>,
    /// File stem and table, each written as `<stem>.csv`
    pub tables: Vec<(&'static str, Table)>,
    /// File stem and figure, each written as `<stem>.png` or `<stem>.svg`
    pub figures: Vec<(&'static str, Figure)>,
    /// Learned parameters by name, written as `params.safetensors`
    pub parameters: Vec<(String, Tensor)>,
}

impl Report {
    /// A report of these words.
    pub fn new(headline: impl Into<String>, summary: impl Into<String>) -> Self {
        Self { headline: headline.into(), summary: summary.into(), ..Self::default() }
    }

    /// With the loss at the end.
    pub fn final_loss(self, loss: f64) -> Self {
        Self { final_loss: Some(loss), ..self }
    }

    /// With a table more.
    pub fn table(mut self, stem: &'static str, table: &Table) -> Self {
        self.tables.push((stem, table.clone()));
        self
    }

    /// With a figure more.
    pub fn figure(mut self, stem: &'static str, figure: Figure) -> Self {
        self.figures.push((stem, figure));
        self
    }

    /// With a learned parameter more.
    pub fn parameter(mut self, name: impl Into<String>, values: &Tensor) -> Self {
        self.parameters.push((name.into(), values.clone()));
        self
    }
}

/// The sections of a chapter in the book's order, and the open questions beside them.
#[derive(Debug)]
pub struct Chapter {
    /// The name of the package, and of the program that runs the sections
    pub name: &'static str,
    /// What it is about, in one line
    pub title: &'static str,
    /// The book's sections
    pub sections: &'static [Entry],
    /// Experiments that answer questions which the book leaves open
    pub questions: &'static [Entry],
}

impl Chapter {
    /// The sections, then the questions.
    pub fn entries(&self) -> impl Iterator<Item = &'static Entry> {
        self.sections.iter().chain(self.questions)
    }
}

/// A section as data.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// See [`Section::NAME`]
    pub name: &'static str,
    /// See [`Section::TITLE`]
    pub title: &'static str,
    /// See [`Section::HELP`]
    pub help: &'static str,
    /// See [`Section::PRESETS`]
    pub presets: &'static [Preset],
    /// See [`Section::INPUTS`]
    pub inputs: &'static [Input],
    /// See [`Section::RESUMES`]
    pub resumes: bool,
    options: fn(Command) -> Command,
    prepare: fn(&ArgMatches) -> Result<Prepared>,
}

/// A section with its configuration, ready to run.
pub struct Prepared {
    /// Every number of the experiment, by name
    pub configuration: Value,
    run: Run,
}

type Run = Box<dyn FnOnce(&mut Context) -> Result<Report>>;

impl Prepared {
    /// Does the experiment and reports on it.
    pub fn run(self, context: &mut Context) -> Result<Report> {
        (self.run)(context)
    }
}

impl Entry {
    /// Section `S`.
    pub const fn of<S: Section>() -> Self
    where
        S::Config: 'static,
    {
        Self {
            name: S::NAME,
            title: S::TITLE,
            help: S::HELP,
            presets: S::PRESETS,
            inputs: S::INPUTS,
            resumes: S::RESUMES,
            options: S::Config::augment_args,
            prepare: |matches| {
                let config = S::Config::from_arg_matches(matches).map_err(|e| Usage::of(&e))?;
                let configuration = serde_json::to_value(&config)?;
                let run = Box::new(move |context: &mut Context| {
                    let outcome = S::run(&config, context)?;
                    context.phase(Phase::Drawing);
                    S::report(&config, &outcome)
                });
                Ok(Prepared { configuration, run })
            },
        }
    }

    /// The section's command line: its experiment's options, `--quick` and `--preset`, and a file for each input.
    pub fn command(&self) -> Command {
        let example = format!("Example:\n  cargo run --release --bin {} -- --seed 2 --format svg", self.name);
        let mut command = (self.options)(Command::new(self.name).next_help_heading("Experiment"))
            .about(self.title)
            .long_about(format!("{}\n\n{}", self.title, self.help))
            .after_help(example)
            .next_help_heading("Settings");
        if let Some(quick) = self.preset("quick") {
            command = command.arg(Arg::new("quick").long("quick").action(ArgAction::SetTrue).help(quick.about));
        }
        let named: Vec<&Preset> = self.named_presets().collect();
        if !named.is_empty() {
            let about = named.iter().map(|p| format!("{}: {}", p.name, p.about)).collect::<Vec<_>>().join("; ");
            let names = PossibleValuesParser::new(named.iter().map(|preset| preset.name));
            let help = format!("Other defaults ({about}); options given beside it still count");
            command = command.arg(Arg::new("preset").long("preset").value_name("NAME").value_parser(names).help(help));
        }
        for input in self.inputs {
            let value_name = if input.files.is_empty() { "FILE" } else { "DIR" };
            let argument = Arg::new(input.name).long(input.name).value_name(value_name).help(input.help);
            command = command.arg(argument.value_parser(ValueParser::path_buf()));
        }
        config::hyphen_values(command)
    }

    /// Reads `arguments` (the first is the program's name) by `command`, which is [`Entry::command`], maybe with more options.
    ///
    /// A preset gives other defaults: what the arguments say themselves still stands above them.
    pub fn matches(&self, command: &Command, arguments: &[OsString]) -> Result<ArgMatches, clap::Error> {
        let matches = command.clone().try_get_matches_from(arguments)?;
        let quick = self.preset("quick").filter(|_| matches.get_flag("quick"));
        let named = || self.preset(matches.get_one::<String>("preset")?);
        let chosen = quick.or_else(|| self.named_presets().next().and_then(|_| named()));
        let overrides = chosen.map_or(&[][..], |preset| preset.values);
        config::override_defaults(command.clone(), overrides).try_get_matches_from(arguments)
    }

    /// The section with the configuration that `matches` say.
    pub fn prepare(&self, matches: &ArgMatches) -> Result<Prepared> {
        (self.prepare)(matches)
    }

    fn preset(&self, name: &str) -> Option<&'static Preset> {
        self.presets.iter().find(|preset| preset.name == name)
    }

    fn named_presets(&self) -> impl Iterator<Item = &'static Preset> {
        self.presets.iter().filter(|preset| preset.name != "quick")
    }
}

/// An error and its causes in one line, without candle's backtraces and nothing twice.
pub fn one_line(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain() {
        let text = cause.to_string();
        let before_backtrace = text.lines().take_while(|line| !line.trim_start().starts_with("0: "));
        let text = before_backtrace.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ");
        if !line.contains(&text) {
            line += if line.is_empty() { "" } else { ": " };
            line += &text;
        }
    }
    line
}
