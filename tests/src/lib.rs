//! What the tests and benchmarks beside this file share, and the program that keeps the pages true.

pub mod fixtures;
pub mod models;
pub mod pages;
pub mod programs;
pub mod sources;
pub mod twins;

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

pub use book::CHAPTERS;

/// The root of the workspace.
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this package lies in the workspace")
}

/// The executable of the program `name`, e.g. `sec2_4_autodiff`, built with the profile of the test that asks.
///
/// `cargo test` builds programs only for tests of their own package. So the first call in a process has cargo build those
/// of all chapters, which takes a moment where they are up to date; cargo holds no lock while tests run.
pub fn program(name: &str) -> PathBuf {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    let directory = DIRECTORY.get_or_init(|| {
        let me = env::current_exe().expect("a program knows where it lies"); // <target>/<profile>/pages, …/deps/<test>
        let directory = me.parent().expect("a directory");
        let directory = if directory.ends_with("deps") { directory.parent().expect("a directory") } else { directory };
        let profile = directory.file_name().expect("a directory has a name");
        let profile = if profile == "debug" { "dev".as_ref() } else { profile };
        let target = directory.parent().expect("a target directory");
        let status = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--workspace", "--bins"])
            .arg("--profile")
            .arg(profile)
            .arg("--target-dir")
            .arg(target)
            .current_dir(workspace())
            .status()
            .expect("cargo runs");
        assert!(status.success(), "the programs do not build");
        directory.to_owned()
    });
    directory.join(name).with_extension(env::consts::EXE_EXTENSION)
}

/// All programs as the disk lists them, `chapter*/src/bin/*.rs`: chapter and name, sorted.
pub fn chapter_programs() -> Vec<(String, String)> {
    let entries = |directory: &Path| {
        let entries = directory.read_dir().into_iter().flatten();
        entries.map(|entry| entry.expect("a readable entry").path())
    };
    let named = |path: &Path| path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let chapters = entries(workspace()).filter(|path| named(path).starts_with("chapter"));
    let mut programs: Vec<_> = chapters
        .flat_map(|chapter| {
            let sources = entries(&chapter.join("src/bin")).collect::<Vec<_>>().into_iter();
            let sources = sources.filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
            sources.map(move |source| (named(&chapter), named(&source)))
        })
        .collect();
    programs.sort();
    programs
}

/// The chapter, and so the package, of the program `name`.
pub fn package(name: &str) -> Option<String> {
    chapter_programs().into_iter().find(|(_, program)| program == name).map(|(chapter, _)| chapter)
}

/// The names of all programs, sorted.
pub fn programs() -> Vec<String> {
    let mut names: Vec<_> = chapter_programs().into_iter().map(|(_, name)| name).collect();
    names.sort();
    names
}

/// Those of [`programs()`] that show a section or a question; the others run a whole chapter.
pub fn section_programs() -> Vec<String> {
    programs().into_iter().filter(|name| !name.starts_with("chapter")).collect()
}
