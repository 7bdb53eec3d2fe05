//! Section 2.5, a comparison that the reading group wished for: radial basis functions or a neural network?
//!
//! The target of section 2.5.1, exp(−5x)·sin(5x) at x = 0.01 … 1, clean and with noise, is fitted by
//!
//! - a sum of n radial basis functions with fixed centres, only the weights θ learned;
//! - networks with one hidden layer, σ = relu or tanh, everything learned,
//!
//! with about as many parameters ([`crate::approximation`] has the models and how they learn). For the first, the best θ is
//! known as well (least squares). Errors are root mean squares of g − target, which has no noise.
//!
//! Run it with `cargo run --release --bin sec2_5_rbf_vs_nn`. Without noise, bumps need the fewest updates and relu networks
//! have the largest errors; with noise, more bumps fit more noise and networks hardly; outside, nobody knows the target.

use anyhow::{Context as _, Result};
use candle_core::{Device, Tensor};
use common::{
    config::{self, range},
    context::{Context, Phase},
    ensemble, linalg, ops,
    sampling::{self, grid},
    section::{Preset, Report, Section},
    statistics::{Spread, root_mean_square},
    table::Table,
    training::log_losses,
};

use crate::{
    approximation::{self, Model, Training},
    rbf::target,
};

pub mod method;
pub mod regions;
mod report;
mod run;

pub use method::Method;
use regions::{inside, outside};
use run::Run;

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
pub struct Config {
    /// Numbers of basis functions n, ascending, each from 4 to 400; the networks get the nearest 3h + 1 parameters
    #[arg(long, value_name = "n", value_delimiter = ',', default_value = "10,20,50,100", value_parser = range::whole(4, 400))]
    pub num_parameters: Vec<usize>,
    /// Standard deviation of the noisy target's noise, >= 0
    #[arg(long, value_name = "STD", default_value_t = 0.05, value_parser = range::non_negative)]
    pub noise_std: f64,
    /// Width parameter β of the bumps, >= 0; 0 stands for bumps as wide as their spacing, whatever their number
    #[arg(long, value_name = "β", default_value_t = 0.0, value_parser = range::non_negative)]
    pub bump_width: f64,
    /// Adam's learning rate α for the weights of the basis functions, > 0; it falls linearly to 0
    #[arg(long, value_name = "α", default_value_t = 0.05, value_parser = range::positive)]
    pub rbf_rate: f64,
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

/// The points to fit, 1/N … 1.
fn sample_points(config: &Config) -> Vec<f64> {
    grid(0.0, 1.0, config.training.num_samples + 1).split_off(1)
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

/// Trains one model and measures it at the checkpoints; all that is random comes from the seed and the repetition.
// ANCHOR: measure
fn measure(run: &Run, config: &Config, seed: u64, device: &Device) -> Result<Table> {
    let (xs, training) = (sample_points(config), &config.training);
    let noise = &mut sampling::rng(seed, 2 * run.repetition); // the same for all methods
    let ys = sampling::observe(target, &xs, if run.noisy { config.noise_std } else { 0.0 }, noise);
    let start = &mut sampling::rng(seed, 2 * run.repetition + 1);
    let basis = approximation::basis(run.n, config.bump_width);
    let model = match run.method {
        Method::LeastSquares | Method::Rbf => Model::rbf(basis.clone(), start, device)?,
        Method::Relu => Model::network(ops::relu, run.n, training.slope_std, start, device)?,
        Method::Tanh => Model::network(Tensor::tanh, run.n, training.slope_std, start, device)?,
    };
    let regions = [inside(), outside()].map(|xs| {
        let truth: Vec<f64> = xs.iter().map(|&x| target(x)).collect();
        Ok((model.inputs(&xs, device)?, Tensor::new(truth, device)?))
    });
    let regions = regions.into_iter().collect::<Result<Vec<_>>>()?;
    let mut history = Table::new("update", ["inside", "outside"]);
    let mut look = |update| {
        let errors = regions.iter().map(|(inputs, truth)| {
            let errors = (model.forward(inputs)? - truth)?;
            Ok(root_mean_square(errors.to_vec1::<f64>()?))
        });
        log_losses(&mut history, update, &errors.collect::<Result<Vec<_>>>()?)
    };
    match (run.method, &model) {
        (Method::LeastSquares, Model::Rbf { weights, .. }) => {
            let phi = approximation::phi(&basis, &xs, device)?;
            weights.theta.set(&linalg::least_squares(&phi, &Tensor::new(ys, device)?, 1e-12)?)?;
            training.checkpoints().into_iter().try_for_each(look)?; // the best weights at once
        }
        (Method::LeastSquares | Method::Rbf, _) => training.fit(&model, config.rbf_rate, &xs, &ys, look)?,
        _ => training.fit(&model, training.network_rate, &xs, &ys, &mut look)?,
    }
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

    fn run(config: &Config, context: &mut Context) -> Result<Outcome> {
        config::validate(config)?;
        config::ascending("--num-parameters", &config.num_parameters)?;
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
        let train = |run: &Run| measure(run, config, seed, &device).with_context(|| format!("{run:?}"));
        let histories = ensemble::train(context, "errors", &runs, train, |run, history| Ok(run.finished(history)))?;
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

    fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
        report::report(config, outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_has_as_many_parameters_as_said() {
        assert_eq!([4, 20, 50, 100].map(|n| Method::Relu.num_parameters(n)), [4, 19, 49, 100]);
        assert_eq!(Method::Rbf.num_parameters(20), 20);
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
