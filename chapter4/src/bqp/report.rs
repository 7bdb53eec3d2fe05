//! Words, tables and figures of the section.

use anyhow::Result;
use candle_core::{Device, Tensor};
use common::{
    figure::{Figure, Panel, Series},
    ops::scaled_hardtanh,
    sampling::grid,
    section::Report,
    table::Table,
};

use super::{CONVERGED, Config, Outcome};

pub fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
    let (training, comparison) = (&config.training, &outcome.comparison);
    let last = training.num_iterations();
    let title = format!("Binary quadratic programs, n = {}, σ = {}", config.num_unknowns, config.noise_std);
    let mut report = comparison.report(&title, &[last])?;
    report.summary += &format!("fraction of wrong signs after {last} iterations\n");
    for (method, (_, wrong)) in comparison.methods.iter().zip(&outcome.bit_errors) {
        report.summary += &format!("  {:<44} {:.4e}\n", method.label, wrong[last]);
    }
    let ([converged, linear], [relaxed, optimum]) = (outcome.references, outcome.theory);
    for (label, value) in [
        (format!("box relaxation, {CONVERGED} iterations"), converged),
        ("linear estimate, least mean squared error".to_owned(), linear),
        ("theory, box relaxation of large systems".to_owned(), relaxed),
        ("theory, best receiver of large systems".to_owned(), optimum),
    ] {
        report.summary += &format!("  {label:<44} {value:.4e}\n");
    }
    let counts: Vec<f64> = (0..=last).map(|k| k as f64).collect();
    let mut panel = Panel::new("Wrong signs", "iteration", "fraction of wrong signs").log_y();
    for (method, (_, wrong)) in comparison.methods.iter().zip(&outcome.bit_errors) {
        let shown: Vec<f64> = (1..=last).map(|k| wrong[k]).collect(); // the start, 0, has no signs
        panel = panel.series(Series::line_with_markers(&method.label, &counts[1..], &shown));
    }
    for (label, value) in [("theory, box relaxation", relaxed), ("theory, best receiver", optimum)] {
        if value > 1e-8 {
            panel = panel.hline(label, value); // smaller ones would only press the curves together
        }
    }
    let us = grid(-2.0, 2.0, 401);
    let mut clip = Panel::new("hardtanh(αx)", "x", "hardtanh(αx)");
    for alpha in [0.5, 1.0, 2.0, 8.0] {
        let clipped = scaled_hardtanh(&Tensor::new(&us[..], &Device::Cpu)?, &Tensor::new(alpha, &Device::Cpu)?)?;
        clip = clip.series(Series::line(format!("α = {alpha}"), &us, &clipped.to_vec1()?));
    }
    Ok(report
        .table("bit_errors", &Table::of_columns("iteration", 0, &outcome.bit_errors))
        .figure("bit_errors", Figure::new().panel(panel))
        .figure("hardtanh", Figure::new().panel(clip)))
}
