use anyhow::Result;
use candle_core::Device;
use common::{
    figure::{Figure, Panel, Series},
    linalg,
    section::Report,
    table::Table,
};

use super::{Config, Outcome};
use crate::rates::binomial;

pub fn report(config: &Config, outcome: &Outcome, device: &Device) -> Result<Report> {
    let Outcome { channel, history, counted, symbols, parameters } = outcome;
    let h = linalg::from_matrix(channel, device)?;
    let condition = linalg::condition_number(&h)?;
    let mut summary =
        format!("{0} × {0} channel, condition number {condition:.2}, σ = {1}\n", channel.nrows(), config.noise_std);
    summary += &format!("symbol error rates, {symbols} symbols\n{:<20} {:<32} closed form\n", "", "counted [95 %]");
    let mut table = Table::new("detector", ["errors", "symbol_error_rate", "low", "high", "closed_form"]);
    let mut panel =
        Panel::new("Symbol errors", "", "symbol error rate").x_range(-0.6, counted.len() as f64 - 0.4).log_y();
    for (i, one) in counted.iter().enumerate() {
        let rate = binomial(one.errors, *symbols);
        let exact = one.exact.map_or(String::new(), |exact| format!("{exact:.5}"));
        summary += &format!(
            "{:<20} {:<32} {exact}\n",
            one.name,
            format!("{:.5} [{:.5}, {:.5}]", rate.rate, rate.low, rate.high)
        );
        table.push(i, &[one.errors as f64, rate.rate, rate.low, rate.high, one.exact.unwrap_or(f64::NAN)]);
        let x = i as f64;
        panel = panel
            .series(Series::line("", &[x, x], &[rate.low, rate.high]).style(i).solid())
            .series(Series::scatter(one.name, &[x], &[rate.rate]).style(i));
    }
    let loss = Panel::new("Training", "update", "‖x − x̂‖² of a signal").series(history.line("", "loss").thin());
    let rate = |i: usize| counted[i].errors as f64 / *symbols as f64;
    let headline = format!("SER: ML {:.4}, network {:.4}, LMMSE {:.4}", rate(4), rate(2), rate(1));
    let mut report = Report::new(headline, summary)
        .final_loss(history.last("loss"))
        .table("history", history)
        .table("symbol_error_rates", &table)
        .figure("mimo_detection", Figure::new().panel(panel).panel(loss))
        .parameter("channel", &h);
    for (name, values) in parameters {
        report = report.parameter(name.clone(), values);
    }
    Ok(report)
}
