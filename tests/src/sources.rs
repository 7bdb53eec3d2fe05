//! The sources of the workspace: what they may name, and how long a section may be.

use std::{fs, path::PathBuf};

use crate::workspace;

/// What the pure packages must not name: a browser has none of it.
const NATIVE: [&str; 5] = ["std::fs", "std::env", "std::time", "std::process", "std::thread"];

/// A source without comments on lines of their own and without the tests at its end.
pub fn code(source: &str) -> String {
    let lines = source.lines().take_while(|line| *line != "#[cfg(test)]").map(str::trim);
    lines.filter(|line| !line.starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// What a source names of the operating system.
pub fn native(source: &str) -> Vec<String> {
    let paths: Vec<String> = paths(&code(source));
    let native = |path: &&String| {
        let named = |name: &str| path.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"));
        NATIVE.iter().any(|name| named(name)) || path.starts_with("std::io::std")
    };
    paths.iter().filter(native).cloned().collect()
}

/// Every path that begins with `std::`, those in braces one by one.
fn paths(code: &str) -> Vec<String> {
    let code: String = code.split_whitespace().collect::<Vec<_>>().join(" ");
    code.match_indices("std::").flat_map(|(at, start)| expanded("std", &code[at + start.len()..]).0).collect()
}

/// The paths that begin at `prefix::rest`, and what follows them.
fn expanded<'a>(prefix: &str, rest: &'a str) -> (Vec<String>, &'a str) {
    let Some(mut inside) = rest.strip_prefix('{') else {
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let (path, after) = (format!("{prefix}::{}", &rest[..end]), &rest[end..]);
        return match after.strip_prefix("::") {
            Some(after) => expanded(&path, after),
            None => (vec![path], after),
        };
    };
    let mut paths = vec![];
    loop {
        inside = inside.trim_start_matches([',', ' ']);
        if let Some(after) = inside.strip_prefix('}') {
            return (paths, after);
        }
        let (found, after) = expanded(prefix, inside);
        paths.extend(found);
        // `as name`, or the end of a text that is no program
        let Some(next) = after.find([',', '}']) else { return (paths, "") };
        inside = &after[next..];
    }
}

/// The lines of a source before its tests.
pub fn length(source: &str) -> usize {
    source.lines().take_while(|line| *line != "#[cfg(test)]").count()
}

/// The Rust files below a directory of the workspace, sorted; of programs (`bin`) none.
pub fn below(directory: &str) -> Vec<(PathBuf, String)> {
    let mut found = vec![];
    let mut directories = vec![workspace().join(directory)];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(&directory).into_iter().flatten() {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() && !path.ends_with("src/bin") {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let source = fs::read_to_string(&path).expect("a source");
                found.push((path, source));
            }
        }
    }
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_browser_lacks_is_seen() {
        for (source, expected) in [
            ("use std::fs;", "std::fs"),
            ("use std::{\n    collections::BTreeMap,\n    env,\n};", "std::env"),
            ("let now = std::time::Instant::now();", "std::time::Instant::now"),
            ("use std::{fmt, io::{self, stdout}, sync::Arc};", "std::io::stdout"),
            ("std::thread::spawn(f)", "std::thread::spawn"),
            ("use std::{cell::{Cell, RefCell}, process::Command as C};", "std::process::Command"),
        ] {
            assert_eq!(native(source), [expected], "{source}");
        }
        let pure = "// std::fs\nuse std::{collections::BTreeMap, fmt::Write as _, io::Read};\nlet environment = std::f64::consts::PI;\n#[cfg(test)]\nmod tests {\n    use std::fs;\n}\n";
        assert_eq!(native(pure), [""; 0]);
        assert_eq!(length(pure), 3);
    }
}
