//! Section 2.5: gradient descent or the closed form?
//!
//! With the basis fixed, fitting θ in section 2.5.1 is linear least squares, L(θ) = ‖Φθ − y‖², Φ = U·diag(σ)·Vᵀ:
//!
//! - gradient descent θ ← θ − 2ηΦᵀ(Φθ − y) shrinks the residual along uᵢ by 1 − 2ησᵢ² per update: after k updates
//!   uᵢᵀ(Φθₖ − y) = (1 − 2ησᵢ²)ᵏ·uᵢᵀ(Φθ₀ − y), so directions with a small σᵢ wait 1/(2ησᵢ²) updates;
//! - Adam rescales the entries of θ, not the directions uᵢ; its learning rate falls linearly to 0;
//! - the closed form is θ = V·diag(1/σ)·Uᵀy, leaving out σᵢ below a cutoff times σ₁;
//! - in the orthonormal basis uᵢ (those above the cutoff), g = Σᵢ wᵢuᵢ, each weight is one inner product, wᵢ = uᵢᵀy; all
//!   singular values are 1, and gradient descent with step ½ is there after one update.
//!
//! | symbol | here |
//! |---|---|
//! | Φ, y | `phi`, `y` of [`Problem`] |
//! | U, σ | [`Problem`]`::svd` |
//! | η, α | `step_size`, `learning_rate` |
//!
//! Run it with `cargo run --release --bin sec2_5_analytic`. Nothing is random. σᵢ falls by thirteen orders of magnitude, so
//! 100000 updates of gradient descent finish nine directions; the closed form needs the work of a few hundred updates.

use anyhow::Result;
use candle_core::{DType, Tensor};
use candle_nn::Optimizer as _;
use common::{
    config::{self, range},
    context::{Context, Finished, Phase},
    ensemble, linalg,
    loss::sum_squared_error,
    ops::FixedMap,
    optim::{self, Optimizer, RateSchedule, Rule},
    section::{Preset, Report, Section},
    table::Table,
    training::{log_losses, log_spaced, loss_value},
};

use crate::rbf::RbfModel;

pub mod problem;
mod report;

use problem::Problem;

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
pub struct Config {
    /// Number of basis functions n, 1 to 500
    #[arg(long, value_name = "n", default_value_t = 50, value_parser = range::count(500))]
    pub num_basis: usize,
    /// Width parameter β of the basis functions, > 0: the larger, the narrower
    #[arg(long, value_name = "β", default_value_t = 20.0, value_parser = range::positive)]
    pub width: f64,
    /// Number of updates of gradient descent and of Adam, 1 to 1000000
    #[arg(long, value_name = "K", default_value_t = 100_000, value_parser = range::count(1_000_000))]
    pub num_updates: usize,
    /// Step size η of gradient descent (default: the reading group's), > 0
    #[arg(long, value_name = "η", default_value_t = 0.003, value_parser = range::positive)]
    pub step_size: f64,
    /// Adam's learning rate α, > 0; it falls linearly to 0
    #[arg(long, value_name = "α", default_value_t = 1.0, value_parser = range::positive)]
    pub learning_rate: f64,
    /// Singular values below this times the largest count as zero, from 0 to below 1
    #[arg(long, value_name = "C", default_value_t = 1e-14, value_parser = range::decay)]
    pub cutoff: f64,
}

impl Default for Config {
    fn default() -> Self {
        config::defaults()
    }
}

/// How an iterative method came down.
#[derive(Debug)]
pub struct Descent {
    /// The smallest loss so far and the loss at the checkpoints
    pub history: Table,
    /// uᵢᵀ(Φθₖ − y), i = 1 … r, for k = 0 and the powers of ten up to the last update
    pub components: Vec<(usize, Vec<f64>)>,
}

/// `num_updates` updates of θ from all ones.
fn descend(problem: &Problem, rule: optim::Config, num_updates: usize) -> Result<Descent> {
    let phi = FixedMap::new(&problem.phi)?;
    let directions = FixedMap::new(&problem.orthonormal_basis()?.t()?.contiguous()?)?; // rows uᵢ
    let ones = Tensor::ones(problem.phi.dim(1)?, DType::F64, problem.phi.device())?;
    let model = RbfModel { theta: optim::parameter(&ones)? };
    let mut optimizer = Optimizer::new(vec![model.theta.clone()], rule)?;
    let mut history = Table::new("update", ["smallest_so_far", "sum_squared_error"]);
    let mut smallest = f64::INFINITY;
    let (mut components, mut done) = (vec![], 0);
    for checkpoint in log_spaced(num_updates, 10) {
        // ANCHOR: updates
        while done < checkpoint {
            let loss = sum_squared_error(&model.forward(&phi)?, &problem.y)?; // ‖Φθ − y‖²
            if rule.rule == Rule::Adam {
                optimizer.set_learning_rate(rule.learning_rate * RateSchedule::Linear.factor(done, num_updates)); // falls to 0
            }
            optimizer.backward_step(&loss)?;
            smallest = smallest.min(loss_value(&loss)?);
            done += 1;
        }
        // ANCHOR_END: updates
        // ANCHOR: residual
        let residual = (model.forward(&phi)?.detach() - &problem.y)?;
        let loss = residual.sqr()?.sum_all()?.to_scalar()?;
        smallest = smallest.min(loss);
        log_losses(&mut history, checkpoint, &[smallest, loss])?;
        if log_spaced(num_updates, 1).contains(&checkpoint) {
            components.push((checkpoint, directions.forward(&residual)?.to_vec1()?));
        }
        // ANCHOR_END: residual
    }
    Ok(Descent { history, components })
}

/// The loss of θ = V·diag(1/σ)·Uᵀy.
// ANCHOR: closed_form
fn closed_form(problem: &Problem, cutoff: f64) -> Result<f64> {
    let theta = linalg::least_squares(&problem.phi, &problem.y, cutoff)?;
    let g = FixedMap::new(&problem.phi)?.matmul(&theta)?; // Φθ
    loss_value(&sum_squared_error(&g, &problem.y)?)
}
// ANCHOR_END: closed_form

/// Gradient descent in the orthonormal basis, one update with step ½ from w = 0: the loss after it, and how far w is
/// from the inner products uᵢᵀy.
// ANCHOR: orthonormal
fn orthonormal(problem: &Problem) -> Result<(f64, f64)> {
    let basis = problem.orthonormal_basis()?; // [N, r]
    let inner_products = FixedMap::new(&basis.t()?.contiguous()?)?.forward(&problem.y)?; // wᵢ = uᵢᵀy
    let basis = FixedMap::new(&basis)?;
    let model = RbfModel { theta: optim::parameter(&inner_products.zeros_like()?)? };
    let loss = || sum_squared_error(&model.forward(&basis)?, &problem.y);
    let mut optimizer = Optimizer::new(vec![model.theta.clone()], Rule::GradientDescent.with(0.5))?;
    optimizer.backward_step(&loss()?)?; // w ← w − ½·2Uᵀ(Uw − y) = Uᵀy
    let distance = (model.theta.as_detached_tensor() - inner_products)?.abs()?.max_all()?;
    Ok((loss_value(&loss()?)?, distance.to_scalar()?))
}
// ANCHOR_END: orthonormal

/// What came out.
#[derive(Debug)]
pub struct Outcome {
    /// The problem solved
    pub problem: Problem,
    /// Gradient descent
    pub gradient_descent: Descent,
    /// Adam
    pub adam: Descent,
    /// Loss of the closed form
    pub closed_form: f64,
    /// Loss after one update in the orthonormal basis
    pub orthonormal: f64,
    /// Largest |wᵢ − uᵢᵀy| after that update
    pub distance: f64,
}

/// The section as a program.
#[derive(Debug)]
pub struct Analytic;

impl Section for Analytic {
    const NAME: &'static str = "sec2_5_analytic";
    const TITLE: &'static str = "Gradient descent, Adam, least squares and an orthonormal basis";
    const HELP: &'static str = "\
The weights of section 2.5.1's radial basis functions solve a linear least-squares problem. The same problem is solved by \
gradient descent, by Adam, in closed form and in an orthonormal basis, where each weight is one inner product. The figure \
shows the loss against the work, the singular values of the basis, and what is left of the error along each singular \
direction after k updates, measured and by theory. Try --width 2000 (narrow bumps hardly overlap: gradient descent gets as \
far as the closed form, but neither fits well) and --num-basis 10.";
    const PRESETS: &'static [Preset] =
        &[Preset { name: "quick", about: "A first look: 1000 updates", values: &[("num_updates", "1000")] }];
    type Config = Config;
    type Outcome = Outcome;

    fn run(config: &Config, context: &mut Context) -> Result<Outcome> {
        config::validate(config)?;
        let problem = Problem::new(config, &context.device)?;
        context.phase(Phase::Training);
        let rules = [Rule::GradientDescent.with(config.step_size), Rule::Adam.with(config.learning_rate)];
        let descend = |&rule: &_| descend(&problem, rule, config.num_updates);
        let keep = |by: &optim::Config, one: &Descent| Ok(Finished::new(format!("{:?}", by.rule), one.history.clone()));
        let descents = ensemble::train(context, "descents", &rules, descend, keep)?;
        let [gradient_descent, adam] = <[Descent; 2]>::try_from(descents).expect("as many results as rules");
        let (orthonormal, distance) = orthonormal(&problem)?;
        Ok(Outcome {
            gradient_descent,
            adam,
            closed_form: closed_form(&problem, config.cutoff)?,
            orthonormal,
            distance,
            problem,
        })
    }

    fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
        report::report(config, outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    #[test]
    fn gradient_descent_does_what_theory_says_direction_by_direction() -> Result<()> {
        let config = Config { num_updates: 1000, ..Config::default() };
        let outcome = Analytic::run(&config, &mut Context::new(1))?;
        for (k, measured) in &outcome.gradient_descent.components {
            for (m, t) in measured.iter().zip(outcome.theory(config.step_size, *k)) {
                assert!((m - t).abs() < 1e-9 * t.abs() + 1e-12, "k = {k}: {m} against {t}");
            }
        }
        assert_eq!(outcome.gradient_descent.components.len(), 5); // k = 0, 1, 10, 100, 1000
        Ok(())
    }

    #[test]
    fn one_update_in_the_orthonormal_basis_is_the_closed_form() -> Result<()> {
        let problem = Problem::new(&Config::default(), &Device::Cpu)?;
        let (loss, distance) = orthonormal(&problem)?;
        assert!(distance < 1e-15 && loss < 1e-20 && closed_form(&problem, 1e-14)? < 1e-20);
        Ok(())
    }

    #[test]
    fn a_basis_that_is_zero_everywhere_is_an_error() {
        let config = Config { num_basis: 1, width: 1e6, ..Config::default() }; // one needle at −0.5
        let error = Analytic::run(&config, &mut Context::new(1)).unwrap_err();
        assert!(error.to_string().contains("--width"));
    }
}
