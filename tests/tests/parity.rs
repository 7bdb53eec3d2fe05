//! The sections of chapter 2 against JAX (tests/reference/): whole loss histories, each row relative to itself.
//!
//! The tolerances are those that tests/reference/README.md argues for: far above what two frameworks and two processors
//! differ by, far below what any change of the computation would do.

use anyhow::Result;
use candle_core::{Device, Tensor};
use chapter2::{
    rbf::{self, Rbf},
    regression, three_layer_nn,
};
use common::{context::Context, linalg, optim::Rule, section::Section as _};
use tests::fixtures::{assert_each_close, assert_vector_close, fixture, number, numbers, rows, runs};

#[test]
fn regression_in_three_variants() -> Result<()> {
    let fixture = fixture("regression");
    let (xs, ys) = (numbers(&fixture["x"]), numbers(&fixture["y"]));
    let mut names = vec![];
    for run in runs(&fixture) {
        let name = run["name"].as_str().expect("a name");
        let config = regression::Config {
            optimizer: Rule::Adam.with(number(&run["learning_rate"])),
            num_epochs: number(&run["epochs"]) as usize,
            restart_step_count: run["restart_step_count_every_epoch"] == true,
            ..Default::default()
        };
        let outcome = regression::fit(&config, &xs, &ys, &mut Context::new(1))?;
        for column in ["last_sample_loss", "mean_squared_error"] {
            let found = outcome.history.column(column);
            assert_each_close(&format!("{name}, {column}"), &found, &numbers(&run[column]), 1e-11);
        }
        let expected = rows(&run["parameters"]);
        let updates = config.num_epochs * xs.len();
        assert_eq!(expected.len(), updates + 1);
        assert_vector_close(name, &outcome.model.values()?, &expected[updates], 1e-11);
        names.push(name);
    }
    assert_eq!(names, ["article", "article_restarting", "book"]);
    Ok(())
}

/// The basis is conditioned like 1e35, and yet every digit agrees: a gradient method hardly moves along the directions
/// that rounding hides.
#[test]
fn rbf_by_adam_and_by_gradient_descent() -> Result<()> {
    let fixture = fixture("rbf");
    let rules = [("adam", Rule::Adam), ("gradient_descent", Rule::GradientDescent)];
    for ((name, rule), run) in rules.into_iter().zip(runs(&fixture)) {
        assert_eq!(run["optimizer"], name);
        let expected = numbers(&run["sum_squared_error"]);
        let config = rbf::Config {
            optimizer: rule.with(number(&run["learning_rate"])),
            num_updates: expected.len() - 1,
            ..Default::default()
        };
        let outcome = Rbf::run(&config, &mut Context::new(1))?;
        let found = outcome.history.column("sum_squared_error");
        assert_each_close(name, &found, &expected, 1e-11);
        assert_vector_close(name, &outcome.theta.to_vec1::<f64>()?, &numbers(&run["theta"]), 1e-11);
    }
    Ok(())
}

/// What the closed form says of the RBF section: no training gets below it.
///
/// The optimum itself cannot be compared digit by digit. In 120 digits it is 8e-45; f64 sees some 28 of the 50 directions
/// and stops where rounding does, at the square of 1e-16 or so per point times what small singular values magnify.
#[test]
fn least_squares_bounds_what_rbf_training_reaches() -> Result<()> {
    let fixture = fixture("rbf");
    let exact = number(&fixture["exact"]["sum_squared_error"]);
    let in_f64 = number(&fixture["least_squares_f64"]["sum_squared_error"]);
    let config = rbf::Config::default();
    let outcome = Rbf::run(&config, &mut Context::new(1))?;
    let best = outcome.best_loss;
    assert!(exact < best && best < 1e3 * in_f64, "{best:e}, exact {exact:e}, by numpy {in_f64:e}");
    for run in runs(&fixture) {
        assert!(numbers(&run["sum_squared_error"]).iter().all(|&loss| loss > best));
    }
    assert!(outcome.history.column("sum_squared_error").iter().all(|&loss| loss > best));

    let phi = rbf::basis_matrix(&config, &rbf::sample_points(&config), &Device::Cpu)?;
    let sigma = linalg::singular_values(&phi)?;
    let largest = number(&fixture["least_squares_f64"]["largest_singular_value"]);
    assert_each_close("largest singular value", &sigma[..1], &[largest], 1e-13);
    let cutoff = 100.0 * f64::EPSILON * sigma[0]; // numpy's default
    let rank = sigma.iter().filter(|&&s| s > cutoff).count();
    assert_eq!(rank as f64, number(&fixture["least_squares_f64"]["rank"]));
    Ok(())
}

/// Well conditioned in W (which agrees to 7e-15), less so in the loss: it falls from 22 to 5e-7, so late residuals are
/// small differences of numbers near 1. At step size 1.1 it first climbs to 2000 on the edge of stability. Hence 1e-9.
#[test]
fn three_layer_network_at_both_step_sizes() -> Result<()> {
    let fixture = fixture("three_layer_nn");
    let tensor = |name: &str| Tensor::new(rows(&fixture[name]), &Device::Cpu);
    let vector = |name: &str| Tensor::new(numbers(&fixture[name]), &Device::Cpu);
    let data = three_layer_nn::Data { x: tensor("x")?, y: vector("y")? };
    let (w, a) = (tensor("w0")?, vector("a")?);
    let mut step_sizes = vec![];
    for run in runs(&fixture) {
        let config = three_layer_nn::Config { step_size: number(&run["step_size"]), ..Default::default() };
        let outcome = three_layer_nn::fit(&config, &data, &w, &a, &mut Context::new(1))?;
        let found = outcome.history.column("half_sum_squared_error");
        let expected = numbers(&run["half_sum_squared_error"]);
        assert_each_close(&format!("step size {}", config.step_size), &found, &expected, 1e-9);
        step_sizes.push(config.step_size);
    }
    assert_eq!(step_sizes, [1.1, 0.9]);
    Ok(())
}
