//! Words, tables and figures of the question.

use anyhow::Result;
use common::{
    figure::{Figure, Panel, Series},
    section::Report,
    statistics::median_and_range,
    table::Table,
};

use super::{Case, Config, Outcome, WAYS};

/// E‖e‖² at full depth, divided by the best found, over the matrices: median, smallest, largest.
fn ratios(cases: &[Case], method: usize) -> [f64; 3] {
    let of = |case: &Case| {
        let end = |errors: &[f64]| errors[errors.len() - 1];
        end(&case.errors[method]) / end(&case.errors[WAYS.len() + 1])
    };
    median_and_range(cases.iter().map(of))
}

fn list(omega: &[f64]) -> String {
    omega.iter().map(|omega| format!("{omega:.4}")).collect::<Vec<_>>().join(" ")
}

pub fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
    let labels: Vec<&str> = WAYS.iter().map(|way| way.label).chain(["Chebyshev", "best found"]).collect();
    let mut summary = format!(
        "E‖e‖² after {} iterations, divided by the best found; {} matrices: median, smallest, largest\n",
        config.num_generations, config.num_seeds
    );
    let mut table = Table::new("period", ["method", "median", "low", "high"]);
    let mut headline = String::new();
    for (&period, cases) in config.period.iter().zip(outcome) {
        for (method, label) in labels.iter().enumerate() {
            let [median, low, high] = ratios(cases, method);
            summary += &format!("  T = {period}, {label:<38} {median:<10.4} {low:<10.4} {high:.4}\n");
            table.push(period, &[method as f64, median, low, high]);
        }
        let [published, ..] = ratios(cases, 0);
        let [log, ..] = ratios(cases, 2);
        headline += &format!("T = {period}: {published:.1} → {log:.2}  ");
    }
    summary += "ω for the first matrix\n";
    for (&period, cases) in config.period.iter().zip(outcome) {
        let Case { paths, best, chebyshev, .. } = &cases[0];
        let ends = paths.iter().map(|path| &path[path.len() - 1]);
        for (label, omega) in labels.iter().zip(ends.chain([chebyshev, best])) {
            summary += &format!("  T = {period}, {label:<35} {}\n", list(omega));
        }
    }

    let first = &outcome[0][0];
    let updates: Vec<f64> = (0..first.paths[0].len()).map(|k| k as f64).collect();
    let title = format!("First factor, T = {}, first matrix", config.period[0]);
    let mut panel = Panel::new(title, "update", "ω");
    let mut columns = vec![];
    for (way, path) in WAYS.iter().zip(&first.paths) {
        let omega: Vec<f64> = path.iter().map(|omega| omega[0]).collect();
        panel = panel.series(Series::line(way.label, &updates, &omega));
        columns.push((way.name.to_owned(), omega));
    }
    let figure = Figure::new().panel(panel.hline("best found", first.best[0]));
    let mut losses = Figure::new();
    for (&period, cases) in config.period.iter().zip(outcome) {
        let mut panel =
            Panel::new(format!("T = {period}, first matrix"), "iteration", "E‖x − x*‖², by the best").log_y();
        for (label, errors) in labels.iter().zip(&cases[0].errors) {
            let counts: Vec<f64> = (0..errors.len()).map(|k| k as f64).collect();
            let best = &cases[0].errors[WAYS.len() + 1];
            let relative: Vec<f64> = errors.iter().zip(best).map(|(error, best)| error / best).collect();
            panel = panel.series(Series::line_with_markers(*label, &counts, &relative));
        }
        losses = losses.panel(panel);
    }
    Ok(Report::new(headline.trim_end(), summary)
        .table("ratios", &table)
        .table("omega", &Table::of_columns("update", 0, &columns))
        .figure("omega", figure)
        .figure("mse", losses))
}
