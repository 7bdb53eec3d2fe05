//! Section 2.5, a question of the reading group: radial basis functions or a neural network?
//!
//! The target of section 2.5.1, exp(−5x)·sin(5x) at x = 0.01 … 1, clean and with noise, is fitted by
//!
//! - a sum of n radial basis functions with fixed centres, g(x; θ) = Σᵢ θᵢ·exp(−β(x − δ(i−1))²), only θ learned;
//! - networks with one hidden layer, g(x) = Σᵣ vᵣ·σ(wᵣx + bᵣ) + c, σ = relu or tanh, everything learned,
//!
//! with about as many parameters: h hidden units have 3h + 1. Both minimise Σⱼ (g(xⱼ) − yⱼ)² by Adam. For the first, the
//! best θ is known as well (least squares). Errors are root mean squares of g − target, which has no noise.
//!
//! The book sets none of these numbers; our choices: the centres cover [0, 1] evenly and each bump is as wide as their
//! distance δ = 1/(n−1) (standard deviation δ, β = 1/(2δ²)), which keeps Φ well conditioned for every n. Slopes
//! w ~ N(0, s²), with b such that the unit's bend −b/w is uniform on [0, 1] (zero biases would put all bends at 0);
//! v ~ N(0, 1/h), θ ~ N(0, 1/n), c = 0. The learning rates fall linearly to 0, since Adam at a constant rate ends in
//! oscillations that hide what a model can do.
//!
//! | symbol | here |
//! |---|---|
//! | Φ, θ | [`Model::Rbf`] |
//! | (w; b) `[2, h]`, v `[h, 1]`, c | [`Model::Network`] |
//! | s, α | `slope_std`, `rbf_rate` and `network_rate` |
//!
//! Run it with `cargo run --release --bin sec2_5_rbf_vs_nn`. Without noise, bumps need the fewest updates and relu networks
//! have the largest errors; with noise, more bumps fit more noise and networks hardly; outside, nobody knows the target.

use anyhow::Result;
use candle_core::{Device, Tensor, Var};
use candle_nn::Optimizer as _;
use common::{
    config::{self, range},
    context::{Context, Phase},
    ensemble,
    figure::{Figure, Panel},
    linalg,
    loss::sum_squared_error,
    ops::{self, FixedMap},
    optim::{Optimizer, Rule, parameter},
    sampling::{self, Rng, grid},
    section::{Preset, Report, Section},
    statistics::{Spread, root_mean_square},
    table::Table,
    training::{log_losses, log_spaced},
};

use crate::rbf::{self, RbfModel, basis_matrix, target};

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
pub struct Config {
    /// Numbers of basis functions n, each from 4 to 400; the networks get the nearest 3h + 1 parameters
    #[arg(long, value_name = "n", value_delimiter = ',', default_value = "10,20,50,100", value_parser = range::whole(4, 400))]
    pub num_parameters: Vec<usize>,
    /// Standard deviation of the noisy target's noise, >= 0
    #[arg(long, value_name = "STD", default_value_t = 0.05, value_parser = range::non_negative)]
    pub noise_std: f64,
    /// How the models are trained
    #[command(flatten)]
    #[serde(flatten)]
    pub training: Training,
}

impl Default for Config {
    fn default() -> Self {
        config::defaults()
    }
}

/// How models are trained, here and in [`crate::compact_domain`].
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
pub struct Training {
    /// Number of seeds: each draws its own start values and noise, 1 to 100
    #[arg(long, value_name = "S", default_value_t = 5, value_parser = range::count(100))]
    pub num_seeds: usize,
    /// Number of points x = 1/N, 2/N … 1 to fit, 1 to 2000
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = range::count(2000))]
    pub num_samples: usize,
    /// Number of updates, 1 to 100000
    #[arg(long, value_name = "K", default_value_t = 5000, value_parser = range::count(100_000))]
    pub num_updates: usize,
    /// Adam's learning rate α for the weights of the basis functions, > 0; it falls linearly to 0
    #[arg(long, value_name = "α", default_value_t = 0.05, value_parser = range::positive)]
    pub rbf_rate: f64,
    /// Adam's learning rate α for the networks, > 0; it falls linearly to 0
    #[arg(long, value_name = "α", default_value_t = 0.03, value_parser = range::positive)]
    pub network_rate: f64,
    /// Standard deviation s of the hidden units' slopes at the start, > 0
    #[arg(long, value_name = "s", default_value_t = 4.0, value_parser = range::positive)]
    pub slope_std: f64,
}

/// What is compared: a model and how it learns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Radial basis functions, the best weights at once
    LeastSquares,
    /// Radial basis functions by Adam
    Rbf,
    /// A network of rectified linear units by Adam
    Relu,
    /// A network of hyperbolic tangents by Adam
    Tanh,
}

impl Method {
    /// All of them, in the order of the figures.
    pub const ALL: [Self; 4] = [Self::LeastSquares, Self::Rbf, Self::Relu, Self::Tanh];

    /// Name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::LeastSquares => "rbf_least_squares",
            Self::Rbf => "rbf",
            Self::Relu => "relu",
            Self::Tanh => "tanh",
        }
    }

    /// Name in figures and summaries.
    pub fn label(self) -> &'static str {
        match self {
            Self::LeastSquares => "RBF, least squares",
            Self::Rbf => "RBF, Adam",
            Self::Relu => "relu network",
            Self::Tanh => "tanh network",
        }
    }

    /// How many parameters a model "of n" has.
    pub fn num_parameters(self, n: usize) -> usize {
        match self {
            Self::LeastSquares | Self::Rbf => n,
            Self::Relu | Self::Tanh => 3 * num_hidden(n) + 1,
        }
    }
}

/// The h that brings 3h + 1 next to n.
fn num_hidden(n: usize) -> usize {
    ((n.saturating_sub(1) as f64 / 3.0).round() as usize).max(1)
}

/// A learnable function g of one variable.
#[derive(Debug)]
pub enum Model {
    /// g(x) = Σᵢ θᵢφᵢ(x)
    Rbf {
        /// β, δ and the number of the φᵢ
        basis: rbf::Config,
        /// θ
        weights: RbfModel,
    },
    /// g(x) = Σᵣ vᵣ·σ(wᵣx + bᵣ) + c
    Network {
        /// σ
        activation: fn(&Tensor) -> candle_core::Result<Tensor>,
        /// Slopes w and biases b, `[2, h]`
        hidden: Var,
        /// v `[h, 1]`
        output: Var,
        /// c, rank 0
        offset: Var,
    },
}

impl Model {
    /// The model of `method` with about `n` parameters (at least 4) and start values drawn from `rng`.
    pub fn new(method: Method, n: usize, slope_std: f64, rng: &mut Rng, device: &Device) -> Result<Self> {
        let output = |count: usize, rng: &mut Rng| -> Result<Tensor> {
            let draws = sampling::normal_matrix(count, 1, rng, device)?; // N(0, 1/count)
            Ok((draws / (count as f64).sqrt())?)
        };
        let activation = match method {
            Method::LeastSquares | Method::Rbf => {
                let theta = parameter(&output(n, rng)?.squeeze(1)?)?;
                return Ok(Self::Rbf { basis: basis(n), weights: RbfModel { theta } });
            }
            Method::Relu => ops::relu,
            Method::Tanh => Tensor::tanh,
        };
        // ANCHOR: start
        let h = num_hidden(n);
        let slopes: Vec<f64> = sampling::normal_vec(h, rng).iter().map(|z| slope_std * z).collect();
        let bends = sampling::uniform_vec(h, rng); // where wx + b = 0
        let biases: Vec<f64> = slopes.iter().zip(bends).map(|(w, x)| -w * x).collect();
        Ok(Self::Network {
            activation,
            hidden: parameter(&Tensor::new(vec![slopes, biases], device)?)?,
            output: parameter(&output(h, rng)?)?,
            offset: parameter(&Tensor::new(0.0, device)?)?,
        })
        // ANCHOR_END: start
    }

    /// The points as the first layer wants them: Φ `[N, n]`, or rows (x, 1) `[N, 2]`.
    pub fn inputs(&self, xs: &[f64], device: &Device) -> Result<FixedMap> {
        let inputs = match self {
            Self::Rbf { basis, .. } => phi(basis, xs, device)?,
            Self::Network { .. } => {
                let rows: Vec<f64> = xs.iter().flat_map(|&x| [x, 1.0]).collect();
                Tensor::from_vec(rows, (xs.len(), 2), device)?
            }
        };
        Ok(FixedMap::new(&inputs)?)
    }

    /// g at the points of `inputs`, `[N]`.
    // ANCHOR: forward
    pub fn forward(&self, inputs: &FixedMap) -> candle_core::Result<Tensor> {
        match self {
            Self::Rbf { weights, .. } => weights.forward(inputs), // Φθ
            Self::Network { activation, hidden, output, offset } => {
                let bent = inputs.matmul(hidden)?; // wᵣxⱼ + bᵣ, [N, h]
                activation(&bent)?.matmul(output)?.squeeze(1)?.broadcast_add(offset)
            }
        }
    }
    // ANCHOR_END: forward

    /// Everything that is learned.
    pub fn parameters(&self) -> Vec<Var> {
        match self {
            Self::Rbf { weights, .. } => vec![weights.theta.clone()],
            Self::Network { hidden, output, offset, .. } => {
                vec![hidden.clone(), output.clone(), offset.clone()]
            }
        }
    }
}

/// n bumps with centres from 0 to 1, each as wide (standard deviation) as their distance.
// ANCHOR: basis
pub fn basis(n: usize) -> rbf::Config {
    let spacing = 1.0 / (n.max(2) - 1) as f64;
    rbf::Config { num_basis: n, spacing, width: 0.5 / (spacing * spacing), ..rbf::Config::default() }
}
// ANCHOR_END: basis

/// Φ `[N, n]` of these bumps.
fn phi(basis: &rbf::Config, xs: &[f64], device: &Device) -> Result<Tensor> {
    let shifted: Vec<f64> = xs.iter().map(|x| x - 0.5).collect(); // centres begin at −½ there, at 0 here
    basis_matrix(basis, &shifted, device)
}

impl Training {
    /// The points to fit, 1/N … 1.
    pub fn sample_points(&self) -> Vec<f64> {
        grid(0.0, 1.0, self.num_samples + 1).split_off(1)
    }

    /// Fits a model of `method` to `ys` at the sample points; `look` sees it at each of the checkpoints, 0 updates first.
    pub fn fit(
        &self,
        method: Method,
        model: &Model,
        ys: &[f64],
        device: &Device,
        mut look: impl FnMut(usize) -> Result<()>,
    ) -> Result<()> {
        let inputs = model.inputs(&self.sample_points(), device)?;
        let y = Tensor::new(ys, device)?; // [N]
        let rate = match model {
            Model::Rbf { .. } => self.rbf_rate,
            Model::Network { .. } => self.network_rate,
        };
        if let (Method::LeastSquares, Model::Rbf { basis, weights }) = (method, model) {
            let phi = phi(basis, &self.sample_points(), device)?;
            weights.theta.set(&linalg::least_squares(&phi, &y, 1e-12)?)?;
        }
        // ANCHOR: updates
        let mut adam = Optimizer::new(model.parameters(), Rule::Adam.with(rate))?;
        let mut done = 0;
        for checkpoint in self.checkpoints() {
            while done < checkpoint && method != Method::LeastSquares {
                let loss = sum_squared_error(&model.forward(&inputs)?, &y)?; // L = Σⱼ (g(xⱼ) − yⱼ)²
                adam.set_learning_rate(rate * (1.0 - done as f64 / self.num_updates as f64)); // falls to 0
                adam.backward_step(&loss)?;
                done += 1;
            }
            look(checkpoint)?;
        }
        // ANCHOR_END: updates
        Ok(())
    }

    /// When the fit is looked at.
    pub fn checkpoints(&self) -> Vec<usize> {
        log_spaced(self.num_updates, 10)
    }
}

/// One fit: a method, a size, a target, a seed.
#[derive(Debug, Clone, Copy)]
struct Run {
    method: Method,
    n: usize,
    noisy: bool,
    repetition: u64,
}

/// The errors of one method at one size on one of the targets, over the seeds.
#[derive(Debug)]
pub struct Curve {
    /// What was fitted
    pub method: Method,
    /// n; the method has [`Method::num_parameters`] of it
    pub n: usize,
    /// Whether the target was noisy
    pub noisy: bool,
    /// Error inside [0, 1] at the checkpoints
    pub inside: Spread,
    /// Error on [−0.5, 0) and (1, 1.5] at the checkpoints
    pub outside: Spread,
}

/// What came out.
#[derive(Debug)]
pub struct Outcome {
    /// The checkpoints, in updates
    pub updates: Vec<usize>,
    /// All that was compared
    pub curves: Vec<Curve>,
}

/// Where the error inside is taken.
pub fn inside() -> Vec<f64> {
    grid(0.0, 1.0, 401)
}

/// Where the error outside is taken: half a unit on both sides.
pub fn outside() -> Vec<f64> {
    let left = grid(-0.5, 0.0, 101);
    let right = grid(1.0, 1.5, 101);
    [&left[..100], &right[1..]].concat()
}

/// Trains one model and measures it at the checkpoints; all that is random comes from the seed and the repetition.
// ANCHOR: measure
fn measure(run: &Run, config: &Config, seed: u64, device: &Device) -> Result<Table> {
    let noise = &mut sampling::rng(seed, 2 * run.repetition); // the same for all methods
    let noise_std = if run.noisy { config.noise_std } else { 0.0 };
    let ys = sampling::observe(target, &config.training.sample_points(), noise_std, noise);
    let start = &mut sampling::rng(seed, 2 * run.repetition + 1);
    let model = Model::new(run.method, run.n, config.training.slope_std, start, device)?;
    let regions = [inside(), outside()].map(|xs| {
        let truth: Vec<f64> = xs.iter().map(|&x| target(x)).collect();
        Ok((model.inputs(&xs, device)?, Tensor::new(truth, device)?))
    });
    let regions = regions.into_iter().collect::<Result<Vec<_>>>()?;
    let mut history = Table::new("update", ["inside", "outside"]);
    config.training.fit(run.method, &model, &ys, device, |update| {
        let errors = regions.iter().map(|(inputs, truth)| {
            let errors = (model.forward(inputs)? - truth)?;
            Ok(root_mean_square(errors.to_vec1::<f64>()?))
        });
        log_losses(&mut history, update, &errors.collect::<Result<Vec<_>>>()?)
    })?;
    Ok(history)
}
// ANCHOR_END: measure

/// The section as a program.
#[derive(Debug)]
pub struct RbfVsNn;

impl Section for RbfVsNn {
    const NAME: &'static str = "sec2_5_rbf_vs_nn";
    const TITLE: &'static str = "Radial basis functions against neural networks";
    const HELP: &'static str = "\
The target of section 2.5.1 is fitted by radial basis functions (weights learned, centres fixed) and by networks with one \
hidden layer of relu or tanh (all learned), with about the same numbers of parameters, with and without noise, for several \
seeds. The figure shows the error against the number of parameters and of updates, inside the interval of the data and \
outside; lines are medians over the seeds, bands reach from the smallest to the largest. Try --noise-std 0.2, \
--num-updates 30000 and --slope-std 1.";
    const PRESETS: &'static [Preset] = &[Preset {
        name: "quick",
        about: "A first look: 3 seeds, 300 updates, 10 and 50 parameters",
        values: &[("num_seeds", "3"), ("num_updates", "300"), ("num_parameters", "10,50")],
    }];
    type Config = Config;
    type Outcome = Outcome;

    // ANCHOR: run
    fn run(config: &Config, context: &mut Context) -> Result<Outcome> {
        config::validate(config)?;
        context.phase(Phase::Training);
        let seeds = config.training.num_seeds;
        let mut runs = vec![];
        for noisy in [false, true] {
            for &n in &config.num_parameters {
                for method in Method::ALL {
                    runs.extend((0..seeds as u64).map(|repetition| Run { method, n, noisy, repetition }));
                }
            }
        }
        let (seed, device) = (context.seed, context.device.clone());
        let histories = ensemble::map(context, &runs, |run| measure(run, config, seed, &device))?;
        let groups = runs.chunks(seeds).zip(histories.chunks(seeds));
        let curves = groups.map(|(runs, histories)| {
            let spread = |region| Spread::of(&histories.iter().map(|h| h.column(region)).collect::<Vec<_>>());
            Curve {
                method: runs[0].method,
                n: runs[0].n,
                noisy: runs[0].noisy,
                inside: spread("inside"),
                outside: spread("outside"),
            }
        });
        Ok(Outcome { updates: config.training.checkpoints(), curves: curves.collect() })
    }
    // ANCHOR_END: run

    fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
        let last = outcome.updates.len() - 1;
        let mut summary = format!(
            "root mean square error after {} updates, median [range] of {} seeds\n",
            config.training.num_updates, config.training.num_seeds,
        );
        for (noisy, heading) in targets(config) {
            summary += &format!("{heading}, inside [0, 1] with n parameters; outside with {}\n", shown(config));
            for method in Method::ALL {
                let cells = outcome.of(noisy, method).map(|curve| {
                    let [median, low, high] = curve.inside.at(last);
                    format!("{} {median:.1e} [{low:.1e}, {high:.1e}]", method.num_parameters(curve.n))
                });
                let outside = outcome.shown(config, noisy, method).map(|curve| curve.outside.median[last]);
                summary += &format!(
                    "  {:<18} {}; outside {:.1e}\n",
                    method.label(),
                    cells.collect::<Vec<_>>().join(", "),
                    outside.unwrap_or(f64::NAN),
                );
            }
        }
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
        Ok(Report {
            headline: format!("smallest error: {} (clean), {} (noisy)", best(false), best(true)),
            summary,
            final_loss: None,
            tables: vec![("history", by_updates), ("parameters", by_parameters)],
            figures: vec![("rbf_vs_nn", figure(config, outcome))],
            parameters: vec![],
        })
    }
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

fn figure(config: &Config, outcome: &Outcome) -> Figure {
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
    let mut figure = Figure::new().columns(2);
    for (noisy, heading) in targets(config) {
        let panel = panel(format!("Inside [0, 1], {heading}"), "number of parameters", range(noisy));
        figure = figure.panel(by_n(panel, noisy, |curve| &curve.inside));
    }
    for (noisy, heading) in targets(config) {
        let title = format!("Inside [0, 1] with {} parameters, {heading}", shown(config));
        let mut panel = panel(title, "update", range(noisy));
        for (style, method) in Method::ALL.into_iter().enumerate() {
            if let Some(curve) = outcome.shown(config, noisy, method) {
                panel = curve.inside.from(1).draw(panel, method.label(), &updates, style);
            }
        }
        figure = figure.panel(panel);
    }
    for (noisy, heading) in targets(config) {
        let title = format!("On [−0.5, 0) and (1, 1.5], {heading}");
        let panel = panel(title, "number of parameters", [0.1 * nothing, 10.0 * nothing]);
        let panel = panel.hline("the answer g = 0", nothing);
        figure = figure.panel(by_n(panel, noisy, |curve| &curve.outside));
    }
    figure
}

#[cfg(test)]
mod tests {
    use super::*;
    use common::gradient_check::gradient_error;

    #[test]
    fn the_gradients_are_right_and_the_parameters_as_many_as_said() -> Result<()> {
        let xs = grid(0.0, 1.0, 9);
        let y = Tensor::new(xs.iter().map(|&x| target(x)).collect::<Vec<_>>(), &Device::Cpu)?;
        for method in Method::ALL {
            let model = Model::new(method, 10, 4.0, &mut sampling::rng(5, 0), &Device::Cpu)?;
            let count: usize = model.parameters().iter().map(|var| var.elem_count()).sum();
            assert_eq!((count, method.num_parameters(10)), (10, 10));
            let inputs = model.inputs(&xs, &Device::Cpu)?;
            let loss = || Ok(sum_squared_error(&model.forward(&inputs)?, &y)?);
            assert!(gradient_error(&model.parameters(), 1e-6, loss)? < 1e-8, "{method:?}");
        }
        assert_eq!([4, 20, 50, 100].map(|n| Method::Relu.num_parameters(n)), [4, 19, 49, 100]);
        Ok(())
    }

    #[test]
    fn the_bumps_stand_from_0_to_1_and_the_networks_bend_there() -> Result<()> {
        let phi = phi(&basis(11), &[0.0, 0.3, 1.0], &Device::Cpu)?.to_vec2::<f64>()?;
        for (row, centre) in [(0, 0), (1, 3), (2, 10)] {
            assert!((phi[row][centre] - 1.0).abs() < 1e-12);
        }
        assert!((phi[0][1] - (-0.5f64).exp()).abs() < 1e-12); // one standard deviation away
        let model = Model::new(Method::Tanh, 100, 4.0, &mut sampling::rng(1, 0), &Device::Cpu)?;
        let Model::Network { hidden, .. } = model else {
            anyhow::bail!("tanh is a network");
        };
        let hidden = hidden.to_vec2::<f64>()?;
        let bends = hidden[0].iter().zip(&hidden[1]).map(|(w, b)| -b / w);
        assert!(bends.clone().all(|x| (0.0..=1.0).contains(&x)) && bends.clone().any(|x| x > 0.5));
        Ok(())
    }

    #[test]
    fn adam_approaches_least_squares() -> Result<()> {
        let config = Config::default();
        let end = |method| -> Result<f64> {
            let run = Run { method, n: 10, noisy: true, repetition: 0 };
            Ok(measure(&run, &config, 1, &Device::Cpu)?.last("inside"))
        };
        let (adam, best) = (end(Method::Rbf)?, end(Method::LeastSquares)?);
        assert!((adam / best - 1.0).abs() < 0.01, "{adam} against {best}");
        Ok(())
    }
}
