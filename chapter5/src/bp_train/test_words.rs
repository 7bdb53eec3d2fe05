//! Counting errors: the same fresh words for every decoder.

use anyhow::Result;
use candle_core::Tensor;
use common::{
    context::Context,
    ensemble,
    unfolding::{Algorithm, Batch, Problem, estimate_after},
};

use super::Channel;
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
    pub by_word: Vec<u16>,
    /// Bits of a word
    pub length: usize,
}

impl Errors {
    /// What [`Errors::row`] says.
    pub const COLUMNS: [&'static str; 9] = [
        "words",
        "bit_errors",
        "word_errors",
        "bit_error_rate",
        "low",
        "high",
        "word_error_rate",
        "word_low",
        "word_high",
    ];

    /// Counts and rates, as a row of a table.
    pub fn row(&self) -> [f64; 9] {
        let (bit, word) = (self.bit_error_rate(), self.word_error_rate());
        let counts = [self.by_word.len(), self.bits(), self.words()].map(|count| count as f64);
        [counts[0], counts[1], counts[2], bit.rate, bit.low, bit.high, word.rate, word.low, word.high]
    }

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

/// λ → x̂
pub type Decode<'a> = Box<dyn Fn(&Tensor) -> Result<Tensor> + Sync + 'a>;

/// One who decodes: an estimate of x from λ, both `[K, n]`.
pub struct Contender<'a> {
    /// Name
    pub name: &'static str,
    /// Words that it decodes, the first ones of all
    pub num_words: usize,
    /// λ → x̂
    pub decode: Decode<'a>,
}

impl<'a> Contender<'a> {
    /// `decode` called `name`, for all words.
    pub fn new(name: &'static str, decode: impl Fn(&Tensor) -> Result<Tensor> + Sync + 'a) -> Self {
        Self { name, num_words: usize::MAX, decode: Box::new(decode) }
    }

    /// Iterations of an unfolded decoder of `code`.
    pub fn unfolded(
        name: &'static str,
        code: &Code,
        decoder: &'a impl Algorithm<Data = Tensor>,
        num_iterations: usize,
    ) -> Self {
        let edges = code.edges().len();
        Self::new(name, move |lambda| {
            let start = Tensor::zeros((lambda.dim(0)?, edges), lambda.dtype(), lambda.device())?; // all α = 0
            estimate_after(decoder, num_iterations, &start, lambda)
        })
    }

    /// Maximum likelihood for BCH(31, 16).
    pub fn maximum_likelihood() -> Self {
        let ml = MaximumLikelihood::default();
        Self::new("maximum likelihood", move |lambda| {
            let received = lambda.to_vec2()?; // λ is y but for a factor
            let found: Vec<f64> = received.iter().flat_map(|y: &Vec<f64>| ml.decode(y)).collect();
            Ok(Tensor::from_vec(found, lambda.shape(), lambda.device())?)
        })
    }
}

/// Words that are decoded at once.
const CHUNK: usize = 500;

/// The errors of all `contenders` in the same `num_words` words, with random numbers from stream `stream` on.
// ANCHOR: count
pub fn count_errors(
    channel: &Channel,
    contenders: &[Contender],
    num_words: usize,
    stream: u64,
    context: &mut Context,
) -> Result<Vec<Errors>> {
    let seed = context.seed;
    let chunks: Vec<usize> = (0..num_words.div_ceil(CHUNK)).collect();
    let counted = ensemble::map(context, &chunks, |&chunk| {
        let (rng, first) = (&mut common::sampling::rng(seed, stream + chunk as u64), chunk * CHUNK);
        let Batch { solution: x, data: lambda, .. } = channel.draw(CHUNK.min(num_words - first), rng)?;
        let errors = |one: &Contender| {
            let words = x.dim(0)?.min(one.num_words.saturating_sub(first));
            let estimate = if words > 0 { (one.decode)(&lambda.narrow(0, 0, words)?)? } else { return Ok(vec![]) };
            wrong_bits(&estimate, &x.narrow(0, 0, words)?)
        };
        contenders.iter().map(errors).collect::<Result<Vec<_>>>()
    })?;
    let all = contenders.iter().enumerate().map(|(index, one)| Errors {
        name: one.name,
        by_word: counted.iter().flat_map(|chunk| chunk[index].iter().copied()).collect(),
        length: channel.size.0,
    });
    Ok(all.filter(|errors| !errors.by_word.is_empty()).collect())
}
// ANCHOR_END: count

/// For each word, how many of its bits have the wrong sign.
fn wrong_bits(estimate: &Tensor, x: &Tensor) -> Result<Vec<u16>> {
    let (estimate, x) = (estimate.to_vec2::<f64>()?, x.to_vec2::<f64>()?);
    let wrong = |(e, x): (&Vec<f64>, &Vec<f64>)| e.iter().zip(x).filter(|(e, x)| (**e < 0.0) != (**x < 0.0)).count();
    Ok(estimate.iter().zip(&x).map(|pair| wrong(pair) as u16).collect()) // n ≤ 10000
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{DType, Device};

    #[test]
    fn long_words_have_all_their_errors() -> Result<()> {
        let x = Tensor::ones((2, 10_000), DType::F64, &Device::Cpu)?;
        assert_eq!(wrong_bits(&x.neg()?, &x)?, [10_000, 10_000]);
        Ok(())
    }
}
