//! One run of one section: from its configuration to its files.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context as _, Result};
use candle_core::Device;
use clap::ArgMatches;
use common::{
    context::{Context, InputFile, Interrupted, device_name},
    section::{Entry, Input, Report},
    training::Diverged,
};
use serde_json::{Map, Value, json};

use crate::{
    artifacts::{Artifacts, SUMMARY},
    checkpoint,
    options::Options,
    process,
    terminal::{Clock, Shown, Terminal, lock},
};

/// A section that has run and whose files are written.
pub struct Finished {
    /// What it reported
    pub report: Report,
    /// Seconds by phase
    pub seconds: [(&'static str, f64); 3],
    /// Directory and files
    pub listing: String,
}

/// Runs `entry` with the configuration and the inputs that `matches` say, from its checkpoint if `resume`, into `out`.
pub fn run(entry: &Entry, matches: &ArgMatches, options: &Options, resume: bool, out: &Path) -> Result<Finished> {
    let section = entry.prepare(matches)?;
    let configuration = section.configuration.clone();
    let device = options.device.open()?;
    let mut context = Context::new(options.seed);
    let run = json!({ "program": entry.name, "seed": options.seed, "configuration": configuration });
    if resume {
        context.checkpoint = checkpoint::load(&out.join(checkpoint::FILE_NAME), &run, &Device::Cpu)?;
    }
    if entry.resumes {
        process::catch_interrupt()?;
    }
    for input in entry.inputs {
        if let Some(path) = matches.get_one::<PathBuf>(input.name) {
            context.inputs.insert(input.name, read_input(input, path)?);
        }
    }
    let mut artifacts = Artifacts::new(out)?;
    let clock = Clock::start();
    let observer = Terminal {
        name: entry.name,
        quiet: options.quiet,
        clock: clock.clone(),
        run,
        checkpoints: Artifacts::new(out)?,
        written: Instant::now(),
        shown: Shown::Nothing { first: None },
    };
    let mut context = context.with(device, Box::new(observer));

    let mut report = match section.run(&mut context) {
        Ok(report) => report,
        Err(error) if error.is::<Interrupted>() => {
            let advice = match context.checkpoint.is_empty() {
                true => "nothing to keep yet".to_owned(),
                false => format!(
                    "the same command with --resume continues from {}",
                    out.join(checkpoint::FILE_NAME).display()
                ),
            };
            artifacts.abandon();
            return Err(Interrupted(format!("{error}; {advice}")).into());
        }
        Err(error) => return Err(save_what_there_is(error, entry.name, artifacts)),
    };
    for (stem, table) in &report.tables {
        artifacts.write(&format!("{stem}.csv"), table.to_csv().as_bytes())?;
    }
    if !report.parameters.is_empty() {
        artifacts.write_tensors("params.safetensors", &report.parameters)?;
    }
    let mut left_out = String::new();
    for (stem, figure) in &report.figures {
        let name = format!("{stem}.{}", options.format.extension());
        // What was learned is worth more than a figure of it.
        match options.format.render(figure) {
            Ok(drawn) => artifacts.write(&name, &drawn)?,
            Err(error) => left_out += &format!("\n{name} is left out: {error:#}"),
        }
    }
    report.summary = report.summary.trim_end().to_owned() + &left_out;
    let seconds = lock(&clock).seconds();
    let summary = json!({
        "program": entry.name,
        "configuration": configuration,
        "seed": options.seed,
        "device": device_name(&context.device),
        "threads": process::thread_count(),
        "final_loss": report.final_loss,
        "parameters": parameters_json(&report)?,
        "files": artifacts.written().iter().map(String::as_str).chain([SUMMARY]).collect::<Vec<_>>(),
        "seconds": seconds.iter().map(|&(name, s)| (name.to_owned(), json!(s))).collect::<Map<_, _>>(),
    });
    artifacts.write(SUMMARY, (serde_json::to_string_pretty(&summary)? + "\n").as_bytes())?;
    if entry.resumes {
        artifacts.remove(checkpoint::FILE_NAME)?;
    }
    Ok(Finished { listing: artifacts.listing(), report, seconds })
}

/// The file that `path` names, or those of the input that are in the directory which it names.
fn read_input(input: &Input, path: &Path) -> Result<Vec<InputFile>> {
    let read = |path: &Path| -> Result<InputFile> {
        let name = path.display();
        let bytes = fs::read(path).with_context(|| format!("--{} {name}: cannot read this file", input.name))?;
        Ok(InputFile { path: name.to_string(), bytes })
    };
    if input.files.is_empty() {
        return Ok(vec![read(path)?]);
    }
    let found = |name: &&str| {
        let packed = path.join(format!("{name}.gz"));
        if packed.exists() { read(&packed) } else { read(&path.join(name)) }
    };
    input.files.iter().map(found).collect()
}

/// After a failed run: the history of one that diverged is worth keeping; anything else leaves no file.
fn save_what_there_is(error: anyhow::Error, program: &str, mut artifacts: Artifacts) -> anyhow::Error {
    let Some(diverged) = error.downcast_ref::<Diverged>() else {
        artifacts.abandon();
        return error;
    };
    let history = diverged.history.to_csv();
    let save = artifacts.remove_earlier(program); // figures that belong to another history
    match save.and_then(|()| artifacts.write("history.csv", history.as_bytes())) {
        Ok(()) => anyhow::anyhow!("{error:#} (saved up to there in {})", artifacts.listing()),
        Err(unsaved) => error.context(unsaved),
    }
}

/// Few parameters in full, many by the name of their file.
fn parameters_json(report: &Report) -> Result<Value> {
    const IN_FULL: usize = 16;
    if report.parameters.iter().map(|(_, tensor)| tensor.elem_count()).sum::<usize>() > IN_FULL {
        return Ok(json!("params.safetensors"));
    }
    let mut values = Map::new();
    for (name, tensor) in &report.parameters {
        let entries = tensor.flatten_all()?.to_vec1::<f64>()?;
        values.insert(name.clone(), if tensor.rank() == 0 { json!(entries[0]) } else { json!(entries) });
    }
    Ok(Value::Object(values))
}
