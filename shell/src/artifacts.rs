//! Files that appear whole or not at all.

use std::{
    collections::HashMap,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use candle_core::Tensor;
use serde_json::Value;

/// The file that says what a run was and what it wrote.
pub const SUMMARY: &str = "summary.json";

/// A directory that a run writes its files into.
#[derive(Debug)]
pub struct Artifacts {
    directory: PathBuf,
    /// The directories that this run made, the innermost first
    created: Vec<PathBuf>,
    written: Vec<String>,
}

impl Artifacts {
    /// Creates `directory` where it is missing and makes sure that it can be written to.
    pub fn new(directory: &Path) -> Result<Self> {
        let missing = |path: &&Path| !path.as_os_str().is_empty() && !path.exists();
        let created = directory.ancestors().take_while(missing);
        let artifacts =
            Self { directory: directory.to_owned(), created: created.map(Path::to_owned).collect(), written: vec![] };
        let attempt = fs::create_dir_all(directory).and_then(|()| tempfile::tempfile_in(directory));
        if let Err(error) = attempt {
            artifacts.abandon();
            let place = directory.display();
            return Err(error).with_context(|| format!("--out {place}: cannot write to this directory"));
        }
        Ok(artifacts)
    }

    /// Writes the file `name`: to a temporary file first, which then takes the name.
    pub fn write(&mut self, name: &str, content: &[u8]) -> Result<()> {
        self.place(name, |path| Ok(fs::File::create(path)?.write_all(content)?))
    }

    /// Writes `parameters` as the safetensors file `name`.
    pub fn write_tensors(&mut self, name: &str, parameters: &[(String, Tensor)]) -> Result<()> {
        let tensors: HashMap<&str, Tensor> = parameters.iter().map(|(k, v)| (k.as_str(), v.clone())).collect();
        self.place(name, |path| Ok(candle_core::safetensors::save(&tensors, path)?))
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

    /// Removes the files of an earlier run of `program` in this directory, as its summary lists them.
    pub fn remove_earlier(&mut self, program: &str) -> Result<()> {
        let Ok(text) = fs::read(self.directory.join(SUMMARY)) else {
            return Ok(());
        };
        let summary: Value = serde_json::from_slice(&text).unwrap_or_default();
        if summary["program"] != program {
            return Ok(());
        }
        let names = summary["files"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let mut plain = names.filter(|name| Path::new(name).file_name() == Some(name.as_ref()));
        plain.try_for_each(|name| self.remove(name))
    }

    /// The names of the files written so far.
    pub fn written(&self) -> &[String] {
        &self.written
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_nothing() -> Result<()> {
        let parent = tempfile::tempdir()?;
        let directory = parent.path().join("output/run");
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
        assert_eq!(fs::read_dir(parent.path())?.count(), 0);

        let mut artifacts = Artifacts::new(&directory)?;
        artifacts.write("whole.csv", b"whole")?;
        assert_eq!(fs::read_to_string(directory.join("whole.csv"))?, "whole");
        artifacts.abandon();
        assert!(directory.join("whole.csv").exists());
        Ok(())
    }
}
