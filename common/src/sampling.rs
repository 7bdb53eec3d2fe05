//! Data: one seeded generator, grids, noise, Gaussian matrices, the unit sphere, mini-batches.
//!
//! All randomness is drawn on the host from a ChaCha8 stream owned by the caller, so the same seed gives the same numbers
//! on every device, with any number of threads and with later versions of candle.

use anyhow::Result;
use candle_core::{Device, Tensor};
use rand::seq::SliceRandom;
use rand::{Rng as _, SeedableRng};
use rand_distr::StandardNormal;

/// The generator of the whole companion: seeded, version-stable, cheap to split into streams.
pub type Rng = rand_chacha::ChaCha8Rng;

/// The generator of stream `stream` of `seed`. Streams of one seed are independent: one each for data, noise, start values …
pub fn rng(seed: u64, stream: u64) -> Rng {
    let mut rng = Rng::seed_from_u64(seed);
    rng.set_stream(stream);
    rng
}

/// `count` evenly spaced points from `first` to `last`, both included; point i is computed afresh, so no rounding adds up.
///
/// One point is `first` alone. Written as a weighted mean of the two ends: `grid(0, 1, 11)[3]` is 0.3 exactly as typed.
pub fn grid(first: f64, last: f64, count: usize) -> Vec<f64> {
    let intervals = count.saturating_sub(1) as f64;
    let point = |i| match i {
        0 => first,
        i if i + 1 == count => last, // last·n/n need not be last
        i => (first * (intervals - i as f64) + last * i as f64) / intervals,
    };
    (0..count).map(point).collect()
}

/// Noisy observations f(x) + ε of a function, ε ~ N(0, `noise_std`²), one draw per point.
pub fn observe(f: impl Fn(f64) -> f64, xs: &[f64], noise_std: f64, rng: &mut Rng) -> Vec<f64> {
    xs.iter().map(|&x| f(x) + noise_std * rng.sample::<f64, _>(StandardNormal)).collect()
}

/// `count` independent draws from N(0, 1).
pub fn normal_vec(count: usize, rng: &mut Rng) -> Vec<f64> {
    rng.sample_iter(StandardNormal).take(count).collect()
}

/// `count` independent draws, uniform on [0, 1).
pub fn uniform_vec(count: usize, rng: &mut Rng) -> Vec<f64> {
    (0..count).map(|_| rng.random()).collect()
}

/// `count` independent Bernoulli–Gaussian draws: N(0, 1) with probability `active`, else 0. A signal of few entries.
pub fn bernoulli_gaussian_vec(count: usize, active: f64, rng: &mut Rng) -> Vec<f64> {
    let mut draw = || if rng.random::<f64>() < active { rng.sample(StandardNormal) } else { 0.0 };
    (0..count).map(|_| draw()).collect()
}

/// `count` independent random signs, −1 or 1.
pub fn sign_vec(count: usize, rng: &mut Rng) -> Vec<f64> {
    (0..count).map(|_| if rng.random() { 1.0 } else { -1.0 }).collect()
}

/// `count` row numbers below `rows` (at least 1), drawn with replacement.
pub fn resample(count: usize, rows: usize, rng: &mut Rng) -> Vec<u32> {
    (0..count).map(|_| rng.random_range(0..rows as u32)).collect()
}

/// The numbers 0 to `rows` − 1 in a random order.
fn permutation(rows: usize, rng: &mut Rng) -> Vec<u32> {
    let mut order: Vec<u32> = (0..rows as u32).collect();
    order.shuffle(rng);
    order
}

/// `count` row numbers below `rows` (at least 1) from place `first` on of a sequence of epochs, each of them a permutation of its
/// own. Epoch e is drawn from stream e of `seed`, so that any part of the sequence can be had without what comes before it.
pub fn reshuffled(first: u64, count: usize, rows: usize, seed: u64) -> Vec<u32> {
    let (epoch, place) = (first / rows as u64, first % rows as u64);
    (epoch..).flat_map(|epoch| permutation(rows, &mut rng(seed, epoch))).skip(place as usize).take(count).collect()
}

/// A matrix `[rows, columns]` of independent N(0, 1) entries, f64.
pub fn normal_matrix(rows: usize, columns: usize, rng: &mut Rng, device: &Device) -> Result<Tensor> {
    Ok(Tensor::from_vec(normal_vec(rows * columns, rng), (rows, columns), device)?)
}

/// `count` points `[count, dimension]` spread evenly over the unit sphere: Gaussian vectors scaled to length one.
///
/// `dimension` is at least 1.
pub fn unit_sphere(count: usize, dimension: usize, rng: &mut Rng, device: &Device) -> Result<Tensor> {
    let x = normal_matrix(count, dimension, rng, device)?;
    let norms = x.sqr()?.sum_keepdim(1)?.sqrt()?;
    Ok(x.broadcast_div(&norms)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grid_hits_the_decimals_exactly() {
        let xs = grid(0.0, 1.0, 11);
        assert_eq!(xs, [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]);
        assert_eq!(grid(2.0, 3.0, 1), [2.0]);
        assert_eq!(grid(0.0, 424851.16402896034, 450)[449], 424851.16402896034);
        assert!(grid(2.0, 3.0, 0).is_empty());
    }

    #[test]
    fn streams_of_a_seed_differ_and_repeat() {
        let draw = |seed, stream| normal_vec(4, &mut rng(seed, stream));
        assert_eq!(draw(1, 0), draw(1, 0));
        assert_ne!(draw(1, 0), draw(1, 1));
        assert_ne!(draw(1, 0), draw(2, 0));
    }

    #[test]
    fn without_noise_an_observation_is_the_function() {
        assert_eq!(observe(|x| x * x, &[1.0, 2.0], 0.0, &mut rng(1, 0)), [1.0, 4.0]);
    }

    #[test]
    fn each_epoch_has_every_row_once_in_an_order_of_its_own() {
        let rows = 50;
        let epochs = reshuffled(0, 4 * rows, rows, 1);
        for epoch in epochs.chunks(rows) {
            let mut sorted = epoch.to_vec();
            sorted.sort();
            assert_eq!(sorted, (0..rows as u32).collect::<Vec<_>>());
        }
        for (e, epoch) in epochs.chunks(rows).enumerate() {
            assert!(epochs.chunks(rows).take(e).all(|earlier| earlier != epoch), "epoch {e}");
        }
        for (first, count) in [(0, 10), (45, 10), (100, 50), (130, 70), (7, 150), (200, 0)] {
            assert_eq!(reshuffled(first as u64, count, rows, 1), epochs[first..first + count]);
        }
        assert_ne!(reshuffled(0, rows, rows, 2), epochs[..rows]);
        assert_eq!(reshuffled(3, 5, 1, 1), [0; 5]);
    }
}
