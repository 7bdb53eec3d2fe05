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
mod drawing;
mod geometry;
mod legend;
mod panel;
#[cfg(feature = "png")]
mod png;
mod series;
mod style;
mod svg;
mod text;

use anyhow::{Result, ensure};
use canvas::Canvas;
use geometry::Rect;
pub use panel::Panel;
pub use series::Series;
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
    pub fn columns(self, columns: usize) -> Self {
        Self { columns: Some(columns), ..self }
    }

    /// Width and height of each panel in pixels (200 to 4000); by default 900 × 600 for one panel, 640 × 480 for more.
    pub fn panel_size(self, width: u32, height: u32) -> Self {
        Self { panel_size: Some((width, height)), ..self }
    }

    /// The figure as a PNG file.
    ///
    /// # Errors
    /// See [`Figure::svg`].
    #[cfg(feature = "png")]
    pub fn png(&self) -> Result<Vec<u8>> {
        let (canvas, size) = self.draw()?;
        png::file(&canvas, size)
    }

    /// The figure as an SVG document.
    ///
    /// # Errors
    /// A mistake in the description, never the data's values: coordinates that differ in number (names the series), a
    /// range, reference line or shaded interval that is empty or cannot stand on its axis, a figure without panels or
    /// of an absurd size.
    pub fn svg(&self) -> Result<String> {
        let (canvas, size) = self.draw()?;
        svg::document(&canvas, size)
    }

    /// The drawing with its width and height.
    fn draw(&self) -> Result<(Canvas, (u32, u32))> {
        ensure!(!self.panels.is_empty(), "a figure needs a panel");
        let count = self.panels.len();
        let columns = self.columns.unwrap_or(2).clamp(1, count);
        let rows = count.div_ceil(columns);
        let (width, height) = self.panel_size.unwrap_or(if count > 1 { (640, 480) } else { (900, 600) });
        ensure!(
            (200..=4000).contains(&width) && (200..=4000).contains(&height) && rows.max(columns) <= 20,
            "a figure of {columns} × {rows} panels of {width} × {height} pixels"
        );
        self.panels.iter().try_for_each(Panel::check)?;
        let area = |column: usize, row: usize, columns: usize, rows: usize| {
            let (left, top) = (column as f64 * f64::from(width), row as f64 * f64::from(height));
            let (right, bottom) = (left + columns as f64 * f64::from(width), top + rows as f64 * f64::from(height));
            Rect { left, top, right, bottom }
        };
        let mut canvas = Canvas::default();
        canvas.rect(area(0, 0, columns, rows), style::WHITE);
        for (k, panel) in self.panels.iter().enumerate() {
            drawing::draw(panel, area(k % columns, k / columns, 1, 1), &mut canvas);
        }
        Ok((canvas, (columns as u32 * width, rows as u32 * height)))
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
}
