//! Question: why does the learned ω of Jacobi's method stop short of the optimum?
//!
//! The systems are those of [`crate::jacobi`], the loss is the expected one, so that nothing is random but the matrix: what is
//! missed is missed by the training. It is done as published (incrementally, one Adam whose state is kept), with Adam's state
//! forgotten at each generation, and with the loss log E‖e‖². Beside it stand the Chebyshev factors, which know the ends of the
//! spectrum, and the best ω that was found by minimising E‖e‖² at full depth.
//!
//! | symbol | here |
//! |---|---|
//! | ω, T | what [`train`] returns, `period` |
//! | t, up to the full depth | `num_generations` |
//! | α | `learning_rate` |
//!
//! Run it with `cargo run --release --bin sec4_learned_omega`.

use anyhow::{Result, ensure};
use candle_core::{Device, Tensor};
use candle_nn::Optimizer as _;
use common::{
    config::{self, range},
    context::{Context, Phase},
    ensemble,
    optim::{Optimizer, RateSchedule, Rule},
    sampling,
    section::{Preset, Report, Section},
    table::Table,
    training::{log_losses, loss_value},
    unfolding::{Algorithm, Batch, Problem, Schedule, mean_metrics},
};

use crate::{
    jacobi::System,
    relaxation::{Loss, Relaxation, Systems},
};

mod case;
mod report;

pub use case::Case;

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
pub struct Config {
    /// Periods T of the factors, each 1 to 20
    #[arg(long, value_name = "T,…", default_value = "1,2,8", value_delimiter = ',', value_parser = range::count(20))]
    pub period: Vec<usize>,
    /// Generations, also the full depth, 1 to 100
    #[arg(long, value_name = "t", default_value_t = 20, value_parser = range::count(100))]
    pub num_generations: usize,
    /// Adam updates in each generation, 1 to 10000
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = range::count(10_000))]
    pub num_updates: usize,
    /// Learning rate α of Adam, > 0
    #[arg(long, value_name = "α", default_value_t = 0.01, value_parser = range::positive)]
    pub learning_rate: f64,
    /// Matrices, those passed over for which Jacobi's method diverges, 1 to 100
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = range::count(100))]
    pub num_seeds: usize,
    /// Updates of the direct minimisation, 1 to 100000
    #[arg(long, value_name = "N", default_value_t = 800, value_parser = range::count(100_000))]
    pub direct_updates: usize,
}

impl Default for Config {
    fn default() -> Self {
        config::defaults()
    }
}

/// A way to train.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way {
    /// For tables
    pub name: &'static str,
    /// For legends
    pub label: &'static str,
    /// Whether Adam begins anew in each generation
    pub reset: bool,
    /// Whether log E‖e‖² is minimised
    pub log: bool,
}

/// The ways compared.
pub const WAYS: [Way; 4] = [
    Way { name: "published", label: "as published", reset: false, log: false },
    Way { name: "reset", label: "Adam begins anew in each generation", reset: true, log: false },
    Way { name: "log", label: "logarithm of the loss", reset: false, log: true },
    Way { name: "both", label: "both", reset: true, log: true },
];

/// E‖e_t‖² for t = `depth`, or its logarithm; rank 0.
// ANCHOR: loss
pub fn loss(problem: &Systems, relaxation: &Relaxation, depth: usize, log: bool) -> Result<Tensor> {
    let rng = &mut sampling::rng(0, 0); // nothing is drawn from it
    let Batch { start: mut e, data, .. } = problem.draw(1, rng)?;
    for k in 0..depth {
        e = relaxation.iterate(k, &e, &data, rng)?;
    }
    let expected = problem.loss(&e, &e.zeros_like()?)?;
    Ok(if log { expected.log()? } else { expected })
}
// ANCHOR_END: loss

/// ω `[T]` after each update of an incremental training from ω = 1.
// ANCHOR: train
pub fn train(config: &Config, system: &System, period: usize, way: Way) -> Result<Vec<Vec<f64>>> {
    let problem = Systems::new(&system.inverse, Loss::Expected)?;
    let omega = Schedule::learned("omega", &Tensor::new(vec![1.0; period], &Device::Cpu)?, config.learning_rate)?;
    let relaxation = Relaxation::new(&system.b, omega.clone())?;
    let adam = || Optimizer::new(vec![omega.parameter().clone()], Rule::Adam.with(config.learning_rate));
    let (mut optimizer, mut path) = (adam()?, vec![omega.values()?]);
    let mut history = Table::new("update", ["loss"]);
    for depth in 1..=config.num_generations {
        if way.reset {
            optimizer = adam()?;
        }
        for _ in 0..config.num_updates {
            let value = loss(&problem, &relaxation, depth, way.log)?;
            log_losses(&mut history, path.len() - 1, &[loss_value(&value)?])?;
            optimizer.step(&value.backward()?)?;
            path.push(omega.values()?);
        }
    }
    Ok(path)
}
// ANCHOR_END: train

/// The best ω `[T]` found by minimising log E‖e‖² at full depth, from `start`, with a learning rate that falls to 0.
// ANCHOR: minimise
pub fn minimise(config: &Config, system: &System, start: &[f64]) -> Result<Vec<f64>> {
    let problem = Systems::new(&system.inverse, Loss::Expected)?;
    let omega = Schedule::learned("omega", &Tensor::new(start, &Device::Cpu)?, 0.01)?;
    let relaxation = Relaxation::new(&system.b, omega.clone())?;
    let mut optimizer = Optimizer::new(vec![omega.parameter().clone()], Rule::Adam.with(0.01))?;
    let (mut best, mut least) = (start.to_vec(), f64::INFINITY);
    let mut history = Table::new("update", ["log_loss"]);
    for update in 0..config.direct_updates {
        let value = loss(&problem, &relaxation, config.num_generations, true)?;
        let log_loss = loss_value(&value)?;
        log_losses(&mut history, update, &[log_loss])?;
        if log_loss < least {
            (least, best) = (log_loss, omega.values()?);
        }
        optimizer.set_learning_rate(0.01 * RateSchedule::Linear.factor(update, config.direct_updates));
        optimizer.step(&value.backward()?)?;
    }
    Ok(best)
}
// ANCHOR_END: minimise

/// E‖e_t‖² for t = 0, 1, …, `depth`.
pub fn errors(system: &System, omega: &[f64], depth: usize) -> Result<Vec<f64>> {
    let problem = Systems::new(&system.inverse, Loss::Expected)?;
    mean_metrics(&problem, &Relaxation::fixed(&system.b, omega)?, depth, 1, 0)
}

/// What came out: for each period, a case for each matrix.
pub type Outcome = Vec<Vec<Case>>;

/// The section as a program.
#[derive(Debug)]
pub struct LearnedOmega;

impl Section for LearnedOmega {
    const NAME: &'static str = "sec4_learned_omega";
    const TITLE: &'static str = "Why does the learned ω stop short of the optimum?";
    const HELP: &'static str = "\
The relaxation factors of Jacobi's method are learned from the expected loss in four ways: as published, with an Adam that \
begins anew in each generation, from the logarithm of the loss, and both. They are compared with the Chebyshev factors and \
with the best ones found by direct minimisation, on ten matrices.";
    const PRESETS: &'static [Preset] = &[Preset {
        name: "quick",
        about: "A smaller experiment, done in a moment: 2 matrices, T = 1 and 2, 10 generations",
        values: &[("num_seeds", "2"), ("period", "1,2"), ("num_generations", "10"), ("direct_updates", "300")],
    }];
    type Config = Config;
    type Outcome = Outcome;

    fn run(config: &Config, context: &mut Context) -> Result<Outcome> {
        config::validate(config)?;
        config::distinct("--period", &config.period)?;
        let drawn = (0..1000).map(|i| System::draw(32, 0.15, 0.05, &mut context.rng(i), &Device::Cpu));
        let converging = drawn.filter(|system| !system.as_ref().is_ok_and(|system| system.check().is_err()));
        let systems = converging.take(config.num_seeds).collect::<Result<Vec<_>>>()?;
        ensure!(systems.len() == config.num_seeds, "Jacobi's method diverges for nearly all matrices");
        context.phase(Phase::Training);
        let pairs: Vec<(usize, usize)> =
            config.period.iter().flat_map(|&period| (0..systems.len()).map(move |i| (period, i))).collect();
        let train = |&(period, i): &(usize, usize)| case::run(config, &systems[i], period);
        let cases = ensemble::train(context, "omega", &pairs, train, |(period, i), case| {
            Ok(case.finished(format!("T{period}_{}", i + 1)))
        })?;
        Ok(cases.chunks(config.num_seeds).map(<[Case]>::to_vec).collect())
    }

    fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
        report::report(config, outcome)
    }
}
