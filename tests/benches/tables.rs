//! The tables of `docs/*/speed.md` that need no other framework: `cargo bench --bench tables [-- NAME …]`.
//!
//! `handwritten`: trainings beside the same written by hand. `operations`: operations beside plain candle. `growth`: the cost of an update
//! and of whole trainings by their sizes. `threads`: the same work on more threads. `gpu`: affine steps on a GPU (`--features cuda`), only if
//! it is named. Times are medians of rounds in which the candidates take turns.

mod against_handwritten;
mod candidates;
mod handwritten;
mod least_squares;
#[allow(dead_code, reason = "not all trainings are written by hand")]
mod sections;

use std::{sync::Arc, time::Instant};

use anyhow::{Context as _, Result};
use candidates::Candidate;
use candle_core::{Device, Tensor, Var};
use candle_nn::Optimizer as _;
use chapter2::three_layer_nn;
use chapter3::least_squares::{GradientDescent, Observations};
use chapter6::lotka_volterra;
use common::{
    linear_model::LinearModel,
    ops::AffineStep,
    optim::{Optimizer, Rule},
    sampling::{normal_matrix, rng},
    unfolding::{Schedule, batch_gradient, theory},
};
use shell::process;

/// The size of an update: iterations t, problems K, unknowns n (with 2n observations).
#[derive(Clone, Copy)]
struct Size {
    depth: usize,
    batch: usize,
    unknowns: usize,
}

const BOOK: Size = Size { depth: 50, batch: 100, unknowns: 50 };

const ROUNDS: usize = 15;

/// The median milliseconds of each candidate over `rounds`, in each of which it takes `repeats` turns in a row.
fn medians(mut candidates: Vec<Candidate>, repeats: usize, rounds: usize) -> Result<Vec<f64>> {
    let mut milliseconds = vec![vec![]; candidates.len()];
    for _ in 0..rounds {
        for (candidate, milliseconds) in candidates.iter_mut().zip(&mut milliseconds) {
            let begin = Instant::now();
            (0..repeats).try_for_each(|_| candidate())?;
            milliseconds.push(1e3 * begin.elapsed().as_secs_f64() / repeats as f64);
        }
    }
    let median = |mut milliseconds: Vec<f64>| {
        milliseconds.sort_by(f64::total_cmp);
        milliseconds[rounds / 2]
    };
    Ok(milliseconds.into_iter().map(median).collect())
}

fn operations() -> Result<()> {
    println!("| operation, forward and backward | plain candle | fast | plain / fast |\n|---|--:|--:|--:|");
    for operation in candidates::all()? {
        let candidates = operation.forms.into_iter().map(|(_, candidate)| candidate);
        let times = medians(candidates.collect(), 20, ROUNDS)?;
        let (fast, plain) = (1e3 * times[0], 1e3 * times[1]);
        println!("| `{}` | {plain:.1} µs | {fast:.1} µs | {:.1} |", operation.name, plain / fast);
    }
    Ok(())
}

fn handwritten() -> Result<()> {
    println!(
        "| training | threads | by hand | section | plain candle | section / by hand |\n|---|--:|--:|--:|--:|--:|"
    );
    for (name, forms) in against_handwritten::FORMS {
        for threads in [1, 2] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            let pool = Arc::new(pool.build()?);
            let candidate = |(_, prepare): &(&str, sections::Prepare)| {
                let (train, pool) = (prepare()?.train, pool.clone());
                let run = move || pool.install(|| train().map(drop));
                Ok(Box::new(run) as Candidate)
            };
            let candidates = forms.iter().map(candidate).collect::<Result<_>>()?;
            let times = medians(candidates, 1, ROUNDS)?;
            let plain = times.get(2).map_or("–".into(), |plain| format!("{plain:.1} ms"));
            println!(
                "| `{name}` | {threads} | {:.2} ms | {:.2} ms | {plain} | {:.2} |",
                times[0],
                times[1],
                times[1] / times[0]
            );
        }
    }
    Ok(())
}

/// Work that any thread can repeat.
type Work = Box<dyn FnMut() -> Result<()> + Send>;

/// Makes the work.
type Prepare = fn() -> Result<Work>;

/// An update that can be repeated.
fn update(size: Size) -> Result<Work> {
    let Size { depth, batch, unknowns } = size;
    let model = LinearModel::gaussian(2 * unknowns, unknowns, &mut rng(0, 0), &Device::Cpu)?;
    let fixed = theory::fixed_step_size(&model.eigenvalues);
    let steps = Tensor::full(fixed, 8, &Device::Cpu)?;
    let step_size = Schedule::learned("step_size", &steps, 1e-9)?;
    let mut adam = Optimizer::new(vec![step_size.parameter().clone()], Rule::Adam.with(1e-9))?;
    let algorithm = GradientDescent { step: AffineStep::new(&model.gram)?, step_size };
    let problem = Observations { solution: model.solution(0.0)?, model };
    Ok(Box::new(move || {
        let (_, gradients) = batch_gradient(&problem, &algorithm, depth, (0, batch), |shard| rng(1, shard as u64))?;
        Ok(adam.step(&gradients)?)
    }))
}

/// What is timed, for each of `values`.
fn growth(what: &str, values: [usize; 5], work: impl Fn(usize) -> Result<Work>) -> Result<()> {
    let candidate = |value| Ok(work(value)? as Candidate);
    let times = medians(values.into_iter().map(candidate).collect::<Result<_>>()?, 1, ROUNDS)?;
    println!("| {what} | time | as a multiple |\n|--:|--:|--:|");
    for (value, time) in values.iter().zip(&times) {
        println!("| {value} | {time:.2} ms | {:.2} |", time / times[0]);
    }
    println!();
    Ok(())
}

/// A whole training, to be repeated.
fn whole(prepared: Result<sections::Prepared>) -> Result<Work> {
    let train = prepared?.train;
    Ok(Box::new(move || train().map(drop)))
}

/// The processor's name and how many threads it runs.
fn processor() -> Result<(String, usize)> {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let name = name.map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, name)| name.trim().to_owned());
    Ok((name, std::thread::available_parallelism()?.get()))
}

/// The same work on 1, 2, 4, … threads, as far as there are cores.
fn threads() -> Result<()> {
    let (name, cores) = processor()?;
    println!("{name}, {cores} cores.\n");
    let work: [(&str, Prepare); 7] = [
        ("least squares, an update of 100 problems", || update(BOOK)),
        ("least squares, an update of 800 problems", || update(Size { batch: 800, ..BOOK })),
        ("ISTA, two updates of each depth", || whole(sections::ista_updates(2))),
        ("noisy plant, the whole training", || whole(sections::noisy_plant())),
        ("network, the whole training", || whole(sections::three_layer_network())),
        ("radial basis functions, the whole training", || whole(sections::radial_basis_functions())),
        ("belief propagation, the whole training", || whole(sections::unfolded_belief_propagation())),
    ];
    println!("| work | threads | time | speed-up |\n|---|--:|--:|--:|");
    for (name, prepare) in work {
        let counts: Vec<usize> = [1, 2, 4, 8, 16].into_iter().filter(|&count| count <= cores).collect();
        let candidate = |&count: &usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(count).stack_size(1 << 26).build()?;
            let mut run = prepare()?;
            Ok(Box::new(move || pool.install(&mut run)) as Candidate)
        };
        let times = medians(counts.iter().map(candidate).collect::<Result<_>>()?, 1, 5)?; // some take seconds
        for (count, time) in counts.iter().zip(&times) {
            println!("| {name} | {count} | {time:.2} ms | {:.2} |", times[0] / time);
        }
    }
    Ok(())
}

/// Affine steps with a learned step size on one device.
struct Descent {
    step: AffineStep,
    start: Tensor,
    step_size: Var,
    b: Tensor,
}

/// Iterations of [`Descent`].
const NUM_STEPS: usize = 10;

impl Descent {
    /// With `batch` problems in `unknowns` dimensions, the same on every device.
    fn new(unknowns: usize, batch: usize, device: &Device) -> Result<Self> {
        let normal = |rows, stream| normal_matrix(rows, unknowns, &mut rng(0, stream), &Device::Cpu);
        let g = (normal(unknowns, 0)? / (unknowns as f64).sqrt())?;
        Ok(Self {
            step: AffineStep::new(&g.to_device(device)?)?,
            start: normal(batch, 1)?.to_device(device)?,
            step_size: Var::new(0.1, device)?,
            b: normal(batch, 2)?.to_device(device)?,
        })
    }

    /// The loss ‖x‖² after all steps, and its gradient to the step size. Numbers on the CPU: whoever has them, has waited.
    fn value_and_gradient(&self) -> Result<[f64; 2]> {
        let step = |x: Tensor, _| self.step.forward(&x, &self.step_size, &self.b);
        let loss = (0..NUM_STEPS).try_fold(self.start.clone(), step)?.sqr()?.sum_all()?;
        let gradients = loss.backward()?;
        let gradient = gradients.get(&self.step_size).context("the loss depends on the step size")?;
        Ok([loss.to_scalar()?, gradient.to_scalar()?])
    }
}

/// Ten affine steps, forward and back, on all cores and on the first NVIDIA GPU, and whether they agree.
fn gpu() -> Result<()> {
    let gpu = Device::new_cuda(0).context("this table needs an NVIDIA GPU, and `--features cuda`")?;
    let (name, cores) = processor()?;
    let card = std::process::Command::new("nvidia-smi").args(["--query-gpu=name", "--format=csv,noheader"]).output();
    let card = card.map_or_else(|_| "GPU".into(), |card| String::from_utf8_lossy(&card.stdout).trim().to_owned());
    println!("{name}, {cores} cores; {card}.\n");
    println!("| problems K | unknowns n | CPU | GPU | CPU / GPU | relative difference |\n|--:|--:|--:|--:|--:|--:|");
    for batch in [50, 1000] {
        for unknowns in [50, 100, 200, 400, 800, 1600, 3200] {
            let devices = [&Device::Cpu, &gpu];
            let [cpu, gpu] = devices.map(|device| Descent::new(unknowns, batch, device));
            let (cpu, gpu) = (cpu?, gpu?);
            let [ours, theirs] = [cpu.value_and_gradient()?, gpu.value_and_gradient()?];
            let difference = ours.iter().zip(theirs).map(|(ours, theirs)| ((ours - theirs) / ours).abs());
            let difference = difference.fold(0.0, f64::max);
            let candidate = |descent: Descent| Box::new(move || descent.value_and_gradient().map(drop)) as Candidate;
            let times = medians(vec![candidate(cpu), candidate(gpu)], 1, ROUNDS)?;
            let (cpu, gpu) = (times[0], times[1]);
            println!("| {batch} | {unknowns} | {cpu:.2} ms | {gpu:.2} ms | {:.2} | {difference:.0e} |", cpu / gpu);
        }
    }
    Ok(())
}

fn main() -> Result<()> {
    process::set_thread_count()?;
    let names: Vec<String> = std::env::args().skip(1).filter(|name| !name.starts_with('-')).collect();
    let wanted = |name: &str| names.is_empty() || names.iter().any(|wanted| wanted == name);
    process::with_deep_stack(|| {
        process::start_workers()?;
        if wanted("handwritten") {
            handwritten()?;
        }
        if wanted("operations") {
            operations()?;
        }
        if wanted("growth") {
            growth("least squares: depth t", [50, 100, 200, 400, 800], |depth| update(Size { depth, ..BOOK }))?;
            growth("least squares: batch K", [50, 100, 200, 400, 800], |batch| update(Size { batch, ..BOOK }))?;
            growth("least squares: unknowns n", [25, 50, 100, 200, 400], |unknowns| update(Size { unknowns, ..BOOK }))?;
            growth("network: hidden units m", [50, 100, 200, 400, 800], |num_hidden| {
                whole(sections::network_of(three_layer_nn::Config {
                    num_hidden,
                    step_size: 1e-3,
                    ..Default::default()
                }))
            })?;
            growth("Lotka–Volterra: steps N", [500, 1000, 2000, 4000, 8000], |num_steps| {
                whole(sections::lotka_volterra_of(lotka_volterra::Config { num_steps, ..Default::default() }))
            })?;
        }
        if wanted("threads") {
            threads()?;
        }
        if names.iter().any(|name| name == "gpu") {
            gpu()?;
        }
        Ok(())
    })
}
