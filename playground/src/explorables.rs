//! Pictures that follow while one drags, drawn from the sections' own code.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use anyhow::{Context as _, Result};
use candle_core::{Device, Tensor};
use chapter3::{
    du_gd::{self, unrolled},
    quadratic::{Config, GradientDescent, Quadratic, Starts},
};
use common::{
    config,
    context::{Checkpoint, Context, Observer},
    figure::{Figure, Panel, Series},
    sampling,
    section::Section as _,
    unfolding::{Algorithm as _, Period, Schedule, fixed_label, mean_metrics, theory},
};
use serde::Serialize;

/// A text in both languages.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Text {
    /// English
    pub en: &'static str,
    /// Japanese
    pub ja: &'static str,
}

/// A number to drag.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Control {
    /// What [`explore`] calls it
    pub name: &'static str,
    /// What a reader calls it
    pub label: Text,
    /// Its least value
    pub min: f64,
    /// Its largest value
    pub max: f64,
    /// Between two values
    pub step: f64,
    /// Where it is at first
    pub value: f64,
    /// Whether it may move by itself, like time
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub play: bool,
}

/// A picture with numbers to drag.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Explorable {
    /// What [`explore`] calls it
    pub name: &'static str,
    /// What it shows, in one line
    pub title: Text,
    /// What there is to drag
    pub controls: &'static [Control],
    /// The picture for a value of each control, in their order and ranges.
    #[serde(skip)]
    draw: fn(&[f64]) -> Result<Figure>,
}

const EXPLORABLES: &[Explorable] = &[
    Explorable {
        name: "descent",
        title: Text {
            en: "Gradient descent on x² with one step size",
            ja: "一つのステップサイズによる x² の勾配降下法",
        },
        controls: &[Control {
            name: "step-size",
            label: Text { en: "step size η", ja: "ステップサイズ η" },
            min: 0.0,
            max: 1.2,
            step: 0.01,
            value: 0.3,
            play: false,
        }],
        draw: descent,
    },
    Explorable {
        name: "steps",
        title: Text {
            en: "Step sizes in turn: the polynomial p(λ) and the error it leaves",
            ja: "順に使うステップサイズ：多項式 p(λ) と残る誤差",
        },
        controls: &[step("η₀"), step("η₁"), step("η₂"), step("η₃"), step("η₄"), step("η₅")],
        draw: steps,
    },
    Explorable {
        name: "zigzag",
        title: Text {
            en: "Gradient descent on a quadratic in two dimensions", ja: "2次元の2次関数での勾配降下法"
        },
        controls: &[
            Control {
                name: "step-size",
                label: Text { en: "step size η", ja: "ステップサイズ η" },
                min: 0.02,
                max: 2.2,
                step: 0.02,
                value: 1.7,
                play: false,
            },
            Control {
                name: "condition-number",
                label: Text { en: "condition number κ", ja: "条件数 κ" },
                min: 1.0,
                max: 50.0,
                step: 1.0,
                value: 10.0,
                play: false,
            },
            Control {
                name: "angle",
                label: Text { en: "direction of the start, in degrees", ja: "初期点の方向（度）" },
                min: 0.0,
                max: 90.0,
                step: 1.0,
                value: 30.0,
                play: false,
            },
        ],
        draw: zigzag,
    },
    Explorable {
        name: "replay",
        title: Text {
            en: "Incremental training, generation by generation", ja: "逐次学習を世代ごとに見る"
        },
        controls: &[Control {
            name: "generation",
            label: Text { en: "generation", ja: "世代" },
            min: 0.0,
            max: 15.0,
            step: 1.0,
            value: 15.0,
            play: true,
        }],
        draw: replay,
    },
];

/// All pictures.
pub fn explorables() -> &'static [Explorable] {
    EXPLORABLES
}

/// The picture `name` as an SVG document. `values` are the controls' by name: what is missing stays where it is at first, what
/// lies outside its range is at its end.
///
/// # Errors
/// If there is no picture of this name.
pub fn explore(name: &str, values: &BTreeMap<String, f64>) -> Result<String> {
    let found = EXPLORABLES.iter().find(|explorable| explorable.name == name);
    let Explorable { controls, draw, .. } = found.with_context(|| format!("there is no picture '{name}'"))?;
    let value = |control: &Control| {
        let given = values.get(control.name).filter(|value| value.is_finite());
        given.map_or(control.value, |value| value.clamp(control.min, control.max))
    };
    draw(&controls.iter().map(value).collect::<Vec<_>>())?.svg()
}

/// Gradient descent on x² from x₀ = 1: its path, and the loss x̂² of three iterations by the step size.
fn descent(values: &[f64]) -> Result<Figure> {
    let after = |step_size: f64, num_iterations: usize| -> Result<f64> {
        let number = |value: f64| Tensor::new(value, &Device::Cpu);
        Ok(unrolled(&number(1.0)?, &number(step_size)?, num_iterations)?.to_scalar()?)
    };
    let (eta, depth) = (values[0], du_gd::Config::default().num_iterations);
    let x = (0..=12).map(|k| after(eta, k)).collect::<Result<Vec<f64>>>()?;
    let counter: Vec<f64> = (0..=12).map(f64::from).collect();
    let factor = 1.0 - 2.0 * eta;
    let verdict = if factor.abs() > 1.0 { ": diverges" } else { "" };
    let label = format!("η = {eta:.2}, xₖ × {factor:.2} in each iteration{verdict}").replace('-', "−");
    let path = Panel::new("", "iteration k", "xₖ").series(Series::line_with_markers(label, &counter, &x).solid());

    let grid: Vec<f64> = (0..=120).map(|i| f64::from(i) / 100.0).collect();
    let loss = |eta: f64| Ok(after(eta, depth)?.powi(2));
    let losses = grid.iter().map(|&eta| loss(eta)).collect::<Result<Vec<f64>>>()?;
    let loss_panel = Panel::new("", "step size η", format!("x̂² after {depth} iterations"))
        .series(Series::line("what a training goes down", &grid, &losses).solid())
        .series(Series::scatter(format!("η = {eta:.2}"), &[eta], &[loss(eta)?]));
    let path = path.x_range(0.0, 12.0).y_range(-4.0, 4.0);
    let loss_panel = loss_panel.x_range(0.0, 1.2).y_range(0.0, 4.0);
    Ok(Figure::new().panel(path).panel(loss_panel).panel_size(640, 360))
}

/// The eigenvalues of [`steps`], as in the section on quadratics: 1, 2, …, n.
const EIGENVALUES: [f64; 10] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0];

/// A step size, at first about the best fixed one 2/(1 + 10).
const fn step(name: &'static str) -> Control {
    let label = Text { en: name, ja: name };
    Control { name, label, min: 0.0, max: 1.2, step: 0.005, value: 0.18, play: false }
}

/// |p(λ)| of one turn of the step sizes, and E‖x* − xₖ‖² = Σ p(λ)² by iteration from x₀ − x* ~ N(0, I).
fn steps(step_sizes: &[f64]) -> Result<Figure> {
    let period = step_sizes.len();
    let fixed = theory::fixed_step_size(&EIGENVALUES);
    let chebyshev = theory::chebyshev_step_sizes(&EIGENVALUES, period);
    let listed = chebyshev.iter().map(|eta| format!("{eta:.2}")).collect::<Vec<_>>().join(", ");
    let rivals = [
        ("these steps", String::new(), step_sizes.to_vec()),
        ("best fixed step", format!(" η = {fixed:.3}"), vec![fixed; period]),
        ("Chebyshev steps", format!(" {listed}"), chebyshev),
    ];
    let factors = |steps: &[f64], at: &[f64]| -> Vec<f64> {
        at.iter().map(|&lambda| theory::polynomial(steps, lambda).abs()).collect()
    };
    let mse = |steps: &[f64], k: usize| -> f64 {
        let taken: Vec<f64> = steps.iter().cycle().take(k).copied().collect();
        factors(&taken, &EIGENVALUES).iter().map(|p| p * p).sum()
    };
    let grid: Vec<f64> = (0..=300).map(|i| 10.2 * f64::from(i) / 300.0).collect();
    let iterations: Vec<usize> = (0..=5 * period).collect();
    let counter: Vec<f64> = iterations.iter().map(|&k| k as f64).collect();

    let mut polynomial = Panel::new("", "eigenvalue λ", format!("|p(λ)| of {period} iterations")).log_y();
    let mut error = Panel::new("", "iteration k", "E‖X* − Xₖ‖²").log_y();
    for (name, numbers, steps) in &rivals {
        polynomial = polynomial.series(Series::line(format!("{name}{numbers}"), &grid, &factors(steps, &grid)));
        let rate = theory::contraction(steps, &EIGENVALUES);
        let curve: Vec<f64> = iterations.iter().map(|&k| mse(steps, k)).collect();
        error = error.series(Series::line(format!("{name}: error × {rate:.3} at worst"), &counter, &curve));
    }
    let marks = Series::scatter("these steps, at the eigenvalues", &EIGENVALUES, &factors(step_sizes, &EIGENVALUES));
    let polynomial = polynomial.series(marks.style(0)).x_range(0.0, 10.2).y_range(1e-4, 1e4);
    let error = error.x_range(0.0, 5.0 * period as f64).y_range(1e-12, 1e8);
    Ok(Figure::new().panel(polynomial).panel(error).panel_size(640, 400))
}

/// Iterations of [`zigzag`].
const NUM_ITERATIONS: usize = 60;

/// Gradient descent on ½xᵀAx, A = diag(1/κ, 1), from (cos, sin) of the angle: its path, and f by iteration.
fn zigzag(values: &[f64]) -> Result<Figure> {
    let (step_size, kappa, angle) = (values[0], values[1], values[2].to_radians());
    let eigenvalues = [1.0 / kappa, 1.0];
    let f = |x1: f64, x2: f64| (eigenvalues[0] * x1 * x1 + eigenvalues[1] * x2 * x2) / 2.0;
    let path = |step_size: f64| -> Result<Vec<[f64; 2]>> {
        let schedule = Schedule::constant("step_size", step_size, &Device::Cpu)?;
        let algorithm = GradientDescent::new(&eigenvalues, schedule, &Device::Cpu)?;
        let mut x = Tensor::new(&[[angle.cos(), angle.sin()]], &Device::Cpu)?; // [1, 2]
        let mut path = vec![[angle.cos(), angle.sin()]];
        for k in 0..NUM_ITERATIONS {
            x = algorithm.iterate(k, &x, &(), &mut sampling::rng(1, 0))?.detach();
            path.extend(<[f64; 2]>::try_from(x.flatten_all()?.to_vec1::<f64>()?).ok());
        }
        Ok(path)
    };
    let best = theory::fixed_step_size(&eigenvalues);
    let (taken, ideal) = (path(step_size)?, path(best)?);
    let rate = theory::contraction(&[step_size], &eigenvalues);
    let verdict = if rate > 1.0 { ": diverges" } else { "" };
    let label = format!("η = {step_size:.2}, error × {rate:.3} at worst{verdict}");

    let (x, y): (Vec<f64>, Vec<f64>) = taken.iter().map(|&[x, y]| (x, y)).unzip();
    let (across, up) = ((-1.4, 1.4), (-1.05, 1.05));
    let levels = [0.001, 0.005, 0.02, 0.05, 0.1, 0.2, 0.4];
    let plane = Panel::new("", "x₁", "x₂").contours(f, across, up, &levels);
    let plane = plane.series(Series::line_with_markers("", &x, &y).solid());
    let counter: Vec<f64> = (0..=NUM_ITERATIONS).map(|k| k as f64).collect();
    let heights = |path: &[[f64; 2]]| path.iter().map(|&[x, y]| f(x, y)).collect::<Vec<_>>();
    let descent = Panel::new("", "iteration k", "f(xₖ)")
        .series(Series::line(label, &counter, &heights(&taken)).solid())
        .series(Series::line(format!("best: {}", fixed_label(best)), &counter, &heights(&ideal)))
        .log_y()
        .y_range(1e-10, 1e4);
    Ok(Figure::new().panel(plane).panel(descent).panel_size(640, 440))
}

/// What a training had learned after a generation.
struct Generation {
    /// ηₖ of each iteration
    step_sizes: Vec<f64>,
    /// The MSE after 0, 1, … iterations
    mse: Vec<f64>,
}

/// A training's generations, and what it is compared with.
struct History {
    fixed_step_size: f64,
    fixed_mse: Vec<f64>,
    /// The first before any update
    generations: Vec<Generation>,
}

/// The step sizes and the MSE by iteration after a generation of the section on quadratics, in its quick setting, with a step
/// size for each iteration.
fn replay(values: &[f64]) -> Result<Figure> {
    static HISTORY: OnceLock<History> = OnceLock::new();
    if HISTORY.get().is_none() {
        let _ = HISTORY.set(train()?); // nobody else has set it
    }
    let history = HISTORY.get().context("no history")?;
    let last = history.generations.len() - 1;
    let generation = (values[0] as usize).min(last);
    let Generation { step_sizes, mse } = &history.generations[generation];
    let (depth, trained) = (last as f64, generation as f64);
    let counter = |first: usize, count: usize| (first..first + count).map(|k| k as f64).collect::<Vec<_>>();
    let all = history.generations.iter();
    let largest = all.clone().flat_map(|generation| &generation.step_sizes).fold(0.0, |a: f64, &b| a.max(b));
    let ends = |(low, high): (f64, f64), &value: &f64| (low.min(value), high.max(value));
    let (low, high) = all.flat_map(|generation| &generation.mse).fold((f64::INFINITY, 0.0), ends);

    let label = format!("after generation {generation}");
    let fixed = fixed_label(history.fixed_step_size);
    let mut steps = Panel::new("", "iteration", "step size η")
        .series(Series::line_with_markers(&label, &counter(1, step_sizes.len()), step_sizes).solid())
        .hline(&fixed, history.fixed_step_size);
    let mut error = Panel::new("", "iteration", "MSE = ‖X* − X‖² / K")
        .series(Series::line_with_markers(&label, &counter(0, mse.len()), mse).solid())
        .series(Series::line(fixed, &counter(0, history.fixed_mse.len()), &history.fixed_mse))
        .log_y();
    if generation > 0 {
        steps = steps.shade_x("trained", 0.5, trained + 0.5);
        error = error.shade_x("trained", 0.0, trained);
    }
    let steps = steps.x_range(0.5, depth + 0.5).y_range(0.0, 1.6 * largest);
    let error = error.x_range(0.0, depth).y_range(low / 3.0, high * 3.0);
    Ok(Figure::new().panel(steps).panel(error).panel_size(640, 360))
}

/// Trains as the section does, and keeps what each generation hands on.
fn train() -> Result<History> {
    let quick = Quadratic::PRESETS.iter().find(|preset| preset.name == "quick").map_or(&[][..], |quick| quick.values);
    let config = Config { period: Period::Free, ..config::with_overrides(quick) };
    let learned = Learned::default();
    let context = &mut Context::new(1).with(Device::Cpu, Box::new(learned.clone()));
    Quadratic::run(&config, context)?;

    let eigenvalues: Vec<f64> = (1..=config.num_unknowns).map(|i| i as f64).collect();
    let problem = Starts { num_unknowns: config.num_unknowns, device: Device::Cpu };
    let mse = |step_sizes: &[f64]| -> Result<Vec<f64>> {
        let schedule = Schedule::fixed("step_size", &Tensor::new(step_sizes, &Device::Cpu)?)?;
        let algorithm = GradientDescent::new(&eigenvalues, schedule, &Device::Cpu)?;
        let training = &config.training;
        mean_metrics(&problem, &algorithm, training.num_generations, training.num_test, context.seed)
    };
    let before = vec![config.training.initial_step_size; config.training.num_generations];
    let learned = learned.0.lock().unwrap_or_else(PoisonError::into_inner);
    let generation = |step_sizes: &Vec<f64>| -> Result<Generation> {
        Ok(Generation { mse: mse(step_sizes)?, step_sizes: step_sizes.clone() })
    };
    let fixed_step_size = theory::fixed_step_size(&eigenvalues);
    Ok(History {
        fixed_step_size,
        fixed_mse: mse(&[fixed_step_size])?,
        generations: [&before].into_iter().chain(learned.iter()).map(generation).collect::<Result<_>>()?,
    })
}

/// Takes the step sizes out of every checkpoint.
#[derive(Clone, Default)]
struct Learned(Arc<Mutex<Vec<Vec<f64>>>>);

impl Observer for Learned {
    fn checkpoint(&mut self, checkpoint: &Checkpoint, _now: bool) -> Result<()> {
        let step_sizes = checkpoint.get("learned/0/0/parameter").context("a checkpoint without step sizes")?;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(step_sizes.to_vec1()?);
        Ok(())
    }
}
