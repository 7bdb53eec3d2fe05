//! What the section shows.

use anyhow::Result;
use common::{
    figure::{Figure, Panel, Series},
    section::Report,
    statistics::{Spread, root_mean_square},
    table::Table,
};

use super::{ADJOINT_STEPS, Coarse, Config, METHODS, NUM_STEPS, Outcome, TRAININGS};

/// The slope of the last two points that are well above rounding, per factor of two.
fn order(values: &[f64], floor: f64) -> f64 {
    let above: Vec<f64> = values.iter().copied().filter(|v| v.is_finite() && *v > floor).collect();
    match above[..] {
        [.., a, b] => (a / b).log2(),
        _ => f64::NAN,
    }
}

/// Root mean square distances on the training's grid: coarse solution from sin t, fine solution from sin t, and from each other.
fn distances(network: &Coarse) -> [f64; 3] {
    let rms = |a: &[f64], b: &[f64]| root_mean_square(a.iter().zip(b).map(|(a, b)| a - b));
    let exact: Vec<f64> = network.ts.iter().map(|t| t.sin()).collect();
    [rms(&network.coarse, &exact), rms(&network.fine, &exact), rms(&network.coarse, &network.fine)]
}

/// Words, tables and the figures.
pub fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
    let mut summary = String::from("bias a − 2 of the learned coefficient, N = 10 … 320, and its order\n");
    let biases: Vec<Vec<f64>> =
        outcome.coefficients.iter().map(|row| row.iter().map(|a| (a - 2.0).abs()).collect()).collect();
    for (method, bias) in METHODS.iter().zip(&biases) {
        let list: Vec<_> = bias.iter().map(|b| format!("{b:.1e}")).collect();
        summary += &format!("  {:<9} {}  order {:.2}\n", method.label(), list.join(" "), order(bias, 1e-11));
    }
    summary += "continuous adjoint from backprop, relative, N = 250 … 8000, and its order\n";
    for (method, apart) in METHODS.iter().zip(&outcome.adjoints) {
        let list: Vec<_> = apart.iter().map(|b| format!("{b:.1e}")).collect();
        summary += &format!("  {:<9} {}  order {:.2}\n", method.label(), list.join(" "), order(apart, 1e-9));
    }
    summary += &format!(
        "networks trained on sin t with few steps, {} seeds\n\
         root mean square distance from sin t, median [range]\n",
        config.num_seeds
    );
    let spreads: Vec<Spread> =
        outcome.networks.iter().map(|runs| Spread::of(&runs.iter().map(distances).collect::<Vec<_>>())).collect();
    for ((method, n), spread) in TRAININGS.iter().zip(&spreads) {
        let text = |i| {
            let [median, low, high] = spread.at(i);
            format!("{median:.4} [{low:.4}, {high:.4}]")
        };
        summary +=
            &format!("  {:<9} N = {n:<3} as trained {}, integrated finely {}\n", method.label(), text(0), text(1));
    }
    let mut bias = Table::new("steps", METHODS.map(|m| m.label().replace(' ', "_")));
    for (i, &n) in NUM_STEPS.iter().enumerate() {
        bias.push(n, &biases.iter().map(|row| row[i]).collect::<Vec<_>>());
    }
    let names = METHODS.iter().flat_map(|m| ["continuous", "discrete"].map(|kind| format!("{kind}_{}", m.label())));
    let mut adjoints = Table::new("steps", names);
    for (i, &n) in ADJOINT_STEPS.iter().enumerate() {
        let pairs = outcome.adjoints.iter().zip(&outcome.discrete);
        adjoints.push(n, &pairs.flat_map(|(a, d)| [a[i], d[i]]).collect::<Vec<_>>());
    }
    Ok(Report::new(
        format!("orders {}", biases.iter().map(|b| format!("{:.2}", order(b, 1e-11))).collect::<Vec<_>>().join(", ")),
        summary,
    )
    .table("bias", &bias)
    .table("adjoints", &adjoints)
    .figure("order", figure(outcome, &biases, &spreads)))
}

fn figure(outcome: &Outcome, biases: &[Vec<f64>], spreads: &[Spread]) -> Figure {
    let steps = NUM_STEPS.map(|n| n as f64);
    let mut bias = Panel::new("Bias of the learned coefficient", "number of steps N", "|a − 2|").log_x().log_y();
    for (method, row) in METHODS.iter().zip(biases) {
        bias = bias.series(Series::line_with_markers(
            format!("{}, order {}", method.label(), method.order()),
            &steps,
            row,
        ));
    }
    let steps = ADJOINT_STEPS.map(|n| n as f64);
    let mut adjoint =
        Panel::new("Gradients of Lotka–Volterra", "number of steps N", "relative distance").log_x().log_y();
    for (style, (method, row)) in METHODS.iter().zip(&outcome.adjoints).enumerate() {
        adjoint = adjoint
            .series(
                Series::line_with_markers(format!("continuous from discrete, {}", method.label()), &steps, row)
                    .style(style)
                    .solid(),
            )
            .series(
                Series::line(format!("discrete from exact, {}", method.label()), &steps, &outcome.discrete[style])
                    .style(style)
                    .dotted(),
            );
    }
    let example = &outcome.networks[0][0];
    let exact: Vec<f64> = example.ts.iter().map(|t| t.sin()).collect();
    let network = Panel::new("A network trained with 10 Euler steps", "t", "x₁(t)")
        .series(Series::line("sin t", &example.ts, &exact).style(3))
        .series(Series::line_with_markers("as trained", &example.ts, &example.coarse).style(0))
        .series(Series::line_with_markers("integrated finely", &example.ts, &example.fine).style(1));
    let euler: Vec<f64> = TRAININGS[..4].iter().map(|(_, n)| *n as f64).collect();
    let through = |i: usize| Spread::through(spreads[..4].iter().map(|spread| spread.at(i)));
    let mut distance =
        Panel::new("Networks trained with N Euler steps", "number of steps N", "distance from sin t").log_x().log_y();
    distance = through(0).draw(distance, "as trained", &euler, 0);
    distance = through(1).draw(distance, "integrated finely", &euler, 1);
    Figure::new().panel(bias).panel(adjoint).panel(network).panel(distance)
}
