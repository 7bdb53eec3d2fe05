//! The exercises of the pages that ask for code.
//!
//! Each file has a function with a hole (`todo!()`), a solution, and a test of both. Fill the hole, then run the test of the
//! page's name, `cargo test -p exercises autodiff -- --ignored` for instance: without `--ignored` the solutions are tested.
#![allow(unused_variables, reason = "what a hole does not use yet")]

pub mod chapter1;
pub mod chapter2;
pub mod chapter3;
pub mod chapter4;
pub mod chapter5;
pub mod chapter6;
pub mod tour;
