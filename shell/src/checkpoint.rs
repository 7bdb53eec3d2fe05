//! Checkpoints as files.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use candle_core::{Device, Tensor};
use common::{context::Checkpoint, section::one_line};
use serde_json::Value;

use crate::artifacts::{self, Artifacts};

/// Name of the file in the run's directory.
pub(crate) const FILE_NAME: &str = "checkpoint.safetensors";

/// The entry that tells whose checkpoint it is: JSON text, as bytes.
const RUN: &str = "run";

/// The entry with the checksum of a safetensors file of all others.
const CHECKSUM: &str = "checksum";

/// The last checkpoint of a run, and now and then its file.
pub(crate) struct Keeper {
    artifacts: Artifacts,
    run: Value,
    latest: Checkpoint,
    written: Instant,
    warned: bool,
}

impl Keeper {
    /// No checkpoint yet. `run` says whose they will be: program, version, seed, configuration.
    pub fn new(artifacts: Artifacts, run: Value) -> Self {
        Self { artifacts, run, latest: Checkpoint::new(), written: Instant::now(), warned: false }
    }

    /// Takes a new checkpoint; writes it at once if `now`, else every few seconds. If that fails then, the run goes on.
    pub fn keep(&mut self, checkpoint: &Checkpoint, now: bool) -> Result<()> {
        const INTERVAL: Duration = Duration::from_secs(3);
        self.latest = checkpoint.clone();
        if !now && self.written.elapsed() < INTERVAL {
            return Ok(());
        }
        self.written = Instant::now();
        match self.save() {
            Err(error) if !now => {
                if !std::mem::replace(&mut self.warned, true) {
                    eprintln!("warning: no checkpoint, for now: {}", one_line(&error));
                }
                Ok(())
            }
            result => result,
        }
    }

    /// Writes the last checkpoint, whole or not at all, and says what can be done with it.
    pub fn last_words(&mut self) -> Result<String> {
        if self.latest.is_empty() {
            return Ok("nothing to keep yet".into());
        }
        self.save()?;
        let file = self.artifacts.directory().join(FILE_NAME);
        Ok(format!("the same command with --resume continues from {}", file.display()))
    }

    fn save(&mut self) -> Result<()> {
        let mut tensors: Vec<_> = self.latest.clone().into_iter().collect();
        tensors.push((RUN.into(), Tensor::new(self.run.to_string().as_bytes(), &Device::Cpu)?));
        let checksum = crc32fast::hash(&artifacts::safetensors(&tensors)?);
        tensors.push((CHECKSUM.into(), Tensor::new(checksum, &Device::Cpu)?));
        self.artifacts.write_tensors(FILE_NAME, &tensors)
    }
}

/// Reads the checkpoint `file`. Errors unless it is what was written, and `run` is the run that wrote it.
pub fn load(file: &Path, run: &Value, device: &Device) -> Result<Checkpoint> {
    let name = file.display();
    ensure!(file.is_file(), "--resume: there is no checkpoint {name}");
    let unreadable = || format!("--resume: {name} is not a readable checkpoint");
    let content = fs::read(file).with_context(unreadable)?;
    let tensors = candle_core::safetensors::load_buffer(&content, device).with_context(unreadable)?;
    let mut checkpoint: Checkpoint = tensors.into_iter().collect();
    let checksum = checkpoint.remove(CHECKSUM).with_context(unreadable)?.to_scalar::<u32>().with_context(unreadable)?;
    let all: Vec<_> = checkpoint.clone().into_iter().collect();
    ensure!(checksum == crc32fast::hash(&artifacts::safetensors(&all)?), "--resume: {name} is damaged");
    // No dimension without entries: those that it has are as many as the file has room for.
    ensure!(all.iter().all(|(_, tensor)| tensor.elem_count() > 0), "--resume: {name} has an empty entry");
    let text = checkpoint.remove(RUN).with_context(unreadable)?;
    let text = text.to_vec1::<u8>().with_context(unreadable)?;
    let found: Value = serde_json::from_slice(&text).with_context(unreadable)?;
    // Through text as well, so that the numbers of both were read the same way.
    let wanted: Value = serde_json::from_str(&run.to_string())?;
    if let Some((key, found, wanted)) = difference("", &found, &wanted) {
        anyhow::bail!("--resume: {name} is of another run: {key} = {found} there, {wanted} here");
    }
    Ok(checkpoint)
}

/// The first entry that differs: its name and both values.
pub(crate) fn difference(key: &str, a: &Value, b: &Value) -> Option<(String, Value, Value)> {
    if let (Value::Object(a), Value::Object(b)) = (a, b) {
        let value = |map: &serde_json::Map<String, Value>, key| map.get(key).cloned().unwrap_or_default();
        return a.keys().chain(b.keys()).find_map(|key| difference(key, &value(a, key), &value(b, key)));
    }
    (a != b).then(|| (key.to_owned(), a.clone(), b.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn example() -> Result<Checkpoint> {
        let rows = Tensor::new(&[[1.0, 2.0], [3.0, 4.0]], &Device::Cpu)?;
        Ok([("learned/history".to_owned(), rows)].into())
    }

    #[test]
    fn no_flipped_bit_goes_on() -> Result<()> {
        let place = tempfile::tempdir()?;
        let run = json!({ "program": "p", "seed": 1 });
        let mut keeper = Keeper::new(Artifacts::new(place.path())?, run.clone());
        keeper.keep(&example()?, true)?;
        let file = place.path().join(FILE_NAME);
        let same = |found: &Checkpoint| -> Result<bool> {
            Ok(found.keys().eq(example()?.keys())
                && found["learned/history"].to_vec2::<f64>()? == [[1.0, 2.0], [3.0, 4.0]])
        };
        assert!(same(&load(&file, &run, &Device::Cpu)?)?);
        let refused = load(&file, &json!({ "program": "p", "seed": 2 }), &Device::Cpu).unwrap_err().to_string();
        assert!(refused.ends_with("seed = 1 there, 2 here"), "{refused}");

        let good = fs::read(&file)?;
        for bit in 0..8 * good.len() {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            fs::write(&file, bad)?;
            // One in a space between the entries of the header says the same.
            assert!(load(&file, &run, &Device::Cpu).map_or(Ok(true), |found| same(&found))?, "bit {bit}");
        }
        for length in 0..good.len() {
            fs::write(&file, &good[..length])?;
            assert!(load(&file, &run, &Device::Cpu).is_err(), "{length} bytes");
        }
        Ok(())
    }

    #[test]
    fn a_huge_shape_without_entries_is_refused() -> Result<()> {
        let place = tempfile::tempdir()?;
        let run = json!({});
        let empty = Tensor::zeros((1 << 40, 0), candle_core::DType::F64, &Device::Cpu)?;
        let mut keeper = Keeper::new(Artifacts::new(place.path())?, run.clone());
        keeper.keep(&[("learned/history".to_owned(), empty)].into(), true)?;
        let refused = load(&place.path().join(FILE_NAME), &run, &Device::Cpu).unwrap_err().to_string();
        assert!(refused.ends_with("has an empty entry"), "{refused}");
        Ok(())
    }

    #[test]
    fn a_checkpoint_that_cannot_be_written_does_not_end_the_run() -> Result<()> {
        let place = tempfile::tempdir()?;
        let mut keeper = Keeper::new(Artifacts::new(place.path())?, json!({}));
        fs::create_dir_all(place.path().join(FILE_NAME).join("in the way"))?;
        let long_ago = |keeper: &mut Keeper| keeper.written -= Duration::from_secs(60);
        for _ in 0..2 {
            long_ago(&mut keeper);
            keeper.keep(&example()?, false)?;
            assert!(keeper.warned);
        }
        assert!(keeper.last_words().is_err() && keeper.keep(&example()?, true).is_err());
        fs::remove_dir_all(place.path().join(FILE_NAME))?;
        long_ago(&mut keeper);
        keeper.keep(&example()?, false)?; // it tries again
        load(&place.path().join(FILE_NAME), &json!({}), &Device::Cpu).map(drop)
    }
}
