//! Words, tables and figures of the question.

use anyhow::Result;
use common::{
    figure::{Figure, Panel, Series},
    section::Report,
    statistics::median_and_range,
    table::Table,
};

use super::{Config, Outcome, RECEIVERS, Score};

pub fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
    let n = config.num_unknowns;
    let mut table =
        Table::new("receiver", ["noise_std", "exact", "exact_low", "exact_high", "wrong", "wrong_low", "wrong_high"]);
    let (mut summary, mut headline) = (String::new(), String::new());
    let mut figure = Figure::new();
    for (&sigma, scores) in config.noise_std.iter().zip(&outcome.exact) {
        summary += &format!(
            "n = {n}, σ = {sigma}, {} matrices: median, smallest, largest\n  {:<28} minimiser found           wrong signs\n",
            config.num_seeds, "receiver"
        );
        let mut panel = Panel::new(format!("n = {n}, σ = {sigma}"), "wrong signs", "minimiser found");
        for (index, receiver) in RECEIVERS.iter().enumerate() {
            let of = |f: fn(&Score) -> f64| scores.iter().map(|all| f(&all[index])).collect::<Vec<f64>>();
            let (exact, wrong) = (of(|score| score.exact), of(|score| score.wrong));
            let ([e, e0, e1], [w, w0, w1]) = (median_and_range(exact.clone()), median_and_range(wrong.clone()));
            summary += &format!("  {receiver:<28} {e:.4} {e0:.4} {e1:.4}      {w:.4} {w0:.4} {w1:.4}\n");
            table.push(index, &[sigma, e, e0, e1, w, w0, w1]);
            panel = panel.series(Series::scatter(*receiver, &wrong, &exact));
            if index == 1 {
                headline += &format!("σ = {sigma}: minimiser found {:.0} %  ", 100.0 * e);
            }
        }
        figure = figure.panel(panel);
    }
    let mut large = Table::new("row", ["noise_std", "learned", "fixed", "converged", "theory_box", "theory_best"]);
    summary += &format!(
        "n = {}, wrong signs\n  σ      learned    fixed      converged  theory: box  best\n",
        config.large_size
    );
    for (row, (&sigma, l)) in config.large_noise_std.iter().zip(&outcome.large).enumerate() {
        let ([learned, fixed, converged], [relaxed, best]) = (l.wrong, l.theory);
        summary += &format!("  {sigma:<6} {learned:<10.5} {fixed:<10.5} {converged:<10.5} {relaxed:<12.5} {best:.5}\n");
        large.push(row, &[sigma, learned, fixed, converged, relaxed, best]);
    }
    let mut panel = Panel::new(format!("n = {}", config.large_size), "noise σ", "fraction of wrong signs").log_y();
    for (label, column) in [
        ("learned", "learned"),
        ("projected gradient descent", "fixed"),
        ("box relaxation, converged", "converged"),
        ("theory, box relaxation", "theory_box"),
        ("theory, best receiver", "theory_best"),
    ] {
        panel = panel.series(Series::line_with_markers(label, &large.column("noise_std"), &large.column(column)));
    }
    Ok(Report::new(headline.trim_end(), summary)
        .table("exact", &table)
        .table("bit_errors", &large)
        .figure("exact", figure)
        .figure("bit_errors", Figure::new().panel(panel)))
}
