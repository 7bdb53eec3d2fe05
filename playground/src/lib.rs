//! The sections for a browser: what there is to set, and what comes out of a run, as JSON.
//!
//! Everything is taken from the chapters' lists: options, defaults, help and presets from [`common::section::Entry`], ranges
//! and messages from the command line's own parsers. [`sections()`] is for a form, [`run()`] for what it sends, and
//! [`explorables()`] for pictures that answer at once. `browser` is the same for JavaScript.

#[cfg(target_arch = "wasm32")]
mod browser;
mod explorables;
mod run;
mod sections;

pub use explorables::{Control, Explorable, Text, explorables, explore};
pub use run::{Drawn, Failure, Outcome, Parameter, Sheet, provide, run};
pub use sections::{Choice, Field, Preset, Section, sections};

use common::section::Entry;

/// The section of this name.
fn entry(name: &str) -> Option<&'static Entry> {
    book::CHAPTERS.iter().flat_map(|chapter| chapter.entries()).find(|entry| entry.name == name)
}
