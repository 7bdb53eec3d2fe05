use anyhow::Result;
use candle_core::Tensor;

use super::theory;
use crate::{
    figure::{Figure, Panel, Series},
    section::Report,
    table::Table,
};

/// An algorithm with fixed or with learned numbers, and how far it gets.
#[derive(Debug, Clone)]
pub struct Method {
    /// Column in the tables: `fixed…` or `learned…`
    pub name: String,
    /// Name in the legend
    pub label: String,
    /// The problem's metric, by default the MSE; entry k: after k iterations
    pub mse: Vec<f64>,
    /// Its schedules by name, `[T, …]`, the step sizes first; where something was learned, what was learned
    pub schedules: Vec<(&'static str, Tensor)>,
    /// See [`super::Training::train`]; none for a method with nothing to learn
    pub generations: Option<Table>,
}

impl Method {
    /// The entries of a schedule of numbers, by iteration; empty where there is none of that name.
    pub fn schedule(&self, name: &str) -> Vec<f64> {
        let found = self.schedules.iter().find(|(n, _)| *n == name);
        found.and_then(|(_, entries)| entries.to_vec1().ok()).unwrap_or_default()
    }

    /// The step sizes.
    pub fn step_sizes(&self) -> Vec<f64> {
        self.schedules.first().map_or_else(Vec::new, |(name, _)| self.schedule(name))
    }

    /// The schedules that are numbers, by name.
    fn numbers(&self) -> impl Iterator<Item = (&'static str, Vec<f64>)> {
        let numbers = self.schedules.iter().filter(|(_, entries)| entries.rank() == 1);
        numbers.map(|(name, _)| (*name, self.schedule(name)))
    }

    /// `_T8` of `learned_T8`: what the columns of this training end with.
    fn suffix(&self) -> &str {
        self.name.strip_prefix("learned").unwrap_or_default()
    }
}

/// `fixed step η = 0.0123`, for legends.
pub fn fixed_label(step_size: f64) -> String {
    let significant: f64 = format!("{step_size:.2e}").parse().unwrap_or(step_size);
    format!("fixed step η = {significant}")
}

/// Algorithms with fixed and with learned step sizes on the same problems.
#[derive(Debug, Clone, Default)]
pub struct Comparison {
    /// The baselines, at least one, and the learned ones
    pub methods: Vec<Method>,
    /// The eigenvalues, ascending, of the quadratics that are minimised; empty where theory has nothing to say.
    /// With them the figures show the theoretical rates, and the Chebyshev steps beside periodic learned ones.
    pub eigenvalues: Vec<f64>,
    /// What is measured
    pub metric: Metric,
}

/// How the problem's metric is called.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    /// In words
    pub name: &'static str,
    /// On the figure's axis
    pub axis: &'static str,
}

impl Default for Metric {
    fn default() -> Self {
        Self { name: "MSE", axis: "MSE = ‖X* − X‖² / K" }
    }
}

/// Step sizes with a longer period than this are not compared with Chebyshev steps.
const LONGEST_PERIOD: usize = 16;

impl Comparison {
    /// A comparison of quadratics with these eigenvalues.
    pub fn of_quadratics(eigenvalues: &[f64]) -> Self {
        Self { eigenvalues: eigenvalues.to_vec(), ..Self::default() }
    }

    /// Adds a method.
    pub fn push(&mut self, method: Method) {
        self.methods.push(method);
    }

    /// The baselines.
    pub fn fixed(&self) -> impl Iterator<Item = &Method> {
        self.methods.iter().filter(|method| method.generations.is_none())
    }

    /// The methods that were trained.
    pub fn learned(&self) -> impl Iterator<Item = &Method> {
        self.methods.iter().filter(|method| method.generations.is_some())
    }

    /// The least MSE of a baseline after `k` iterations.
    pub fn best_fixed(&self, k: usize) -> f64 {
        self.fixed().map(|method| method.mse[k]).fold(f64::INFINITY, f64::min)
    }

    /// Tables, figures and a summary with the MSE after each number in `iterations`, the last of them in the headline.
    pub fn report(&self, title: &str, iterations: &[usize]) -> Result<Report> {
        let (mut summary, mut headline) = (String::new(), String::new());
        let what = self.metric.name;
        let mut iterations = iterations.to_vec();
        iterations.dedup();
        for k in iterations {
            summary += &format!("{what} after {k} iterations\n");
            for method in self.fixed() {
                summary += &format!("  {:<44} {:.4e}\n", method.label, method.mse[k]);
            }
            for method in self.learned() {
                let ratio = ratio(self.best_fixed(k), method.mse[k]);
                summary += &format!("  {:<44} {:.4e}  fixed/learned {ratio:.4}\n", method.label, method.mse[k]);
                headline = format!("{what} {:.2e} → {:.2e}, ratio {ratio:.3}", self.best_fixed(k), method.mse[k]);
            }
        }
        if !self.eigenvalues.is_empty() {
            summary += "contraction per iteration, from the eigenvalues\n";
            for method in self.methods.iter().filter(|method| self.has_rate(method)) {
                let steps = method.step_sizes();
                summary += &format!("  {:<44} {:.4}", method.label, theory::contraction(&steps, &self.eigenvalues));
                if method.generations.is_some() {
                    let best = theory::chebyshev_rate(&self.eigenvalues, steps.len());
                    summary += &format!("  Chebyshev steps {best:.4}");
                }
                summary += "\n";
            }
        }
        let mut report = Report::new(headline, summary)
            .table("generation", &self.generation_table())
            .table("mse", &self.mse_table())
            .table("step_sizes", &self.step_size_table())
            .figure("mse", Figure::new().panel(self.mse_panel(title)))
            .figure("step_sizes", self.step_size_figure());
        if self.learned().any(|method| self.has_polynomial(method)) {
            report = report.figure("polynomial", self.polynomial_figure());
        }
        report.final_loss = self.learned().last().and_then(|method| method.mse.last().copied());
        for method in self.learned() {
            for (name, entries) in &method.schedules {
                report = report.parameter(format!("{name}{}", method.suffix()), entries);
            }
        }
        Ok(report)
    }

    /// Whether theory can say how fast a method gets on: a few step sizes that take turns, and nothing else learned.
    fn has_rate(&self, method: &Method) -> bool {
        let only_steps = method.generations.is_none() || method.schedules.len() == 1;
        !self.eigenvalues.is_empty() && only_steps && (1..=LONGEST_PERIOD).contains(&method.step_sizes().len())
    }

    fn periodic(&self) -> impl Iterator<Item = &Method> {
        self.learned().filter(|method| self.has_rate(method))
    }

    /// Whether p(λ) says all of a method: its step sizes are numbers, and nothing else is learned.
    fn has_polynomial(&self, method: &Method) -> bool {
        !self.eigenvalues.is_empty() && method.schedules.len() == 1 && !method.step_sizes().is_empty()
    }

    fn chebyshev(&self, method: &Method) -> Vec<f64> {
        theory::chebyshev_step_sizes(&self.eigenvalues, method.step_sizes().len())
    }

    /// One training: its table. Several: one below the other, with the number of the training in a column more.
    fn generation_table(&self) -> Table {
        let tables: Vec<&Table> = self.learned().filter_map(|method| method.generations.as_ref()).collect();
        match &tables[..] {
            [] => Table::new("depth", ["train_loss", "test_mse"]),
            [table] => (*table).clone(),
            [first, ..] => {
                let mut all = Table::new(&first.columns()[0], ["train_loss", "test_mse", "training"]);
                for (index, table) in tables.iter().enumerate() {
                    for (depth, values) in table.rows() {
                        all.push(*depth, &[&values[..], &[(index + 1) as f64]].concat());
                    }
                }
                all
            }
        }
    }

    fn mse_table(&self) -> Table {
        let methods = self.fixed().chain(self.learned());
        let columns = methods.map(|method| (method.name.clone(), method.mse.clone()));
        Table::of_columns("iteration", 0, &columns.collect::<Vec<_>>())
    }

    /// Row k: what iteration k (from 1) uses. The Chebyshev steps are in the order of their formula.
    fn step_size_table(&self) -> Table {
        let mut columns = vec![];
        for method in self.learned() {
            for (index, (name, values)) in method.numbers().enumerate() {
                let suffixed = format!("{name}{}", method.suffix());
                columns.push((if index == 0 { method.name.clone() } else { suffixed }, values));
            }
        }
        for method in self.periodic() {
            columns.push((format!("chebyshev{}", method.suffix()), self.chebyshev(method)));
        }
        Table::of_columns("iteration", 1, &columns)
    }

    /// MSE against iteration, with the rates of theory as dotted lines: what an iteration does to the error ‖x* − x‖ at worst.
    pub fn mse_panel(&self, title: &str) -> Panel {
        let mut panel = Panel::new(title, "iteration", self.metric.axis).log_y();
        let methods: Vec<&Method> = self.fixed().chain(self.learned()).collect();
        for Method { label, mse, .. } in &methods {
            panel = panel.series(Series::line_with_markers(label, &counter(0, mse.len()), mse));
        }
        for (style, method) in methods.iter().enumerate().filter(|(_, method)| self.has_rate(method)) {
            let rate = theory::contraction(&method.step_sizes(), &self.eigenvalues);
            let line: Vec<f64> = (0..method.mse.len()).map(|k| method.mse[0] * rate.powi(2 * k as i32)).collect();
            let series = Series::line(format!("theory, error × {rate:.3}"), &counter(0, line.len()), &line);
            panel = panel.series(series.style(style).dotted().thin());
        }
        panel
    }

    /// Each training's schedules by iteration, and beside them the step sizes sorted, with the Chebyshev steps.
    fn step_size_figure(&self) -> Figure {
        let mut figure = Figure::new();
        for method in self.learned() {
            for (index, (name, values)) in method.numbers().enumerate() {
                let mut panel = Panel::new(&method.label, "iteration", name.replace('_', " "))
                    .series(Series::line_with_markers("learned", &counter(1, values.len()), &values));
                for fixed in self.fixed().filter(|_| index == 0) {
                    if let [step_size] = fixed.step_sizes()[..] {
                        panel = panel.hline(&fixed.label, step_size);
                    }
                }
                figure = figure.panel(panel);
            }
            if !self.has_rate(method) {
                continue;
            }
            let sorted = |mut values: Vec<f64>| {
                values.sort_by(f64::total_cmp);
                values
            };
            let (learned_steps, chebyshev) = (sorted(method.step_sizes()), sorted(self.chebyshev(method)));
            let x = counter(1, chebyshev.len());
            figure = figure.panel(
                Panel::new(format!("{}, sorted", method.label), "rank", "step size")
                    .series(Series::line_with_markers("learned", &x, &learned_steps))
                    .series(Series::line_with_markers("Chebyshev", &x, &chebyshev)),
            );
        }
        figure.columns(1)
    }

    /// For each training |p(λ)| of one period, beside as many iterations of the first baseline and as many Chebyshev steps:
    /// the factors that the error keeps along the eigenvectors.
    fn polynomial_figure(&self) -> Figure {
        let largest = self.eigenvalues.last().copied().unwrap_or(1.0);
        let grid: Vec<f64> = (0..=1000).map(|i| largest * 1.02 * f64::from(i) / 1000.0).collect();
        let factors = |steps: &[f64], at: &[f64]| -> Vec<f64> {
            at.iter().map(|&lambda| theory::polynomial(steps, lambda).abs()).collect()
        };
        let mut figure = Figure::new().columns(1);
        for method in self.learned().filter(|method| self.has_polynomial(method)) {
            let steps = method.step_sizes();
            let iterations =
                if steps.len() == 1 { "1 iteration".into() } else { format!("{} iterations", steps.len()) };
            let mut panel = Panel::new(&method.label, "eigenvalue λ", format!("|p(λ)| of {iterations}")).log_y();
            let baseline = self.fixed().find(|fixed| fixed.step_sizes().len() == 1);
            let fixed = baseline.map(|fixed| (fixed.label.as_str(), fixed.step_sizes().repeat(steps.len())));
            let curves = [("learned", steps.clone()), ("Chebyshev", self.chebyshev(method))];
            for (style, (label, steps)) in fixed.into_iter().chain(curves).enumerate() {
                panel = panel.series(Series::line(label, &grid, &factors(&steps, &grid)).style(style));
            }
            let learned = factors(&steps, &self.eigenvalues);
            let (low, high) = learned.iter().fold((1.0f64, 1.0f64), |(low, high), &p| (low.min(p), high.max(p)));
            let at = Series::scatter("learned, at the eigenvalues", &self.eigenvalues, &learned);
            figure = figure.panel(panel.series(at.style(1)).y_range((low / 10.0).max(1e-16), high * 3.0));
        }
        figure
    }
}

/// a/b, for summaries: two zeros are equal.
pub fn ratio(a: f64, b: f64) -> f64 {
    if a == b { 1.0 } else { a / b }
}

/// `first`, `first` + 1, …, `count` of them.
fn counter(first: usize, count: usize) -> Vec<f64> {
    (first..first + count).map(|k| k as f64).collect()
}
