//! What the test files share.

#![allow(dead_code, reason = "each test file uses its part")]

pub mod fixtures;
pub mod programs;
