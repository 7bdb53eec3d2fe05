//! The pages under `docs` are true (`docs/README.md`).

use tests::pages::{Task, work};

#[test]
fn pages_are_true() -> anyhow::Result<()> {
    let problems = work(Task::default())?;
    anyhow::ensure!(problems.is_empty(), "{}", problems.join("\n"));
    Ok(())
}
