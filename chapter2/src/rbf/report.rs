//! The fit in words, tables and figures.

use anyhow::Result;
use candle_core::Device;
use common::{
    figure::{Figure, Panel, Series},
    sampling::grid,
    section::Report,
};

use super::{Config, Outcome, basis_matrix};

pub(super) fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
    let (first, last) = (outcome.history.rows()[0].1[0], outcome.history.last("sum_squared_error"));
    let worst = outcome.learned.iter().zip(&outcome.target).fold(0f64, |worst, (g, y)| worst.max((g - y).abs()));
    let summary = format!(
        "sum of squared errors: {first:.6e} before training, {last:.6e} after {} updates\n\
         largest error at a point {worst:.2e}; the smallest loss any θ reaches is {:.1e}",
        config.num_updates, outcome.best_loss,
    );
    Ok(Report::new(format!("sum of squared errors {first:.3e} → {last:.3e}"), summary)
        .final_loss(last)
        .table("history", &outcome.history)
        .figure("basis", basis_figure(config)?)
        .figure("rbf", fit_figure(config, outcome))
        .parameter("theta", &outcome.theta))
}

fn basis_figure(config: &Config) -> Result<Figure> {
    let wide = grid(-1.0, 2.5, 351);
    let bumps = basis_matrix(config, &wide, &Device::Cpu)?.t()?.to_vec2::<f64>()?;
    let title = format!("The {} basis functions; the fit is on the shaded interval", config.num_basis);
    let mut basis = Panel::new(title, "x", "φᵢ(x)").shade_x("", 0.0, 1.0);
    for (i, bump) in bumps.iter().enumerate() {
        basis = basis.series(Series::line("", &wide, bump).style(i % 3).solid().thin());
    }
    Ok(Figure::new().panel(basis))
}

fn fit_figure(config: &Config, outcome: &Outcome) -> Figure {
    let fit = Panel::new("Target and learned g", "x", "y")
        .series(Series::line("exp(−5x)·sin(5x)", &outcome.xs, &outcome.target))
        .series(Series::line("learned g(x; θ)", &outcome.xs, &outcome.learned));
    let loss = Panel::new(
        format!("Loss, learning rate {}", config.optimizer.learning_rate),
        "update",
        "sum of squared errors",
    )
    .series(outcome.history.line("loss", "sum_squared_error"))
    .log_y();
    Figure::new().panel(fit).panel(loss).columns(1)
}
