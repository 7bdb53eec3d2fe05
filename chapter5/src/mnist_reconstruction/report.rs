use anyhow::Result;
use common::{
    figure::{Figure, Panel},
    section::Report,
};

use super::{Config, Outcome, digits::PIXELS};

pub fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
    let title = format!("Digits from {} of {PIXELS} measurements", config.num_measurements);
    let mut report = outcome.comparison.report(&title, &[config.training.num_iterations()])?;
    let [learn, test] = outcome.counts;
    report.summary += &format!("γ₀ = {:.4e}; {learn} digits to learn from, {test} to test with\n", outcome.step_size);
    Ok(report.figure("digits", digits(outcome)))
}

/// Images in a row of the figure.
const WIDTH: usize = 8;

/// Test digits in rows of three: true, by ISTA, by the learned iterations.
fn digits(outcome: &Outcome) -> Figure {
    let mut figure = Figure::new();
    for first in (0..outcome.shown[0].len()).step_by(WIDTH) {
        for (name, images) in ["true", "ISTA", "learned"].into_iter().zip(&outcome.shown) {
            for image in images.iter().skip(first).take(WIDTH) {
                figure = figure.panel(Panel::image(name, image, 28));
            }
        }
    }
    figure.columns(WIDTH.min(outcome.shown[0].len())).panel_size(110, 126)
}
