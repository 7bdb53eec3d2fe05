//! What there is to set.

use std::any::TypeId;

use book::CHAPTERS;
use clap::{Arg, ArgAction, Args as _, Command};
use common::{
    config::Seed,
    section::{Chapter, Entry},
};
use serde::Serialize;

/// A section as a form shows it.
#[derive(Debug, Serialize)]
pub struct Section {
    /// Package of the chapter
    pub chapter: &'static str,
    /// Whether it answers a question that the book leaves open
    pub question: bool,
    /// Name of the program
    pub name: &'static str,
    /// What it shows, in one line
    pub title: &'static str,
    /// What `--help` teaches
    pub help: &'static str,
    /// Every number of the experiment, and the seed
    pub options: Vec<Field>,
    /// Named settings
    pub presets: Vec<Preset>,
    /// `default` or `quick`: the settings that take a few seconds in a browser
    pub start: &'static str,
}

/// An option of the command line.
#[derive(Debug, Serialize)]
pub struct Field {
    /// Its name, without dashes
    pub name: String,
    /// The symbol of the book that its help names
    pub symbol: Option<String>,
    /// What it is, with its range
    pub help: String,
    /// Heading that it stands under in the help
    pub group: Option<String>,
    /// Its default as on the command line; none for flags
    pub default: Vec<String>,
    /// `number`, `integer`, `flag`, `choice`, `list` (separated by commas) or `text`
    pub kind: &'static str,
    /// What there is to choose from
    pub choices: Vec<Choice>,
}

/// A value to choose.
#[derive(Debug, Serialize)]
pub struct Choice {
    /// As on the command line
    pub value: String,
    /// What it means
    pub help: Option<String>,
}

/// Named settings.
#[derive(Debug, Serialize)]
pub struct Preset {
    /// Name, as `--preset` takes it; `quick` is a flag
    pub name: &'static str,
    /// Where the settings come from
    pub about: &'static str,
    /// The same settings as arguments
    pub arguments: Vec<String>,
}

/// Sections whose defaults take more than about five seconds in a browser.
const SLOW: &[&str] = &[];

/// The whole book in its order: each chapter's sections, then its questions.
pub fn sections() -> Vec<Section> {
    CHAPTERS.iter().flat_map(|chapter| chapter.entries().map(|entry| section(chapter, entry))).collect()
}

/// The command line of a section, with those options of the program shell that a browser has a use for.
pub(crate) fn command(entry: &Entry) -> Command {
    let command = Seed::augment_args(entry.command().next_help_heading("Every program"));
    common::config::hyphen_values(command)
}

fn section(chapter: &Chapter, entry: &Entry) -> Section {
    let command = command(entry);
    let of_the_shell = |argument: &&Arg| {
        let name = argument.get_id().as_str();
        ["quick", "preset"].contains(&name) || entry.inputs.iter().any(|input| input.name == name)
    };
    let preset = |preset: &common::section::Preset| Preset {
        name: preset.name,
        about: preset.about,
        arguments: preset.values.iter().flat_map(|&(id, value)| argument(&command, id, value)).collect(),
    };
    let quick = SLOW.contains(&entry.name);
    Section {
        chapter: chapter.name,
        question: chapter.questions.iter().any(|question| question.name == entry.name),
        name: entry.name,
        title: entry.title,
        help: entry.help,
        options: command.get_arguments().filter(|argument| !of_the_shell(argument)).map(field).collect(),
        presets: entry.presets.iter().map(preset).collect(),
        start: if quick { "quick" } else { "default" },
    }
}

/// A preset's value as it stands on the command line.
fn argument(command: &Command, id: &str, value: &str) -> Vec<String> {
    let found = command.get_arguments().find(|argument| argument.get_id() == id);
    let Some((argument, name)) = found.and_then(|argument| Some((argument, argument.get_long()?))) else {
        return vec![];
    };
    match (is_flag(argument), value) {
        (true, "true") => vec![format!("--{name}")],
        (true, _) => vec![],
        (false, value) => vec![format!("--{name}"), value.to_owned()],
    }
}

fn is_flag(argument: &Arg) -> bool {
    matches!(argument.get_action(), ArgAction::SetTrue)
}

fn field(argument: &Arg) -> Field {
    let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
    let texts = argument.get_default_values().iter().map(|value| value.to_string_lossy().into_owned());
    let choice = |value: clap::builder::PossibleValue| Choice {
        value: value.get_name().to_owned(),
        help: value.get_help().map(ToString::to_string),
    };
    let choices: Vec<Choice> = argument.get_possible_values().into_iter().map(choice).collect();
    Field {
        name: argument.get_long().unwrap_or_default().to_owned(),
        symbol: symbol(argument, &help),
        group: argument.get_help_heading().map(str::to_owned),
        default: if is_flag(argument) { vec![] } else { texts.collect() },
        kind: kind(argument, !choices.is_empty()),
        choices,
        help,
    }
}

/// The option's value name, where the help says it as a word of its own: `η` in "Step size η, > 0".
fn symbol(argument: &Arg, help: &str) -> Option<String> {
    let name = argument.get_value_names()?.first()?.trim_end_matches(",…");
    let words = || help.split([' ', ';', ':']).map(|word| word.trim_end_matches(','));
    (!is_flag(argument) && words().any(|word| word == name)).then(|| name.to_owned())
}

fn kind(argument: &Arg, choices: bool) -> &'static str {
    let parsed = argument.get_value_parser().type_id();
    match () {
        () if is_flag(argument) => "flag",
        () if argument.get_value_delimiter().is_some() => "list",
        () if choices => "choice",
        () if parsed == TypeId::of::<f64>() => "number",
        () if parsed == TypeId::of::<usize>() || parsed == TypeId::of::<u64>() => "integer",
        () => "text",
    }
}
