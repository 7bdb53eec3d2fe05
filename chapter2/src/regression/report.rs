//! The fit in words, tables and figures.

use anyhow::Result;
use candle_core::{Device, Tensor};
use candle_nn::Module as _;
use common::{
    figure::{Figure, Panel, Series},
    sampling,
    section::Report,
    statistics::root_mean_square,
};

use super::{Config, Exponential, Outcome, TRUTH, truth};

impl Exponential {
    /// p₁, p₂, p₃.
    pub fn values(&self) -> Result<[f64; 3]> {
        Ok([self.p1.to_scalar()?, self.p2.to_scalar()?, self.p3.to_scalar()?])
    }
}

impl Outcome {
    /// The learned g at the points `xs`.
    pub fn g(&self, xs: &[f64]) -> Result<Vec<f64>> {
        Ok(self.model.forward(&Tensor::new(xs, self.model.p1.device())?)?.to_vec1()?)
    }

    /// The root mean square of g − f on [0, 1].
    pub fn distance(&self) -> Result<f64> {
        let xs = sampling::grid(0.0, 1.0, 101);
        Ok(root_mean_square(self.g(&xs)?.iter().zip(&xs).map(|(g, &x)| g - truth(x))))
    }
}

pub(super) fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
    let [p1, p2, p3] = outcome.model.values()?;
    let headline = format!("g(x) = {p1:.2}·exp(−{p2:.2}x) + {p3:.2}");
    let error = outcome.history.last("mean_squared_error");
    let summary = format!(
        "truth    f(x) = {}·exp(−{}x) + {}\nlearned  g(x) = {p1:.4}·exp(−{p2:.4}x) + {p3:.4}\n\
         mean squared error on the data {error:.6}, root mean square distance from the truth {:.4}\n",
        TRUTH[0],
        TRUTH[1],
        TRUTH[2],
        outcome.distance()?,
    );
    let mut report = Report::new(headline, summary)
        .final_loss(error)
        .table("history", &outcome.history)
        .figure("regression", figure(config, outcome)?);
    for (name, p) in ["p1", "p2", "p3"].into_iter().zip(outcome.model.parameters()) {
        report = report.parameter(name, &p.to_device(&Device::Cpu)?);
    }
    Ok(report)
}

fn figure(config: &Config, outcome: &Outcome) -> Result<Figure> {
    let xs = sampling::grid(0.0, 1.0, 201);
    let fit = Panel::new("Truth, observations and the learned curve", "x", "y")
        .series(Series::line("truth f(x)", &xs, &xs.iter().map(|&x| truth(x)).collect::<Vec<_>>()))
        .series(Series::line("learned g(x)", &xs, &outcome.g(&xs)?))
        .series(Series::scatter(format!("observations, σ = {}", config.noise_std), &outcome.xs, &outcome.ys));
    let title = format!("Loss by epoch, learning rate {}", config.optimizer.learning_rate);
    let mut losses = Panel::new(title, "epoch", "loss").log_y();
    for (name, column) in [("mean squared error", "mean_squared_error"), ("last sample's loss", "last_sample_loss")] {
        let (epochs, values) = (outcome.history.counts(), outcome.history.column(column));
        losses = losses.series(Series::line_with_markers(name, &epochs, &values));
    }
    Ok(Figure::new().panel(fit).panel(losses).columns(1))
}
