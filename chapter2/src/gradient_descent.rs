//! Section 2.4: gradient descent, three ways.
//!
//! f(x) = 4x₁² + x₂² is minimised by x ← x − η∇f(x). The gradient is (1) written by hand, (2) taken by backprop from a
//! closure that returns f(x), (3) used by an optimizer object; all three walk the same path.
//!
//! | symbol | here |
//! |---|---|
//! | x | `x` |
//! | η | `step_size` |
//! | f | [`f`] |
//!
//! Run it with `cargo run --release --bin sec2_4_gradient_descent`. The path leaves the long valley along x₂ for last:
//! per iteration x₁ shrinks by 1 − 8η and x₂ by 1 − 2η.

use anyhow::{Context as _, Result};
use candle_core::{Device, Tensor, Var};
use candle_nn::Optimizer as _;
use common::{
    config::{self, range},
    context::{Context, Phase},
    optim::{Optimizer, Rule},
    section::{Report, Section},
    table::Table,
    training::check_loss,
};

use crate::autodiff::pair;

mod report;

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
pub struct Config {
    /// The start x = (x₁, x₂), two numbers from -1e6 to 1e6
    #[arg(
        long,
        value_name = "x₁,x₂",
        value_delimiter = ',',
        default_value = "-1.0427524178910967,-0.3291338458564041",
        value_parser = range::within(1e6)
    )]
    pub start: Vec<f64>,
    /// Step size η of gradient descent, > 0
    #[arg(long, value_name = "η", default_value_t = 0.1, value_parser = range::positive)]
    pub step_size: f64,
    /// Number of iterations, 1 to 100000
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = range::count(100_000))]
    pub num_iterations: usize,
}

impl Default for Config {
    fn default() -> Self {
        config::defaults()
    }
}

/// f(x) = 4x₁² + x₂² of a vector x `[2]`; rank 0.
// ANCHOR: function
pub fn f(x: &Tensor) -> candle_core::Result<Tensor> {
    (x.get(0)?.sqr()? * 4.0)? + x.get(1)?.sqr()?
}
// ANCHOR_END: function

/// The points of a descent, the start first.
pub type Path = Vec<[f64; 2]>;

/// (1) The gradient is written by hand: ∇f(x) = (8x₁, 2x₂).
// ANCHOR: by_hand
pub fn descend_by_hand(mut x: [f64; 2], config: &Config) -> Path {
    let mut path = vec![x];
    for _ in 0..config.num_iterations {
        let gradient = [8.0 * x[0], 2.0 * x[1]];
        x = [x[0] - config.step_size * gradient[0], x[1] - config.step_size * gradient[1]]; // x ← x − η∇f(x)
        path.push(x);
    }
    path
}
// ANCHOR_END: by_hand

/// ∇L at θ of whatever the closure `loss` returns.
// ANCHOR: gradient
pub fn gradient(theta: &Var, loss: impl Fn(&Tensor) -> candle_core::Result<Tensor>) -> Result<Tensor> {
    loss(theta)?.backward()?.remove(theta).context("the loss does not depend on this variable")
}
// ANCHOR_END: gradient

/// (2) The gradient comes from backprop.
// ANCHOR: by_backprop
pub fn descend_by_backprop(start: [f64; 2], config: &Config, device: &Device) -> Result<Path> {
    let x = Var::new(&start, device)?;
    let mut path = vec![start];
    for _ in 0..config.num_iterations {
        let gradient = gradient(&x, f)?;
        x.set(&(x.detach() - (gradient * config.step_size)?)?)?; // x ← x − η∇f(x)
        path.push(point(&x)?);
    }
    Ok(path)
}
// ANCHOR_END: by_backprop

/// (3) An optimizer object does the update.
// ANCHOR: by_optimizer
pub fn descend_by_optimizer(start: [f64; 2], config: &Config, device: &Device) -> Result<Path> {
    let x = Var::new(&start, device)?;
    let mut optimizer = Optimizer::new(vec![x.clone()], Rule::GradientDescent.with(config.step_size))?;
    let mut path = vec![start];
    for _ in 0..config.num_iterations {
        optimizer.backward_step(&f(&x)?)?; // x ← x − η∇f(x)
        path.push(point(&x)?);
    }
    Ok(path)
}
// ANCHOR_END: by_optimizer

fn point(x: &Tensor) -> Result<[f64; 2]> {
    let x = x.to_vec1()?;
    Ok([x[0], x[1]])
}

/// What came out.
#[derive(Debug)]
pub struct Outcome {
    /// The path with the gradient by hand
    pub by_hand: Path,
    /// The path with the gradient from backprop
    pub by_backprop: Path,
    /// The path of the optimizer object
    pub by_optimizer: Path,
    /// x₁, x₂, f after each iteration (by backprop)
    pub history: Table,
}

impl Outcome {
    /// The largest distance in any coordinate between the three paths.
    pub fn largest_difference(&self) -> f64 {
        let others = self.by_backprop.iter().zip(&self.by_optimizer);
        let differences =
            self.by_hand.iter().zip(others).flat_map(|(a, (b, c))| {
                (0..2).map(|i| (a[i] - b[i]).abs().max((a[i] - c[i]).abs())).collect::<Vec<_>>()
            });
        differences.fold(0.0, f64::max)
    }
}

/// The section as a program.
#[derive(Debug)]
pub struct GradientDescent;

impl Section for GradientDescent {
    const NAME: &'static str = "sec2_4_gradient_descent";
    const TITLE: &'static str = "Gradient descent: by hand, by backprop and by an optimizer object";
    const HELP: &'static str = "\
Minimises f(x) = 4x1² + x2² by x ← x − η∇f(x), three ways that must agree: with the gradient written by hand, with \
the gradient from backprop, and with an optimizer object. The figure shows the path over the contours of f. \
Try --step-size 0.2 (x1 overshoots) and --step-size 0.3 (it diverges: 1 − 8η lies outside (−1, 1)).";
    type Config = Config;
    type Outcome = Outcome;

    fn run(config: &Config, context: &mut Context) -> Result<Outcome> {
        config::validate(config)?;
        let start = pair(&config.start, "--start")?;
        context.phase(Phase::Training);
        let by_backprop = descend_by_backprop(start, config, &context.device)?;
        let mut history = Table::new("iteration", ["x1", "x2", "f"]);
        for (iteration, &[x1, x2]) in by_backprop.iter().enumerate() {
            let f = 4.0 * x1 * x1 + x2 * x2;
            check_loss(&history, iteration, f, history.rows().first().map(|(_, row)| row[2]))?;
            history.push(iteration, &[x1, x2, f]);
        }
        let by_hand = descend_by_hand(start, config);
        let by_optimizer = descend_by_optimizer(start, config, &context.device)?;
        Ok(Outcome { by_hand, by_backprop, by_optimizer, history })
    }

    fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
        report::report(config, outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_ways_agree_and_shrink_as_the_theory_says() -> Result<()> {
        let config = Config::default();
        let outcome = GradientDescent::run(&config, &mut Context::new(1))?;
        assert!(outcome.largest_difference() < 1e-15);
        assert_eq!(outcome.by_hand.len(), config.num_iterations + 1);
        let [x1, x2] = outcome.by_hand[config.num_iterations];
        assert!((x1 - config.start[0] * 0.2f64.powi(10)).abs() < 1e-15);
        assert!((x2 - config.start[1] * 0.8f64.powi(10)).abs() < 1e-15);
        Ok(())
    }

    #[test]
    fn too_large_a_step_diverges_with_its_history() {
        let config = Config { step_size: 1e6, num_iterations: 100, ..Config::default() };
        let error = GradientDescent::run(&config, &mut Context::new(1)).unwrap_err();
        let diverged = error.downcast_ref::<common::training::Diverged>().expect("diverges");
        assert_eq!(diverged.history.rows().len(), diverged.at);
    }
}
