//! The training in words, tables and figures.

use anyhow::Result;
use common::{
    figure::{Figure, Panel, Series},
    section::Report,
};

use super::{Config, Outcome};

pub(super) fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
    let (first, last) = (outcome.history.rows()[0].1[0], outcome.history.last("half_sum_squared_error"));
    let rate = (last / first).powf(1.0 / config.num_iterations as f64);
    let summary = format!(
        "half the sum of squared errors: {first:.6e} before training, {last:.6e} after {} iterations\n\
         with η = {} each iteration multiplied it by {rate:.4} on average\n\
         at the start, steps below {:.3} are stable",
        config.num_iterations, config.step_size, outcome.largest_stable_step,
    );
    Ok(Report::new(format!("loss {first:.3e} → {last:.3e}, × {rate:.3} per iteration"), summary)
        .final_loss(last)
        .table("history", &outcome.history)
        .figure("three_layer_nn", figure(config, outcome))
        .parameter("w", &outcome.w))
}

fn figure(config: &Config, outcome: &Outcome) -> Figure {
    let losses = outcome.history.column("half_sum_squared_error");
    let loss = Panel::new("Training loss", "iteration", "½ Σⱼ (f(W, xⱼ) − yⱼ)²")
        .series(Series::line(format!("step size η = {}", config.step_size), &outcome.history.counts(), &losses))
        .log_y();
    let reach = outcome.labels.iter().fold(0f64, |reach, y| reach.max(y.abs()));
    let outputs = Panel::new("Outputs against labels", "label yⱼ", "f(W, xⱼ)")
        .series(Series::line("f = y", &[-reach, reach], &[-reach, reach]))
        .series(Series::scatter("before training", &outcome.labels, &outcome.before))
        .series(Series::scatter("after training", &outcome.labels, &outcome.after));
    Figure::new().panel(loss).panel(outputs).columns(1)
}
