//! The options that all programs share.

use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, Args, Command, ValueEnum};
use common::{
    config::{self, Seed},
    figure::Figure,
};

use crate::device::DeviceChoice;

/// What every program can be told.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Every program")]
pub struct Options {
    /// Of all random numbers
    #[command(flatten)]
    pub seed: Seed,
    /// Directory for the files of this run [default: output/<program>]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Format of the figures
    #[arg(long, value_enum, default_value = "png")]
    pub format: Format,
    /// Where to compute
    #[arg(long, value_enum, default_value = "auto")]
    pub device: DeviceChoice,
    /// Run also what is estimated to need more than 4 GB of memory or ten hours
    #[arg(long)]
    pub allow_large: bool,
    /// Print nothing but errors
    #[arg(long)]
    pub quiet: bool,
}

impl Options {
    /// Where the files of the program `name` go.
    pub fn directory(&self, name: &str) -> PathBuf {
        self.out.clone().unwrap_or_else(|| Path::new("output").join(name))
    }
}

/// How a figure is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Pixels, with the embedded font.
    Png,
    /// Vector graphics, with the reader's own sans-serif font.
    Svg,
}

impl Format {
    /// The file name extension, which is also the option's value.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Svg => "svg",
        }
    }

    /// The figure as the content of a file.
    pub fn render(self, figure: &Figure) -> anyhow::Result<Vec<u8>> {
        match self {
            Self::Png => figure.png(),
            Self::Svg => Ok(figure.svg()?.into_bytes()),
        }
    }
}

/// `command` with the options that all programs share, and `--version`.
pub fn shared(command: Command) -> Command {
    let command = with::<Options>(command).version(env!("CARGO_PKG_VERSION")).max_term_width(100);
    config::hyphen_values(command)
}

/// `command` with the options of `A`, and still its own words about itself.
pub fn with<A: Args>(command: Command) -> Command {
    let texts = [command.get_about(), command.get_long_about()].map(|text| text.cloned().unwrap_or_default());
    let [about, long_about] = texts;
    A::augment_args(command).about(about).long_about(long_about)
}

/// `--resume`.
pub fn resume(help: &'static str) -> Arg {
    Arg::new("resume").long("resume").action(ArgAction::SetTrue).help(help)
}
