//! Figures, described once and drawn as PNG or SVG.
//!
//! A [`Figure`] is a grid of [`Panel`]s, a panel two axes with [`Series`] on them. Everything else has a good default:
//! ranges and ticks come from the data, each series gets the next colour *and* the next dash pattern and marker (so that
//! curves stay apart for colour-blind readers and in black and white), and the legend stands where it covers no curve.
//!
//! ```
//! use common::plot::{Figure, Panel, Series};
//! let epochs = [0.0, 1.0, 2.0];
//! let figure = Figure::new().panel(
//!     Panel::new("Training", "epoch", "loss")
//!         .series(Series::line("step size η = 0.1", &epochs, &[1.0, 1e-3, 1e-6]))
//!         .log_y(),
//! );
//! let png: Vec<u8> = figure.png()?;
//! # anyhow::Ok(())
//! ```
//!
//! Drawing reads no file, clock or environment, and the same description gives the same bytes. Any numbers can be
//! drawn: a point that is not finite, or not positive on a logarithmic axis, leaves a gap in its line, and the panel
//! says how many points it does not show.

mod axis;
mod canvas;
mod contour;
mod draw;
mod legend;
mod text;

use anyhow::{Result, ensure};
use axis::AxisSpec;
pub use text::missing_glyphs;

/// How a figure is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Pixels, with the embedded font.
    #[default]
    Png,
    /// Vector graphics, with the reader's own sans-serif font.
    Svg,
}

impl Format {
    /// The file name extension, which is also the option's value.
    pub fn extension(self) -> &'static str {
        match self {
            Format::Png => "png",
            Format::Svg => "svg",
        }
    }
}

impl std::fmt::Display for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.extension())
    }
}

/// Panels in a grid.
#[derive(Clone, Debug, Default)]
pub struct Figure {
    panels: Vec<Panel>,
    columns: Option<usize>,
    panel_size: Option<(u32, u32)>,
}

impl Figure {
    /// A figure without panels.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a panel: left to right, then down.
    pub fn panel(mut self, panel: Panel) -> Self {
        self.panels.push(panel);
        self
    }

    /// The number of panels in a row; by default two.
    pub fn columns(mut self, columns: usize) -> Self {
        self.columns = Some(columns);
        self
    }

    /// Width and height of each panel in pixels (200 to 4000); by default 900 × 600 for one panel, 640 × 480 for more.
    pub fn panel_size(mut self, width: u32, height: u32) -> Self {
        self.panel_size = Some((width, height));
        self
    }

    /// Every text in the figure, with the characters of the tick labels last: what the font has to hold
    /// (see [`missing_glyphs`]).
    pub fn labels(&self) -> Vec<String> {
        let mut labels: Vec<_> = self.panels.iter().flat_map(Panel::labels).collect();
        labels.push(axis::TICK_CHARACTERS.into());
        labels.push(draw::HIDDEN_POINTS.into());
        labels
    }

    /// The figure in the given format.
    ///
    /// # Errors
    /// See [`Figure::svg`].
    pub fn render(&self, format: Format) -> Result<Vec<u8>> {
        match format {
            Format::Png => self.png(),
            Format::Svg => Ok(self.svg()?.into_bytes()),
        }
    }

    /// The figure as a PNG file.
    ///
    /// # Errors
    /// See [`Figure::svg`].
    pub fn png(&self) -> Result<Vec<u8>> {
        self.check()?;
        draw::png(self)
    }

    /// The figure as an SVG document.
    ///
    /// # Errors
    /// A mistake in the description, never the data's values: coordinates that differ in number (names the series), a
    /// range, reference line or shaded interval that is empty or cannot stand on its axis, a figure without panels or
    /// of an absurd size.
    pub fn svg(&self) -> Result<String> {
        self.check()?;
        draw::svg(self)
    }

    fn check(&self) -> Result<()> {
        let (rows, columns) = self.grid();
        let (width, height) = self.panel_pixels();
        ensure!(!self.panels.is_empty(), "a figure needs a panel");
        ensure!(
            (200..=4000).contains(&width)
                && (200..=4000).contains(&height)
                && rows.max(columns) <= 20,
            "a figure of {columns} × {rows} panels of {width} × {height} pixels"
        );
        self.panels.iter().try_for_each(Panel::check)
    }

    /// Rows and columns.
    fn grid(&self) -> (usize, usize) {
        let panels = self.panels.len().max(1);
        let columns = self.columns.unwrap_or(2).clamp(1, panels);
        (panels.div_ceil(columns), columns)
    }

    fn panel_pixels(&self) -> (u32, u32) {
        let default = if self.panels.len() > 1 {
            (640, 480)
        } else {
            (900, 600)
        };
        self.panel_size.unwrap_or(default)
    }
}

/// Two axes and what is drawn on them.
#[derive(Clone, Debug)]
pub struct Panel {
    title: String,
    x: AxisSpec,
    y: AxisSpec,
    series: Vec<Series>,
    contours: Vec<contour::Contour>,
    marks: Vec<Mark>,
}

/// What a panel holds besides its series.
#[derive(Clone, Debug)]
enum Mark {
    HorizontalLine { name: String, y: f64 },
    VerticalLine { name: String, x: f64 },
    ShadedX { name: String, range: (f64, f64) },
    Note { text: String, at: (f64, f64) },
}

impl Panel {
    /// An empty panel; each of the texts may be empty.
    pub fn new(
        title: impl Into<String>,
        x_label: impl Into<String>,
        y_label: impl Into<String>,
    ) -> Self {
        Self {
            title: title.into(),
            x: AxisSpec::new(x_label.into()),
            y: AxisSpec::new(y_label.into()),
            series: Vec::new(),
            contours: Vec::new(),
            marks: Vec::new(),
        }
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
        self.mark(Mark::HorizontalLine {
            name: name.into(),
            y,
        })
    }

    /// A vertical reference line; an empty name keeps it out of the legend.
    pub fn vline(self, name: impl Into<String>, x: f64) -> Self {
        self.mark(Mark::VerticalLine {
            name: name.into(),
            x,
        })
    }

    /// Shades the interval `low..high` of the x axis, for instance the one that was trained on; an empty name keeps it
    /// out of the legend.
    pub fn shade_x(self, name: impl Into<String>, low: f64, high: f64) -> Self {
        let (name, range) = (name.into(), (low, high));
        self.mark(Mark::ShadedX { name, range })
    }

    /// Writes `text` beside the point `(x, y)`.
    pub fn note(self, text: impl Into<String>, x: f64, y: f64) -> Self {
        self.mark(Mark::Note {
            text: text.into(),
            at: (x, y),
        })
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
        self.contours
            .extend(contour::contours(f, x_range, y_range, levels));
        self.x.range.get_or_insert(x_range);
        self.y.range.get_or_insert(y_range);
        self
    }

    fn mark(mut self, mark: Mark) -> Self {
        self.marks.push(mark);
        self
    }

    fn labels(&self) -> Vec<String> {
        let marks = self.marks.iter().map(|mark| match mark {
            Mark::HorizontalLine { name, .. }
            | Mark::VerticalLine { name, .. }
            | Mark::ShadedX { name, .. } => name,
            Mark::Note { text, .. } => text,
        });
        let own = [&self.title, &self.x.label, &self.y.label];
        own.into_iter()
            .chain(self.series.iter().map(|s| &s.name))
            .chain(marks)
            .cloned()
            .collect()
    }

    fn check(&self) -> Result<()> {
        for axis in [&self.x, &self.y] {
            if let Some((low, high)) = axis.range {
                ensure!(
                    low < high && axis.shows(low) && axis.shows(high),
                    "the range {low}..{high} of the axis `{}` is empty or cannot be shown",
                    axis.label
                );
            }
        }
        for Series { name, shape, .. } in &self.series {
            let lengths = match shape {
                Shape::Points { xs, ys, .. } => (xs.len(), ys.len()),
                Shape::Band { xs, low, high } if low.len() == high.len() => (xs.len(), low.len()),
                Shape::Band { low, high, .. } => (low.len(), high.len()),
            };
            ensure!(
                lengths.0 == lengths.1,
                "series `{name}`: {} values against {}",
                lengths.0,
                lengths.1
            );
        }
        for mark in &self.marks {
            let (name, ok) = match mark {
                Mark::HorizontalLine { name, y } => (name, self.y.shows(*y)),
                Mark::VerticalLine { name, x } => (name, self.x.shows(*x)),
                Mark::ShadedX {
                    name,
                    range: (low, high),
                } => (
                    name,
                    low < high && self.x.shows(*low) && self.x.shows(*high),
                ),
                Mark::Note { text, at: (x, y) } => (text, self.x.shows(*x) && self.y.shows(*y)),
            };
            ensure!(
                ok,
                "`{name}` cannot be placed on the axes of `{}`",
                self.title
            );
        }
        Ok(())
    }
}

/// Data with a name for the legend; an empty name keeps it out of the legend.
#[derive(Clone, Debug)]
pub struct Series {
    name: String,
    shape: Shape,
    style: Option<usize>,
    dash: Option<canvas::Dash>,
    thin: bool,
}

#[derive(Clone, Debug)]
enum Shape {
    Points {
        xs: Vec<f64>,
        ys: Vec<f64>,
        line: bool,
        markers: bool,
    },
    Band {
        xs: Vec<f64>,
        low: Vec<f64>,
        high: Vec<f64>,
    },
}

impl Series {
    /// A line through the points.
    pub fn line(name: impl Into<String>, xs: &[f64], ys: &[f64]) -> Self {
        Self::points(name.into(), xs, ys, true, false)
    }

    /// A marker at each point.
    pub fn scatter(name: impl Into<String>, xs: &[f64], ys: &[f64]) -> Self {
        Self::points(name.into(), xs, ys, false, true)
    }

    /// A line with markers; where points are dense, only some of them get one.
    pub fn line_with_markers(name: impl Into<String>, xs: &[f64], ys: &[f64]) -> Self {
        Self::points(name.into(), xs, ys, true, true)
    }

    /// The area between the curves `low` and `high`.
    pub fn band(name: impl Into<String>, xs: &[f64], low: &[f64], high: &[f64]) -> Self {
        Self::new(
            name.into(),
            Shape::Band {
                xs: xs.to_vec(),
                low: low.to_vec(),
                high: high.to_vec(),
            },
        )
    }

    fn points(name: String, xs: &[f64], ys: &[f64], line: bool, markers: bool) -> Self {
        Self::new(
            name,
            Shape::Points {
                xs: xs.to_vec(),
                ys: ys.to_vec(),
                line,
                markers,
            },
        )
    }

    fn new(name: String, shape: Shape) -> Self {
        Self {
            name,
            shape,
            style: None,
            dash: None,
            thin: false,
        }
    }

    /// Takes the `k`-th colour, dash pattern and marker instead of the next one, for instance to give a band the colour
    /// of its line. A series with a style of its own does not move the others along.
    pub fn style(mut self, k: usize) -> Self {
        self.style = Some(k);
        self
    }

    /// Draws the line without gaps.
    pub fn solid(mut self) -> Self {
        self.dash = Some(canvas::SOLID);
        self
    }

    /// Draws the line dashed.
    pub fn dashed(mut self) -> Self {
        self.dash = Some(canvas::DASHED);
        self
    }

    /// Draws the line dotted.
    pub fn dotted(mut self) -> Self {
        self.dash = Some(canvas::DOTTED);
        self
    }

    /// Draws a thin line, for a family of curves behind the main one.
    pub fn thin(mut self) -> Self {
        self.thin = true;
        self
    }
}
