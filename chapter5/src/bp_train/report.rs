use anyhow::Result;
use common::{
    figure::{Figure, Panel, Series},
    section::Report,
    table::Table,
    unfolding::ratio,
};

use super::{Config, Errors, Outcome};
use crate::{
    codes::{BCH_WEIGHTS, Code},
    rates::q,
};

/// Σ_w (w/31)·A_w·Q(√w/σ): no more bit errors than this leaves maximum likelihood on BCH(31, 16).
pub fn union_bound(noise_std: f64) -> f64 {
    BCH_WEIGHTS.iter().map(|&(w, count)| w as f64 / 31.0 * count * q((w as f64).sqrt() / noise_std)).sum()
}

pub fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
    let Outcome { code, history, weights, errors } = outcome;
    let ebn0 = 10.0 * (0.5 / (code.rate() * config.noise_std.powi(2))).log10();
    let (n, k) = (code.length, code.length - code.rank());
    let mut summary =
        format!("({n}, {k}) code, {} edges, σ = {}, Eb/N0 = {ebn0:.2} dB\n", code.edges().len(), config.noise_std);
    let mut table = Table::new("decoder", Errors::COLUMNS);
    summary += &format!("{:<20} {:>7}  {:<34}  {}\n", "", "words", "bit error rate [95 %]", "word error rate [95 %]");
    for one in errors {
        table.push_named(one.name, &one.row());
        let (bit, word, words) = (one.bit_error_rate(), one.word_error_rate(), one.by_word.len());
        summary += &format!("{:<20} {words:>7}  {bit:<34}  {word}\n", one.name);
    }
    summary += &format!("Q(1/σ) without decoder {:.3e}\n", q(1.0 / config.noise_std));
    if *code == Code::bch() {
        summary +=
            &format!("union bound on the bit errors of maximum likelihood {:.3e}\n", union_bound(config.noise_std));
    }
    let (plain, learned) = (errors[1].bits() as f64, errors[2].bits() as f64);
    summary += &format!("plain / learned, bit errors: {:.3}", ratio(plain, learned));
    let mut report = Report::new(
        format!("BER {:.2e} → {:.2e}", errors[1].bit_error_rate().rate, errors[2].bit_error_rate().rate),
        summary,
    )
    .table("history", history)
    .table("error_rates", &table)
    .figure("error_rates", error_figure(config, outcome))
    .figure("training", training_figure(outcome)?)
    .parameter("weight", weights);
    report.final_loss = history.rows().last().map(|(_, values)| values[0]);
    Ok(report)
}

/// Bit and word error rates with their intervals as vertical bars.
fn error_figure(config: &Config, outcome: &Outcome) -> Figure {
    let panel = |title: &str, axis: &str, rate: &dyn Fn(&Errors) -> crate::rates::Rate| {
        let mut panel = Panel::new(title, "", axis).log_y().x_range(-0.6, outcome.errors.len() as f64 - 0.4);
        for (index, errors) in outcome.errors.iter().enumerate() {
            let (x, rate) = (index as f64, rate(errors));
            if rate.low > 0.0 {
                panel = panel.series(Series::line("", &[x, x], &[rate.low, rate.high]).style(index).solid());
                panel = panel.series(Series::scatter(errors.name, &[x], &[rate.rate]).style(index));
            } else {
                panel = panel.note(format!("{}: below {:.1e}", errors.name, rate.high), x - 1.6, 0.3 * rate.high);
            }
        }
        panel
    };
    let mut bits = panel("Bit errors", "bit error rate", &Errors::bit_error_rate);
    if outcome.code == Code::bch() {
        bits = bits.hline("union bound", union_bound(config.noise_std));
    }
    Figure::new().panel(bits).panel(panel("Word errors", "word error rate", &Errors::word_error_rate))
}

/// The loss, and the learned weights of each iteration in ascending order.
fn training_figure(outcome: &Outcome) -> Result<Figure> {
    let losses = outcome.history.column("loss");
    let means: Vec<f64> = losses.chunks(BLOCK).map(|block| block.iter().sum::<f64>() / block.len() as f64).collect();
    let updates: Vec<f64> = (0..means.len()).map(|i| ((i + 1) * BLOCK).min(losses.len()) as f64).collect();
    let loss = Panel::new(format!("Training, means of {BLOCK} updates"), "update", "‖x − x̂‖² of a word")
        .series(Series::line("", &updates, &means));
    let mut weights = Panel::new("Learned weights, sorted", "rank of the edge", "ξ").hline("plain", 1.0);
    for (k, mut row) in outcome.weights.to_vec2::<f64>()?.into_iter().enumerate() {
        row.sort_by(f64::total_cmp);
        let ranks: Vec<f64> = (1..=row.len()).map(|r| r as f64).collect();
        weights = weights.series(Series::line(format!("iteration {}", k + 1), &ranks, &row));
    }
    Ok(Figure::new().panel(loss).panel(weights))
}

/// Updates that a point of the figure stands for: a batch without any error has no loss to speak of.
const BLOCK: usize = 50;
