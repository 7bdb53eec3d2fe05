//! Consensus in the eigenvectors of L: one number for each is all that an iteration sees of a start.

use anyhow::Result;
use candle_core::{Device, Tensor, backprop::GradStore};
use common::{linalg, unfolding::Schedule};

/// What a batch of starts `[K, n]` is to the iteration: Σ ⟨x₀, uᵢ⟩²/K for each eigenvector uᵢ of L but the constant one.
///
/// By plain sums, the same on every processor: the training magnifies the last bit.
pub fn energies(start: &Tensor, eigenvectors: &[Vec<f64>]) -> Result<Vec<f64>> {
    let starts = start.to_vec2::<f64>()?;
    let dot = |x: &Vec<f64>, u: &Vec<f64>| x.iter().zip(u).map(|(x, u)| x * u).sum::<f64>();
    let mean = |u| starts.iter().map(|x| dot(x, u).powi(2)).sum::<f64>() / starts.len() as f64;
    Ok(eigenvectors.iter().map(mean).collect())
}

/// Σᵢ wᵢ Πⱼ(1 − ηⱼλᵢ)² after 0, 1, … iterations: the error ‖x − c‖² of a batch whose [`energies`] are w, and the expected one
/// with all wᵢ = 1.
// ANCHOR: expected
pub fn errors(step_sizes: &[f64], eigenvalues: &[f64], weights: &[f64]) -> Vec<f64> {
    let mut factors = vec![1.0; eigenvalues.len()]; // Πⱼ(1 − ηⱼλᵢ)
    let mut errors = vec![weights.iter().sum()];
    for eta in step_sizes {
        factors.iter_mut().zip(eigenvalues).for_each(|(factor, lambda)| *factor *= 1.0 - eta * lambda);
        errors.push(factors.iter().zip(weights).map(|(factor, w)| w * factor * factor).sum());
    }
    errors
}

/// The gradient of Σₖ aₖEₖ, where E are the [`errors`] and a is `slopes`, by backprop along each eigenvector.
pub fn gradient(step_sizes: &[f64], eigenvalues: &[f64], weights: &[f64], slopes: &[f64]) -> Vec<f64> {
    let mut gradient = vec![0.0; step_sizes.len()];
    let mut factors = vec![1.0; slopes.len()]; // pₖ = Πⱼ(1 − ηⱼλ), so that Eₖ = Σ w·pₖ²
    for (lambda, weight) in eigenvalues.iter().zip(weights) {
        for (k, eta) in step_sizes.iter().enumerate() {
            factors[k + 1] = factors[k] * (1.0 - eta * lambda);
        }
        let mut adjoint = 0.0; // ∂/∂pₖ₊₁
        for (k, eta) in step_sizes.iter().enumerate().rev() {
            adjoint += 2.0 * slopes[k + 1] * weight * factors[k + 1];
            gradient[k] -= adjoint * lambda * factors[k];
            adjoint *= 1.0 - eta * lambda;
        }
    }
    gradient
}

/// [`gradient`] of the last error alone.
pub fn gradient_of_last(step_sizes: &[f64], eigenvalues: &[f64], weights: &[f64]) -> Vec<f64> {
    let mut slopes = vec![0.0; step_sizes.len() + 1];
    slopes[step_sizes.len()] = 1.0;
    gradient(step_sizes, eigenvalues, weights, &slopes)
}

/// The loss of the first `depth` steps from the energies `weights` of a batch, and its gradient: the same as by backprop through
/// all iterations.
pub fn loss_and_gradient(
    step_size: &Schedule,
    depth: usize,
    eigenvalues: &[f64],
    weights: &[f64],
) -> Result<(f64, GradStore)> {
    let steps = &step_size.values()?[..depth];
    let mut slopes = gradient_of_last(steps, eigenvalues, weights);
    slopes.resize(step_size.period(), 0.0); // later steps are not used yet
    let mut gradients = GradStore::default();
    gradients.insert(step_size.parameter(), Tensor::new(slopes, &Device::Cpu)?);
    Ok((errors(steps, eigenvalues, weights)[depth], gradients))
}
// ANCHOR_END: expected

/// The eigenvalues of L above 0, ascending, each with its eigenvector.
pub fn spectrum(l: &Tensor) -> Result<(Vec<f64>, Vec<Vec<f64>>)> {
    let svd = linalg::singular_value_decomposition(l)?; // of a positive semidefinite matrix: its eigenvalues, descending
    let mut pairs: Vec<(f64, Vec<f64>)> = svd.sigma.into_iter().zip(svd.u.t()?.to_vec2()?).collect();
    pairs.pop(); // λ₁ = 0
    Ok(pairs.into_iter().rev().unzip())
}
