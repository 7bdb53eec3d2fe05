//! Section 2.5, a question of the reading group: is there an analytic solution?
//!
//! With the basis fixed, fitting θ in section 2.5.1 is linear least squares, L(θ) = ‖Φθ − y‖², Φ = U·diag(σ)·Vᵀ:
//!
//! - gradient descent θ ← θ − 2ηΦᵀ(Φθ − y) shrinks the residual along uᵢ by 1 − 2ησᵢ² per update: after k updates
//!   uᵢᵀ(Φθₖ − y) = (1 − 2ησᵢ²)ᵏ·uᵢᵀ(Φθ₀ − y), so directions with a small σᵢ wait 1/(2ησᵢ²) updates;
//! - Adam rescales the entries of θ, not the directions uᵢ; its learning rate falls linearly to 0, since at a constant rate
//!   it breaks out again and again, and where it stands at the end depends on the last bits of the sums;
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
//! 100000 updates of gradient descent finish about ten directions; the closed form needs the work of a few hundred updates.

use anyhow::{Result, ensure};
use candle_core::{DType, Device, Tensor};
use candle_nn::Optimizer as _;
use common::{
    config::{self, range},
    context::{Context, Phase},
    ensemble,
    figure::{Figure, Panel, Series},
    linalg::{self, SingularValueDecomposition},
    loss::sum_squared_error,
    ops::FixedMap,
    optim::{self, Optimizer, Rule},
    section::{Preset, Report, Section},
    table::Table,
    training::{log_losses, log_spaced, loss_value},
};

use crate::rbf::{self, RbfModel, basis_matrix, sample_points, target};

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

/// The least-squares problem ‖Φθ − y‖² and the anatomy of Φ.
#[derive(Debug)]
pub struct Problem {
    /// The points x
    pub xs: Vec<f64>,
    /// Φ `[N, n]`
    pub phi: Tensor,
    /// y `[N]`
    pub y: Tensor,
    /// Φ = U·diag(σ)·Vᵀ
    pub svd: SingularValueDecomposition,
    /// Number of singular values above the cutoff
    pub rank: usize,
}

impl Problem {
    /// The problem of section 2.5.1 with the basis of `config`.
    // ANCHOR: problem
    pub fn new(config: &Config, device: &Device) -> Result<Self> {
        let basis = rbf::Config { num_basis: config.num_basis, width: config.width, ..rbf::Config::default() };
        let xs = sample_points(&basis);
        let phi = basis_matrix(&basis, &xs, device)?; // [N, n]
        let y = Tensor::new(xs.iter().map(|&x| target(x)).collect::<Vec<_>>(), device)?; // [N]
        let svd = linalg::singular_value_decomposition(&phi)?;
        let counts = |&&sigma: &&f64| sigma > config.cutoff * svd.sigma[0];
        let rank = svd.sigma.iter().filter(counts).count();
        ensure!(rank > 0, "every basis function is zero at every point: a smaller --width helps");
        Ok(Self { xs, phi, y, svd, rank })
    }
    // ANCHOR_END: problem

    /// The orthonormal basis u₁ … u_r, `[N, r]`.
    pub fn orthonormal_basis(&self) -> Result<Tensor> {
        Ok(self.svd.u.narrow(1, 0, self.rank)?.contiguous()?)
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
                let left = 1.0 - done as f64 / num_updates as f64;
                optimizer.set_learning_rate(rule.learning_rate * left); // falls to 0
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

impl Outcome {
    /// (1 − 2ησᵢ²)ᵏ·uᵢᵀ(Φθ₀ − y), what theory says of gradient descent.
    pub fn theory(&self, step_size: f64, k: usize) -> Vec<f64> {
        let start = &self.gradient_descent.components[0].1;
        let factor = |sigma: &f64| (1.0 - 2.0 * step_size * sigma * sigma).powf(k as f64);
        start.iter().zip(&self.problem.svd.sigma).map(|(c, sigma)| c * factor(sigma)).collect()
    }
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
        let descents = ensemble::map(context, &rules, |&rule| descend(&problem, rule, config.num_updates))?;
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
        let Problem { svd, rank, .. } = &outcome.problem;
        let work = Work::of(&outcome.problem)?;
        let k = config.num_updates;
        let row = |name: &str, loss: f64, updates: usize, work: f64| {
            format!("  {name:<34} {loss:>9.1e} {updates:>9} {work:>12.1e}\n")
        };
        let last = |descent: &Descent| descent.history.last("sum_squared_error");
        let slowest = svd.sigma[rank - 1];
        let waiting = 1.0 / (2.0 * config.step_size * slowest * slowest);
        let learned = svd.sigma[..*rank].iter().filter(|&&s| 2.0 * config.step_size * s * s * k as f64 >= 1.0).count();
        let smallest = svd.sigma[svd.sigma.len() - 1] / svd.sigma[0];
        let condition = if smallest > f64::EPSILON {
            format!("{:.1e}", 1.0 / smallest)
        } else {
            "above 1e15, more than f64 can tell".to_owned()
        };
        let summary = format!(
            "  method                                  loss   updates multiply-adds\n{}{}{}{}\
             largest difference between a weight after that one update and its inner product: {:.0e}\n\
             condition number of Φ: {condition} (of ΦᵀΦ: its square); {rank} of {} singular values lie above {:e} of the largest,\n\
             with a condition number of {:.1e} among them\n\
             gradient descent, η = {} (stable below 1/σ₁² = {:.4}): {learned} of {rank} directions have waited their \
             1/(2ησᵢ²) updates; the last needs {waiting:.0e}",
            row("gradient descent", last(&outcome.gradient_descent), k, k as f64 * work.update),
            row("Adam", last(&outcome.adam), k, k as f64 * work.update),
            row("closed form (SVD)", outcome.closed_form, 0, work.closed_form),
            row("orthonormal basis (SVD), step 1/2", outcome.orthonormal, 1, work.orthonormal),
            outcome.distance,
            svd.sigma.len(),
            config.cutoff,
            svd.sigma[0] / slowest,
            config.step_size,
            1.0 / (svd.sigma[0] * svd.sigma[0]),
        );
        Ok(Report {
            headline: format!(
                "loss {:.0e} (gradient descent), {:.0e} (Adam), {:.0e} (closed form)",
                last(&outcome.gradient_descent),
                last(&outcome.adam),
                outcome.closed_form
            ),
            summary,
            final_loss: Some(outcome.closed_form),
            tables: vec![("history", history(outcome)), ("directions", directions(config, outcome))],
            figures: vec![("analytic", figure(config, outcome, &work)?)],
            parameters: vec![],
        })
    }
}

/// Multiply-adds of the methods, to leading order.
struct Work {
    update: f64,
    closed_form: f64,
    orthonormal: f64,
}

impl Work {
    /// An update is two products with Φ. A thin SVD takes 14Nn² + 8n³ operations (Golub and Van Loan), half of them
    /// multiplications; then Uᵀy is Nr and V times the scaled result nr. Once there is an orthonormal basis, its one update
    /// is two products with `[N, r]`.
    fn of(problem: &Problem) -> Result<Self> {
        let (rows, columns) = problem.phi.dims2()?;
        let (long, short, r) = (rows.max(columns) as f64, rows.min(columns) as f64, problem.rank as f64);
        let svd = 7.0 * long * short * short + 4.0 * short.powi(3);
        Ok(Self {
            update: 2.0 * long * short,
            closed_form: svd + (rows + columns) as f64 * r,
            orthonormal: 2.0 * rows as f64 * r,
        })
    }
}

fn history(outcome: &Outcome) -> Table {
    let mut table = Table::new("update", ["gradient_descent", "adam", "adam_smallest_so_far"]);
    let adam = outcome.adam.history.rows();
    for ((update, gd), (_, adam)) in outcome.gradient_descent.history.rows().iter().zip(adam) {
        table.push(*update, &[gd[1], adam[1], adam[0]]);
    }
    table
}

/// Per direction i: σᵢ and |uᵢᵀ(Φθₖ − y)| of both methods, with the theory for gradient descent.
fn directions(config: &Config, outcome: &Outcome) -> Table {
    let mut names = vec!["sigma".to_owned()];
    let mut columns = vec![outcome.problem.svd.sigma.clone()];
    for ((k, gd), (_, adam)) in outcome.gradient_descent.components.iter().zip(&outcome.adam.components) {
        names.extend(["gradient_descent", "theory", "adam"].map(|name| format!("{name}_{k}")));
        columns.extend([gd.clone(), outcome.theory(config.step_size, *k), adam.clone()]);
    }
    let mut table = Table::new("i", names);
    for i in 0..outcome.problem.rank {
        table.push(i + 1, &columns.iter().map(|column| column[i].abs()).collect::<Vec<_>>());
    }
    table
}

fn figure(config: &Config, outcome: &Outcome, work: &Work) -> Result<Figure> {
    let Problem { xs, svd, rank, .. } = &outcome.problem;
    let told = svd.sigma.iter().filter(|&&s| s > f64::EPSILON * svd.sigma[0]); // the others are rounding errors
    let told: Vec<f64> = told.copied().collect();
    let numbers: Vec<f64> = (1..=svd.sigma.len()).map(|i| i as f64).collect();
    // A zero leaves through the frame's bottom instead of leaving a gap.
    let abs = |values: &[f64]| values.iter().map(|v| v.abs().max(1e-300)).collect::<Vec<_>>();
    let k = config.num_updates;

    let mut loss = Panel::new("Smallest loss so far against work", "multiply-adds", "‖Φθ − y‖²").log_x().log_y();
    for (name, descent) in [("gradient descent", &outcome.gradient_descent), ("Adam", &outcome.adam)] {
        let done: Vec<f64> = descent.history.counts()[1..].iter().map(|k| k * work.update).collect();
        loss = loss.series(Series::line(name, &done, &descent.history.column("smallest_so_far")[1..]));
    }
    loss = loss
        .series(Series::scatter("closed form", &[work.closed_form], &[outcome.closed_form]))
        .series(Series::scatter("orthonormal basis", &[work.orthonormal], &[outcome.orthonormal]));

    let reach = 1.0 / (2.0 * config.step_size * k as f64).sqrt();
    let mut spectrum = Panel::new("Singular values of the basis", "i", "σᵢ")
        .series(Series::line_with_markers("σᵢ", &numbers[..told.len()], &told))
        .hline(format!("2ησ²k = 1 for k = {k}"), reach)
        .log_y();
    if config.cutoff > 0.0 {
        spectrum = spectrum.hline("cutoff", config.cutoff * svd.sigma[0]);
    }

    let title = "Left along uᵢ after k updates of gradient descent";
    let mut left = Panel::new(title, "i", "|uᵢᵀ(Φθ − y)|").log_y().y_range(1e-13, 1e2); // below is rounding
    let shown = outcome.gradient_descent.components.iter().step_by(2);
    for (style, (k, measured)) in shown.enumerate() {
        let theory = abs(&outcome.theory(config.step_size, *k));
        left = left
            .series(
                Series::line(if style == 0 { "theory" } else { "" }, &numbers[..*rank], &theory)
                    .style(style)
                    .solid()
                    .thin(),
            )
            .series(Series::scatter(format!("k = {k}"), &numbers[..*rank], &abs(measured)).style(style));
    }

    let basis = outcome.problem.orthonormal_basis()?.t()?.to_vec2::<f64>()?;
    let mut functions = Panel::new("The orthonormal basis", "x", "uᵢ(x)");
    for i in [0, 1, 2, 5].into_iter().filter(|i| i < rank) {
        functions = functions.series(Series::line(format!("i = {}", i + 1), xs, &basis[i]));
    }
    Ok(Figure::new().panel(loss).panel(spectrum).panel(left).panel(functions).columns(2))
}

#[cfg(test)]
mod tests {
    use super::*;

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
