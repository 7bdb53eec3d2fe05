//! Counting errors: the same fresh words for every decoder.

use anyhow::Result;
use candle_core::Tensor;
use common::{
    context::Context,
    ensemble,
    unfolding::{Algorithm, Batch, Problem},
};

use super::{Channel, Config, Decoder};
use crate::{
    codes::{Code, MaximumLikelihood},
    rates::{Rate, binomial, clustered},
};

/// What a decoder left behind.
#[derive(Debug, Clone)]
pub struct Errors {
    /// The decoder
    pub name: &'static str,
    /// Wrong bits of each word
    pub by_word: Vec<u8>,
    /// Bits of a word
    pub length: usize,
}

impl Errors {
    /// All wrong bits.
    pub fn bits(&self) -> usize {
        self.by_word.iter().map(|&errors| usize::from(errors)).sum()
    }

    /// Words with a wrong bit.
    pub fn words(&self) -> usize {
        self.by_word.iter().filter(|&&errors| errors > 0).count()
    }

    /// Bit error rate; the interval knows that bits of a word fail together.
    pub fn bit_error_rate(&self) -> Rate {
        clustered(self.by_word.iter().map(|&errors| usize::from(errors)), self.length)
    }

    /// Word error rate.
    pub fn word_error_rate(&self) -> Rate {
        binomial(self.words(), self.by_word.len())
    }
}

/// Words that are decoded at once.
const CHUNK: usize = 500;

/// Errors without a decoder, of the `decoders` (plain, learned, …), and of maximum likelihood if the code is BCH(31, 16).
// ANCHOR: count
pub fn count_errors(
    code: &Code,
    channel: &Channel,
    decoders: &[&Decoder],
    config: &Config,
    context: &mut Context,
) -> Result<Vec<Errors>> {
    let ml = (*code == Code::bch()).then(MaximumLikelihood::default);
    let seed = context.seed;
    let chunks: Vec<usize> = (0..config.num_test.div_ceil(CHUNK)).collect();
    let counted = ensemble::map(context, &chunks, |&chunk| {
        let rng = &mut common::sampling::rng(seed, (1 << 40) + chunk as u64);
        let first = chunk * CHUNK;
        let Batch { start, solution: x, data: lambda } = channel.draw(CHUNK.min(config.num_test - first), rng)?;
        let mut errors = vec![wrong_bits(&lambda, &x)?];
        for decoder in decoders {
            let mut alpha = start.clone();
            for k in 0..config.num_iterations {
                alpha = decoder.iterate(k, &alpha, &lambda, rng)?.detach();
            }
            errors.push(wrong_bits(&decoder.estimate(&alpha, &lambda)?, &x)?);
        }
        if let Some(ml) = &ml {
            let words = x.dim(0)?.min(config.num_ml.saturating_sub(first));
            let received = lambda.narrow(0, 0, words)?.to_vec2()?; // λ is y but for a factor
            let found: Vec<f64> = received.iter().flat_map(|y: &Vec<f64>| ml.decode(y)).collect();
            let x = x.narrow(0, 0, words)?;
            errors.push(wrong_bits(&Tensor::from_vec(found, x.shape(), x.device())?, &x)?);
        }
        Ok(errors)
    })?;
    let names = ["no decoder", "plain BP", "learned BP", "maximum likelihood"];
    let number = counted[0].len();
    let all = (0..number).map(|d| Errors {
        name: if d + 1 == number && ml.is_some() { names[3] } else { names[d.min(2)] },
        by_word: counted.iter().flat_map(|chunk| chunk[d].iter().copied()).collect(),
        length: code.length,
    });
    Ok(all.filter(|errors| !errors.by_word.is_empty()).collect())
}
// ANCHOR_END: count

/// For each word, how many of its bits have the wrong sign.
fn wrong_bits(estimate: &Tensor, x: &Tensor) -> Result<Vec<u8>> {
    let (estimate, x) = (estimate.to_vec2::<f64>()?, x.to_vec2::<f64>()?);
    let wrong = |(e, x): (&Vec<f64>, &Vec<f64>)| e.iter().zip(x).filter(|(e, x)| (**e < 0.0) != (**x < 0.0)).count();
    Ok(estimate.iter().zip(&x).map(|pair| wrong(pair).min(255) as u8).collect())
}
