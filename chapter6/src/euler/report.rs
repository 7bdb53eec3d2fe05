//! What the section shows.

use anyhow::Result;
use candle_core::{Device, Tensor};
use common::{
    figure::{Figure, Panel, Series},
    ode::Method,
    sampling::grid,
    section::Report,
    table::Table,
};

use super::{Config, NUM_REPETITIONS, Outcome, least_squares};
use crate::observations::Observations;

/// What theory says of the minimiser.
struct Theory {
    /// Of the data at hand
    minimiser: f64,
    /// Of data without noise, and 1/√Σsᵢ² there
    clean: f64,
    spread: f64,
}

impl Theory {
    fn of(config: &Config, outcome: &Outcome) -> Self {
        let start = *outcome.path.last().unwrap_or(&config.start);
        let (minimiser, _) = least_squares(config, &outcome.data, start);
        let exact = outcome.data.times.iter().map(|t| vec![(config.coefficient * t).exp()]).collect();
        let exact = Observations { times: outcome.data.times.clone(), values: exact };
        let (clean, spread) = least_squares(config, &exact, config.coefficient);
        Self { minimiser, clean, spread }
    }
}

/// Words, tables and the figure.
pub fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
    let theory = Theory::of(config, outcome);
    let (first, last) = (outcome.history.rows()[0].1[0], outcome.history.last("loss"));
    let a = *outcome.path.last().unwrap_or(&f64::NAN);
    let mut summary = format!(
        "sum of squared errors: {first:.4e} before training, {last:.4e} after {} updates\n\
         a = {a:.6} learned, {:.6} the minimiser of the loss\n",
        config.num_updates, theory.minimiser,
    );
    if !outcome.from_file {
        let formula = if config.method == Method::Euler { " = (e^(aη) − 1)/η" } else { "" };
        let count = NUM_REPETITIONS as f64;
        let mean = outcome.repetitions.iter().sum::<f64>() / count;
        let variance = outcome.repetitions.iter().map(|a| (a - mean).powi(2)).sum::<f64>() / (count - 1.0);
        summary += &format!(
            "a = {} in the data; without noise the minimiser is {:.6}{formula}\n\
             standard deviation from noise: {:.4} in theory; {:.4} over {NUM_REPETITIONS} noises, mean {mean:.4}\n",
            config.coefficient,
            theory.clean,
            config.noise_std * theory.spread,
            variance.sqrt(),
        );
    }
    let mut table = Table::new("step", ["t", "x"]);
    for (i, x) in outcome.learned.iter().enumerate() {
        table.push(i, &[i as f64 * config.step_size(), *x]);
    }
    Ok(Report::new(format!("a = {a:.4}, minimiser of the loss {:.4}", theory.minimiser), summary)
        .final_loss(last)
        .table("history", &outcome.history)
        .table("trajectory", &table)
        .figure("euler", figure(config, outcome, &theory))
        .parameter("a", &Tensor::new(a, &Device::Cpu)?))
}

fn figure(config: &Config, outcome: &Outcome, theory: &Theory) -> Figure {
    let times: Vec<f64> = (0..outcome.learned.len()).map(|i| i as f64 * config.step_size()).collect();
    let mut solutions = Panel::new(format!("{}, N = {}", config.method.label(), config.num_steps), "t", "x(t)");
    if !outcome.from_file {
        let fine = grid(0.0, config.end_time, 201);
        let exact: Vec<f64> = fine.iter().map(|t| (config.coefficient * t).exp()).collect();
        solutions = solutions.series(Series::line(format!("exp({}t)", config.coefficient), &fine, &exact).style(3));
    }
    let start = outcome.path[0]; // or that of --load
    let before: Vec<f64> = {
        let factor = config.method.stability_function(config.step_size() * start);
        (0..times.len()).map(|i| factor.powi(i as i32)).collect()
    };
    solutions = solutions
        .series(Series::line(format!("before training, a = {}", (1e4 * start).round() / 1e4), &times, &before).style(1))
        .series(Series::line("learned", &times, &outcome.learned).style(0).solid())
        .series(Series::scatter("observed", &outcome.data.times, &outcome.data.coordinate(0)).style(2));
    let mut path = Panel::new(format!("Learning rate {}", config.learning_rate), "update", "a")
        .series(Series::line("a", &outcome.history.counts(), &outcome.path).style(0).solid())
        .hline(format!("minimiser of the loss, {:.4}", theory.minimiser), theory.minimiser);
    if !outcome.from_file {
        path = path
            .hline(format!("without noise, {:.4}", theory.clean), theory.clean)
            .hline(format!("of the equation, {}", config.coefficient), config.coefficient);
    }
    let loss = Panel::new("Loss", "update", "Σ (xᵢ − dataᵢ)²")
        .series(Series::line("", &outcome.history.counts(), &outcome.history.column("loss")))
        .log_y();
    Figure::new().panel(solutions).panel(path).panel(loss)
}
