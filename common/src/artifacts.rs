//! Files that appear whole or not at all.

use std::{
    collections::HashMap,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use candle_core::Tensor;

/// A directory that a run writes its files into.
#[derive(Debug)]
pub struct Artifacts {
    directory: PathBuf,
    created: bool,
    written: Vec<String>,
}

impl Artifacts {
    /// Creates `directory` where it is missing and makes sure that it can be written to.
    pub fn new(directory: &Path) -> Result<Self> {
        let created = !directory.exists();
        let problem = || {
            format!(
                "--out {}: cannot write to this directory",
                directory.display()
            )
        };
        fs::create_dir_all(directory).with_context(problem)?;
        tempfile::tempfile_in(directory).with_context(problem)?;
        Ok(Self {
            directory: directory.to_owned(),
            created,
            written: vec![],
        })
    }

    /// Writes the file `name`: to a temporary file first, which then takes the name.
    pub fn write(&mut self, name: &str, content: &[u8]) -> Result<()> {
        self.place(name, |path| Ok(fs::File::create(path)?.write_all(content)?))
    }

    /// Writes `parameters` as the safetensors file `name`.
    pub fn write_tensors(&mut self, name: &str, parameters: &[(String, Tensor)]) -> Result<()> {
        let tensors: HashMap<&str, Tensor> = parameters
            .iter()
            .map(|(k, v)| (k.as_str(), v.clone()))
            .collect();
        self.place(name, |path| {
            Ok(candle_core::safetensors::save(&tensors, path)?)
        })
    }

    fn place(&mut self, name: &str, write: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
        let target = self.directory.join(name);
        let attempt = || -> Result<()> {
            let mut builder = tempfile::Builder::new();
            #[cfg(unix)]
            builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
            let file = builder.prefix(".partial-").tempfile_in(&self.directory)?;
            write(file.path())?;
            file.persist(&target)?;
            Ok(())
        };
        attempt().with_context(|| format!("cannot write {}", target.display()))?;
        self.written.push(name.to_owned());
        Ok(())
    }

    /// Removes the file `name` of an earlier time, if there is one.
    pub fn remove(&mut self, name: &str) -> Result<()> {
        match fs::remove_file(self.directory.join(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("cannot remove {name}"))
            }
            _ => Ok(()),
        }
    }

    /// The files written so far, e.g. `output/sec2_4_autodiff: summary.json, path.png`.
    pub fn listing(&self) -> String {
        format!("{}: {}", self.directory.display(), self.written.join(", "))
    }

    /// After a failure: removes the directory if this run created it and nothing was written.
    pub fn abandon(self) {
        if self.created {
            let _ = fs::remove_dir(&self.directory); // refuses, rightly, where files are
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_nothing() -> Result<()> {
        let parent = tempfile::tempdir()?;
        let directory = parent.path().join("run");
        let mut artifacts = Artifacts::new(&directory)?;
        assert!(
            artifacts
                .place("half.csv", |path| {
                    fs::write(path, "half")?;
                    anyhow::bail!("stopped in the middle")
                })
                .is_err()
        );
        assert_eq!(fs::read_dir(&directory)?.count(), 0);
        artifacts.abandon();
        assert!(!directory.exists());

        let mut artifacts = Artifacts::new(&directory)?;
        artifacts.write("whole.csv", b"whole")?;
        assert_eq!(fs::read_to_string(directory.join("whole.csv"))?, "whole");
        artifacts.abandon();
        assert!(directory.join("whole.csv").exists());
        Ok(())
    }
}
