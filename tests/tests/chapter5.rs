//! Claims of chapter 5's pages, at smaller sizes where the full ones take long.

use anyhow::Result;
use chapter5::{
    autoencoder, bp_train, codes::Code, du_consensus, du_stabilize, du_stabilize_sde, mimo_detection,
    mnist_reconstruction,
};
use common::{
    context::Context,
    loss::sum_squared_error,
    section::Section as _,
    unfolding::{Algorithm as _, Schedule},
};
use tests::fixtures::{fixture, number, numbers, runs, tensor};

/// 1000 updates, 10⁵ words: at least 1.4 times fewer bit errors than plain belief propagation, for each of two seeds.
#[test]
fn learned_weights_leave_fewer_bit_errors() -> Result<()> {
    for seed in [1, 2] {
        let outcome = bp_train::BpTrain::run(&bp_train::Config::default(), &mut Context::new(seed))?;
        let [plain, learned] = [1, 2].map(|i| outcome.errors[i].bits() as f64);
        assert!(plain > 1.4 * learned, "seed {seed}: {plain} and {learned} bit errors");
        assert!(outcome.errors[3].bit_error_rate().low <= 3.1e-6, "maximum likelihood above the union bound");
    }
    Ok(())
}

#[test]
fn the_network_lies_between_maximum_likelihood_and_lmmse() -> Result<()> {
    let outcome = mimo_detection::MimoDetection::run(&mimo_detection::Config::default(), &mut Context::new(1))?;
    let errors = |i: usize| outcome.counted[i].errors as f64;
    assert!(errors(4) < errors(2) && errors(2) < errors(1));
    for one in &outcome.counted[..2] {
        let (rate, exact) = (one.errors as f64 / outcome.symbols as f64, one.exact.expect("a closed form"));
        assert!(
            (rate - exact).abs() < 5.0 * (exact / outcome.symbols as f64).sqrt() * 2.0,
            "{}: {rate} {exact}",
            one.name
        );
    }
    Ok(())
}

#[test]
fn the_best_of_eight_constellations_beats_the_cross() -> Result<()> {
    let config = autoencoder::Config { num_starts: 8, ..Default::default() };
    let outcome = autoencoder::Autoencoder::run(&config, &mut Context::new(1))?;
    let cross = outcome.textbook.iter().find(|(name, ..)| *name == "cross-32").expect("the cross").2;
    assert!(outcome.starts[outcome.best].errors[1] < cross);
    Ok(())
}

#[test]
fn learned_consensus_is_far_below_the_best_constant_step() -> Result<()> {
    for loss in [du_consensus::Loss::Sampled, du_consensus::Loss::Expected] {
        let config = du_consensus::Config { loss, ..Default::default() };
        let outcome = du_consensus::DuConsensus::run(&config, &mut Context::new(1))?.comparison;
        let [fixed, learned] = [0, 1].map(|i| outcome.methods[i].mse[75]);
        assert!(fixed > 15.0 * learned, "{fixed} {learned}");
    }
    Ok(())
}

#[test]
fn the_learned_gain_settles_lower() -> Result<()> {
    for seed in [1, 2, 3] {
        let outcome = du_stabilize_sde::DuStabilizeSde::run(&Default::default(), &mut Context::new(seed))?;
        let [given, learned] = [0, 1].map(|i| outcome.motions[i].stationary);
        assert!((given - 3.4325).abs() < 1e-3 && learned < 1.35, "seed {seed}: {given} {learned}");
    }
    Ok(())
}

#[test]
fn a_few_learned_iterations_of_ista_are_ahead() -> Result<()> {
    let mut config = mnist_reconstruction::Config::default();
    config.training.num_generations = 6;
    let outcome = mnist_reconstruction::MnistReconstruction::run(&config, &mut Context::new(1))?.comparison;
    assert!(outcome.methods[0].mse[6] > 1.2 * outcome.methods[1].mse[6], "{:?}", outcome.methods[1].mse);
    Ok(())
}

/// The gain's training against JAX: the losses fall from 3·10¹¹ over 14 orders of magnitude.
#[test]
fn stabilisation_agrees_with_jax() -> Result<()> {
    let fixture = fixture("chapter5");
    for run in runs(&fixture) {
        let config = du_stabilize::Config {
            log_loss: run["log_loss"] == true,
            learning_rate: number(&run["learning_rate"]),
            num_updates: vec![20],
            ..Default::default()
        };
        let outcome = du_stabilize::DuStabilize::run(&config, &mut Context::new(1))?;
        let (found, expected) = (outcome.history.column("loss"), numbers(&run["loss"]));
        assert_eq!(found.len(), expected.len());
        for (k, (a, b)) in found.iter().zip(&expected).enumerate() {
            assert!((a / b - 1.0).abs() < 1e-9, "after {k} updates: {a} {b}");
        }
    }
    Ok(())
}

/// Value and gradient of the decoder's loss, by all 600 weights, against JAX with dense check nodes.
#[test]
fn weighted_belief_propagation_agrees_with_jax() -> Result<()> {
    let expected = &fixture("chapter5")["belief_propagation"];
    let weight = Schedule::learned("weight", &tensor(&expected["weights"])?, 0.01)?;
    let decoder = bp_train::Decoder::new(&Code::bch(), weight, bp_train::SoftOutput::TanhGamma)?;
    let lambda = tensor(&expected["llr"])?;
    let mut alpha = candle_core::Tensor::zeros((3, 120), lambda.dtype(), lambda.device())?;
    for k in 0..5 {
        alpha = decoder.iterate(k, &alpha, &lambda, &mut common::sampling::rng(1, 0))?;
    }
    let estimate = decoder.estimate(&alpha, &lambda)?;
    let loss = sum_squared_error(&estimate, &estimate.ones_like()?)?;
    assert!((loss.to_scalar::<f64>()? / number(&expected["loss"]) - 1.0).abs() < 1e-9);
    let gradients = loss.backward()?;
    let found = gradients.get(decoder.weight.parameter()).expect("a gradient").flatten_all()?.to_vec1::<f64>()?;
    let gradient = numbers(&expected["gradient"]);
    let scale = gradient.iter().fold(0.0, |scale: f64, g| scale.max(g.abs()));
    assert!(found.iter().zip(&gradient).all(|(a, b)| (a - b).abs() < 1e-9 * scale));
    Ok(())
}
