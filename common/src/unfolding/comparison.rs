use anyhow::Result;
use candle_core::{Device, Tensor};

use super::theory;
use crate::{
    plot::{Figure, Panel, Series},
    section::Report,
    table::Table,
};

/// The MSE after 0, 1, 2 … iterations.
#[derive(Debug, Clone)]
pub struct Curve {
    /// Column in `mse.csv`: `fixed…` or `learned…`
    pub name: String,
    /// Name in the legend
    pub label: String,
    /// Entry k: after k iterations
    pub mse: Vec<f64>,
}

/// A baseline.
#[derive(Debug, Clone)]
pub struct Fixed {
    /// Its MSE
    pub curve: Curve,
    /// Its step size
    pub step_size: f64,
}

/// A trained algorithm.
#[derive(Debug, Clone)]
pub struct Learned {
    /// Its MSE
    pub curve: Curve,
    /// Its schedules by name, the step sizes first
    pub schedules: Vec<(&'static str, Vec<f64>)>,
    /// See [`super::Incremental::train`]
    pub generations: Table,
}

impl Learned {
    /// The learned step sizes.
    pub fn step_sizes(&self) -> &[f64] {
        self.schedules.first().map_or(&[], |(_, values)| values)
    }

    /// `_T8` of `learned_T8`: what the columns of this training end with.
    fn suffix(&self) -> &str {
        self.curve.name.strip_prefix("learned").unwrap_or_default()
    }
}

/// Algorithms with fixed and with learned step sizes on the same problems.
#[derive(Debug, Clone, Default)]
pub struct Comparison {
    /// The baselines, at least one
    pub fixed: Vec<Fixed>,
    /// The learned ones, at least one
    pub learned: Vec<Learned>,
    /// The eigenvalues, ascending, of the quadratics that are minimised; empty where theory has nothing to say.
    /// With them the figures show the theoretical rates, and the Chebyshev steps beside periodic learned ones.
    pub eigenvalues: Vec<f64>,
}

/// Step sizes with a longer period than this are not compared with Chebyshev steps.
const LONGEST_PERIOD: usize = 16;

impl Comparison {
    /// The least MSE of a baseline after `k` iterations.
    pub fn best_fixed(&self, k: usize) -> f64 {
        let mse = self.fixed.iter().map(|fixed| fixed.curve.mse[k]);
        mse.fold(f64::INFINITY, f64::min)
    }

    /// Tables, figures and a summary with the MSE after each number in `iterations`, the last of them in the headline.
    pub fn report(&self, title: &str, iterations: &[usize]) -> Result<Report> {
        let (mut summary, mut headline) = (String::new(), String::new());
        for &k in iterations {
            summary += &format!("MSE after {k} iterations\n");
            for Fixed { curve, .. } in &self.fixed {
                summary += &format!("  {:<44} {:.4e}\n", curve.label, curve.mse[k]);
            }
            for Learned { curve, .. } in &self.learned {
                let ratio = self.best_fixed(k) / curve.mse[k];
                summary += &format!("  {:<44} {:.4e}  fixed/learned {ratio:.4}\n", curve.label, curve.mse[k]);
                headline = format!("MSE {:.2e} → {:.2e}, ratio {ratio:.3}", self.best_fixed(k), curve.mse[k]);
            }
        }
        if !self.eigenvalues.is_empty() {
            summary += "contraction per iteration, from the eigenvalues\n";
            for Fixed { curve, step_size } in &self.fixed {
                summary +=
                    &format!("  {:<44} {:.4}\n", curve.label, theory::contraction(&[*step_size], &self.eigenvalues));
            }
            for learned in self.periodic() {
                let rate = theory::contraction(learned.step_sizes(), &self.eigenvalues);
                let best = theory::chebyshev_rate(&self.eigenvalues, learned.step_sizes().len());
                summary += &format!("  {:<44} {rate:.4}  Chebyshev steps {best:.4}\n", learned.curve.label);
            }
        }
        Ok(Report {
            headline,
            summary,
            final_loss: self.learned.last().and_then(|learned| learned.curve.mse.last().copied()),
            tables: vec![
                ("generation", self.generation_table()),
                ("mse", self.mse_table()),
                ("step_sizes", self.step_size_table()),
            ],
            figures: vec![("mse", Figure::new().panel(self.mse_panel(title))), ("step_sizes", self.step_size_figure())],
            parameters: self.parameters()?,
        })
    }

    /// All curves, the baselines first.
    fn curves(&self) -> impl Iterator<Item = &Curve> {
        let fixed = self.fixed.iter().map(|fixed| &fixed.curve);
        fixed.chain(self.learned.iter().map(|learned| &learned.curve))
    }

    /// Whether theory can say something about a training: few step sizes that take turns, and nothing else learned.
    fn is_periodic(&self, learned: &Learned) -> bool {
        !self.eigenvalues.is_empty() && learned.schedules.len() == 1 && learned.step_sizes().len() <= LONGEST_PERIOD
    }

    fn periodic(&self) -> impl Iterator<Item = &Learned> {
        self.learned.iter().filter(|learned| self.is_periodic(learned))
    }

    fn chebyshev(&self, learned: &Learned) -> Vec<f64> {
        theory::chebyshev_step_sizes(&self.eigenvalues, learned.step_sizes().len())
    }

    /// One training: its table. Several: one below the other, with the number of the training in a column more.
    fn generation_table(&self) -> Table {
        if let [learned] = &self.learned[..] {
            return learned.generations.clone();
        }
        let mut all = Table::new("depth", ["train_loss", "test_mse", "training"]);
        for (index, learned) in self.learned.iter().enumerate() {
            for (depth, values) in learned.generations.rows() {
                all.push(*depth, &[&values[..], &[(index + 1) as f64]].concat());
            }
        }
        all
    }

    fn mse_table(&self) -> Table {
        let columns = self.curves().map(|curve| (curve.name.clone(), curve.mse.clone()));
        table_of_columns("iteration", 0, &columns.collect::<Vec<_>>())
    }

    /// Row k: what iteration k (from 1) uses. The Chebyshev steps are in the order of their formula.
    fn step_size_table(&self) -> Table {
        let mut columns = vec![];
        for learned in &self.learned {
            columns.push((learned.curve.name.clone(), learned.step_sizes().to_vec()));
            for (name, values) in learned.schedules.iter().skip(1) {
                columns.push((format!("{name}{}", learned.suffix()), values.clone()));
            }
        }
        for learned in self.periodic() {
            columns.push((format!("chebyshev{}", learned.suffix()), self.chebyshev(learned)));
        }
        table_of_columns("iteration", 1, &columns)
    }

    /// MSE against iteration, with the rates of theory as dotted lines.
    pub fn mse_panel(&self, title: &str) -> Panel {
        let mut panel = Panel::new(title, "iteration", "MSE = ‖X* − X‖² / K").log_y();
        for Curve { label, mse, .. } in self.curves() {
            panel = panel.series(Series::line_with_markers(label, &counter(0, mse.len()), mse));
        }
        for (style, (mse, rate)) in self.rates() {
            let line: Vec<f64> = (0..mse.len()).map(|k| mse[0] * rate.powi(2 * k as i32)).collect();
            let label = format!("theory, error × {rate:.3}");
            let series = Series::line(label, &counter(0, mse.len()), &line);
            panel = panel.series(series.style(style).dotted().thin());
        }
        panel
    }

    /// Number in the figure and MSE of each curve that theory gives a rate for, with that rate: what an iteration does to
    /// the error ‖x* − x‖ at worst.
    fn rates(&self) -> Vec<(usize, (&[f64], f64))> {
        if self.eigenvalues.is_empty() {
            return vec![];
        }
        let fixed = self.fixed.iter().map(|fixed| {
            let rate = theory::contraction(&[fixed.step_size], &self.eigenvalues);
            Some((&fixed.curve.mse[..], rate))
        });
        let learned = self.learned.iter().map(|learned| {
            let rate = theory::contraction(learned.step_sizes(), &self.eigenvalues);
            Some((&learned.curve.mse[..], rate)).filter(|_| self.is_periodic(learned))
        });
        let numbered = fixed.chain(learned).enumerate();
        numbered.filter_map(|(style, rate)| Some((style, rate?))).collect()
    }

    /// Each training's schedules by iteration, and beside them the step sizes sorted, with the Chebyshev steps.
    fn step_size_figure(&self) -> Figure {
        let mut figure = Figure::new();
        for learned in &self.learned {
            for (index, (name, values)) in learned.schedules.iter().enumerate() {
                let mut panel = Panel::new(&learned.curve.label, "iteration", name.replace('_', " "))
                    .series(Series::line_with_markers("learned", &counter(1, values.len()), values));
                for Fixed { curve, step_size } in self.fixed.iter().filter(|_| index == 0) {
                    panel = panel.hline(&curve.label, *step_size);
                }
                figure = figure.panel(panel);
            }
            if !self.is_periodic(learned) {
                continue;
            }
            let sorted = |mut values: Vec<f64>| {
                values.sort_by(f64::total_cmp);
                values
            };
            let (learned_steps, chebyshev) = (sorted(learned.step_sizes().to_vec()), sorted(self.chebyshev(learned)));
            let x = counter(1, chebyshev.len());
            figure = figure.panel(
                Panel::new(format!("{}, sorted", learned.curve.label), "rank", "step size")
                    .series(Series::line_with_markers("learned", &x, &learned_steps))
                    .series(Series::line_with_markers("Chebyshev", &x, &chebyshev)),
            );
        }
        figure.columns(2)
    }

    fn parameters(&self) -> Result<Vec<(String, Tensor)>> {
        let mut parameters = vec![];
        for learned in &self.learned {
            for (name, values) in &learned.schedules {
                let name = format!("{name}{}", learned.suffix());
                parameters.push((name, Tensor::new(&values[..], &Device::Cpu)?));
            }
        }
        Ok(parameters)
    }
}

/// `first`, `first` + 1, …, `count` of them.
fn counter(first: usize, count: usize) -> Vec<f64> {
    (first..first + count).map(|k| k as f64).collect()
}

/// Columns, of different lengths maybe, side by side.
fn table_of_columns(name: &str, first: usize, columns: &[(String, Vec<f64>)]) -> Table {
    let mut table = Table::new(name, columns.iter().map(|(name, _)| name.clone()));
    let length = columns.iter().map(|(_, values)| values.len()).max().unwrap_or(0);
    for row in 0..length {
        let values = columns.iter().map(|(_, values)| values.get(row).copied().unwrap_or(f64::NAN));
        table.push(first + row, &values.collect::<Vec<_>>());
    }
    table
}
