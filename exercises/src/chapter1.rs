//! Exercises of chapter 1, one file per page.

pub mod tsin;
