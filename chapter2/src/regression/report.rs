//! The fit in words, tables and figures.

use anyhow::Result;
use candle_core::Tensor;
use common::{
    figure::{Figure, Panel, Series},
    sampling,
    section::Report,
    statistics::root_mean_square,
};

use super::{Config, Outcome, TRUTH, truth};

impl Outcome {
    /// The learned g(x).
    pub fn g(&self, x: f64) -> f64 {
        let [p1, p2, p3] = self.learned;
        p1 * (-p2 * x).exp() + p3
    }

    /// The root mean square of g − f on [0, 1].
    pub fn distance(&self) -> f64 {
        root_mean_square(sampling::grid(0.0, 1.0, 101).into_iter().map(|x| self.g(x) - truth(x)))
    }
}

pub(super) fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
    let [p1, p2, p3] = outcome.learned;
    let named = ["p1", "p2", "p3"].into_iter().zip(outcome.learned);
    let parameters = named.map(|(name, p)| Ok((name.to_owned(), Tensor::new(p, &candle_core::Device::Cpu)?)));
    Ok(Report {
        headline: format!("g(x) = {p1:.2}·exp(−{p2:.2}x) + {p3:.2}"),
        summary: format!(
            "truth    f(x) = {}·exp(−{}x) + {}\nlearned  g(x) = {p1:.4}·exp(−{p2:.4}x) + {p3:.4}\n\
             mean squared error on the data {:.6}, root mean square distance from the truth {:.4}\n",
            TRUTH[0],
            TRUTH[1],
            TRUTH[2],
            outcome.history.last("mean_squared_error"),
            outcome.distance(),
        ),
        final_loss: Some(outcome.history.last("mean_squared_error")),
        tables: vec![("history", outcome.history.clone())],
        figures: vec![("regression", figure(config, outcome))],
        parameters: parameters.collect::<Result<_>>()?,
    })
}

fn figure(config: &Config, outcome: &Outcome) -> Figure {
    let xs = sampling::grid(0.0, 1.0, 201);
    let curve = |f: &dyn Fn(f64) -> f64| xs.iter().map(|&x| f(x)).collect::<Vec<_>>();
    let fit = Panel::new("Truth, observations and the learned curve", "x", "y")
        .series(Series::line("truth f(x)", &xs, &curve(&truth)))
        .series(Series::line("learned g(x)", &xs, &curve(&|x| outcome.g(x))))
        .series(Series::scatter(format!("observations, σ = {}", config.noise_std), &outcome.xs, &outcome.ys));
    let title = format!("Loss by epoch, learning rate {}", config.optimizer.learning_rate);
    let mut losses = Panel::new(title, "epoch", "loss").log_y();
    for (name, column) in [("mean squared error", "mean_squared_error"), ("last sample's loss", "last_sample_loss")] {
        let (epochs, values) = (outcome.history.counts(), outcome.history.column(column));
        losses = losses.series(Series::line_with_markers(name, &epochs, &values));
    }
    Figure::new().panel(fit).panel(losses).columns(1)
}
