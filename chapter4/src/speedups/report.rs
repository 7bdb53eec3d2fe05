//! Words, tables and figures of the question.

use anyhow::Result;
use common::{
    figure::{Figure, Panel, Series},
    section::Report,
    table::Table,
};

use super::{Curve, Outcome};

pub fn report(outcome: &Outcome) -> Result<Report> {
    let decibels = |error: f64| 10.0 * (error / outcome.energy).log10();
    let mut summary = "NMSE in dB                 learned   iterations   mean      median\n".to_owned();
    for Curve { label, learned, mean, median, .. } in &outcome.curves {
        let last = mean.len() - 1;
        summary += &format!(
            "{label:<26} {learned:>7}   {last:>10}   {:<8.2}  {:.2}\n",
            decibels(mean[last]),
            decibels(median[last])
        );
    }
    let (bayes, oracle) = (decibels(outcome.bayes), decibels(outcome.oracle));
    summary += &format!("{:<49} {bayes:.2}\n", "Bayes estimate of large systems");
    summary += &format!("{:<49} {oracle:.2}\n", "least squares on the support");

    let mut panels = [
        Panel::new("Mean over signals", "iteration", "NMSE in dB"),
        Panel::new("Median over signals", "iteration", "NMSE in dB"),
    ];
    let (mut means, mut medians) = (vec![], vec![]);
    for (style, curve) in outcome.curves.iter().enumerate() {
        let counts: Vec<f64> = (0..curve.mean.len()).map(|k| k as f64).collect();
        for (panel, errors) in panels.iter_mut().zip([&curve.mean, &curve.median]) {
            let shown: Vec<f64> = errors.iter().map(|error| decibels(*error)).collect();
            *panel = std::mem::replace(panel, Panel::new("", "", ""))
                .series(Series::line_with_markers(&curve.label, &counts, &shown).style(style));
        }
        means.push((curve.name.clone(), curve.mean.clone()));
        medians.push((format!("{}_median", curve.name), curve.median.clone()));
    }
    means.extend(medians);
    let [mean, median] = panels.map(|panel| {
        let bounded = panel.hline("Bayes, large systems", bayes).hline("support known", oracle);
        bounded.y_range(-35.0, 3.0)
    });
    let best = outcome.curves.iter().min_by(|a, b| a.mean[a.mean.len() - 1].total_cmp(&b.mean[b.mean.len() - 1]));
    let headline = best.map_or_else(String::new, |curve| {
        format!(
            "best mean NMSE {:.1} dB ({}), Bayes {bayes:.1} dB",
            decibels(curve.mean[curve.mean.len() - 1]),
            curve.label
        )
    });
    Ok(Report::new(headline, summary)
        .table("mse", &Table::of_columns("iteration", 0, &means))
        .figure("mse", Figure::new().panel(mean).panel(median).columns(2)))
}
