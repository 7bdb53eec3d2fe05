//! Section 2.4: automatic differentiation.
//!
//! The function f(x) = (x₁ + x₂)·x₁² is built from tensor operations; backprop walks them in reverse and returns
//! ∇f(x) = (3x₁² + 2x₁x₂, x₁²), exact to rounding. At (1, 2) this is (7, 1). Difference quotients, which need no
//! calculus either, are compared with it: they are wrong by truncation at large h and by cancellation at small h.
//!
//! | symbol | here |
//! |---|---|
//! | x | `point` |
//! | f | [`f`] |
//! | ∇f by hand | [`gradient_by_hand`] |
//! | ∇f by backprop | [`gradient_by_backprop`] |
//!
//! Run it with `cargo run --release --bin sec2_4_autodiff`.

use anyhow::{Context as _, Result, ensure};
use candle_core::{Device, Tensor, Var};
use common::{
    config::{self, range},
    context::{Context, Phase},
    figure::{Figure, Panel, Series},
    section::{Report, Section},
    table::Table,
};

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
pub struct Config {
    /// The point x = (x₁, x₂) at which the gradient is taken, two numbers from -1000 to 1000
    #[arg(long, value_name = "x₁,x₂", value_delimiter = ',', default_value = "1,2", value_parser = range::within(1e3))]
    pub point: Vec<f64>,
    /// Difference quotients are tried with h = 10⁻¹ … 10⁻ᵏ; k from 1 to 15
    #[arg(long, value_name = "k", default_value_t = 12, value_parser = range::count(15))]
    pub num_differences: usize,
}

impl Default for Config {
    fn default() -> Self {
        config::defaults()
    }
}

/// f(x) = (x₁ + x₂)·x₁² of a vector x `[2]`; rank 0.
// ANCHOR: function
pub fn f(x: &Tensor) -> candle_core::Result<Tensor> {
    let (x1, x2) = (x.get(0)?, x.get(1)?);
    (&x1 + x2)? * x1.sqr()?
}
// ANCHOR_END: function

/// ∇f(x) = (3x₁² + 2x₁x₂, x₁²).
pub fn gradient_by_hand([x1, x2]: [f64; 2]) -> [f64; 2] {
    [3.0 * x1 * x1 + 2.0 * x1 * x2, x1 * x1]
}

/// ∇f(x) by backprop: x becomes a variable, f(x) a graph, and `backward` returns a gradient for every variable in it.
// ANCHOR: backprop
pub fn gradient_by_backprop(point: [f64; 2], device: &Device) -> Result<[f64; 2]> {
    let x = Var::new(&point, device)?;
    let gradients = f(&x)?.backward()?;
    let gradient = gradients.get(&x).context("f does not depend on x")?.to_vec1()?;
    Ok([gradient[0], gradient[1]])
}
// ANCHOR_END: backprop

/// What came out.
#[derive(Debug)]
pub struct Outcome {
    /// f(x)
    pub value: f64,
    /// ∇f(x) by backprop
    pub backprop: [f64; 2],
    /// ∇f(x) by hand
    pub by_hand: [f64; 2],
    /// For h = 10⁻ᵏ: the largest error of forward and of central differences
    pub history: Table,
}

/// The section as a program.
#[derive(Debug)]
pub struct Autodiff;

impl Section for Autodiff {
    const NAME: &'static str = "sec2_4_autodiff";
    const TITLE: &'static str = "Automatic differentiation: backprop against differences and the derivative by hand";
    const HELP: &'static str = "\
f(x) = (x1 + x2)·x1² is written with tensor operations. Backprop returns its gradient, (7, 1) at (1, 2), exact to \
rounding. The figure sets it beside difference quotients, whose error depends on their step h.";
    type Config = Config;
    type Outcome = Outcome;

    fn run(config: &Config, context: &mut Context) -> Result<Outcome> {
        config::validate(config)?;
        let point = pair(&config.point, "--point")?;
        context.phase(Phase::Training);
        let by_hand = gradient_by_hand(point);
        let mut history = Table::new("k", ["forward_difference_error", "central_difference_error"]);
        for k in 1..=config.num_differences {
            let h = 10f64.powi(-(k as i32));
            let mut worst = [0f64; 2];
            for i in 0..2 {
                let at = |shift: f64| -> Result<f64> {
                    let mut shifted = point;
                    shifted[i] += shift;
                    Ok(f(&Tensor::new(&shifted, &context.device)?)?.to_scalar()?)
                };
                let forward = (at(h)? - at(0.0)?) / h;
                let central = (at(h)? - at(-h)?) / (2.0 * h);
                worst[0] = worst[0].max((forward - by_hand[i]).abs());
                worst[1] = worst[1].max((central - by_hand[i]).abs());
            }
            history.push(k, &worst);
        }
        let value = f(&Tensor::new(&point, &context.device)?)?.to_scalar()?;
        Ok(Outcome { value, backprop: gradient_by_backprop(point, &context.device)?, by_hand, history })
    }

    fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
        let (x, g) = (&config.point, outcome.backprop);
        let headline = format!("∇f({}, {}) = ({}, {})", x[0], x[1], g[0], g[1]);
        let central = outcome.history.column("central_difference_error").into_iter().fold(f64::INFINITY, f64::min);
        let summary = format!(
            "f({}, {}) = {}\n{headline} by backprop\n∇f({}, {}) = ({}, {}) by hand\n\
             best central difference: error {central:.1e}",
            x[0], x[1], outcome.value, x[0], x[1], outcome.by_hand[0], outcome.by_hand[1],
        );
        Ok(Report::new(headline, summary)
            .table("history", &outcome.history)
            .figure("autodiff", figure(config, outcome)))
    }
}

fn figure(config: &Config, outcome: &Outcome) -> Figure {
    let (x, g) = (&config.point, outcome.backprop);
    let length = g[0].hypot(g[1]).max(f64::MIN_POSITIVE);
    let tip = [x[0] + g[0] / length, x[1] + g[1] / length];
    let surface = |x1: f64, x2: f64| (x1 + x2) * x1 * x1;
    let step = surface(x[0], x[1]).abs().max(1.0);
    let levels: Vec<f64> = (-6..=6).map(|k| f64::from(k) * step).collect();
    let surface = Panel::new("f(x) = (x₁ + x₂)·x₁² and the direction of ∇f", "x₁", "x₂")
        .contours(surface, (x[0] - 2.0, x[0] + 2.0), (x[1] - 2.0, x[1] + 2.0), &levels)
        .series(Series::line("∇f / ‖∇f‖", &[x[0], tip[0]], &[x[1], tip[1]]))
        .series(Series::scatter(format!("x = ({}, {})", x[0], x[1]), &[x[0]], &[x[1]]));
    let h: Vec<f64> = outcome.history.counts().iter().map(|k| 10f64.powf(-k)).collect();
    let errors = Panel::new("Largest error of the gradient", "h", "error")
        .series(Series::line_with_markers(
            "forward difference",
            &h,
            &outcome.history.column("forward_difference_error"),
        ))
        .series(Series::line_with_markers(
            "central difference",
            &h,
            &outcome.history.column("central_difference_error"),
        ))
        .log_x()
        .log_y();
    Figure::new().panel(surface).panel(errors).columns(1)
}

/// Two numbers; an option's list of another length is wrong usage.
pub(crate) fn pair(values: &[f64], option: &str) -> Result<[f64; 2]> {
    let found = values.len();
    let pair = <[f64; 2]>::try_from(values);
    ensure!(pair.is_ok(), config::Usage(format!("invalid value for '{option}': must be two numbers, found {found}")));
    Ok([values[0], values[1]])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backprop_agrees_with_the_derivative_by_hand() -> Result<()> {
        let outcome = Autodiff::run(&Config::default(), &mut Context::new(1))?;
        assert_eq!((outcome.value, outcome.backprop, outcome.by_hand), (3.0, [7.0, 1.0], [7.0, 1.0]));
        for point in [[0.3, -1.7], [-2.0, 5.0]] {
            let (backprop, by_hand) = (gradient_by_backprop(point, &Device::Cpu)?, gradient_by_hand(point));
            assert!((0..2).all(|i| (backprop[i] - by_hand[i]).abs() < 1e-13), "{backprop:?} {by_hand:?}");
        }
        Ok(())
    }

    #[test]
    fn a_point_has_two_coordinates() {
        let config = Config { point: vec![1.0], ..Config::default() };
        assert!(Autodiff::run(&config, &mut Context::new(1)).unwrap_err().is::<config::Usage>());
    }
}
