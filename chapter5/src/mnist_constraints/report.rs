//! Words, tables and figures of the question.

use anyhow::Result;
use common::{
    figure::{Figure, Panel, Series},
    section::Report,
    table::Table,
};

use super::{Config, FIXED, Outcome};

pub fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
    let Outcome { comparison, best, .. } = outcome;
    let (depth, count) = (config.training.num_generations, config.lambda.len());
    let end = |i: usize| comparison.methods[i].mse[depth];
    let mut summary = format!("squared error of a test digit after {depth} iterations\n{:<12}", "");
    summary += &FIXED.map(|(_, label, ..)| format!("{label:<15}")).concat();
    summary = summary.trim_end().to_owned() + "\n";
    let mut table = Table::new("row", ["lambda"].into_iter().chain(FIXED.map(|(name, ..)| name)));
    let mut panel = Panel::new("Fixed λ", "λ", "‖x − x̂‖² of an image").log_x().log_y();
    for (row, lambda) in config.lambda.iter().enumerate() {
        let errors = [0, 1, 2, 3].map(|i| end(i * count + row));
        summary += &format!("  {:<10}", format!("λ = {lambda}"));
        summary += errors.map(|error| format!("{error:<15.4}")).concat().trim_end();
        summary += "\n";
        table.push(row, &[&[*lambda], &errors[..]].concat());
    }
    for (i, (_, label, ..)) in FIXED.iter().enumerate() {
        let errors: Vec<f64> = (0..count).map(|row| end(i * count + row)).collect();
        panel = panel.series(Series::line_with_markers(*label, &config.lambda, &errors));
    }
    for method in comparison.learned() {
        summary += &format!("  {:<40}{:.4}\n", method.label, method.mse[depth]);
        panel = panel.hline(&method.label, method.mse[depth]);
    }
    let ratio = |without: usize, with: usize| end(best[without]) / end(best[with]);
    let gains = [ratio(0, 2), ratio(1, 3), ratio(4, 5)];
    summary += "without / with x ≥ 0, each at its best λ\n";
    for (name, gain) in ["ISTA", "FISTA", "learned"].iter().zip(gains) {
        summary += &format!("  {name:<40}{gain:.2}\n");
    }
    let headline = format!(
        "squared error: FISTA {:.2}, with x ≥ 0 {:.2}; learned {:.2}, with x ≥ 0 {:.2}",
        end(best[1]),
        end(best[3]),
        end(best[4]),
        end(best[5])
    );
    let mut errors = Panel::new("Each at its best λ", "iteration", "‖x − x̂‖² of an image").log_y();
    let counts: Vec<f64> = (0..=depth).map(|t| t as f64).collect();
    for &i in best {
        let method = &comparison.methods[i];
        errors = errors.series(Series::line_with_markers(&method.label, &counts, &method.mse));
    }
    let columns: Vec<_> = comparison.methods.iter().map(|method| (method.name.clone(), method.mse.clone())).collect();
    let mut schedules = Figure::new();
    for (name, axis) in [("step_size", "γₜ"), ("threshold", "αₜ")] {
        let mut panel = Panel::new("", "iteration", axis);
        for method in comparison.learned() {
            let values = method.schedule(name);
            let t: Vec<f64> = (1..=values.len()).map(|t| t as f64).collect();
            panel = panel.series(Series::line_with_markers(&method.label, &t, &values));
        }
        schedules = schedules.panel(panel);
    }
    let mut report = Report::new(headline, summary)
        .table("lambda", &table)
        .table("mse", &Table::of_columns("iteration", 0, &columns))
        .figure("mse", Figure::new().panel(errors))
        .figure("lambda", Figure::new().panel(panel))
        .figure("schedules", schedules)
        .figure("digits", digits(outcome));
    for method in comparison.learned() {
        for (name, values) in &method.schedules {
            report = report.parameter(format!("{}_{name}", method.name), values);
        }
    }
    Ok(report)
}

/// Test digits in rows: true, then by each method at its best λ.
fn digits(outcome: &Outcome) -> Figure {
    let names = ["true"].into_iter().chain(FIXED.map(|(_, label, ..)| label)).chain(["learned", "learned, x ≥ 0"]);
    let mut figure = Figure::new();
    for (name, images) in names.zip(&outcome.shown) {
        for image in images {
            figure = figure.panel(Panel::image(name, image, 28));
        }
    }
    figure.columns(outcome.shown[0].len()).panel_size(110, 126)
}
