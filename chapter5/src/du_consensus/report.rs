use anyhow::Result;
use common::{
    figure::{Figure, Panel, Series},
    section::Report,
    table::Table,
};

use super::{Config, KARATE, Outcome, graph::layout, spectral::errors};

pub fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
    let Outcome { comparison, eigenvalues } = outcome;
    let iterations = config.training.num_iterations();
    let mut report = comparison.report("Average consensus, karate club", &[iterations])?;
    report.figures.retain(|(stem, _)| *stem != "mse");
    report.tables.retain(|(stem, _)| *stem != "mse");
    report.summary += "expected, from the eigenvalues of L\n";
    let mut panel =
        Panel::new("Average consensus, karate club (thin: exact expectation)", "iteration", "‖c − x‖²").log_y();
    let (mut columns, mut exact) = (vec![], vec![]);
    for (style, method) in comparison.fixed().chain(comparison.learned()).enumerate() {
        let steps = method.step_sizes();
        let steps: Vec<f64> = (0..iterations).map(|k| steps[k % steps.len()]).collect();
        let expected = errors(&steps, eigenvalues, &vec![1.0; eigenvalues.len()]);
        let k: Vec<f64> = (0..=iterations).map(|k| k as f64).collect();
        let largest = expected.iter().copied().fold(0.0, f64::max);
        report.summary +=
            &format!("  {:<44} {:.4e}  largest on the way {largest:.4e}\n", method.label, expected[iterations]);
        panel = panel.series(Series::line_with_markers(&method.label, &k, &method.mse).style(style));
        panel = panel.series(Series::line("", &k, &expected).style(style).dotted().thin());
        columns.push((method.name.clone(), method.mse.clone()));
        exact.push((format!("expected_{}", method.name), expected));
    }
    columns.append(&mut exact);
    let table = Table::of_columns("iteration", 0, &columns);
    let figure = Figure::new().panel(panel);
    Ok(report
        .table("mse", &table)
        .figure("mse", figure)
        .figure("graph", Figure::new().panel(graph()).panel_size(700, 620)))
}

/// The club, with its two leaders, 1 and 34, in colours of their own.
fn graph() -> Panel {
    let places = layout(&KARATE, 34);
    let mut panel = Panel::new("Zachary's karate club", "", "");
    for (i, j) in KARATE {
        let (a, b) = (places[i - 1], places[j - 1]);
        panel = panel.series(Series::line("", &[a[0], b[0]], &[a[1], b[1]]).style(7).solid().thin());
    }
    let (x, y): (Vec<f64>, Vec<f64>) = places[1..33].iter().map(|p| (p[0], p[1])).unzip();
    panel = panel.series(Series::scatter("members", &x, &y).style(0));
    for (name, node, style) in [("1, the instructor", 0, 1), ("34, the president", 33, 2)] {
        panel = panel.series(Series::scatter(name, &[places[node][0]], &[places[node][1]]).style(style));
    }
    panel
}
