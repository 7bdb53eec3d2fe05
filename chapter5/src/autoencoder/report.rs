use anyhow::Result;
use common::{
    figure::{Figure, Panel, Series},
    section::Report,
    table::Table,
};

use super::{
    Config, Outcome,
    constellation::{borders, least_distance},
};
use crate::rates::binomial;

pub fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
    let best = &outcome.starts[outcome.best];
    let mut summary = format!(
        "{} messages, σ = {}, peak power 1: symbol error rates, {} messages sent\n",
        config.num_messages, config.noise_std, config.num_test
    );
    summary += &format!("{:<34} {:>28}  least distance\n", "", "errors [95 %]");
    let mut table = Table::new("row", ["symbol_error_rate", "low", "high", "least_distance"]);
    let mut row = |name: String, errors: usize, points: &[[f64; 2]]| {
        let (rate, distance) = (binomial(errors, config.num_test), least_distance(points));
        table.push(table.rows().len(), &[rate.rate, rate.low, rate.high, distance]);
        let text = format!("{:.4} [{:.4}, {:.4}]", rate.rate, rate.low, rate.high);
        summary += &format!("{name:<34} {text:>28}  {distance:.4}\n");
    };
    for (i, start) in outcome.starts.iter().enumerate() {
        let mark = if i == outcome.best && outcome.starts.len() > 1 { ", best" } else { "" };
        row(format!("start {}, learned decoder", i + 1), start.errors[0], &start.points);
        row(format!("start {}, nearest point{mark}", i + 1), start.errors[1], &start.points);
    }
    for (name, points, errors) in &outcome.textbook {
        row(format!("{name}, nearest point"), *errors, points);
    }
    let mut points = Table::new("message", ["x", "y"]);
    best.points.iter().enumerate().for_each(|(m, p)| points.push(m, p));
    let rate = best.errors[1] as f64 / config.num_test as f64;
    let mut figure = Figure::new().panel(panel("Learned", rate, &best.points));
    for (name, points, errors) in &outcome.textbook {
        figure = figure.panel(panel(name, *errors as f64 / config.num_test as f64, points));
    }
    let mut loss = Panel::new("Training", "update", "‖one-hot − softmax‖²").log_y();
    for (i, start) in outcome.starts.iter().enumerate() {
        loss = loss.series(start.history.line(format!("start {}", i + 1), "loss").thin());
    }
    let mut report = Report::new(format!("SER {rate:.4}"), summary)
        .final_loss(best.history.last("loss"))
        .table("history", &best.history)
        .table("constellation", &points)
        .table("symbol_error_rates", &table)
        .figure("constellation", figure.panel_size(560, 560))
        .figure("training", Figure::new().panel(loss));
    for (name, values) in &best.parameters {
        report = report.parameter(name.clone(), values);
    }
    Ok(report)
}

/// The points, the unit circle, and the borders of the regions of nearest points.
fn panel(name: &str, rate: f64, points: &[[f64; 2]]) -> Panel {
    const REACH: f64 = 1.25;
    let mut panel = Panel::new(format!("{name}: symbol error rate {rate:.4}"), "x₁", "x₂")
        .x_range(-REACH, REACH)
        .y_range(-REACH, REACH);
    for [a, b] in borders(points, REACH) {
        panel = panel.series(Series::line("", &[a[0], b[0]], &[a[1], b[1]]).style(7).solid().thin());
    }
    let angles: Vec<f64> = (0..=120).map(|k| f64::from(k) * std::f64::consts::PI / 60.0).collect();
    let (x, y): (Vec<f64>, Vec<f64>) = angles.iter().map(|a| (a.cos(), a.sin())).unzip();
    let (px, py): (Vec<f64>, Vec<f64>) = points.iter().map(|p| (p[0], p[1])).unzip();
    panel.series(Series::line("", &x, &y).style(1).dotted().thin()).series(Series::scatter("", &px, &py).style(0))
}
