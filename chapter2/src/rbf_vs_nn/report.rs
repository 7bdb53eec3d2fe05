//! The comparison in words, tables and figures.

use anyhow::Result;
use common::{
    figure::{Figure, Panel},
    section::Report,
    statistics::{Spread, root_mean_square},
    table::Table,
};

use super::{Config, Curve, Method, Outcome, regions::outside};
use crate::rbf::target;

pub(super) fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
    let last = outcome.updates.len() - 1;
    let [clean, noisy] = targets(config).map(|(_, heading)| heading);
    let mut summary = format!(
        "root mean square error after {} updates, median [range] of {} seeds\n\
         inside [0, 1]\nparameters  {:<18}  {clean:<26}  {noisy}\n",
        config.training.num_updates, config.training.num_seeds, "method",
    );
    let cell = |spread: &Spread| {
        let [median, low, high] = spread.at(last);
        format!("{median:.1e} [{low:.1e}, {high:.1e}]")
    };
    let lines = |n: usize, errors: fn(&Curve) -> &Spread| {
        Method::ALL.map(|method| {
            let curves = outcome.curves.iter().filter(|curve| curve.n == n && curve.method == method);
            let cells: Vec<String> = curves.map(|curve| format!("{:<26}", cell(errors(curve)))).collect();
            let line = format!("{:>10}  {:<18}  {}", method.num_parameters(n), method.label(), cells.join("  "));
            format!("{}\n", line.trim_end())
        })
    };
    summary.extend(config.num_parameters.iter().flat_map(|&n| lines(n, |curve| &curve.inside)));
    summary += "outside, on [−0.5, 0) and (1, 1.5]\n";
    summary.extend(lines(shown(config), |curve| &curve.outside));
    let nothing = root_mean_square(outside().into_iter().map(target));
    summary += &format!("the answer g = 0 has {nothing:.1e} outside");
    let best = |noisy| {
        let curves = outcome.curves.iter().filter(move |curve| curve.noisy == noisy);
        let best = curves.min_by(|a, b| a.inside.median[last].total_cmp(&b.inside.median[last]));
        best.map_or_else(String::new, |curve| {
            let n = curve.method.num_parameters(curve.n);
            format!("{} with {n}", curve.method.label())
        })
    };
    let mut by_updates = Table::new("update", columns());
    for (k, &update) in outcome.updates.iter().enumerate() {
        by_updates.push(update, &outcome.errors(shown(config), k));
    }
    let mut by_parameters = Table::new("n", columns());
    for &n in &config.num_parameters {
        by_parameters.push(n, &outcome.errors(n, last));
    }
    let report = Report::new(format!("smallest error: {} (clean), {} (noisy)", best(false), best(true)), summary)
        .table("history", &by_updates)
        .table("parameters", &by_parameters);
    Ok(Report { figures: figures(config, outcome), ..report })
}

/// The targets, whether noisy and by name.
fn targets(config: &Config) -> [(bool, String); 2] {
    [(false, "no noise".into()), (true, format!("noise {}", config.noise_std))]
}

/// The n for which the course of training is shown: the middle one.
fn shown(config: &Config) -> usize {
    config.num_parameters[config.num_parameters.len() / 2]
}

impl Outcome {
    fn of(&self, noisy: bool, method: Method) -> impl Iterator<Item = &Curve> {
        self.curves.iter().filter(move |curve| curve.noisy == noisy && curve.method == method)
    }

    fn shown(&self, config: &Config, noisy: bool, method: Method) -> Option<&Curve> {
        self.of(noisy, method).find(|curve| curve.n == shown(config))
    }

    /// The errors of all that has this n at checkpoint `k`, in the order of [`columns`].
    fn errors(&self, n: usize, k: usize) -> Vec<f64> {
        let curves = self.curves.iter().filter(|curve| curve.n == n);
        curves.flat_map(|curve| [curve.inside.at(k), curve.outside.at(k)].concat()).collect()
    }
}

/// `clean_relu_inside_median` and so on, in the order of the curves of one n.
fn columns() -> Vec<String> {
    let mut columns = vec![];
    for target in ["clean", "noisy"] {
        for method in Method::ALL {
            for region in ["inside", "outside"] {
                let name = |value: &str| format!("{target}_{}_{region}_{value}", method.name());
                columns.extend(["median", "low", "high"].map(name));
            }
        }
    }
    columns
}

fn figures(config: &Config, outcome: &Outcome) -> Vec<(&'static str, Figure)> {
    let last = outcome.updates.len() - 1;
    let updates: Vec<f64> = outcome.updates[1..].iter().map(|&k| k as f64).collect(); // 0 has no place on a log axis
    let nothing = root_mean_square(outside().into_iter().map(target));
    let panel = |title: String, x: &str, [low, high]: [f64; 2]| {
        Panel::new(title, x, "RMS of g − target").log_x().log_y().y_range(low, high)
    };
    let by_n = |mut panel: Panel, noisy: bool, errors: fn(&Curve) -> &Spread| {
        for (style, method) in Method::ALL.into_iter().enumerate() {
            let ns = outcome.of(noisy, method).map(|c| method.num_parameters(c.n) as f64);
            let ends = outcome.of(noisy, method).map(|c| errors(c).at(last));
            panel = Spread::through(ends).draw(panel, method.label(), &ns.collect::<Vec<_>>(), style);
        }
        panel
    };
    // A fit worse than the target is large leaves the panel: least squares does that when it interpolates noise.
    let range = |noisy| {
        let curves = outcome.curves.iter().filter(|curve| curve.noisy == noisy);
        let lowest = curves.flat_map(|c| c.inside.low[1..].iter().copied()).fold(0.1, f64::min);
        [0.7 * lowest.max(1e-12), 1.0]
    };
    let (mut by_parameters, mut by_updates, mut outside) = (Figure::new(), Figure::new(), Figure::new());
    for (noisy, heading) in targets(config) {
        let title = format!("Inside [0, 1], {heading}");
        let parameters = panel(title, "number of parameters", range(noisy));
        by_parameters = by_parameters.panel(by_n(parameters, noisy, |curve| &curve.inside)).columns(1);

        let title = format!("Inside [0, 1] with {} parameters, {heading}", shown(config));
        let mut course = panel(title, "update", range(noisy));
        for (style, method) in Method::ALL.into_iter().enumerate() {
            if let Some(curve) = outcome.shown(config, noisy, method) {
                course = curve.inside.from(1).draw(course, method.label(), &updates, style);
            }
        }
        by_updates = by_updates.panel(course).columns(1);

        let title = format!("On [−0.5, 0) and (1, 1.5], {heading}");
        let far = panel(title, "number of parameters", [0.1 * nothing, 10.0 * nothing]);
        let far = far.hline("the answer g = 0", nothing);
        outside = outside.panel(by_n(far, noisy, |curve| &curve.outside)).columns(1);
    }
    vec![("parameters", by_parameters), ("updates", by_updates), ("outside", outside)]
}
