//! The three sets, each with a function that is continuous on it.

use std::f64::consts::PI;

use common::sampling::grid;

/// A function on a set K, from `from` to `to` but for a gap in it, and where the learned functions are looked at.
#[derive(Debug, Clone)]
pub struct Domain {
    /// f
    pub f: fn(f64) -> f64,
    /// The left end of K
    pub from: f64,
    /// The right end of K
    pub to: f64,
    /// An open interval that is not in K
    pub gap: Option<(f64, f64)>,
    /// Where g is looked at, in K and outside
    pub points: Vec<f64>,
}

impl Domain {
    /// Whether x lies in K.
    pub fn contains(&self, x: f64) -> bool {
        (self.from..=self.to).contains(&x) && self.gap.is_none_or(|(left, right)| x <= left || x >= right)
    }
}

/// sin x on [−R, R], looked at on [−5R, 5R].
// ANCHOR: domains
pub fn sine(half_width: f64) -> Domain {
    let r = half_width * PI;
    Domain { f: f64::sin, from: -r, to: r, gap: None, points: grid(-5.0 * r, 5.0 * r, 2001) }
}

/// 1/x on [ε, 1], looked at on (0, 1], from 10⁻⁶, and at ε.
pub fn reciprocal(left_end: f64) -> Domain {
    let mut points: Vec<f64> = grid(-6.0, 0.0, 601).into_iter().map(|exponent| 10f64.powf(exponent)).collect();
    let place = points.partition_point(|&x| x < left_end);
    points.insert(place, left_end);
    Domain { f: |x| 1.0 / x, from: left_end, to: 1.0, gap: None, points }
}

/// cos πx on [0, 1], 2 on [2, 3]: continuous on a compact set of two pieces.
pub fn two_pieces() -> Domain {
    let f = |x: f64| if x < 1.5 { (PI * x).cos() } else { 2.0 };
    Domain { f, from: 0.0, to: 3.0, gap: Some((1.0, 2.0)), points: grid(-0.5, 3.5, 401) }
}
// ANCHOR_END: domains
