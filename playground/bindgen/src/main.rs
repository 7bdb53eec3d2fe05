//! `bindgen <file.wasm> <directory>`: writes `<file>.js` and `<file>_bg.wasm` for the web into the directory.

use std::env::args_os;

use anyhow::{Context as _, Result};

fn main() -> Result<()> {
    let mut arguments = args_os().skip(1);
    let mut next = || arguments.next().context("usage: bindgen <file.wasm> <directory>");
    let (input, output) = (next()?, next()?);
    let mut bindgen = wasm_bindgen_cli_support::Bindgen::new();
    bindgen.input_path(input).web(true)?.typescript(false).remove_name_section(true).remove_producers_section(true).generate(output)
}
