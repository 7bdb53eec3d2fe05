//! First-order optimizers, chosen by name and used through candle's [`candle_nn::Optimizer`].
//!
//! With g = ∇L(θ), learning rate α and moments m, v that start at zero, every update is entry by entry:
//!
//! | name | update |
//! |---|---|
//! | `gradient-descent` | θ ← θ − αg |
//! | `momentum` | m ← μm + g, θ ← θ − αm |
//! | `nesterov` | m ← μm + g, θ ← θ − α(g + μm) |
//! | `adagrad` | v ← v + g², θ ← θ − αg/(√v + ε) |
//! | `rmsprop` | v ← ρv + (1−ρ)g², θ ← θ − αg/(√v + ε) |
//! | `adam` | m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g², θ ← θ − α·m̂/(√v̂ + ε) with m̂ = m/(1−β₁ᵗ), v̂ = v/(1−β₂ᵗ) |
//! | `adamw` | θ ← θ − αλθ, then as `adam` |
//!
//! These are PyTorch's conventions; with the same numbers Flux and optax agree (their Adam has ε outside the root too).
//! Two differences from candle-nn: there is an Adam without weight decay, and a parameter without a gradient is an error.

use std::sync::LazyLock;

use candle_core::{DType, Device, Result, Tensor, Var, backprop::GradStore, bail};
use serde::Serialize;

use crate::{
    config::range,
    ops::{update_in_place, vectorised},
};

/// The optimizers, by the names that `--optimizer` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// Plain gradient descent
    GradientDescent,
    /// Heavy-ball momentum
    Momentum,
    /// Nesterov's momentum
    Nesterov,
    /// AdaGrad: steps shrink with the gradients seen so far
    #[serde(rename = "adagrad")]
    #[value(name = "adagrad")]
    AdaGrad,
    /// RMSProp: steps scaled by a running mean of squared gradients
    #[serde(rename = "rmsprop")]
    #[value(name = "rmsprop")]
    RmsProp,
    /// Adam
    Adam,
    /// Adam with decoupled weight decay
    #[serde(rename = "adamw")]
    #[value(name = "adamw")]
    AdamW,
}

/// The numbers of the rules, beside the learning rate. A rule ignores those that it has no use for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, clap::Args)]
#[command(next_help_heading = "Optimizer")]
pub struct Hyperparameters {
    /// μ of momentum and nesterov, from 0 to below 1
    #[arg(long, value_name = "μ", default_value_t = 0.9, value_parser = range::decay)]
    pub momentum: f64,
    /// ρ of rmsprop, from 0 to below 1
    #[arg(long, value_name = "ρ", default_value_t = 0.9, value_parser = range::decay)]
    pub decay: f64,
    /// β₁ of adam and adamw, from 0 to below 1
    #[arg(long, value_name = "β₁", default_value_t = 0.9, value_parser = range::decay)]
    pub beta1: f64,
    /// β₂ of adam and adamw, from 0 to below 1
    #[arg(long, value_name = "β₂", default_value_t = 0.999, value_parser = range::decay)]
    pub beta2: f64,
    /// ε of adagrad, rmsprop, adam and adamw, > 0
    #[arg(long, value_name = "ε", default_value_t = 1e-8, value_parser = range::positive)]
    pub epsilon: f64,
    /// λ of adamw, >= 0
    #[arg(long, value_name = "λ", default_value_t = 0.01, value_parser = range::non_negative)]
    pub weight_decay: f64,
}

impl Default for Hyperparameters {
    fn default() -> Self {
        // Asking clap takes as long as fifteen updates of a small training.
        static DEFAULTS: LazyLock<Hyperparameters> = LazyLock::new(crate::config::defaults);
        *DEFAULTS
    }
}

/// What [`candle_nn::Optimizer::new`] needs to know; options of the command line for a section that flattens them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, clap::Args)]
#[command(next_help_heading = "Optimizer")]
pub struct Config {
    /// Which optimizer
    #[arg(long = "optimizer", value_enum, default_value = "adam")]
    #[serde(rename = "optimizer")]
    pub rule: Rule,
    /// Learning rate α of the optimizer, > 0
    #[arg(long, value_name = "α", default_value_t = 1e-3, value_parser = range::positive)]
    pub learning_rate: f64,
    /// The other numbers
    #[command(flatten)]
    #[serde(flatten)]
    pub hyperparameters: Hyperparameters,
}

impl Rule {
    /// This rule at `learning_rate` with the default hyper-parameters.
    pub fn with(self, learning_rate: f64) -> Config {
        Config { rule: self, learning_rate, hyperparameters: Hyperparameters::default() }
    }
}

/// An optimizer of some parameters.
#[derive(Debug)]
pub struct Optimizer {
    vars: Vec<Var>,
    moments: Vec<Moments>,
    config: Config,
    step_count: usize,
}

/// m and v of one parameter, on the host.
#[derive(Debug, Clone)]
struct Moments {
    m: Vec<f64>,
    v: Vec<f64>,
}

impl candle_nn::Optimizer for Optimizer {
    type Config = Config;

    /// Errors if a hyper-parameter is outside its range, by name, or a parameter is not of a float type.
    fn new(vars: Vec<Var>, config: Config) -> Result<Self> {
        if config.hyperparameters != Hyperparameters::default() {
            crate::config::validate(&config.hyperparameters).map_err(candle_core::Error::msg)?;
        }
        check_learning_rate(config.learning_rate)?;
        if let Some(var) = vars.iter().find(|var| !var.dtype().is_float()) {
            bail!("a parameter of type {:?} cannot be learned", var.dtype());
        }
        let moments = vars.iter().map(|var| {
            let zeros = vec![0.0; var.elem_count()];
            Moments { m: zeros.clone(), v: zeros }
        });
        Ok(Self { moments: moments.collect(), vars, config, step_count: 0 })
    }

    /// One update of every parameter. Errors, before any is changed, if one got no gradient.
    fn step(&mut self, gradients: &GradStore) -> Result<()> {
        let gradients = self.vars.iter().enumerate().map(|(index, var)| match gradients.get(var) {
            Some(gradient) => Ok(gradient),
            None => {
                bail!("parameter {index} of shape {:?} got no gradient: the loss does not depend on it", var.dims())
            }
        });
        let gradients = gradients.collect::<Result<Vec<_>>>()?;
        self.step_count += 1;
        let update = Update::new(&self.config, self.step_count);
        for ((var, gradient), Moments { m, v }) in self.vars.iter().zip(gradients).zip(&mut self.moments) {
            if !update_in_place(var, gradient, |theta, g| update.apply(theta, g, m, v))? {
                // A parameter on another device goes through the host.
                let entries = |tensor: &Tensor| tensor.to_dtype(DType::F64)?.flatten_all()?.to_vec1::<f64>();
                let (mut theta, g) = (entries(var)?, entries(gradient)?);
                update.apply(&mut theta, &g, m, v);
                var.set(&Tensor::from_vec(theta, var.shape(), var.device())?.to_dtype(var.dtype())?)?;
            }
        }
        Ok(())
    }

    fn learning_rate(&self) -> f64 {
        self.config.learning_rate
    }

    fn set_learning_rate(&mut self, learning_rate: f64) {
        self.config.learning_rate = learning_rate;
    }
}

impl Optimizer {
    /// Sets how many steps Adam's bias correction believes were taken; the moments stay.
    pub fn set_step_count(&mut self, step_count: usize) {
        self.step_count = step_count;
    }

    /// All that later updates depend on, by name: parameters, moments and the number of steps. See [`Optimizer::restore`].
    pub fn state(&self) -> Result<Vec<(String, Tensor)>> {
        let mut state = vec![("step_count".to_owned(), Tensor::new(self.step_count as i64, &Device::Cpu)?)];
        for (i, (var, moments)) in self.vars.iter().zip(&self.moments).enumerate() {
            let host = |entries: &[f64]| Tensor::from_slice(entries, var.shape(), &Device::Cpu);
            let (m, v) = (host(&moments.m)?, host(&moments.v)?);
            let parameter = var.as_detached_tensor().copy()?;
            state.extend([(format!("{i}/parameter"), parameter), (format!("{i}/m"), m), (format!("{i}/v"), v)]);
        }
        Ok(state)
    }

    /// Goes back to a [`Optimizer::state`], which `entry` looks up by name.
    ///
    /// # Errors
    /// Where `entry` errs or returns a tensor of another shape or type.
    pub fn restore<'a>(&mut self, entry: impl Fn(&str) -> anyhow::Result<&'a Tensor>) -> anyhow::Result<()> {
        let step_count = entry("step_count")?.to_scalar::<i64>()?;
        self.step_count = usize::try_from(step_count)?;
        for (i, (var, moments)) in self.vars.iter().zip(&mut self.moments).enumerate() {
            let host = |name: &str| -> anyhow::Result<Vec<f64>> {
                let tensor = entry(&format!("{i}/{name}"))?;
                anyhow::ensure!(tensor.shape() == var.shape(), "{name} of another shape than its parameter");
                Ok(tensor.to_dtype(DType::F64)?.flatten_all()?.to_vec1()?)
            };
            *moments = Moments { m: host("m")?, v: host("v")? };
            var.set(&entry(&format!("{i}/parameter"))?.to_device(var.device())?)?;
        }
        Ok(())
    }
}

fn check_learning_rate(learning_rate: f64) -> Result<()> {
    if !(learning_rate.is_finite() && learning_rate > 0.0) {
        bail!("invalid value '{learning_rate}' for 'learning_rate': must be a finite number > 0");
    }
    Ok(())
}

/// One step's rule and numbers, bias corrections included.
struct Update<'a> {
    config: &'a Config,
    bias1: f64,
    bias2: f64,
}

impl<'a> Update<'a> {
    fn new(config: &'a Config, step_count: usize) -> Self {
        let Hyperparameters { beta1, beta2, .. } = config.hyperparameters;
        let t = i32::try_from(step_count).unwrap_or(i32::MAX);
        Self { config, bias1: 1.0 - beta1.powi(t), bias2: 1.0 - beta2.powi(t) }
    }

    /// θ, m and v after the update, in their place.
    fn apply(&self, theta: &mut [f64], g: &[f64], m: &mut [f64], v: &mut [f64]) {
        let (bias1, bias2) = (self.bias1, self.bias2);
        let Config { rule, learning_rate: alpha, hyperparameters: h } = *self.config;
        let entries = [theta, m, v];
        match rule {
            Rule::GradientDescent => for_each(entries, g, move |[theta, _, _], g| {
                *theta -= alpha * g;
            }),
            Rule::Momentum => for_each(entries, g, move |[theta, m, _], g| {
                *m = h.momentum * *m + g;
                *theta -= alpha * *m;
            }),
            Rule::Nesterov => for_each(entries, g, move |[theta, m, _], g| {
                *m = h.momentum * *m + g;
                *theta -= alpha * (g + h.momentum * *m);
            }),
            Rule::AdaGrad => for_each(entries, g, move |[theta, _, v], g| {
                *v += g * g;
                *theta -= alpha * (g / (v.sqrt() + h.epsilon));
            }),
            Rule::RmsProp => for_each(entries, g, move |[theta, _, v], g| {
                *v = h.decay * *v + (1.0 - h.decay) * (g * g);
                *theta -= alpha * (g / (v.sqrt() + h.epsilon));
            }),
            Rule::Adam | Rule::AdamW => {
                let decay = if rule == Rule::AdamW { alpha * h.weight_decay } else { 0.0 };
                for_each(entries, g, move |[theta, m, v], g| {
                    *theta -= decay * *theta;
                    *m = h.beta1 * *m + (1.0 - h.beta1) * g;
                    *v = h.beta2 * *v + (1.0 - h.beta2) * (g * g);
                    *theta -= alpha * ((*m / bias1) / ((*v / bias2).sqrt() + h.epsilon));
                });
            }
        }
    }
}

/// Calls `f([θᵢ, mᵢ, vᵢ], gᵢ)` for all entries.
fn for_each([theta, m, v]: [&mut [f64]; 3], g: &[f64], f: impl Fn([&mut f64; 3], f64)) {
    vectorised!({
        for (((theta, m), v), g) in theta.iter_mut().zip(m).zip(v).zip(g) {
            f([theta, m, v], *g);
        }
    });
}

/// A parameter: a learnable f64 tensor with a copy of `values`' numbers.
pub fn parameter(values: &Tensor) -> Result<Var> {
    Var::from_tensor(&values.to_dtype(DType::F64)?.copy()?)
}

/// How the learning rate falls in the course of a training: from its value at first to 0, or nearly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum RateSchedule {
    /// It stays
    Constant,
    /// In equal steps to 0
    Linear,
    /// Along half a wave of a cosine to 0
    Cosine,
    /// By the same factor each update, to a thousandth
    Exponential,
}

impl RateSchedule {
    /// What the learning rate is multiplied with in update `update`, from 0, of `num_updates`.
    pub fn factor(self, update: usize, num_updates: usize) -> f64 {
        let done = update as f64 / num_updates as f64;
        match self {
            Self::Constant => 1.0,
            Self::Linear => 1.0 - done,
            Self::Cosine => 0.5 * (1.0 + (std::f64::consts::PI * done).cos()),
            Self::Exponential => 1e-3f64.powf(done),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn learning_rates_start_from_one_and_fall() {
        for (schedule, half, end) in [
            (RateSchedule::Constant, 1.0, 1.0),
            (RateSchedule::Linear, 0.5, 0.0),
            (RateSchedule::Cosine, 0.5, 0.0),
            (RateSchedule::Exponential, 1e-3f64.sqrt(), 1e-3),
        ] {
            let found = [0, 5, 10].map(|update| schedule.factor(update, 10));
            for (found, expected) in found.into_iter().zip([1.0, half, end]) {
                assert!((found - expected).abs() < 1e-15, "{schedule:?}: {found} {expected}");
            }
        }
    }
}
