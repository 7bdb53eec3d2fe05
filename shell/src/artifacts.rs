//! Files that appear whole or not at all, in a directory that one run at a time writes into.

use std::{
    collections::BTreeMap,
    fs::{self, File, TryLockError},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, Result};
use candle_core::Tensor;
use common::table::Table;
use serde_json::Value;
use tempfile::NamedTempFile;

/// The file that says what a run was and what it wrote.
pub(crate) const SUMMARY: &str = "summary.json";

/// What the name of a file begins and ends with as long as it is not whole.
const UNFINISHED: (&str, &str) = (".partial-", ".unfolding");

/// A directory that a run writes its files into.
#[derive(Debug, Clone)]
pub(crate) struct Artifacts {
    directory: PathBuf,
    /// The directories that this run made, the innermost first
    created: Vec<PathBuf>,
    written: Vec<String>,
    /// Locked as long as there is a clone of this
    _lock: Option<Arc<File>>,
}

impl Artifacts {
    /// Creates `directory` where it is missing, locks it, makes sure that it can be written to, and clears what a killed run
    /// left unfinished in it.
    pub fn new(directory: &Path) -> Result<Self> {
        let missing = |path: &&Path| !path.as_os_str().is_empty() && !path.exists();
        let created = directory.ancestors().take_while(missing).map(Path::to_owned).collect();
        let mut artifacts = Self { directory: directory.to_owned(), created, written: vec![], _lock: None };
        let attempt = || -> io::Result<_> {
            fs::create_dir_all(directory)?;
            let lock = lock(directory)?;
            unfinished(directory)?;
            clear_unfinished(directory)?;
            Ok(lock)
        };
        match attempt() {
            Ok(lock) => artifacts._lock = lock,
            Err(error) => {
                artifacts.abandon();
                let place = directory.display();
                return Err(error).with_context(|| format!("--out {place}: cannot write to this directory"));
            }
        }
        Ok(artifacts)
    }

    /// Writes the file `name`: to a temporary file first, which then takes the name.
    pub fn write(&mut self, name: &str, content: &[u8]) -> Result<()> {
        let target = self.directory.join(name);
        let attempt = || -> io::Result<()> {
            let mut file = unfinished(&self.directory)?;
            file.write_all(content)?;
            file.persist(&target)?;
            Ok(())
        };
        attempt().with_context(|| format!("cannot write {}", target.display()))?;
        if !self.written.iter().any(|written| written == name) {
            self.written.push(name.to_owned());
        }
        Ok(())
    }

    /// Writes `table` as `<stem>.csv`.
    pub fn write_table(&mut self, stem: &str, table: &Table) -> Result<()> {
        self.write(&format!("{stem}.csv"), table.to_csv().as_bytes())
    }

    /// Writes `summary` with the names of all files in it, its own the last.
    pub fn write_summary(&mut self, mut summary: Value) -> Result<()> {
        let others = self.written.iter().map(String::as_str).filter(|name| *name != SUMMARY);
        summary["files"] = others.chain([SUMMARY]).collect();
        self.write(SUMMARY, (serde_json::to_string_pretty(&summary)? + "\n").as_bytes())
    }

    /// Writes `parameters` as the safetensors file `name`.
    pub fn write_tensors(&mut self, name: &str, parameters: &[(String, Tensor)]) -> Result<()> {
        self.write(name, &safetensors(parameters)?)
    }

    /// Removes the file `name` of an earlier time, if there is one.
    pub fn remove(&self, name: &str) -> Result<()> {
        let path = self.directory.join(name);
        if path.is_file() {
            fs::remove_file(path).with_context(|| format!("cannot remove {name}"))?;
        }
        Ok(())
    }

    /// Removes the files of an earlier run of `program` in this directory, as its summary lists them, but for those that this
    /// run has written anew.
    pub fn remove_earlier(&self, program: &str) -> Result<()> {
        let path = self.directory.join(SUMMARY);
        let text = if path.is_file() { fs::read(path)? } else { vec![] };
        let summary: Value = serde_json::from_slice(&text).unwrap_or_default();
        if summary["program"] != program {
            return Ok(());
        }
        let names = summary["files"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let plain = names.filter(|name| Path::new(name).file_name() == Some(name.as_ref()));
        let mut old = plain.filter(|name| !self.written.iter().any(|written| written == name));
        old.try_for_each(|name| self.remove(name))
    }

    /// Removes this directory with the files of an earlier run of `program`, if nothing else is in it.
    pub fn clear(self, program: &str) -> Result<()> {
        self.remove_earlier(program)?;
        let _ = fs::remove_dir(&self.directory); // refuses, rightly, where files are
        Ok(())
    }

    /// Where the files go.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The files written so far, e.g. `output/sec2_4_autodiff: summary.json, path.png`.
    pub fn listing(&self) -> String {
        const WIDTH: usize = 100 - "files in ".len();
        let mut listing = format!("{}:", self.directory.display());
        let mut width = listing.chars().count();
        for (i, file) in self.written.iter().enumerate() {
            let comma = if i + 1 < self.written.len() { "," } else { "" };
            width += 1 + file.len() + comma.len();
            if width > WIDTH {
                listing += "\n ";
                width = 2 + file.len() + comma.len();
            }
            listing += &format!(" {file}{comma}");
        }
        listing
    }

    /// After a failure: removes the directories that this run created, those in which nothing was written.
    pub fn abandon(self) {
        for directory in self.created {
            let _ = fs::remove_dir(directory); // refuses, rightly, where files are
        }
    }
}

/// Locks the directory itself, so that no file is left. Where that cannot be done, as on Windows, there is no lock.
fn lock(directory: &Path) -> io::Result<Option<Arc<File>>> {
    let Ok(file) = File::open(directory) else {
        return Ok(None);
    };
    match file.try_lock() {
        Ok(()) => Ok(Some(Arc::new(file))),
        Err(TryLockError::WouldBlock) => Err(io::Error::other("another run is writing into it")),
        Err(TryLockError::Error(_)) => Ok(None),
    }
}

/// A file that is not whole yet. It gets the rights that any new file gets.
fn unfinished(directory: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666)); // less the umask
    builder.prefix(UNFINISHED.0).suffix(UNFINISHED.1).tempfile_in(directory)
}

fn clear_unfinished(directory: &Path) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(UNFINISHED.0) && name.ends_with(UNFINISHED.1) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Tensors as the content of a safetensors file, in an order of their own; of several with one name, the last.
pub fn safetensors(tensors: &[(String, Tensor)]) -> Result<Vec<u8>> {
    let by_name: BTreeMap<&str, &Tensor> = tensors.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
    Ok(::safetensors::serialize(by_name, None)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_nothing() -> Result<()> {
        let parent = tempfile::tempdir()?;
        let directory = parent.path().join("output/run");
        let mut artifacts = Artifacts::new(&directory)?;
        fs::create_dir_all(directory.join("taken/by a directory"))?;
        assert!(artifacts.write("taken", b"whole").is_err() && artifacts.written.is_empty());
        fs::remove_dir_all(directory.join("taken"))?;
        assert_eq!(fs::read_dir(&directory)?.count(), 0);
        artifacts.abandon();
        assert_eq!(fs::read_dir(parent.path())?.count(), 0);

        let mut artifacts = Artifacts::new(&directory)?;
        artifacts.write("whole.csv", b"whole")?;
        assert_eq!(fs::read_to_string(directory.join("whole.csv"))?, "whole");
        artifacts.abandon();
        assert!(directory.join("whole.csv").exists());
        Ok(())
    }

    #[test]
    fn one_run_at_a_time_and_what_a_killed_one_left_is_cleared() -> Result<()> {
        let parent = tempfile::tempdir()?;
        unfinished(parent.path())?.keep()?;
        fs::write(parent.path().join(".partial-x"), "mine")?;
        let first = Artifacts::new(parent.path())?;
        let names: Vec<_> = fs::read_dir(parent.path())?.map(|entry| Ok(entry?.file_name())).collect::<Result<_>>()?;
        assert_eq!(names, [".partial-x"]);
        let copy = first.clone();
        drop(first);
        let refused = format!("{:#}", Artifacts::new(parent.path()).unwrap_err());
        assert!(refused.ends_with("another run is writing into it"), "{refused}");
        drop(copy);
        Artifacts::new(parent.path()).map(drop)
    }

    #[cfg(unix)]
    #[test]
    fn files_have_the_rights_of_any_new_file() -> Result<()> {
        use std::os::unix::fs::PermissionsExt as _;
        let parent = tempfile::tempdir()?;
        let mut artifacts = Artifacts::new(parent.path())?;
        artifacts.write_tensors("tensors", &[])?;
        artifacts.write("text", b"")?;
        fs::write(parent.path().join("any"), "")?;
        let mode = |name| Ok(fs::metadata(parent.path().join(name))?.permissions().mode());
        let modes = ["tensors", "text"].into_iter().map(mode).collect::<Result<Vec<_>>>()?;
        assert_eq!(modes, vec![mode("any")?; 2]);
        Ok(())
    }
}
