//! One run of one section: from its configuration to its files.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use anyhow::{Context as _, Result};
use candle_core::Device;
use clap::ArgMatches;
use common::{
    context::{Context, InputFile, Interrupted, device_name},
    section::{Entry, Input, Report, one_line},
    training::Diverged,
};
use serde_json::{Map, Value, json};

use crate::{
    artifacts::Artifacts,
    checkpoint::{self, Keeper},
    options::Options,
    process, size,
    terminal::{Clock, Terminal, lock},
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
    process::catch_interrupt(|| "nothing to keep yet".into())?;
    let configuration = configuration(entry, matches, options)?;
    let device = options.device.open()?;
    let mut context = Context::new(options.seed.seed);
    context.inputs = inputs(entry, matches)?;
    let mut identity = identity(entry, &context.inputs, &configuration);
    identity["seed"] = json!(context.seed);
    if resume {
        context.checkpoint = checkpoint::load(&out.join(checkpoint::FILE_NAME), &identity, &Device::Cpu)?;
    }
    let mut artifacts = Artifacts::new(out)?;
    let keeper = entry.resumes.then(|| Arc::new(Mutex::new(Keeper::new(artifacts.clone(), identity))));
    let last_words = {
        let (keeper, place) = (keeper.clone(), artifacts.clone());
        move || {
            let words = keeper.map_or(Ok("nothing to continue from".into()), |keeper| lock(&keeper).last_words());
            place.abandon();
            words
        }
    };
    process::catch_interrupt({
        let last_words = last_words.clone();
        move || last_words().unwrap_or_else(|error| one_line(&error))
    })?;
    let clock = Clock::start();
    let observer = Terminal::new(entry.name, options.quiet, clock.clone(), keeper);
    let mut context = context.with(device, Box::new(observer));

    let mut report = match entry.prepare(matches)?.run(&mut context) {
        Ok(report) => report,
        Err(error) if error.is::<Interrupted>() => {
            process::forget_last_words();
            return Err(Interrupted(format!("{error}; {}", last_words()?)).into());
        }
        Err(error) if error.is::<Diverged>() => return Err(keep_diverged(error, entry, out, &context, &configuration)),
        Err(error) => {
            artifacts.abandon();
            return Err(error);
        }
    };
    for (stem, table) in &report.tables {
        artifacts.write_table(stem, table)?;
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
        "seed": context.seed,
        "device": device_name(&context.device),
        "threads": process::thread_count(),
        "final_loss": report.final_loss,
        "parameters": parameters_json(&report)?,
        "files": [], // stands here, and is filled as the summary is written
        "seconds": seconds.iter().map(|&(name, s)| (name.to_owned(), json!(s))).collect::<Map<_, _>>(),
    });
    artifacts.remove_earlier(entry.name)?;
    artifacts.write_summary(summary)?;
    if out.join(DIVERGED).is_dir() {
        Artifacts::new(&out.join(DIVERGED))?.clear(entry.name)?;
    }
    process::catch_interrupt(|| "all files are written".into())?;
    if entry.resumes {
        artifacts.remove(checkpoint::FILE_NAME)?;
    }
    Ok(Finished { listing: artifacts.listing(), report, seconds })
}

/// The files given for the inputs of a section, by the option's name.
pub type Inputs = BTreeMap<&'static str, Vec<InputFile>>;

/// The configuration that `matches` say; errors if it is out of its ranges, or too large.
pub fn configuration(entry: &Entry, matches: &ArgMatches, options: &Options) -> Result<Value> {
    let configuration = entry.prepare(matches)?.configuration;
    if !options.allow_large {
        size::check(&configuration)?;
    }
    Ok(configuration)
}

/// Reads the files that `matches` name.
pub fn inputs(entry: &Entry, matches: &ArgMatches) -> Result<Inputs> {
    let named = entry.inputs.iter().filter_map(|input| Some((input, matches.get_one::<PathBuf>(input.name)?)));
    named.map(|(input, path)| Ok((input.name, read_input(input, path)?))).collect()
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

/// What runs that differ in nothing but the seed have in common: program, version, configuration and checksums of the files read.
pub fn identity(entry: &Entry, inputs: &Inputs, configuration: &Value) -> Value {
    let checksums = |files: &Vec<InputFile>| files.iter().map(|file| crc32fast::hash(&file.bytes)).collect::<Vec<_>>();
    let inputs: Map<_, _> = inputs.iter().map(|(&name, files)| (name.into(), json!(checksums(files)))).collect();
    let version = env!("CARGO_PKG_VERSION");
    json!({ "program": entry.name, "version": version, "configuration": configuration, "inputs": inputs })
}

/// The directory for what is left of a diverged run; files of an earlier one that did not diverge stay beside it.
const DIVERGED: &str = "diverged";

/// After a run that diverged: its history up to there, and the trainings that it had finished before.
fn keep_diverged(
    error: anyhow::Error,
    entry: &Entry,
    out: &Path,
    context: &Context,
    configuration: &Value,
) -> anyhow::Error {
    let history = error.downcast_ref::<Diverged>().map(|diverged| &diverged.history);
    let tables = history.map(|table| ("history", table)).into_iter();
    let finished = context.finished.iter().map(|training| (training.name.as_str(), &training.history));
    let tables = tables.chain(finished.filter(|(_, history)| history.columns().len() > 1));
    let save = || -> Result<String> {
        let mut artifacts = Artifacts::new(&out.join(DIVERGED))?;
        for (stem, table) in tables {
            artifacts.write_table(stem, table)?;
        }
        let parameters: Vec<_> = context.finished.iter().flat_map(|training| training.parameters.clone()).collect();
        if !parameters.is_empty() {
            artifacts.write_tensors("params.safetensors", &parameters)?;
        }
        artifacts.remove_earlier(entry.name)?;
        artifacts.write_summary(json!({
            "program": entry.name,
            "configuration": configuration,
            "seed": context.seed,
            "error": one_line(&error),
        }))?;
        Ok(artifacts.listing())
    };
    match save() {
        Ok(listing) => anyhow::anyhow!("{error:#} (saved up to there in {listing})"),
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
