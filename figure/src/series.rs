//! Data and how they are to be drawn.

use crate::geometry::Point;
use crate::style::{self, DASHED, DOTTED, Dash, Marker, SOLID, Stroke, Style};
use anyhow::{Result, ensure};
use plotters::style::Color as _;

/// Data with a name for the legend; an empty name keeps it out of the legend.
#[derive(Clone, Debug)]
pub struct Series {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// The points of the lower and of the upper edge; without an area, the same.
    pub(crate) rows: Vec<[Point; 2]>,
    /// The ends of the error bars.
    pub(crate) bars: Vec<[Point; 2]>,
    pub(crate) style: Option<usize>,
    pub(crate) dash: Option<Dash>,
    pub(crate) thin: bool,
    /// How many coordinates were given.
    lengths: [usize; 3],
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    Line,
    Scatter,
    LineWithMarkers,
    Band,
}

impl Series {
    /// A line through the points. Where both coordinates are NaN the line ends and another begins.
    pub fn line(name: impl Into<String>, xs: &[f64], ys: &[f64]) -> Self {
        Self::new(name.into(), Kind::Line, xs, ys, ys)
    }

    /// A marker at each point.
    pub fn scatter(name: impl Into<String>, xs: &[f64], ys: &[f64]) -> Self {
        Self::new(name.into(), Kind::Scatter, xs, ys, ys)
    }

    /// A line with markers; where points are dense, only some of them get one.
    pub fn line_with_markers(name: impl Into<String>, xs: &[f64], ys: &[f64]) -> Self {
        Self::new(name.into(), Kind::LineWithMarkers, xs, ys, ys)
    }

    /// The area between the curves `low` and `high`.
    pub fn band(name: impl Into<String>, xs: &[f64], low: &[f64], high: &[f64]) -> Self {
        Self::new(name.into(), Kind::Band, xs, low, high)
    }

    fn new(name: String, kind: Kind, xs: &[f64], low: &[f64], high: &[f64]) -> Self {
        let edges = low.iter().zip(high);
        let rows = xs.iter().zip(edges).map(|(&x, (&low, &high))| [(x, low), (x, high)]).collect();
        let lengths = [xs.len(), low.len(), high.len()];
        Self { name, kind, rows, bars: Vec::new(), style: None, dash: None, thin: false, lengths }
    }

    /// Adds vertical error bars from `low` to `high`, one for each point. On a logarithmic axis, a bar from zero or less
    /// begins at the lower end of the axis.
    pub fn error_bars(mut self, low: &[f64], high: &[f64]) -> Self {
        let ends = low.iter().zip(high);
        self.bars = self.rows.iter().zip(ends).map(|(&[(x, _), _], (&low, &high))| [(x, low), (x, high)]).collect();
        if [low.len(), high.len()] != [self.rows.len(); 2] {
            self.lengths = [self.rows.len(), low.len(), high.len()];
        }
        self
    }

    /// Takes the `k`-th colour, dash pattern and marker instead of the next one, for instance to give a band the colour
    /// of its line. A series with a style of its own does not move the others along.
    pub fn style(self, k: usize) -> Self {
        Self { style: Some(k), ..self }
    }

    /// Draws the line without gaps.
    pub fn solid(self) -> Self {
        Self { dash: Some(SOLID), ..self }
    }

    /// Draws the line dashed.
    pub fn dashed(self) -> Self {
        Self { dash: Some(DASHED), ..self }
    }

    /// Draws the line dotted.
    pub fn dotted(self) -> Self {
        Self { dash: Some(DOTTED), ..self }
    }

    /// Draws a thin line, for a family of curves behind the main one.
    pub fn thin(self) -> Self {
        Self { thin: true, ..self }
    }

    pub(crate) fn check(&self) -> Result<()> {
        let [xs, low, high] = self.lengths;
        ensure!(xs == low && low == high, "series `{}`: {xs} values against {low} and {high}", self.name);
        Ok(())
    }

    /// How it is drawn as the `k`-th of its panel.
    fn drawn_as(&self, k: usize) -> Style {
        let (color, dash) = style::palette(k);
        let stroke = |width| Some(Stroke { color, width, dash: self.dash.unwrap_or(dash) });
        let line = stroke(if self.thin { 1.2 } else { 2.4 });
        let marker = Some(Marker { color, radius: if self.rows.len() > 200 { 3.0 } else { 5.0 }, kind: k });
        match self.kind {
            Kind::Line => Style { stroke: line, ..Style::default() },
            Kind::Scatter => Style { marker, ..Style::default() },
            Kind::LineWithMarkers => Style { stroke: line, marker, fill: None },
            Kind::Band => Style { stroke: stroke(1.0), fill: Some(color.mix(0.2)), marker: None },
        }
    }
}

/// Whether the point stands for the end of a line.
pub(crate) fn is_gap(&(x, y): &Point) -> bool {
    x.is_nan() && y.is_nan()
}

/// The style of each series: its own, or the next one.
pub(crate) fn styles(series: &[Series]) -> Vec<Style> {
    let mut next = 0..;
    series.iter().map(|series| series.drawn_as(series.style.or_else(|| next.next()).unwrap_or(0))).collect()
}
