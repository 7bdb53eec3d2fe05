//! The noisy system: the gradient from paths, and the exact one.

use anyhow::Result;
use candle_core::{DType, Device, Tensor, Var};
use candle_nn::Optimizer as _;
use common::{
    context::{Context, Finished},
    ensemble, linalg,
    ops::{LinearRecurrence, Rollout},
    optim::{self, Optimizer, RateSchedule, Rule},
    statistics::Spread,
    table::Table,
    training::{log_losses, loss_value},
};
use nalgebra::DMatrix;

use super::{COSTS, Config, regulator};
use crate::{
    du_stabilize_sde as sde,
    plant::{GIVEN_GAIN, Plant, discrete_lyapunov},
};

/// E‖x(T)‖² of a gain, which may be learnable: vec P ← (F ⊗ F) vec P + hσ² vec I, from P = I.
// ANCHOR: expected
pub fn expected_loss(config: &sde::Config, plant: &Plant, gain: &Tensor) -> Result<Tensor> {
    let f = plant.euler(gain, config.step())?;
    let kronecker = f.reshape((4, 1, 4, 1))?.broadcast_mul(&f.reshape((1, 4, 1, 4))?)?.reshape((16, 16))?; // F ⊗ F
    let identity = Tensor::eye(4, DType::F64, &Device::Cpu)?.reshape(16)?;
    let noise = (&identity * (config.step() * config.noise_std.powi(2)))?; // hσ² vec I
    let recurrence = LinearRecurrence::with_inputs(&noise.broadcast_as((config.num_steps, 16))?.contiguous()?)?;
    let p = Rollout::new(recurrence).last(&identity, &kronecker, config.num_steps)?;
    Ok((p * identity)?.sum_all()?) // tr P
}
// ANCHOR_END: expected

/// E‖x‖² when ẋ = Mx with noise has settled.
fn settled(config: &sde::Config, m: &Tensor) -> Result<f64> {
    let f = DMatrix::identity(4, 4) + linalg::to_matrix(m)? * config.step();
    Ok(discrete_lyapunov(&f, &(DMatrix::identity(4, 4) * (config.step() * config.noise_std.powi(2)))).trace())
}

/// Which gradient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gradient {
    /// Of 100 paths, from these streams
    Sampled(u64),
    /// Of E‖x(T)‖²
    Exact,
}

/// The settled E‖x‖² before each update and after the last one, and ‖K‖ then.
fn train(
    (gradient, learning_rate): (Gradient, f64),
    (schedule, num_updates): (RateSchedule, usize),
    config: &sde::Config,
    plant: &Plant,
    seed: u64,
) -> Result<(Vec<f64>, f64)> {
    let gain: Var = optim::parameter(&Tensor::new(&GIVEN_GAIN, &Device::Cpu)?)?;
    let mut adam = Optimizer::new(vec![gain.clone()], Rule::Adam.with(learning_rate))?;
    let mut curve = vec![settled(config, &plant.closed_loop(&gain.detach())?)?];
    let mut history = Table::new("update", ["loss"]);
    for update in 0..num_updates {
        adam.set_learning_rate(learning_rate * schedule.factor(update, num_updates));
        let loss = match gradient {
            Gradient::Exact => expected_loss(config, plant, &gain)?,
            Gradient::Sampled(stream) => {
                let rng = &mut common::sampling::rng(seed, stream << 32 | update as u64);
                let (start, motion) = sde::draw(config, rng, &Context::new(seed))?;
                let end = motion.last(&start, &plant.euler(&gain, config.step())?, config.num_steps)?;
                (end.sqr()?.sum_all()? / config.num_paths as f64)?
            }
        };
        log_losses(&mut history, update, &[loss_value(&loss)?])?;
        adam.step(&loss.backward()?)?;
        curve.push(settled(config, &plant.closed_loop(&gain.detach())?)?);
    }
    Ok((curve, gain.sqr()?.sum_all()?.to_scalar::<f64>()?.sqrt()))
}

/// What came out.
#[derive(Debug)]
pub struct Noisy {
    /// For each learning rate: the settled E‖x‖² of the sampled gradient over the seeds, that of the exact one, and ‖K‖ at the end
    /// of the first sampled and of the exact training
    pub trainings: Vec<(f64, Spread, Vec<f64>, [f64; 2])>,
    /// E‖x‖² and ‖K‖ after a long training with the exact gradient and a rate that falls from 1 to 0
    pub long: (f64, f64),
    /// E‖x‖² and ‖K‖ of the regulators of the [`COSTS`]
    pub regulators: Vec<(f64, f64)>,
}

/// Updates of the long training.
const LONG: usize = 2000;

/// All trainings.
pub fn run(config: &Config, plant: &Plant, context: &mut Context) -> Result<Noisy> {
    let (sde, seed) = (sde::Config::default(), context.seed);
    let (updates, rates) = (config.num_updates, &config.learning_rates);
    let gradients = (0..config.num_seeds as u64).map(|s| Gradient::Sampled(1 + s)).chain([Gradient::Exact]);
    let items: Vec<_> = gradients.flat_map(|gradient| rates.iter().map(move |&rate| (gradient, rate))).collect();
    let one = |&how: &(Gradient, f64)| train(how, (RateSchedule::Constant, updates), &sde, plant, seed);
    let curves = ensemble::train(context, "noisy", &items, one, |(gradient, rate), (curve, _)| {
        let name = match gradient {
            Gradient::Exact => format!("{rate}_exact"),
            Gradient::Sampled(seed) => format!("{rate}_sampled_{seed}"),
        };
        Ok(Finished::new(name, Table::of_columns("update", 0, &[("mean_square".into(), curve.clone())])))
    })?;
    let trainings = rates.iter().enumerate().map(|(r, &rate)| {
        let of_rate: Vec<_> = curves.iter().skip(r).step_by(rates.len()).collect();
        let (exact, sampled) = (of_rate[config.num_seeds], &of_rate[..config.num_seeds]);
        let spread = Spread::of(&sampled.iter().map(|(curve, _)| curve).collect::<Vec<_>>());
        (rate, spread, exact.0.clone(), [sampled[0].1, exact.1])
    });
    let trainings = trainings.collect();
    let long = LONG.min(20 * updates);
    let (curve, norm) = train((Gradient::Exact, 1.0), (RateSchedule::Cosine, long), &sde, plant, seed)?;
    let regulators = COSTS.iter().map(|&r| {
        let (m, norm) = regulator(plant, r, sde.step())?;
        Ok((settled(&sde, &m)?, norm))
    });
    Ok(Noisy { trainings, long: (curve[long], norm), regulators: regulators.collect::<Result<_>>()? })
}
