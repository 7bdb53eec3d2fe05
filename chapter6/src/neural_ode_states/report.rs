//! What the section shows.

use anyhow::Result;
use common::{
    figure::{Figure, Panel, Series},
    section::Report,
    statistics::median_and_range,
    table::Table,
};

use super::{Config, DONE, Outcome, STARTS, STATES};
use crate::neural_ode::TARGETS;

/// Words, a table and the figure.
pub fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
    let mut summary = format!(
        "{} seeds, {} updates; loss: median [range], and how many are done (≤ {DONE})\n",
        config.num_seeds, config.num_updates
    );
    let names = ["target", "states", "start_std", "seed", "loss", "bound"];
    let mut table = Table::new("run", names);
    let (mut above, mut one_state) = (0, 0);
    for (target, (name, _)) in TARGETS.iter().enumerate() {
        let bounds = outcome.of(config, target, 0, 0).iter().map(|run| run.bound);
        let [median, low, high] = median_and_range(bounds);
        summary += &format!("{name}: no monotone fit is below {median:.3} [{low:.3}, {high:.3}]\n");
        for (states, d) in STATES.iter().enumerate() {
            for (start, std) in STARTS.iter().enumerate() {
                let runs = outcome.of(config, target, states, start);
                let [median, low, high] = median_and_range(runs.iter().map(|run| run.loss));
                let done = runs.iter().filter(|run| run.loss <= DONE).count();
                summary += &format!(
                    "  states {d}, start {std:<5} {median:5.2} [{low:.2}, {high:.2}]  {done}/{}\n",
                    runs.len()
                );
                for (seed, run) in runs.iter().enumerate() {
                    let values = [target as f64, *d as f64, *std, seed as f64, run.loss, run.bound];
                    table.push(table.rows().len(), &values);
                }
                if states == 0 {
                    one_state += runs.len();
                    above += runs.iter().filter(|run| run.loss >= run.bound).count();
                }
            }
        }
    }
    summary += &format!("with one state {above} of {one_state} losses are at or above their bound\n");
    Ok(Report::new(format!("{above} of {one_state} one-state losses at or above the monotone bound"), summary)
        .table("runs", &table)
        .figure("states", figure(config, outcome)))
}

fn figure(config: &Config, outcome: &Outcome) -> Figure {
    let mut figure = Figure::new();
    for (target, (name, _)) in TARGETS.iter().enumerate() {
        let mut panel = Panel::new(*name, "number of states (side by side: starts)", "loss").log_y();
        for (start, std) in STARTS.iter().enumerate() {
            let (mut xs, mut ys) = (vec![], vec![]);
            for (states, d) in STATES.iter().enumerate() {
                for (seed, run) in outcome.of(config, target, states, start).iter().enumerate() {
                    let aside = 0.25 * (start as f64 - 1.0) + 0.1 * (seed as f64 / config.num_seeds as f64 - 0.5);
                    xs.push(*d as f64 + aside);
                    ys.push(run.loss);
                }
            }
            panel = panel.series(Series::scatter(format!("start {std}"), &xs, &ys));
        }
        let [bound, ..] = median_and_range(outcome.of(config, target, 0, 0).iter().map(|run| run.bound));
        if bound > 0.0 {
            let ends = ([0.4, 4.6], [bound; 2]);
            panel = panel.series(Series::line("best monotone fit, median", &ends.0, &ends.1).style(3).thin());
        }
        figure = figure.panel(panel.hline("", DONE).x_range(0.4, 4.6));
    }
    figure
}
