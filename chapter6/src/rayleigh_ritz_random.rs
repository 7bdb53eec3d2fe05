//! Chapter 6: a variational problem with a random coefficient.
//!
//! Maximise E ∫₀¹ (y² − (1 + α + βr)·y′² + t·y) dt, r uniform on [0, 1), by the method of Rayleigh and Ritz as in
//! [`crate::rayleigh_ritz`]. Each update of Adam draws a fresh r. The integrand is linear in the coefficient, so only its mean
//! matters, c = 1 + α + β/2: the solution is y = sin(t/√c)/(2 sin(1/√c)) − t/2.
//!
//! | symbol | here |
//! |---|---|
//! | α, β | `alpha`, `beta` of [`CASES`]; the width of the basis is `width` |
//! | r | `r`, `num_draws` of them per update |
//! | c | [`mean_coefficient`] |
//!
//! Run it with `cargo run --release --bin sec6_du_rr_rand`. The cases (0, 1) and (0.5, 0) have the same solution; what their
//! curves differ by is noise of training with one draw per update at a learning rate of 1.

use std::cell::RefCell;

use anyhow::Result;
use candle_core::{DType, Device, Tensor};
use candle_nn::Optimizer as _;
use common::{
    config::{self, range},
    context::{Context, Finished, Phase},
    ensemble,
    figure::{Figure, Panel, Series},
    optim::{self, Optimizer, Rule},
    sampling::{self, Rng, uniform_vec},
    section::{Report, Section},
    table::Table,
    training::train,
};

use crate::rayleigh_ritz::{Curve, Ritz, Sum, exact, report};

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
pub struct Config {
    /// Basis, sum and learning rate
    #[command(flatten)]
    #[serde(flatten)]
    pub ritz: Ritz,
    /// Number of updates, 1 to 100000
    #[arg(long, value_name = "K", default_value_t = 250, value_parser = range::count(100_000))]
    pub num_updates: usize,
    /// Draws of r per update, 1 to 1000
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = range::count(1000))]
    pub num_draws: usize,
}

impl Default for Config {
    fn default() -> Self {
        config::defaults()
    }
}

/// The pairs (α, β) of the book.
pub const CASES: [(f64, f64); 4] = [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (0.5, 0.0)];

/// c = E(1 + α + βr) = 1 + α + β/2.
pub fn mean_coefficient((alpha, beta): (f64, f64)) -> f64 {
    1.0 + alpha + beta / 2.0
}

/// The coefficient of one update: the mean of 1 + α + βr over fresh draws of r.
// ANCHOR: draw
pub fn draw_coefficient((alpha, beta): (f64, f64), num_draws: usize, rng: &mut Rng) -> f64 {
    let r = uniform_vec(num_draws, rng).iter().sum::<f64>() / num_draws as f64; // r ~ U[0, 1)
    1.0 + alpha + beta * r
}
// ANCHOR_END: draw

/// What one case came to.
#[derive(Debug)]
pub struct Case {
    /// θ
    pub theta: Vec<f64>,
    /// The learned y
    pub curve: Curve,
    /// The loss at each update, with that update's r
    pub history: Table,
}

/// Learns the curve of one case; `stream` numbers the random draws.
// ANCHOR: learn
pub fn learn(config: &Config, case: (f64, f64), sum: &Sum, seed: u64, stream: u64) -> Result<Case> {
    let rng = RefCell::new(sampling::rng(seed, stream));
    let theta = optim::parameter(&Tensor::ones(config.ritz.num_basis, DType::F64, sum.device())?)?;
    let mut history = Table::new("update", ["loss"]);
    let mut optimizer = Optimizer::new(vec![theta.clone()], Rule::Adam.with(config.ritz.learning_rate))?;
    train(&mut Context::new(seed), &mut history, &mut optimizer, config.num_updates, || {
        let c = draw_coefficient(case, config.num_draws, &mut rng.borrow_mut());
        sum.loss(&theta, &sum.integrand(c)?) // y² − (1 + α + βr)·y′² + t·y
    })?;
    let curve = Curve::of(config.ritz.basis(), &theta, mean_coefficient(case))?;
    Ok(Case { theta: theta.to_vec1()?, curve, history })
}
// ANCHOR_END: learn

/// What came out, for each of the [`CASES`].
#[derive(Debug)]
pub struct Outcome(pub Vec<Case>);

/// The section as a program.
#[derive(Debug)]
pub struct RayleighRitzRandom;

impl Section for RayleighRitzRandom {
    const NAME: &'static str = "sec6_du_rr_rand";
    const TITLE: &'static str = "A variational problem with a random coefficient";
    const HELP: &'static str = "\
E∫(y² − (1 + α + βr)y'² + ty) dt is maximised, r uniform on [0, 1), with one draw of r per update, for four pairs (α, β). The \
figure shows the learned curves beside the exact ones. The cases (0, 1) and (0.5, 0) have one solution; their gap is noise. Try \
--num-draws 100, --learning-rate 0.1 --num-updates 3000, and other seeds.";
    type Config = Config;
    type Outcome = Outcome;

    fn run(config: &Config, context: &mut Context) -> Result<Outcome> {
        config::validate(config)?;
        let sum = Sum::new(&config.ritz, &context.device)?;
        context.phase(Phase::Training);
        let (seed, cases) = (context.seed, CASES.into_iter().zip(0..).collect::<Vec<_>>());
        let train = |&(case, stream): &_| learn(config, case, &sum, seed, stream);
        let learned = ensemble::train(context, "losses", &cases, train, |((alpha, beta), _), case| {
            let parameters = vec![("theta".to_owned(), Tensor::new(&case.theta[..], &Device::Cpu)?)];
            Ok(Finished { parameters, ..Finished::new(format!("loss_{alpha}_{beta}"), case.history.clone()) })
        })?;
        Ok(Outcome(learned))
    }

    fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
        let mut summary = format!("after {} updates with {} draw(s) of r each\n", config.num_updates, config.num_draws);
        let mut history = Table::new("update", CASES.map(|(alpha, beta)| format!("loss_{alpha}_{beta}")));
        for update in 0..=config.num_updates {
            history.push(update, &outcome.0.iter().map(|case| case.history.rows()[update].1[0]).collect::<Vec<_>>());
        }
        for (&pair, case) in CASES.iter().zip(&outcome.0) {
            let c = mean_coefficient(pair);
            let ((alpha, beta), peak) = (pair, case.curve.ys.iter().copied().fold(f64::NEG_INFINITY, f64::max));
            summary += &format!(
                "  α = {alpha:<3}, β = {beta}: c = {c}, largest error {:.2e}, peak {peak:.4} (exact {:.4})\n",
                case.curve.error(c),
                case.curve.ts.iter().map(|&t| exact(t, c)).fold(0.0, f64::max),
            );
        }
        let gap = outcome.gap();
        summary += &format!("the curves of (0, 1) and (0.5, 0), equal in expectation, differ by up to {gap:.2e}\n");
        let names = CASES.map(|(alpha, beta)| format!("y_{alpha}_{beta}"));
        let columns = names.iter().zip(CASES).zip(&outcome.0);
        let columns = columns.map(|((name, pair), case)| (name.as_str(), &case.curve, mean_coefficient(pair)));
        let columns: Vec<_> = columns.collect();
        Ok(Report::new(format!("the gap of (0, 1) and (0.5, 0) is {gap:.1e}"), summary)
            .table("history", &history)
            .table("curves", &report::table(&columns))
            .figure("rayleigh_ritz_random", figure(outcome)))
    }
}

impl Outcome {
    /// max |y₍₀,₁₎ − y₍₀.₅,₀₎|.
    pub fn gap(&self) -> f64 {
        self.0[2].curve.ys.iter().zip(&self.0[3].curve.ys).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
    }
}

fn figure(outcome: &Outcome) -> Figure {
    let mut curves = Panel::new("Learned; dotted: exact", "t", "y(t)");
    let mut errors = Panel::new("Error", "t", "learned − exact").hline("", 0.0);
    for (style, (&pair, case)) in CASES.iter().zip(&outcome.0).enumerate() {
        let ts = &case.curve.ts;
        let truth: Vec<f64> = ts.iter().map(|&t| exact(t, mean_coefficient(pair))).collect();
        let error: Vec<f64> = case.curve.ys.iter().zip(&truth).map(|(y, exact)| y - exact).collect();
        let name = format!("α = {}, β = {}", pair.0, pair.1);
        curves = curves
            .series(Series::line(name.clone(), ts, &case.curve.ys).style(style).solid())
            .series(Series::line("", ts, &truth).style(style).dotted());
        errors = errors.series(Series::line(name, ts, &error).style(style));
    }
    Figure::new().panel(curves).panel(errors)
}
