//! Binary linear codes: parity checks, their Tanner graph, encoding, and a decoder that finds the nearest codeword.

use anyhow::{Context as _, Result, bail, ensure};
use candle_core::Tensor;
use common::{
    ops::{CheckNode, VariableNode},
    sampling::Rng,
};
use rand::Rng as _;

/// A code as the set of the words that satisfy its parity checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// Number of bits n
    pub length: usize,
    /// The bits of each check, ascending
    pub checks: Vec<Vec<usize>>,
}

impl Code {
    /// The code of these checks on `length` bits. Errors if a check is empty or names a bit twice or one that does not exist.
    pub fn new(length: usize, mut checks: Vec<Vec<usize>>) -> Result<Self> {
        ensure!(!checks.is_empty(), "a code needs a parity check");
        for (index, check) in checks.iter_mut().enumerate() {
            check.sort_unstable();
            let valid = check.last().is_some_and(|&bit| bit < length) && check.windows(2).all(|pair| pair[0] < pair[1]);
            ensure!(valid, "parity check {} is empty, or has a bit twice or above {length}", index + 1);
        }
        Ok(Self { length, checks })
    }

    /// The tree code of the book: checks {1,2,3}, {3,4}, {4,5,6} on 6 bits.
    pub fn tree() -> Self {
        Self { length: 6, checks: vec![vec![0, 1, 2], vec![2, 3], vec![3, 4, 5]] }
    }

    // ANCHOR: bch
    /// BCH(31, 16): h(x) = (x³¹ − 1)/g(x) is the check polynomial; 15 shifts of its reciprocal are the rows of H.
    pub fn bch() -> Self {
        Self { length: 31, checks: (0..15).map(|shift| BCH_CHECK.iter().map(|e| e + shift).collect()).collect() }
    }

    /// The same code with all 31 cyclic shifts as checks: redundant, but every bit takes part in eight of them.
    pub fn bch_cyclic() -> Self {
        let shifted = |shift| BCH_CHECK.iter().map(|e| (e + shift) % 31).collect();
        Self::new(31, (0..31).map(shifted).collect()).expect("shifts of a check")
    }
    // ANCHOR_END: bch

    // ANCHOR: checks_of_weight
    /// The same code with all its parity checks of this weight, among all sums of its rows (of rank 20 at most).
    pub fn checks_of_weight(&self, weight: usize) -> Result<Self> {
        let rows = self.reduced().0;
        ensure!(rows.len() <= 20, "2^{} parity checks are too many", rows.len());
        let (mut word, mut checks) = (vec![false; self.length], vec![]);
        for number in 1..1usize << rows.len() {
            let row = &rows[number.trailing_zeros() as usize]; // Gray code: one row changes
            word.iter_mut().zip(row).for_each(|(bit, one)| *bit ^= one);
            let check: Vec<usize> = (0..self.length).filter(|&bit| word[bit]).collect();
            if check.len() == weight {
                checks.push(check);
            }
        }
        Self::new(self.length, checks)
    }
    // ANCHOR_END: checks_of_weight

    /// The bit of each edge of the Tanner graph, check by check.
    pub fn edges(&self) -> Vec<usize> {
        self.checks.concat()
    }

    /// The check nodes of the Tanner graph.
    pub fn check_node(&self, margin: f64) -> Result<CheckNode> {
        Ok(CheckNode::new(&self.checks.iter().map(Vec::len).collect::<Vec<_>>(), margin)?)
    }

    /// The variable nodes of the Tanner graph.
    pub fn variable_node(&self) -> Result<VariableNode> {
        Ok(VariableNode::new(&self.edges(), self.length)?)
    }

    /// Whether a word satisfies every check.
    pub fn contains(&self, word: &[bool]) -> bool {
        word.len() == self.length
            && self.checks.iter().all(|check| !check.iter().fold(false, |sum, &bit| sum ^ word[bit]))
    }

    /// A basis of the code, found by elimination over GF(2): its rows are a generator matrix.
    pub fn generator(&self) -> Vec<Vec<bool>> {
        let (rows, pivots) = self.reduced();
        let free = (0..self.length).filter(|bit| !pivots.contains(bit));
        let codeword = |free: usize| {
            let mut word = vec![false; self.length];
            word[free] = true;
            for (row, &pivot) in rows.iter().zip(&pivots) {
                word[pivot] = row[free];
            }
            word
        };
        free.map(codeword).collect()
    }

    /// The number of independent checks.
    pub fn rank(&self) -> usize {
        self.reduced().1.len()
    }

    /// The rate R, information bits per transmitted bit.
    pub fn rate(&self) -> f64 {
        1.0 - self.rank() as f64 / self.length as f64
    }

    /// H in reduced row-echelon form over GF(2), zero rows left out, and the pivot column of each row.
    fn reduced(&self) -> (Vec<Vec<bool>>, Vec<usize>) {
        let row = |check: &Vec<usize>| (0..self.length).map(|bit| check.contains(&bit)).collect();
        let mut rows: Vec<Vec<bool>> = self.checks.iter().map(row).collect();
        let mut pivots = vec![];
        for column in 0..self.length {
            let done = pivots.len();
            let Some(found) = (done..rows.len()).find(|&i| rows[i][column]) else {
                continue;
            };
            rows.swap(done, found);
            let pivot = rows[done].clone();
            for (i, row) in rows.iter_mut().enumerate() {
                if i != done && row[column] {
                    row.iter_mut().zip(&pivot).for_each(|(entry, p)| *entry ^= p);
                }
            }
            pivots.push(column);
        }
        rows.truncate(pivots.len());
        (rows, pivots)
    }

    /// Reads MacKay's alist format: sizes, largest weights, weights of columns and rows, then for each column its rows and for
    /// each row its columns, counted from 1 and padded with zeros. Errors say which line, and what was expected.
    pub fn from_alist(text: &str) -> Result<Self> {
        let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let mut numbers = |what: &str| -> Result<(usize, Vec<usize>)> {
            let (index, line) = lines.next().with_context(|| format!("the file ends before the {what}"))?;
            let parse = |word: &str| {
                word.parse().with_context(|| format!("line {}, {what}: '{word}' is no whole number", index + 1))
            };
            Ok((index + 1, line.split_whitespace().map(parse).collect::<Result<_>>()?))
        };
        let count = |(line, values): (usize, Vec<usize>), what: &str, wanted: usize| {
            ensure!(values.len() == wanted, "line {line}: {wanted} {what} expected, found {}", values.len());
            Ok(values)
        };
        let size = count(numbers("sizes")?, "numbers (columns, rows)", 2)?;
        let (n, m) = (size[0], size[1]);
        ensure!(
            (1..=10_000).contains(&n) && (1..=10_000).contains(&m),
            "line 1: sizes from 1 to 10000, not {n} and {m}"
        );
        count(numbers("largest weights")?, "numbers (largest column and row weight)", 2)?;
        let column_weights = count(numbers("column weights")?, "column weights", n)?;
        let row_weights = count(numbers("row weights")?, "row weights", m)?;
        let mut list = |what: &str, index: usize, weight: usize, bound: usize| -> Result<Vec<usize>> {
            let (line, values) = numbers(&format!("list of {what} {}", index + 1))?;
            let entries: Vec<usize> = values.into_iter().filter(|&entry| entry > 0).collect();
            ensure!(
                entries.len() == weight,
                "line {line}: {what} {} has weight {weight}, not {}",
                index + 1,
                entries.len()
            );
            ensure!(entries.iter().all(|&entry| entry <= bound), "line {line}: an entry above {bound}");
            Ok(entries.into_iter().map(|entry| entry - 1).collect())
        };
        let columns =
            column_weights.iter().enumerate().map(|(i, &w)| list("column", i, w, m)).collect::<Result<Vec<_>>>()?;
        let rows = row_weights.iter().enumerate().map(|(j, &w)| list("row", j, w, n)).collect::<Result<Vec<_>>>()?;
        for (j, row) in rows.iter().enumerate() {
            if let Some(bit) = row.iter().find(|&&bit| !columns[bit].contains(&j)) {
                bail!("row {} has a one in column {}, but that column's list does not say so", j + 1, bit + 1);
            }
        }
        let ones = |lists: &[Vec<usize>]| lists.iter().map(Vec::len).sum::<usize>();
        ensure!(
            ones(&rows) == ones(&columns),
            "the lists of columns hold {} ones, those of rows {}",
            ones(&columns),
            ones(&rows)
        );
        Self::new(n, rows)
    }

    /// The code in alist format.
    pub fn to_alist(&self) -> String {
        let columns: Vec<Vec<usize>> = (0..self.length)
            .map(|bit| (0..self.checks.len()).filter(|&j| self.checks[j].contains(&bit)).collect())
            .collect();
        let line = |values: Vec<usize>| values.iter().map(usize::to_string).collect::<Vec<_>>().join(" ") + "\n";
        let weights = |lists: &[Vec<usize>]| lists.iter().map(Vec::len).collect::<Vec<_>>();
        let widest = |lists: &[Vec<usize>]| weights(lists).into_iter().max().unwrap_or(0);
        let mut text = line(vec![self.length, self.checks.len()]) + &line(vec![widest(&columns), widest(&self.checks)]);
        text += &line(weights(&columns));
        text += &line(weights(&self.checks));
        for lists in [&columns, &self.checks] {
            for list in lists {
                let padding = std::iter::repeat_n(0, widest(lists) - list.len());
                text += &line(list.iter().map(|entry| entry + 1).chain(padding).collect());
            }
        }
        text
    }
}

/// Exponents of the reciprocal of h(x) for BCH(31, 16).
const BCH_CHECK: [usize; 8] = [0, 4, 5, 6, 7, 12, 15, 16];
/// Exponents of BCH(31, 16)'s generator polynomial g(x), octal 107657.
pub const BCH_GENERATOR: [usize; 11] = [0, 1, 2, 3, 5, 7, 8, 9, 10, 11, 15];
/// Codewords of BCH(31, 16) by weight: (w, A_w).
pub const BCH_WEIGHTS: [(usize, f64); 11] = [
    (7, 155.0),
    (8, 465.0),
    (11, 5208.0),
    (12, 8680.0),
    (15, 18259.0),
    (16, 18259.0),
    (19, 8680.0),
    (20, 5208.0),
    (23, 465.0),
    (24, 155.0),
    (31, 1.0),
];

/// Encodes random messages.
#[derive(Debug, Clone)]
pub struct Encoder {
    generator: Vec<Vec<bool>>,
    length: usize,
}

impl Encoder {
    /// For this code.
    pub fn new(code: &Code) -> Self {
        Self { generator: code.generator(), length: code.length }
    }

    /// A random codeword, each with the same probability, as BPSK symbols x = 1 − 2c.
    pub fn symbols(&self, rng: &mut Rng) -> Vec<f64> {
        let mut word = vec![false; self.length];
        for row in &self.generator {
            if rng.random::<bool>() {
                word.iter_mut().zip(row).for_each(|(bit, one)| *bit ^= one);
            }
        }
        word.into_iter().map(|bit| if bit { -1.0 } else { 1.0 }).collect()
    }
}

/// The nearest codeword of BCH(31, 16), which is the Reed–Muller code RM(2, 5) without the point 0: bit i stands at αⁱ.
///
/// A codeword is a quadratic form, one of 2¹⁰, plus an affine function, one of 2⁶. For each form, multiplied into the received
/// values, a fast Hadamard transform correlates with all affine functions at once.
// ANCHOR: ml
#[derive(Debug, Clone)]
pub struct MaximumLikelihood {
    /// The signs of 8 quadratic forms side by side, `[128][32][8]`
    forms: Vec<[[f64; 8]; 32]>,
    /// αⁱ as a point of GF(2)⁵
    points: Vec<usize>,
}

impl Default for MaximumLikelihood {
    fn default() -> Self {
        let mut points = vec![1usize];
        while points.len() < 31 {
            let next = points[points.len() - 1] << 1;
            points.push(if next & 32 != 0 { next ^ 0b100_101 } else { next }); // α⁵ = α² + 1
        }
        let pairs: Vec<(usize, usize)> = (0..5).flat_map(|i| (0..i).map(move |j| (i, j))).collect();
        let form = |number: usize, point: usize| {
            let terms = pairs.iter().enumerate().filter(|(k, _)| number >> k & 1 == 1);
            terms.filter(|(_, (i, j))| point >> i & point >> j & 1 == 1).count() % 2
        };
        let sign = |number, point| 1.0 - 2.0 * form(number, point) as f64;
        let group = |g: usize| std::array::from_fn(|point| std::array::from_fn(|lane| sign(8 * g + lane, point)));
        Self { forms: (0..128).map(group).collect(), points }
    }
}

impl MaximumLikelihood {
    /// The codeword, as BPSK symbols, with the largest correlation with `y`.
    pub fn decode(&self, y: &[f64]) -> Vec<f64> {
        let mut received = [0.0; 32];
        for (&point, y) in self.points.iter().zip(y) {
            received[point] = *y;
        }
        let (mut best, mut found) = (f64::NEG_INFINITY, (0, 0, 0, 1.0));
        for (group, signs) in self.forms.iter().enumerate() {
            let mut t: [[f64; 8]; 32] = *signs;
            t.iter_mut().zip(&received).for_each(|(lanes, y)| lanes.iter_mut().for_each(|v| *v *= y));
            for half in [1, 2, 4, 8, 16] {
                for pairs in t.chunks_exact_mut(2 * half) {
                    let (first, second) = pairs.split_at_mut(half);
                    for (a, b) in first.as_flattened_mut().iter_mut().zip(second.as_flattened_mut()) {
                        (*a, *b) = (*a + *b, *a - *b);
                    }
                }
            }
            for (linear, lanes) in t.iter().enumerate() {
                for (lane, &correlation) in lanes.iter().enumerate() {
                    if correlation.abs() > best {
                        (best, found) = (correlation.abs(), (group, lane, linear, correlation.signum()));
                    }
                }
            }
        }
        let (group, lane, linear, sign) = found;
        let symbol = |&point: &usize| {
            let affine = if (point & linear).count_ones() % 2 == 1 { -1.0 } else { 1.0 };
            sign * affine * self.forms[group][point][lane]
        };
        self.points.iter().map(symbol).collect()
    }
}
// ANCHOR_END: ml

/// λ = 2y/σ² `[K, n]`, the channel's log-likelihood ratios of received values y.
pub fn channel_llr(y: &Tensor, noise_std: f64) -> Result<Tensor> {
    Ok((y * (2.0 / (noise_std * noise_std)))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use common::sampling;

    #[test]
    fn the_bch_code_is_what_its_polynomials_say() {
        let code = Code::bch();
        assert_eq!((code.rank(), code.checks.iter().map(Vec::len).sum::<usize>()), (15, 120));
        for shift in 0..16 {
            let word: Vec<bool> = (0..31).map(|bit| BCH_GENERATOR.iter().any(|e| e + shift == bit)).collect();
            assert!(code.contains(&word), "g shifted by {shift}");
        }
        assert_eq!(Code::bch_cyclic().rank(), 15);
        assert!(Code::bch_cyclic().generator().iter().all(|word| code.contains(word)));
    }

    #[test]
    fn the_weights_are_counted() {
        let basis: Vec<u32> =
            Code::bch().generator().iter().map(|w| w.iter().fold(0, |v, &bit| 2 * v + u32::from(bit))).collect();
        let (mut counts, mut word) = ([0usize; 32], 0u32);
        for number in 1..=1u32 << 16 {
            counts[word.count_ones() as usize] += 1;
            word ^= basis[(number.trailing_zeros() % 16) as usize]; // Gray code: one row changes
        }
        assert_eq!(counts[0], 1);
        for (w, count) in BCH_WEIGHTS {
            assert_eq!(counts[w] as f64, count, "weight {w}");
        }
        assert_eq!(counts.iter().sum::<usize>(), 1 << 16);
    }

    #[test]
    fn maximum_likelihood_returns_codewords_and_no_codeword_is_nearer() {
        let (code, decoder, rng) = (Code::bch(), MaximumLikelihood::default(), &mut sampling::rng(3, 0));
        let encoder = Encoder::new(&code);
        for _ in 0..200 {
            let x = encoder.symbols(rng);
            assert_eq!(decoder.decode(&x), x);
            let y: Vec<f64> = x.iter().zip(sampling::normal_vec(31, rng)).map(|(x, n)| x + 0.9 * n).collect();
            let found = decoder.decode(&y);
            assert!(code.contains(&found.iter().map(|&v| v < 0.0).collect::<Vec<_>>()));
            let correlation = |word: &[f64]| word.iter().zip(&y).map(|(a, b)| a * b).sum::<f64>();
            assert!(correlation(&found) >= correlation(&x) - 1e-12);
            let other = encoder.symbols(rng);
            assert!(correlation(&found) >= correlation(&other) - 1e-12);
        }
    }

    /// The nearest of all 65536 codewords.
    #[test]
    fn maximum_likelihood_agrees_with_exhaustive_search() {
        let (generator, decoder, rng) =
            (Code::bch().generator(), MaximumLikelihood::default(), &mut sampling::rng(4, 0));
        for _ in 0..30 {
            let y = sampling::normal_vec(31, rng);
            let mut word = vec![false; 31];
            let mut best = (f64::NEG_INFINITY, word.clone());
            for number in 1..=1u32 << 16 {
                let correlation = word.iter().zip(&y).map(|(&bit, y)| if bit { -y } else { *y }).sum::<f64>();
                if correlation > best.0 {
                    best = (correlation, word.clone());
                }
                let row = &generator[number.trailing_zeros() as usize % 16];
                word.iter_mut().zip(row).for_each(|(bit, one)| *bit ^= one);
            }
            assert_eq!(decoder.decode(&y).iter().map(|&x| x < 0.0).collect::<Vec<_>>(), best.1);
        }
    }

    /// The 16 monomials of degree 2 or less at α⁰ … α³⁰ are codewords, and independent: the code is RM(2, 5) without a point.
    #[test]
    fn the_code_is_a_punctured_reed_muller_code() {
        let (code, points) = (Code::bch(), MaximumLikelihood::default().points);
        let masks = (0..32usize).filter(|mask| mask.count_ones() <= 2);
        let words: Vec<Vec<bool>> =
            masks.map(|mask| points.iter().map(|point| point & mask == mask).collect()).collect();
        assert!(words.len() == 16 && words.iter().all(|word| code.contains(word)));
        let checks = words.iter().map(|word| (0..31).filter(|&bit| word[bit]).collect()).collect();
        assert_eq!(Code::new(31, checks).unwrap().rank(), 16);
    }

    #[test]
    fn there_are_465_checks_of_weight_8() {
        let code = Code::bch().checks_of_weight(8).unwrap();
        assert_eq!((code.checks.len(), code.rank()), (465, 15));
        assert!(Code::bch_cyclic().checks.iter().all(|check| code.checks.contains(check)));
        assert!(Code::bch().generator().iter().all(|word| code.contains(word)));
        assert!((0..31).all(|bit| code.checks.iter().filter(|check| check.contains(&bit)).count() == 120));
    }

    #[test]
    fn alist_round_trip_and_bad_files() {
        for code in [Code::bch(), Code::tree(), Code::bch_cyclic()] {
            assert_eq!(Code::from_alist(&code.to_alist()).unwrap(), code);
        }
        let good = Code::tree().to_alist();
        let message = |text: &str| format!("{:#}", Code::from_alist(text).unwrap_err());
        assert!(message("").contains("ends before the sizes"));
        assert!(message("6 x\n").contains("line 1"));
        assert!(
            message(&good.replacen("1 1 2 2 1 1", "1 1 2 2 1", 1))
                .contains("line 3: 6 column weights expected, found 5")
        );
        assert!(message(&good.lines().take(6).collect::<Vec<_>>().join("\n")).contains("ends before"));
    }
}
