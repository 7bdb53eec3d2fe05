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
#[cfg(feature = "png")]
mod bitmap;
mod canvas;
mod contour;
mod drawing;
mod geometry;
mod legend;
mod panel;
mod png;
mod series;
mod style;
mod svg;
mod text;

use anyhow::{Result, ensure};
use canvas::{Canvas, HPos};
use geometry::Rect;
pub use panel::Panel;
pub use series::Series;
pub use text::missing_glyphs;

/// The panels of a figure are drawn up to this size; a bitmap of it takes a quarter of a gigabyte.
const MOST_PIXELS: usize = 20_000_000;

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

    /// The number of panels in a row (at most 40); by default one, which a telephone can show.
    pub fn columns(self, columns: usize) -> Self {
        Self { columns: Some(columns), ..self }
    }

    /// Width and height of each panel in pixels (60 to 4000); by default 640 × 480.
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
        bitmap::file(&canvas, size)
    }

    /// The figure as an SVG document.
    ///
    /// # Errors
    /// A mistake in the description, never the data's values: coordinates that differ in number (names the series), a
    /// range, reference line or shaded interval that is empty or cannot stand on its axis, a figure without panels or
    /// with panels of an absurd size. Panels beyond 20 million pixels are left out, and the figure says so.
    pub fn svg(&self) -> Result<String> {
        let (canvas, size) = self.draw()?;
        svg::document(&canvas, size)
    }

    /// The drawing with its width and height.
    fn draw(&self) -> Result<(Canvas, (u32, u32))> {
        ensure!(!self.panels.is_empty(), "a figure needs a panel");
        let (width, height) = self.panel_size.unwrap_or((640, 480));
        let sizes = 60..=4000;
        ensure!(sizes.contains(&width) && sizes.contains(&height), "panels of {width} × {height} pixels");
        self.panels.iter().try_for_each(Panel::check)?;
        let columns = self.columns.unwrap_or(1).clamp(1, self.panels.len().min(40));
        let most = (MOST_PIXELS / (width * height) as usize / columns).max(1) * columns;
        let shown = &self.panels[..self.panels.len().min(most)];
        let rows = shown.len().div_ceil(columns);
        let left_out = self.panels.len() - shown.len();
        let size = (columns as u32 * width, rows as u32 * height + if left_out > 0 { 40 } else { 0 });
        let (width, height) = (f64::from(width), f64::from(height));

        let mut canvas = Canvas::default();
        let whole = Rect { left: 0.0, top: 0.0, right: size.0.into(), bottom: size.1.into() };
        canvas.rect(whole, style::WHITE);
        for (k, panel) in shown.iter().enumerate() {
            let (left, top) = ((k % columns) as f64 * width, (k / columns) as f64 * height);
            drawing::draw(panel, Rect { left, top, right: left + width, bottom: top + height }, &mut canvas);
        }
        if left_out > 0 {
            let text = format!("{left_out} more panels are left out");
            let em = text::fit(&text, text::EM, whole.width() - 16.0);
            canvas.text(&text, (whole.width() / 2.0, whole.bottom - 20.0), em, HPos::Center);
        }
        Ok((canvas, size))
    }
}

#[cfg(all(test, feature = "png"))]
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
        assert_eq!((width, height), (640, 960));
        for color in [[255, 255, 255], [213, 94, 0], [0, 0, 0]] {
            assert!(pixels.chunks_exact(3).filter(|pixel| *pixel == color).count() > 50, "{color:?}");
        }
    }

    #[test]
    fn svg_is_well_formed_and_holds_the_texts() {
        use quick_xml::{Reader, events::Event};
        let svg = figure(true).svg().unwrap();
        assert!(svg.starts_with("<svg width=\"640\" height=\"960\" viewBox=\"0 0 6400 9600\""));
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
    fn error_bars_reach_from_low_to_high_and_to_the_frame() {
        let series = |low: &[f64]| Series::scatter("rate", &[1.0, 2.0], &[1e-2, 1e-3]).error_bars(low, &[1e-1, 1e-2]);
        let figure = |series: Series| Figure::new().panel(Panel::new("", "x", "y").series(series).log_y());
        let lines = |figure: Figure| figure.svg().unwrap().matches("stroke=\"#0072B2\"").count();
        assert_eq!(lines(figure(series(&[1e-3, 1e-4]))), 6);
        let svg = figure(series(&[1e-3, 0.0])).svg().unwrap();
        assert!(!svg.contains("not shown") && svg.matches("stroke=\"#0072B2\"").count() == 6);
        assert!(figure(series(&[1e-3])).svg().unwrap_err().to_string().contains("rate"));
    }

    #[test]
    fn images_stand_side_by_side_in_black_and_white() {
        let image = |name: &str| Panel::image(name, &[0.0, 1.0, 0.5, 0.0, -3.0, 7.0], 3);
        let figure = Figure::new().panel(image("a digit")).panel(image("")).columns(2).panel_size(100, 80);
        let (width, _, pixels) = pixels(&figure.png().unwrap());
        assert_eq!(width, 200);
        // The one without caption is 92 pixels wide and two thirds as high.
        let at = |x: usize, y: usize| pixels[3 * (200 * y + x)];
        assert_eq!([at(110, 10), at(150, 10), at(190, 10)], [0, 255, 128]);
        assert_eq!([at(110, 60), at(150, 60), at(190, 60)], [0, 0, 255]);
        let svg = figure.svg().unwrap();
        assert_eq!((svg.matches("<image ").count(), svg.contains("a digit")), (2, true));
        assert!(Figure::new().panel(Panel::image("ragged", &[0.0; 5], 2)).svg().is_err());
        assert!(Figure::new().panel(Panel::image("none", &[], 0)).svg().is_err());
    }

    #[test]
    fn a_gap_ends_a_line_without_a_word() {
        let edges = Series::line("edges", &[0.0, 1.0, f64::NAN, 2.0, 3.0], &[0.0, 1.0, f64::NAN, 1.0, 0.0]);
        let svg = Figure::new().panel(Panel::new("", "", "").series(edges)).svg().unwrap();
        assert!(svg.matches("stroke=\"#0072B2\"").count() == 3 && !svg.contains("not shown"));
    }

    #[test]
    fn dashes_are_the_viewers_work_in_an_svg() {
        let (xs, ys) = curve();
        let svg =
            Figure::new().panel(Panel::new("", "", "").series(Series::line("", &xs, &ys).dashed())).svg().unwrap();
        let dashed: Vec<&str> = svg.lines().filter(|line| line.contains("stroke-dasharray")).collect();
        assert!(dashed.len() == 1 && dashed[0].contains("stroke-dasharray=\"110 60\""), "{dashed:?}");
    }

    #[test]
    fn too_many_panels_are_left_out_and_counted() {
        let panels = |count: usize| (0..count).fold(Figure::new(), |f, k| f.panel(Panel::new(format!("{k}"), "", "")));
        assert!(!panels(65).svg().unwrap().contains("left out"));
        let svg = panels(70).panel_size(640, 480).svg().unwrap();
        assert!(svg.contains("5 more panels are left out") && svg.contains(">\n64\n<") && !svg.contains(">\n65\n<"));
    }

    #[test]
    fn a_path_that_goes_back_and_forth_for_ever_stays_small() {
        let xs: Vec<f64> = (0..100_000).map(|k| f64::from(k % 2)).collect();
        let ys: Vec<f64> = (0..100_000).map(|k| 0.5f64.powi(k)).collect();
        let panel = Panel::new("", "", "").contours(|x, y| x + y, (-1.0, 2.0), (-1.0, 2.0), &[0.0, 1.0]);
        let svg = Figure::new().panel(panel.series(Series::line_with_markers("", &xs, &ys))).svg().unwrap();
        assert!(svg.len() < 20_000, "{}", svg.len());
    }
}
