//! The pages under `docs` are true (`docs/README.md`).
//!
//! `PAGES=seconds` runs again also the commands that took at most so long when their results were kept.

use std::fs;

use anyhow::{Result, ensure};
use tests::{
    pages::{Task, files, work},
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
    let sources = workspace().join("exercises/src");
    let mut holes = vec![];
    for file in files(&sources, "rs")? {
        let module = file.strip_prefix(&sources)?.with_extension("");
        holes.extend(
            module.to_string_lossy().split_once('/').map(|(chapter, name)| format!("{chapter}::{name}::tests::task")),
        );
    }
    let mut commands = 0;
    for page in files(&workspace().join("docs"), "md")? {
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
    ensure!(commands > 2 * holes.len() - 10, "{commands} commands for {} exercises", holes.len());
    Ok(())
}
