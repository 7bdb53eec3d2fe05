//! What the section shows.

use anyhow::Result;
use common::{
    figure::{Figure, Panel, Series},
    optim::RateSchedule,
    quadrature::Quadrature,
    section::Report,
    statistics::median_and_range,
    table::Table,
};

use super::{Config, LONG, Long, Outcome, PENALTIES, WAYS};
use crate::rayleigh_ritz::{exact, least_value};

fn label((quadrature, rate): (Quadrature, RateSchedule)) -> String {
    let rate = if rate == RateSchedule::Constant { "constant rate" } else { "cosine rate" };
    format!("{}, {rate}", quadrature.label())
}

/// The entry after `update` updates, or the last one.
fn at(long: &Long, update: f64) -> (f64, f64, f64) {
    let i = long.updates.iter().position(|u| *u >= update).unwrap_or(long.updates.len() - 1);
    (long.updates[i], long.losses[i], long.errors[i])
}

/// Words, tables and the figure.
pub fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
    let least = least_value();
    let mut summary = format!("exact value {least:.6e}; closed form of the sum by quadrature rule, loss and error\n");
    summary += "            λ = 1000                y(0) = y(1) = 0\n";
    let mut rules = Table::new("rule", ["loss", "error", "loss_exact_ends", "error_exact_ends"]);
    for (i, (rule, [penalty, held])) in Quadrature::ALL.iter().zip(&outcome.rules).enumerate() {
        let (error, held_error) = (penalty.curve.error(1.0), held.curve.error(1.0));
        summary += &format!(
            "  {:<9} {:.6e}, {error:.1e}    {:.6e}, {held_error:.1e}\n",
            rule.label(),
            penalty.loss,
            held.loss
        );
        rules.push(i, &[penalty.loss, error, held.loss, held_error]);
    }
    let errors: Vec<f64> = outcome.penalties.iter().map(|solved| solved.curve.error(1.0)).collect();
    let list: Vec<_> = errors.iter().map(|e| format!("{e:.1e}")).collect();
    summary += &format!("error by Gauss's rule for λ = 10 … 10⁷: {}\n", list.join(" "));
    summary += "trainings: loss and error\n";
    for (which, long) in LONG.into_iter().zip(&outcome.long) {
        let marks: Vec<_> = [300.0, config.num_updates as f64]
            .into_iter()
            .map(|mark| {
                let (update, loss, error) = at(long, mark);
                format!("after {update} {loss:.5e}, {error:.1e}")
            })
            .collect();
        summary += &format!("  {:<22} {}\n", label(which), marks.join("; "));
    }
    summary += &format!(
        "random coefficient, {} updates, {} seeds: largest error, median [range]\n",
        config.num_random_updates, config.num_seeds
    );
    let mut random = Table::new("seed", WAYS.map(|way| way.name.replace(' ', "_")));
    for seed in 0..config.num_seeds {
        random.push(seed, &outcome.random.iter().map(|errors| errors[seed]).collect::<Vec<_>>());
    }
    for (way, errors) in WAYS.iter().zip(&outcome.random) {
        let [median, low, high] = median_and_range(errors.clone());
        summary += &format!("  {:<22} {median:.1e} [{low:.1e}, {high:.1e}]\n", way.name);
    }
    let [last, ..] = median_and_range(outcome.random[0].clone());
    let [mean, ..] = median_and_range(outcome.random[1].clone());
    Ok(Report::new(format!("random coefficient: error {last:.1e} at the end, {mean:.1e} averaged"), summary)
        .table("rules", &rules)
        .table("random", &random)
        .figure("ritz", figure(outcome, &errors)))
}

fn figure(outcome: &Outcome, penalty_errors: &[f64]) -> Figure {
    let mut curves = Panel::new("Closed form, ends held exactly: error", "t", "|y − exact|").log_y();
    for (rule, [_, held]) in Quadrature::ALL.iter().zip(&outcome.rules) {
        let (ts, ys) = (&held.curve.ts, &held.curve.ys);
        let error: Vec<f64> = ts.iter().zip(ys).map(|(&t, y)| (y - exact(t, 1.0)).abs().max(1e-13)).collect();
        curves = curves.series(Series::line(rule.label(), ts, &error));
    }
    let penalties = Panel::new("Gauss's rule: error by the penalty", "λ", "largest error")
        .series(Series::line_with_markers("closed form", &PENALTIES, penalty_errors))
        .log_x()
        .log_y();
    let mut long = Panel::new("Adam: error by update", "update", "largest error").log_x().log_y();
    for (style, (which, run)) in LONG.into_iter().zip(&outcome.long).enumerate() {
        long = long.series(Series::line(label(which), &run.updates[1..], &run.errors[1..]).style(style));
    }
    let mut random =
        Panel::new("Random coefficient: error over the seeds", "way", "largest error").log_y().x_range(0.5, 4.5);
    for (i, (way, errors)) in WAYS.iter().zip(&outcome.random).enumerate() {
        let count = errors.len() as f64;
        let xs: Vec<f64> = (0..errors.len()).map(|k| i as f64 + 1.0 + 0.5 * (k as f64 / count - 0.5)).collect();
        random = random.series(Series::scatter(way.name, &xs, errors));
    }
    Figure::new().panel(curves).panel(penalties).panel(long).panel(random)
}
