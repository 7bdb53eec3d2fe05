//! Figures, described once and drawn as PNG or SVG.
//!
//! A [`Figure`] is a grid of [`Panel`]s, a panel two axes with [`Series`] on them. Everything else has a good default:
//! ranges and ticks come from the data, each series gets the next colour *and* the next dash pattern and marker (so that
//! curves stay apart for colour-blind readers and in black and white), and the legend stands where it covers no curve.
//!
//! ```
//! use figure::{Figure, Panel, Series};
//! let epochs = [0.0, 1.0, 2.0];
//! let figure = Figure::new().panel(
//!     Panel::new("Training", "epoch", "loss")
//!         .series(Series::line("step size η = 0.1", &epochs, &[1.0, 1e-3, 1e-6]))
//!         .log_y(),
//! );
//! let svg: String = figure.svg()?;
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
mod look;
#[cfg(feature = "png")]
mod png;
mod text;

use anyhow::{Result, ensure};
use axis::AxisSpec;
pub use text::missing_glyphs;

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

    /// The figure as a PNG file.
    ///
    /// # Errors
    /// See [`Figure::svg`].
    #[cfg(feature = "png")]
    pub fn png(&self) -> Result<Vec<u8>> {
        self.check()?;
        png::encode(self)
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
            (200..=4000).contains(&width) && (200..=4000).contains(&height) && rows.max(columns) <= 20,
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
        let default = if self.panels.len() > 1 { (640, 480) } else { (900, 600) };
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
    pub fn new(title: impl Into<String>, x_label: impl Into<String>, y_label: impl Into<String>) -> Self {
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
        self.mark(Mark::HorizontalLine { name: name.into(), y })
    }

    /// A vertical reference line; an empty name keeps it out of the legend.
    pub fn vline(self, name: impl Into<String>, x: f64) -> Self {
        self.mark(Mark::VerticalLine { name: name.into(), x })
    }

    /// Shades the interval `low..high` of the x axis, for instance the one that was trained on; an empty name keeps it
    /// out of the legend.
    pub fn shade_x(self, name: impl Into<String>, low: f64, high: f64) -> Self {
        let (name, range) = (name.into(), (low, high));
        self.mark(Mark::ShadedX { name, range })
    }

    /// Writes `text` beside the point `(x, y)`.
    pub fn note(self, text: impl Into<String>, x: f64, y: f64) -> Self {
        self.mark(Mark::Note { text: text.into(), at: (x, y) })
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

    fn mark(mut self, mark: Mark) -> Self {
        self.marks.push(mark);
        self
    }

    fn labels(&self) -> Vec<String> {
        let marks = self.marks.iter().map(|mark| match mark {
            Mark::HorizontalLine { name, .. } | Mark::VerticalLine { name, .. } | Mark::ShadedX { name, .. } => name,
            Mark::Note { text, .. } => text,
        });
        let own = [&self.title, &self.x.label, &self.y.label];
        own.into_iter().chain(self.series.iter().map(|s| &s.name)).chain(marks).cloned().collect()
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
            ensure!(lengths.0 == lengths.1, "series `{name}`: {} values against {}", lengths.0, lengths.1);
        }
        for mark in &self.marks {
            let (name, ok) = match mark {
                Mark::HorizontalLine { name, y } => (name, self.y.shows(*y)),
                Mark::VerticalLine { name, x } => (name, self.x.shows(*x)),
                Mark::ShadedX { name, range: (low, high) } => {
                    (name, low < high && self.x.shows(*low) && self.x.shows(*high))
                }
                Mark::Note { text, at: (x, y) } => (text, self.x.shows(*x) && self.y.shows(*y)),
            };
            ensure!(ok, "`{name}` cannot be placed on the axes of `{}`", self.title);
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
    Points { xs: Vec<f64>, ys: Vec<f64>, line: bool, markers: bool },
    Band { xs: Vec<f64>, low: Vec<f64>, high: Vec<f64> },
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
        Self::new(name.into(), Shape::Band { xs: xs.to_vec(), low: low.to_vec(), high: high.to_vec() })
    }

    fn points(name: String, xs: &[f64], ys: &[f64], line: bool, markers: bool) -> Self {
        Self::new(name, Shape::Points { xs: xs.to_vec(), ys: ys.to_vec(), line, markers })
    }

    fn new(name: String, shape: Shape) -> Self {
        Self { name, shape, style: None, dash: None, thin: false }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn curve() -> (Vec<f64>, Vec<f64>) {
        (0..100).map(|k| (f64::from(k), (-0.3 * f64::from(k)).exp())).unzip()
    }

    fn figure(log: bool) -> Figure {
        let (xs, ys) = curve();
        let lines = Panel::new("loss < 1 & \"η\"", "update k", "‖θₖ − θ*‖²")
            .series(Series::band("range", &xs, &ys, &ys.iter().map(|y| 2.0 * y).collect::<Vec<_>>()))
            .series(Series::line_with_markers("Adam", &xs, &ys).dotted())
            .shade_x("trained", 0.0, 10.0)
            .hline("bound", 1e-3)
            .vline("", 5.0)
            .note("here\u{1}", 50.0, 1e-2);
        let levels = Panel::new("", "x₁", "x₂").contours(|x, y| x * x - y, (-1.0, 1.0), (-1.0, 1.0), &[0.0, 0.5]);
        Figure::new().panel(if log { lines.log_y() } else { lines }).panel(levels)
    }

    fn pixels(png: &[u8]) -> (u32, u32, Vec<u8>) {
        let mut reader = ::png::Decoder::new(png).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size()];
        let info = reader.next_frame(&mut pixels).unwrap();
        (info.width, info.height, pixels)
    }

    #[test]
    fn png_decodes_and_shows_the_colours() {
        let (width, height, pixels) = pixels(&figure(true).png().unwrap());
        assert_eq!((width, height), (1280, 480));
        for color in [[255, 255, 255], [213, 94, 0], [0, 0, 0]] {
            assert!(pixels.chunks_exact(3).filter(|pixel| *pixel == color).count() > 50, "{color:?}");
        }
    }

    #[test]
    fn svg_is_well_formed_and_holds_the_texts() {
        use quick_xml::{Reader, events::Event};
        let svg = figure(true).svg().unwrap();
        assert!(svg.starts_with("<svg width=\"1280\" height=\"480\" viewBox=\"0 0 12800 4800\""));
        let (mut reader, mut depth, mut texts) = (Reader::from_str(&svg), 0, 0);
        loop {
            match reader.read_event().unwrap() {
                Event::Start(tag) => {
                    depth += 1;
                    texts += usize::from(tag.name().as_ref() == "text");
                    assert!(tag.attributes().all(|attribute| attribute.is_ok()));
                }
                Event::End(_) => depth -= 1,
                Event::Eof => break,
                _ => {}
            }
        }
        assert_eq!(depth, 0);
        assert!(texts > 20);
        for text in
            ["loss &lt; 1 &amp; &quot;η&quot;", "update k", "‖θₖ − θ*‖²", "Adam", "bound", "10⁻¹⁰", "here\u{FFFD}"]
        {
            assert!(svg.contains(text), "{text}");
        }
    }

    #[test]
    fn the_same_figure_gives_the_same_bytes() {
        assert_eq!(figure(false).png().unwrap(), figure(false).png().unwrap());
        assert_eq!(figure(false).svg().unwrap(), figure(false).svg().unwrap());
        assert_ne!(figure(false).svg().unwrap(), figure(true).svg().unwrap());
    }

    #[test]
    fn any_data_can_be_drawn() {
        let odd = [
            vec![],
            vec![f64::NAN; 3],
            vec![7.0],
            vec![2.0; 4],
            vec![0.0, -1.0, f64::INFINITY, f64::NEG_INFINITY],
            vec![1e300, -1e300, f64::MAX, f64::MIN],
            vec![5e-324, 1e-300, 1.0, 1e308],
            vec![1.0, 1.0 + f64::EPSILON, 1e6],
        ];
        for values in &odd {
            let panel = || {
                Panel::new("odd", "x", "y")
                    .series(Series::line_with_markers("line", values, values))
                    .series(Series::band("band", values, values, values))
                    .contours(|x, y| 1.0 / (x * y), (1e-3, 1.0), (1e-3, 1.0), &[2.0, f64::NAN])
            };
            let mut free = panel();
            (free.x.range, free.y.range) = (None, None);
            let figure = Figure::new().panel(free.clone()).panel(panel().log_x().log_y()).panel(free.log_y());
            assert!(figure.svg().is_ok() && figure.png().is_ok(), "{values:?}");
        }
    }

    #[test]
    fn hidden_points_are_told_and_leave_a_gap() {
        let (xs, mut ys) = curve();
        let lines = |ys: &[f64]| {
            let figure = Figure::new().panel(Panel::new("", "", "").series(Series::line("", &xs, ys).solid()).log_y());
            let svg = figure.svg().unwrap();
            (svg.matches("stroke=\"#0072B2\"").count(), svg.contains("2 points not shown"))
        };
        assert_eq!(lines(&ys), (1, false));
        (ys[40], ys[60]) = (0.0, f64::NAN);
        assert_eq!(lines(&ys), (3, true));
    }

    #[test]
    fn mistakes_in_the_description_are_errors() {
        let panel = || Panel::new("p", "x", "y");
        let message = |panel: Panel| Figure::new().panel(panel).png().unwrap_err().to_string();
        assert!(message(panel().series(Series::line("short", &[1.0, 2.0], &[1.0]))).contains("short"));
        assert!(message(panel().series(Series::band("b", &[1.0], &[1.0], &[]))).contains('b'));
        assert!(message(panel().y_range(2.0, 1.0)).contains("range"));
        assert!(message(panel().log_x().x_range(0.0, 1.0)).contains("range"));
        assert!(message(panel().log_y().hline("zero", 0.0)).contains("zero"));
        assert!(message(panel().shade_x("nan", 0.0, f64::NAN)).contains("nan"));
        assert!(Figure::new().svg().is_err());
        assert!(Figure::new().panel(panel()).panel_size(1, 100_000).png().is_err());
    }

    #[test]
    fn labels_are_what_the_font_must_hold() {
        let mut labels = figure(true).labels();
        labels.retain(|label| !missing_glyphs(label).is_empty());
        assert_eq!(labels, ["here\u{1}"]);
        let japanese = Figure::new().panel(Panel::new("損失", "", ""));
        assert_eq!(japanese.labels().iter().flat_map(|label| missing_glyphs(label)).count(), 2);
    }
}
