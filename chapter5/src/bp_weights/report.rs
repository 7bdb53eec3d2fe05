//! Words, table and figure of the question.

use anyhow::Result;
use common::{
    figure::{Figure, Panel, Series},
    section::Report,
    table::Table,
};

use super::{Config, DECODERS, Errors, Outcome, Point, label};
use crate::{
    bp_train::union_bound,
    rates::{Rate, mean},
};

/// The decoder that the others are compared with: the book's.
pub const REFERENCE: &str = "120T on variable messages";

/// The bit error rate of a minus that of b, on the same words.
pub fn difference(a: &Errors, b: &Errors) -> Rate {
    let pairs = a.by_word.iter().zip(&b.by_word);
    mean(pairs.map(|(&in_a, &in_b)| (f64::from(in_a) - f64::from(in_b)) / a.length as f64))
}

/// Words, table and figure.
pub fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
    let [training, others @ ..] = &outcome.points[..] else { return Ok(Report::default()) };
    let label = |name: &str| label(name, config.num_iterations);
    let (most, width) = (120 * config.num_iterations, label(REFERENCE).chars().count());
    let mut summary = format!(
        "{} words at each noise; at that of training, σ = {} (Eb/N0 = {:.2} dB), in units of 10⁻⁴ [95 %]:\n",
        config.num_test, training.noise_std, training.ebn0
    );
    let rate = |Rate { rate, low, high }: Rate| {
        let digits = if rate.abs() < 1e-2 { 2 } else { 0 };
        format!("{:.digits$} [{:.digits$}, {:.digits$}]", 1e4 * rate, 1e4 * low, 1e4 * high)
    };
    summary += &format!("{:<width$}  {:<24}  {:<22}  bits, less the {most}'s\n", "", "bit errors", "word errors");
    for one in &training.errors {
        let (bit, word) = (rate(one.bit_error_rate()), rate(one.word_error_rate()));
        let apart = if one.name == REFERENCE { "–".into() } else { rate(difference(one, training.of(REFERENCE))) };
        summary += &format!("{:<width$}  {bit:<24}  {word:<22}  {apart}\n", label(one.name));
    }
    summary += &format!("{:<width$}  {:.3}\n", "union bound", 1e4 * union_bound(training.noise_std));
    let header = |what: &str| {
        let points = others.iter().map(|point| format!("  {:>7}", format!("{} dB", point.ebn0)));
        format!("{what:<width$}{}\n", points.collect::<String>())
    };
    let rows = |rate: fn(&Errors) -> Rate| {
        let row = |one: &Errors| {
            let rates = others.iter().map(|point| format!("  {:>7.1e}", rate(point.of(one.name)).rate));
            format!("{:<width$}{}\n", label(one.name), rates.collect::<String>())
        };
        training.errors.iter().map(row).collect::<String>()
    };
    summary += &(header("bit error rate at") + &rows(Errors::bit_error_rate));
    summary += &(header("word error rate at") + &rows(Errors::word_error_rate));
    summary += "single weights\n";
    for ((name, ..), weights) in DECODERS.iter().zip(&outcome.weights) {
        if let [weight] = weights[..] {
            summary += &format!("{:<width$}  {weight:.3}\n", label(name));
        }
    }

    let compared = ["difference", "difference_low", "difference_high"];
    let columns = ["ebn0_db", "noise_std"].into_iter().chain(Errors::COLUMNS).chain(compared);
    let mut table = Table::new("decoder", columns);
    for (index, point) in outcome.points.iter().enumerate() {
        // names of their own: a run of many seeds has a column for each
        let at = if index == 0 { format!("σ = {}", point.noise_std) } else { format!("{} dB", point.ebn0) };
        for one in &point.errors {
            let Rate { rate, low, high } = difference(one, point.of(REFERENCE));
            let row = [&[point.ebn0, point.noise_std][..], &one.row(), &[rate, low, high]].concat();
            table.push_named(format!("{} at {at}", label(one.name)), &row);
        }
    }
    let of = |name: &str| training.of(name).bit_error_rate().rate;
    let headline = format!("BER {:.1e} with 1 weight, {:.1e} with {most}", of("1 on check messages"), of(REFERENCE));
    let figure = figure(outcome, label);
    Ok(Report::new(headline, summary.trim_end()).table("error_rates", &table).figure("error_rates", figure))
}

/// Those that the figure has room for.
const SHOWN: [&str; 7] = [
    "plain",
    "plain long",
    "1 on check messages",
    REFERENCE,
    "31 checks 1 weight",
    "465 checks 1 weight",
    "maximum likelihood",
];

/// Rates over Eb/N0 with their intervals.
fn figure(outcome: &Outcome, label: impl Fn(&str) -> String) -> Figure {
    let mut points: Vec<&Point> = outcome.points.iter().collect();
    points.sort_by(|a, b| a.ebn0.total_cmp(&b.ebn0));
    let panel = |title: &str, axis: &str, rate: &dyn Fn(&Errors) -> Rate| {
        let mut panel = Panel::new(title, "Eb/N0 in dB", axis).log_y();
        for (style, name) in SHOWN.iter().enumerate() {
            let rates = points.iter().map(|point| (point.ebn0, rate(point.of(name))));
            let (xs, rates): (Vec<f64>, Vec<Rate>) = rates.filter(|(_, rate)| rate.rate > 0.0).unzip();
            let of = |f: fn(&Rate) -> f64| rates.iter().map(f).collect::<Vec<f64>>();
            let line = Series::line_with_markers(label(name), &xs, &of(|r| r.rate)).style(style);
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

#[cfg(test)]
mod tests {
    use super::*;
    use common::config;

    #[test]
    fn rows_have_names_of_their_own_and_say_how_many_weights() -> Result<()> {
        let config = Config { num_iterations: 10, ebn0: vec![2.0, 3.0], ..Config::default() };
        let errors = |name| Errors { name, by_word: vec![0, 1], length: 31 };
        let errors = ["no decoder", "plain", "T on check messages", REFERENCE].map(errors).to_vec();
        let point = |ebn0| Point { ebn0, noise_std: 0.5, errors: errors.clone() };
        let outcome = Outcome { weights: vec![vec![]; DECODERS.len()], points: [5.0, 2.0, 3.0].map(point).into() };
        let report = report(&config, &outcome)?;
        let names = report.tables[0].1.names();
        config::distinct("the names", names)?;
        assert_eq!(names.len(), 12);
        assert_eq!(names[2], "10 on check messages at σ = 0.5");
        assert_eq!(names[7], "1200 on variable messages at 2 dB");
        Ok(())
    }
}
