//! What the section shows.

use anyhow::Result;
use candle_core::{Device, Tensor};
use common::{
    figure::{Figure, Panel, Series},
    ode::Method,
    section::Report,
    table::Table,
};

use super::{Config, NAMES, Outcome, Path, invariant};

/// Words, tables and the figure.
pub fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
    let (first, last) = (outcome.history.rows()[0].1[0], outcome.history.last("loss"));
    let start = outcome.parameters[0]; // or that of --load
    let learned = outcome.parameters[outcome.parameters.len() - 1];
    let [alpha, beta, gamma, delta] = learned;
    let path = |method, theta| Path::of(method, theta, config.end_time, config.num_steps);
    let paths = [path(config.method, start), path(Method::SemiImplicit, start), path(config.method, learned)];
    let drift = |path: &Path| {
        let (x, y) = (path.x[config.num_steps], path.y[config.num_steps]);
        invariant(start, x, y) - invariant(start, 1.0, 1.0)
    };
    let farthest = paths[2].x.iter().zip(&paths[2].y).map(|(x, y)| (x - 1.0).hypot(y - 1.0)).fold(0.0, f64::max);
    let summary = format!(
        "loss {first:.6e} before training, {last:.6e} after {} updates\n\
         (α, β, γ, δ) = ({alpha:.4}, {beta:.4}, {gamma:.4}, {delta:.4}): α − β = {:.1e}, γ − δ = {:.1e}\n\
         equilibrium (γ/δ, α/β) = ({:.5}, {:.5}); the solution goes at most {farthest:.1e} from (1, 1)\n\
         before training V changes from t = 0 to {} by {:.3} with {}, by {:.3} with semi-implicit Euler\n",
        config.num_updates,
        alpha - beta,
        gamma - delta,
        gamma / delta,
        alpha / beta,
        config.end_time,
        drift(&paths[0]),
        config.method.label(),
        drift(&paths[1]),
    );
    let mut parameters = Table::new("update", NAMES);
    for (update, theta) in outcome.parameters.iter().enumerate() {
        parameters.push(update, theta);
    }
    let mut trajectory = Table::new("step", ["t", "x_before", "y_before", "x", "y"]);
    for i in 0..=config.num_steps {
        let t = i as f64 * config.end_time / config.num_steps as f64;
        trajectory.push(i, &[t, paths[0].x[i], paths[0].y[i], paths[2].x[i], paths[2].y[i]]);
    }
    let report = Report::new(format!("loss {first:.3e} → {last:.3e}"), summary)
        .final_loss(last)
        .table("history", &outcome.history)
        .table("parameters", &parameters)
        .table("trajectory", &trajectory)
        .figure("lotka_volterra", figure(config, outcome, &paths, learned));
    NAMES
        .into_iter()
        .zip(learned)
        .try_fold(report, |report, (name, value)| Ok(report.parameter(name, &Tensor::new(value, &Device::Cpu)?)))
}

fn figure(config: &Config, outcome: &Outcome, paths: &[Path; 3], learned: [f64; 4]) -> Figure {
    let start = outcome.parameters[0];
    let [before, symplectic, after] = paths;
    let reach = |of: fn(&Path) -> &Vec<f64>| {
        let largest = paths.iter().flat_map(of).copied().filter(|v| v.is_finite()).fold(1.0, f64::max);
        1.08 * largest.min(100.0)
    };
    let (x_end, y_end) = (reach(|path| &path.x), reach(|path| &path.y));
    let least = invariant(start, start[2] / start[3].max(1e-9), start[0] / start[1].max(1e-9));
    let own = invariant(start, 1.0, 1.0) - least;
    let rounded = |part: f64| (10.0 * (least + part * own)).round() / 10.0;
    let levels = [rounded(0.1), rounded(0.4), least + own, rounded(2.0), rounded(4.0)]; // V(1, 1) is one of them
    let mut plane = Panel::new("Phase plane before training; thin: V = constant", "x", "y");
    if least.is_finite() && own > 0.0 {
        plane = plane.contours(|x, y| invariant(start, x, y), (0.01, x_end), (0.01, y_end), &levels);
    }
    let plane = plane
        .series(Series::line(config.method.label(), &before.x, &before.y).style(1).solid())
        .series(Series::line("semi-implicit Euler", &symplectic.x, &symplectic.y).style(0).dashed())
        .series(Series::scatter("start (1, 1)", &[1.0], &[1.0]).style(2));
    let equilibrium = (learned[2] / learned[3], learned[0] / learned[1]);
    let learned_plane = Panel::new(format!("After {} updates", config.num_updates), "x", "y")
        .series(Series::line(config.method.label(), &after.x, &after.y).style(1).solid())
        .series(Series::scatter("start (1, 1)", &[1.0], &[1.0]).style(2))
        .series(Series::scatter("equilibrium", &[equilibrium.0], &[equilibrium.1]).style(3));
    let times: Vec<f64> = (0..before.x.len()).map(|i| i as f64 * config.end_time / config.num_steps as f64).collect();
    let change = |path: &Path| -> Vec<f64> {
        let v = path.x.iter().zip(&path.y).map(|(&x, &y)| invariant(start, x, y));
        v.map(|v| v - invariant(start, 1.0, 1.0)).collect()
    };
    let drift = Panel::new("V(t) − V(0) before training", "t", "V(t) − V(0)")
        .series(Series::line(config.method.label(), &times, &change(before)).style(1).solid())
        .series(Series::line("semi-implicit Euler", &times, &change(symplectic)).style(0).dashed());
    let loss = Panel::new(format!("Loss, learning rate {}", config.learning_rate), "update", "Σ‖(xᵢ, yᵢ) − (1, 1)‖²")
        .series(Series::line("loss", &outcome.history.counts(), &outcome.history.column("loss")))
        .log_y();
    Figure::new().panel(plane).panel(drift).panel(learned_plane).panel(loss)
}
