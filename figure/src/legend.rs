//! The legend: its place, where it covers no curve, and its drawing.

use std::borrow::Cow;

use crate::canvas::{Canvas, HPos};
use crate::geometry::{Point, Rect};
use crate::style::{LEGEND_FRAME, Style, WHITE};
use crate::text::{self, EM};

const ROW: f64 = 25.0;
const KEY: f64 = 44.0;
const PADDING: f64 = 9.0;

pub(crate) struct Legend<'a> {
    entries: Vec<(Cow<'a, str>, Style)>,
    columns: usize,
    pub rect: Rect,
    /// What it leaves of the panel.
    pub rest: Rect,
}

impl<'a> Legend<'a> {
    /// The legend of a panel in `area` with its data in `plot`: inside the plot where it is clear of the first obstacles,
    /// or else of the next ones, or else outside, where it leaves the larger plot, and half of it at least: of more entries
    /// than that it says how many they are. `None` without entries.
    pub fn place(
        entries: Vec<(&'a str, Style)>,
        area: Rect,
        plot: Rect,
        obstacles: &[Vec<Vec<Point>>],
    ) -> Option<Self> {
        if entries.is_empty() {
            return None;
        }
        let column = KEY + entries.iter().map(|(name, _)| text::width(name, EM)).fold(0.0, f64::max) + 3.0 * PADDING;
        let most_columns = (((area.width() - 28.0) / column) as usize).max(1);
        let most = most_columns * ((0.5 * plot.height() / ROW) as usize).max(1);
        let entries = shortened(entries, most);
        let count = entries.len();
        let size = |columns: usize| (columns as f64 * column, count.div_ceil(columns) as f64 * ROW + PADDING);
        let narrow = size(1);
        if let Some(rect) = obstacles.iter().find_map(|lines| inside(plot, narrow, lines)) {
            return Some(Self { entries, columns: 1, rect, rest: area });
        }
        // As many columns as the panel holds, but not more than needed.
        let columns = most_columns.min(count);
        let columns = count.div_ceil(count.div_ceil(columns));
        let wide = size(columns);
        let free = area.grown(-14.0);
        let plot_beside = (plot.width() - narrow.0) * plot.height();
        let plot_above = plot.width() * (plot.height() - wide.1);
        if plot_beside > plot_above && narrow.1 < plot.height() {
            let (left, bottom) = (free.right - narrow.0, plot.top + narrow.1);
            let rect = Rect { left, top: plot.top, right: free.right, bottom };
            Some(Self { entries, columns: 1, rect, rest: Rect { right: area.right - narrow.0 - 8.0, ..area } })
        } else {
            let left = ((plot.left + plot.right - wide.0) / 2.0).min(free.right - wide.0).max(free.left);
            let rect = Rect { left, top: free.bottom - wide.1, right: free.right.min(left + wide.0), ..free };
            Some(Self { entries, columns, rect, rest: Rect { bottom: area.bottom - wide.1 - 8.0, ..area } })
        }
    }

    pub fn draw(&self, canvas: &mut Canvas) {
        canvas.rect(self.rect, LEGEND_FRAME);
        canvas.rect(self.rect.grown(-1.0), WHITE);
        // A text too long for the figure shrinks rather than being cut.
        let column_width = self.rect.width() / self.columns as f64;
        let rows = self.entries.len().div_ceil(self.columns);
        for (k, (name, style)) in self.entries.iter().enumerate() {
            let y = self.rect.top + PADDING / 2.0 + ROW * ((k % rows) as f64 + 0.5);
            let left = self.rect.left + PADDING + column_width * (k / rows) as f64;
            let right = left + KEY;
            if let Some(color) = style.fill {
                canvas.rect(Rect { left, top: y - 8.0, right, bottom: y + 8.0 }, color);
            }
            if let Some(stroke) = style.stroke {
                // The outlines of a band, or the line itself.
                let heights: &[f64] = if style.fill.is_some() { &[-8.0, 8.0] } else { &[0.0] };
                heights.iter().for_each(|dy| canvas.line(&[(left, y + dy), (right, y + dy)], stroke));
            }
            if let Some(marker) = style.marker {
                canvas.marker(((left + right) / 2.0, y), marker);
            }
            let em = text::fit(name, EM, column_width - KEY - 2.5 * PADDING);
            canvas.text(name, (right + PADDING, y), em, HPos::Left);
        }
    }
}

/// `entries`, or the first of them and how many more there are.
fn shortened(mut entries: Vec<(&str, Style)>, most: usize) -> Vec<(Cow<'_, str>, Style)> {
    let more = if entries.len() > most { entries.split_off(most - 1).len() } else { 0 };
    let rest = (more > 0).then(|| (format!("… and {more} more").into(), Style::default()));
    entries.into_iter().map(|(name, style)| (name.into(), style)).chain(rest).collect()
}

/// The corner, or middle of a side, of `plot` where a legend of this size covers none of the `obstacles`.
fn inside(plot: Rect, (width, height): (f64, f64), obstacles: &[Vec<Point>]) -> Option<Rect> {
    let inner = plot.grown(-10.0);
    let (right, bottom) = (inner.right - width, inner.bottom - height);
    let (center, middle) = ((inner.left + right) / 2.0, (inner.top + bottom) / 2.0);
    let places = [
        (right, inner.top),
        (inner.left, inner.top),
        (right, bottom),
        (inner.left, bottom),
        (right, middle),
        (inner.left, middle),
        (center, inner.top),
        (center, bottom),
    ];
    let rects = places.map(|(left, top)| Rect { left, top, right: left + width, bottom: top + height });
    let fits = right >= inner.left && bottom >= inner.top;
    let free = |rect: &Rect| !obstacles.iter().any(|line| rect.grown(6.0).meets(line));
    rects.into_iter().find(|rect| fits && free(rect))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_legend_keeps_clear_of_the_curves_or_stays_outside() {
        let area = Rect { left: 0.0, top: 0.0, right: 900.0, bottom: 600.0 };
        let plot = Rect { left: 100.0, top: 50.0, right: 850.0, bottom: 500.0 };
        let place = |curve: &[Point]| {
            let entries = vec![("gradient descent", Style::default()); 3];
            Legend::place(entries, area, plot, &[vec![curve.to_vec()]]).unwrap()
        };
        let falling: Vec<Point> =
            (0..200).map(|k| plot.at((f64::from(k) / 200.0, 1.0 - f64::from(k) / 200.0))).collect();
        let rising: Vec<Point> = falling.iter().map(|&(x, y)| (x, 550.0 - y)).collect();
        for (curve, side) in [(&falling, "right"), (&rising, "left")] {
            let rect = place(curve).rect;
            assert!(curve.iter().all(|&point| !rect.contains(point)));
            assert!(plot.contains((rect.left, rect.top)) && plot.contains((rect.right, rect.bottom)));
            assert_eq!(rect.left > 400.0, side == "right");
        }
        let everywhere: Vec<Point> =
            (0..400).map(|k| plot.at((f64::from(k % 20) / 20.0, f64::from(k / 20) / 20.0))).collect();
        let below = place(&everywhere);
        assert!(below.columns == 3 && below.rect.top > below.rest.bottom - 20.0 && below.rect.bottom < area.bottom);
        assert!(Legend::place(vec![], area, plot, &[vec![]]).is_none());
        let entries = vec![("a name of some length, such as sections have", Style::default()); 100];
        let many = Legend::place(entries, area, plot, &[vec![everywhere]]).unwrap();
        let (shown, last) = (many.entries.len(), &many.entries[many.entries.len() - 1]);
        assert_eq!(last.0, format!("… and {} more", 100 - (shown - 1)));
        assert!(many.rect.top > 300.0 && many.rest.bottom > 300.0, "{:?}", many.rect);
    }
}
