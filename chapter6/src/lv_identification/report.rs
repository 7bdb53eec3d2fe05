//! What the section shows.

use anyhow::Result;
use common::{
    figure::{Figure, Panel, Series},
    ode::{Method, Solver},
    section::Report,
    statistics::median_and_range,
    table::Table,
};

use super::{Case, Config, HORIZONS, Outcome, STRATEGIES, Strategy};
use crate::lotka_volterra::{LotkaVolterra, NAMES};

fn name(strategy: Strategy) -> &'static str {
    match strategy {
        Strategy::AtOnce => "at once",
        Strategy::Growing => "growing horizon",
    }
}

fn title(case: &Case) -> String {
    let data = match case.noise_std {
        None => "data from the file".to_owned(),
        Some(0.0) => "no noise".to_owned(),
        Some(noise_std) => format!("noise {noise_std}"),
    };
    format!("{}, N = {}, {data}", case.solver.0.label(), case.solver.1)
}

/// Words, tables and the figure.
pub fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
    let mut summary = format!(
        "{} starts, {} updates; found: within 5 % of the best fit in every rate\n",
        config.num_starts,
        config.num_stages * config.num_updates
    );
    let mut table = Table::new(
        "run",
        ["case", "growing", "start_alpha", "start_beta", "start_gamma", "start_delta"]
            .into_iter()
            .chain(NAMES)
            .chain(["loss", "found"]),
    );
    let mut headline = vec![];
    for (number, case) in outcome.cases.iter().enumerate() {
        let best = case.best();
        let [alpha, beta, gamma, delta] = best.theta;
        summary += &format!(
            "{}: best loss {:.2e} at ({alpha:.4}, {beta:.4}, {gamma:.4}, {delta:.4})\n",
            title(case),
            best.loss
        );
        for (strategy, fits) in STRATEGIES.into_iter().zip(&case.fits) {
            let found = fits.iter().filter(|fit| case.found(fit)).count();
            let [median, low, high] = median_and_range(fits.iter().map(|fit| fit.loss));
            summary += &format!(
                "  {:<16} {found:>3} of {} found it; loss {median:.1e} [{low:.1e}, {high:.1e}]\n",
                name(strategy),
                fits.len()
            );
            headline.push(format!("{found}"));
            for (start, fit) in outcome.starts.iter().zip(fits) {
                let settings = [number as f64, f64::from(u8::from(strategy == Strategy::Growing))];
                let values = settings.iter().chain(start).chain(&fit.theta).copied();
                let found = f64::from(u8::from(case.found(fit)));
                table.push(table.rows().len(), &values.chain([fit.loss, found]).collect::<Vec<_>>());
            }
        }
    }
    let headline = format!("found, at once/growing: {} of {}", headline.join("/"), config.num_starts);
    Ok(Report::new(headline, summary).table("fits", &table).figure("identification", figure(config, outcome)))
}

fn figure(config: &Config, outcome: &Outcome) -> Figure {
    let (alphas, losses) = &outcome.landscape;
    let mut landscape = Panel::new("Loss per observation along α, all else true", "α", "loss per observation").log_y();
    for (count, losses) in HORIZONS.iter().zip(losses) {
        let name = format!("first {count} observations");
        landscape =
            landscape.series(Series::line(name, alphas, &losses.iter().map(|l| l.max(1e-6)).collect::<Vec<_>>()));
    }
    let mut figure = Figure::new().panel(landscape);
    for case in &outcome.cases {
        let mut panel = Panel::new(title(case), "starts, sorted by loss", "loss at the end").log_y();
        for (strategy, fits) in STRATEGIES.into_iter().zip(&case.fits) {
            let mut losses: Vec<f64> = fits.iter().map(|fit| fit.loss).collect();
            losses.sort_by(f64::total_cmp);
            let ranks: Vec<f64> = (1..=losses.len()).map(|i| i as f64).collect();
            panel = panel.series(Series::line_with_markers(name(strategy), &ranks, &losses));
        }
        figure = figure.panel(panel);
    }
    let case = &outcome.cases[0];
    let mut failed: Vec<_> = case.fits[0].iter().filter(|fit| !case.found(fit) && fit.loss.is_finite()).collect();
    failed.sort_by(|a, b| a.loss.total_cmp(&b.loss));
    let path = |theta: &[f64; 4]| -> Vec<f64> {
        let solver = Solver::new(LotkaVolterra, Method::RungeKutta4, config.end_time / 500.0);
        solver.trajectory(&[1.0, 1.0], theta, 500).iter().map(|state| state[0]).collect()
    };
    let ts: Vec<f64> = (1..=500).map(|i| i as f64 * config.end_time / 500.0).collect();
    let mut panel = Panel::new("Prey x(t): best fit, and the middle one of the failed", "t", "x(t)")
        .series(Series::line("best fit", &ts, &path(&case.best().theta)).style(0).solid());
    if let Some(failed) = failed.get(failed.len() / 2) {
        panel = panel.series(Series::line("failed, at once", &ts, &path(&failed.theta)).style(1).dashed());
    }
    figure.panel(panel.series(Series::scatter("observed", &case.data.times, &case.data.coordinate(0)).style(2)))
}
