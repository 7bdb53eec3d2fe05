//! Our side of the comparison with JAX and PyTorch: `cargo bench --bench frameworks [-- NAME …]`, without names all trainings.
//! With `SAVE_DATA=DIR` in the environment the data of each training goes to `DIR/NAME.safetensors` first.
//!
//! A JSON line for each: seconds of the first run and, as the median, of further runs in the same process, and the last loss.
//! `tests/frameworks/compare.py` runs it in turn with the others.

mod sections;

use std::{collections::HashMap, path::Path, time::Instant};

use anyhow::Result;
use sections::{Prepare, Prepared, TRAININGS};
use shell::process;

fn seconds(training: &dyn Fn() -> Result<f64>) -> Result<(f64, f64)> {
    let begin = Instant::now();
    let loss = training()?;
    Ok((begin.elapsed().as_secs_f64(), loss))
}

/// As `trainings.py` measures: the first run, then others for half a second.
fn measure(name: &str, prepare: Prepare) -> Result<()> {
    let Prepared { data, train } = prepare()?;
    if let Some(directory) = std::env::var_os("SAVE_DATA") {
        let path = Path::new(&directory).join(name).with_extension("safetensors");
        candle_core::safetensors::save(&data.into_iter().collect::<HashMap<_, _>>(), path)?;
    }
    let (first, loss) = seconds(&train)?;
    let mut again = vec![];
    while again.iter().sum::<f64>() < 0.5 {
        again.push(seconds(&train)?.0);
    }
    again.sort_by(f64::total_cmp);
    let again = (again[(again.len() - 1) / 2] + again[again.len() / 2]) / 2.0;
    let line = serde_json::json!({ "training": name, "first_s": first, "again_s": again, "loss": loss });
    println!("{line}");
    Ok(())
}

fn main() -> Result<()> {
    process::set_thread_count()?;
    let names: Vec<String> = std::env::args().skip(1).filter(|name| !name.starts_with('-')).collect();
    process::with_deep_stack(|| {
        process::start_workers()?;
        let wanted = |name: &str| names.is_empty() || names.iter().any(|wanted| wanted == name);
        TRAININGS.iter().filter(|(name, _)| wanted(name)).try_for_each(|(name, prepare)| measure(name, *prepare))
    })
}
