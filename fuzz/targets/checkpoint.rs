//! `--resume`: a checkpoint, as it is, and with the checksum that its content asks for.
#![no_main]

use std::{fs, path::Path};

use candle_core::{Device, Tensor};
use serde_json::{Value, json};
use shell::{artifacts, checkpoint};

/// The checkpoint of these bytes, if it is one of `run`.
fn load(file: &Path, bytes: &[u8], run: &Value) {
    fs::write(file, bytes).expect("a place for temporary files");
    if let Ok(checkpoint) = checkpoint::load(file, run, &Device::Cpu) {
        assert!(checkpoint.values().all(|tensor| tensor.elem_count() > 0));
    }
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let (file, run) =
        (std::env::temp_dir().join(format!("checkpoint-{}", std::process::id())), json!({"program": "fuzz"}));
    load(&file, bytes, &run);
    let Ok(mut tensors) = candle_core::safetensors::load_buffer(bytes, &Device::Cpu) else { return };
    tensors.remove("checksum");
    let mut tensors: Vec<_> = tensors.into_iter().collect();
    let Ok(content) = artifacts::safetensors(&tensors) else { return };
    tensors.push(("checksum".into(), Tensor::new(crc32fast::hash(&content), &Device::Cpu).expect("a tensor")));
    load(&file, &artifacts::safetensors(&tensors).expect("one more entry"), &run);
});
