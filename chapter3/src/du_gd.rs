//! Section 3: deep unfolding in its smallest form, one learned step size.
//!
//! Gradient descent on f(x) = x², x ← x − 2ηx, is cut off after three iterations: x₀ ↦ x̂ is a network whose only parameter
//! is η. It is trained on random x₀ ~ N(0, 1) with the loss x̂²: η ← Adam(η, ∂x̂²/∂η).
//!
//! | symbol | here |
//! |---|---|
//! | η | `step_size` |
//! | x₀, x̂ | the argument and the value of [`unrolled`] |
//! | α | `learning_rate` |
//!
//! Run it with `cargo run --release --bin sec3_du_gd`. x̂ = (1 − 2η)³x₀, so η = ½ solves every problem in one iteration;
//! training finds it from examples alone.

use anyhow::Result;
use candle_core::{Tensor, Var};
use candle_nn::Optimizer as _;
use common::{
    config::{self, range},
    context::{Context, Phase},
    figure::{Figure, Panel},
    optim::{Optimizer, Rule},
    sampling,
    section::{Report, Section},
    table::Table,
    training::{log_losses, loss_value},
};

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
pub struct Config {
    /// Iterations of the network t, 1 to 1000
    #[arg(long, value_name = "t", default_value_t = 3, value_parser = range::count(1000))]
    pub num_iterations: usize,
    /// Step size η before training
    #[arg(long, value_name = "η", default_value_t = 0.0, value_parser = range::finite)]
    pub initial_step_size: f64,
    /// Learning rate α of Adam, > 0
    #[arg(long, value_name = "α", default_value_t = 0.25, value_parser = range::positive)]
    pub learning_rate: f64,
    /// Number of updates, each with a fresh x₀, 1 to 100000
    #[arg(long, value_name = "N", default_value_t = 125, value_parser = range::count(100_000))]
    pub num_updates: usize,
}

impl Default for Config {
    fn default() -> Self {
        config::defaults()
    }
}

/// `num_iterations` times x ← x − ηf′(x), from `x`; both tensors of rank 0.
// ANCHOR: step
pub fn unrolled(x: &Tensor, step_size: &Tensor, num_iterations: usize) -> Result<Tensor> {
    let mut x = x.clone();
    for _ in 0..num_iterations {
        let gradient = (&x * 2.0)?; // f′(x) = 2x
        x = (&x - (step_size * gradient)?)?; // x ← x − ηf′(x)
    }
    Ok(x)
}
// ANCHOR_END: step

/// What came out.
#[derive(Debug)]
pub struct Outcome {
    /// The loss on update k's x₀ before it, and η after k updates; row 0 has no loss
    pub history: Table,
    /// The learned η, rank 0
    pub step_size: Tensor,
}

/// The section as a program.
#[derive(Debug)]
pub struct DuGd;

impl Section for DuGd {
    const NAME: &'static str = "sec3_du_gd";
    const TITLE: &'static str = "Deep unfolding of gradient descent: one learned step size";
    const HELP: &'static str = "\
Three iterations of gradient descent on f(x) = x² are a network with one parameter, the step size η. Adam trains it on \
random starts x0 to make the last x small. The figure shows η by update on its way to the optimum 1/2, where one \
iteration solves every problem. Try --num-iterations 1, --learning-rate 0.05 and --initial-step-size 1.2.";
    type Config = Config;
    type Outcome = Outcome;

    // ANCHOR: training
    fn run(config: &Config, context: &mut Context) -> Result<Outcome> {
        config::validate(config)?;
        context.phase(Phase::Training);
        let eta = Var::new(config.initial_step_size, &context.device)?;
        let mut adam = Optimizer::new(vec![eta.clone()], Rule::Adam.with(config.learning_rate))?;
        let mut history = Table::new("update", ["step_size", "loss"]);
        history.push(0, &[config.initial_step_size]);
        let rng = &mut context.rng(0);
        for update in 1..=config.num_updates {
            let x0 = Tensor::new(sampling::normal_vec(1, rng)[0], &context.device)?; // x₀ ~ N(0, 1)
            let loss = unrolled(&x0, &eta, config.num_iterations)?.sqr()?; // x̂²
            adam.backward_step(&loss)?;
            log_losses(&mut history, update, &[eta.to_scalar()?, loss_value(&loss)?])?;
            context.progress(update, config.num_updates);
        }
        Ok(Outcome { history, step_size: eta.as_detached_tensor() })
    }
    // ANCHOR_END: training

    fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
        let eta = outcome.history.last("step_size");
        let rate = (1.0 - 2.0 * eta).abs();
        let title =
            format!("Learned step size, {} iterations, learning rate {}", config.num_iterations, config.learning_rate);
        let path = Panel::new(title, "update", "step size η").series(outcome.history.line("η", "step_size"));
        let headline = format!("η = {eta:.4} (optimum 0.5)");
        let summary =
            format!("learned  η = {eta:.6}, optimum 0.5\neach iteration multiplies x by |1 − 2η| = {rate:.2e}");
        Ok(Report::new(headline, summary)
            .final_loss(outcome.history.last("loss"))
            .table("history", &outcome.history)
            .figure("step_size", Figure::new().panel(path.hline("optimum ½", 0.5)))
            .parameter("step_size", &outcome.step_size))
    }
}
