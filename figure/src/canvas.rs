//! Lines, areas, markers and text in pixels of the figure, on any plotters backend.
//!
//! Backends take whole numbers, so a canvas works on a finer grid: `scale` units per pixel of the figure.

use super::text::TextStyle;
use anyhow::{Result, anyhow};
use plotters::prelude::DrawingBackend;
use plotters_backend::text_anchor::HPos;
use plotters_backend::{BackendColor, BackendCoord, BackendStyle};

/// A position in pixels of the figure, y downwards.
pub(super) type Point = (f64, f64);

/// Lengths in pixels, drawn and left out in turn.
pub(super) type Dash = &'static [f64];
pub(super) const SOLID: Dash = &[];
pub(super) const DASHED: Dash = &[11.0, 6.0];
pub(super) const DOTTED: Dash = &[2.5, 4.5];

/// A rectangle in pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rect {
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
        let (mut from, mut to) = (0.0, 1.0);
        let sides = [
            (a.0 - b.0, a.0 - self.left),
            (b.0 - a.0, self.right - a.0),
            (a.1 - b.1, a.1 - self.top),
            (b.1 - a.1, self.bottom - a.1),
        ];
        for (outwards, room) in sides {
            match room / outwards {
                _ if outwards == 0.0 && room < 0.0 => return None,
                t if outwards < 0.0 => from = f64::max(from, t),
                t if outwards > 0.0 => to = f64::min(to, t),
                _ => {}
            }
        }
        (from <= to).then_some((from, to))
    }

    /// The parts of a polyline inside; a single point stays one.
    pub fn clip_line(&self, line: &[Point]) -> Vec<Vec<Point>> {
        if let &[point] = line {
            return if self.contains(point) { vec![vec![point]] } else { vec![] };
        }
        let mut parts: Vec<Vec<Point>> = Vec::new();
        let mut whole = false;
        for pair in line.windows(2) {
            let clipped = self.clip(pair[0], pair[1]);
            if let Some((from, to)) = clipped {
                let (start, end) = (mix(pair[0], pair[1], from), mix(pair[0], pair[1], to));
                match parts.last_mut() {
                    Some(part) if whole && from == 0.0 => part.push(end),
                    _ => parts.push(vec![start, end]),
                }
            }
            whole = clipped.is_some_and(|(_, to)| to == 1.0);
        }
        parts
    }

    /// The part of a polygon inside (Sutherland and Hodgman): one side of the rectangle after the other cuts it off.
    pub fn clip_polygon(&self, corners: &[Point]) -> Vec<Point> {
        const FAR: f64 = 1e9; // keeps the differences below finite
        let near = |&(x, y): &Point| (x.clamp(-FAR, FAR), y.clamp(-FAR, FAR));
        let depths: [fn(&Self, Point) -> f64; 4] = [
            |rect, (x, _)| x - rect.left,
            |rect, (x, _)| rect.right - x,
            |rect, (_, y)| y - rect.top,
            |rect, (_, y)| rect.bottom - y,
        ];
        let whole: Vec<Point> = corners.iter().map(near).collect();
        depths.iter().fold(whole, |polygon, depth| {
            let mut kept = Vec::new();
            for (i, &b) in polygon.iter().enumerate() {
                let a = polygon[(i + polygon.len() - 1) % polygon.len()];
                let (from, to) = (depth(self, a), depth(self, b));
                if (from < 0.0) != (to < 0.0) {
                    kept.push(mix(a, b, from / (from - to)));
                }
                if to >= 0.0 {
                    kept.push(b);
                }
            }
            kept
        })
    }
}

fn mix(a: Point, b: Point, t: f64) -> Point {
    (a.0 + t * (b.0 - a.0), a.1 + t * (b.1 - a.1))
}

/// How a line is drawn.
#[derive(Clone, Copy)]
pub(super) struct Stroke {
    pub color: BackendColor,
    pub width: f64,
    pub dash: Dash,
}

/// The shape at a data point.
#[derive(Clone, Copy)]
pub(super) struct Marker {
    pub color: BackendColor,
    pub radius: f64,
    pub kind: usize,
}

/// Corners of the markers around (0, 0), about as large as a circle of radius 1; the first is the circle itself.
const MARKERS: [&[Point]; 6] = [
    &[],
    &[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)],
    &[(0.0, -1.25), (1.15, 0.85), (-1.15, 0.85)],
    &[(0.0, -1.3), (1.3, 0.0), (0.0, 1.3), (-1.3, 0.0)],
    &[(0.0, 1.25), (1.15, -0.85), (-1.15, -0.85)],
    &[
        (-1.1, -0.4),
        (-0.4, -0.4),
        (-0.4, -1.1),
        (0.4, -1.1),
        (0.4, -0.4),
        (1.1, -0.4),
        (1.1, 0.4),
        (0.4, 0.4),
        (0.4, 1.1),
        (-0.4, 1.1),
        (-0.4, 0.4),
        (-1.1, 0.4),
    ],
];

/// What plotters asks of a line style.
struct Pen(BackendColor, u32);

impl BackendStyle for Pen {
    fn color(&self) -> BackendColor {
        self.0
    }

    fn stroke_width(&self) -> u32 {
        self.1
    }
}

/// A drawing surface with `scale` backend units per pixel; `vector` says that the backend strokes lines by itself.
pub(super) struct Canvas<B> {
    pub backend: B,
    pub scale: f64,
    pub vector: bool,
}

impl<B: DrawingBackend> Canvas<B> {
    fn at(&self, (x, y): Point) -> BackendCoord {
        ((x * self.scale).round() as i32, (y * self.scale).round() as i32)
    }

    /// Fills a polygon.
    pub fn polygon(&mut self, corners: &[Point], color: BackendColor) -> Result<()> {
        let corners: Vec<_> = corners.iter().map(|&p| self.at(p)).collect();
        self.backend.fill_polygon(corners, &color).map_err(|e| anyhow!("{e}"))
    }

    /// Fills a rectangle.
    pub fn rect(&mut self, rect: Rect, color: BackendColor) -> Result<()> {
        let (from, to) = (self.at((rect.left, rect.top)), self.at((rect.right, rect.bottom)));
        self.backend.draw_rect(from, to, &color, true).map_err(|e| anyhow!("{e}"))
    }

    /// Draws a polyline.
    pub fn line(&mut self, line: &[Point], stroke: Stroke) -> Result<()> {
        for piece in dashes(&simplify(line), stroke.dash) {
            if self.vector {
                let pen = Pen(stroke.color, (stroke.width * self.scale).round() as u32);
                let piece: Vec<_> = piece.iter().map(|&p| self.at(p)).collect();
                self.backend.draw_path(piece, &pen).map_err(|e| anyhow!("{e}"))?;
            } else {
                self.segments(&piece, stroke)?;
            }
        }
        Ok(())
    }

    /// plotters turns a wide path into one polygon, with holes where the path folds back and a width that depends on
    /// the direction; so piece by piece, with a dot in each bend.
    fn segments(&mut self, line: &[Point], Stroke { color, width, .. }: Stroke) -> Result<()> {
        for pair in line.windows(2) {
            self.segment(pair[0], pair[1], color, width)?;
        }
        for bend in line.windows(3) {
            let (a, b) = (direction(bend[0], bend[1]), direction(bend[1], bend[2]));
            let steep = |(u, v): Point| v.abs() > u.abs();
            if a.0 * b.0 + a.1 * b.1 < 0.95 || steep(a) != steep(b) {
                self.marker(bend[1], Marker { color, radius: width / 2.0, kind: 0 })?;
            }
        }
        Ok(())
    }

    /// A straight line in slices across it, one unit wide, whose ends are blended.
    fn segment(&mut self, a: Point, b: Point, color: BackendColor, width: f64) -> Result<()> {
        let steep = (b.1 - a.1).abs() > (b.0 - a.0).abs();
        let turn = |(x, y): Point| {
            if steep { (y * self.scale, x * self.scale) } else { (x * self.scale, y * self.scale) }
        };
        let (a, b) = if turn(a).0 < turn(b).0 { (turn(a), turn(b)) } else { (turn(b), turn(a)) };
        let slope = (b.1 - a.1) / (b.0 - a.0);
        let half = width * self.scale / 2.0 * slope.hypot(1.0);
        for k in a.0.round() as i32..b.0.round() as i32 {
            let centre = a.1 + slope * (f64::from(k) + 0.5 - a.0);
            let (low, high) = (centre - half, centre + half);
            let (first, last) = (low.ceil() as i32, high.floor() as i32);
            let unit = |k: i32, l: i32| if steep { (l, k) } else { (k, l) };
            let drawn = self.backend.draw_rect(unit(k, first), unit(k + 1, last), &color, true);
            let drawn = drawn.and(self.backend.draw_pixel(unit(k, first - 1), color.mix(f64::from(first) - low)));
            drawn
                .and(self.backend.draw_pixel(unit(k, last), color.mix(high - f64::from(last))))
                .map_err(|e| anyhow!("{e}"))?;
        }
        Ok(())
    }

    /// Draws a marker.
    pub fn marker(&mut self, (x, y): Point, Marker { color, radius, kind }: Marker) -> Result<()> {
        match MARKERS[kind % MARKERS.len()] {
            [] => {
                let (center, radius) = (self.at((x, y)), (radius * self.scale).round() as u32);
                self.backend.draw_circle(center, radius, &color, true).map_err(|e| anyhow!("{e}"))
            }
            shape => {
                let corners: Vec<_> = shape.iter().map(|(dx, dy)| (x + radius * dx, y + radius * dy)).collect();
                self.polygon(&corners, color)
            }
        }
    }

    /// Writes a text whose small letters are centred on the height of `at`.
    pub fn text(&mut self, text: &str, at: Point, em: f64, anchor: HPos, rotated: bool) -> Result<()> {
        // What XML cannot hold.
        let text = text.replace(|c: char| c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}'), "\u{FFFD}");
        let style = TextStyle { em: em * self.scale, color: super::look::BLACK, anchor, rotated };
        let at = self.at(at);
        self.backend.draw_text(&text, &style, at).map_err(|e| anyhow!("{e}"))
    }
}

/// Nearly the same line with fewer points.
pub(super) fn simplify(line: &[Point]) -> Vec<Point> {
    // Within half a pixel's width: the first, lowest, highest and last.
    let mut dense = Vec::new();
    for column in line.chunk_by(|a, b| (2.0 * a.0).floor() == (2.0 * b.0).floor()) {
        let by_height = |&a: &usize, &b: &usize| column[a].1.total_cmp(&column[b].1);
        let extreme = [(0..column.len()).min_by(by_height), (0..column.len()).max_by(by_height)];
        let mut indices = [0, extreme[0].unwrap_or(0), extreme[1].unwrap_or(0), column.len() - 1];
        indices.sort_unstable();
        match column.len() {
            0..=4 => dense.extend(column),
            _ => dense.extend(indices.map(|k| (column[0].0, column[k].1))),
        }
    }
    dense.dedup();
    // Points less than a twentieth of a pixel off the chord past them are left out.
    let mut kept: Vec<Point> = dense.first().copied().into_iter().collect();
    let mut start = 0;
    for k in 2..dense.len() {
        let straight = |point: &Point| distance(*point, dense[start], dense[k]) < 0.05;
        if k - start > 20 || !dense[start + 1..k].iter().all(straight) {
            start = k - 1;
            kept.push(dense[start]);
        }
    }
    kept.extend(dense.last().filter(|_| dense.len() > 1));
    kept
}

/// The unit vector from `a` to `b`.
fn direction(a: Point, b: Point) -> Point {
    let length = (b.0 - a.0).hypot(b.1 - a.1).max(1e-12);
    ((b.0 - a.0) / length, (b.1 - a.1) / length)
}

/// How far `point` is from the segment `a` to `b`.
fn distance(point: Point, a: Point, b: Point) -> f64 {
    let (u, v) = (b.0 - a.0, b.1 - a.1);
    let t = ((point.0 - a.0) * u + (point.1 - a.1) * v) / (u * u + v * v).max(1e-12);
    let foot = mix(a, b, t.clamp(0.0, 1.0));
    (point.0 - foot.0).hypot(point.1 - foot.1)
}

/// The points of a line and others between, at most `step` apart.
pub(super) fn waypoints(line: &[Point], step: f64) -> Vec<Point> {
    let mut points = line.to_vec();
    for pair in line.windows(2) {
        let steps = ((pair[1].0 - pair[0].0).hypot(pair[1].1 - pair[0].1) / step).ceil();
        points.extend((1..steps as usize).map(|k| mix(pair[0], pair[1], k as f64 / steps)));
    }
    points
}

/// Cuts a line into its dashes.
fn dashes(line: &[Point], dash: Dash) -> Vec<Vec<Point>> {
    if dash.is_empty() || line.is_empty() {
        return vec![line.to_vec()];
    }
    let (mut pieces, mut piece) = (Vec::new(), vec![line[0]]);
    let (mut k, mut left) = (0, dash[0]);
    for pair in line.windows(2) {
        let length = (pair[1].0 - pair[0].0).hypot(pair[1].1 - pair[0].1);
        let mut done = 0.0;
        while length - done > left {
            done += left;
            piece.push(mix(pair[0], pair[1], done / length));
            if k % 2 == 0 {
                pieces.push(std::mem::take(&mut piece));
            } else {
                piece.drain(..piece.len() - 1);
            }
            k += 1;
            left = dash[k % dash.len()];
        }
        left -= length - done;
        piece.push(pair[1]);
    }
    if k % 2 == 0 && piece.len() > 1 {
        pieces.push(piece);
    }
    pieces
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
        assert_eq!(BOX.clip_line(&[(3.0, 4.0)]), [[(3.0, 4.0)]]);
    }

    #[test]
    fn a_polygon_is_cut_at_the_frame() {
        let wedge = BOX.clip_polygon(&[(0.0, 5.0), (20.0, 25.0), (20.0, 5.0)]);
        assert_eq!(wedge.len(), 4);
        for corner in [(0.0, 5.0), (5.0, 10.0), (10.0, 10.0), (10.0, 5.0)] {
            assert!(wedge.contains(&corner), "{corner:?} in {wedge:?}");
        }
        assert!(BOX.clip_polygon(&[(11.0, 1.0), (12.0, 1.0), (12.0, 2.0)]).is_empty());
        let far = BOX.clip_polygon(&[(-f64::MAX, 2.0), (f64::MAX, 2.0), (f64::MAX, f64::INFINITY)]);
        assert!(far.iter().all(|(x, y)| x.is_finite() && y.is_finite()));
    }

    #[test]
    fn dashes_follow_the_length_of_the_line() {
        let pieces = dashes(&[(0.0, 0.0), (3.0, 0.0), (3.0, 9.0)], &[4.0, 2.0]);
        assert_eq!(pieces, [vec![(0.0, 0.0), (3.0, 0.0), (3.0, 1.0)], vec![(3.0, 3.0), (3.0, 7.0)]]);
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
}
