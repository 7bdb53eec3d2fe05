//! Writes `THIRD-PARTY.md`: the licences of all packages that the programs and the site's module are built from.
//!
//! `cargo run --release -p tests --bin licences [-- --check]`; with `--check` it complains if the file would change.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::Command,
};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../THIRD-PARTY.md");

const HEAD: &str = "\
# Licences of others

This file is made by `cargo xtask licences`. It has every package that the programs (`book`) and the module for browsers
(`playground`) are built from on some platform, and their licences' texts, each text once. Beside these there are two files
under licences of their own, with their texts beside them: the font of the figures (`figure/assets/`) and the digits
(`chapter5/assets/`).
";

/// What this repository ships.
const SHIPPED: [&str; 2] = ["book", "playground"];

fn main() -> Result<()> {
    let text = third_party()?;
    if std::env::args().any(|argument| argument == "--check") {
        ensure!(fs::read_to_string(FILE)? == text, "THIRD-PARTY.md is not up to date: cargo xtask licences");
        return Ok(());
    }
    Ok(fs::write(FILE, text)?)
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

fn list<'a>(value: &'a Value, field: &str) -> &'a [Value] {
    value[field].as_array().map_or(&[], Vec::as_slice)
}

fn third_party() -> Result<String> {
    let arguments = ["metadata", "--format-version", "1", "--locked"];
    let output = Command::new(env!("CARGO")).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output()?;
    ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let packages: BTreeMap<&str, &Value> =
        list(&metadata, "packages").iter().map(|package| (text(package, "id"), package)).collect();
    let nodes = list(&metadata["resolve"], "nodes").iter().map(|node| (text(node, "id"), node));
    let nodes: BTreeMap<&str, &Value> = nodes.collect();

    let shipped = packages.iter().filter(|(_, package)| SHIPPED.contains(&text(package, "name")));
    let mut to_visit: Vec<&str> = shipped.map(|(id, _)| *id).collect();
    let mut found = BTreeSet::new();
    while let Some(id) = to_visit.pop() {
        if !found.insert(id) {
            continue;
        }
        let needed = |dependency: &&Value| list(dependency, "dep_kinds").iter().any(|kind| kind["kind"].is_null());
        let dependencies = list(nodes[id], "deps").iter().filter(needed);
        to_visit.extend(dependencies.map(|dependency| text(dependency, "pkg")));
    }

    let mut names = BTreeSet::new();
    let mut texts: BTreeMap<String, (String, BTreeSet<String>)> = BTreeMap::new(); // by their words
    for package in found.iter().map(|id| packages[id]).filter(|package| !package["source"].is_null()) {
        let name = format!("{} {}", text(package, "name"), text(package, "version"));
        names.insert(format!("- {name}: {}", text(package, "license")));
        let directory = Path::new(text(package, "manifest_path")).parent().context("a manifest lies somewhere")?;
        for entry in directory.read_dir()? {
            let path = entry?.path();
            let stem = path.file_name().unwrap_or_default().to_string_lossy().to_uppercase();
            let licence = ["LICENSE", "LICENCE", "COPYING", "NOTICE", "UNLICENSE"].iter().any(|l| stem.starts_with(l));
            if licence && path.is_file() {
                let content = String::from_utf8_lossy(&fs::read(&path)?).replace('\r', "");
                let words = content.split_whitespace().collect::<Vec<_>>().join(" ");
                let (_, packages) = texts.entry(words).or_insert((content.trim_end().to_owned(), BTreeSet::new()));
                packages.insert(name.clone());
            }
        }
    }
    let mut file = HEAD.to_owned() + "\n## Packages\n\n";
    names.iter().for_each(|name| file += &format!("{name}\n"));
    file += "\n## Texts\n";
    let mut texts: Vec<_> = texts.into_values().collect();
    texts.sort_by(|a, b| a.1.cmp(&b.1).then(a.0.cmp(&b.0)));
    for (content, packages) in texts {
        let packages: Vec<_> = packages.into_iter().collect();
        file += &format!("\n{}:\n\n~~~~text\n{content}\n~~~~\n", packages.join(", "));
    }
    Ok(file)
}
