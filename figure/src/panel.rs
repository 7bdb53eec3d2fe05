//! Two axes and what stands on them.

use crate::axis::Axis;
use crate::canvas::Image;
use crate::contour::{self, Contour};
use crate::series::Series;
use crate::style::{self, Style};
use anyhow::{Result, ensure};

/// Two axes and what is drawn on them.
#[derive(Clone, Debug)]
pub struct Panel {
    pub(crate) title: String,
    pub(crate) x: Axis,
    pub(crate) y: Axis,
    pub(crate) series: Vec<Series>,
    pub(crate) contours: Vec<Contour>,
    pub(crate) marks: Vec<Mark>,
    /// In place of axes and data
    pub(crate) image: Option<Image>,
}

/// What a panel holds besides its data: a rectangle, on an axis without range as long as the axis.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    pub name: String,
    pub kind: MarkKind,
    pub x: Option<(f64, f64)>,
    pub y: Option<(f64, f64)>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum MarkKind {
    Line,
    Shade,
    Note,
}

impl Mark {
    /// How it is drawn as the `k`-th of its kind.
    pub fn style(&self, k: usize) -> Style {
        match self.kind {
            MarkKind::Line => style::reference(k),
            MarkKind::Shade => style::shaded(),
            MarkKind::Note => Style::default(),
        }
    }
}

impl Panel {
    /// An empty panel; each of the texts may be empty.
    pub fn new(title: impl Into<String>, x_label: impl Into<String>, y_label: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            x: Axis::new(x_label.into()),
            y: Axis::new(y_label.into()),
            series: Vec::new(),
            contours: Vec::new(),
            marks: Vec::new(),
            image: None,
        }
    }

    /// A greyscale image in place of axes: `values`, row by row from the top, `columns` in a row, from 0 (black) to 1
    /// (white). A figure with several of them and [`Figure::columns`](crate::Figure::columns) is an image grid.
    pub fn image(caption: impl Into<String>, values: &[f64], columns: usize) -> Self {
        let cells = values.iter().map(|value| [(255.0 * value).round() as u8; 3]).collect();
        Self { image: Some(Image { columns, cells }), ..Self::new(caption, "", "") }
    }

    /// Adds a series.
    pub fn series(mut self, series: Series) -> Self {
        self.series.push(series);
        self
    }

    /// Makes the x axis logarithmic (base 10).
    pub fn log_x(mut self) -> Self {
        self.x.log = true;
        self
    }

    /// Makes the y axis logarithmic (base 10).
    pub fn log_y(mut self) -> Self {
        self.y.log = true;
        self
    }

    /// Shows exactly `low..high` on the x axis; curves leave through the frame.
    pub fn x_range(mut self, low: f64, high: f64) -> Self {
        self.x.range = Some((low, high));
        self
    }

    /// Shows exactly `low..high` on the y axis; curves leave through the frame.
    pub fn y_range(mut self, low: f64, high: f64) -> Self {
        self.y.range = Some((low, high));
        self
    }

    /// A horizontal reference line; an empty name keeps it out of the legend.
    pub fn hline(self, name: impl Into<String>, y: f64) -> Self {
        self.mark(name.into(), MarkKind::Line, None, Some((y, y)))
    }

    /// Shades the interval `low..high` of the x axis, for instance the one that was trained on; an empty name keeps it
    /// out of the legend.
    pub fn shade_x(self, name: impl Into<String>, low: f64, high: f64) -> Self {
        self.mark(name.into(), MarkKind::Shade, Some((low, high)), None)
    }

    /// Writes `text` beside the point `(x, y)`.
    pub fn note(self, text: impl Into<String>, x: f64, y: f64) -> Self {
        self.mark(text.into(), MarkKind::Note, Some((x, x)), Some((y, y)))
    }

    fn mark(mut self, name: String, kind: MarkKind, x: Option<(f64, f64)>, y: Option<(f64, f64)>) -> Self {
        self.marks.push(Mark { name, kind, x, y });
        self
    }

    /// The lines `f(x, y) = level` over the rectangle `x_range × y_range`, dark for low levels and light for high ones,
    /// each with its level written on it. The axes show exactly this rectangle unless they were given another range.
    pub fn contours(
        mut self,
        f: impl Fn(f64, f64) -> f64,
        x_range: (f64, f64),
        y_range: (f64, f64),
        levels: &[f64],
    ) -> Self {
        self.contours.extend(contour::contours(f, x_range, y_range, levels));
        self.x.range.get_or_insert(x_range);
        self.y.range.get_or_insert(y_range);
        self
    }

    pub(crate) fn check(&self) -> Result<()> {
        let (x, y) = (&self.x, &self.y);
        for axis in [x, y] {
            if let Some((low, high)) = axis.range {
                ensure!(
                    low < high && axis.shows(low) && axis.shows(high),
                    "the range {low}..{high} of the axis `{}` is empty or cannot be shown",
                    axis.label
                );
            }
        }
        for Mark { name, kind, x: along_x, y: along_y } in &self.marks {
            let mut ranges = along_x.iter().map(|range| (x, range)).chain(along_y.iter().map(|range| (y, range)));
            let placed = ranges.all(|(axis, &(low, high))| {
                axis.shows(low) && axis.shows(high) && (low < high || *kind != MarkKind::Shade)
            });
            ensure!(placed, "`{name}` cannot be placed on the axes of `{}`", self.title);
        }
        if let Some(Image { columns, cells }) = &self.image {
            ensure!(
                *columns > 0 && !cells.is_empty() && cells.len() % columns == 0,
                "the image `{}`: {} values in rows of {columns}",
                self.title,
                cells.len()
            );
        }
        self.series.iter().try_for_each(Series::check)
    }
}
