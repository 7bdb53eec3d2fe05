//! The walls between the packages, and the length of a section (`CONTRIBUTING.md`).

use std::process::Command;

use tests::{
    CHAPTERS,
    sources::{below, length, native},
    workspace,
};

#[test]
fn libraries_name_nothing_that_a_browser_lacks() {
    let chapters = CHAPTERS.iter().map(|chapter| chapter.name);
    for package in ["figure", "common", "playground"].into_iter().chain(chapters) {
        let sources = below(&format!("{package}/src"));
        assert!(!sources.is_empty(), "{package}");
        for (path, source) in sources {
            assert_eq!(native(&source), [""; 0], "{}", path.display());
        }
    }
}

/// The packages below `package` without its programs, to a depth.
fn dependencies(package: &str, depth: &str) -> Vec<String> {
    let tree = ["tree", "--offline", "--no-default-features", "-e", "normal", "--prefix", "none", "-p", package];
    let output = Command::new(env!("CARGO")).args(tree).args(["--depth", depth]).current_dir(workspace()).output();
    let output = output.expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8_lossy(&output.stdout);
    tree.lines().filter_map(|line| Some(line.split(' ').next()?.to_owned())).collect()
}

#[test]
fn libraries_without_their_programs_depend_on_nothing_native() {
    for package in CHAPTERS.iter().map(|chapter| chapter.name).chain(["common", "figure", "playground"]) {
        let all = dependencies(package, "100");
        assert!(all.iter().any(|name| name == "plotters"), "{all:?}");
        for native in ["signal-hook", "mimalloc", "indicatif", "shell"] {
            assert!(!all.iter().any(|name| name == native), "{package} depends on {native}");
        }
        // candle's safetensors brings it along; none of ours asks for it.
        assert!(!dependencies(package, "1").iter().any(|name| name == "tempfile"), "{package} depends on tempfile");
    }
    assert!(dependencies("shell", "1").iter().any(|name| name == "signal-hook")); // what is looked for would be found
}

#[test]
fn a_section_fits_on_a_few_screens() {
    let mut long = vec![];
    for chapter in CHAPTERS {
        let directory = workspace().join(chapter.name).join("src");
        let sections = below(&format!("{}/src", chapter.name)).into_iter();
        let sections = sections.filter(|(_, source)| source.contains("impl Section for "));
        for (path, source) in sections.filter(|(path, _)| path.parent() == Some(&directory)) {
            let lines = length(&source);
            if lines > 200 {
                long.push(format!("{}: {lines} lines without tests", path.display()));
            }
        }
    }
    assert_eq!(long, [""; 0]);
}
