//! Words, tables and figures of the section.

use anyhow::Result;
use candle_core::{Device, Tensor};
use common::{
    figure::{Figure, Panel, Series},
    ops::soft_threshold,
    sampling::grid,
    section::Report,
    table::Table,
};

use super::{Config, Outcome};

/// L‖x̂‖²/2t and 2L‖x̂‖²/(t + 1)² for t = 1, 2, …: what is proved of ISTA and FISTA (Beck and Teboulle 2009).
pub fn bounds(scale: f64, t: usize) -> [f64; 2] {
    let t = t as f64;
    [scale / (2.0 * t), 2.0 * scale / ((t + 1.0) * (t + 1.0))]
}

pub fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
    let Outcome { signal, ista, fista, least, scale, gamma } = outcome;
    let support = signal.iter().filter(|x| **x != 0.0).count();
    let energy: f64 = signal.iter().map(|x| x * x).sum();
    let mut summary = format!(
        "{support} of {} entries are not 0, ‖x‖² = {energy:.4}; γ = {gamma:.4e}, F at its minimum {least:.6}\n",
        signal.len()
    );
    summary += "iterations   ISTA ‖x̂ − x‖²   F − min F     not 0   FISTA ‖x̂ − x‖²  F − min F\n";
    let mut headline = String::new();
    let mut order = config.iterations.clone();
    order.sort_unstable();
    order.dedup();
    for (estimate, &k) in ista.estimates.iter().zip(&order) {
        let active = estimate.iter().filter(|x| **x != 0.0).count();
        summary += &format!(
            "{k:>10}   {:<14.4e}  {:<12.4e}  {active:>5}   {:<14.4e}  {:.4e}\n",
            ista.mse[k],
            ista.objective[k] - least,
            fista.mse[k],
            fista.objective[k] - least
        );
        headline = format!("‖x̂ − x‖² {:.3} after {k} iterations, {:.3} at first", ista.mse[k], ista.mse[0]);
    }

    let last = ista.mse.len();
    let counts: Vec<f64> = (0..last).map(|k| k as f64).collect();
    let bound = |which: usize| {
        let value = |k: usize| if k == 0 { f64::NAN } else { bounds(*scale, k)[which] };
        (0..last).map(value).collect::<Vec<f64>>()
    };
    let above = |objective: &[f64]| objective.iter().map(|f| f - least).collect::<Vec<f64>>();
    let columns = |ista: &[f64], fista: &[f64]| {
        vec![("fixed".to_owned(), ista.to_vec()), ("fixed_fista".to_owned(), fista.to_vec())]
    };
    let mut objective = columns(&above(&ista.objective), &above(&fista.objective));
    objective.extend([("bound".to_owned(), bound(0)), ("bound_fista".to_owned(), bound(1))]);

    let indices: Vec<f64> = (1..=signal.len()).map(|i| i as f64).collect();
    let mut signals = Figure::new();
    for (estimate, k) in ista.estimates.iter().zip(&order) {
        signals = signals.panel(
            Panel::new(format!("after {k} iterations"), "entry", "value")
                .series(Series::line("x", &indices, signal).thin())
                .series(Series::scatter("estimate", &indices, estimate)),
        );
    }
    let us = grid(-3.0, 3.0, 601);
    let mut shrink = Panel::new("Soft threshold", "u", "S(u)").series(Series::line("u", &us, &us).thin().dotted());
    for tau in [0.5, 1.0, -0.5] {
        shrink = shrink.series(Series::line(format!("τ = {tau}"), &us, &shrunk(&us, tau)?));
    }
    let from = |values: &[f64]| values.iter().skip(1).copied().collect::<Vec<f64>>();
    let (counts_1, panel) =
        (from(&counts), |title: &str, axis: &str| Panel::new(title, "iteration", axis).log_y().log_x());
    let way =
        Figure::new()
            .panel(
                panel("Objective", "F(x) − min F")
                    .series(Series::line("ISTA", &counts_1, &from(&above(&ista.objective))))
                    .series(Series::line("FISTA", &counts_1, &from(&above(&fista.objective))))
                    .series(Series::line("bound of ISTA", &counts_1, &from(&bound(0))).style(0).dotted())
                    .series(Series::line("bound of FISTA", &counts_1, &from(&bound(1))).style(1).dotted()),
            )
            .panel(
                panel("Error", "‖x̂ − x‖²")
                    .series(Series::line("ISTA", &counts_1, &from(&ista.mse)))
                    .series(Series::line("FISTA", &counts_1, &from(&fista.mse))),
            );
    Ok(Report::new(headline, summary)
        .final_loss(ista.objective[last - 1])
        .table("mse", &Table::of_columns("iteration", 0, &columns(&ista.mse, &fista.mse)))
        .table("objective", &Table::of_columns("iteration", 0, &objective))
        .figure("mse", way)
        .figure("signals", signals)
        .figure("shrink", Figure::new().panel(shrink)))
}

/// S_τ at each of `points`.
fn shrunk(points: &[f64], tau: f64) -> Result<Vec<f64>> {
    let device = &Device::Cpu;
    Ok(soft_threshold(&Tensor::new(points, device)?, &Tensor::new(tau, device)?)?.to_vec1()?)
}
