//! Words, tables and figures of the question.

use anyhow::Result;
use common::{
    figure::{Figure, Panel, Series},
    section::Report,
    statistics::median_and_range,
    table::Table,
};

use super::{Config, Curve, Outcome, WAYS, legend, theory::period_label};

/// Errors below this are rounding.
const FLOOR: f64 = 1e-32;

pub fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
    let Outcome { curves, eigenvalues } = outcome;
    let (first, others) = (&curves[0], &curves[1..]);
    let find = |curves: &[Curve], name: &str| curves.iter().position(|curve| curve.name == name);
    let three_term = find(first, "three_term").unwrap_or_default();
    let mut summary = format!(
        "E‖x − c‖² after {} iterations on the karate club: exact, and counted in f64 on {} starts; at the\n\
         right for {} random graphs, counted, divided by that of Chebyshev's three terms there\n\
         {:<37}{:<10}{:<12}{:<10}{:<9}{:<9} largest\n",
        config.num_iterations,
        config.num_test,
        others.len(),
        "",
        "exact",
        "on the way",
        "in f64",
        "median",
        "smallest"
    );
    let mut table = Table::new("method", ["exact", "largest", "counted", "ratio", "ratio_low", "ratio_high"]);
    for (i, curve) in first.iter().enumerate() {
        let ratio = |curves: &Vec<Curve>| curves[i].last_counted() / curves[three_term].last_counted();
        let [median, low, high] = median_and_range(others.iter().map(ratio));
        let (exact, largest, counted) = (curve.last(), curve.largest(), curve.last_counted());
        summary += &format!(
            "{:<36} {exact:<10.1e}{largest:<12.1e}{counted:<10.1e}{median:<9.1e}{low:<9.1e} {high:.1e}\n",
            curve.label
        );
        table.push(i, &[exact, largest, counted, median, low, high]);
    }
    let best = |prefix: &str| {
        let of = first.iter().filter(|curve| curve.name.starts_with(prefix));
        of.map(Curve::last_counted).fold(f64::INFINITY, f64::min)
    };
    let headline = format!(
        "E after {}: {} {:.0e}, Chebyshev {:.0e}, best learned {:.0e}, repeated 1/λ {:.0e}",
        config.num_iterations,
        legend(config, "as published").trim_start_matches("as "),
        best("learned_published"),
        best("three_term"),
        best("learned"),
        best("repeated"),
    );
    let columns = |of: fn(&Curve) -> &Vec<f64>| -> Vec<(String, Vec<f64>)> {
        first.iter().map(|curve| (curve.name.clone(), of(curve).clone())).collect()
    };
    let shown = |names: &[&str]| -> Vec<&Curve> {
        names.iter().filter_map(|name| first.iter().find(|curve| curve.name == *name)).collect()
    };
    let period = config.period.last().map_or_else(String::new, |period| period.name());
    let learned = WAYS.map(|(way, ..)| format!("learned_{way}_{period}"));
    let learned = shown(&learned.each_ref().map(String::as_str));
    let orders = shown(&[
        "chebyshev_ascending",
        "chebyshev_descending",
        "chebyshev_leja",
        "finite_ascending",
        "finite_descending",
        "finite_leja",
        "repeated",
    ]);
    let baselines = shown(&["best_constant", "three_term"]);
    Ok(Report::new(headline, summary)
        .table("methods", &table)
        .table("mse", &Table::of_columns("iteration", 0, &columns(|curve| &curve.exact)))
        .table("counted", &Table::of_columns("iteration", 0, &columns(|curve| &curve.counted)))
        .table("step_sizes", &Table::of_columns("iteration", 1, &columns(|curve| &curve.steps)))
        .figure("mse", errors("Learned steps, karate club", &[learned.clone(), baselines].concat()))
        .figure("orders", errors("Orders of known steps, counted in f64", &orders))
        .figure("periods", Figure::new().panel(periods(config, first)))
        .figure("roots", Figure::new().panel(roots(&eigenvalues[0], first, &learned))))
}

/// Counted errors by iteration.
fn errors(title: &str, curves: &[&Curve]) -> Figure {
    let mut panel = Panel::new(title, "iteration", "‖x − c‖²").log_y().y_range(FLOOR, 1e16);
    for curve in curves {
        let k: Vec<f64> = (0..curve.counted.len()).map(|k| k as f64).collect();
        let floored: Vec<f64> = curve.counted.iter().map(|error| error.max(FLOOR)).collect();
        panel = panel.series(Series::line(&curve.label, &k, &floored));
    }
    Figure::new().panel(panel).panel_size(640, 720)
}

/// The error at the end by period.
fn periods(config: &Config, curves: &[Curve]) -> Panel {
    let mut panel = Panel::new("After the last iteration, karate club", "", "E‖x − c‖²").log_y();
    let theory = |name: String| match name.as_str() {
        "chebyshev_T1" => "constant".to_owned(),
        "chebyshev_free" => "three_term".to_owned(),
        _ => name,
    };
    let ways =
        WAYS.iter().map(|(way, label, ..)| (format!("learned_{way}"), format!("learned, {}", legend(config, label))));
    for (way, label) in std::iter::once(("chebyshev".to_owned(), "Chebyshev".to_owned())).chain(ways) {
        let names = config.period.iter().map(|period| theory(format!("{way}_{}", period.name())));
        let ends: Vec<f64> = names
            .map(|name| curves.iter().find(|curve| curve.name == name).map_or(f64::NAN, Curve::last_counted))
            .collect();
        let x: Vec<f64> = (0..ends.len()).map(|i| i as f64).collect();
        panel = panel.series(Series::line_with_markers(label, &x, &ends));
    }
    for (i, period) in config.period.iter().enumerate() {
        panel = panel.note(period_label(*period), i as f64, 1e-1);
    }
    panel.x_range(-0.5, config.period.len() as f64 - 0.5)
}

/// Where the factors 1 − ηλ are zero, beside the eigenvalues.
fn roots(eigenvalues: &[f64], curves: &[Curve], learned: &[&Curve]) -> Panel {
    let mut panel = Panel::new("Zeros of the polynomial: 1/η", "1/η, λ", "").log_x();
    let chebyshev: Vec<&Curve> = curves.iter().filter(|curve| curve.name == "chebyshev_ascending").collect();
    let of = |curve: &&Curve| {
        let roots: Vec<f64> = curve.steps.iter().map(|eta| 1.0 / eta).filter(|root| *root > 0.0).collect();
        (curve.label.clone(), roots)
    };
    let rows = std::iter::once(("eigenvalues".to_owned(), eigenvalues.to_vec()));
    let rows: Vec<_> = rows.chain(chebyshev.iter().chain(learned.iter().rev()).map(of)).collect();
    for (i, (label, roots)) in rows.iter().enumerate() {
        panel = panel.series(Series::scatter(label, roots, &vec![-(i as f64); roots.len()]));
    }
    panel.x_range(0.2, 40.0).y_range(-(rows.len() as f64), 1.0)
}
