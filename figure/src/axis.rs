//! Axes: from values to positions, and the ticks.
//!
//! A logarithmic axis is a linear one for log10 of the values, with its own ticks: plotters' loses its ticks for tiny
//! values, has none within one decade, and draws 0 and NaN as data.

use crate::text::{self, EM};

/// An axis as described.
#[derive(Clone, Debug)]
pub(crate) struct Axis {
    pub label: String,
    pub log: bool,
    pub range: Option<(f64, f64)>,
}

impl Axis {
    pub fn new(label: String) -> Self {
        Self { label, log: false, range: None }
    }

    /// Whether the axis has a place for the value.
    pub fn shows(&self, value: f64) -> bool {
        value.is_finite() && (!self.log || value > 0.0)
    }
}

/// An axis with its range: `low` and `high` are values, or their log10.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    log: bool,
    /// Only whole numbers are shown (iterations, ranks, counts), so only they get ticks.
    whole: bool,
    low: f64,
    high: f64,
}

/// A tick at a position from 0 to 1; minor ticks have no label.
#[derive(Clone, Debug)]
pub(crate) struct Tick {
    pub at: f64,
    pub label: Option<String>,
}

impl Tick {
    pub fn text(&self) -> &str {
        self.label.as_deref().unwrap_or_default()
    }

    /// Pixels the label takes.
    pub fn width(&self) -> f64 {
        text::width(self.text(), EM)
    }

    /// Pixels the mark is long.
    pub fn length(&self) -> f64 {
        if self.label.is_some() { 6.0 } else { 3.0 }
    }
}

impl Scale {
    /// The given range, or one that holds all `values` with a small margin.
    pub fn fit(spec: &Axis, values: &[f64]) -> Self {
        let log = spec.log;
        let scale = |value: f64| if log { value.log10() } else { value };
        if let Some((low, high)) = spec.range {
            return Self { log, whole: false, low: scale(low), high: scale(high) };
        }
        let shown = values.iter().copied().filter(|&value| spec.shows(value));
        let whole = !log && shown.clone().all(|value| value.fract() == 0.0);
        let (mut low, mut high) =
            shown.map(scale).fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        // Halves, because the difference of two huge numbers overflows.
        let (half, largest) = (high / 2.0 - low / 2.0, high.abs().max(low.abs()));
        let margin = match () {
            _ if log && half < 1e-6 => 0.5,
            _ if largest < 1e-290 => 1.0,
            _ if half < 1e-10 * largest => 0.1 * largest,
            _ => 0.1 * half,
        };
        Self {
            log,
            whole: whole && high - low >= 1.0,
            low: (low - margin).max(f64::MIN),
            high: (high + margin).min(f64::MAX),
        }
    }

    /// Where the value lies: 0 at the low end, 1 at the high end. `None` for a value without a place.
    pub fn position(&self, value: f64) -> Option<f64> {
        let value = if self.log { value.log10() } else { value };
        let position = (value / 2.0 - self.low / 2.0) / (self.high / 2.0 - self.low / 2.0);
        value.is_finite().then(|| position.clamp(-1e6, 1e6))
    }

    /// About `count` labelled ticks, two or more, and minor ones where they help.
    pub fn ticks(&self, count: usize) -> Vec<Tick> {
        let ticks = |count| {
            let ticks = if self.log {
                self.log_ticks(count)
            } else {
                let least = if self.whole { 1.0 } else { 0.0 };
                labelled(linear_ticks(self.low, self.high, count, least))
            };
            let placed = ticks.into_iter().filter_map(|(value, label)| Some(Tick { at: self.position(value)?, label }));
            placed.filter(|tick| (-1e-9..=1.0 + 1e-9).contains(&tick.at)).collect::<Vec<_>>()
        };
        let enough = |ticks: &Vec<Tick>| ticks.iter().filter(|tick| tick.label.is_some()).count() >= 2;
        (count.max(2)..count.max(2) + 4).map(ticks).find(enough).unwrap_or_default()
    }

    fn log_ticks(&self, count: usize) -> Vec<(f64, Option<String>)> {
        let (first, last) = ((self.low - 1e-9).ceil() as i32, (self.high + 1e-9).floor() as i32);
        let decades = (last - first + 1).max(0) as usize;
        if decades < 2 {
            let in_range = |d: &Decimal| (self.low..=self.high).contains(&d.value().log10());
            let steps =
                (first - 2..=last + 1).flat_map(|exponent| [1, 2, 5].map(|digits| Decimal { digits, exponent }));
            let steps: Vec<_> = steps.filter(in_range).collect();
            return labelled(match steps.len() {
                0..3 => linear_ticks(10f64.powf(self.low), 10f64.powf(self.high), count, 0.0),
                _ => steps,
            });
        }
        let stride =
            [1, 2, 3, 5, 10, 20, 50, 100, 200].into_iter().find(|s| decades.div_ceil(*s) <= count).unwrap_or(500);
        let mut ticks = Vec::new();
        for exponent in first - 1..=last {
            let major = exponent.rem_euclid(stride as i32) == 0;
            let label = major.then(|| format!("10{}", superscript(exponent)));
            if major || decades <= 60 {
                ticks.push((Decimal { digits: 1, exponent }.value(), label));
            }
            if stride == 1 && decades <= 8 {
                ticks.extend((2..10).map(|digits| (Decimal { digits, exponent }.value(), None)));
            }
        }
        ticks
    }
}

/// `digits · 10^exponent`: ticks are counted in whole numbers, so that 0.3 is never 0.30000000000000004.
#[derive(Clone, Copy)]
struct Decimal {
    digits: i64,
    exponent: i32,
}

impl Decimal {
    fn value(self) -> f64 {
        format!("{}e{}", self.digits, self.exponent).parse().unwrap_or(f64::NAN)
    }
}

/// Multiples of 1, 2 or 5 times a power of ten, of `least` or more, in `low..=high`, at most `count + 1`.
fn linear_ticks(low: f64, high: f64, count: usize, least: f64) -> Vec<Decimal> {
    let raw = ((high / 2.0 - low / 2.0) / count as f64 * 2.0).max(least);
    if !(raw.is_finite() && raw > 1e-300) {
        return Vec::new();
    }
    let mut exponent = raw.log10().floor() as i32;
    let factor = [1, 2, 5].into_iter().find(|&f| Decimal { digits: f, exponent }.value() >= raw * (1.0 - 1e-9));
    let factor = factor.unwrap_or_else(|| {
        exponent += 1;
        1
    });
    let step = Decimal { digits: factor, exponent }.value();
    let (first, last) = ((low / step - 1e-9).ceil() as i64, (high / step + 1e-9).floor() as i64);
    (first..=last).map(|k| Decimal { digits: k * factor, exponent }).collect()
}

/// The ticks with labels in one style: plain digits for ordinary magnitudes, else `1.5×10⁻⁷`.
fn labelled(ticks: Vec<Decimal>) -> Vec<(f64, Option<String>)> {
    let largest = ticks.iter().map(|d| d.value().abs()).fold(0.0, f64::max);
    let plain = (1e-3..1e6).contains(&largest) || largest == 0.0;
    let power = if plain { 0 } else { largest.log10().floor() as i32 };
    let decimals = ticks.iter().map(|d| power - d.exponent).max().unwrap_or(0).max(0) as usize;
    let text = |d: &Decimal| match (d.digits, plain) {
        (0, _) => "0".into(),
        (_, true) => fixed(*d, if decimals > 0 { -d.exponent.min(0) as usize } else { 0 }),
        (_, false) => fixed(Decimal { exponent: d.exponent - power, ..*d }, decimals) + "×10" + &superscript(power),
    };
    ticks.iter().map(|d| (d.value(), Some(text(d)))).collect()
}

/// The number in plain digits, with a true minus sign.
fn fixed(decimal: Decimal, decimals: usize) -> String {
    format!("{:.decimals$}", decimal.value()).replace('-', "−")
}

/// A number in a text: as short as it can be written exactly.
pub(crate) fn number(value: f64) -> String {
    let plain = (1e-4..1e6).contains(&value.abs()) || value == 0.0;
    if plain { format!("{value}") } else { format!("{value:e}") }.replace('-', "−")
}

fn superscript(number: i32) -> String {
    let digit = |c: char| match c {
        '-' => '⁻',
        _ => ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'][c.to_digit(10).unwrap_or(0) as usize],
    };
    number.to_string().chars().map(digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(log: bool, values: &[f64], count: usize) -> Vec<String> {
        let axis = Scale::fit(&Axis { log, ..Axis::new(String::new()) }, values);
        axis.ticks(count).into_iter().filter_map(|tick| tick.label).collect()
    }

    #[test]
    fn linear_ticks_are_round_numbers() {
        assert_eq!(labels(false, &[0.0, 0.5, 1.0], 6), ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(labels(false, &[-5.0, 5.0], 4), ["−5", "0", "5"]);
        assert_eq!(labels(false, &[0.0, 40000.0], 2), ["0", "20000", "40000"]);
        assert_eq!(labels(false, &[1e-7, 3e-7], 3), ["1×10⁻⁷", "2×10⁻⁷", "3×10⁻⁷"]);
        assert_eq!(labels(false, &[1.5e6, 2e6], 3), ["1.6×10⁶", "1.8×10⁶", "2.0×10⁶"]);
    }

    #[test]
    fn whole_numbers_get_whole_ticks() {
        assert_eq!(labels(false, &[1.0, 2.0], 6), ["1", "2"]);
        assert_eq!(labels(false, &[1.0, 4.0], 8), ["1", "2", "3", "4"]);
    }

    #[test]
    fn log_axis_down_to_the_smallest_numbers() {
        assert_eq!(labels(true, &[1e-20, 1.0], 8), ["10⁻²¹", "10⁻¹⁸", "10⁻¹⁵", "10⁻¹²", "10⁻⁹", "10⁻⁶", "10⁻³", "10⁰"]);
        assert!(labels(true, &[5e-324, 1e300], 8).len() >= 4);
    }

    #[test]
    fn log_axis_within_one_decade() {
        assert_eq!(labels(true, &[1.0, 10.0], 6), ["10⁰", "10¹"]);
        assert_eq!(labels(true, &[0.011, 0.09], 6), ["0.01", "0.02", "0.05"]);
        assert_eq!(labels(true, &[9.0, 80.0], 6), ["10", "20", "50"]);
        assert!(labels(true, &[1.30, 1.31], 6).len() >= 3);
        assert!(labels(true, &[3e-20, 7e-20], 6).iter().all(|label| label.ends_with("×10⁻²⁰")));
        assert!(labels(true, &[2.5], 6).len() >= 2, "a constant");
    }

    #[test]
    fn positions_are_relative_and_hidden_values_have_none() {
        let log = Scale::fit(&Axis { log: true, range: Some((1e-2, 1e2)), label: String::new() }, &[]);
        assert_eq!(log.position(1.0), Some(0.5));
        for hidden in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(log.position(hidden), None, "{hidden}");
        }
        for data in [&[][..], &[0.0], &[3.0], &[1e300, -1e300], &[f64::MAX, f64::MIN], &[5e-324], &[1.0, 1.0 + 1e-15]] {
            let axis = Scale::fit(&Axis::new(String::new()), data);
            assert!(axis.ticks(6).len() >= 2, "{data:?} {axis:?}");
            assert!(data.iter().all(|&v| (0.0..=1.0).contains(&axis.position(v).unwrap())), "{data:?}");
        }
    }
}
