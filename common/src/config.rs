//! Configurations: every number of a section is a field of its `Config`, and every field is a command-line option.
//!
//! A section derives [`clap::Args`] and [`Serialize`] for its `Config` and gives each field its default and its range once:
//!
//! ```
//! use common::config::{self, range};
//!
//! #[derive(Debug, Clone, clap::Args, serde::Serialize)]
//! struct Config {
//!     /// Step size η of gradient descent, > 0
//!     #[arg(long, value_name = "η", default_value_t = 0.1, value_parser = range::positive)]
//!     step_size: f64,
//! }
//! impl Default for Config {
//!     fn default() -> Self {
//!         config::defaults()
//!     }
//! }
//!
//! assert_eq!(Config::default().step_size, 0.1);
//! let error = config::validate(&Config { step_size: -1.0 }).unwrap_err();
//! assert_eq!(error.to_string(), "invalid value '-1.0' for '--step-size <η>': must be a finite number > 0");
//! ```
//!
//! [`validate`] applies the same parsers to a `Config` that was built in code, so there is one statement of each range.

use anyhow::Result;
use clap::{Arg, Args, Command, error::ErrorKind};
use serde::Serialize;
use serde_json::Value;

/// Wrong usage: a message of one line. The program shell ends with exit status 2.
#[derive(Debug)]
pub struct Usage(pub String);

impl Usage {
    /// What clap has to complain about.
    pub fn of(error: &clap::Error) -> Self {
        Self(one_line(error))
    }
}

impl std::fmt::Display for Usage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

/// Value parsers that know the allowed range; for clap's `value_parser`.
pub mod range {
    /// A finite number above zero.
    pub fn positive(text: &str) -> Result<f64, String> {
        number(text).filter(|&v| v > 0.0).ok_or_else(|| "must be a finite number > 0".into())
    }

    /// A finite number, zero or above.
    pub fn non_negative(text: &str) -> Result<f64, String> {
        number(text).filter(|&v| v >= 0.0).ok_or_else(|| "must be a finite number >= 0".into())
    }

    /// Any finite number.
    pub fn finite(text: &str) -> Result<f64, String> {
        number(text).ok_or_else(|| "must be a finite number".into())
    }

    /// A number from −`limit` to `limit`.
    pub fn within(limit: f64) -> impl Fn(&str) -> Result<f64, String> + Clone + Send + Sync + 'static {
        move |text| {
            let value = number(text).filter(|v| v.abs() <= limit);
            value.ok_or_else(|| format!("must be a number from -{limit} to {limit}"))
        }
    }

    /// A number from 0 to below 1, like a decay rate.
    pub fn decay(text: &str) -> Result<f64, String> {
        number(text).filter(|v| (0.0..1.0).contains(v)).ok_or_else(|| "must be a number >= 0 and < 1".into())
    }

    /// A whole number from 1 to `max`.
    pub fn count(max: usize) -> impl Fn(&str) -> Result<usize, String> + Clone + Send + Sync + 'static {
        whole(1, max)
    }

    /// A whole number from `min` to `max`.
    pub fn whole(min: usize, max: usize) -> impl Fn(&str) -> Result<usize, String> + Clone + Send + Sync + 'static {
        move |text| {
            let value = text.parse().ok().filter(|v| (min..=max).contains(v));
            value.ok_or_else(|| format!("must be a whole number from {min} to {max}"))
        }
    }

    /// A seed: any whole number that fits in 64 bits.
    pub fn seed(text: &str) -> Result<u64, String> {
        let problem = |_| format!("must be a whole number from 0 to {}", u64::MAX);
        text.parse().map_err(problem)
    }

    fn number(text: &str) -> Option<f64> {
        text.parse::<f64>().ok().filter(|v| v.is_finite())
    }
}

/// The seed of a run, which every section has beside its configuration.
#[derive(Debug, Clone, Copy, Args)]
pub struct Seed {
    /// Seed of all random numbers: the same seed gives the same files on the same kind of machine
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = range::seed)]
    pub seed: u64,
}

/// The configuration with every default; what the command line without options gives.
///
/// # Panics
/// If a field has no default, which is a mistake in the section's source.
pub fn defaults<C: Args>() -> C {
    parse(&[], &[]).expect("every option of a section has a default")
}

/// Checks every field against the range of its option; the error names the option, the value and the range.
pub fn validate<C: Args + Serialize>(config: &C) -> Result<()> {
    let Value::Object(fields) = serde_json::to_value(config)? else {
        return Ok(());
    };
    let text = |value: &Value| match value {
        Value::Null => "not finite".to_owned(), // JSON has neither NaN nor infinity
        Value::String(s) => s.clone(),
        other => other.to_string(),
    };
    let mut arguments = vec![];
    for (name, value) in &fields {
        let option = option_name(name);
        match value {
            Value::Bool(false) => {}
            Value::Bool(true) => arguments.push(option),
            Value::Array(list) => {
                arguments.push(format!("{option}={}", list.iter().map(text).collect::<Vec<_>>().join(",")))
            }
            other => arguments.push(format!("{option}={}", text(other))),
        }
    }
    parse::<C>(&arguments, &[]).map(drop).map_err(|e| Usage::of(&e).into())
}

/// Another default for an option that a `Config` takes from a group of them (`#[command(flatten)]`), for its
/// `#[command(mut_arg("num_updates", default("20")))]`.
pub fn default(value: &'static str) -> impl FnOnce(Arg) -> Arg {
    move |argument| argument.default_value(value)
}

/// Other defaults for some fields: `("num_epochs", "10")`. Presets and `--quick` are such lists.
pub type Overrides = &'static [(&'static str, &'static str)];

/// The defaults with `overrides` put in.
///
/// # Panics
/// If an override names no field or lies outside its range, which is a mistake in the section's source.
pub fn with_overrides<C: Args>(overrides: Overrides) -> C {
    parse(&[], overrides).expect("overrides are values of the section's options")
}

/// `command` with `overrides` in place of the defaults that its arguments were declared with.
pub fn override_defaults(command: Command, overrides: Overrides) -> Command {
    overrides
        .iter()
        .fold(command, |command, &(name, value)| command.mut_arg(name, |argument| argument.default_value(value)))
}

fn parse<C: Args>(arguments: &[String], overrides: Overrides) -> Result<C, clap::Error> {
    let command = override_defaults(C::augment_args(Command::new("config").no_binary_name(true)), overrides);
    C::from_arg_matches(&command.try_get_matches_from(arguments)?)
}

/// `command` with `-1` and `-inf` as values, not options.
pub fn hyphen_values(command: Command) -> Command {
    let valued = command.get_arguments().filter(|argument| argument.get_action().takes_values());
    let ids: Vec<_> = valued.map(|argument| argument.get_id().clone()).collect();
    ids.into_iter().fold(command, |command, id| command.mut_arg(id, |argument| argument.allow_hyphen_values(true)))
}

/// Errors if a list names something twice: its results would have the same name.
pub fn distinct<T: PartialEq>(option: &str, list: &[T]) -> Result<()> {
    let again = list.iter().enumerate().any(|(i, entry)| list[..i].contains(entry));
    anyhow::ensure!(!again, Usage(format!("invalid value for '{option}': must be different from each other")));
    Ok(())
}

/// Errors if a list does not ascend, each entry above the last: curves run along it.
pub fn ascending<T: PartialOrd>(option: &str, list: &[T]) -> Result<()> {
    let ascends = list.is_sorted_by(|a, b| a < b);
    anyhow::ensure!(ascends, Usage(format!("invalid value for '{option}': must ascend, each above the last")));
    Ok(())
}

/// The option of a field: `num_epochs` → `--num-epochs`.
pub fn option_name(field: &str) -> String {
    format!("--{}", field.replace('_', "-"))
}

/// clap's message in one line, without its usage and its pointer to `--help`.
pub fn one_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let text = text.trim().trim_start_matches("error: ");
    let body = text.split("\n\nUsage:").next().unwrap_or(text).split("\n\nFor more information").next().unwrap_or(text);
    let line = body.split_whitespace().collect::<Vec<_>>().join(" ");
    match error.kind() {
        ErrorKind::MissingRequiredArgument | ErrorKind::UnknownArgument => line + " (see --help)",
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, Args, Serialize)]
    struct Config {
        #[arg(long, value_name = "η", default_value_t = 0.1, value_parser = range::positive)]
        step_size: f64,
        #[arg(long, default_value_t = 20, value_parser = range::count(1000))]
        num_epochs: usize,
        #[arg(long, value_delimiter = ',', default_value = "1,-2", value_parser = range::finite)]
        start: Vec<f64>,
        #[arg(long)]
        restart: bool,
    }

    #[test]
    fn defaults_are_valid_and_overrides_replace_them() {
        let config: Config = defaults();
        assert_eq!((config.step_size, config.num_epochs, config.restart), (0.1, 20, false));
        assert_eq!(config.start, [1.0, -2.0]);
        validate(&config).unwrap();
        assert_eq!(with_overrides::<Config>(&[("num_epochs", "10")]).num_epochs, 10);
    }

    #[test]
    fn validation_names_option_value_and_range() {
        let message = |change: fn(&mut Config)| {
            let mut config: Config = defaults();
            change(&mut config);
            validate(&config).unwrap_err().to_string()
        };
        assert_eq!(
            message(|c| c.step_size = f64::NAN),
            "invalid value 'not finite' for '--step-size <η>': must be a finite number > 0"
        );
        assert_eq!(
            message(|c| c.num_epochs = 0),
            "invalid value '0' for '--num-epochs <NUM_EPOCHS>': must be a whole number from 1 to 1000"
        );
        assert!(message(|c| c.start[1] = f64::INFINITY).contains("--start"));
    }
}
