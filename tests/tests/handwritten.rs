//! The hand-written trainings that the benchmarks measure against are the same trainings.

#[path = "../benches/against_handwritten/mod.rs"]
#[allow(dead_code, reason = "not all forms are tested")]
mod against_handwritten;
#[path = "../benches/handwritten/mod.rs"]
mod handwritten;
#[path = "../benches/least_squares/mod.rs"]
mod least_squares;
#[path = "../benches/sections/mod.rs"]
#[allow(dead_code, reason = "not all trainings are written by hand")]
mod sections;

use anyhow::Result;
use candle_core::{Device, Tensor};
use chapter2::{rbf, three_layer_nn};
use common::{context::Context, sampling, section::Section};
use handwritten::Training;
use least_squares::{BOOK, Plain};

#[track_caller]
fn assert_same(ours: &[f64], by_hand: &[f64]) {
    assert_eq!(ours.len(), by_hand.len());
    for (i, (a, b)) in ours.iter().zip(by_hand).enumerate() {
        assert!((a - b).abs() <= 1e-9 * b.abs(), "entry {i}: {a} against {b}");
    }
}

fn numbers(tensor: &Tensor) -> Result<Vec<f64>> {
    Ok(tensor.flatten_all()?.to_vec1()?)
}

#[test]
fn rbf() -> Result<()> {
    let config = rbf::Config::default();
    let outcome = rbf::Rbf::run(&config, &mut Context::new(1))?;
    let phi = rbf::basis_matrix(&config, &rbf::sample_points(&config), &Device::Cpu)?;
    let by_hand =
        handwritten::rbf(&numbers(&phi)?, &outcome.target, config.optimizer.learning_rate, config.num_updates);
    assert_same(&outcome.history.column("sum_squared_error"), &by_hand);
    Ok(())
}

#[test]
fn three_layer_network() -> Result<()> {
    let config = three_layer_nn::Config::default();
    let rng = |stream| sampling::rng(1, stream);
    let data = three_layer_nn::draw_data(&config, &mut rng(2), &Device::Cpu)?;
    let w = sampling::normal_matrix(config.num_inputs, config.num_hidden, &mut rng(0), &Device::Cpu)?;
    let a = sampling::normal_vec(config.num_hidden, &mut rng(1));
    let by_hand = handwritten::network(
        &numbers(&data.x)?,
        &numbers(&data.y)?,
        &a,
        numbers(&w)?,
        config.step_size,
        config.num_iterations,
    );
    let a = Tensor::new(a, &Device::Cpu)?;
    let outcome = three_layer_nn::fit(&config, &data, &w, &a, &mut Context::new(1))?;
    assert_same(&outcome.history.column("half_sum_squared_error"), &by_hand);
    Ok(())
}

#[test]
fn unrolled_least_squares() -> Result<()> {
    let training = Training { max_depth: 12, updates: 8, ..BOOK };
    let model = least_squares::model()?;
    let (floor_losses, floor_eta) = least_squares::train_by_hand(&training, &model)?;
    assert!(floor_losses[95] < floor_losses[0] / 2.0, "it learns");
    for (losses, eta) in
        [least_squares::train(&training, &model, |network| network)?, least_squares::train(&training, &model, Plain)?]
    {
        assert_same(&losses, &floor_losses);
        assert_same(&eta, &floor_eta);
    }
    Ok(())
}

/// The loss after 80 updates, two for each depth: ISTA has not yet had the time to become chaotic.
#[test]
fn unrolled_ista() -> Result<()> {
    let last = |form: usize| (against_handwritten::FORMS[3].1[form].1()?.train)();
    assert_same(&[last(1)?], &[last(0)?]);
    Ok(())
}
