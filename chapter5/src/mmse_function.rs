//! Section 5: the posterior mean of a sparse signal in noise.
//!
//! x is 0 with probability 1 − p and N(0, 1) with probability p; y = x + noise of variance σ². The estimate with the least mean
//! squared error is the posterior mean, with N(y; 0, v) the normal density of variance v:
//!
//! η(y) = y/(1+σ²) · p·N(y; 0, 1+σ²) / ((1−p)·N(y; 0, σ²) + p·N(y; 0, 1+σ²)).
//!
//! The first factor is the linear estimate if x were surely not 0, the second the probability of that.
//!
//! Run it with `cargo run --release --bin sec5_mmse_function`. η is nearly 0 for small |y| and nearly y for large ones: a soft
//! threshold whose shape comes from the prior.

use anyhow::Result;
use common::{
    config::{self, range},
    context::Context,
    estimation::{density, gaussian_tail, mmse_of_bernoulli_gaussian},
    figure::{Figure, Panel, Series},
    sampling::grid,
    section::{Report, Section},
    table::Table,
};

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
pub struct Config {
    /// Probability p that x is not zero, above 0 and below 1
    #[arg(long, value_name = "p", default_value_t = 0.1, value_parser = probability)]
    pub active: f64,
    /// Variances σ² of the noise, each from 1e-9 to 1e9
    #[arg(long, value_name = "σ²,…", value_delimiter = ',', default_value = "0.5,0.1,0.01", value_parser = variance)]
    pub noise_variance: Vec<f64>,
    /// Largest |y| shown, > 0
    #[arg(long, value_name = "y", default_value_t = 3.0, value_parser = range::positive)]
    pub largest: f64,
    /// Points shown, 2 to 100000
    #[arg(long, value_name = "N", default_value_t = 601, value_parser = range::whole(2, 100_000))]
    pub num_points: usize,
}

fn probability(text: &str) -> Result<f64, String> {
    let value = text.parse().ok().filter(|v| *v > 0.0 && *v < 1.0);
    value.ok_or_else(|| "must be a number above 0 and below 1".into())
}

fn variance(text: &str) -> Result<f64, String> {
    let value = text.parse().ok().filter(|v| (1e-9..=1e9).contains(v));
    value.ok_or_else(|| "must be a number from 1e-9 to 1e9".into())
}

impl Default for Config {
    fn default() -> Self {
        config::defaults()
    }
}

/// η(y; σ², p).
// ANCHOR: eta
pub fn eta(y: f64, noise_variance: f64, p: f64) -> f64 {
    let (off, on) = (noise_variance, 1.0 + noise_variance); // variance of y where x = 0, and where it is not
    // (1−p)·N(y; 0, σ²) / (p·N(y; 0, 1+σ²)), by logarithms: both densities may underflow
    let odds = ((1.0 - p) / p * (on / off).sqrt()).ln() - 0.5 * y * y * (1.0 / off - 1.0 / on);
    y / on / (1.0 + odds.exp())
}
// ANCHOR_END: eta

/// The soft threshold sign(y)·max(|y| − τ, 0).
pub fn soft_threshold(y: f64, tau: f64) -> f64 {
    y.signum() * (y.abs() - tau).max(0.0)
}

/// The mean squared error of the soft threshold f with τ, and its slope in τ.
///
/// It is E x² − 2 E xf(y) + E f(y)², with E xf(y) = P(x ≠ 0, |y| > τ) by Stein's lemma: tails of normal distributions, no integral.
// ANCHOR: soft_error
pub fn soft_error(tau: f64, noise_variance: f64, p: f64) -> (f64, f64) {
    let (off, on) = (noise_variance, 1.0 + noise_variance); // variance of y where x = 0, and where it is not
    let beyond = |v: f64| 2.0 * gaussian_tail(tau / v.sqrt()); // P(|y| > τ)
    let square = |v: f64| (v + tau * tau) * beyond(v) - 2.0 * tau * v * density(tau, v); // E f(y)²
    let slope = |v: f64| 2.0 * tau * beyond(v) - 4.0 * noise_variance * density(tau, v);
    let error = (1.0 - p) * square(off) + p * (1.0 - 2.0 * beyond(on) + square(on));
    (error, (1.0 - p) * slope(off) + p * slope(on))
}
// ANCHOR_END: soft_error

/// Mean squared errors at one noise variance.
#[derive(Debug, Clone, Copy)]
pub struct Errors {
    /// σ²
    pub noise_variance: f64,
    /// Of η
    pub mmse: f64,
    /// Of the best soft threshold
    pub soft: f64,
    /// The best τ
    pub tau: f64,
    /// Of the best linear estimate: pσ²/(p + σ²)
    pub linear: f64,
}

/// The errors of the three estimates. That of η is the mean of the posterior variance, an integral.
// ANCHOR: errors
pub fn errors(noise_variance: f64, p: f64) -> Errors {
    let mmse = mmse_of_bernoulli_gaussian(noise_variance, p);
    // the error falls up to the best τ and then grows; beyond 40 standard deviations there is nothing
    let (mut low, mut tau) = (0.0, 40.0 * (1.0 + noise_variance).sqrt());
    for _ in 0..100 {
        let middle = 0.5 * (low + tau);
        if soft_error(middle, noise_variance, p).1 < 0.0 {
            low = middle;
        } else {
            tau = middle;
        }
    }
    let linear = p * noise_variance / (p + noise_variance);
    Errors { noise_variance, mmse, soft: soft_error(tau, noise_variance, p).0, tau, linear }
}
// ANCHOR_END: errors

/// What came out.
#[derive(Debug)]
pub struct Outcome {
    /// y
    pub ys: Vec<f64>,
    /// η(y), one list for each σ²
    pub eta: Vec<Vec<f64>>,
    /// Mean squared errors, one for each σ²
    pub errors: Vec<Errors>,
}

/// The section as a program.
#[derive(Debug)]
pub struct MmseFunction;

impl Section for MmseFunction {
    const NAME: &'static str = "sec5_mmse_function";
    const TITLE: &'static str = "The posterior mean of a sparse signal in noise";
    const HELP: &'static str = "\
x is zero with probability 1 − p, else N(0, 1); it is seen in noise of variance σ². The figure shows the estimate with the least \
mean squared error as a function of what is seen, beside the best soft threshold and the best linear estimate; the errors \
need no samples. Try --active 0.01 and --noise-variance 1,0.001.";
    type Config = Config;
    type Outcome = Outcome;

    fn run(config: &Config, _: &mut Context) -> Result<Outcome> {
        config::validate(config)?;
        config::distinct("--noise-variance", &config.noise_variance)?;
        let ys = grid(-config.largest, config.largest, config.num_points);
        let curve = |v: &f64| ys.iter().map(|&y| eta(y, *v, config.active)).collect();
        let eta = config.noise_variance.iter().map(curve).collect();
        let errors = config.noise_variance.iter().map(|&v| errors(v, config.active)).collect();
        Ok(Outcome { ys, eta, errors })
    }

    fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
        let Outcome { ys, eta, errors } = outcome;
        let mut summary = format!("mean squared error, p = {}\n", config.active);
        summary += &format!("{:>8} {:>12} {:>16} {:>8} {:>12}\n", "σ²", "η", "soft threshold", "best τ", "linear");
        let mut table = Table::new("case", ["noise_variance", "mmse", "soft_threshold", "tau", "linear"]);
        let names = config.noise_variance.iter().map(|v| format!("eta_{v}"));
        let mut curves = Table::new("point", std::iter::once("y".to_owned()).chain(names));
        for (i, e) in errors.iter().enumerate() {
            summary += &format!(
                "{:>8} {:>12.6} {:>16.6} {:>8.4} {:>12.6}\n",
                e.noise_variance, e.mmse, e.soft, e.tau, e.linear
            );
            table.push(i, &[e.noise_variance, e.mmse, e.soft, e.tau, e.linear]);
        }
        for (i, &y) in ys.iter().enumerate() {
            let values: Vec<f64> = std::iter::once(y).chain(eta.iter().map(|curve| curve[i])).collect();
            curves.push(i, &values);
        }
        let mut all = Panel::new(format!("Posterior mean, p = {}", config.active), "y", "η(y)").series(
            Series::line("y itself", &[-config.largest, config.largest], &[-config.largest, config.largest]).thin(),
        );
        for (curve, e) in eta.iter().zip(errors) {
            all = all.series(Series::line(format!("σ² = {}", e.noise_variance), ys, curve));
        }
        let mut figure = Figure::new().panel(all);
        for (curve, e) in eta.iter().zip(errors) {
            let soft: Vec<f64> = ys.iter().map(|&y| soft_threshold(y, e.tau)).collect();
            let linear: Vec<f64> = ys.iter().map(|&y| y * config.active / (config.active + e.noise_variance)).collect();
            let panel = Panel::new(format!("Three estimates, σ² = {}", e.noise_variance), "y", "estimate of x")
                .series(Series::line(format!("η, MSE {:.4}", e.mmse), ys, curve))
                .series(Series::line(format!("soft threshold τ = {:.3}, MSE {:.4}", e.tau, e.soft), ys, &soft))
                .series(Series::line(format!("linear, MSE {:.4}", e.linear), ys, &linear));
            figure = figure.panel(panel);
        }
        let gain = errors.iter().map(|e| format!("{:.2}", e.soft / e.mmse)).collect::<Vec<_>>().join(", ");
        Ok(Report::new(format!("soft threshold / η in MSE: {gain}"), summary)
            .table("mmse_function", &curves)
            .table("errors", &table)
            .figure("mmse_function", figure))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use common::estimation::bernoulli_gaussian_posterior;

    /// Numerical E[x | y] from the definition.
    fn by_quadrature(y: f64, v: f64, p: f64) -> f64 {
        let normal = |z: f64, v: f64| (-0.5 * z * z / v).exp() / (2.0 * std::f64::consts::PI * v).sqrt();
        let step = 1e-3 * v.sqrt().min(1.0);
        let points = (-(12.0 / step) as i64..=(12.0 / step) as i64).map(|i| i as f64 * step);
        let (mut top, mut bottom) = (0.0, (1.0 - p) * normal(y, v));
        for x in points {
            let weight = p * normal(x, 1.0) * normal(y - x, v) * step;
            top += x * weight;
            bottom += weight;
        }
        top / bottom
    }

    #[test]
    fn eta_is_the_posterior_mean() {
        for v in [0.5, 0.1, 0.01] {
            for y in [-2.5, -0.3, 0.0, 0.05, 0.31, 1.0, 3.0] {
                assert!((eta(y, v, 0.1) - by_quadrature(y, v, 0.1)).abs() < 1e-12, "{y} {v}");
                assert!((eta(y, v, 0.1) - bernoulli_gaussian_posterior(y, v, 0.1).0).abs() < 1e-14, "{y} {v}");
            }
        }
        assert_eq!(eta(0.0, 1e-300, 0.1), 0.0);
        assert!((eta(1e3, 0.01, 0.1) - 1e3 / 1.01).abs() < 1e-9);
    }

    /// E f(y) by the trapezoidal rule.
    fn expectation(v: f64, p: f64, f: impl Fn(f64) -> f64) -> f64 {
        let step = 1e-3 * v.sqrt();
        let count = (12.0 * (1.0 + v).sqrt() / step) as i64;
        let points = (-count..=count).map(|i| i as f64 * step);
        points.map(|y| ((1.0 - p) * density(y, v) + p * density(y, 1.0 + v)) * f(y)).sum::<f64>() * step
    }

    /// E (x − f(y))² = p − 2 E ηf + E f² for any estimate f, because E[x | y] = η(y).
    #[test]
    fn errors_are_those_of_quadrature() {
        for v in [0.5, 0.1, 0.01] {
            let error = |f: &dyn Fn(f64) -> f64| 0.1 - expectation(v, 0.1, |y| f(y) * (2.0 * eta(y, v, 0.1) - f(y)));
            let e = errors(v, 0.1);
            assert!((e.mmse - error(&|y| eta(y, v, 0.1))).abs() < 1e-12, "{e:?}");
            assert!((e.linear - error(&|y| 0.1 / (0.1 + v) * y)).abs() < 1e-12, "{e:?}");
            for tau in [0.5 * e.tau, e.tau, 2.0 * e.tau] {
                let (soft, slope) = soft_error(tau, v, 0.1);
                assert!((soft - error(&|y| soft_threshold(y, tau))).abs() < 1e-7, "{v} {tau}");
                let difference = soft_error(tau + 1e-5, v, 0.1).0 - soft_error(tau - 1e-5, v, 0.1).0;
                assert!((slope - difference / 2e-5).abs() < 1e-7, "{v} {tau}");
            }
        }
    }

    /// Nor does the best threshold lose against the estimate 0, at any noise that is accepted.
    #[test]
    fn no_estimate_beats_the_posterior_mean() {
        for v in [1e-9, 1e-4, 0.01, 0.5, 10.0, 100.0, 1e9] {
            for p in [1e-3, 0.01, 0.1, 0.999] {
                let e = errors(v, p);
                assert!(0.0 < e.mmse && e.mmse.max(e.linear) < p * (1.0 + 1e-9), "{p} {e:?}");
                assert!(e.mmse < e.soft.min(e.linear) * (1.0 + 1e-5) && e.soft <= p * (1.0 + 1e-12), "{p} {e:?}");
                for other in [0.9, 1.1] {
                    assert!(e.soft <= soft_error(other * e.tau, v, p).0 * (1.0 + 1e-5), "{p} {e:?}");
                }
            }
        }
        for (refused, accepted) in [("1e-10", "1e-9"), ("1e300", "1e9"), ("nan", "1")] {
            assert!(variance(refused).is_err() && variance(accepted).is_ok());
        }
    }
}
