//! Checks the pages under `docs`, or renews them: `cargo run --release -p tests --bin pages -- [--all | --text] [--renew]`.

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use tests::pages::{Task, work};

/// Checks the pages under `docs` against sources and programs
#[derive(Parser)]
struct Options {
    /// Run every command again, also those whose results are kept
    #[arg(long)]
    all: bool,
    /// Rewrite what stands below the markers
    #[arg(long)]
    renew: bool,
    /// Run nothing: outputs and figures stay as they are
    #[arg(long, conflicts_with = "all")]
    text: bool,
}

fn main() -> Result<ExitCode> {
    let options = Options::parse();
    let problems =
        work(Task { up_to: if options.all { f64::INFINITY } else { 0.0 }, renew: options.renew, text: options.text })?;
    problems.iter().for_each(|problem| eprintln!("{problem}"));
    Ok(if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
