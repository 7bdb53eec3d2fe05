//! Checkpoints as files.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use candle_core::{Device, Tensor};
use common::context::Checkpoint;
use serde_json::Value;

use crate::artifacts::Artifacts;

/// Name of the file in the run's directory.
pub const FILE_NAME: &str = "checkpoint.safetensors";

/// The entry that tells whose checkpoint it is: JSON text, as bytes.
const RUN: &str = "run";

/// Writes `checkpoint`, whole or not at all. `run` says whose it is: program, seed, configuration.
pub fn save(artifacts: &mut Artifacts, checkpoint: &Checkpoint, run: &Value) -> Result<()> {
    let mut tensors: Vec<_> = checkpoint.clone().into_iter().collect();
    tensors.push((RUN.into(), Tensor::new(run.to_string().as_bytes(), &Device::Cpu)?));
    artifacts.write_tensors(FILE_NAME, &tensors)
}

/// Reads the checkpoint `file`. Errors unless it is whole and `run` is the run that wrote it.
pub fn load(file: &Path, run: &Value, device: &Device) -> Result<Checkpoint> {
    let name = file.display();
    ensure!(file.exists(), "--resume: there is no checkpoint {name}");
    let unreadable = || format!("--resume: {name} is not a readable checkpoint");
    let mut checkpoint: Checkpoint =
        candle_core::safetensors::load(file, device).with_context(unreadable)?.into_iter().collect();
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
fn difference(key: &str, a: &Value, b: &Value) -> Option<(String, Value, Value)> {
    if let (Value::Object(a), Value::Object(b)) = (a, b) {
        let value = |map: &serde_json::Map<String, Value>, key| map.get(key).cloned().unwrap_or_default();
        return a.keys().chain(b.keys()).find_map(|key| difference(key, &value(a, key), &value(b, key)));
    }
    (a != b).then(|| (key.to_owned(), a.clone(), b.clone()))
}
