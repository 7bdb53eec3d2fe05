//! The sections as a machine's own program runs them, for `playground/test.mjs` to compare with.
//!
//! Reads `["<section>", ["<argument>", …]]` line by line, and answers each with a line: the outcome, or what is wrong.

use std::{
    io::{self, BufRead as _, Write as _},
    thread,
};

use anyhow::{Result, anyhow};
use common::context::Silent;
use serde_json::json;

/// For graphs that are walked recursively, as deep as that of the programs.
const STACK_BYTES: usize = 1 << 28;

fn main() -> Result<()> {
    let answering = thread::Builder::new().stack_size(STACK_BYTES).spawn(answer)?;
    answering.join().map_err(|_| anyhow!("a section panicked"))?
}

fn answer() -> Result<()> {
    playground::provide(include_bytes!("../../chapter5/assets/digits.png").to_vec());
    for line in io::stdin().lock().lines() {
        let (name, arguments): (String, Vec<String>) = serde_json::from_str(&line?)?;
        let answer = match playground::run(&name, &arguments, Box::new(Silent)) {
            Ok(outcome) => serde_json::to_value(&outcome)?,
            Err(failure) => {
                json!({ "message": failure.message, "option": failure.option, "usage": failure.usage })
            }
        };
        writeln!(io::stdout(), "{answer}")?;
        io::stdout().flush()?;
    }
    Ok(())
}
