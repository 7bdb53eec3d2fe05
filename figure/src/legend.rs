//! The legend: its size, its drawing, and the place where it covers no curve.

use super::canvas::{Canvas, Point, Rect};
use super::look::{self, Look};
use super::{draw, text};
use anyhow::Result;
use plotters::prelude::DrawingBackend;
use plotters_backend::text_anchor::HPos;

const ROW: f64 = 25.0;
const KEY: f64 = 44.0;
const PADDING: f64 = 9.0;

pub(super) struct Legend {
    pub entries: Vec<(String, Look)>,
    pub columns: usize,
}

impl Legend {
    /// Width and height.
    pub fn size(&self) -> (f64, f64) {
        let rows = self.entries.len().div_ceil(self.columns);
        (self.columns as f64 * self.column_width(), rows as f64 * ROW + PADDING)
    }

    fn column_width(&self) -> f64 {
        let widest = self.entries.iter().map(|(name, _)| text::width(name, draw::EM)).fold(0.0, f64::max);
        KEY + widest + 3.0 * PADDING
    }

    /// The same in as many columns as `width` holds, but not more than needed.
    pub fn wide(&self, width: f64) -> Self {
        let count = self.entries.len().max(1);
        let columns = ((width / self.column_width()) as usize).clamp(1, count);
        let columns = count.div_ceil(count.div_ceil(columns));
        Self { entries: self.entries.clone(), columns }
    }

    /// The corner, or middle of a side, of `plot` where the legend covers none of the `curves`; `None` if it covers
    /// some everywhere, or is empty.
    pub fn inside(&self, plot: Rect, curves: &[Point]) -> Option<Rect> {
        let (width, height) = self.size();
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
        let fits = right >= inner.left && bottom >= inner.top && !self.entries.is_empty();
        let free = |rect: &Rect| !curves.iter().any(|&point| rect.grown(6.0).contains(point));
        rects.into_iter().find(|rect| fits && free(rect))
    }

    pub fn draw<B: DrawingBackend>(&self, canvas: &mut Canvas<B>, at: Rect) -> Result<()> {
        canvas.rect(at, look::LEGEND_FRAME)?;
        canvas.rect(at.grown(-1.0), look::WHITE)?;
        // A text too long for the figure shrinks rather than being cut.
        let column_width = at.width() / self.columns as f64;
        let rows = self.entries.len().div_ceil(self.columns);
        for (k, (name, look)) in self.entries.iter().enumerate() {
            let y = at.top + PADDING / 2.0 + ROW * ((k % rows) as f64 + 0.5);
            let left = at.left + PADDING + column_width * (k / rows) as f64;
            let right = left + KEY;
            let em = draw::fit(name, draw::EM, column_width - KEY - 2.5 * PADDING);
            if let Some(color) = look.fill {
                canvas.rect(Rect { left, top: y - 8.0, right, bottom: y + 8.0 }, color)?;
            }
            if let Some(stroke) = look.stroke {
                // The outlines of a band, or the line itself.
                let heights: &[f64] = if look.fill.is_some() { &[-8.0, 8.0] } else { &[0.0] };
                heights.iter().try_for_each(|dy| canvas.line(&[(left, y + dy), (right, y + dy)], stroke))?;
            }
            if let Some(marker) = look.marker {
                canvas.marker(((left + right) / 2.0, y), marker)?;
            }
            canvas.text(name, (right + PADDING, y), em, HPos::Left, false)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_legend_keeps_clear_of_the_curves_or_stays_outside() {
        let plot = Rect { left: 100.0, top: 50.0, right: 850.0, bottom: 500.0 };
        let legend = Legend { entries: vec![("gradient descent".into(), Look::default()); 3], columns: 1 };
        let falling: Vec<Point> =
            (0..200).map(|k| plot.at((f64::from(k) / 200.0, 1.0 - f64::from(k) / 200.0))).collect();
        let rising: Vec<Point> = falling.iter().map(|&(x, y)| (x, 550.0 - y)).collect();
        for (curve, side) in [(&falling, "right"), (&rising, "left")] {
            let rect = legend.inside(plot, curve).unwrap();
            assert!(curve.iter().all(|&point| !rect.contains(point)));
            assert!(plot.contains((rect.left, rect.top)) && plot.contains((rect.right, rect.bottom)));
            assert_eq!(rect.left > 400.0, side == "right");
        }
        let everywhere: Vec<Point> =
            (0..400).map(|k| plot.at((f64::from(k % 20) / 20.0, f64::from(k / 20) / 20.0))).collect();
        assert!(legend.inside(plot, &everywhere).is_none());
        let empty = Legend { entries: vec![], columns: 1 };
        assert!(empty.inside(plot, &[]).is_none());
        let wide = legend.wide(1000.0);
        assert_eq!(wide.columns, 3);
        assert!(wide.size().1 < legend.size().1);
    }
}
