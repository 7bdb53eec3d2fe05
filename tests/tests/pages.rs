//! The pages under `docs` are true (`docs/README.md`).
//!
//! `PAGES=seconds` runs again also the commands that took at most so long when their results were kept.

use std::{fs, path::Path};

use anyhow::{Result, ensure};
use tests::{
    pages::{Task, work},
    workspace,
};

#[test]
fn pages_are_true() -> Result<()> {
    let up_to = std::env::var("PAGES").ok().map_or(0.0, |seconds| seconds.parse().expect("PAGES is a number"));
    let problems = work(Task { up_to, ..Task::default() })?;
    ensure!(problems.is_empty(), "{}", problems.join("\n"));
    Ok(())
}

/// The command under an exercise checks that exercise and no other, whose hole may still be one.
#[test]
fn commands_for_exercises_name_one_each() -> Result<()> {
    let below = |directory: &Path| -> Result<Vec<_>> {
        Ok(fs::read_dir(directory)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?)
    };
    let name = |path: &Path| path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let mut holes = vec![];
    for chapter in below(&workspace().join("exercises/src"))?.iter().filter(|path| path.is_dir()) {
        holes.extend(below(chapter)?.iter().map(|file| format!("{}::{}::tests::task", name(chapter), name(file))));
    }
    let mut commands = 0;
    for language in ["en", "ja"] {
        for page in below(&workspace().join("docs").join(language))? {
            for rest in fs::read_to_string(&page)?.split("cargo test -p exercises ").skip(1) {
                let filter = rest.split(' ').next().unwrap_or_default();
                if filter == "NAME" {
                    continue;
                }
                let count = holes.iter().filter(|hole| hole.contains(filter)).count();
                ensure!(count == 1, "{}: '{filter}' names {count} exercises", page.display());
                commands += 1;
            }
        }
    }
    ensure!(commands > 2 * holes.len() - 10, "{commands} commands for {} exercises", holes.len());
    Ok(())
}
