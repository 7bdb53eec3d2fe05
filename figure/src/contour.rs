//! Contour lines by marching squares.

use crate::geometry::Point;
use std::collections::BTreeMap;

/// Cells along each side of the rectangle.
const CELLS: usize = 120;

/// The lines of one level.
#[derive(Clone, Debug)]
pub(crate) struct Contour {
    pub level: f64,
    pub lines: Vec<Vec<Point>>,
}

/// An edge of a cell: its lower or left end, and whether it goes upwards.
type Edge = (usize, usize, bool);

/// The lines `f(x, y) = level`. Where `f` is not finite there is no line.
pub(crate) fn contours(
    f: impl Fn(f64, f64) -> f64,
    (x0, x1): (f64, f64),
    (y0, y1): (f64, f64),
    levels: &[f64],
) -> Vec<Contour> {
    let at = |u: f64, v: f64| (x0 + (x1 - x0) * u / CELLS as f64, y0 + (y1 - y0) * v / CELLS as f64);
    let value = |i: usize, j: usize| {
        let (x, y) = at(i as f64, j as f64);
        f(x, y)
    };
    let values: Vec<Vec<f64>> = (0..=CELLS).map(|j| (0..=CELLS).map(|i| value(i, j)).collect()).collect();
    let lines = |level: f64| {
        let height = |i: usize, j: usize| values[j][i] - level;
        let mut neighbours: BTreeMap<Edge, Vec<Edge>> = BTreeMap::new();
        for (j, i) in (0..CELLS).flat_map(|j| (0..CELLS).map(move |i| (j, i))) {
            // Counter-clockwise from the lower left; each edge begins at its corner.
            let corners = [height(i, j), height(i + 1, j), height(i + 1, j + 1), height(i, j + 1)];
            let edges = [(i, j, false), (i + 1, j, true), (i, j + 1, false), (i, j, true)];
            if !corners.iter().all(|h| h.is_finite()) {
                continue;
            }
            let is_cut = |&k: &usize| (corners[k] < 0.0) != (corners[(k + 1) % 4] < 0.0);
            let mut cut: Vec<Edge> = (0..4).filter(is_cut).map(|k| edges[k]).collect();
            // At a saddle the centre decides which two corners are joined.
            if cut.len() == 4 && (corners.iter().sum::<f64>() < 0.0) != (corners[0] < 0.0) {
                cut.rotate_left(1);
            }
            for pair in cut.chunks_exact(2) {
                neighbours.entry(pair[0]).or_default().push(pair[1]);
                neighbours.entry(pair[1]).or_default().push(pair[0]);
            }
        }
        let crossing = |(i, j, upwards): Edge| {
            let (a, b) = (height(i, j), if upwards { height(i, j + 1) } else { height(i + 1, j) });
            let t = a / (a - b);
            if upwards { at(i as f64, j as f64 + t) } else { at(i as f64 + t, j as f64) }
        };
        chain(neighbours).into_iter().map(|line| line.into_iter().map(crossing).collect()).collect()
    };
    levels.iter().map(|&level| Contour { level, lines: lines(level) }).collect()
}

/// Joins neighbours to lines: first the open ones from their ends, then the closed ones.
fn chain(mut neighbours: BTreeMap<Edge, Vec<Edge>>) -> Vec<Vec<Edge>> {
    let mut starts: Vec<_> = neighbours.iter().map(|(&edge, next)| (next.len() != 1, edge)).collect();
    starts.sort_unstable();
    let mut lines = Vec::new();
    for (closed, start) in starts {
        let (mut line, mut current) = (Vec::new(), Some(start));
        while let Some((edge, next)) = current.and_then(|edge| neighbours.remove_entry(&edge)) {
            line.push(edge);
            current = next.into_iter().find(|edge| neighbours.contains_key(edge));
        }
        if closed && line.len() > 2 {
            line.push(start);
        }
        if line.len() > 1 {
            lines.push(line);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_is_one_closed_line_on_the_level() {
        let found = contours(|x, y| x * x + y * y, (-2.0, 2.0), (-2.0, 2.0), &[1.0, 9.0]);
        assert_eq!((found[0].lines.len(), found[1].lines.len()), (1, 0));
        let line = &found[0].lines[0];
        assert_eq!(line.first(), line.last());
        assert!(line.len() > 100);
        assert!(line.iter().all(|(x, y)| (x * x + y * y - 1.0).abs() < 1e-3));
    }

    #[test]
    fn open_lines_saddles_and_holes() {
        let hyperbolas = contours(|x, y| x * y, (-1.0, 1.0), (-1.0, 1.0), &[0.1]);
        assert_eq!(hyperbolas[0].lines.len(), 2);
        assert!(hyperbolas[0].lines.iter().flatten().all(|(x, y)| (x * y - 0.1).abs() < 1e-3));
        let half = contours(|x, y| if x < 0.0 { f64::NAN } else { y }, (-1.0, 1.0), (-1.0, 1.0), &[0.3]);
        assert!(half[0].lines.iter().flatten().all(|(x, y)| *x >= 0.0 && (y - 0.3).abs() < 1e-9));
        assert_eq!(half[0].lines.len(), 1);
        assert!(contours(|_, _| 1.0, (0.0, 1.0), (0.0, 1.0), &[2.0, f64::NAN])[1].lines.is_empty());
    }
}
