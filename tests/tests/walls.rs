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
    for package in ["figure", "common"].into_iter().chain(chapters) {
        let sources = below(&format!("{package}/src"));
        assert!(!sources.is_empty(), "{package}");
        for (path, source) in sources {
            assert_eq!(native(&source), [""; 0], "{}", path.display());
        }
    }
}

#[test]
fn libraries_without_their_programs_depend_on_nothing_native() {
    for chapter in CHAPTERS {
        let tree =
            ["tree", "--offline", "--no-default-features", "-e", "normal", "--prefix", "none", "-p", chapter.name];
        let output = Command::new(env!("CARGO")).args(tree).current_dir(workspace()).output().expect("cargo runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let tree = String::from_utf8_lossy(&output.stdout);
        let packages: Vec<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
        assert!(packages.contains(&"candle-core"), "{tree}");
        for native in ["ctrlc", "mimalloc", "indicatif", "tempfile", "shell"] {
            assert!(!packages.contains(&native), "{} depends on {native}", chapter.name);
        }
    }
}

#[test]
fn a_section_fits_on_a_few_screens() {
    for chapter in CHAPTERS {
        let directory = workspace().join(chapter.name).join("src");
        let sections = below(&format!("{}/src", chapter.name)).into_iter();
        for (path, source) in sections.filter(|(path, _)| path.parent() == Some(&directory)) {
            let lines = length(&source);
            assert!(lines <= 200, "{}: {lines} lines without tests", path.display());
        }
    }
}
