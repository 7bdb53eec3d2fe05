//! Chapter 1: a program is differentiated.

use common::section::{Chapter, Entry};

mod report;
pub mod tsin;

/// The chapter, as the program `chapter1` runs it.
pub const CHAPTER: Chapter = Chapter {
    name: "chapter1",
    title: "a program is differentiated",
    sections: &[Entry::of::<tsin::Tsin>()],
    questions: &[],
};
