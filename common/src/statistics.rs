//! What several runs of one experiment have in common: the median and the range.

use crate::figure::{Panel, Series};

/// Median, smallest and largest of several curves, point by point.
#[derive(Debug, Clone, PartialEq)]
pub struct Spread {
    /// The smallest values
    pub low: Vec<f64>,
    /// The medians
    pub median: Vec<f64>,
    /// The largest values
    pub high: Vec<f64>,
}

impl Spread {
    /// Of `curves`, one per run, all of the length of the first; without a curve it has no point.
    pub fn of<C: AsRef<[f64]>>(curves: &[C]) -> Self {
        let points = curves.first().map_or(0, |curve| curve.as_ref().len());
        Self::through((0..points).map(|i| median_and_range(curves.iter().map(|curve| curve.as_ref()[i]))))
    }

    /// The three curves at point `i`: median, smallest, largest.
    pub fn at(&self, i: usize) -> [f64; 3] {
        [self.median[i], self.low[i], self.high[i]]
    }

    /// The points `first` and later.
    pub fn from(&self, first: usize) -> Self {
        let rest = |values: &[f64]| values.get(first..).unwrap_or_default().to_vec();
        Self { low: rest(&self.low), median: rest(&self.median), high: rest(&self.high) }
    }

    /// A curve through the points given as [`Spread::at`] has them.
    pub fn through(points: impl IntoIterator<Item = [f64; 3]>) -> Self {
        let mut spread = Self { low: vec![], median: vec![], high: vec![] };
        for [median, low, high] in points {
            spread.low.push(low);
            spread.median.push(median);
            spread.high.push(high);
        }
        spread
    }

    /// `panel` with the median as a line called `name` over the range as a band, both in style `style`.
    pub fn draw(&self, panel: Panel, name: impl Into<String>, xs: &[f64], style: usize) -> Panel {
        panel
            .series(Series::band("", xs, &self.low, &self.high).style(style).solid())
            .series(Series::line(name, xs, &self.median).style(style))
    }
}

/// Median, smallest and largest of some numbers, of which there is at least one.
pub fn median_and_range(values: impl IntoIterator<Item = f64>) -> [f64; 3] {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    [median(&values), values[0], values[values.len() - 1]]
}

/// The middle one of `sorted` values, or the mean of the middle two; NaN without values.
fn median(sorted: &[f64]) -> f64 {
    match sorted.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => sorted[n / 2],
        n => 0.5 * (sorted[n / 2 - 1] + sorted[n / 2]),
    }
}

/// √(mean of squares); NaN without values.
pub fn root_mean_square(values: impl IntoIterator<Item = f64>) -> f64 {
    let (count, sum) = values.into_iter().fold((0.0, 0.0), |(count, sum), v| (count + 1.0, sum + v * v));
    (sum / count).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_and_range_of_curves() {
        let spread = Spread::of(&[[3.0, 0.0], [1.0, 5.0], [2.0, 1.0], [9.0, 2.0]]);
        assert_eq!(spread.at(0), [2.5, 1.0, 9.0]);
        assert_eq!(spread.at(1), [1.5, 0.0, 5.0]);
        assert_eq!(Spread::of(&[[7.0]]).at(0), [7.0; 3]);
        assert_eq!(spread.from(1), Spread::through([spread.at(1)]));
        assert!(Spread::of::<Vec<f64>>(&[]).median.is_empty());
        assert_eq!(root_mean_square([3.0, -4.0, 0.0, 0.0]), 2.5);
    }
}
