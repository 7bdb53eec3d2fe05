//! The whole book: its chapters in order.

use common::section::Chapter;

/// All chapters, in the book's order.
pub const CHAPTERS: &[&Chapter] = &[
    &chapter1::CHAPTER,
    &chapter2::CHAPTER,
    &chapter3::CHAPTER,
    &chapter4::CHAPTER,
    &chapter5::CHAPTER,
    &chapter6::CHAPTER,
];
