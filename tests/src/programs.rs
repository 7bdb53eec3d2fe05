//! The programs as their users meet them: on the disk, by their help, and by what a run leaves.

use std::{
    collections::BTreeMap,
    fs, io,
    path::Path,
    process::{Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::{CHAPTERS, program};

/// What a run left on the terminal.
#[derive(Debug)]
pub struct Run {
    /// Exit status; −1 if a signal ended it
    pub status: i32,
    /// What it printed
    pub stdout: String,
    /// What it complained of
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
    read(&command, output)
}

fn read(command: &Command, output: Output) -> Run {
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

/// [`run`] that takes no longer than `limit`; none if it had to be killed.
pub fn run_for(place: &Path, name: &str, arguments: &[&str], limit: Duration) -> Option<Run> {
    let mut command = command(place, name, arguments);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    let begin = Instant::now();
    while child.try_wait().expect("a child").is_none() {
        if begin.elapsed() > limit {
            child.kill().and_then(|()| child.wait()).expect("a child that can be killed");
            return None;
        }
        thread::sleep(Duration::from_millis(2));
    }
    Some(read(&command, child.wait_with_output().expect("its output")))
}

/// Asserts that a run was done, or failed with one line; it may have ended in no other way.
#[track_caller]
pub fn survived(run: &Run, what: &str) {
    match run.status {
        0 => {}
        1 | 2 => {
            assert!(run.stderr.starts_with("error: ") && run.stderr.lines().count() == 1, "{what}: {}", run.stderr)
        }
        _ => panic!("{what}: {}", run.stderr),
    }
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

/// An option of a program.
#[derive(Debug)]
pub struct Opt {
    /// With its dashes
    pub name: String,
    /// Whether a value follows it
    pub takes_value: bool,
    /// The value that it has without being given, entries of a list separated by commas
    pub default: Option<String>,
    /// The values listed, where there is a list
    pub possible: Vec<String>,
}

/// The command line of the program `name`.
pub fn command_line(name: &str) -> clap::Command {
    let chapter = CHAPTERS.iter().find(|chapter| chapter.name == name);
    let entry = CHAPTERS.iter().flat_map(|chapter| chapter.entries()).find(|entry| entry.name == name);
    let mut command = match (chapter, entry) {
        (Some(chapter), _) => shell::chapter_command(chapter),
        (_, Some(entry)) => shell::section_command(entry),
        _ => panic!("no chapter lists {name}"),
    };
    command.build();
    command
}

/// The options of the program `name`, as its command line has them.
pub fn options(name: &str) -> Vec<Opt> {
    let command = command_line(name);
    let arguments = command.get_arguments().filter(|argument| !argument.is_hide_set());
    let options = arguments.map(|argument| {
        let takes_value = argument.get_action().takes_values();
        let defaults: Vec<_> = argument.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
        let possible = if takes_value { argument.get_possible_values() } else { vec![] };
        Opt {
            name: format!("--{}", argument.get_long().expect("all arguments are options")),
            takes_value,
            default: (takes_value && !defaults.is_empty()).then(|| defaults.join(",")),
            possible: possible.iter().map(|value| value.get_name().to_owned()).collect(),
        }
    });
    options.collect()
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

/// A CSV file: its header and its rows. Every number must be written with the digits that make it exact again; a row's name
/// in the first column is read as NaN.
pub fn table(file: &Path) -> (Vec<String>, Vec<Vec<f64>>) {
    let text = fs::read_to_string(file).expect("a table");
    let mut lines = text.strip_suffix('\n').expect("whole lines").lines();
    let header: Vec<_> = lines.next().expect("a header").split(',').map(str::to_owned).collect();
    let rows = lines.enumerate().map(|(index, line)| {
        let cells: Vec<_> = line.split(',').collect();
        assert_eq!(cells.len(), header.len(), "{}: {line}", file.display());
        let value = |(column, cell): (usize, &&str)| {
            let nothing = cell.is_empty() || (column == 0 && cell.parse::<f64>().is_err());
            let value: f64 = if nothing { f64::NAN } else { cell.parse().expect("a number") };
            let again = if column == 0 { format!("{value}") } else { format!("{value:?}") };
            assert!(nothing || again == **cell, "{}, row {index}: {cell}", file.display());
            value
        };
        cells.iter().enumerate().map(value).collect()
    });
    let rows = rows.collect();
    (header, rows)
}
