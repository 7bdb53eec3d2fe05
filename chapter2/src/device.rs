//! Section 2.4: the same computation on the CPU and on a GPU.
//!
//! A matrix product and the gradient descent of [`crate::gradient_descent`], on the CPU and, where the program was built
//! for one and it is there, on a GPU. The numbers agree; the times depend on the size: a GPU wins on large matrices only.
//!
//! Run it with `cargo run --release --bin sec2_4_device`.

use anyhow::Result;
use candle_core::Device;
use common::{
    config::{self, range},
    context::{Context, Phase, device_name},
    figure::{Figure, Panel, Series},
    sampling,
    section::{Report, Section},
    table::Table,
    training::log_losses,
};

use crate::gradient_descent::{self, descend_by_backprop};

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
pub struct Config {
    /// Size n of the n×n matrices, 1 to 4000
    #[arg(long, value_name = "n", default_value_t = 200, value_parser = range::count(4000))]
    pub size: usize,
    /// Number of products; the first is slower, since it opens what the later ones use. 1 to 1000
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = range::count(1000))]
    pub num_products: usize,
}

impl Default for Config {
    fn default() -> Self {
        config::defaults()
    }
}

/// What one device did.
#[derive(Debug)]
pub struct OnDevice {
    /// `cpu`, `cuda` or `metal`
    pub name: &'static str,
    /// Mean of the squared entries of the product AB
    pub mean_square: f64,
    /// f after each iteration of gradient descent
    pub descent: Vec<f64>,
    /// Seconds of the first product, of the fastest one, and of the descent
    pub seconds: [f64; 3],
}

/// What came out.
#[derive(Debug)]
pub struct Outcome {
    /// The devices, the CPU first
    pub devices: Vec<OnDevice>,
    /// f after each iteration, a column per device
    pub history: Table,
}

fn compute(config: &Config, device: &Device, context: &mut Context) -> Result<OnDevice> {
    let rng = &mut context.rng(0);
    let a = sampling::normal_matrix(config.size, config.size, rng, device)?;
    let b = sampling::normal_matrix(config.size, config.size, rng, device)?;
    // ANCHOR: product
    let (mut product, mut first, mut fastest) = (a.clone(), f64::NAN, f64::INFINITY);
    for i in 0..config.num_products {
        let start = context.seconds();
        product = a.matmul(&b)?;
        device.synchronize()?; // a GPU works on while the program goes ahead
        let seconds = context.seconds() - start;
        first = if i == 0 { seconds } else { first };
        fastest = seconds.min(fastest);
    }
    // ANCHOR_END: product
    let descent = gradient_descent::Config::default();
    let start = context.seconds();
    let path = descend_by_backprop([descent.start[0], descent.start[1]], &descent, device)?;
    let seconds = context.seconds() - start;
    Ok(OnDevice {
        name: device_name(device),
        mean_square: product.sqr()?.mean_all()?.to_scalar()?,
        descent: path.iter().map(|[x1, x2]| 4.0 * x1 * x1 + x2 * x2).collect(),
        seconds: [first, fastest, seconds],
    })
}

/// The section as a program.
#[derive(Debug)]
pub struct DeviceDemo;

impl Section for DeviceDemo {
    const NAME: &'static str = "sec2_4_device";
    const TITLE: &'static str = "The same computation on the CPU and on a GPU";
    const HELP: &'static str = "\
Multiplies two 200×200 matrices and runs the gradient descent of section 2.4, on the CPU and, with --device auto or \
cuda, on the GPU that the program was built for and finds. Prints what it ran on and the times. Without a GPU it says \
so. Build with --features cuda for NVIDIA GPUs.";
    type Config = Config;
    type Outcome = Outcome;

    fn run(config: &Config, context: &mut Context) -> Result<Outcome> {
        config::validate(config)?;
        context.phase(Phase::Training);
        // ANCHOR: devices
        let mut devices = vec![compute(config, &Device::Cpu, context)?];
        if !context.device.is_cpu() {
            let gpu = context.device.clone();
            devices.push(compute(config, &gpu, context)?);
        }
        // ANCHOR_END: devices
        let mut history = Table::new("iteration", devices.iter().map(|d| format!("f_on_{}", d.name)));
        for iteration in 0..devices[0].descent.len() {
            log_losses(&mut history, iteration, &devices.iter().map(|d| d.descent[iteration]).collect::<Vec<_>>())?;
        }
        Ok(Outcome { devices, history })
    }

    fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
        let n = config.size;
        let mut summary = String::new();
        for OnDevice { name, mean_square, seconds: [first, fastest, descent], .. } in &outcome.devices {
            summary += &format!(
                "{name}: {n}×{n} product {:.3} ms at first, {:.3} ms at best, mean square entry {mean_square:.6}\n\
                 {name}: gradient descent {:.3} ms\n",
                first * 1e3,
                fastest * 1e3,
                descent * 1e3,
            );
        }
        let headline = match &outcome.devices[..] {
            [_cpu] => {
                summary += "no GPU: this program was built without one, none was found, or --device cpu was given\n";
                format!("cpu only, mean square {:.4}", outcome.devices[0].mean_square)
            }
            [cpu, gpu, ..] => {
                let difference = (cpu.mean_square - gpu.mean_square).abs() / cpu.mean_square;
                format!("cpu and {} agree to {difference:.0e}", gpu.name)
            }
            [] => String::new(),
        };
        Ok(Report::new(headline, summary).table("history", &outcome.history).figure("device", figure(outcome)))
    }
}

fn figure(outcome: &Outcome) -> Figure {
    let mut panel = Panel::new("The same gradient descent on each device", "iteration", "f(x)").log_y();
    for device in &outcome.devices {
        let iterations = (0..device.descent.len()).map(|i| i as f64).collect::<Vec<_>>();
        panel = panel.series(Series::line_with_markers(device.name, &iterations, &device.descent));
    }
    Figure::new().panel(panel)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_of_gaussian_matrices_has_entries_of_variance_n() -> Result<()> {
        let outcome = DeviceDemo::run(&Config::default(), &mut Context::new(1))?;
        assert!((outcome.devices[0].mean_square / 200.0 - 1.0).abs() < 0.05);
        assert_eq!(outcome.devices[0].descent.len(), 11);
        Ok(())
    }
}
