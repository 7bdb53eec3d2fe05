//! All detectors on the same signals.

use anyhow::Result;
use candle_core::Tensor;
use common::{
    context::{Context, Finished},
    ensemble, sampling,
    table::Table,
    unfolding::{Algorithm as _, Batch, Problem as _, Schedule, estimate_after},
};

use super::{Channels, Detector, Received, networks::inputs};
use crate::rates::{Rate, clustered};

/// A detector and its symbol error rate.
#[derive(Debug, Clone)]
pub struct Counted {
    /// Column in the tables
    pub name: String,
    /// In words
    pub label: String,
    /// Symbol error rate with its 95 % interval, signals being the independent trials
    pub rate: Rate,
}

/// V·Σ(Σ² + αI)⁻¹·Uᵀy: zero forcing for α = 0, LMMSE for α = σ².
// ANCHOR: linear
fn linear(Received { rotated, sigma, v, .. }: &Received, alpha: f64) -> Result<Tensor> {
    let weighted = ((rotated * sigma)? / (sigma.sqr()? + alpha)?)?;
    Ok(v.broadcast_mul(&weighted.unsqueeze(1)?)?.sum(2)?)
}
// ANCHOR_END: linear

/// The x of all 2ⁿ with the least ‖y − Hx‖².
fn maximum_likelihood(data: &Received) -> Result<Tensor> {
    let (count, n) = data.y.dims2()?;
    let word = |w: usize| (0..n).map(move |i| if w >> i & 1 == 1 { -1.0 } else { 1.0 });
    let words: Vec<f64> = (0..1usize << n).flat_map(word).collect();
    let words = Tensor::from_vec(words, (1usize << n, n), data.y.device())?;
    let images = data.h.broadcast_matmul(&words.t()?)?; // Hx of all words, [K, n, 2ⁿ]
    let distances = images.broadcast_sub(&data.y.unsqueeze(2)?)?.sqr()?.sum(1)?;
    Ok(words.index_select(&distances.argmin(1)?.reshape(count)?, 0)?)
}

impl Detector {
    fn name(&self) -> (String, String) {
        match self {
            Self::Unfolded(depth, _) => (format!("unfolded_T{depth}"), format!("unfolded, T = {depth}")),
            Self::Network(_) => ("network".into(), "network on (y, H)".into()),
            Self::OneChannel(_) => ("one_channel".into(), "network of another channel".into()),
        }
    }

    /// What is left of it if a later one diverges: its parameters.
    pub fn finished(&self, noise_std: f64) -> Result<Finished> {
        let values = |s: &Schedule| Ok((s.name().to_owned(), s.copy()?));
        let parameters = match self {
            Self::Network(network) | Self::OneChannel(network) => network.values()?,
            Self::Unfolded(_, unfolded) => unfolded.schedules().into_iter().map(values).collect::<Result<_>>()?,
        };
        let name = format!("std_{noise_std}_{}", self.name().0);
        Ok(Finished { parameters, ..Finished::new(name, Table::new("update", [""; 0])) })
    }

    fn estimate(&self, batch: &Batch<Received>) -> Result<Tensor> {
        match self {
            Self::Network(network) => network.forward(&inputs(&batch.data)?),
            Self::OneChannel(network) => network.forward(&batch.data.y),
            Self::Unfolded(depth, unfolded) => estimate_after(unfolded, *depth, &batch.start, &batch.data),
        }
    }
}

/// Signals in a shard.
const SHARD: usize = 500;
/// Test signals come from streams that no training uses.
const TEST: u64 = 1 << 40;

/// Symbol errors of all detectors in `num_test` signals, the same for each.
pub fn count(
    problem: &Channels,
    detectors: &[Detector],
    num_test: usize,
    context: &mut Context,
) -> Result<Vec<Counted>> {
    let seed = context.seed;
    let errors = |found: &Tensor, x: &Tensor| -> Result<Vec<u8>> {
        let (found, x) = (found.detach().to_vec2::<f64>()?, x.to_vec2::<f64>()?);
        let wrong =
            |(a, b): (&Vec<f64>, &Vec<f64>)| a.iter().zip(b).filter(|(a, b)| (**a < 0.0) != (**b < 0.0)).count();
        Ok(found.iter().zip(&x).map(|pair| wrong(pair) as u8).collect())
    };
    let of_shard = |&shard: &usize| -> Result<Vec<Vec<u8>>> {
        let batch = problem.draw(SHARD.min(num_test - shard * SHARD), &mut sampling::rng(seed, TEST + shard as u64))?;
        let mut all = vec![linear(&batch.data, 0.0)?, linear(&batch.data, problem.noise_std.powi(2))?];
        for detector in detectors {
            all.push(detector.estimate(&batch)?);
        }
        all.push(maximum_likelihood(&batch.data)?);
        all.iter().map(|found| errors(found, &batch.solution)).collect()
    };
    let shards: Vec<Vec<Vec<u8>>> =
        ensemble::map(context, &(0..num_test.div_ceil(SHARD)).collect::<Vec<_>>(), of_shard)?;
    let linear = [("zero_forcing", "zero forcing"), ("lmmse", "LMMSE")];
    let names = linear.map(|(name, label)| (name.to_owned(), label.to_owned())).into_iter();
    let names = names.chain(detectors.iter().map(Detector::name));
    let names = names.chain([("maximum_likelihood".to_owned(), "maximum likelihood".to_owned())]);
    let of = |(i, (name, label)): (usize, (String, String))| {
        let errors = shards.iter().flat_map(|shard| shard[i].iter().map(|&errors| usize::from(errors)));
        Counted { name, label, rate: clustered(errors, problem.num_antennas) }
    };
    Ok(names.enumerate().map(of).collect())
}
