//! The programs as their users meet them: on the disk, by their help, and by what a run leaves.

use std::{
    collections::BTreeMap,
    fs, io,
    path::Path,
    process::{Command, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;
use tests::program;

/// What a run left on the terminal.
#[derive(Debug)]
pub struct Run {
    /// Exit status; −1 if a signal ended it
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

/// A new directory that goes when the value goes.
pub fn scratch() -> TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

/// `name` as a command that would tell of a panic, in the directory `place`.
pub fn command(place: &Path, name: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program(name));
    command.args(arguments).current_dir(place).stdin(Stdio::null());
    command.env("RUST_BACKTRACE", "1").env_remove("RAYON_NUM_THREADS");
    command
}

/// Runs the command to its end, which must not be a panic.
pub fn finish(mut command: Command) -> Run {
    let output = command.output().expect("the program starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("programs print UTF-8");
    let run =
        Run { status: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) };
    for word in ["panicked", "backtrace", "internal error"] {
        assert!(!run.stderr.contains(word), "{command:?}: {}", run.stderr);
    }
    run
}

/// Runs the program in the directory `place`.
pub fn run(place: &Path, name: &str, arguments: &[&str]) -> Run {
    finish(command(place, name, arguments))
}

/// Runs what must succeed.
#[track_caller]
pub fn succeed(place: &Path, name: &str, arguments: &[&str]) -> Run {
    let run = run(place, name, arguments);
    assert_eq!(run.status, 0, "{name} {arguments:?}: {}", run.stderr);
    run
}

/// Runs what must fail with `status` and one line on standard error, and returns the line.
#[track_caller]
pub fn fail(place: &Path, name: &str, arguments: &[&str], status: i32) -> String {
    let run = run(place, name, arguments);
    assert_eq!(run.status, status, "{name} {arguments:?}: {}", run.stderr);
    assert_eq!(run.stdout, "", "{name} {arguments:?}");
    let line = run.stderr.strip_suffix('\n').expect("a whole line");
    assert!(line.starts_with("error: ") && !line.contains('\n'), "{name} {arguments:?}: {line}");
    line.to_owned()
}

/// The names in a directory, sorted.
pub fn names(directory: &Path) -> Vec<String> {
    let entries = directory.read_dir().expect("a directory");
    let name = |entry: io::Result<fs::DirEntry>| entry.expect("an entry").file_name();
    let mut names: Vec<_> = entries.map(|entry| name(entry).to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// The files in a directory and their contents; directories in it are left out.
pub fn files(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let named = names(directory).into_iter().map(|name| (directory.join(&name), name));
    let files = named.filter(|(path, _)| path.is_file());
    files.map(|(path, name)| (name, fs::read(path).expect("a readable file"))).collect()
}

/// An option, as `--help` describes it.
#[derive(Debug)]
pub struct Opt {
    /// With its dashes
    pub name: String,
    pub takes_value: bool,
    pub default: Option<String>,
    /// The values listed, where there is a list
    pub possible: Vec<String>,
}

/// The options in the help of `name`.
pub fn options(name: &str) -> Vec<Opt> {
    let help = succeed(scratch().path(), name, &["--help"]).stdout;
    let mut options: Vec<Opt> = vec![];
    for line in help.lines() {
        let text = line.trim_start();
        let indent = line.len() - text.len();
        let starts_here = text.starts_with('-') && (indent == 2 || indent == 6);
        if let Some(long) = text.find("--").filter(|_| starts_here) {
            let words: Vec<_> = text[long..].split(' ').collect();
            options.push(Opt {
                name: words[0].to_owned(),
                takes_value: words.len() > 1,
                default: None,
                possible: vec![],
            });
        } else if let Some(option) = options.last_mut() {
            let between = |start: &str| text.strip_prefix(start)?.strip_suffix(']');
            if let Some(default) = between("[default: ") {
                option.default = Some(default.to_owned());
            } else if let Some(list) = between("[possible values: ") {
                option.possible = list.split(", ").map(str::to_owned).collect();
            } else if let Some(item) = text.strip_prefix("- ").filter(|_| indent == 10) {
                let value = item.split(':').next().unwrap_or(item);
                option.possible.push(value.to_owned());
            }
        }
    }
    options
}

/// Options that make a long experiment tiny: these tests are about the shell, not about the results.
pub fn tiny(options: &[Opt]) -> Vec<&'static str> {
    if !has(options, "--quick") {
        return vec![]; // short as it is
    }
    let fewer = [["--num-generations", "2"], ["--num-updates", "3"], ["--num-seeds", "2"]];
    let fewer = fewer.into_iter().filter(|[name, _]| has(options, name));
    ["--quick"].into_iter().chain(fewer.flatten()).collect()
}

/// Whether there is an option `name`.
pub fn has(options: &[Opt], name: &str) -> bool {
    options.iter().any(|option| option.name == name)
}

/// Runs a tiny experiment into the directory `out` of `place`, where it must succeed.
#[track_caller]
pub fn tiny_run(place: &Path, name: &str, out: &str, arguments: &[&str]) -> Run {
    let arguments = [&tiny(&options(name)), &["--out", out][..], arguments].concat();
    succeed(place, name, &arguments)
}

/// A file as JSON.
pub fn json(file: &Path) -> Value {
    let text = fs::read_to_string(file).expect("a summary");
    serde_json::from_str(&text).expect("a summary is JSON")
}

/// A CSV file: its header and its rows. Every number must be written with the digits that make it exact again.
pub fn table(file: &Path) -> (Vec<String>, Vec<Vec<f64>>) {
    let text = fs::read_to_string(file).expect("a table");
    let mut lines = text.strip_suffix('\n').expect("whole lines").lines();
    let header: Vec<_> = lines.next().expect("a header").split(',').map(str::to_owned).collect();
    let rows = lines.enumerate().map(|(index, line)| {
        let cells: Vec<_> = line.split(',').collect();
        assert_eq!(cells.len(), header.len(), "{}: {line}", file.display());
        let value = |(column, cell): (usize, &&str)| {
            let value: f64 = if cell.is_empty() { f64::NAN } else { cell.parse().expect("a number") };
            let again = if column == 0 { format!("{value}") } else { format!("{value:?}") };
            assert!(cell.is_empty() || again == **cell, "{}, row {index}: {cell}", file.display());
            value
        };
        cells.iter().enumerate().map(value).collect()
    });
    let rows = rows.collect();
    (header, rows)
}
