//! Words, tables and figures of the question.

use anyhow::Result;
use common::{
    figure::{Figure, Panel, Series},
    section::Report,
    statistics::median_and_range,
    table::Table,
};

use super::{Curve, Outcome};

pub fn report(outcome: &Outcome) -> Result<Report> {
    let decibels = |error: f64| 10.0 * (error / outcome.energy).log10();
    let spread = |values: Vec<f64>| {
        let [median, low, high] = median_and_range(values);
        (median, format!("{median:.2} ({low:.2} to {high:.2})"))
    };
    let mut summary = format!(
        "NMSE in dB, {} matrices: median (smallest to largest)\n{:<18} learned  iterations  {:<26} median over signals\n",
        outcome.curves.len(),
        "",
        "mean over signals"
    );
    let first = &outcome.curves[0];
    let mut best = (f64::INFINITY, "");
    for (i, Curve { label, learned, mean, .. }) in first.iter().enumerate() {
        let last = mean.len() - 1;
        let of = |f: fn(&Curve) -> &Vec<f64>| {
            spread(outcome.curves.iter().map(|curves| decibels(f(&curves[i])[last])).collect::<Vec<f64>>())
        };
        let ((mean, means), (_, medians)) = (of(|curve| &curve.mean), of(|curve| &curve.median));
        summary += &format!("{label:<18} {learned:>7}  {last:>10}  {means:<26} {medians}\n");
        if mean < best.0 {
            best = (mean, label);
        }
    }
    let (bayes, oracle) = (decibels(outcome.bayes), decibels(outcome.oracle));
    summary += &format!("{:<38} {bayes:.2}\n", "Bayes estimate of large systems");
    summary += &format!("{:<38} {oracle:.2}\n", "least squares on the support");

    let mut panels = [
        Panel::new("Mean over signals, first matrix", "iteration", "NMSE in dB"),
        Panel::new("Median over signals, first matrix", "iteration", "NMSE in dB"),
    ];
    let (mut means, mut medians) = (vec![], vec![]);
    // the figure has room for eight
    let hidden = ["fixed_fista_1", "fixed_ista_3", "fixed_fista_3"];
    let mut style = 0;
    for curve in first {
        let counts: Vec<f64> = (0..curve.mean.len()).map(|k| k as f64).collect();
        let shown_here = !hidden.contains(&curve.name.as_str());
        for (panel, errors) in panels.iter_mut().zip([&curve.mean, &curve.median]).filter(|_| shown_here) {
            let shown: Vec<f64> = errors.iter().map(|error| decibels(*error)).collect();
            *panel = std::mem::replace(panel, Panel::new("", "", ""))
                .series(Series::line_with_markers(&curve.label, &counts, &shown).style(style));
        }
        style += usize::from(shown_here);
        means.push((curve.name.clone(), curve.mean.clone()));
        medians.push((format!("{}_median", curve.name), curve.median.clone()));
    }
    means.extend(medians);
    let [mean, median] = panels.map(|panel| {
        let bounded = panel.hline("Bayes, large systems", bayes).hline("support known", oracle);
        bounded.y_range(-41.0, 3.0)
    });
    let headline = format!("best mean NMSE {:.1} dB ({}), Bayes {bayes:.1} dB", best.0, best.1);
    Ok(Report::new(headline, summary)
        .table("mse", &Table::of_columns("iteration", 0, &means))
        .figure("mse", Figure::new().panel(mean).panel(median).columns(1)))
}
