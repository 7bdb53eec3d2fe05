//! One run of one section.

use std::{ffi::OsString, sync::OnceLock};

use anyhow::Result;
use candle_core::{DType, Device};
use clap::{Command, FromArgMatches as _};
use common::{
    config::{Seed, Usage},
    context::{Context, InputFile, Observer},
    section::{Entry, one_line},
};
use serde::Serialize;
use serde_json::Value;

use crate::{
    entry,
    sections::{command, needs},
};

/// What a run leaves behind: the same texts as the program's files.
#[derive(Debug, Serialize)]
pub struct Outcome {
    /// The result in a few words
    pub headline: String,
    /// The result in a few lines
    pub summary: String,
    /// Every number of the experiment, by name
    pub configuration: Value,
    /// The tables
    pub tables: Vec<Sheet>,
    /// The figures
    pub figures: Vec<Drawn>,
    /// What was learned
    pub parameters: Vec<Parameter>,
    /// The same run as a command line
    pub command: String,
}

/// A table.
#[derive(Debug, Serialize)]
pub struct Sheet {
    /// File stem
    pub name: &'static str,
    /// Content of the file
    pub csv: String,
}

/// A figure.
#[derive(Debug, Serialize)]
pub struct Drawn {
    /// File stem
    pub name: &'static str,
    /// Content of the file
    pub svg: String,
}

/// A learned parameter.
#[derive(Debug, Serialize)]
pub struct Parameter {
    /// Its name in the run
    pub name: String,
    /// Its shape
    pub shape: Vec<usize>,
    /// Its entries, row by row
    pub values: Vec<f64>,
}

/// Why there is no outcome.
#[derive(Debug)]
pub struct Failure {
    /// The line that the program prints
    pub message: String,
    /// The option that it names, without dashes
    pub option: Option<String>,
    /// Whether the arguments are wrong, not the run
    pub usage: bool,
}

impl Failure {
    fn new(error: &anyhow::Error, command: Option<&Command>) -> Self {
        let message = one_line(error);
        let option = command.and_then(|command| option_in(&message, command));
        Self { message, option, usage: error.is::<Usage>() }
    }
}

/// The image of digits that is not part of the module.
static DIGITS: OnceLock<Vec<u8>> = OnceLock::new();

/// Hands over the file that a [`crate::Section`] with `needs` asks for, before its first run.
pub fn provide(digits: Vec<u8>) {
    let _ = DIGITS.set(digits); // twice is once
}

/// Runs the section `name` with these arguments of its command line, watched by `observer`.
///
/// # Errors
/// What the program would end with: an unknown section, wrong arguments, or a run that failed.
pub fn run(name: &str, arguments: &[String], observer: Box<dyn Observer>) -> Result<Outcome, Failure> {
    let entry =
        entry(name).ok_or_else(|| Failure::new(&Usage(format!("there is no section '{name}'")).into(), None))?;
    let command = command(entry);
    outcome(entry, &command, arguments, observer).map_err(|error| Failure::new(&error, Some(&command)))
}

fn outcome(entry: &Entry, command: &Command, arguments: &[String], observer: Box<dyn Observer>) -> Result<Outcome> {
    let usage = |error: clap::Error| Usage::of(&error);
    let line: Vec<OsString> = std::iter::once(entry.name.into()).chain(arguments.iter().map(Into::into)).collect();
    let matches = entry.matches(command, &line).map_err(usage)?;
    let Seed { seed } = Seed::from_arg_matches(&matches).map_err(usage)?;
    let section = entry.prepare(&matches)?;
    let configuration = section.configuration.clone();
    let mut context = Context::new(seed).with(Device::Cpu, observer);
    if let Some(bytes) = DIGITS.get().filter(|_| needs(entry).is_some()) {
        context.inputs.insert("digits", vec![InputFile { path: "digits".into(), bytes: bytes.clone() }]);
    }
    let report = section.run(&mut context)?;

    let (mut figures, mut left_out) = (vec![], String::new());
    for (name, figure) in &report.figures {
        match figure.svg() {
            Ok(svg) => figures.push(Drawn { name, svg }),
            Err(error) => left_out += &format!("\n{name}.svg is left out: {error:#}"),
        }
    }
    let parameters = report.parameters.iter().map(|(name, values)| {
        let entries = values.to_dtype(DType::F64)?.flatten_all()?.to_vec1()?;
        Ok(Parameter { name: name.clone(), shape: values.dims().to_vec(), values: entries })
    });
    Ok(Outcome {
        parameters: parameters.collect::<Result<_>>()?,
        tables: report.tables.iter().map(|(name, table)| Sheet { name, csv: table.to_csv() }).collect(),
        summary: report.summary.trim_end().to_owned() + &left_out,
        headline: report.headline,
        command: command_line(entry.name, arguments),
        configuration,
        figures,
    })
}

/// The line that runs the same in a terminal.
fn command_line(name: &str, arguments: &[String]) -> String {
    let mut line = format!("cargo run --release --bin {name}");
    for (index, argument) in arguments.iter().enumerate() {
        line += if index == 0 { " -- " } else { " " };
        let plain = |c: char| c.is_alphanumeric() || "-_.,=+:/".contains(c);
        if !argument.is_empty() && argument.chars().all(plain) {
            line += argument;
        } else {
            line += &format!("'{}'", argument.replace('\'', r"'\''"));
        }
    }
    line
}

/// The first option of `command` that the message names.
fn option_in(message: &str, command: &Command) -> Option<String> {
    message.match_indices("--").find_map(|(at, dashes)| {
        let rest = &message[at + dashes.len()..];
        let name = rest.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).next()?;
        command.get_arguments().any(|argument| argument.get_long() == Some(name)).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_can_be_pasted() {
        let line = |arguments: &[&str]| {
            let arguments: Vec<String> = arguments.iter().map(|&argument| argument.into()).collect();
            command_line("sec3_du_gd", &arguments).replace("cargo run --release --bin sec3_du_gd", "")
        };
        assert_eq!(line(&[]), "");
        assert_eq!(line(&["--start", "-1,2e-3", "--quick"]), " -- --start -1,2e-3 --quick");
        assert_eq!(line(&["--period", "", "a b", "it's;"]), r" -- --period '' 'a b' 'it'\''s;'");
    }

    #[test]
    fn a_message_leads_to_its_option() {
        let command = command(entry("sec3_du_gd").unwrap());
        let option = |message: &str| option_in(message, &command);
        let found = option("invalid value '--3' for '--num-updates <N>': must be a whole number");
        assert_eq!(found.as_deref(), Some("num-updates"));
        assert_eq!(option("unexpected argument '--num' found (see --help)"), None);
        assert_eq!(option("training diverged"), None);
    }
}
