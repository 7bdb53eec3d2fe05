//! The three sets in words, tables and figures.

use std::f64::consts::PI;

use anyhow::Result;
use common::{
    figure::{Figure, Panel, Series},
    section::Report,
    statistics::{Spread, median_and_range},
    table::Table,
};

use super::{Config, Learned, NETWORKS, Outcome};

pub(super) fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
    let mut summary = format!(
        "largest error in K of networks with {} parameters, median [range] of {} seeds\n",
        3 * crate::approximation::num_hidden(config.num_parameters) + 1,
        config.training.num_seeds,
    );
    let line = |name: &str, learned: &Learned| {
        let [median, low, high] = errors(learned);
        format!("  {name:<22} {} {median:.1e} [{low:.1e}, {high:.1e}]", learned.network)
    };
    for (r, pair) in config.half_widths.iter().zip(outcome.sines.chunks(NETWORKS.len())) {
        for learned in pair {
            let [far, ..] = median_and_range(learned.curves.iter().map(|g| g[g.len() - 1]));
            let name = format!("sin x on [−{r}π, {r}π]");
            summary += &format!("{}, g(5R) = {:.2}\n", line(&name, learned), far);
        }
    }
    for (left, pair) in config.left_ends.iter().zip(outcome.reciprocals.chunks(NETWORKS.len())) {
        for learned in pair {
            let [near, ..] = median_and_range(learned.curves.iter().map(|g| g[0]));
            summary += &format!("{}, g(1e-6) = {:.0}\n", line(&format!("1/x on [{left}, 1]"), learned), near);
        }
    }
    for learned in &outcome.pieces {
        summary += &format!("{}\n", line("two pieces", learned));
    }
    let ends = |learned: &[Learned]| {
        let tanh: Vec<f64> = learned.iter().step_by(NETWORKS.len()).map(|l| errors(l)[0]).collect();
        format!("{:.0e} → {:.0e}", tanh[0], tanh[tanh.len() - 1])
    };
    Ok(Report {
        headline: format!(
            "tanh: sin x, R growing {}; 1/x, ε shrinking {}; two pieces {:.0e}",
            ends(&outcome.sines),
            ends(&outcome.reciprocals),
            errors(&outcome.pieces[0])[0]
        ),
        summary,
        final_loss: None,
        tables: vec![("half_widths", half_widths(config, outcome)), ("curves", curves(config, outcome))],
        figures: vec![
            ("bounded", bounded(config, outcome)),
            ("closed", closed(config, outcome)),
            ("connected", connected(outcome)),
        ],
        parameters: vec![],
    })
}

fn errors(learned: &Learned) -> [f64; 3] {
    median_and_range(learned.errors())
}

/// The largest errors in K by R.
fn half_widths(config: &Config, outcome: &Outcome) -> Table {
    let names = NETWORKS.iter().flat_map(|(name, _)| ["median", "low", "high"].map(|v| format!("{name}_error_{v}")));
    let mut table = Table::new("i", std::iter::once("half_width".to_owned()).chain(names));
    for (i, (r, pair)) in config.half_widths.iter().zip(outcome.sines.chunks(NETWORKS.len())).enumerate() {
        let values = std::iter::once(r * PI).chain(pair.iter().flat_map(errors));
        table.push(i + 1, &values.collect::<Vec<_>>());
    }
    table
}

/// The domain of the figure: the second R, or the only one.
fn shown(config: &Config) -> usize {
    NETWORKS.len() * (config.half_widths.len() - 1).min(1)
}

/// The learned functions of the figure "bounded", seed by seed.
fn curves(config: &Config, outcome: &Outcome) -> Table {
    let shown = &outcome.sines[shown(config)..][..NETWORKS.len()];
    let names = shown.iter().flat_map(|l| (1..=l.curves.len()).map(|seed| format!("{}_{seed}", l.network)));
    let mut table = Table::new("point", ["x".to_owned(), "sine".to_owned()].into_iter().chain(names));
    for (i, x) in shown[0].domain.points.iter().enumerate() {
        let values = shown.iter().flat_map(|l| l.curves.iter().map(|g| g[i]));
        table.push(i, &[*x, x.sin()].into_iter().chain(values).collect::<Vec<_>>());
    }
    table
}

/// One line per seed of each network, and f dashed.
fn functions(mut panel: Panel, learned: &[Learned]) -> Panel {
    let every = |values: &[f64]| values.iter().copied().step_by(2).collect::<Vec<_>>();
    let xs = every(&learned[0].domain.points);
    for (style, learned) in learned.iter().enumerate() {
        for (seed, g) in learned.curves.iter().enumerate() {
            let name = if seed == 0 { format!("g, {} network", learned.network) } else { String::new() };
            panel = panel.series(Series::line(name, &xs, &every(g)).style(style).solid().thin());
        }
    }
    let f: Vec<f64> = xs.iter().map(|&x| (learned[0].domain.f)(x)).collect();
    let (left, right) = learned[0].domain.gap.unwrap_or((f64::INFINITY, f64::INFINITY));
    for (name, piece) in [("f", f64::NEG_INFINITY..=left), ("", right..=f64::INFINITY)] {
        let points = xs.iter().zip(&f).filter(|(x, _)| piece.contains(x)).map(|(&x, &f)| (x, f));
        let (xs, f): (Vec<f64>, Vec<f64>) = points.unzip();
        panel = panel.series(Series::line(name, &xs, &f).style(3).dashed());
    }
    panel
}

fn bounded(config: &Config, outcome: &Outcome) -> Figure {
    let shown = &outcome.sines[shown(config)..][..NETWORKS.len()];
    let domain = &shown[0].domain;
    let learned = Panel::new("sin x, learned in the shaded interval", "x", "g(x)")
        .shade_x("", domain.from, domain.to)
        .y_range(-12.0, 12.0);
    let mut by_width = Panel::new("Largest error on [−R, R]", "R/π", "max |g − sin|").log_x().log_y();
    for (style, (name, _)) in NETWORKS.iter().enumerate() {
        let ends = outcome.sines.iter().skip(style).step_by(NETWORKS.len()).map(errors);
        by_width = Spread::through(ends).draw(by_width, format!("{name} network"), &config.half_widths, style);
    }
    Figure::new().panel(functions(learned, shown)).panel(by_width.hline("the answer g = 0", 1.0)).columns(1)
}

fn closed(config: &Config, outcome: &Outcome) -> Figure {
    let title = "1/x, learned on [ε, 1] by tanh networks";
    let mut panel = Panel::new(title, "x", "|g(x) − 1/x|").log_x().log_y().y_range(1e-3, 1e7);
    for (style, learned) in outcome.reciprocals.iter().step_by(NETWORKS.len()).enumerate() {
        let xs: Vec<f64> = learned.domain.points.iter().copied().step_by(4).collect();
        let error = |g: &Vec<f64>| {
            let errors = learned.domain.points.iter().zip(g).map(|(&x, g)| (g - (learned.domain.f)(x)).abs());
            errors.step_by(4).collect::<Vec<_>>()
        };
        let spread = Spread::of(&learned.curves.iter().map(error).collect::<Vec<_>>());
        panel = spread.draw(panel, format!("ε = {}", config.left_ends[style]), &xs, style);
    }
    Figure::new().panel(panel)
}

fn connected(outcome: &Outcome) -> Figure {
    let panel = Panel::new("A function on [0, 1] and [2, 3], learned there", "x", "g(x)");
    let panel = panel.shade_x("learned here", 0.0, 1.0).shade_x("", 2.0, 3.0).y_range(-2.0, 3.0);
    Figure::new().panel(functions(panel, &outcome.pieces))
}
