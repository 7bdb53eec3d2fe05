//! What the section shows.

use anyhow::Result;
use candle_core::{Device, Tensor};
use common::{
    figure::{Figure, Panel, Series},
    sampling::grid,
    section::Report,
    table::Table,
};

use super::{Config, Outcome, discrete_riccati, riccati};

/// The learned control and state on the grid of the steps, minus the exact ones.
struct Errors {
    /// iη, where the states are
    ts: Vec<f64>,
    /// Where the controls are
    control_ts: Vec<f64>,
    /// u at its own times
    control: Vec<f64>,
    /// x
    state: Vec<f64>,
}

impl Errors {
    fn of(config: &Config, outcome: &Outcome) -> Self {
        let ts = grid(0.0, 1.0, config.num_steps + 1).split_off(1);
        let control_ts = config.control_times();
        let minus = |values: &[f64], ts: &[f64], part: usize| {
            values.iter().zip(ts).map(|(value, &t)| value - riccati(t)[part]).collect()
        };
        Self { control: minus(&outcome.control, &control_ts, 0), state: minus(&outcome.state, &ts, 1), ts, control_ts }
    }
}

fn largest(errors: &[f64]) -> f64 {
    errors.iter().fold(0.0, |worst, e| worst.max(e.abs()))
}

/// Words, tables and the figure.
pub fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
    let (first, last) = (outcome.history.rows()[0].1[0], outcome.history.last("loss"));
    let (least, us, xs) = discrete_riccati(config.num_steps);
    let errors = Errors::of(config, outcome);
    let apart = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    let summary = format!(
        "J = {first:.6e} before training, {last:.9} after {} updates\n\
         least possible value of the sum {least:.9} (Riccati's recursion)\n\
         least possible value of the integral {:.9} (tanh 1)\n\
         largest error of u {:.2e}, of x {:.2e}; from the optimum of the sum u {:.2e}, x {:.2e}\n",
        config.num_updates,
        1f64.tanh(),
        largest(&errors.control),
        largest(&errors.state),
        apart(&outcome.control, &us),
        apart(&outcome.state, &xs),
    );
    let mut table = Table::new("step", ["t", "x", "exact_x", "optimal_x_of_the_sum", "t_of_u", "u", "exact_u"]);
    for (i, &t) in errors.ts.iter().enumerate() {
        let at = errors.control_ts[i];
        table.push(i + 1, &[t, outcome.state[i], riccati(t)[1], xs[i], at, outcome.control[i], riccati(at)[0]]);
    }
    Ok(Report::new(format!("J = {last:.6}, above the least sum by {:.1e}", last - least), summary)
        .final_loss(last)
        .table("history", &outcome.history)
        .table("trajectory", &table)
        .figure("variational", figure(outcome, &errors, least))
        .parameter("theta", &Tensor::new(outcome.theta.as_slice(), &Device::Cpu)?))
}

fn figure(outcome: &Outcome, errors: &Errors, least: f64) -> Figure {
    let fine = grid(0.0, 1.0, 201);
    let exact = |part: usize| fine.iter().map(|&t| riccati(t)[part]).collect::<Vec<_>>();
    let paths = Panel::new("State and control", "t", "x, u")
        .series(Series::line("x = cosh(1 − t)/cosh 1", &fine, &exact(1)).style(0).solid())
        .series(Series::line("learned x", &errors.ts, &outcome.state).style(1))
        .series(Series::line("u = −tanh(1 − t)·x", &fine, &exact(0)).style(2).solid())
        .series(Series::line("learned u", &errors.control_ts, &outcome.control).style(3));
    let error = Panel::new("Error", "t", "learned − exact")
        .series(Series::line("x", &errors.ts, &errors.state).style(1))
        .series(Series::line("u", &errors.control_ts, &errors.control).style(3))
        .hline("", 0.0);
    let above: Vec<f64> = outcome.history.column("loss").iter().map(|loss| loss - least).collect();
    let loss = Panel::new("Loss above the least sum", "update", "J − least")
        .series(Series::line("", &outcome.history.counts(), &above))
        .log_y();
    Figure::new().panel(paths).panel(error).panel(loss)
}
