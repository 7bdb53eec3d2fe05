//! The four methods in words, tables and figures.

use anyhow::Result;
use common::{
    figure::{Figure, Panel, Series},
    section::Report,
    table::Table,
};

use super::{Config, Descent, Outcome, Problem};

pub(super) fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
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
         condition number of Φ: {condition} (of ΦᵀΦ: its square);\n\
         {rank} of {} singular values lie above {:e} of the largest, with a condition number of {:.1e}\n\
         gradient descent, η = {} (stable below 1/σ₁² = {:.4}): {learned} of {rank} directions have waited\n\
         their 1/(2ησᵢ²) updates; the last needs {waiting:.0e}",
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
        figures: figures(config, outcome, &work)?,
        ..Report::default()
    })
}

impl Outcome {
    /// (1 − 2ησᵢ²)ᵏ·uᵢᵀ(Φθ₀ − y), what theory says of gradient descent.
    pub fn theory(&self, step_size: f64, k: usize) -> Vec<f64> {
        let start = &self.gradient_descent.components[0].1;
        let factor = |sigma: &f64| (1.0 - 2.0 * step_size * sigma * sigma).powf(k as f64);
        start.iter().zip(&self.problem.svd.sigma).map(|(c, sigma)| c * factor(sigma)).collect()
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

fn figures(config: &Config, outcome: &Outcome, work: &Work) -> Result<Vec<(&'static str, Figure)>> {
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
    let loss = Figure::new().panel(loss);
    let directions = Figure::new().panel(spectrum).panel(left).columns(1);
    Ok(vec![("loss", loss), ("directions", directions), ("basis", Figure::new().panel(functions))])
}
