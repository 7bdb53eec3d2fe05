//! Constellations: those of the textbook, their errors, and the regions in which a point is the nearest one.

use std::f64::consts::PI;

/// 32 points with peak power 1: a circle, a cross (6 × 6 without corners), three rings, and the best part of a hexagonal lattice.
pub fn textbook() -> Vec<(&'static str, Vec<[f64; 2]>)> {
    vec![
        ("32-PSK", ring(32, 1.0)),
        ("cross-32", cross()),
        ("APSK 4+12+16", apsk()),
        ("hexagonal lattice", hexagonal(32)),
    ]
}

fn ring(count: usize, radius: f64) -> Vec<[f64; 2]> {
    let angle = |k: usize| 2.0 * PI * (k as f64 + 0.5) / count as f64;
    (0..count).map(|k| [radius * angle(k).cos(), radius * angle(k).sin()]).collect()
}

fn cross() -> Vec<[f64; 2]> {
    let levels: [f64; 6] = [-5.0, -3.0, -1.0, 1.0, 3.0, 5.0];
    let all = levels.iter().flat_map(|&a| levels.iter().map(move |&b| [a, b]));
    let inner = all.filter(|[a, b]| a.abs() + b.abs() < 10.0);
    inner.map(|[a, b]| [a / 34f64.sqrt(), b / 34f64.sqrt()]).collect()
}

/// Radii 1 : 2.84 : 5.27.
fn apsk() -> Vec<[f64; 2]> {
    [ring(4, 1.0 / 5.27), ring(12, 2.84 / 5.27), ring(16, 1.0)].concat()
}

/// The `count` points of a hexagonal lattice next to the best centre, scaled to the unit circle. Not the best packing of discs in
/// a circle, which is not a lattice, but near it.
fn hexagonal(count: usize) -> Vec<[f64; 2]> {
    let centres = (0..20).flat_map(|i| (0..20).map(move |j| [f64::from(i) / 40.0, f64::from(j) / 40.0]));
    let around = |[cx, cy]: [f64; 2]| {
        let lattice = (-8i32..=8)
            .flat_map(|i| (-8i32..=8).map(move |j| [f64::from(i) + 0.5 * f64::from(j), 0.75f64.sqrt() * f64::from(j)]));
        let mut points: Vec<[f64; 2]> = lattice.map(|[x, y]| [x - cx, y - cy]).collect();
        points.sort_by(|a, b| norm(a).total_cmp(&norm(b)));
        points.truncate(count);
        points
    };
    let widest = |points: &Vec<[f64; 2]>| points.iter().map(norm).fold(0.0, f64::max);
    let best = centres.map(around).min_by(|a, b| widest(a).total_cmp(&widest(b))).unwrap_or_default();
    let scale = widest(&best);
    best.into_iter().map(|[x, y]| [x / scale, y / scale]).collect()
}

fn norm(point: &[f64; 2]) -> f64 {
    point[0].hypot(point[1])
}

/// The least distance of two points.
pub fn least_distance(points: &[[f64; 2]]) -> f64 {
    let pairs =
        points.iter().enumerate().flat_map(|(i, a)| points[..i].iter().map(move |b| (a[0] - b[0]).hypot(a[1] - b[1])));
    pairs.fold(f64::INFINITY, f64::min)
}

/// How many of the messages, each sent with its noise, are not nearest to their own point: the errors of maximum likelihood.
pub fn symbol_errors(points: &[[f64; 2]], messages: &[u32], noise: &[Vec<f64>]) -> usize {
    let wrong = |(&m, n): (&u32, &Vec<f64>)| {
        let m = m as usize;
        let y = [points[m][0] + n[0], points[m][1] + n[1]];
        let square = |p: &[f64; 2]| (y[0] - p[0]).powi(2) + (y[1] - p[1]).powi(2);
        let own = square(&points[m]);
        points.iter().enumerate().any(|(i, p)| square(p) < own || (i < m && square(p) == own))
    };
    messages.iter().zip(noise).filter(|&pair| wrong(pair)).count()
}

/// The borders between the regions of nearest points, inside the square ±`reach`: segments from one end to the other.
pub fn borders(points: &[[f64; 2]], reach: f64) -> Vec<[[f64; 2]; 2]> {
    let mut segments = vec![];
    for (i, a) in points.iter().enumerate() {
        for b in &points[..i] {
            let (middle, along) = ([0.5 * (a[0] + b[0]), 0.5 * (a[1] + b[1])], [a[1] - b[1], b[0] - a[0]]);
            // the points middle + t·along for which `low < t < high`; each condition is linear in t: base + slope·t ≥ 0
            let (mut low, mut high) = (f64::NEG_INFINITY, f64::INFINITY);
            let mut keep = |base: f64, slope: f64| {
                if slope > 0.0 {
                    low = low.max(-base / slope);
                } else if slope < 0.0 {
                    high = high.min(-base / slope);
                } else if base < 0.0 {
                    high = f64::NEG_INFINITY;
                }
            };
            for axis in [0, 1] {
                keep(reach - middle[axis], -along[axis]);
                keep(reach + middle[axis], along[axis]);
            }
            for c in points.iter().filter(|c| *c != a && *c != b) {
                let difference = [a[0] - c[0], a[1] - c[1]];
                let offset = 0.5 * (c[0] * c[0] + c[1] * c[1] - a[0] * a[0] - a[1] * a[1]);
                keep(
                    offset + middle[0] * difference[0] + middle[1] * difference[1],
                    along[0] * difference[0] + along[1] * difference[1],
                );
            }
            if low < high && a != b {
                segments.push([low, high].map(|t| [middle[0] + t * along[0], middle[1] + t * along[1]]));
            }
        }
    }
    segments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peak_power_is_one_and_distances_are_known() {
        for (name, points) in textbook() {
            assert_eq!(points.len(), 32, "{name}");
            assert!((points.iter().map(norm).fold(0.0, f64::max) - 1.0).abs() < 1e-12, "{name}");
        }
        assert!((least_distance(&ring(32, 1.0)) - 2.0 * (PI / 32.0).sin()).abs() < 1e-12);
        assert!((least_distance(&cross()) - 2.0 / 34f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn two_points_have_one_border() {
        let segments = borders(&[[-0.5, 0.0], [0.5, 0.0]], 1.0);
        assert_eq!(segments.len(), 1);
        assert!(segments[0].iter().all(|p| p[0].abs() < 1e-15 && (p[1].abs() - 1.0).abs() < 1e-15));
        assert_eq!(borders(&[[-0.5, 0.5], [0.5, 0.5], [-0.5, -0.5], [0.5, -0.5]], 1.0).len(), 4);
    }
}
