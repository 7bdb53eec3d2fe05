//! Exercises of chapter 1, one file per page.

pub mod introduction;
pub mod tsin;
