//! What the tests and benchmarks beside this file share.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

/// The root of the workspace.
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this package lies in the workspace")
}

/// The executable of the program `name`, e.g. `sec2_4_autodiff`, built with the profile of the test that asks.
///
/// `cargo test` builds programs only for tests of their own package. So the first call in a process has cargo build those
/// of all chapters, which takes a moment where they are up to date; cargo holds no lock while tests run. The test is named
/// too, since cargo chooses the features of dependencies for all that it builds at once: programs alone would get another
/// build of candle.
pub fn program(name: &str) -> PathBuf {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    let directory = DIRECTORY.get_or_init(|| {
        let test = env::current_exe().expect("a test knows where it lies"); // <target>/<profile>/deps/<test>
        let directory = test.ancestors().nth(2).expect("a directory per profile");
        let profile = directory.file_name().expect("a directory has a name");
        let profile = if profile == "debug" { "dev".as_ref() } else { profile };
        let target = directory.parent().expect("a target directory");
        let test = test.file_stem().expect("a name").to_string_lossy(); // <name>-<hash>
        let (test, _) = test.rsplit_once('-').expect("a hash");
        let status = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--workspace", "--bins", "--test", test])
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

/// The names of all programs, sorted, as the disk lists them: `chapter*/src/bin/*.rs`.
pub fn programs() -> Vec<String> {
    let entries = |directory: &Path| {
        let entries = directory.read_dir().into_iter().flatten();
        entries.map(|entry| entry.expect("a readable entry").path())
    };
    let named = |path: &Path| path.file_stem().map(|name| name.to_string_lossy().into_owned());
    let chapters = entries(workspace()).filter(|path| named(path).is_some_and(|name| name.starts_with("chapter")));
    let sources = chapters.flat_map(|chapter| entries(&chapter.join("src/bin")));
    let mut names: Vec<_> = sources
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .filter_map(|path| named(&path))
        .collect();
    names.sort();
    names
}

/// Those of [`programs`] that show a section or a question; the others run a whole chapter.
pub fn section_programs() -> Vec<String> {
    programs().into_iter().filter(|name| !name.starts_with("chapter")).collect()
}
