//! Section 5: a gain that stabilises a linear system, found by unrolling its motion.
//!
//! ẋ = (A + BKC)x, and the gain K is to make x die away. Euler's method is an iteration, x ← Fx with F = I + h(A + BKC); unrolled
//! for N steps of h = T/N it is a network whose only parameter is K. The loss is ‖x(T)‖².
//!
//! | symbol | here |
//! |---|---|
//! | A, B, C | [`Plant`] |
//! | K | `gain` |
//! | x(0), T, N | `start`, `horizon`, `num_steps` |
//!
//! Run it with `cargo run --release --bin sec5_du_stabilize`. A few updates stabilise the system. The learned gain is not a good one,
//! and the page says why.

use anyhow::Result;
use candle_core::Tensor;
use candle_nn::Optimizer as _;
use common::{
    config::{self, range},
    context::{Context, Phase},
    figure::{Figure, Panel, Series},
    ops::{LinearRecurrence, Rollout},
    optim::{Optimizer, Rule},
    sampling::grid,
    section::{Report, Section},
    table::Table,
    training::{check_loss, loss_value},
};

use crate::plant::{GIVEN_GAIN, Plant, spectral_abscissa};

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
pub struct Config {
    /// Horizon T, > 0
    #[arg(long, value_name = "T", default_value_t = 20.0, value_parser = range::positive)]
    pub horizon: f64,
    /// Steps N of Euler's method, 1 to 100000
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = range::count(100_000))]
    pub num_steps: usize,
    /// Numbers of updates after which the motion is shown, each 0 to 100000; the largest is trained
    #[arg(long, value_name = "N,…", value_delimiter = ',', default_value = "2,20", value_parser = range::whole(0, 100_000))]
    pub num_updates: Vec<usize>,
    /// Adam's learning rate, > 0
    #[arg(long, value_name = "α", default_value_t = 1.0, value_parser = range::positive)]
    pub learning_rate: f64,
    /// Each entry of K at the start
    #[arg(long, value_name = "K", default_value_t = 1.0, value_parser = range::within(1000.0))]
    pub initial_gain: f64,
    /// Minimise log ‖x(T)‖² in place of ‖x(T)‖²
    #[arg(long)]
    pub log_loss: bool,
}

impl Default for Config {
    fn default() -> Self {
        config::defaults()
    }
}

/// What came out.
#[derive(Debug)]
pub struct Outcome {
    /// ‖x(T)‖² and the spectral abscissa of A + BKC after 0, 1, … updates
    pub history: Table,
    /// K at the end
    pub gain: Tensor,
    /// Name, spectral abscissa, and x₁ … x₄ at all times
    pub motions: Vec<(String, f64, Vec<Vec<f64>>)>,
    /// The entries' displacement that Adam makes of a first gradient that swamps all later ones
    pub displacement: f64,
}

/// ‖x(T)‖² of the motion from x(0) = (1, 1, 1, 1); K may be learnable.
// ANCHOR: loss
pub fn loss(config: &Config, plant: &Plant, gain: &Tensor) -> Result<Tensor> {
    let start = Tensor::ones(4, gain.dtype(), gain.device())?; // x(0)
    let f = plant.euler(gain, config.horizon / config.num_steps as f64)?; // F = I + h(A + BKC)
    let end = Rollout::new(LinearRecurrence::new(4)).last(&start, &f, config.num_steps)?; // x ← Fx, N times
    Ok(end.sqr()?.sum_all()?)
}
// ANCHOR_END: loss

/// x₁ … x₄ at the times 0, h, 2h, …
fn motion(config: &Config, plant: &Plant, gain: &Tensor) -> Result<Vec<Vec<f64>>> {
    let start = Tensor::ones(4, gain.dtype(), gain.device())?;
    let f = plant.euler(&gain.detach(), config.horizon / config.num_steps as f64)?;
    let states = Rollout::new(LinearRecurrence::new(4)).forward(&start, &f, config.num_steps)?;
    Ok(Tensor::cat(&[&start.unsqueeze(0)?, &states], 0)?.t()?.to_vec2()?)
}

/// Σₖ of Adam's step k for a gradient that is g at first and negligible after: depends on no problem at all, but for its sign.
// ANCHOR: displacement
pub fn adam_after_one_gradient(num_updates: usize) -> f64 {
    let step = |k: i32| {
        let m = 0.1 * 0.9f64.powi(k - 1) / (1.0 - 0.9f64.powi(k));
        let v = 0.001 * 0.999f64.powi(k - 1) / (1.0 - 0.999f64.powi(k));
        m / v.sqrt()
    };
    (1..=num_updates as i32).map(step).sum()
}
// ANCHOR_END: displacement

/// The section as a program.
#[derive(Debug)]
pub struct DuStabilize;

impl Section for DuStabilize {
    const NAME: &'static str = "sec5_du_stabilize";
    const TITLE: &'static str = "A gain that stabilises a linear system, found by unrolling its motion";
    const HELP: &'static str = "\
Euler's method for ẋ = (A + BKC)x is unrolled for 500 steps, and Adam learns the gain K with the loss ‖x(T)‖². The figure shows \
the motion before training, after some updates, and with the gain that the plant comes with. The first gradient is so large that \
Adam never forgets it: try --log-loss, and --num-updates 1,5,100.";
    type Config = Config;
    type Outcome = Outcome;

    // ANCHOR: run
    fn run(config: &Config, context: &mut Context) -> Result<Outcome> {
        config::validate(config)?;
        let plant = Plant::new(&context.device)?;
        let gain = Tensor::full(config.initial_gain, (2, 2), &context.device)?;
        let gain = common::optim::parameter(&gain)?;
        let mut adam = Optimizer::new(vec![gain.clone()], Rule::Adam.with(config.learning_rate))?;
        let mut history = Table::new("update", ["loss", "spectral_abscissa"]);
        let mut motions = vec![];
        context.phase(Phase::Training);
        let last = config.num_updates.iter().copied().max().unwrap_or(0);
        for update in 0..=last {
            let value = loss(config, &plant, &gain)?;
            let abscissa = spectral_abscissa(&plant.closed_loop(&gain)?)?;
            let first = history.rows().first().map(|(_, row)| row[0]);
            check_loss(&history, update, loss_value(&value)?, first)?;
            history.push(update, &[loss_value(&value)?, abscissa]);
            if update == 0 || config.num_updates.contains(&update) {
                motions.push((format!("after {update} updates"), abscissa, motion(config, &plant, &gain)?));
            }
            if update < last {
                let minimised = if config.log_loss { value.log()? } else { value };
                adam.step(&minimised.backward()?)?;
            }
            context.progress(update + 1, last + 1);
        }
        let given = Tensor::new(&GIVEN_GAIN, &context.device)?;
        let abscissa = spectral_abscissa(&plant.closed_loop(&given)?)?;
        motions.push(("given gain".into(), abscissa, motion(config, &plant, &given)?));
        let displacement = config.learning_rate * adam_after_one_gradient(last);
        Ok(Outcome { history, gain: gain.as_detached_tensor().copy()?, motions, displacement })
    }
    // ANCHOR_END: run

    fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
        let Outcome { history, gain, motions, displacement } = outcome;
        let mut summary = format!("{:<20} {:>12} {:>18}\n", "", "‖x(T)‖²", "spectral abscissa");
        for (name, abscissa, states) in motions {
            let end: f64 = states.iter().filter_map(|x| x.last()).map(|x| x * x).sum();
            summary += &format!("{name:<20} {end:>12.4e} {abscissa:>18.4}\n");
        }
        let losses = history.column("loss");
        let least = (0..losses.len()).fold(0, |best, k| if losses[k] < losses[best] { k } else { best });
        summary += &format!("least loss {:.4e} after {least} updates\n", losses[least]);
        let rows = gain.to_vec2::<f64>()?;
        let text: Vec<String> = rows.iter().map(|row| format!("({:.4}, {:.4})", row[0], row[1])).collect();
        summary += &format!("K = {}\n", text.join(", "));
        if !config.log_loss {
            let moved = (displacement - (rows[0][0] - config.initial_gain).abs()).abs();
            summary +=
                &format!("the first gradient alone moves each entry by {displacement:.4}; K₁₁ is {moved:.1e} off that");
        }
        let times = grid(0.0, config.horizon, config.num_steps + 1);
        let mut figure = Figure::new();
        for (name, abscissa, states) in motions {
            let mut panel = Panel::new(format!("{name}, spectral abscissa {abscissa:.3}"), "t", "x");
            for (i, x) in states.iter().enumerate() {
                panel = panel.series(Series::line(format!("x{}", ["₁", "₂", "₃", "₄"][i]), &times, x));
            }
            figure = figure.panel(panel);
        }
        let loss = Panel::new("Training", "update", "‖x(T)‖²").series(history.line("", "loss")).log_y();
        let abscissa = Panel::new("Stability", "update", "spectral abscissa")
            .series(history.line("learned", "spectral_abscissa"))
            .hline("given gain", motions[motions.len() - 1].1);
        let (first, last) = (losses[0], losses[losses.len() - 1]);
        Ok(Report::new(format!("‖x(T)‖² {first:.1e} → {last:.1e}"), summary.trim_end())
            .final_loss(last)
            .table("history", history)
            .figure("motion", figure)
            .figure("training", Figure::new().panel(loss).panel(abscissa))
            .parameter("gain", gain))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use common::gradient_check::gradient_error;

    #[test]
    fn the_gradient_is_right() -> Result<()> {
        let config = Config { num_steps: 20, horizon: 1.0, ..Config::default() };
        let plant = Plant::new(&candle_core::Device::Cpu)?;
        let gain = common::optim::parameter(&Tensor::new(&[[0.3, -0.2], [0.1, 0.5]], &candle_core::Device::Cpu)?)?;
        assert!(gradient_error(std::slice::from_ref(&gain), 1e-6, || loss(&config, &plant, &gain))? < 1e-8);
        Ok(())
    }

    #[test]
    fn twenty_updates_follow_the_first_gradient_alone() -> Result<()> {
        let outcome = DuStabilize::run(&Config::default(), &mut Context::new(1))?;
        let moved = outcome.gain.to_vec2::<f64>()?;
        assert!(moved.iter().flatten().all(|k| ((k - 1.0).abs() - outcome.displacement).abs() < 1e-3), "{moved:?}");
        assert!(outcome.history.column("spectral_abscissa")[5..].iter().all(|&a| a < 0.0));
        Ok(())
    }
}
