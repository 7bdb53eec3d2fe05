//! Commands of the pages, what they print and draw, and what is kept of those that take long.
//!
//! A command that took [`SLOW`] seconds or more when the pages were renewed is kept in `docs/kept.json`, with a stamp of the
//! sources that its result depends on. While the stamp is right it need not run again.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};

use super::{
    WIDTH,
    comparison::{same_text, shape},
    files, stem,
};
use crate::{package, program, sources::code, workspace};

/// From so many seconds on, a result is kept.
pub(super) const SLOW: f64 = 2.0;

/// What a command printed, or the error that it ended with.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Printed {
    pub(super) failed: bool,
    pub(super) text: String,
}

/// A command that has run: the figures that it drew by file stem.
#[derive(Debug, Clone, Default)]
pub(super) struct Run {
    pub(super) printed: Printed,
    pub(super) figures: BTreeMap<String, String>,
    pub(super) seconds: f64,
}

/// A command that took long: the digests of its figures by their names on the pages.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) stamp: String,
    pub(super) seconds: f64,
    pub(super) printed: Printed,
    pub(super) figures: BTreeMap<String, String>,
}

/// Program and arguments of `cargo run --release [--features …] --bin NAME -- ARGUMENTS`.
pub(super) fn parse(command: &str) -> Result<(&str, Vec<&str>)> {
    let mut words = command.split_whitespace().peekable();
    ensure!(
        ["cargo", "run", "--release"].iter().all(|word| words.next() == Some(word)),
        "`{command}`: not `cargo run --release …`"
    );
    if words.next_if_eq(&"--features").is_some() {
        words.next();
    }
    ensure!(words.next() == Some("--bin"), "`{command}`: no --bin");
    let name = words.next().context("no program after --bin")?;
    ensure!(matches!(words.next(), None | Some("--")), "`{command}`: no `--` before the arguments");
    Ok((name, words.collect()))
}

/// Runs a command in a directory of its own.
pub(super) fn run(command: &str) -> Result<Run> {
    let (name, arguments) = parse(command)?;
    let directory = tempfile::tempdir()?;
    let program = program(name);
    let begin = Instant::now();
    let output = Command::new(program).args(arguments).current_dir(directory.path()).output();
    let output = output.with_context(|| format!("`{command}`: no such program"))?;
    let seconds = begin.elapsed().as_secs_f64();
    let failed = !output.status.success();
    let text = if failed {
        let printed = String::from_utf8(output.stderr)?;
        printed.lines().filter(|line| line.starts_with("error: ")).map(wrapped).collect()
    } else {
        String::from_utf8(output.stdout)?
    };
    let mut figures = BTreeMap::new();
    let drawn = directory.path().join("output");
    if drawn.exists() {
        for file in files(&drawn, "svg")? {
            figures.insert(stem(&file), fs::read_to_string(&file)?);
        }
    }
    Ok(Run { printed: Printed { failed, text }, figures, seconds })
}

/// An error is one line, however long: on a page it goes on in the next ones.
fn wrapped(line: &str) -> String {
    let (mut lines, mut width) = (String::new(), 0);
    for word in line.split(' ') {
        let length = word.chars().count();
        let space = if width == 0 { "" } else { " " };
        let space = if width + 1 + length > WIDTH { "\n  " } else { space };
        width = if space.starts_with('\n') { 2 + length } else { width + space.len() + length };
        lines += space;
        lines += word;
    }
    lines + "\n"
}

/// Whether a command's program accepts its arguments: `--version` comes after all other arguments, which are looked at first.
pub(super) fn accepted(command: &str) -> bool {
    parse(command).is_ok_and(|(name, arguments)| {
        let output = Command::new(program(name)).args(arguments).arg("--version").output();
        output.is_ok_and(|output| output.status.success())
    })
}

/// The figure called `name` among those drawn by `command`. A figure is called `PROGRAM`, `PROGRAM-variant` or, of a
/// program that draws several, `PROGRAM-stem` or `PROGRAM-stem-variant`.
pub(super) fn drawn<'a>(name: &str, command: &str, figures: &'a BTreeMap<String, String>) -> Result<&'a String> {
    let mut parts = name.split('-');
    let program = parse(command)?.0;
    ensure!(parts.next() == Some(program), "{name}.svg: its name does not begin with {program}");
    let wanted =
        if figures.len() == 1 { figures.values().next() } else { parts.next().and_then(|stem| figures.get(stem)) };
    wanted.with_context(|| format!("{name}.svg: `{command}` draws {:?}", figures.keys()))
}

/// Whether two results are the same, by digits or, of a command whose digits hang on the processor, by shape.
pub(super) fn same(a: &str, b: &str, chaotic: bool) -> bool {
    if chaotic { shape(a) == shape(b) } else { same_text(a, b) }
}

fn kept_file() -> PathBuf {
    workspace().join("docs/kept.json")
}

/// What is kept, by command.
pub(super) fn kept() -> Result<BTreeMap<String, Kept>> {
    if !kept_file().exists() {
        return Ok(BTreeMap::new());
    }
    serde_json::from_str(&fs::read_to_string(kept_file())?).context("docs/kept.json")
}

/// Writes what is kept.
pub(super) fn keep(kept: &BTreeMap<String, Kept>) -> Result<()> {
    Ok(fs::write(kept_file(), serde_json::to_string_pretty(kept)? + "\n")?)
}

/// FNV-1a: the same everywhere and always, which std's hashers do not promise.
pub(super) fn digest(bytes: &[u8]) -> String {
    let hash = bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016x}")
}

/// A digest of all that the results of the program `name` depend on: the packages of this workspace below its chapter's, and
/// the versions of all others below it.
pub(super) fn stamp(name: &str) -> Result<String> {
    let package = package(name).with_context(|| format!("no source of a program {name}"))?;
    let lock = fs::read_to_string(workspace().join("Cargo.lock"))?;
    let mut parts = vec![];
    for (package, version) in below(&lock, &package) {
        let directory = workspace().join(&package);
        if !directory.is_dir() {
            parts.push(version);
            continue;
        }
        for file in files(&directory, "")? {
            let path = file.strip_prefix(workspace())?.to_string_lossy().replace('\\', "/");
            let content = fs::read(&file)?;
            parts.push(match path.ends_with(".rs") {
                true => format!("{path} {}", digest(code(&String::from_utf8(content)?).as_bytes())),
                false => format!("{path} {}", digest(&content)),
            });
        }
    }
    Ok(digest(parts.join("\n").as_bytes()))
}

/// Names of the packages that `Cargo.lock` has below `root`, itself among them, with name and version.
fn below(lock: &str, root: &str) -> BTreeMap<String, String> {
    let field = |package: &str, name: &str| -> Option<String> {
        let line = package.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(" = \""))?;
        Some(line.trim_end_matches('"').to_owned())
    };
    let packages: BTreeSet<&str> = lock.split("[[package]]\n").collect();
    let (mut found, mut next) = (BTreeMap::new(), vec![root.to_owned()]);
    while let Some(name) = next.pop() {
        let versions = packages.iter().filter(|package| field(package, "name").as_ref() == Some(&name));
        let mut described = name.clone();
        for package in versions {
            described += &format!(" {}", field(package, "version").unwrap_or_default());
            let list = package.split_once("dependencies = [").map_or("", |(_, list)| list);
            let names = list.lines().filter_map(|line| line.trim().strip_prefix('"')?.split(['"', ' ']).next());
            next.extend(names.map(str::to_owned).filter(|name| !found.contains_key(name)));
        }
        found.insert(name, described);
    }
    found
}

/// A path below the root of the workspace, as messages name it.
pub(super) fn shown(path: &Path) -> String {
    path.strip_prefix(workspace()).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_error_goes_on_in_the_next_line() {
        let words = "word ".repeat(45);
        let lines = wrapped(words.trim());
        assert!(lines.lines().count() == 3 && lines.lines().all(|line| line.chars().count() <= WIDTH), "{lines}");
        assert_eq!(lines.split_whitespace().count(), 45);
        assert_eq!(wrapped("error: short"), "error: short\n");
    }

    #[test]
    fn a_command_that_is_none_is_seen() {
        for command in [
            "cargo run --release --bin sec0_a",
            "cargo run --release --features cuda --bin sec0_a",
            "cargo run --release --bin sec0_a -- --x 1",
        ] {
            assert!(parse(command).is_ok_and(|(name, _)| name == "sec0_a"));
        }
        for command in ["cargo run --bin sec0_a", "cargo run --release --bin sec0_a --x 1", "cargo run --release --bin"]
        {
            assert!(parse(command).is_err(), "{command}");
        }
    }

    #[test]
    fn figures_are_called_after_their_program() -> Result<()> {
        let one = BTreeMap::from([("curve".to_owned(), "1".to_owned())]);
        let two = BTreeMap::from([("curve".to_owned(), "1".to_owned()), ("loss".to_owned(), "2".to_owned())]);
        let command = "cargo run --release --bin sec0_a";
        for (name, figures) in
            [("sec0_a", &one), ("sec0_a-fast", &one), ("sec0_a-curve", &two), ("sec0_a-curve-fast", &two)]
        {
            assert_eq!(drawn(name, command, figures)?, "1");
        }
        for (name, figures) in [("sec0_b", &one), ("sec0_a", &two), ("sec0_a-fast", &two), ("sec0_a", &BTreeMap::new())]
        {
            assert!(drawn(name, command, figures).is_err(), "{name}");
        }
        Ok(())
    }

    #[test]
    fn a_stamp_changes_with_code_and_versions_only() {
        let source = "//! Doc\nfn f() {\n    1 // one\n}\n\n#[cfg(test)]\nmod tests {}\n";
        assert_eq!(code(source), code(&source.replace("Doc", "Words").replace("tests {}", "tests { fn g() {} }")));
        assert_ne!(code(source), code(&source.replace('1', "2")));
        assert_ne!(digest(b"1"), digest(b"2"));
        let lock = "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"1\"\ndependencies = [\n \"b\",\n \"c 2.0\",\n]\n\n[[package]]\nname = \"b\"\nversion = \"3\"\n\n[[package]]\nname = \"c\"\nversion = \"2.0\"\ndependencies = [\n \"b\",\n]\n\n[[package]]\nname = \"d\"\nversion = \"1\"\n";
        let found = below(lock, "a");
        assert_eq!(found.values().collect::<Vec<_>>(), ["a 1", "b 3", "c 2.0"]);
        assert_ne!(found, below(&lock.replace("\"3\"", "\"4\""), "a"));
        assert_eq!(found, below(&lock.replace("\"d\"\nversion = \"1\"", "\"d\"\nversion = \"2\""), "a"));
    }

    #[test]
    fn a_stamp_is_the_same_twice_and_differs_by_chapter() -> Result<()> {
        assert_eq!(stamp("sec2_4_autodiff")?, stamp("sec2_4_autodiff")?);
        assert_ne!(stamp("sec2_4_autodiff")?, stamp("sec3_du_gd")?);
        assert!(stamp("sec0_none").is_err());
        Ok(())
    }
}
