//! Words, table and figure of the question.

use anyhow::Result;
use common::{
    figure::{Figure, Panel, Series},
    section::Report,
    table::Table,
};

use super::{Config, DECODERS, Errors, Outcome, Point};
use crate::{
    bp_train::union_bound,
    rates::{Rate, mean},
};

/// The decoder that the others are compared with: the book's.
pub const REFERENCE: &str = "600 on variable messages";

/// The bit error rate of a minus that of b, on the same words.
pub fn difference(a: &Errors, b: &Errors) -> Rate {
    let pairs = a.by_word.iter().zip(&b.by_word);
    mean(pairs.map(|(&in_a, &in_b)| (f64::from(in_a) - f64::from(in_b)) / a.length as f64))
}

/// Words, table and figure.
pub fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
    let [training, others @ ..] = &outcome.points[..] else { return Ok(Report::default()) };
    let mut summary = format!(
        "{} words at each noise; at that of training, σ = {} (Eb/N0 = {:.2} dB), in units of 10⁻⁴ [95 %]:\n",
        config.num_test, training.noise_std, training.ebn0
    );
    let rate = |Rate { rate, low, high }: Rate| {
        let digits = if rate.abs() < 1e-2 { 2 } else { 0 };
        format!("{:.digits$} [{:.digits$}, {:.digits$}]", 1e4 * rate, 1e4 * low, 1e4 * high)
    };
    summary += &format!("{:<24}  {:<24}  {:<22}  bits, less the 600's\n", "", "bit errors", "word errors");
    for one in &training.errors {
        let (bit, word) = (rate(one.bit_error_rate()), rate(one.word_error_rate()));
        let apart = if one.name == REFERENCE { "–".into() } else { rate(difference(one, training.of(REFERENCE))) };
        summary += &format!("{:<24}  {bit:<24}  {word:<22}  {apart}\n", one.name);
    }
    summary += &format!("{:<24}  {:.3}\n", "union bound", 1e4 * union_bound(training.noise_std));
    let header = |what: &str| {
        let points = others.iter().map(|point| format!("  {:>7}", format!("{} dB", point.ebn0)));
        format!("{:<24}{}\n", what, points.collect::<String>())
    };
    let rows = |rate: fn(&Errors) -> Rate| {
        let row = |one: &Errors| {
            let rates = others.iter().map(|point| format!("  {:>7.1e}", rate(point.of(one.name)).rate));
            format!("{:<24}{}\n", one.name, rates.collect::<String>())
        };
        training.errors.iter().map(row).collect::<String>()
    };
    summary += &(header("bit error rate at") + &rows(Errors::bit_error_rate));
    summary += &(header("word error rate at") + &rows(Errors::word_error_rate));
    summary += "single weights\n";
    for ((name, ..), weights) in DECODERS.iter().zip(&outcome.weights) {
        if let [weight] = weights[..] {
            summary += &format!("{name:<24}  {weight:.3}\n");
        }
    }

    let compared = ["difference", "difference_low", "difference_high"];
    let columns = ["ebn0_db", "noise_std"].into_iter().chain(Errors::COLUMNS).chain(compared);
    let mut table = Table::new("decoder", columns);
    for point in &outcome.points {
        for one in &point.errors {
            let Rate { rate, low, high } = difference(one, point.of(REFERENCE));
            table.push_named(one.name, &[&[point.ebn0, point.noise_std][..], &one.row(), &[rate, low, high]].concat());
        }
    }
    let of = |name: &str| training.of(name).bit_error_rate().rate;
    let headline = format!("BER {:.1e} with 1 weight, {:.1e} with 600", of("1 on check messages"), of(REFERENCE));
    Ok(Report::new(headline, summary.trim_end()).table("error_rates", &table).figure("error_rates", figure(outcome)))
}

/// Those that the figure has room for.
const SHOWN: [&str; 7] = [
    "plain",
    "plain long",
    "1 on check messages",
    "600 on variable messages",
    "31 checks 1 weight",
    "465 checks 1 weight",
    "maximum likelihood",
];

/// Rates over Eb/N0 with their intervals.
fn figure(outcome: &Outcome) -> Figure {
    let mut points: Vec<&Point> = outcome.points.iter().collect();
    points.sort_by(|a, b| a.ebn0.total_cmp(&b.ebn0));
    let panel = |title: &str, axis: &str, rate: &dyn Fn(&Errors) -> Rate| {
        let mut panel = Panel::new(title, "Eb/N0 in dB", axis).log_y();
        for (style, name) in SHOWN.iter().enumerate() {
            let rates = points.iter().map(|point| (point.ebn0, rate(point.of(name))));
            let (xs, rates): (Vec<f64>, Vec<Rate>) = rates.filter(|(_, rate)| rate.rate > 0.0).unzip();
            let of = |f: fn(&Rate) -> f64| rates.iter().map(f).collect::<Vec<f64>>();
            let line = Series::line_with_markers(*name, &xs, &of(|r| r.rate)).style(style);
            panel = panel.series(line.error_bars(&of(|r| r.low), &of(|r| r.high)));
        }
        panel
    };
    let bound = points.iter().map(|point| (point.ebn0, union_bound(point.noise_std)));
    let (xs, bound): (Vec<f64>, Vec<f64>) = bound.unzip();
    let bits = panel("Bit errors", "bit error rate", &Errors::bit_error_rate)
        .series(Series::line("union bound", &xs, &bound).style(6).dotted().thin());
    Figure::new().panel(bits).panel(panel("Word errors", "word error rate", &Errors::word_error_rate))
}
