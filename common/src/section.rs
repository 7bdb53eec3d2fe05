//! What a section of a chapter is: a configuration, a computation and what it has to show.

use anyhow::Result;
use candle_core::Tensor;
use clap::Args;
use serde::Serialize;

use crate::{config::Overrides, context::Context, plot::Figure, table::Table};

/// A section of the book as a program. `run` and `report` are pure: no files, clock, environment or terminal.
pub trait Section {
    /// The program's name, `sec<chapter>_<section>_<topic>`
    const NAME: &'static str;
    /// What the section shows, in one line
    const TITLE: &'static str;
    /// What `--help` teaches: a few short paragraphs
    const HELP: &'static str;
    /// Named settings other than the defaults (`--preset`); one called `quick` becomes the flag `--quick`
    const PRESETS: &'static [Preset] = &[];
    /// Whether the program can start from saved parameters (`--load`)
    const LOADS: bool = false;
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
