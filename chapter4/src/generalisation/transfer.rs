//! One trained network on other problems.

use anyhow::Result;
use candle_core::Device;
use common::{
    context::Context,
    linear_model::LinearModel,
    sampling,
    unfolding::{Algorithm, squared_errors},
};

use super::{ACTIVE, Config, M, N, NOISE, training};
use crate::{
    du_ista,
    finite_dataset::Errors,
    ista::{Fista, Ista},
    sparse::{Observed, SparseRecovery},
};

// ANCHOR: others
/// The other problems that a trained network meets: their name, p and σ, and whether the matrix is another one.
pub const OTHERS: [(&str, f64, f64, bool); 6] = [
    ("as trained", ACTIVE, NOISE, false),
    ("p = 0.02", 0.02, NOISE, false),
    ("p = 0.1", 0.1, NOISE, false),
    ("σ = 0.01", ACTIVE, 0.01, false),
    ("σ = 0.5", ACTIVE, 0.5, false),
    ("another A", ACTIVE, NOISE, true),
];
// ANCHOR_END: others

/// Errors on fresh signals.
fn errors<A: Algorithm<Data = Observed>>(
    config: &Config,
    problem: &SparseRecovery,
    algorithm: &A,
    seed: u64,
) -> Result<Errors> {
    let depth = config.num_generations;
    Ok(Errors::of(&squared_errors(problem, algorithm, depth, config.num_test, seed)?[depth], problem.energy()))
}

fn fista(problem: &SparseRecovery, lambda: f64) -> Result<Fista> {
    Ok(Fista(Ista::fixed(problem, lambda)?))
}

/// A network trained on `problem`, and FISTA, on each of [`OTHERS`].
pub fn run(config: &Config, problem: &SparseRecovery, seed: u64, context: &mut Context) -> Result<Vec<[Errors; 3]>> {
    let depth = config.num_generations;
    let unfolded = du_ista::learned(&training(config, config.common_rate), problem)?;
    training(config, config.common_rate).train(&format!("transfer_{seed}"), (problem, problem), &unfolded, context)?;
    let (lambda, _) = du_ista::tuned(problem, depth, context.seed, |lambda| fista(problem, lambda))?;
    let of = |(_, active, noise_std, other_matrix): &(&str, f64, f64, bool)| -> Result<[Errors; 3]> {
        let model = if *other_matrix {
            LinearModel::gaussian(M, N, &mut sampling::rng(context.seed, 500 + seed), &Device::Cpu)?
        } else {
            problem.model.clone()
        };
        let other = SparseRecovery::new(model, *active, *noise_std)?;
        // the same numbers with the other matrix
        let moved = Ista { step: Ista::fixed(&other, 1.0)?.step, ..unfolded.clone() };
        let (_, tuned) = du_ista::tuned(&other, depth, context.seed, |lambda| fista(&other, lambda))?;
        Ok([
            errors(config, &other, &moved, context.seed)?,
            errors(config, &other, &fista(&other, lambda)?, context.seed)?,
            errors(config, &other, &tuned, context.seed)?,
        ])
    };
    OTHERS.iter().map(of).collect()
}
