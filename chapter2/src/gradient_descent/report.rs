//! The descent in words, tables and figures.

use anyhow::Result;
use common::{
    figure::{Figure, Panel, Series},
    section::Report,
};

use super::{Config, Outcome};

pub(super) fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
    let (f, x1, x2) = (outcome.history.last("f"), outcome.history.last("x1"), outcome.history.last("x2"));
    let headline = format!("f = {f:.3e} after {} iterations", config.num_iterations);
    let summary = format!(
        "x = ({x1:.6}, {x2:.6}), f(x) = {f:.6e} after {} iterations with η = {}\n\
         by hand, by backprop, by the optimizer: the same path to {:.0e}",
        config.num_iterations,
        config.step_size,
        outcome.largest_difference(),
    );
    Ok(Report::new(headline, summary)
        .final_loss(f)
        .table("history", &outcome.history)
        .figure("gradient_descent", figure(config, outcome)))
}

fn figure(config: &Config, outcome: &Outcome) -> Figure {
    let (x1, x2) = (outcome.history.column("x1"), outcome.history.column("x2"));
    let reach = |xs: &[f64]| 1.15 * xs.iter().fold(0.1f64, |reach, x| reach.max(x.abs()));
    // Equal scales would make the valley's shape plain, but the path would be a thin line: each axis has its own.
    let (reach1, reach2) = (reach(&x1), reach(&x2));
    let scale = 10f64.powf(outcome.history.column("f")[0].max(1e-300).log10().floor());
    let levels = [0.02, 0.1, 0.3, 0.6, 1.0, 2.0, 3.0, 4.0, 6.0, 9.0].map(|level| level * scale);
    let contours = Panel::new("f(x) = 4x₁² + x₂²", "x₁", "x₂")
        .contours(|x1, x2| 4.0 * x1 * x1 + x2 * x2, (-reach1, reach1), (-reach2, reach2), &levels)
        .series(Series::line_with_markers(format!("x ← x − η∇f(x), η = {}", config.step_size), &x1, &x2));
    let values = Panel::new("f after each iteration", "iteration", "f(x)")
        .series(Series::line_with_markers("f(x)", &outcome.history.counts(), &outcome.history.column("f")))
        .log_y();
    Figure::new().panel(contours).panel(values).columns(1)
}
