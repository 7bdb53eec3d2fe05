//! What the sections of chapter 3 claim, over seeds.

use anyhow::Result;
use candle_core::Device;
use chapter3::{du_gd, least_squares, noisy_gd, pgd, quadratic, rastrigin, ridge};
use common::{
    context::Context,
    linear_model::LinearModel,
    sampling,
    section::Section as _,
    unfolding::{Comparison, Method, Period, Training, mean_metrics},
};
use tests::models::{descent, observations, steps};

const CPU: &Device = &Device::Cpu;

#[test]
fn the_smallest_network_learns_the_step_one_half() -> Result<()> {
    for seed in 1..=8 {
        let outcome = du_gd::DuGd::run(&Default::default(), &mut Context::new(seed))?;
        let eta = outcome.history.last("step_size");
        assert!((1.0 - 2.0 * eta).abs() < 0.35, "seed {seed}: {eta}");
        assert_eq!(outcome.history.rows().len(), 126);
    }
    Ok(())
}

/// The `index`-th of the methods that were trained.
fn learned(outcome: &Comparison, index: usize) -> &Method {
    outcome.learned().nth(index).expect("a trained method")
}

/// Least MSE of the baselines, and that of learned algorithm `index`, at iteration `k`.
fn ratio(outcome: &Comparison, index: usize, k: usize) -> f64 {
    outcome.best_fixed(k) / learned(outcome, index).mse[k]
}

#[test]
fn least_squares_beats_its_baseline() -> Result<()> {
    for seed in 1..=3 {
        let config = least_squares::Config {
            num_observations: 40,
            num_unknowns: 20,
            period: vec![Period::Of(2), Period::Of(8), Period::Free],
            training: Training {
                num_generations: 30,
                batch_size: 50,
                learning_rate: 3e-4,
                ..least_squares::Config::default().training
            },
        };
        let outcome = least_squares::LeastSquares::run(&config, &mut Context::new(seed))?;
        let [t2, t8, free] = [0, 1, 2].map(|index| ratio(&outcome, index, 30));
        assert!(t2 > 4.0 && t8 > 20.0 && free > 20.0, "seed {seed}: {t2} {t8} {free}");
    }
    Ok(())
}

/// With fewer observations than unknowns x* is the shortest minimiser, which gradient descent from 0 reaches.
#[test]
fn fewer_observations_than_unknowns_have_a_shortest_solution() -> Result<()> {
    for (num_observations, num_unknowns) in [(8, 20), (20, 50)] {
        let config = least_squares::Config {
            num_observations,
            num_unknowns,
            period: vec![Period::Of(1)],
            training: Training {
                num_generations: 5,
                extra_iterations: 1000,
                batch_size: 20,
                num_updates: 10,
                ..least_squares::Config::default().training
            },
        };
        let outcome = least_squares::LeastSquares::run(&config, &mut Context::new(1))?;
        let fixed = outcome.fixed().next().expect("a baseline");
        assert!(fixed.mse[0] < 1.0 && fixed.mse[1005] < 1e-20, "{:e} {:e}", fixed.mse[0], fixed.mse[1005]);
    }
    Ok(())
}

#[test]
fn the_quadratic_beats_its_baseline() -> Result<()> {
    for seed in 1..=5 {
        let outcome = quadratic::Quadratic::run(&Default::default(), &mut Context::new(seed))?;
        assert!(ratio(&outcome, 0, 25) > 3.0 && ratio(&outcome, 0, 30) > 3.0, "seed {seed}");
        let first = outcome.methods[0].mse[0];
        assert!((90.0..110.0).contains(&first), "E‖x₀‖² = n = 100, not {first}");
        assert_eq!(first, learned(&outcome, 0).mse[0], "both curves are normalised alike, on the same problems");
    }
    Ok(())
}

#[test]
fn learned_weights_help_at_few_iterations() -> Result<()> {
    for seed in 1..=3 {
        let config = ridge::Config {
            num_observations: 40,
            num_unknowns: 20,
            regularisation_learning_rate: 0.03,
            training: Training {
                num_generations: 20,
                batch_size: 50,
                learning_rate: 3e-4,
                ..ridge::Config::default().training
            },
            ..Default::default()
        };
        let outcome = ridge::Ridge::run(&config, &mut Context::new(seed))?;
        for k in [5, 10] {
            let mse = |index: usize| learned(&outcome, index).mse[k];
            assert!(mse(1) < mse(0) && mse(0) < outcome.best_fixed(k), "seed {seed}, iteration {k}");
        }
    }
    Ok(())
}

#[test]
fn learned_steps_get_below_the_noise_floor() -> Result<()> {
    for seed in 1..=3 {
        let config = noisy_gd::Config {
            num_observations: 40,
            num_unknowns: 20,
            training: Training {
                num_generations: 40,
                batch_size: 50,
                learning_rate: 3e-5,
                ..noisy_gd::Config::default().training
            },
            ..Default::default()
        };
        let outcome = noisy_gd::NoisyGd::run(&config, &mut Context::new(seed))?;
        // The baseline needs longer than the learned steps to reach its floor.
        let model = LinearModel::gaussian(40, 20, &mut sampling::rng(seed, 0), CPU)?;
        let exact = descent(&model, &steps(&outcome.comparison.methods[0].step_sizes())?)?;
        let network = noisy_gd::NoisyGradientDescent { exact, noise_std: 1.0 };
        let settled = &mean_metrics(&observations(&model)?, &network, 250, 200, seed)?[150..];
        let settled = settled.iter().sum::<f64>() / settled.len() as f64;
        assert!((settled / outcome.noise_floor - 1.0).abs() < 0.05, "seed {seed}: {settled} {}", outcome.noise_floor);
        let learned = learned(&outcome.comparison, 0).mse[40];
        assert!(learned < 0.6 * outcome.noise_floor, "seed {seed}: {learned} {}", outcome.noise_floor);
    }
    Ok(())
}

/// With the smaller and more updates of the page's second exercise: the end of the default training hangs on the last bits.
#[test]
fn projected_gradient_descent_reaches_a_millionth() -> Result<()> {
    for observation_std in [1.0, 5.0] {
        for seed in 1..=3 {
            let config = pgd::Config {
                observation_std,
                training: Training {
                    batch_size: 50,
                    num_updates: 400,
                    learning_rate: 3e-4,
                    ..pgd::Config::default().training
                },
                ..Default::default()
            };
            let outcome = pgd::Pgd::run(&config, &mut Context::new(seed))?;
            let (learned, ratio) = (learned(&outcome.comparison, 0).mse[25], ratio(&outcome.comparison, 0, 25));
            assert!(learned < 1e-6 && ratio > 1e4, "σ = {observation_std}, seed {seed}: {learned:e} {ratio}");
            assert!(observation_std == 1.0 || outcome.active > 0.2, "{}", outcome.active);
        }
    }
    Ok(())
}

#[test]
fn rastrigin_ends_below_every_fixed_step() -> Result<()> {
    for seed in 1..=3 {
        let config = rastrigin::Config {
            num_unknowns: 20,
            training: Training {
                num_generations: 30,
                num_updates: 30,
                learning_rate: 2e-5,
                ..rastrigin::Config::default().training
            },
            fixed_step_sizes: vec![0.02, 0.01, 0.005], // the book's
            ..Default::default()
        };
        let outcome = rastrigin::Rastrigin::run(&config, &mut Context::new(seed))?;
        assert_eq!(outcome.fixed().count(), 3);
        assert!(ratio(&outcome, 0, 30) > 1.5, "seed {seed}: {}", ratio(&outcome, 0, 30));
    }
    Ok(())
}
