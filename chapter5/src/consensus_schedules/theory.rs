//! What theory offers: from the ends of the spectrum, or from all of it.

use anyhow::Result;
use candle_core::Tensor;
use common::{
    ops::AffineStep,
    sampling::{Rng, grid},
    unfolding::{Algorithm, Period, Schedule, theory},
};

use super::{Config, Curve, Graph, curve::count};
use crate::du_consensus::spectral::errors;

/// For legends: `T = 8`, `free`.
pub fn period_label(period: Period) -> String {
    match period {
        Period::Free => "free".into(),
        Period::Of(_) => period.label(),
    }
}

/// The constant step with the least error after `depth` iterations: from a grid over all that converge, made finer twice.
pub fn best_constant(eigenvalues: &[f64], depth: usize) -> f64 {
    let ones = vec![1.0; eigenvalues.len()];
    let (mut low, mut high) = (0.0, 2.0 / eigenvalues[eigenvalues.len() - 1]);
    for _ in 0..4 {
        let etas = grid(low, high, 201);
        let error = |eta: f64| errors(&vec![eta; depth], eigenvalues, &ones)[depth];
        let best = (1..200).fold(1, |best, i| if error(etas[i]) < error(etas[best]) { i } else { best });
        (low, high) = (etas[best - 1], etas[best + 1]);
    }
    0.5 * (low + high)
}

/// Leja's order of the roots 1/η: the largest first, then always the one farthest from all before, by the product of distances.
///
/// No product of the first factors, and none of the last, gets large then.
// ANCHOR: leja
pub fn leja(steps: &[f64]) -> Vec<f64> {
    let mut left: Vec<f64> = steps.iter().map(|eta| 1.0 / eta).collect();
    let mut ordered: Vec<f64> = vec![];
    while !left.is_empty() {
        let distance = |root: f64| match &ordered[..] {
            [] => root,
            some => some.iter().map(|other| (root - other).abs().ln()).sum(),
        };
        let next = (0..left.len()).fold(0, |best, i| if distance(left[i]) > distance(left[best]) { i } else { best });
        ordered.push(left.swap_remove(next));
    }
    ordered.iter().map(|root| 1.0 / root).collect()
}
// ANCHOR_END: leja

/// 1/λ for each different eigenvalue, short steps first.
pub fn finite_time(eigenvalues: &[f64]) -> Vec<f64> {
    let mut roots = eigenvalues.to_vec();
    roots.dedup_by(|a, b| (*a - *b).abs() < 1e-9 * *b);
    roots.iter().rev().map(|lambda| 1.0 / lambda).collect()
}

/// Always the step 1/λ for the eigenvalue with the most left: |Π(1 − ηλ)|, and what rounding adds to it in each iteration.
// ANCHOR: repeated
pub fn repeated(eigenvalues: &[f64], depth: usize) -> Vec<f64> {
    let mut left = vec![1.0; eigenvalues.len()];
    let mut step = |_| {
        let most = (0..left.len()).fold(0, |most, i| if left[i] > left[most] { i } else { most });
        let eta = 1.0 / eigenvalues[most];
        for (left, lambda) in left.iter_mut().zip(eigenvalues) {
            *left = *left * (1.0 - eta * lambda).abs() + f64::EPSILON;
        }
        eta
    };
    (0..depth).map(&mut step).collect()
}
// ANCHOR_END: repeated

/// The Chebyshev iteration in three terms: xₖ₊₁ = xₖ₋₁ + ωₖ(xₖ − ηLxₖ − xₖ₋₁), the best polynomial for every k, not for one only.
// ANCHOR: three_term
#[derive(Debug)]
pub struct ThreeTerm {
    /// x ← x − ηLx
    pub step: AffineStep,
    /// η = 2/(λ₂ + λmax)
    pub step_size: Schedule,
    /// ωₖ
    pub omega: Vec<f64>,
}

impl Algorithm for ThreeTerm {
    type Data = Tensor;

    fn schedules(&self) -> Vec<&Schedule> {
        vec![&self.step_size]
    }

    /// x is `[K, n]` at first, and then `[K, 2n]`: the present and the previous point.
    fn iterate(&self, k: usize, x: &Tensor, zeros: &Tensor, _: &mut Rng) -> Result<Tensor> {
        let n = zeros.dim(0)?;
        let point = x.narrow(1, 0, n)?.contiguous()?;
        let previous = if k == 0 { point.clone() } else { x.narrow(1, n, n)? };
        let stepped = self.step.forward(&point, &self.step_size.at(k)?, zeros)?;
        let next = (&previous + ((stepped - &previous)? * self.omega[k])?)?;
        Ok(Tensor::cat(&[&next, &point], 1)?)
    }

    fn estimate(&self, x: &Tensor, zeros: &Tensor) -> Result<Tensor> {
        Ok(x.narrow(1, 0, zeros.dim(0)?)?.contiguous()?)
    }
}

/// ω₀ = 1, ω₁ = 1/(1 − ρ²/2), ωₖ₊₁ = 1/(1 − ρ²ωₖ/4) with ρ = (λmax − λ₂)/(λmax + λ₂).
pub fn omega(eigenvalues: &[f64], depth: usize) -> Vec<f64> {
    let rho2 = theory::contraction(&[theory::fixed_step_size(eigenvalues)], eigenvalues).powi(2);
    let next = |&omega: &f64| Some(1.0 / (1.0 - rho2 * omega / 4.0));
    std::iter::once(1.0).chain(std::iter::successors(Some(1.0 / (1.0 - rho2 / 2.0)), next)).take(depth).collect()
}
// ANCHOR_END: three_term

fn three_term(config: &Config, graph: &Graph, seed: u64) -> Result<Curve> {
    let (eigenvalues, depth) = (&graph.eigenvalues, config.num_iterations);
    let eta = theory::fixed_step_size(eigenvalues);
    let omega = omega(eigenvalues, depth);
    let mut exact = vec![0.0; depth + 1];
    for lambda in eigenvalues {
        let (mut previous, mut point) = (1.0, 1.0);
        exact[0] += 1.0;
        for (k, omega) in omega.iter().enumerate() {
            (previous, point) = (point, previous + omega * ((1.0 - eta * lambda) * point - previous));
            exact[k + 1] += point * point;
        }
    }
    let step_size = Schedule::constant("step_size", eta, graph.laplacian.device())?;
    let algorithm = ThreeTerm { step: AffineStep::new(&graph.laplacian)?, step_size, omega };
    let counted = count(config, graph, &algorithm, seed)?;
    Ok(Curve { name: "three_term".into(), label: "Chebyshev, three terms".into(), steps: vec![], exact, counted })
}

/// All of theory's methods on a graph.
pub fn curves(config: &Config, graph: &Graph, seed: u64) -> Result<Vec<Curve>> {
    let (eigenvalues, depth) = (&graph.eigenvalues, config.num_iterations);
    let cycle = |steps: Vec<f64>| steps.into_iter().cycle().take(depth).collect::<Vec<f64>>();
    let reversed = |steps: &[f64]| steps.iter().rev().copied().collect::<Vec<f64>>();
    let mut all = vec![
        (
            "constant".to_owned(),
            "constant, 2/(λ₂ + λmax)".to_owned(),
            cycle(vec![theory::fixed_step_size(eigenvalues)]),
        ),
        ("best_constant".into(), "best constant".into(), cycle(vec![best_constant(eigenvalues, depth)])),
    ];
    for period in config.period.iter().filter(|&&period| period != Period::Free && period != Period::Of(1)) {
        let steps = theory::chebyshev_step_sizes(eigenvalues, period.length(depth));
        all.push((
            format!("chebyshev_{}", period.name()),
            format!("Chebyshev, {}", period_label(*period)),
            cycle(steps),
        ));
    }
    let chebyshev = theory::chebyshev_step_sizes(eigenvalues, depth);
    let finite = finite_time(eigenvalues);
    let shown = if finite.len() > depth { format!("{depth} of {}", finite.len()) } else { finite.len().to_string() };
    for (name, label, steps) in
        [("chebyshev", format!("Chebyshev, T = {depth}"), chebyshev), ("finite", format!("1/λ, {shown} steps"), finite)]
    {
        for (order, words, steps) in [
            ("ascending", "short ones first", steps.clone()),
            ("descending", "long ones first", reversed(&steps)),
            ("leja", "Leja's order", leja(&steps)),
        ] {
            all.push((format!("{name}_{order}"), format!("{label}, {words}"), steps));
        }
    }
    all.push(("repeated".into(), "1/λ, with repetitions".into(), repeated(eigenvalues, depth)));
    let of = |(name, label, steps)| Curve::of_steps(config, graph, (name, label), steps, seed);
    let mut curves = all.into_iter().map(of).collect::<Result<Vec<_>>>()?;
    curves.push(three_term(config, graph, seed)?);
    Ok(curves)
}
