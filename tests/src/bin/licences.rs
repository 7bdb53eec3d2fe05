//! Writes `THIRD-PARTY.md`: the licences of all packages that the programs, the site's module and the site are built from.
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

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

const HEAD: &str = "\
# Licences of others

This file is made by `cargo xtask licences`. It has every package that the programs (`book`) and the module for browsers
(`playground`) are built from on some platform, every package of which there is something in the site, and their licences'
texts, each text once. Beside these there are two files under licences of their own, with their texts beside them: the font of
the figures (`figure/assets/`) and the digits (`chapter5/assets/`).
";

/// What this repository ships.
const SHIPPED: [&str; 2] = ["book", "playground"];

/// What the site ships of others, by the text of its licence in `site/licences`: code that pages load, which `site/build` holds
/// to this list, and the outlines of formulas (MathJax). What only builds it does not count.
const SITE: [(&str, &[&str]); 8] = [
    ("focus-trap", &["focus-trap"]),
    ("mark.js", &["mark.js"]),
    ("mathjax", &["mathjax-full"]),
    ("minisearch", &["minisearch"]),
    ("tabbable", &["tabbable"]),
    ("vitepress", &["vitepress"]),
    ("vue", &["vue", "@vue/reactivity", "@vue/runtime-core", "@vue/runtime-dom", "@vue/shared"]),
    ("vueuse", &["@vueuse/core", "@vueuse/integrations", "@vueuse/shared"]),
];

/// Licence texts by their words: as they stand in one file, and the packages that have them.
type Texts = BTreeMap<String, (String, BTreeSet<String>)>;

fn main() -> Result<()> {
    let (file, text) = (Path::new(ROOT).join("THIRD-PARTY.md"), third_party()?);
    if std::env::args().any(|argument| argument == "--check") {
        ensure!(fs::read_to_string(file)? == text, "THIRD-PARTY.md is not up to date: cargo xtask licences");
        return Ok(());
    }
    Ok(fs::write(file, text)?)
}

fn add(texts: &mut Texts, path: &Path, package: &str) -> Result<()> {
    let content = fs::read(path).with_context(|| format!("{}: cannot read this file", path.display()))?;
    let content = String::from_utf8_lossy(&content).replace('\r', "");
    let words = content.split_whitespace().collect::<Vec<_>>().join(" ");
    texts.entry(words).or_insert((content.trim_end().to_owned(), BTreeSet::new())).1.insert(package.to_owned());
    Ok(())
}

/// The lines of the [`SITE`]'s packages, versions and licences from npm's own list.
fn site(texts: &mut Texts) -> Result<BTreeSet<String>> {
    let site = Path::new(ROOT).join("site");
    let lock: Value = serde_json::from_slice(&fs::read(site.join("package-lock.json"))?)?;
    let mut lines = BTreeSet::new();
    for (licence, package) in SITE.iter().flat_map(|(licence, packages)| packages.iter().map(move |p| (licence, p))) {
        let locked = &lock["packages"][format!("node_modules/{package}")];
        ensure!(locked.is_object(), "site/package-lock.json has no {package}");
        let name = format!("{package} {}", text(locked, "version"));
        lines.insert(format!("- {name}: {}", text(locked, "license")));
        add(texts, &site.join(format!("licences/{licence}.txt")), &name)?;
    }
    Ok(lines)
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
    let mut texts = Texts::new();
    for package in found.iter().map(|id| packages[id]).filter(|package| !package["source"].is_null()) {
        let name = format!("{} {}", text(package, "name"), text(package, "version"));
        names.insert(format!("- {name}: {}", text(package, "license")));
        let directory = Path::new(text(package, "manifest_path")).parent().context("a manifest lies somewhere")?;
        for entry in directory.read_dir()? {
            let path = entry?.path();
            let stem = path.file_name().unwrap_or_default().to_string_lossy().to_uppercase();
            let licence = ["LICENSE", "LICENCE", "COPYING", "NOTICE", "UNLICENSE"].iter().any(|l| stem.starts_with(l));
            if licence && path.is_file() {
                add(&mut texts, &path, &name)?;
            }
        }
    }
    let mut file = HEAD.to_owned() + "\n## Packages\n\n";
    names.iter().for_each(|name| file += &format!("{name}\n"));
    file += "\n## Packages in the site\n\n";
    site(&mut texts)?.iter().for_each(|name| file += &format!("{name}\n"));
    file += "\n## Texts\n";
    let mut texts: Vec<_> = texts.into_values().collect();
    texts.sort_by(|a, b| a.1.cmp(&b.1).then(a.0.cmp(&b.0)));
    for (content, packages) in texts {
        let packages: Vec<_> = packages.into_iter().collect();
        file += &format!("\n{}:\n\n~~~~text\n{content}\n~~~~\n", packages.join(", "));
    }
    Ok(file)
}
