//! What the section shows.

use anyhow::Result;
use candle_core::{Device, Tensor};
use common::{
    figure::{Figure, Panel, Series},
    section::Report,
    table::Table,
};

use super::{Config, Curve, Outcome, exact, least_value};

/// Words, tables and the figure.
pub fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
    let (first, last) = (outcome.history.rows()[0].1[0], outcome.history.last("loss"));
    let [left, right] = outcome.curve.ends;
    // The penalty holds y(0) where its slope −2λy(0) balances that of the functional, 2y′(0).
    let slope = 1.0 / (2.0 * 1f64.sin()) - 0.5;
    let summary = format!(
        "loss {first:.6e} before training, {last:.6e} after {} updates\n\
         −∫(y² − y′² + ty) of the learned curve {:.6e}, the least possible {:.6e}\n\
         largest error {:.2e}; y(0) = {left:.2e}, y(1) = {right:.2e}\n\
         the penalty alone moves y(0) to y′(0)/λ = {:.2e}\n",
        config.num_updates,
        outcome.curve.value,
        least_value(),
        outcome.curve.error(1.0),
        slope / config.ritz.penalty,
    );
    Ok(Report::new(format!("loss {last:.4e}, largest error {:.1e}", outcome.curve.error(1.0)), summary)
        .final_loss(last)
        .table("history", &outcome.history)
        .table("curve", &table(&[("y", &outcome.curve, 1.0)]))
        .figure("rayleigh_ritz", figure(config, outcome))
        .parameter("theta", &Tensor::new(outcome.theta.as_slice(), &Device::Cpu)?))
}

/// t and, for each named curve, its values and the exact ones.
pub(crate) fn table(curves: &[(&str, &Curve, f64)]) -> Table {
    let names = curves.iter().flat_map(|(name, ..)| [(*name).to_owned(), format!("exact_{name}")]);
    let mut table = Table::new("point", std::iter::once("t".to_owned()).chain(names));
    for (i, &t) in curves[0].1.ts.iter().enumerate() {
        let values = curves.iter().flat_map(|(_, curve, c)| [curve.ys[i], exact(t, *c)]);
        table.push(i, &std::iter::once(t).chain(values).collect::<Vec<_>>());
    }
    table
}

fn figure(config: &Config, outcome: &Outcome) -> Figure {
    let Curve { ts, ys, .. } = &outcome.curve;
    let truth: Vec<f64> = ts.iter().map(|&t| exact(t, 1.0)).collect();
    let error: Vec<f64> = ys.iter().zip(&truth).map(|(y, exact)| y - exact).collect();
    let curve = Panel::new(format!("After {} updates", config.num_updates), "t", "y(t)")
        .series(Series::line("sin t/(2 sin 1) − t/2", ts, &truth))
        .series(Series::line("learned", ts, ys));
    let error = Panel::new("Error", "t", "learned − exact").series(Series::line("", ts, &error)).hline("", 0.0);
    let above: Vec<f64> = outcome.history.column("loss").iter().map(|loss| (loss - least_value()).abs()).collect();
    let loss = Panel::new("Loss, from the exact minimum", "update", "|loss − (cot(1)/4 − 1/6)|")
        .series(Series::line("", &outcome.history.counts(), &above))
        .log_y();
    Figure::new().panel(curve).panel(error).panel(loss)
}
