//! What [`crate::tsin`] shows.

use anyhow::Result;
use common::{
    figure::{Figure, Panel, Series},
    section::Report,
    table::Table,
};

use crate::tsin::{Config, MOST_TERMS, Outcome, STUDIED, rounding_floor, taylor_bound};

fn largest(values: &[f64]) -> f64 {
    values.iter().copied().fold(0.0, f64::max)
}

/// Errors of the value and of the derivative, and their bounds.
struct Errors {
    value: Vec<f64>,
    derivative: Vec<f64>,
    value_bound: Vec<f64>,
    derivative_bound: Vec<f64>,
    difference: Vec<f64>,
}

impl Errors {
    fn of(config: &Config, outcome: &Outcome) -> Self {
        let n = config.num_terms;
        let against = |found: &[f64], f: fn(f64) -> f64| {
            outcome.xs.iter().zip(found).map(|(&x, y)| (y - f(x)).abs()).collect::<Vec<_>>()
        };
        let bound = |m| outcome.xs.iter().map(|&x| taylor_bound(x, m)).collect::<Vec<_>>();
        let pairs = outcome.derivatives.iter().zip(&outcome.differences);
        Self {
            value: against(&outcome.values, f64::sin),
            derivative: against(&outcome.derivatives, f64::cos),
            value_bound: bound(2 * n + 1),
            derivative_bound: bound(2 * n),
            difference: pairs.map(|(a, b)| (a - b).abs()).collect(),
        }
    }
}

/// Words, tables and the figure.
pub fn tsin(config: &Config, outcome: &Outcome) -> Result<Report> {
    let errors = Errors::of(config, outcome);
    let (n, reach) = (config.num_terms, config.reach);
    let (of_value, of_derivative) = (largest(&errors.value), largest(&errors.derivative));
    let mut summary = format!(
        "{n} terms on [−{reach}, {reach}]\n\
         largest |tsin − sin| {of_value:.3e}, theory allows {:.3e}\n\
         largest |tsin′ − cos| {of_derivative:.3e}, theory allows {:.3e}\n\
         largest |tsin′ − central difference| {:.1e}\n\
         terms 0 … {MOST_TERMS}: the smallest error and where, and what rounding allows\n",
        largest(&errors.value_bound),
        largest(&errors.derivative_bound),
        largest(&errors.difference),
    );
    for (x, by_terms) in STUDIED.iter().zip(&outcome.errors_by_terms) {
        let best = (0..by_terms.len()).min_by(|&a, &b| by_terms[a].total_cmp(&by_terms[b])).unwrap_or(0);
        summary +=
            &format!("  x = {x:<3} {:>8.1e} with {best:>2} terms, floor {:.0e}\n", by_terms[best], rounding_floor(*x));
    }
    Ok(Report::new(format!("largest error {of_value:.1e}, of the derivative {of_derivative:.1e}"), summary)
        .table("tsin", &curves(outcome, &errors))
        .table("terms", &terms(outcome))
        .figure("tsin", figure(config, outcome, &errors)))
}

fn curves(outcome: &Outcome, errors: &Errors) -> Table {
    let names = ["x", "tsin", "derivative", "central_difference", "value_bound", "derivative_bound"];
    let mut table = Table::new("point", names);
    for (i, &x) in outcome.xs.iter().enumerate() {
        table.push(
            i,
            &[
                x,
                outcome.values[i],
                outcome.derivatives[i],
                outcome.differences[i],
                errors.value_bound[i],
                errors.derivative_bound[i],
            ],
        );
    }
    table
}

fn terms(outcome: &Outcome) -> Table {
    let mut table = Table::new("terms", STUDIED.map(|x| format!("error_at_{x}")));
    for n in 0..=MOST_TERMS {
        table.push(n, &outcome.errors_by_terms.iter().map(|errors| errors[n]).collect::<Vec<_>>());
    }
    table
}

/// Zero has no place on a logarithmic axis.
const LEAST_SHOWN: f64 = 1e-17;

fn figure(config: &Config, outcome: &Outcome, errors: &Errors) -> Figure {
    let xs = &outcome.xs;
    let of = |f: fn(f64) -> f64| xs.iter().map(|&x| f(x)).collect::<Vec<_>>();
    let n = config.num_terms;
    let value = Panel::new(format!("{n} terms"), "x", "y")
        .series(Series::line("sin x", xs, &of(f64::sin)))
        .series(Series::line("tsin(x)", xs, &outcome.values))
        .y_range(-1.5, 1.5);
    let derivative = Panel::new("The derivative, by backprop", "x", "y")
        .series(Series::line("cos x", xs, &of(f64::cos)))
        .series(Series::line("tsin′(x)", xs, &outcome.derivatives))
        .y_range(-1.5, 1.5);
    let shown = |errors: &[f64]| errors.iter().map(|e| e.max(LEAST_SHOWN)).collect::<Vec<_>>();
    let error = Panel::new("Errors and their bounds; 10⁻¹⁷ stands for less", "x", "error")
        .series(Series::line("|tsin(x) − sin x|", xs, &shown(&errors.value)).style(0).solid())
        .series(Series::line(format!("|x|ᵐ/m!, m = {}", 2 * n + 1), xs, &errors.value_bound).style(0).dotted())
        .series(Series::line("|tsin′(x) − cos x|", xs, &shown(&errors.derivative)).style(1).solid())
        .series(Series::line(format!("|x|ᵐ/m!, m = {}", 2 * n), xs, &errors.derivative_bound).style(1).dotted())
        .log_y()
        .y_range(1e-18, 10f64.powf(largest(&errors.derivative_bound).max(1e-10).log10().ceil() + 1.0));
    let counts: Vec<f64> = (0..=MOST_TERMS).map(|n| n as f64).collect();
    let mut by_terms =
        Panel::new("Error by the number of terms; dotted: rounding", "number of terms", "|tsin(x) − sin x|");
    for (style, (x, errors)) in STUDIED.iter().zip(&outcome.errors_by_terms).enumerate() {
        by_terms = by_terms
            .series(Series::line(format!("x = {x}"), &counts, &shown(errors)).style(style).solid())
            .series(Series::line("", &counts, &vec![rounding_floor(*x); counts.len()]).style(style).dotted().thin());
    }
    Figure::new().panel(value).panel(derivative).panel(error).panel(by_terms.log_y().y_range(1e-18, 1e14))
}
