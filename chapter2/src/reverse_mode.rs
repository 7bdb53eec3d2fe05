//! Section 2.4: reverse-mode differentiation from nothing, in about sixty lines.
//!
//! Every operation on numbers v₀, v₁, … is written on a tape with its slopes ∂vᵢ/∂vⱼ. Backprop reads the tape from its end:
//! with the adjoints v̄ᵢ = ∂y/∂vᵢ, v̄ = 1 for the result itself, each entry hands v̄ⱼ ← v̄ⱼ + v̄ᵢ·∂vᵢ/∂vⱼ to those it was made from.
//! That is the chain rule, and all that candle's `backward` does, with tensors in the place of numbers.
//!
//! | symbol | here |
//! |---|---|
//! | vᵢ | [`tape::Number`], its `index` is i |
//! | ∂vᵢ/∂vⱼ | `slopes` of a [`tape::Entry`] |
//! | v̄ᵢ = ∂y/∂vᵢ | [`tape::Tape::adjoints`] |
//!
//! Run it with `cargo run --release --bin sec2_4_reverse_mode`. It prints the tape of f(x) = (x₁ + x₂)·x₁² with the adjoints,
//! and learns section 2.4.4's exponential with the gradients of these lines and, beside them, with candle's.

use anyhow::Result;
use candle_core::{Device, Tensor, Var};
use candle_nn::Module as _;
use common::{
    config::{self, range},
    context::{Context, Phase},
    figure::{Figure, Panel, Series},
    loss::sum_squared_error,
    sampling,
    section::{Report, Section},
    table::Table,
    training::log_losses,
};

use crate::{
    autodiff::{gradient_by_backprop, pair},
    regression::{Exponential, truth},
};
use tape::{Entry, Tape};

pub mod tape;

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
pub struct Config {
    /// The point x = (x₁, x₂) at which the gradient is taken, two numbers from -1000 to 1000
    #[arg(long, value_name = "x₁,x₂", value_delimiter = ',', default_value = "1,2", value_parser = range::within(1e3))]
    pub point: Vec<f64>,
    /// Learning rate α of the gradient descent on the exponential, > 0
    #[arg(long, value_name = "α", default_value_t = 0.01, value_parser = range::positive)]
    pub learning_rate: f64,
    /// Number of updates, 1 to 100000
    #[arg(long, value_name = "K", default_value_t = 200, value_parser = range::count(100_000))]
    pub num_updates: usize,
}

impl Default for Config {
    fn default() -> Self {
        config::defaults()
    }
}

/// Σⱼ (p₁·exp(−p₂xⱼ) + p₃ − yⱼ)² and its gradient by p, by the tape.
// ANCHOR: loss
pub fn loss_by_tape(p: [f64; 3], xs: &[f64], ys: &[f64]) -> (f64, [f64; 3]) {
    let tape = Tape::default();
    let [p1, p2, p3] = [("p1", p[0]), ("p2", p[1]), ("p3", p[2])].map(|(name, value)| tape.variable(name, value));
    let mut loss = tape.variable("0", 0.0);
    for (&x, &y) in xs.iter().zip(ys) {
        let error = p1 * (tape.variable("−x", -x) * p2).exp() + p3 - tape.variable("y", y);
        loss = loss + error * error;
    }
    let adjoints = tape.adjoints(loss);
    (loss.value, [p1, p2, p3].map(|p| adjoints[p.index]))
}
// ANCHOR_END: loss

/// The same by candle.
fn loss_by_candle(p: [f64; 3], xs: &[f64], ys: &[f64]) -> Result<[f64; 3]> {
    let [p1, p2, p3] = [0, 1, 2].map(|i| Var::new(p[i], &Device::Cpu));
    let model = Exponential { p1: p1?, p2: p2?, p3: p3? };
    let loss = sum_squared_error(&model.forward(&Tensor::new(xs, &Device::Cpu)?)?, &Tensor::new(ys, &Device::Cpu)?)?;
    let gradients = loss.backward()?;
    let mut gradient = [0.0; 3];
    for (g, p) in gradient.iter_mut().zip(model.parameters()) {
        *g = gradients.get(&p).map_or(Ok(0.0), |g| g.to_scalar())?;
    }
    Ok(gradient)
}

/// What came out.
#[derive(Debug)]
pub struct Outcome {
    /// The tape of f(x) = (x₁ + x₂)·x₁² at the point
    pub entries: Vec<Entry>,
    /// ∂f/∂vᵢ of its entries
    pub adjoints: Vec<f64>,
    /// ∇f(x) by candle
    pub candle: [f64; 2],
    /// Per update: the loss, and how far the tape's gradient is from candle's, relative to it
    pub history: Table,
}

/// The section as a program.
#[derive(Debug)]
pub struct ReverseMode;

impl Section for ReverseMode {
    const NAME: &'static str = "sec2_4_reverse_mode";
    const TITLE: &'static str = "Reverse-mode differentiation in about sixty lines";
    const HELP: &'static str = "\
A tape of operations and one loop over it from the end: that is all of backprop. Prints the tape of f(x) = (x1 + x2)·x1² \
with ∂f/∂vi for every intermediate result, beside candle's gradient, and fits the exponential of section 2.4.4 to its eleven \
points by gradient descent. The figure shows the loss, and how far the tape's gradient is from candle's. Try --point 3,-1.";
    type Config = Config;
    type Outcome = Outcome;

    fn run(config: &Config, context: &mut Context) -> Result<Outcome> {
        config::validate(config)?;
        let point = pair(&config.point, "--point")?;
        context.phase(Phase::Training);
        // ANCHOR: example
        let tape = Tape::default();
        let (x1, x2) = (tape.variable("x1", point[0]), tape.variable("x2", point[1]));
        let f = (x1 + x2) * (x1 * x1);
        let adjoints = tape.adjoints(f);
        // ANCHOR_END: example

        let xs = sampling::grid(0.0, 1.0, 11);
        let ys = sampling::observe(truth, &xs, 0.5, &mut context.rng(0));
        let mut history = Table::new("update", ["distance_from_candle", "sum_squared_error"]);
        let mut p = [1.0; 3];
        for update in 0..=config.num_updates {
            let (loss, gradient) = loss_by_tape(p, &xs, &ys);
            let candle = loss_by_candle(p, &xs, &ys)?;
            log_losses(&mut history, update, &[distance(gradient, candle), loss])?;
            p = [0, 1, 2].map(|i| p[i] - config.learning_rate * gradient[i]); // p ← p − α∇L(p)
        }
        let candle = gradient_by_backprop(point, &context.device)?;
        Ok(Outcome { entries: tape.into_entries(), adjoints, candle, history })
    }

    fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
        let mut summary = format!("{:>2}  {:<8} {:>10} {:>10}\n", "i", "vᵢ", "value", "∂f/∂vᵢ");
        for (i, (entry, adjoint)) in outcome.entries.iter().zip(&outcome.adjoints).enumerate() {
            summary += &format!("{i:>2}  {:<8} {:>10} {:>10}\n", entry.name, entry.value, adjoint);
        }
        let [g1, g2] = outcome.candle;
        let (first, last) = (outcome.history.rows()[0].1[1], outcome.history.last("sum_squared_error"));
        let worst = outcome.history.column("distance_from_candle").into_iter().fold(0.0, f64::max);
        summary += &format!(
            "candle: ∂f/∂x₁ = {g1}, ∂f/∂x₂ = {g2}\n\
             section 2.4.4's exponential: sum of squared errors {first:.6} before, {last:.6} after {} updates\n\
             the tape's gradients and candle's differ by at most {worst:.0e} of their size",
            config.num_updates,
        );
        let headline = format!("gradient within {worst:.0e} of candle's, loss {first:.3} → {last:.3}");
        Ok(Report::new(headline, summary)
            .final_loss(last)
            .table("history", &outcome.history)
            .figure("reverse_mode", figure(outcome)))
    }
}

/// ‖a − b‖ / ‖b‖
fn distance(a: [f64; 3], b: [f64; 3]) -> f64 {
    let norm = |v: [f64; 3]| v.iter().map(|v| v * v).sum::<f64>().sqrt();
    norm([0, 1, 2].map(|i| a[i] - b[i])) / norm(b).max(f64::MIN_POSITIVE)
}

fn figure(outcome: &Outcome) -> Figure {
    let (updates, distances) = (outcome.history.counts(), outcome.history.column("distance_from_candle"));
    let loss = Panel::new("Loss by gradients from the tape", "update", "sum of squared errors")
        .series(outcome.history.line("Σⱼ (g(xⱼ) − yⱼ)²", "sum_squared_error"))
        .log_y();
    let distance = Panel::new("Tape against candle", "update", "‖∇L − ∇L of candle‖ / ‖∇L‖")
        .series(Series::scatter("distance of the gradients", &updates, &distances))
        .hline("spacing of f64 at 1", f64::EPSILON)
        .log_y();
    Figure::new().panel(loss).panel(distance).columns(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tape_has_the_gradient_of_the_page() -> Result<()> {
        let outcome = ReverseMode::run(&Config::default(), &mut Context::new(1))?;
        assert_eq!(outcome.adjoints, [7.0, 1.0, 1.0, 3.0, 1.0]);
        assert_eq!(outcome.candle, [7.0, 1.0]);
        Ok(())
    }

    #[test]
    fn the_tape_agrees_with_candle() -> Result<()> {
        let (xs, ys) = (sampling::grid(0.0, 1.0, 11), sampling::normal_vec(11, &mut sampling::rng(3, 0)));
        for p in [[1.0; 3], [5.0, 2.0, 1.5], [-0.3, 0.7, 2.0], [0.0, -1.0, 0.0]] {
            let (tape, candle) = (loss_by_tape(p, &xs, &ys).1, loss_by_candle(p, &xs, &ys)?);
            assert!(distance(tape, candle) < 1e-14, "{p:?}: {tape:?} against {candle:?}");
        }
        Ok(())
    }

    #[test]
    fn a_number_used_twice_gets_both_contributions() {
        let tape = Tape::default();
        let x = tape.variable("x", 0.5);
        let y = (x * x - x.exp()) * x; // y' = (2x − eˣ)x + x² − eˣ
        let expected = (1.0 - 0.5f64.exp()) * 0.5 + 0.25 - 0.5f64.exp();
        assert!((tape.adjoints(y)[0] - expected).abs() < 1e-15);
    }
}
