//! What the section shows.

use anyhow::Result;
use common::{
    figure::{Figure, Panel, Series},
    sampling::grid,
    section::Report,
    table::Table,
};

use super::{Config, Fit, NAMES, Outcome, TARGETS};

/// √(mean of (x₁(iη) − f(iη))²) over all steps: how far the solution is from the function itself.
fn error(config: &Config, fit: &Fit, f: fn(f64) -> f64) -> f64 {
    let squares = fit.states.iter().enumerate().map(|(i, x)| (x[0] - f((i + 1) as f64 * config.step_size())).powi(2));
    (squares.sum::<f64>() / config.num_steps as f64).sqrt()
}

/// Words, tables and the figures.
pub fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
    let m = config.times().len() as f64;
    let expected = m * config.noise_std.powi(2);
    let mut summary = format!(
        "sum of squared errors over {m} observations after {} updates; noise alone has {expected:.3} on average\n",
        config.num_updates
    );
    let mut headline = vec![];
    for ((name, f), fit) in TARGETS.into_iter().zip(&outcome.0) {
        let (first, last) = (fit.history.rows()[0].1[0], fit.history.last("loss"));
        let error = error(config, fit, f);
        summary += &format!("  {name:<14} {first:>9.4} → {last:>8.4}, root mean square distance from f {error:.4}\n");
        headline.push(format!("{last:.3}"));
    }
    let mut history = Table::new("update", NAMES.map(|name| format!("loss_{name}")));
    for update in 0..=config.num_updates {
        history.push(update, &outcome.0.iter().map(|fit| fit.history.rows()[update].1[0]).collect::<Vec<_>>());
    }
    let columns = NAMES.iter().flat_map(|name| (1..=config.num_states).map(move |i| format!("{name}_x{i}")));
    let mut table = Table::new("step", std::iter::once("t".to_owned()).chain(columns));
    for i in 0..config.num_steps {
        let states = outcome.0.iter().flat_map(|fit| fit.states[i].iter().copied());
        table.push(i + 1, &std::iter::once((i + 1) as f64 * config.step_size()).chain(states).collect::<Vec<_>>());
    }
    let mut report = Report::new(format!("losses {}", headline.join(", ")), summary)
        .table("history", &history)
        .table("trajectory", &table)
        .figure("fits", fits(config, outcome))
        .figure("loss", losses(outcome, expected));
    for (name, fit) in NAMES.into_iter().zip(&outcome.0) {
        for (part, values) in fit.parameters.named()? {
            report = report.parameter(format!("{name}.{part}"), &values);
        }
    }
    Ok(report)
}

fn fits(config: &Config, outcome: &Outcome) -> Figure {
    let (fine, times) = (grid(0.0, config.end_time, 401), config.times());
    let steps = grid(0.0, config.end_time, config.num_steps + 1);
    let mut figure = Figure::new();
    for ((name, f), fit) in TARGETS.into_iter().zip(&outcome.0) {
        let state = |i: usize| std::iter::once(0.0).chain(fit.states.iter().map(move |x| x[i])).collect::<Vec<_>>();
        let exact: Vec<f64> = fine.iter().map(|&t| f(t)).collect();
        let mut panel = Panel::new(name, "t", "x(t)")
            .series(Series::line("f(t)", &fine, &exact).style(3).dashed())
            .series(Series::line("x₁(t)", &steps, &state(0)).style(0).solid())
            .series(Series::scatter("observed", &times, &fit.data).style(2));
        if config.num_states > 1 {
            panel = panel.series(Series::line("x₂(t)", &steps, &state(1)).style(1).thin().dotted());
        }
        figure = figure.panel(panel);
    }
    figure
}

fn losses(outcome: &Outcome, expected: f64) -> Figure {
    let mut panel = Panel::new("Loss", "update", "Σ (x₁(tᵢ) − dataᵢ)²").log_y();
    for ((name, _), fit) in TARGETS.into_iter().zip(&outcome.0) {
        panel = panel.series(Series::line(name, &fit.history.counts(), &fit.history.column("loss")));
    }
    if expected > 0.0 {
        panel = panel.hline("noise alone, on average", expected);
    }
    Figure::new().panel(panel)
}
