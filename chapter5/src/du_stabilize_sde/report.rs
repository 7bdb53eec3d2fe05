use anyhow::Result;
use common::{
    figure::{Figure, Panel, Series},
    sampling::grid,
    section::Report,
    table::Table,
};

use super::{Config, Motion, Outcome};

pub fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
    let times = grid(0.0, config.horizon, config.num_steps + 1);
    let mut summary = format!("{:<14} {:>14} {:>14}   K\n", "E‖x‖²", "at T, exact", "settled, exact");
    let mut table = Table::new(
        "step",
        ["t"].into_iter().chain([
            "given_mean",
            "given_sd",
            "given_exact",
            "learned_mean",
            "learned_sd",
            "learned_exact",
        ]),
    );
    let mut panel = Panel::new("‖x(t)‖: mean and mean ± standard deviation", "t", "‖x(t)‖");
    for (style, motion) in outcome.motions.iter().enumerate() {
        let rows = motion.gain.to_vec2::<f64>()?;
        let text: Vec<String> = rows.iter().map(|row| format!("({:.4}, {:.4})", row[0], row[1])).collect();
        let at_end = motion.exact[config.num_steps];
        summary += &format!("{:<14} {at_end:>14.4} {:>14.4}   {}\n", motion.name, motion.stationary, text.join(", "));
        let (mean, low, high) = bands(&motion.norms);
        panel = panel.series(Series::band("", &times, &low, &high).style(style));
        panel = panel.series(Series::line(motion.name, &times, &mean).style(style));
    }
    for (k, t) in times.iter().enumerate() {
        let of = |m: &Motion| [m.norms[k].0, m.norms[k].1, m.exact[k]];
        table.push(k, &[&[*t][..], &of(&outcome.motions[0]), &of(&outcome.motions[1])].concat());
    }
    let training = Panel::new("Training", "update", "‖x(T)‖²")
        .series(outcome.history.line("mean of the paths", "loss").thin())
        .series(outcome.history.line("expected, exact", "expected"))
        .log_y();
    let mut moments = Panel::new("Exact second moment", "t", "E‖x(t)‖²").log_y();
    for motion in &outcome.motions {
        moments = moments.series(Series::line(motion.name, &times, &motion.exact));
    }
    let [given, learned] = [0, 1].map(|i| outcome.motions[i].stationary);
    Ok(Report::new(format!("settled E‖x‖² {given:.3} → {learned:.3}"), summary.trim_end())
        .table("history", &outcome.history)
        .table("motion", &table)
        .figure("motion", Figure::new().panel(panel))
        .figure("training", Figure::new().panel(training).panel(moments))
        .parameter("gain", &outcome.motions[1].gain))
}

/// Mean, mean − sd and mean + sd.
fn bands(norms: &[(f64, f64)]) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
    let at = |f: fn(&(f64, f64)) -> f64| norms.iter().map(f).collect();
    (at(|n| n.0), at(|n| n.0 - n.1), at(|n| n.0 + n.1))
}
