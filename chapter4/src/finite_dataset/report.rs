//! Words, tables and figures of the section.

use anyhow::Result;
use common::{
    figure::{Figure, Panel, Series},
    section::Report,
    table::Table,
};

use super::{Config, Outcome};
use crate::sparse::with_columns;

pub fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
    let last = config.training.num_iterations();
    let title = format!("DU-ISTA from D signals, {} from {}", config.num_unknowns, config.num_observations);
    let mut report = outcome.comparison.report(&title, &[last])?;
    let mut table = Table::new(
        "dataset_size",
        ["train_mean", "train_median", "train_diverged", "test_mean", "test_median", "test_diverged"],
    );
    report.summary += "D        signals    mean        median      diverged\n";
    let fixed = &outcome.fixed;
    report.summary +=
        &format!("{:<8} {:<10} {:<11.4e} {:<11.4e} {:.4}\n", "ISTA", "fresh", fixed.mean, fixed.median, fixed.diverged);
    for (&size, [train, test]) in config.dataset_sizes.iter().zip(&outcome.errors) {
        for (what, e) in [("training", train), ("fresh", test)] {
            report.summary +=
                &format!("{size:<8} {what:<10} {:<11.4e} {:<11.4e} {:.4}\n", e.mean, e.median, e.diverged);
        }
        table.push(size, &[train.mean, train.median, train.diverged, test.mean, test.median, test.diverged]);
    }
    let mut panel = Panel::new("Medians on fresh signals", "iteration", "median of ‖x* − x‖²").log_y();
    for (i, (method, (_, medians))) in outcome.comparison.learned().zip(&outcome.medians).enumerate() {
        let counts: Vec<f64> = (0..medians.len()).map(|k| k as f64).collect();
        panel = panel.series(Series::line_with_markers(&method.label, &counts, medians).style(i + 1));
    }
    report.figures[0] = ("mse", Figure::new().panel(outcome.comparison.mse_panel(&title)).panel(panel));
    // what the trainings themselves measured are errors on the training signals
    for (_, table) in report.tables.iter_mut().filter(|(stem, _)| *stem == "generation") {
        let (rows, several) = (table.rows().to_vec(), table.columns().len() > 3);
        let names = ["train_loss", "train_mse", "training"];
        *table = Table::new(&table.columns()[0].clone(), names.into_iter().take(if several { 3 } else { 2 }));
        rows.iter().for_each(|(depth, values)| table.push(*depth, values));
    }
    Ok(with_columns(report, "mse", &outcome.medians).table("errors", &table))
}
