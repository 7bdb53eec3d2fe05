//! One word for each task: `cargo xtask check | renew | references | measure | licences`.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
};

const USAGE: &str = "\
usage: cargo xtask TASK

  check             everything that must hold: format, lints, docs, licences, tests, pages anew, every program once
  renew             makes the pages true again: quotes, outputs, figures, tables
  renew --all       the same, and runs every command, also those whose results are kept
  renew --text      the same, and runs none: outputs and figures stay as they are
  references        writes the reference values of other frameworks again (Python)
  measure [ARGS]    writes the measurements that the pages quote again (Python; ARGS go to the comparison with frameworks)
  licences          writes the licences of the packages that are used here again
";

type Result<T = ()> = std::result::Result<T, String>;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["check"] => check(),
        ["renew"] => pages(&["--renew"]),
        ["renew", option @ ("--all" | "--text")] => pages(&["--renew", option]),
        ["references"] => references(),
        ["measure", ref rest @ ..] => measure(rest),
        ["licences"] => licences(&[]),
        _ => Err(USAGE.to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{}", problem.trim_end());
            ExitCode::FAILURE
        }
    }
}

fn check() -> Result {
    cargo(&["fmt", "--all", "--check"])?;
    cargo(&["clippy", "--release", "--workspace", "--all-targets", "--", "-D", "warnings"])?;
    let mut doc = command(env!("CARGO"), &["doc", "--release", "--workspace", "--no-deps"]);
    run(doc.env("RUSTDOCFLAGS", "-D warnings -A rustdoc::invalid_html_tags"))?;
    licences(&["--check"])?;
    if Command::new(env!("CARGO")).args(["deny", "--version"]).output().is_ok_and(|output| output.status.success()) {
        for manifest in ["Cargo.toml", "playground/bindgen/Cargo.toml", "fuzz/Cargo.toml"] {
            // None of them has all that deny.toml speaks of.
            let fewer = ["unmatched-skip", "license-not-encountered", "license-exception-not-encountered"];
            let fewer: Vec<_> = fewer.iter().flat_map(|lint| ["-A", lint]).collect();
            let check = ["deny", "--manifest-path", manifest, "check"];
            cargo(&[&check[..], &fewer, &["licenses", "bans", "sources"]].concat())?;
        }
    } else {
        println!("== skipped: cargo-deny is not installed, deny.toml is not checked");
    }
    // The README's command for tests, and of the results that are kept those that took ten seconds or less.
    run(command(env!("CARGO"), &["test", "--release", "--workspace"]).env("PAGES", "10"))?;
    programs()
}

fn pages(arguments: &[&str]) -> Result {
    cargo(&[&["run", "--release", "--quiet", "--package", "tests", "--bin", "pages", "--"], arguments].concat())
}

/// The licences of what is used here, in `THIRD-PARTY.md`.
fn licences(arguments: &[&str]) -> Result {
    cargo(&[&["run", "--release", "--quiet", "--package", "tests", "--bin", "licences", "--"], arguments].concat())
}

/// Every program once, as a user would run it, at its quick settings where it has some.
fn programs() -> Result {
    cargo(&["build", "--release", "--workspace", "--bins"])?;
    let output = root().join("target/check");
    let _ = fs::remove_dir_all(&output);
    for package in entries(&root()).map_err(|error| error.to_string())? {
        let tool = package.ends_with("tests") || package.ends_with("xtask");
        for source in entries(&package.join("src/bin")).unwrap_or_default().iter().filter(|_| !tool) {
            let name = source.file_stem().unwrap_or_default().to_string_lossy();
            let program = root().join("target/release").join(&*name);
            let help = Command::new(&program).arg("--help").output().map_err(|e| format!("{name}: {e}"))?;
            let quick = String::from_utf8_lossy(&help.stdout).contains("--quick");
            let mut command = Command::new(&program);
            command.args(quick.then_some("--quick")).arg("--out").arg(output.join(&*name));
            println!("== {name}{}", if quick { " --quick" } else { "" });
            run(command.current_dir(root()))?;
        }
    }
    fs::remove_dir_all(output).map_err(|e| e.to_string())
}

fn references() -> Result {
    let python = environment("target/reference-venv", "tests/reference/requirements.txt")?;
    run(&mut command(&python, &["tests/reference/generate.py"]))
}

fn measure(arguments: &[&str]) -> Result {
    for table in ["handwritten", "operations", "growth", "threads"] {
        let bench = &mut command(env!("CARGO"), &["bench", "--quiet", "--bench", "tables", "--", table]);
        write(bench, &format!("docs/measured/{table}.txt"))?;
    }
    write(&mut command(PYTHON, &["tests/candle/measure.py"]), "docs/measured/candle.txt")?;
    book()?;
    let compare = &mut command(PYTHON, &[&["tests/frameworks/compare.py"], arguments].concat());
    write(compare, "docs/measured/frameworks.txt")?;
    pages(&["--renew"])
}

/// Each section's seconds in a run of the whole book, and their share.
fn book() -> Result {
    const FILE: &str = "docs/measured/book.txt";
    println!("{FILE}");
    cargo(&["build", "--release", "--package", "book"])?;
    let printed = printed(&mut command("target/release/book", &["--questions", "--out", "target/book"]))?;
    let mut table = "| section | seconds | share |\n|---|--:|--:|\n".to_owned();
    for line in String::from_utf8_lossy(&printed).lines().skip(1) {
        // A name, a result in words, seconds, a share: two spaces or more between them.
        let cells: Vec<&str> = line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
        if let [name, _, .., seconds, share] = cells[..] {
            table += &format!("| `{name}` | {seconds} | {share} |\n");
        }
    }
    fs::write(root().join(FILE), table).map_err(|error| format!("{FILE}: {error}"))
}

const PYTHON: &str = "python3";

/// The interpreter of a virtual environment with the packages listed.
fn environment(directory: &str, requirements: &str) -> Result<String> {
    let python = format!("{directory}/bin/python");
    if !root().join(&python).exists() {
        run(&mut command(PYTHON, &["-m", "venv", directory]))?;
        run(&mut command(&python, &["-m", "pip", "install", "-q", "-r", requirements]))?;
    }
    Ok(python)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this package lies in the workspace").to_owned()
}

/// What a directory holds, sorted.
fn entries(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut entries = directory.read_dir()?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    entries.sort();
    Ok(entries)
}

fn cargo(arguments: &[&str]) -> Result {
    run(&mut command(env!("CARGO"), arguments))
}

/// A command in the root of the workspace; a program with a slash in its name lies below it.
fn command(program: &str, arguments: &[&str]) -> Command {
    let program = if program.contains('/') { root().join(program) } else { program.into() };
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root());
    command
}

fn run(command: &mut Command) -> Result {
    let status = command.status().map_err(|error| format!("{command:?}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{command:?}: {status}")) }
}

/// What a command prints, once it has succeeded.
fn printed(command: &mut Command) -> Result<Vec<u8>> {
    let output = command.stderr(Stdio::inherit()).output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() { Ok(output.stdout) } else { Err(format!("{command:?}: {}", output.status)) }
}

/// Writes what a command prints to a file.
fn write(command: &mut Command, file: &str) -> Result {
    println!("{file}");
    fs::write(root().join(file), printed(command)?).map_err(|error| format!("{file}: {error}"))
}
