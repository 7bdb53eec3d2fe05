//! Words, tables and figures of the question.

use anyhow::Result;
use common::{
    figure::{Figure, Panel, Series},
    section::Report,
    statistics::{Spread, median_and_range},
    table::Table,
};

use super::{ACTIVE, Config, N, OTHERS, Outcome};
use crate::finite_dataset::Errors;

/// In dB of the energy of a signal.
fn decibels(error: f64, active: f64) -> f64 {
    10.0 * (error / (N as f64 * active)).log10()
}

pub fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
    let mut summary = format!(
        "NMSE in dB after {} iterations, {} seeds: median of the seeds, smallest, largest\n{:<6} {:<9} {:<9} {:<26} {:<26} diverged\n",
        config.num_generations, config.num_seeds, "D", "rate", "signals", "mean", "median"
    );
    let columns =
        ["published", "fresh", "mean", "mean_low", "mean_high", "median", "median_low", "median_high", "diverged"];
    let mut table = Table::new("dataset_size", columns);
    let mut curves = vec![];
    for (which, rate) in ["published", "common"].into_iter().enumerate() {
        for (signals, what) in ["training", "fresh"].into_iter().enumerate() {
            let (mut means, mut medians) = (vec![], vec![]);
            for (&size, of_size) in config.dataset_sizes.iter().zip(&outcome.finite) {
                let of =
                    |f: fn(&Errors) -> f64| median_and_range(of_size[which].iter().map(|errors| f(&errors[signals])));
                let [mean, median] = [of(|e| e.mean), of(|e| e.median)].map(|s| s.map(|error| decibels(error, ACTIVE)));
                let diverged = of(|e| e.diverged);
                let [m, m0, m1] = mean;
                let [d, d0, d1] = median;
                summary += &format!(
                    "{size:<6} {rate:<9} {what:<9} {:<26} {:<26} {:.4}\n",
                    format!("{m:.2} {m0:.2} {m1:.2}"),
                    format!("{d:.2} {d0:.2} {d1:.2}"),
                    diverged[0]
                );
                table.push(size, &[(1 - which) as f64, signals as f64, m, m0, m1, d, d0, d1, diverged[0]]);
                means.push(mean);
                medians.push(median);
            }
            curves.push((format!("{rate} rate, {what}"), means, medians));
        }
    }
    let sizes: Vec<f64> = config.dataset_sizes.iter().map(|&size| size as f64).collect();
    let mut panels = [
        Panel::new("Mean over signals", "training signals D", "NMSE in dB").log_x(),
        Panel::new("Median over signals", "training signals D", "NMSE in dB").log_x(),
    ];
    for (style, (label, means, medians)) in curves.into_iter().enumerate() {
        for (panel, points) in panels.iter_mut().zip([means, medians]) {
            let spread = Spread::through(points);
            *panel = std::mem::replace(panel, Panel::new("", "", ""))
                .series(Series::line_with_markers(&label, &sizes, &spread.median).style(style));
        }
    }
    let [mean, median] = panels;

    summary += "another problem, NMSE in dB, mean | median over signals: median of the seeds\n";
    summary += &format!("{:<14} {:<20} {:<20} {}\n", "", "DU-ISTA", "FISTA, same λ", "FISTA, λ tuned anew");
    let mut others = Table::new(
        "problem",
        ["du_ista", "du_ista_median", "fista", "fista_median", "fista_tuned", "fista_tuned_median"],
    );
    for (index, ((name, active, ..), errors)) in OTHERS.iter().zip(&outcome.others).enumerate() {
        let mut row = vec![];
        for method in 0..3 {
            for f in [|e: &Errors| e.mean, |e: &Errors| e.median] {
                row.push(decibels(median_and_range(errors.iter().map(|errors| f(&errors[method])))[0], *active));
            }
        }
        let cell = |i: usize| format!("{:.2} | {:.2}", row[2 * i], row[2 * i + 1]);
        summary += &format!("{name:<14} {:<20} {:<20} {}\n", cell(0), cell(1), cell(2));
        others.push(index, &row);
    }
    let headline = format!(
        "fresh signals, mean NMSE: {:.1} dB at D = {}, {:.1} dB at D = {}",
        table.column("mean")[config.dataset_sizes.len()],
        config.dataset_sizes[0],
        table.column("mean")[2 * config.dataset_sizes.len() - 1],
        config.dataset_sizes[config.dataset_sizes.len() - 1]
    );
    let x: Vec<f64> = (0..OTHERS.len()).map(|i| i as f64).collect();
    let mut bars = Panel::new("Other problems, mean over signals", "problem", "NMSE in dB");
    for (label, column) in [("DU-ISTA", "du_ista"), ("FISTA, same λ", "fista"), ("FISTA, λ tuned anew", "fista_tuned")]
    {
        bars = bars.series(Series::scatter(label, &x, &others.column(column)));
    }
    let high = others.column("du_ista");
    for ((name, ..), (&x, y)) in OTHERS.iter().zip(x.iter().zip(high)) {
        bars = bars.note(*name, x, y + 0.5);
    }
    bars = bars.x_range(-0.5, OTHERS.len() as f64 - 0.5);
    Ok(Report::new(headline, summary)
        .table("errors", &table)
        .table("others", &others)
        .figure("dataset_sizes", Figure::new().panel(mean).panel(median))
        .figure("others", Figure::new().panel(bars)))
}
