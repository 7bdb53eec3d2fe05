//! The program `book`: all chapters in order, a row for what fails, and its exit status.

use std::{fs, process::Command};

use anyhow::Result;
use book::CHAPTERS;

#[test]
fn chapters_are_in_order_and_no_program_is_there_twice() {
    let names: Vec<_> = CHAPTERS.iter().map(|chapter| chapter.name).collect();
    assert!(names.is_sorted() && !names.is_empty());
    let mut programs: Vec<_> = CHAPTERS.iter().flat_map(|chapter| chapter.entries()).map(|entry| entry.name).collect();
    let count = programs.len();
    programs.sort_unstable();
    programs.dedup();
    assert_eq!(programs.len(), count);
}

fn book(arguments: &[&str], directory: &std::path::Path) -> Result<(Option<i32>, String, String)> {
    let output = Command::new(tests::program("book")).args(arguments).current_dir(directory).output()?;
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    Ok((output.status.code(), text(&output.stdout), text(&output.stderr)))
}

#[test]
fn one_chapter_runs_and_a_section_that_fails_has_its_row() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let (status, table, progress) = book(&["--quick", "--only", "1", "--format", "svg"], directory.path())?;
    assert_eq!(status, Some(0), "{progress}");
    assert!(table.starts_with("section") && table.contains("sec1_tsin") && !table.contains("sec6"), "{table}");
    assert_eq!(progress, "book: 1/1 sec1_tsin\n");
    let files = directory.path().join("output/book/chapter1/sec1_tsin");
    assert!(files.join("tsin.svg").exists());

    fs::remove_dir_all(&files)?;
    fs::write(&files, "in the way")?; // the directory cannot be made
    let (status, table, errors) = book(&["--only", "1,6", "--quick"], directory.path())?;
    assert_eq!(status, Some(1));
    assert!(table.contains("FAILED") && table.contains("sec6_neural_ode"), "{table}");
    assert!(errors.ends_with("error: 1 of 7 sections failed: sec1_tsin\n"), "{errors}");
    Ok(())
}

#[test]
fn an_unknown_chapter_is_wrong_usage() -> Result<()> {
    let (status, _, errors) = book(&["--only", "9"], &std::env::temp_dir())?;
    assert_eq!(status, Some(2));
    assert!(errors.starts_with("error: invalid value '9' for '--only <N,…>': chapters 1, "), "{errors}");
    Ok(())
}
