//! Chapter 1: a program is differentiated, the truncated Taylor series of the sine.
//!
//! tsin(x) = Σᵢ (−1)ⁱx²ⁱ⁺¹/(2i+1)!, i = 0 … n − 1, is a loop of multiplications and additions. Backprop differentiates it like any
//! other program; what comes out is the truncated series of the cosine, although nobody wrote it down.
//!
//! | symbol | here |
//! |---|---|
//! | n | `num_terms` |
//! | tsin | [`tsin`] |
//!
//! Run it with `cargo run --release --bin sec1_tsin`. Nothing is learned. Theory bounds both errors by the first term left out,
//! and rounding sets a floor that for large x no number of terms gets below.

use anyhow::{Context as _, Result};
use candle_core::{Device, Tensor, Var};
use common::{
    config::{self, range},
    context::{Context, Phase},
    sampling::grid,
    section::{Report, Section},
};

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
pub struct Config {
    /// Number of terms n of the series, 1 to 100
    #[arg(long, value_name = "n", default_value_t = 9, value_parser = range::count(100))]
    pub num_terms: usize,
    /// The interval [−R, R] of x, R > 0 and at most 50
    #[arg(long, value_name = "R", default_value_t = 5.0, value_parser = reach)]
    pub reach: f64,
    /// Number of points x, 2 to 10000
    #[arg(long, value_name = "N", default_value_t = 401, value_parser = range::whole(2, 10_000))]
    pub num_points: usize,
}

impl Default for Config {
    fn default() -> Self {
        config::defaults()
    }
}

fn reach(text: &str) -> Result<f64, String> {
    range::positive(text).ok().filter(|r| *r <= 50.0).ok_or_else(|| "must be a number > 0 and <= 50".into())
}

/// Σᵢ (−1)ⁱx²ⁱ⁺¹/(2i+1)!, i = 0 … n − 1, for every entry of `x`.
// ANCHOR: tsin
pub fn tsin(x: &Tensor, num_terms: usize) -> candle_core::Result<Tensor> {
    let mut term = x.clone(); // x¹/1!
    let mut sum = x.clone();
    for i in 1..num_terms {
        let last = (2 * i + 1) as f64;
        term = (term * x.sqr()?)?.affine(-1.0 / (last * (last - 1.0)), 0.0)?; // (−1)ⁱx²ⁱ⁺¹/(2i+1)!
        sum = (sum + &term)?;
    }
    Ok(sum)
}
// ANCHOR_END: tsin

/// tsin at `xs`, and its derivative there by backprop.
// ANCHOR: backprop
pub fn value_and_derivative(xs: &[f64], num_terms: usize, device: &Device) -> Result<[Vec<f64>; 2]> {
    let x = Var::new(xs, device)?;
    let y = tsin(&x, num_terms)?;
    let gradients = y.sum_all()?.backward()?; // ∂(Σⱼ tsin(xⱼ))/∂xⱼ = tsin′(xⱼ)
    let derivative = gradients.get(&x).context("tsin depends on x")?;
    Ok([y.to_vec1()?, derivative.to_vec1()?])
}
// ANCHOR_END: backprop

/// |x|ᵐ/m!: the first term that n terms leave out of the sine (m = 2n + 1) or of the cosine (m = 2n) bounds the rest.
///
/// The terms alternate in sign; that they also shrink, from the first one left out on, needs |x| < m + 1. Beyond it the bound
/// still holds, by Taylor's theorem: every derivative of the sine lies between −1 and 1.
// ANCHOR: bound
pub fn taylor_bound(x: f64, m: usize) -> f64 {
    (1..=m).map(|k| x.abs() / k as f64).product()
}
// ANCHOR_END: bound

/// What rounding may do to the sum: its largest term is rounded to within half an ulp, and so are the sums, ε·Σ|xᵐ/m!|.
pub fn rounding_floor(x: f64) -> f64 {
    0.5 * f64::EPSILON * x.abs().sinh()
}

/// Points at which the number of terms is studied.
pub const STUDIED: [f64; 5] = [1.0, 5.0, 10.0, 20.0, 30.0];

/// The most terms that are studied.
pub const MOST_TERMS: usize = 25;

/// What came out.
#[derive(Debug)]
pub struct Outcome {
    /// x
    pub xs: Vec<f64>,
    /// tsin(x)
    pub values: Vec<f64>,
    /// tsin′(x) by backprop
    pub derivatives: Vec<f64>,
    /// tsin′(x) by central differences
    pub differences: Vec<f64>,
    /// |tsin(x) − sin x| with 0 … 25 terms, for each x of [`STUDIED`]
    pub errors_by_terms: Vec<Vec<f64>>,
}

/// Step of the central difference: where its error h²/6 and the rounding ε/h of the quotient are about equally large.
const H: f64 = 1e-5;

/// The section as a program.
#[derive(Debug)]
pub struct Tsin;

impl Section for Tsin {
    const NAME: &'static str = "sec1_tsin";
    const TITLE: &'static str = "A program is differentiated: the Taylor series of the sine";
    const HELP: &'static str = "\
The first nine terms of the Taylor series of the sine, as a loop, and the derivative of that loop by backprop, beside sin and \
cos on [−5, 5]. The figure shows the errors with their bounds from theory, and how many terms it takes at x = 1 … 30. Try \
--num-terms 3 and --reach 30 --num-terms 60 (where rounding, not the series, is the limit).";
    type Config = Config;
    type Outcome = Outcome;

    fn run(config: &Config, context: &mut Context) -> Result<Outcome> {
        config::validate(config)?;
        context.phase(Phase::Data);
        let device = &context.device;
        let xs = grid(-config.reach, config.reach, config.num_points);
        let [values, derivatives] = value_and_derivative(&xs, config.num_terms, device)?;
        // ANCHOR: difference
        let shifted = |h: f64| -> Result<Vec<f64>> {
            let x = Tensor::new(xs.iter().map(|x| x + h).collect::<Vec<_>>(), device)?;
            Ok(tsin(&x, config.num_terms)?.to_vec1()?)
        };
        let (above, below) = (shifted(H)?, shifted(-H)?);
        let differences = above.iter().zip(below).map(|(a, b)| (a - b) / (2.0 * H)).collect();
        // ANCHOR_END: difference
        let x = Tensor::new(&STUDIED, device)?;
        let mut errors_by_terms = STUDIED.map(|x| vec![x.sin().abs()]).to_vec(); // no term at all
        for n in 1..=MOST_TERMS {
            let sums = tsin(&x, n)?.to_vec1::<f64>()?;
            for ((errors, x), sum) in errors_by_terms.iter_mut().zip(STUDIED).zip(sums) {
                errors.push((sum - x.sin()).abs());
            }
        }
        Ok(Outcome { xs, values, derivatives, differences, errors_by_terms })
    }

    fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
        crate::report::tsin(config, outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Differentiating the loop gives the cosine's series, term by term.
    #[test]
    fn the_derivative_is_the_truncated_cosine() -> Result<()> {
        let xs = grid(-5.0, 5.0, 41);
        let [_, derivatives] = value_and_derivative(&xs, 9, &Device::Cpu)?;
        for (x, derivative) in xs.iter().zip(derivatives) {
            let mut term = 1.0;
            let mut series = 1.0;
            for i in 1..9 {
                term *= -x * x / ((2 * i) * (2 * i - 1)) as f64;
                series += term;
            }
            assert!((derivative - series).abs() < 1e-13, "{x}: {derivative} against {series}");
        }
        Ok(())
    }

    #[test]
    fn the_errors_stay_below_their_bounds() -> Result<()> {
        for n in [1, 3, 9, 20] {
            let config = Config { num_terms: n, ..Config::default() };
            let outcome = Tsin::run(&config, &mut Context::new(1))?;
            for (i, &x) in outcome.xs.iter().enumerate() {
                let floor = 8.0 * rounding_floor(x) + 1e-15;
                assert!((outcome.values[i] - x.sin()).abs() <= taylor_bound(x, 2 * n + 1) + floor, "{n} {x}");
                assert!((outcome.derivatives[i] - x.cos()).abs() <= taylor_bound(x, 2 * n) + 8.0 * floor, "{n} {x}");
                assert!((outcome.derivatives[i] - outcome.differences[i]).abs() < 1e-7 * taylor_bound(x, 3).max(1.0));
            }
        }
        Ok(())
    }
}
