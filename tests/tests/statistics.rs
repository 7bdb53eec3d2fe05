//! What holds over many seeds, not for one lucky draw.

use anyhow::Result;
use chapter2::{
    regression::{self, Regression, truth},
    three_layer_nn::{self, ThreeLayerNn},
};
use common::{context::Context, section::Section as _};

const SEEDS: std::ops::RangeInclusive<u64> = 1..=20;

/// With the book's settings the learned curve is nearer the truth than the data are, and by far more than chance allows.
///
/// Distances are sums of squares at the 11 points, in units of the noise variance. Those of the data over 20 seeds follow
/// the χ² distribution with 220 degrees of freedom: below 134 once in a million experiments. A least-squares fit of three
/// parameters would reach 3 per seed, 60 in all. And a curve that is no nearer than the data is nearer for half of the
/// seeds; for 20 out of 20 once in a million experiments.
///
/// The article's learning rate of 1.0 does not pass, by either measure: its last updates still throw the curve about by
/// more than the noise. That is why the book's preset is the one tested.
#[test]
fn regression_gets_nearer_the_truth_than_chance_allows() -> Result<()> {
    let config =
        regression::Config { optimizer: common::optim::Rule::Adam.with(0.4), num_epochs: 10, ..Default::default() };
    let variance = config.noise_std * config.noise_std;
    let (mut total, mut nearer) = (0.0, 0);
    for seed in SEEDS {
        let outcome = Regression::run(&config, &mut Context::new(seed))?;
        let distance = |ys: Vec<f64>| {
            let squares = outcome.xs.iter().zip(ys).map(|(&x, y)| (y - truth(x)).powi(2));
            squares.sum::<f64>() / variance
        };
        let learned = distance(outcome.g(&outcome.xs)?);
        total += learned;
        nearer += usize::from(learned < distance(outcome.ys.clone()));
    }
    assert!(total < 134.0, "{total}");
    assert_eq!(nearer, 20);
    Ok(())
}

/// At step size 1/λmax (half of 2/λmax, where gradient descent would begin to overshoot) the loss falls in every iteration,
/// and once the steep directions are done with, log L is a line in k.
///
/// Wide enough, as the theorem wants it, the loss falls like cᵏ and not like a power of k: the line in k is straighter than
/// the one in log k. At the section's own width of 100 a draw whose matrix H is nearly singular (seed 13) still mixes so many
/// rates after 200 iterations that the two cannot be told apart.
#[test]
fn the_networks_loss_falls_at_a_linear_rate() -> Result<()> {
    for (num_hidden, straight) in [(100, 0.99), (1000, 0.998)] {
        for seed in SEEDS {
            let run = |step_size, num_iterations| {
                let config = three_layer_nn::Config { num_hidden, step_size, num_iterations, ..Default::default() };
                ThreeLayerNn::run(&config, &mut Context::new(seed))
            };
            let history = run(run(1e-3, 1)?.largest_stable_step / 2.0, 200)?.history;
            let losses = history.column("half_sum_squared_error");
            let what = format!("width {num_hidden}, seed {seed}");
            assert!(losses.windows(2).all(|pair| pair[1] < pair[0]), "{what}: the loss rises");

            let log = |values: &[f64]| values.iter().map(|v| v.ln()).collect::<Vec<_>>();
            let (k, log_loss) = (&history.counts()[100..], &log(&losses[100..]));
            let (slope, r2) = line(k, log_loss);
            let (_, r2_of_power_law) = line(&log(k), log_loss);
            assert!(slope < -0.01 && r2 > straight, "{what}: slope {slope}, R² {r2}");
            let wide = num_hidden == 1000;
            assert!(!wide || r2 > r2_of_power_law, "{what}: R² {r2}, as a power law {r2_of_power_law}");
        }
    }
    Ok(())
}

/// Slope and R² of the least-squares line through the points.
fn line(xs: &[f64], ys: &[f64]) -> (f64, f64) {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (mx, my) = (mean(xs), mean(ys));
    let moment = |f: &dyn Fn(f64, f64) -> f64| xs.iter().zip(ys).map(|(x, y)| f(x - mx, y - my)).sum::<f64>();
    let (xx, xy, yy) = (moment(&|x, _| x * x), moment(&|x, y| x * y), moment(&|_, y| y * y));
    (xy / xx, xy * xy / (xx * yy))
}
