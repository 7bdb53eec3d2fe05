//! Points, rectangles and polylines in pixels, y downwards.

use std::collections::HashSet;

/// A position.
pub(crate) type Point = (f64, f64);

/// A rectangle.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rect {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Rect {
    pub fn width(&self) -> f64 {
        self.right - self.left
    }

    pub fn height(&self) -> f64 {
        self.bottom - self.top
    }

    /// With `by` more on every side.
    pub fn grown(&self, by: f64) -> Self {
        Self { left: self.left - by, top: self.top - by, right: self.right + by, bottom: self.bottom + by }
    }

    /// The place of a position from (0, 0) at the lower left to (1, 1) at the upper right.
    pub fn at(&self, (u, v): (f64, f64)) -> Point {
        (self.left + u * self.width(), self.bottom - v * self.height())
    }

    pub fn contains(&self, (x, y): Point) -> bool {
        (self.left..=self.right).contains(&x) && (self.top..=self.bottom).contains(&y)
    }

    /// The part of a segment inside, as fractions of its length (Liang and Barsky).
    fn clip(&self, a: Point, b: Point) -> Option<(f64, f64)> {
        let sides = [
            (a.0 - b.0, a.0 - self.left),
            (b.0 - a.0, self.right - a.0),
            (a.1 - b.1, a.1 - self.top),
            (b.1 - a.1, self.bottom - a.1),
        ];
        let (mut from, mut to) = (0f64, 1f64);
        for (outwards, room) in sides {
            if outwards < 0.0 {
                from = from.max(room / outwards);
            } else if outwards > 0.0 {
                to = to.min(room / outwards);
            } else if room < 0.0 {
                return None;
            }
        }
        (from <= to).then_some((from, to))
    }

    /// Whether a polyline comes inside.
    pub fn meets(&self, line: &[Point]) -> bool {
        line.windows(2).any(|pair| self.clip(pair[0], pair[1]).is_some())
    }

    /// The parts of a polyline inside; a single point is a line without length.
    pub fn clip_line(&self, line: &[Point]) -> Vec<Vec<Point>> {
        if let &[point] = line {
            return self.clip_line(&[point, point]);
        }
        let mut parts: Vec<Vec<Point>> = Vec::new();
        for pair in line.windows(2) {
            let Some((from, to)) = self.clip(pair[0], pair[1]) else { continue };
            let (start, end) = (mix(pair[0], pair[1], from), mix(pair[0], pair[1], to));
            match parts.last_mut() {
                Some(part) if part.last() == Some(&start) => part.push(end),
                _ => parts.push(vec![start, end]),
            }
        }
        parts
    }

    /// The part of a polygon inside: its edges are cut by the lines of the four sides, then what lies outside moves to
    /// the nearest place inside and encloses nothing.
    pub fn clip_polygon(&self, corners: &[Point]) -> Vec<Point> {
        let mut clipped = Vec::new();
        for (&a, &b) in corners.iter().zip(corners.iter().cycle().skip(1)) {
            let along_x = [self.left, self.right].map(|side| (side - a.0) / (b.0 - a.0));
            let along_y = [self.top, self.bottom].map(|side| (side - a.1) / (b.1 - a.1));
            let cuts = [along_x, along_y].concat().into_iter().filter(|&t| t > 0.0 && t < 1.0);
            let mut cuts: Vec<f64> = cuts.chain([0.0]).collect();
            cuts.sort_by(f64::total_cmp);
            let points = cuts.into_iter().map(|t| mix(a, b, t));
            clipped.extend(points.map(|(x, y)| (x.clamp(self.left, self.right), y.clamp(self.top, self.bottom))));
        }
        clipped.dedup();
        clipped
    }
}

pub(crate) fn distance(a: Point, b: Point) -> f64 {
    (a.0 - b.0).hypot(a.1 - b.1)
}

/// The nearest whole numbers, in units of which a pixel has `scale`.
pub(crate) fn scaled((x, y): Point, scale: f64) -> (i32, i32) {
    ((x * scale).round() as i32, (y * scale).round() as i32)
}

/// From `a` at 0 to `b` at 1, exactly.
pub(crate) fn mix(a: Point, b: Point, t: f64) -> Point {
    if t == 1.0 { b } else { (a.0 + t * (b.0 - a.0), a.1 + t * (b.1 - a.1)) }
}

/// How far `point` is from a polyline of two points or more.
pub(crate) fn distance_to_line(point: Point, line: &[Point]) -> f64 {
    let to_segment = |pair: &[Point]| {
        let (a, b) = (pair[0], pair[1]);
        let (u, v) = (b.0 - a.0, b.1 - a.1);
        let t = ((point.0 - a.0) * u + (point.1 - a.1) * v) / (u * u + v * v).max(1e-12);
        distance(point, mix(a, b, t.clamp(0.0, 1.0)))
    };
    line.windows(2).map(to_segment).fold(f64::MAX, f64::min)
}

/// The half pixel, counted from the origin, in which a point lies.
fn cell((x, y): Point) -> (i32, i32) {
    ((2.0 * x).floor() as i32, (2.0 * y).floor() as i32)
}

/// The points without those in whose half pixel an earlier one lies.
pub(crate) fn distinct(points: impl IntoIterator<Item = Point>) -> Vec<Point> {
    let mut seen = HashSet::new();
    points.into_iter().filter(|&point| seen.insert(cell(point))).collect()
}

/// Nearly the same line with fewer points, in pieces: a segment drawn before, in whatever direction, is left out.
pub(crate) fn thinned(line: &[Point]) -> Vec<Vec<Point>> {
    let mut seen = HashSet::new();
    let mut pieces: Vec<Vec<Point>> = Vec::new();
    let mut joined = false;
    for pair in simplify(line).windows(2) {
        let (a, b) = (cell(pair[0]), cell(pair[1]));
        let new = seen.insert((a.min(b), a.max(b)));
        match pieces.last_mut() {
            Some(piece) if new && joined => piece.push(pair[1]),
            _ if new => pieces.push(pair.to_vec()),
            _ => {}
        }
        joined = new;
    }
    pieces
}

/// Nearly the same line with fewer points.
pub(crate) fn simplify(line: &[Point]) -> Vec<Point> {
    let mut dense = Vec::new();
    for column in line.chunk_by(|&a, &b| cell(a).0 == cell(b).0) {
        // Within half a pixel's width: the first, lowest, highest and last.
        let mut order: Vec<usize> = (0..column.len()).collect();
        order.sort_by(|&a, &b| column[a].1.total_cmp(&column[b].1));
        match order[..] {
            [lowest, _, _, _, .., highest] => {
                let mut indices = [0, lowest, highest, column.len() - 1];
                indices.sort_unstable();
                dense.extend(indices.map(|k| (column[0].0, column[k].1)));
            }
            _ => dense.extend(column),
        }
    }
    // Points less than a tenth of a pixel off the chord past them are left out.
    let mut kept: Vec<Point> = dense.first().copied().into_iter().collect();
    let mut start = 0;
    for k in 2..dense.len() {
        let chord = [dense[start], dense[k]];
        if k - start > 50 || dense[start + 1..k].iter().any(|&point| distance_to_line(point, &chord) > 0.1) {
            start = k - 1;
            kept.push(dense[start]);
        }
    }
    kept.extend(dense.last().filter(|_| dense.len() > 1));
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOX: Rect = Rect { left: 0.0, top: 0.0, right: 10.0, bottom: 10.0 };

    #[test]
    fn a_line_is_cut_at_the_frame_and_goes_on_where_it_returns() {
        let parts = BOX.clip_line(&[(-5.0, 5.0), (5.0, 5.0), (5.0, 50.0), (7.0, 50.0), (7.0, 5.0)]);
        assert_eq!(parts, [[(0.0, 5.0), (5.0, 5.0), (5.0, 10.0)].to_vec(), vec![(7.0, 10.0), (7.0, 5.0)]]);
        assert_eq!(BOX.clip_line(&[(-1.0, 11.0), (11.0, 12.0)]), Vec::<Vec<Point>>::new());
        assert_eq!(BOX.clip_line(&[(3.0, 4.0)]), [[(3.0, 4.0); 2]]);
    }

    /// The area of a polygon (Gauss).
    fn area(corners: &[Point]) -> f64 {
        let next = corners.iter().cycle().skip(1);
        corners.iter().zip(next).map(|(a, b)| a.0 * b.1 - b.0 * a.1).sum::<f64>().abs() / 2.0
    }

    #[test]
    fn a_polygon_is_cut_at_the_frame() {
        let wedge = BOX.clip_polygon(&[(0.0, 5.0), (20.0, 25.0), (20.0, 5.0)]);
        assert!((area(&wedge) - 37.5).abs() < 1e-9, "{wedge:?}");
        for corner in [(0.0, 5.0), (5.0, 10.0), (10.0, 10.0), (10.0, 5.0)] {
            assert!(wedge.contains(&corner), "{corner:?} in {wedge:?}");
        }
        // Past a corner without touching it, and all around.
        assert_eq!(area(&BOX.clip_polygon(&[(-9.0, 5.0), (5.0, -9.0), (-9.0, -9.0)])), 0.0);
        assert!((area(&BOX.clip_polygon(&[(-1e6, 25.0), (1e6, 25.0), (0.0, -1e6)])) - 100.0).abs() < 1e-6);
        let whole = [(1.0, 1.0), (9.0, 2.0), (4.0, 10.0)];
        assert_eq!(BOX.clip_polygon(&whole), whole);
    }

    #[test]
    fn simplifying_keeps_bends_and_extremes() {
        let straight: Vec<Point> = (0..=100).map(|k| (f64::from(k), 2.0 * f64::from(k))).collect();
        assert!(simplify(&straight).len() < 10);
        let bend = [(0.0, 0.0), (5.0, 5.0), (10.0, 0.0)];
        assert_eq!(simplify(&bend), bend);
        let noise: Vec<Point> = (0..1000).map(|k| (f64::from(k) / 100.0, f64::from(k * 7919 % 1000))).collect();
        let few = simplify(&noise);
        assert!(few.len() < 90);
        assert!(few.iter().any(|p| p.1 == 0.0) && few.iter().any(|p| p.1 == 999.0));
    }

    #[test]
    fn what_is_drawn_once_is_not_drawn_again() {
        let there_and_back: Vec<Point> = (0..1000).map(|k| (f64::from(k % 2) * 300.0, 5.0)).collect();
        assert_eq!(thinned(&there_and_back), [[(0.0, 5.0), (300.0, 5.0)]]);
        let (out, home) = ([(0.0, 0.0), (9.0, 9.0)], [(0.0, 0.0), (5.0, -9.0)]);
        assert_eq!(thinned(&[out[0], out[1], home[0], home[1]]), [out, home]);
        assert_eq!(thinned(&[(1.0, 1.0); 2]), [[(1.0, 1.0); 2]]);
        assert_eq!(distinct([(1.0, 1.0), (2.0, 1.0), (1.2, 1.2)]), [(1.0, 1.0), (2.0, 1.0)]);
    }
}
