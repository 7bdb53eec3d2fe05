//! Interrupted runs: a run that continues ends where one without a stop does, whatever the number of threads.

use std::{
    cell::Cell,
    fs,
    path::Path,
    process::{Command, Output},
    thread,
    time::Duration,
};

use anyhow::Result;
use candle_core::Device;
use chapter3::{least_squares, noisy_gd, ridge};
use chapter4::finite_dataset;
use common::{
    context::{Context, Interrupted, Observer},
    section::Section,
    unfolding::{Sampling, Training},
};
use tests::program;

const CPU: &Device = &Device::Cpu;

/// A run of each kind, small; everything it reports, with all digits.
fn small_ridge(context: &mut Context) -> Result<String> {
    let config = ridge::Config {
        num_observations: 20,
        num_unknowns: 10,
        training: Training {
            num_generations: 6,
            num_updates: 5,
            batch_size: 60,
            num_test: 70,
            ..ridge::Config::default().training
        },
        ..Default::default()
    };
    tables::<ridge::Ridge>(&config, context)
}

fn small_noisy_gd(context: &mut Context) -> Result<String> {
    let config = noisy_gd::Config {
        num_observations: 20,
        num_unknowns: 10,
        training: Training {
            num_generations: 6,
            num_updates: 5,
            batch_size: 60,
            num_test: 70,
            ..noisy_gd::Config::default().training
        },
        ..Default::default()
    };
    tables::<noisy_gd::NoisyGd>(&config, context)
}

fn small_least_squares(context: &mut Context) -> Result<String> {
    let config = least_squares::Config {
        num_observations: 20,
        num_unknowns: 10,
        training: Training {
            num_generations: 6,
            num_updates: 5,
            batch_size: 60,
            num_test: 70,
            ..least_squares::Config::default().training
        },
        ..Default::default()
    };
    tables::<least_squares::LeastSquares>(&config, context)
}

/// Mini-batches of 60 from 45 signals: they begin anywhere in an epoch, and are more than one.
fn small_epochs(context: &mut Context) -> Result<String> {
    let config = finite_dataset::Config {
        num_observations: 10,
        num_unknowns: 20,
        dataset_sizes: vec![45],
        learning_rates: vec![1e-3],
        sampling: Sampling::Epochs,
        training: Training {
            num_generations: 6,
            num_updates: 5,
            batch_size: 60,
            num_test: 70,
            ..finite_dataset::Config::default().training
        },
        ..Default::default()
    };
    tables::<finite_dataset::FiniteData>(&config, context)
}

fn tables<S: Section>(config: &S::Config, context: &mut Context) -> Result<String> {
    let report = S::report(config, &S::run(config, context)?)?;
    Ok(report.tables.iter().map(|(stem, table)| format!("{stem}\n{}", table.to_csv())).collect())
}

type Run = fn(&mut Context) -> Result<String>;
const RUNS: [Run; 4] = [small_least_squares, small_ridge, small_noisy_gd, small_epochs];

#[test]
fn the_number_of_threads_changes_nothing() -> Result<()> {
    let with = |threads, run: Run| -> Result<String> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
        pool.install(|| run(&mut Context::new(3)))
    };
    for run in RUNS {
        assert_eq!(with(1, run)?, with(2, run)?);
    }
    Ok(())
}

/// Asks for a stop when it has been asked `patience` times whether to.
struct Impatient {
    patience: Cell<usize>,
}

impl Observer for Impatient {
    fn interrupted(&self) -> bool {
        let left = self.patience.get();
        self.patience.set(left.saturating_sub(1));
        left == 0
    }
}

#[test]
fn an_interrupted_run_continues_as_if_nothing_had_happened() -> Result<()> {
    for run in RUNS {
        let whole = run(&mut Context::new(1))?;
        // In the first generation, at its end, in the last one, and again and again.
        for patience in [0, 3, 5, 6, 14, 29, 30, 31] {
            let mut checkpoint = common::context::Checkpoint::new();
            let mut stops = 0;
            let result = loop {
                let observer = Impatient { patience: Cell::new(if stops < 3 { patience } else { 1000 }) };
                let mut context = Context::new(1).with(CPU.clone(), Box::new(observer));
                context.checkpoint = checkpoint;
                match run(&mut context) {
                    Ok(result) => break result,
                    Err(error) => assert!(error.is::<Interrupted>(), "{error:#}"),
                }
                checkpoint = context.checkpoint;
                stops += 1;
            };
            assert!(stops > 0 || patience >= 30); // some runs are done by then
            assert_eq!(result, whole, "stopped after {patience}");
        }
    }
    Ok(())
}

const LONG: [&str; 7] = [
    "--num-observations=30",
    "--num-unknowns=15",
    "--num-updates=150",
    "--num-generations=40",
    "--batch-size=100",
    "--period=8",
    "--learning-rate=1e-5",
];

fn start(out: &Path, options: &[&str]) -> Command {
    let mut command = Command::new(program("sec3_du_gd_least_squares"));
    command.args(LONG).arg("--out").arg(out).args(options);
    command
}

fn line(output: &Output) -> String {
    assert!(output.stdout.is_empty());
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    text.lines().last().unwrap_or_default().to_owned()
}

/// Starts a run, sends it `signal` after a moment and waits for its end.
#[cfg(unix)]
fn signalled(out: &Path, signal: &str, mut command: Command) -> Result<Output> {
    use std::process::Stdio;
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    for _ in 0..12_000 {
        if out.exists() {
            break; // it listens before it makes its directory
        }
        thread::sleep(Duration::from_millis(5));
    }
    thread::sleep(Duration::from_millis(200));
    assert!(Command::new("kill").args([signal, &child.id().to_string()]).status()?.success());
    Ok(child.wait_with_output()?)
}

#[cfg(unix)]
#[test]
fn ctrl_c_leaves_a_checkpoint_and_resume_ends_with_the_same_files() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let [whole, stopped] = ["whole", "stopped"].map(|name| directory.path().join(name));
    let files = |out: &Path| -> Result<Vec<String>> {
        let mut names = vec![];
        for entry in fs::read_dir(out)? {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        Ok(names)
    };

    let output = signalled(&stopped, "-INT", start(&stopped, &[]))?;
    assert_eq!(output.status.code(), Some(130), "{}", line(&output));
    assert!(line(&output).starts_with("error: interrupted: learned_T8 has finished "), "{}", line(&output));
    assert_eq!(files(&stopped)?, ["checkpoint.safetensors"]);
    let checkpoint = stopped.join("checkpoint.safetensors");

    // Another run's checkpoint, half a checkpoint, none.
    let refused = start(&stopped, &["--resume", "--seed=2"]).output()?;
    assert_eq!((refused.status.code(), refused.stdout.len()), (Some(1), 0));
    assert!(line(&refused).ends_with("seed = 1 there, 2 here"), "{}", line(&refused));
    let refused = start(&stopped, &["--resume", "--num-test=7"]).output()?;
    assert!(line(&refused).ends_with("num_test = 500 there, 7 here"), "{}", line(&refused));
    let half = directory.path().join("half");
    fs::create_dir(&half)?;
    let bytes = fs::read(&checkpoint)?;
    fs::write(half.join("checkpoint.safetensors"), &bytes[..bytes.len() / 2])?;
    let refused = start(&half, &["--resume"]).output()?;
    assert_eq!(refused.status.code(), Some(1));
    assert!(line(&refused).contains("is not a readable checkpoint"), "{}", line(&refused));
    let none = directory.path().join("none");
    let refused = start(&none, &["--resume"]).output()?;
    assert_eq!(refused.status.code(), Some(1));
    assert!(line(&refused).contains("there is no checkpoint") && !none.exists(), "{}", line(&refused));

    // Continued with one thread, it ends where a run with two threads and without a stop ends.
    let output = start(&stopped, &["--resume", "--quiet"]).env("RAYON_NUM_THREADS", "1").output()?;
    assert!(output.status.success(), "{}", line(&output));
    let output = start(&whole, &["--quiet"]).env("RAYON_NUM_THREADS", "2").output()?;
    assert!(output.status.success(), "{}", line(&output));
    assert_eq!(files(&stopped)?, files(&whole)?);
    for name in files(&whole)?.iter().filter(|name| *name != "summary.json") {
        assert!(fs::read(whole.join(name))? == fs::read(stopped.join(name))?, "{name} differs");
    }
    Ok(())
}

/// The system's wish to end and a closed terminal are heard as Ctrl-C is; one run at a time writes into a directory.
#[cfg(unix)]
#[test]
fn other_signals_leave_a_checkpoint_too_and_a_second_run_is_refused() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let signals = if cfg!(target_os = "linux") { &["-TERM", "-HUP"][..] } else { &["-TERM"] };
    for signal in signals {
        let out = directory.path().join(signal);
        let output = signalled(&out, signal, start(&out, &[]))?;
        assert_eq!(output.status.code(), Some(130), "{signal}: {}", line(&output));
        assert!(out.join("checkpoint.safetensors").exists(), "{signal}: {}", line(&output));
    }
    let out = directory.path().join("one");
    let mut first = start(&out, &["--quiet"]).spawn()?;
    while !out.exists() {
        thread::sleep(Duration::from_millis(5));
    }
    thread::sleep(Duration::from_millis(50));
    let second = start(&out, &[]).output()?;
    assert_eq!(second.status.code(), Some(1));
    assert!(line(&second).ends_with("another run is writing into it"), "{}", line(&second));
    first.kill()?;
    first.wait()?;
    Ok(())
}

/// The eigenvalues of a large matrix are found before the first update: nobody waits for them.
#[cfg(unix)]
#[test]
fn ctrl_c_is_heard_where_no_update_is_near() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let out = directory.path().join("out");
    let mut large = Command::new(program("sec3_du_gd_least_squares"));
    large.args(["--num-observations=1000", "--num-unknowns=1000"]).arg("--out").arg(&out);
    let begin = std::time::Instant::now();
    let output = signalled(&out, "-INT", large)?;
    assert_eq!(output.status.code(), Some(130), "{}", line(&output));
    assert!(line(&output).contains("nothing to keep yet"), "{}", line(&output));
    assert!(begin.elapsed() < Duration::from_secs(6) && !out.exists(), "{:?}", begin.elapsed());
    Ok(())
}

/// After sections that can go on, in one process, comes one that cannot.
#[cfg(unix)]
#[test]
fn each_section_has_last_words_of_its_own() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let chapter = directory.path().join("chapter3");
    let [before, out] = ["sec3_rastrigin", "sec3_training_modes"].map(|name| chapter.join(name));
    let mut book = Command::new(program("book"));
    book.args(["--quick", "--only=3", "--questions", "--out"]).arg(directory.path());
    book.env("RAYON_NUM_THREADS", "1"); // it takes longer than the second that it has
    let output = signalled(&out, "-INT", book)?;
    assert_eq!(output.status.code(), Some(130), "{}", line(&output));
    assert_eq!(line(&output), "error: interrupted; nothing to continue from");
    assert!(before.join("summary.json").exists() && !out.exists());
    Ok(())
}

#[cfg(unix)]
#[test]
fn a_killed_run_leaves_no_half_file() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let out = directory.path().join("killed");
    let output = signalled(&out, "-KILL", start(&out, &[]))?;
    assert_eq!(output.status.code(), None);
    assert_eq!(fs::read_dir(&out)?.count(), 0); // too early for a checkpoint, and so for any file
    let output = start(&out, &["--resume"]).output()?;
    assert_eq!(output.status.code(), Some(1), "{}", line(&output));
    Ok(())
}
