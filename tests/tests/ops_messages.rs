//! Message passing, dense layers and the softmax error against their plain candle twins.

use anyhow::Result;
use candle_core::{Device, Tensor, Var};
use common::{
    gradient_check::gradient_error,
    ops::{
        Activation, CheckNode, VariableNode, dense, dense_plain, softmax_squared_error, softmax_squared_error_plain,
    },
    sampling::{normal_matrix, rng},
};
use tests::twins::{assert_close, value_and_gradients};

fn var(rows: usize, columns: usize, stream: u64) -> Result<Var> {
    Ok(Var::from_tensor(&normal_matrix(rows, columns, &mut rng(4, stream), &Device::Cpu)?)?)
}

/// Values and gradients of both forms, after weighting the entries unevenly.
#[track_caller]
fn assert_twins(fast: &Tensor, plain: &Tensor, vars: &[&Var]) -> Result<()> {
    assert_close(&value_and_gradients(fast, vars)?, &value_and_gradients(plain, vars)?, 1e-12);
    Ok(())
}

#[test]
fn check_nodes_against_the_dense_form_and_differences() -> Result<()> {
    for (sizes, margin) in [(vec![3, 2, 3], 0.0), (vec![8, 8], 1e-8), (vec![1, 5], 1e-3)] {
        let edges = sizes.iter().sum();
        let (node, beta) = (CheckNode::new(&sizes, margin)?, var(4, edges, 1)?);
        if sizes[0] > 1 {
            assert_twins(&node.forward(&beta)?, &node.forward_plain(&beta)?, &[&beta])?;
            let loss = || Ok(node.forward(&beta)?.sqr()?.sum_all()?);
            assert!(gradient_error(std::slice::from_ref(&beta), 1e-6, loss)? < 1e-7);
        }
    }
    assert!(CheckNode::new(&[2, 0], 0.0).is_err() && CheckNode::new(&[2], 1.0).is_err());
    Ok(())
}

/// Zeros, infinities, the largest numbers and equal signs: finite messages, and gradients that are numbers.
#[test]
fn messages_never_become_nan() -> Result<()> {
    let infinite = f64::INFINITY;
    for row in [
        [0.0, 0.0, 1.0],
        [0.0, infinite, -infinite],
        [infinite, infinite, infinite],
        [1e308, -1e308, 1e-308],
        [40.0, 40.0, 40.0],
    ] {
        for margin in [0.0, 1e-8] {
            let beta = Var::new(&[row], &Device::Cpu)?;
            let alpha = CheckNode::new(&[3], margin)?.forward(&beta)?;
            let gradient =
                alpha.sum_all()?.backward()?.get(&beta).expect("a gradient").flatten_all()?.to_vec1::<f64>()?;
            assert!(alpha.flatten_all()?.to_vec1::<f64>()?.iter().all(|v| v.is_finite()), "{row:?}: {alpha}");
            assert!(gradient.iter().all(|v| v.is_finite()), "{row:?}: {gradient:?}");
        }
    }
    Ok(())
}

#[test]
fn variable_nodes_with_a_weight_for_each_edge_or_one_for_all() -> Result<()> {
    let node = VariableNode::new(&[0, 1, 2, 0, 2, 2], 3)?;
    let (alpha, lambda) = (var(5, 6, 2)?, var(5, 3, 3)?);
    for weights in [Var::new(&[0.3, 1.0, -0.2, 0.9, 1.4, 0.0], &Device::Cpu)?, Var::new(0.7, &Device::Cpu)?] {
        let (fast, plain) = (node.forward(&alpha, &lambda, &weights)?, node.forward_plain(&alpha, &lambda, &weights)?);
        assert_twins(&fast, &plain, &[&alpha, &lambda, &weights])?;
        let loss = || Ok(node.forward(&alpha, &lambda, &weights)?.sin()?.sum_all()?);
        assert!(gradient_error(&[alpha.clone(), lambda.clone(), weights.clone()], 1e-6, loss)? < 1e-8);
    }
    assert!(VariableNode::new(&[0, 3], 3).is_err());
    assert!(node.forward(&alpha, &alpha, &Tensor::new(1.0, &Device::Cpu)?).is_err());
    Ok(())
}

#[test]
fn dense_layers_and_the_softmax_error() -> Result<()> {
    let (x, w, b) = (var(7, 4, 4)?, var(4, 3, 5)?, Var::new(&[0.1, -0.3, 0.2], &Device::Cpu)?);
    for activation in [Activation::Identity, Activation::Relu, Activation::Tanh] {
        assert_twins(&dense(&x, &w, &b, activation)?, &dense_plain(&x, &w, &b, activation)?, &[&x, &w, &b])?;
    }
    assert!(dense(&x, &b, &b, Activation::Relu).is_err());
    let (scores, labels) = (var(6, 5, 6)?, [0, 4, 2, 2, 1, 3]);
    let (fast, plain) = (softmax_squared_error(&scores, &labels)?, softmax_squared_error_plain(&scores, &labels)?);
    assert_twins(&fast, &plain, &[&scores])?;
    assert!(softmax_squared_error(&scores, &[0; 5]).is_err() && softmax_squared_error(&scores, &[5; 6]).is_err());
    Ok(())
}
