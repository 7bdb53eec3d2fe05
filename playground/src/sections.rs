//! What there is to set.

use std::any::TypeId;

use book::CHAPTERS;
use clap::{Arg, ArgAction, Args as _, Command};
use common::{
    config::{self, Seed},
    section::{Chapter, Entry},
};
use serde::Serialize;
use serde_json::Value;

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
    /// What is less still at the start, as arguments, where the quick settings take longer
    pub start_with: &'static [&'static str],
    /// The file that [`crate::provide`] must have had before a run, from the root of the repository
    pub needs: Option<&'static str>,
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
const SLOW: &[&str] = &[
    "sec2_5_rbf_vs_nn",
    "sec2_5_2_compact_domain",
    "sec3_du_gd_least_squares",
    "sec3_du_gd_ridge",
    "sec3_du_noisy_gd",
    "sec3_rastrigin",
    "sec3_training_modes",
    "sec4_du_ista",
    "sec4_finite_dataset",
    "sec4_du_bqp",
    "sec4_du_jacobi",
    "sec4_speedups",
    "sec4_learned_omega",
    "sec4_generalisation",
    "sec4_bqp_exact",
    "sec5_bp_train",
    "sec5_mnist_reconstruction",
    "sec5_bp_weights",
    "sec5_consensus_schedules",
    "sec5_stabilize_losses",
    "sec5_mimo_channels",
    "sec5_mnist_constraints",
    "sec6_order",
    "sec6_lv_identification",
    "sec6_neural_ode_states",
];

/// Settings for those that take more than about five seconds in a browser with their quick ones too.
const SHORTER: &[(&str, &[&str])] = &[
    ("sec3_training_modes", &["--num-seeds", "2", "--num-generations", "10"]),
    ("sec5_mnist_reconstruction", &["--num-generations", "4", "--num-updates", "25"]),
    ("sec5_mnist_constraints", &["--num-updates", "10"]),
    ("sec6_neural_ode_states", &["--num-seeds", "2"]),
];

/// The file without which a section cannot run.
pub(crate) fn needs(entry: &Entry) -> Option<&'static str> {
    entry.name.starts_with("sec5_mnist").then_some("chapter5/assets/digits.png")
}

/// The whole book in its order: each chapter's sections, then its questions.
pub fn sections() -> Vec<Section> {
    CHAPTERS.iter().flat_map(|chapter| chapter.entries().map(|entry| section(chapter, entry))).collect()
}

/// The command line of a section, with those options of the program shell that a browser has a use for.
pub(crate) fn command(entry: &Entry) -> Command {
    let command = Seed::augment_args(entry.command().next_help_heading("Every program"));
    config::hyphen_values(command)
}

fn section(chapter: &Chapter, entry: &Entry) -> Section {
    let command = command(entry);
    let elsewhere = |argument: &&Arg| {
        let name = argument.get_id().as_str();
        let input = || entry.inputs.iter().any(|input| input.name == name);
        argument.is_hide_set() || ["quick", "preset"].contains(&name) || input()
    };
    let mut options: Vec<Field> = command.get_arguments().filter(|argument| !elsewhere(argument)).map(field).collect();
    let order = order(entry, &command);
    options.sort_by_key(|option| order.iter().position(|name| *name == option.name).unwrap_or(usize::MAX));
    let preset = |preset: &common::section::Preset| Preset {
        name: preset.name,
        about: preset.about,
        arguments: preset.values.iter().flat_map(|&(id, value)| argument(&command, id, value)).collect(),
    };
    Section {
        chapter: chapter.name,
        question: chapter.questions.iter().any(|question| question.name == entry.name),
        name: entry.name,
        title: entry.title,
        help: entry.help,
        options,
        presets: entry.presets.iter().map(preset).collect(),
        start_with: SHORTER.iter().find(|(name, _)| *name == entry.name).map_or(&[], |(_, arguments)| arguments),
        needs: needs(entry),
        start: if SLOW.contains(&entry.name) { "quick" } else { "default" },
    }
}

/// The options in the order of the configuration's fields, which is that of `--help`; clap's own is another.
fn order(entry: &Entry, command: &Command) -> Vec<String> {
    let defaults = entry.matches(command, &[entry.name.into()]).ok();
    let defaults = defaults.and_then(|matches| Some(entry.prepare(&matches).ok()?.configuration));
    let fields = defaults.as_ref().and_then(Value::as_object).into_iter().flat_map(|fields| fields.keys());
    fields.map(|field| config::option_name(field).trim_start_matches('-').to_owned()).collect()
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
