//! Words, tables and figures of the question.

use anyhow::Result;
use common::{
    figure::{Figure, Panel, Series},
    section::Report,
    statistics::median_and_range,
    table::Table,
};

use super::{COSTS, Config, Outcome, Quality, Run};

/// What is read off a gain.
type Of = fn(&Quality) -> f64;

/// Words, tables and figures.
pub fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
    let Outcome { runs, given, regulators, noisy } = outcome;
    let mut summary = format!(
        "{} updates from K = 1; abscissa from {} random K: median (least to largest), better than given\n\
         {:<15} {:<9} {:>9} {:>8} {:>7} {:>7}   from random K\n",
        config.num_updates, config.num_starts, "loss", "rate", "‖x(T)‖²", "abscissa", "least", "ρ(F)"
    );
    let mut history = vec![];
    for run in runs {
        let Run { loss, learning_rate, book, random } = run;
        let last = book[book.len() - 1];
        let least = book.iter().map(|q| q.abscissa).fold(f64::INFINITY, f64::min);
        let ends = random.iter().map(|q| q.map_or(f64::INFINITY, |q| q.abscissa));
        let [median, low, high] = median_and_range(ends.clone());
        let better = ends.filter(|end| *end < given.abscissa).count();
        summary += &format!(
            "{:<15} {learning_rate:<9} {:>9.2e} {:>8.3} {least:>7.3} {:>7.4}   {median:>6.3} ({low:.3} to {high:.3}), {better}\n",
            loss.label(),
            last.end,
            last.abscissa,
            last.radius
        );
        let columns: [(&str, Of); 3] = [("loss", |q| q.end), ("abscissa", |q| q.abscissa), ("radius", |q| q.radius)];
        for (what, of) in columns {
            history.push((format!("{}_{learning_rate}_{what}", loss.name()), book.iter().map(of).collect::<Vec<_>>()));
        }
    }
    let line = |name: &str, q: &Quality| {
        format!("{name:<25} {:>9.2e} {:>8.3} {:>7} {:>7.4}\n", q.end, q.abscissa, "", q.radius)
    };
    summary += &line("given gain", given);
    for (r, (quality, norm)) in COSTS.iter().zip(regulators) {
        summary += line(&format!("whole state, r = {r}"), quality).trim_end();
        summary += &format!("   ‖K‖ = {norm:.1}\n");
    }
    summary += &format!("with noise: settled E‖x‖² from the given gain ({:.3}), and ‖K‖\n", noisy.trainings[0].2[0]);
    for (rate, sampled, exact, [norm, exact_norm]) in &noisy.trainings {
        let end = config.num_updates;
        let [median, low, high] = sampled.at(end);
        summary += &format!(
            "  rate {rate:<4} sampled, {} seeds {median:.3} ({low:.3} to {high:.3}), ‖K‖ {norm:.1}; exact {:.3}, ‖K‖ {exact_norm:.1}\n",
            config.num_seeds, exact[end]
        );
    }
    summary += &format!("  exact gradient for long, falling rate: {:.3}, ‖K‖ {:.1}\n", noisy.long.0, noisy.long.1);
    let regulated = COSTS.iter().zip(&noisy.regulators);
    let regulated = regulated.map(|(r, (value, norm))| format!("{value:.3} (r = {r}, ‖K‖ {norm:.1})"));
    summary += &format!("  whole state: {}", regulated.collect::<Vec<_>>().join(", "));

    let columns = noisy.trainings.iter().flat_map(|(rate, sampled, exact, _)| {
        let curves = [("median", &sampled.median), ("low", &sampled.low), ("high", &sampled.high), ("exact", exact)];
        curves.map(|(name, curve)| (format!("{rate}_{name}"), curve.clone()))
    });
    let columns: Vec<_> = columns.collect();
    let best = runs.iter().filter_map(|run| Some((run.book.last()?.abscissa, run)));
    let best = best.min_by(|a, b| a.0.total_cmp(&b.0));
    let headline = best.map_or(String::new(), |(abscissa, run)| {
        format!("abscissa {abscissa:.3} by {}, given gain {:.3}", run.loss.label(), given.abscissa)
    });
    Ok(Report::new(headline, summary)
        .table("history", &Table::of_columns("update", 0, &history))
        .table("noisy", &Table::of_columns("update", 0, &columns))
        .figure("losses", losses(config, outcome))
        .figure("noisy", noise(outcome)))
}

fn counts(length: usize) -> Vec<f64> {
    (0..length).map(|k| k as f64).collect()
}

/// ‖x(T)‖² and abscissa by update, at the first and the last learning rate.
fn losses(config: &Config, outcome: &Outcome) -> Figure {
    let rates = &config.learning_rates;
    let mut shown = vec![rates[0], rates[rates.len() - 1]];
    shown.dedup();
    let mut figure = Figure::new();
    let kinds: [(&str, bool, Of); 2] = [("‖x(T)‖²", true, |q| q.end), ("spectral abscissa", false, |q| q.abscissa)];
    for (axis, log, of) in kinds {
        for rate in &shown {
            let mut panel = Panel::new(format!("{axis}, learning rate {rate}"), "update", axis);
            panel = if log { panel.log_y() } else { panel.hline("given gain", outcome.given.abscissa) };
            for run in outcome.runs.iter().filter(|run| run.learning_rate == *rate) {
                let values: Vec<f64> = run.book.iter().map(of).collect();
                panel = panel.series(Series::line(run.loss.label(), &counts(values.len()), &values));
            }
            figure = figure.panel(panel);
        }
    }
    figure
}

/// The settled E‖x‖² by update.
fn noise(outcome: &Outcome) -> Figure {
    let mut figure = Figure::new();
    for (rate, sampled, exact, _) in &outcome.noisy.trainings {
        let panel = Panel::new(format!("Learning rate {rate}"), "update", "E‖x‖², settled").log_y();
        let counts = counts(exact.len());
        let panel = sampled.draw(panel, "sampled gradient", &counts, 0);
        let panel = panel.series(Series::line("exact gradient", &counts, exact).style(1));
        figure = figure.panel(panel.hline("long training", outcome.noisy.long.0));
    }
    figure
}
