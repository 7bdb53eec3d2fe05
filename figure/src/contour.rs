//! Contour lines by marching squares.

use std::collections::HashMap;

/// Cells along each side of the rectangle.
const CELLS: usize = 120;

/// The lines of one level.
#[derive(Clone, Debug)]
pub(super) struct Contour {
    pub level: f64,
    pub lines: Vec<Vec<(f64, f64)>>,
}

/// The lines `f(x, y) = level`. Where `f` is not finite there is no line.
pub(super) fn contours(
    f: impl Fn(f64, f64) -> f64,
    (x0, x1): (f64, f64),
    (y0, y1): (f64, f64),
    levels: &[f64],
) -> Vec<Contour> {
    let at = |low: f64, high: f64, k: usize| low + (high - low) * k as f64 / CELLS as f64;
    let values: Vec<Vec<f64>> =
        (0..=CELLS).map(|j| (0..=CELLS).map(|i| f(at(x0, x1, i), at(y0, y1, j))).collect()).collect();
    let lines = |level: f64| {
        // A crossing is named after the grid edge it lies on: its lower left corner and direction.
        let mut crossings: HashMap<Edge, Crossing> = HashMap::new();
        for (j, i) in (0..CELLS).flat_map(|j| (0..CELLS).map(move |i| (j, i))) {
            // Counter-clockwise from the lower left.
            let corners = [(i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1)];
            let height: [f64; 4] = corners.map(|(i, j)| values[j][i] - level);
            if !height.iter().all(|h| h.is_finite()) {
                continue;
            }
            let mut cut = Vec::new();
            for (k, edge) in [(i, j, 0), (i + 1, j, 1), (i, j + 1, 0), (i, j, 1)].into_iter().enumerate() {
                let (a, b) = (k, (k + 1) % 4);
                if (height[a] < 0.0) != (height[b] < 0.0) {
                    let t = height[a] / (height[a] - height[b]);
                    let mix = |a: usize, b: usize| a as f64 + t * (b as f64 - a as f64);
                    let (u, v) = (mix(corners[a].0, corners[b].0), mix(corners[a].1, corners[b].1));
                    let scale = |low: f64, high: f64, u: f64| low + (high - low) * u / CELLS as f64;
                    crossings
                        .entry(edge)
                        .or_insert(Crossing { at: (scale(x0, x1, u), scale(y0, y1, v)), next: vec![] });
                    cut.push(edge);
                }
            }
            // At a saddle the centre decides which two corners are joined.
            if cut.len() == 4 && (height.iter().sum::<f64>() < 0.0) != (height[0] < 0.0) {
                cut.rotate_left(1);
            }
            for pair in cut.chunks_exact(2) {
                for (from, to) in [(pair[0], pair[1]), (pair[1], pair[0])] {
                    crossings.entry(from).and_modify(|crossing| crossing.next.push(to));
                }
            }
        }
        chain(crossings)
    };
    levels.iter().map(|&level| Contour { level, lines: lines(level) }).collect()
}

type Edge = (usize, usize, u8);

struct Crossing {
    at: (f64, f64),
    /// The neighbours on the line, at most two.
    next: Vec<Edge>,
}

/// Joins the crossings to lines: first the open ones from their ends, then the closed ones.
fn chain(mut crossings: HashMap<Edge, Crossing>) -> Vec<Vec<(f64, f64)>> {
    // A hash map has no order of its own, and the same figure must give the same bytes.
    let mut starts: Vec<_> = crossings.iter().map(|(edge, crossing)| (crossing.next.len() != 1, *edge)).collect();
    starts.sort_unstable();
    let mut lines = Vec::new();
    for (closed, start) in starts {
        let mut line = Vec::new();
        let mut current = Some(start);
        while let Some(crossing) = current.and_then(|edge| crossings.remove(&edge)) {
            line.push(crossing.at);
            current = crossing.next.into_iter().find(|edge| crossings.contains_key(edge));
        }
        if closed && line.len() > 2 {
            line.push(line[0]);
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
