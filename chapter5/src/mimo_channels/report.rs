//! Words, tables and figures of the question.

use anyhow::Result;
use common::{
    figure::{Figure, Panel, Series},
    section::Report,
    table::Table,
};

use super::{Config, Counted, Detector, Outcome};

pub fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
    let Outcome { counted, detectors } = outcome;
    let (n, count) = (config.num_antennas, config.num_test);
    let row =
        |cells: Vec<String>| cells.iter().map(|cell| format!("{cell:<11}")).collect::<String>().trim_end().to_owned();
    let mut summary = format!(
        "symbol error rates, {n} × {n} channels, a fresh one for each of {count} signals\n{:<28}{}\n",
        "",
        row(config.noise_std.iter().map(|sigma| format!("σ = {sigma}")).collect())
    );
    let of = |i: usize| -> Vec<&Counted> { counted.iter().map(|at| &at[i]).collect() };
    let mut columns = vec![];
    let mut panel = Panel::new("Fresh channels", "noise σ", "symbol error rate").log_y();
    for i in 0..counted[0].len() {
        let all = of(i);
        let rates: Vec<f64> = all.iter().map(|one| one.rate.rate).collect();
        let (low, high): (Vec<f64>, Vec<f64>) = all.iter().map(|one| (one.rate.low, one.rate.high)).unzip();
        summary += &format!("{:<28}{}\n", all[0].label, row(rates.iter().map(|rate| format!("{rate:.2e}")).collect()));
        panel =
            panel.series(Series::line_with_markers(&all[0].label, &config.noise_std, &rates).error_bars(&low, &high));
        columns.extend([
            (all[0].name.clone(), rates),
            (format!("{}_low", all[0].name), low),
            (format!("{}_high", all[0].name), high),
        ]);
    }
    columns.insert(0, ("noise_std".into(), config.noise_std.clone()));
    let widest = counted.iter().flatten().map(|one| (one.rate.high - one.rate.rate) / one.rate.rate);
    let widest = widest.filter(|width| width.is_finite()).fold(0.0, f64::max);
    summary += &format!("95 % intervals reach {:.0} % to each side at most\n", 100.0 * widest);
    summary += "α of the unfolded detectors by σ, beside σ²\n";
    let mut learned = vec![];
    for (i, kind) in detectors[0].iter().enumerate() {
        let Detector::Unfolded(depth, _) = kind else { continue };
        let mut alphas = vec![];
        for at in detectors {
            if let Detector::Unfolded(_, unfolded) = &at[i] {
                alphas.push(unfolded.regularisation.values()?[0].abs());
            }
        }
        summary += &format!("  T = {depth:<22}{}\n", row(alphas.iter().map(|alpha| format!("{alpha:.4}")).collect()));
        learned.push((format!("regularisation_T{depth}"), alphas));
    }
    let squares = config.noise_std.iter().map(|sigma| format!("{:.4}", sigma.powi(2))).collect();
    summary += &format!("  {:<26}{}\n", "σ²", row(squares));
    learned.insert(0, ("noise_std".into(), config.noise_std.clone()));
    let middle = config.noise_std.len() / 2;
    let find = |name: &str| counted[middle].iter().find(|one| one.name == name).map_or(f64::NAN, |one| one.rate.rate);
    let deepest = config.num_iterations.last().copied().unwrap_or(0);
    let headline = format!(
        "SER at σ = {}: ML {:.4}, unfolded {:.4}, LMMSE {:.4}, network {:.4}",
        config.noise_std[middle],
        find("maximum_likelihood"),
        find(&format!("unfolded_T{deepest}")),
        find("lmmse"),
        find("network")
    );
    let mut report = Report::new(headline, summary)
        .table("symbol_error_rates", &Table::of_columns("row", 0, &columns))
        .table("regularisation", &Table::of_columns("row", 0, &learned))
        .figure("symbol_error_rates", Figure::new().panel(panel))
        .figure("schedules", schedules(config, &detectors[middle])?);
    for (sigma, at) in config.noise_std.iter().zip(detectors) {
        for detector in at {
            if let Detector::Unfolded(depth, unfolded) = detector {
                for (name, schedule) in [
                    ("step_size", &unfolded.step_size),
                    ("slope", &unfolded.slope),
                    ("regularisation", &unfolded.regularisation),
                ] {
                    report = report.parameter(format!("{name}_T{depth}_{sigma}"), schedule.parameter());
                }
            }
        }
    }
    Ok(report)
}

/// What the detectors learned at one σ.
fn schedules(config: &Config, detectors: &[Detector]) -> Result<Figure> {
    let sigma = config.noise_std[config.noise_std.len() / 2];
    let mut panels = [
        Panel::new(format!("σ = {sigma}"), "iteration", "γₜ"),
        Panel::new(format!("σ = {sigma}"), "iteration", "|θₜ|"),
    ];
    for detector in detectors {
        let Detector::Unfolded(depth, unfolded) = detector else { continue };
        let t: Vec<f64> = (1..=*depth).map(|t| t as f64).collect();
        panels = {
            let [gamma, theta] = panels;
            let slopes: Vec<f64> = unfolded.slope.values()?.iter().map(|theta| theta.abs()).collect();
            let line = |values: &[f64]| Series::line_with_markers(format!("T = {depth}"), &t, values);
            [gamma.series(line(&unfolded.step_size.values()?)), theta.series(line(&slopes))]
        };
    }
    let [gamma, theta] = panels;
    Ok(Figure::new().panel(gamma).panel(theta))
}
