//! From the description to a drawing: layout, then layer upon layer.

use super::axis::{Axis, Tick};
use super::canvas::{Canvas, DASHED, DOTTED, Dash, Marker, Point, Rect, SOLID, Stroke};
use super::legend::{Legend, Look};
use super::{Figure, Mark, Panel, Series, Shape, text};
use anyhow::{Result, anyhow};
use plotters::prelude::{BitMapBackend, DrawingBackend, SVGBackend};
use plotters_backend::BackendColor;
use plotters_backend::text_anchor::HPos;

/// Size of tick labels, legend and notes in pixels; titles are larger.
pub(super) const EM: f64 = 16.0;
const TITLE_EM: f64 = 19.0;
const LABEL_EM: f64 = 17.0;
const CONTOUR_EM: f64 = 14.0;

pub(super) const HIDDEN_POINTS: &str = "not shown (not finite, or not positive on a log axis)";

const fn rgb(r: u8, g: u8, b: u8) -> BackendColor {
    BackendColor {
        alpha: 1.0,
        rgb: (r, g, b),
    }
}

pub(super) const BLACK: BackendColor = rgb(0, 0, 0);
pub(super) const WHITE: BackendColor = rgb(255, 255, 255);
pub(super) const GREY: BackendColor = rgb(190, 190, 190);
const GRID: BackendColor = rgb(232, 232, 232);
const SHADE: BackendColor = rgb(238, 240, 244);
const REFERENCE: BackendColor = rgb(95, 95, 95);

/// Okabe and Ito's colours, which colour-blind readers tell apart, without the yellow that is lost on white.
const COLORS: [BackendColor; 7] = [
    rgb(0, 114, 178),
    rgb(213, 94, 0),
    rgb(0, 158, 115),
    rgb(204, 121, 167),
    rgb(0, 0, 0),
    rgb(86, 180, 233),
    rgb(230, 159, 0),
];
const DASHES: [Dash; 7] = [
    SOLID,
    DASHED,
    DOTTED,
    &[11.0, 4.0, 2.5, 4.0],
    &[20.0, 6.0],
    &[11.0, 4.0, 2.5, 4.0, 2.5, 4.0],
    &[6.0, 3.0],
];

/// The figure as PNG: drawn twice as large and averaged, which smooths what plotters draws on whole pixels.
pub(super) fn png(figure: &Figure) -> Result<Vec<u8>> {
    const FINE: usize = 2;
    let (width, height) = size(figure);
    let (w, h) = (width as usize, height as usize);
    let mut pixels = vec![255; w * h * FINE * FINE * 3];
    let backend =
        BitMapBackend::with_buffer(&mut pixels, (width * FINE as u32, height * FINE as u32));
    draw(
        figure,
        &mut Canvas {
            backend,
            scale: FINE as f64,
            vector: false,
        },
    )?;
    let mut averaged = Vec::with_capacity(w * h * 3);
    for rows in pixels.chunks_exact(w * FINE * 3 * FINE) {
        let (upper, lower) = rows.split_at(w * FINE * 3);
        for (a, b) in upper
            .chunks_exact(FINE * 3)
            .zip(lower.chunks_exact(FINE * 3))
        {
            for c in 0..3 {
                let sum: u16 = [a[c], a[c + 3], b[c], b[c + 3]]
                    .into_iter()
                    .map(u16::from)
                    .sum();
                averaged.push((sum / 4) as u8);
            }
        }
    }
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_compression(png::Compression::Fast);
    encoder.set_filter(png::FilterType::Up);
    encoder.write_header()?.write_image_data(&averaged)?;
    Ok(file)
}

/// The figure as SVG, in tenths of a pixel.
pub(super) fn svg(figure: &Figure) -> Result<String> {
    const FINE: u32 = 10;
    let (width, height) = size(figure);
    let (fine_width, fine_height) = (width * FINE, height * FINE);
    let mut document = String::new();
    let backend = SVGBackend::with_string(&mut document, (fine_width, fine_height));
    draw(
        figure,
        &mut Canvas {
            backend,
            scale: f64::from(FINE),
            vector: true,
        },
    )?;
    // The view box stays in tenths; the picture is as large as the PNG.
    let fine = format!("<svg width=\"{fine_width}\" height=\"{fine_height}\"");
    Ok(document.replacen(
        &fine,
        &format!("<svg width=\"{width}\" height=\"{height}\""),
        1,
    ))
}

/// Pixels of the whole figure.
fn size(figure: &Figure) -> (u32, u32) {
    let ((rows, columns), (width, height)) = (figure.grid(), figure.panel_pixels());
    (columns as u32 * width, rows as u32 * height)
}

fn draw<B: DrawingBackend>(figure: &Figure, canvas: &mut Canvas<B>) -> Result<()> {
    let (width, height) = size(figure);
    canvas.rect(
        Rect {
            left: 0.0,
            top: 0.0,
            right: width.into(),
            bottom: height.into(),
        },
        WHITE,
    )?;
    let ((_, columns), (width, height)) = (figure.grid(), figure.panel_pixels());
    for (k, panel) in figure.panels.iter().enumerate() {
        let (left, top) = (
            (k % columns) as f64 * f64::from(width),
            (k / columns) as f64 * f64::from(height),
        );
        let area = Rect {
            left,
            top,
            right: left + f64::from(width),
            bottom: top + f64::from(height),
        };
        Drawing::new(panel).draw(canvas, area)?;
    }
    canvas.backend.present().map_err(|e| anyhow!("{e}"))
}

/// A panel with everything decided that does not depend on its size.
struct Drawing<'a> {
    panel: &'a Panel,
    x: Axis,
    y: Axis,
    looks: Vec<Look>,
    /// Points that the axes cannot show.
    hidden: usize,
}

/// Where a panel's data are drawn, and the ticks around.
struct Frame {
    plot: Rect,
    x_ticks: Vec<Tick>,
    y_ticks: Vec<Tick>,
}

impl<'a> Drawing<'a> {
    fn new(panel: &'a Panel) -> Self {
        let rows = || panel.series.iter().flat_map(Series::rows).flatten();
        let mark_x = panel.marks.iter().flat_map(|mark| match mark {
            Mark::VerticalLine { x, .. } => vec![*x],
            Mark::ShadedX { range, .. } => vec![range.0, range.1],
            Mark::Note { at, .. } => vec![at.0],
            Mark::HorizontalLine { .. } => vec![],
        });
        let mark_y = panel.marks.iter().filter_map(|mark| match mark {
            Mark::HorizontalLine { y, .. } => Some(*y),
            Mark::Note { at, .. } => Some(at.1),
            _ => None,
        });
        // Only what is shown at all sets the ranges.
        let shown = |&(x, y): &Point| panel.x.shows(x) && panel.y.shows(y);
        let hidden = panel
            .series
            .iter()
            .flat_map(Series::rows)
            .filter(|row| !row.iter().all(shown))
            .count();
        Self {
            panel,
            x: Axis::fit(&panel.x, rows().filter(shown).map(|(x, _)| x).chain(mark_x)),
            y: Axis::fit(&panel.y, rows().filter(shown).map(|(_, y)| y).chain(mark_y)),
            looks: looks(&panel.series),
            hidden,
        }
    }

    fn draw<B: DrawingBackend>(&self, canvas: &mut Canvas<B>, area: Rect) -> Result<()> {
        let mut legend = self.legend();
        let mut frame = self.frame(area);
        let mut place = legend.inside(frame.plot, &self.obstacles(frame.plot));
        if place.is_none() && !legend.entries.is_empty() {
            // No free place inside: to the right if there is room, else below.
            let (mut rest, mut free) = (area, area.grown(-14.0));
            let (width, height) = legend.size();
            if width < 0.35 * area.width() && height < 0.7 * area.height() {
                rest.right -= width + 8.0;
                frame = self.frame(rest);
                free = Rect {
                    left: free.right - width,
                    top: frame.plot.top,
                    bottom: frame.plot.top + height,
                    ..free
                };
            } else {
                legend = legend.wide(free.width());
                let (width, height) = legend.size();
                rest.bottom -= height + 8.0;
                frame = self.frame(rest);
                let left = (frame.plot.left + frame.plot.right - width) / 2.0;
                let left = left.min(free.right - width).max(free.left);
                free = Rect {
                    left,
                    right: (left + width).min(free.right),
                    top: free.bottom - height,
                    ..free
                };
            }
            place = Some(free);
        }
        self.background(canvas, &frame)?;
        self.data(canvas, frame.plot)?;
        self.axes(canvas, &frame, area)?;
        self.notes(canvas, frame.plot)?;
        place.map_or(Ok(()), |place| legend.draw(canvas, place))
    }

    fn legend(&self) -> Legend {
        let series = self
            .panel
            .series
            .iter()
            .map(|series| &series.name)
            .zip(self.looks.iter().copied());
        let mut references = 0;
        let marks = self.panel.marks.iter().filter_map(|mark| match mark {
            Mark::ShadedX { name, .. } => Some((
                name,
                Look {
                    fill: Some(SHADE),
                    ..Look::default()
                },
            )),
            Mark::HorizontalLine { name, .. } | Mark::VerticalLine { name, .. } => {
                references += 1;
                Some((
                    name,
                    Look {
                        stroke: Some(reference(references - 1)),
                        ..Look::default()
                    },
                ))
            }
            Mark::Note { .. } => None,
        });
        let named = series.chain(marks).filter(|(name, _)| !name.is_empty());
        Legend {
            entries: named.map(|(name, look)| (name.clone(), look)).collect(),
            columns: 1,
        }
    }

    /// Leaves room around the plot for title, labels and ticks.
    fn frame(&self, area: Rect) -> Frame {
        let panel = self.panel;
        let mut plot = Rect {
            left: area.left + 20.0,
            right: area.right - 24.0,
            ..area
        };
        plot.top += if panel.title.is_empty() { 20.0 } else { 48.0 };
        plot.bottom -= 38.0 + if panel.x.label.is_empty() { 0.0 } else { 28.0 };
        plot.bottom -= if self.hidden > 0 { 24.0 } else { 0.0 };
        plot.bottom = plot.bottom.max(plot.top + 40.0);
        let y_ticks = self.y.ticks((plot.height() / 50.0) as usize);
        let labels = y_ticks.iter().filter_map(|tick| tick.label.as_ref());
        plot.left += labels
            .map(|label| text::width(label, EM))
            .fold(0.0, f64::max)
            + 12.0;
        plot.left += if panel.y.label.is_empty() { 0.0 } else { 28.0 };
        plot.left = plot.left.min(plot.right - 40.0);
        // As many labels along x as stand apart, and room for the last one.
        let ends = |tick: &Tick| {
            let half = tick
                .label
                .as_ref()
                .map(|label| text::width(label, EM) / 2.0)?;
            Some((tick.at * plot.width() - half, tick.at * plot.width() + half))
        };
        let apart = |ticks: &Vec<Tick>| {
            let ends: Vec<_> = ticks.iter().filter_map(ends).collect();
            ends.windows(2).all(|pair| pair[0].1 + 14.0 < pair[1].0)
        };
        let x_ticks = (2..=10)
            .rev()
            .map(|count| self.x.ticks(count))
            .find(apart)
            .unwrap_or_default();
        let last = x_ticks
            .iter()
            .filter_map(ends)
            .map(|(_, end)| end)
            .fold(0.0, f64::max);
        plot.right -= (last - plot.width() - 16.0).max(0.0);
        Frame {
            plot,
            x_ticks,
            y_ticks,
        }
    }

    /// A data point's place in the figure.
    fn place(&self, plot: Rect, (x, y): Point) -> Option<Point> {
        let (u, v) = (self.x.position(x)?, self.y.position(y)?);
        Some((
            plot.left + u * plot.width(),
            plot.bottom - v * plot.height(),
        ))
    }

    /// The lines of a series, broken where a point has no place.
    fn runs(&self, plot: Rect, points: impl Iterator<Item = Point>) -> Vec<Vec<Point>> {
        let placed: Vec<_> = points.map(|point| self.place(plot, point)).collect();
        placed
            .split(Option::is_none)
            .filter(|run| !run.is_empty())
            .map(|run| run.iter().flatten().copied().collect())
            .collect()
    }

    /// Points all along the curves, which the legend keeps clear of.
    fn obstacles(&self, plot: Rect) -> Vec<Point> {
        let mut points = Vec::new();
        let mut along = |line: &[Point]| {
            for part in plot.clip_line(line) {
                for pair in part.windows(2) {
                    let steps = ((pair[1].0 - pair[0].0).hypot(pair[1].1 - pair[0].1) / 5.0)
                        .ceil()
                        .max(1.0);
                    points.extend((0..=steps as usize).map(|k| {
                        let t = k as f64 / steps;
                        (
                            pair[0].0 + t * (pair[1].0 - pair[0].0),
                            pair[0].1 + t * (pair[1].1 - pair[0].1),
                        )
                    }));
                }
            }
        };
        for series in &self.panel.series {
            let rows = series.rows();
            match series.shape {
                Shape::Points { line, .. } => {
                    for run in self.runs(plot, rows.iter().map(|row| row[0])) {
                        if line && run.len() > 1 {
                            along(&run);
                        } else {
                            run.iter().for_each(|&point| along(&[point, point]));
                        }
                    }
                }
                Shape::Band { .. } => {
                    for [low, high] in &rows {
                        if let (Some(low), Some(high)) =
                            (self.place(plot, *low), self.place(plot, *high))
                        {
                            along(&[low, high]);
                        }
                    }
                    self.runs(plot, rows.iter().map(|row| row[0]))
                        .iter()
                        .for_each(|run| along(run));
                    self.runs(plot, rows.iter().map(|row| row[1]))
                        .iter()
                        .for_each(|run| along(run));
                }
            }
        }
        for mark in &self.panel.marks {
            match mark {
                Mark::Note { text, at } => {
                    let rect = self.note(plot, text, *at);
                    let y = (rect.top + rect.bottom) / 2.0;
                    along(&[(rect.left, y), (rect.right, y)]);
                }
                _ => self
                    .reference_line(plot, mark)
                    .iter()
                    .for_each(|line| along(line)),
            }
        }
        points
    }

    fn reference_line(&self, plot: Rect, mark: &Mark) -> Option<[Point; 2]> {
        match mark {
            Mark::HorizontalLine { y, .. } => {
                let y = plot.bottom - self.y.position(*y)? * plot.height();
                Some([(plot.left, y), (plot.right, y)])
            }
            Mark::VerticalLine { x, .. } => {
                let x = plot.left + self.x.position(*x)? * plot.width();
                Some([(x, plot.bottom), (x, plot.top)])
            }
            _ => None,
        }
    }

    /// Shaded intervals and the grid.
    fn background<B: DrawingBackend>(
        &self,
        canvas: &mut Canvas<B>,
        Frame {
            plot,
            x_ticks,
            y_ticks,
        }: &Frame,
    ) -> Result<()> {
        for mark in &self.panel.marks {
            if let Mark::ShadedX {
                range: (low, high), ..
            } = mark
            {
                let at = |x| Some(plot.left + self.x.position(x)?.clamp(0.0, 1.0) * plot.width());
                if let (Some(left), Some(right)) = (at(*low), at(*high)) {
                    canvas.rect(
                        Rect {
                            left,
                            right,
                            ..*plot
                        },
                        SHADE,
                    )?;
                }
            }
        }
        let stroke = Stroke {
            color: GRID,
            width: 1.0,
            dash: SOLID,
        };
        for tick in x_ticks.iter().filter(|tick| tick.label.is_some()) {
            let x = plot.left + tick.at * plot.width();
            canvas.line(&[(x, plot.top), (x, plot.bottom)], stroke)?;
        }
        for tick in y_ticks.iter().filter(|tick| tick.label.is_some()) {
            let y = plot.bottom - tick.at * plot.height();
            canvas.line(&[(plot.left, y), (plot.right, y)], stroke)?;
        }
        Ok(())
    }

    /// Bands, contours, reference lines, then the other series in their order.
    fn data<B: DrawingBackend>(&self, canvas: &mut Canvas<B>, plot: Rect) -> Result<()> {
        let series = || self.panel.series.iter().zip(&self.looks);
        for (series, look) in
            series().filter(|(series, _)| matches!(series.shape, Shape::Band { .. }))
        {
            self.band(canvas, plot, series, look)?;
        }
        self.contours(canvas, plot)?;
        let lines = self
            .panel
            .marks
            .iter()
            .filter_map(|mark| self.reference_line(plot, mark));
        for (k, line) in lines.enumerate() {
            for part in plot.clip_line(&line) {
                canvas.line(&part, reference(k))?;
            }
        }
        for (series, look) in
            series().filter(|(series, _)| matches!(series.shape, Shape::Points { .. }))
        {
            let runs = self.runs(plot, series.rows().iter().map(|row| row[0]));
            if let Some(stroke) = look.stroke {
                for part in runs.iter().flat_map(|run| plot.clip_line(run)) {
                    canvas.line(&part, stroke)?;
                }
                // A point without neighbours would be invisible.
                let dot = Marker {
                    color: stroke.color,
                    radius: 1.5 * stroke.width,
                    kind: 0,
                };
                for run in runs
                    .iter()
                    .filter(|run| run.len() == 1 && plot.contains(run[0]))
                {
                    canvas.marker(run[0], dot)?;
                }
            }
            if let Some(marker) = look.marker {
                let spacing = if look.stroke.is_some() {
                    3.0 * marker.radius
                } else {
                    0.0
                };
                let mut last: Option<Point> = None;
                for &point in runs.iter().flatten().filter(|&&point| plot.contains(point)) {
                    if last.is_none_or(|last| (point.0 - last.0).hypot(point.1 - last.1) >= spacing)
                    {
                        canvas.marker(point, marker)?;
                        last = Some(point);
                    }
                }
            }
        }
        Ok(())
    }

    fn band<B: DrawingBackend>(
        &self,
        canvas: &mut Canvas<B>,
        plot: Rect,
        series: &Series,
        look: &Look,
    ) -> Result<()> {
        let inside = |(x, y): Point| {
            (
                x.clamp(plot.left, plot.right),
                y.clamp(plot.top, plot.bottom),
            )
        };
        let placed = series
            .rows()
            .into_iter()
            .map(|[low, high]| Some((self.place(plot, low)?, self.place(plot, high)?)));
        for run in placed.collect::<Vec<_>>().split(Option::is_none) {
            let (low, high): (Vec<_>, Vec<_>) = run.iter().copied().flatten().unzip();
            let outline = low
                .iter()
                .chain(high.iter().rev())
                .map(|&point| inside(point));
            if let (Some(color), false) = (look.fill, run.is_empty()) {
                canvas.polygon(&outline.collect::<Vec<_>>(), color)?;
            }
            for part in [low, high].iter().flat_map(|edge| plot.clip_line(edge)) {
                look.stroke
                    .map_or(Ok(()), |stroke| canvas.line(&part, stroke))?;
            }
        }
        Ok(())
    }

    fn contours<B: DrawingBackend>(&self, canvas: &mut Canvas<B>, plot: Rect) -> Result<()> {
        let levels = self.panel.contours.len();
        let mut taken = self.obstacles(plot);
        let mut labels = Vec::new();
        for (k, contour) in self.panel.contours.iter().enumerate() {
            let grey = 90 + (110 * k / levels.max(2).saturating_sub(1)) as u8;
            let stroke = Stroke {
                color: rgb(grey, grey, grey),
                width: 1.4,
                dash: SOLID,
            };
            let lines = contour
                .lines
                .iter()
                .flat_map(|line| self.runs(plot, line.iter().copied()));
            let parts: Vec<_> = lines.flat_map(|line| plot.clip_line(&line)).collect();
            parts
                .iter()
                .try_for_each(|part| canvas.line(part, stroke))?;
            // The label stands where the line is farthest from the curves and the other labels.
            let inner = plot.grown(-28.0);
            let candidates = parts
                .iter()
                .flatten()
                .step_by(6)
                .filter(|&&point| inner.contains(point));
            let clearance = |a: &Point| {
                taken
                    .iter()
                    .map(|b| (a.0 - b.0).hypot(a.1 - b.1))
                    .fold(f64::MAX, f64::min)
            };
            let best = candidates
                .copied()
                .map(|point| (clearance(&point), point))
                .reduce(|a, b| if b.0 > a.0 { b } else { a });
            if let Some((clearance, point)) = best
                && clearance > 30.0
            {
                taken.push(point);
                labels.push((super::axis::number(contour.level), point));
            }
        }
        for (label, (x, y)) in labels {
            let half = text::width(&label, CONTOUR_EM) / 2.0 + 2.0;
            canvas.rect(
                Rect {
                    left: x - half,
                    right: x + half,
                    top: y - 9.0,
                    bottom: y + 9.0,
                },
                WHITE,
            )?;
            canvas.text(&label, (x, y), CONTOUR_EM, HPos::Center, false)?;
        }
        Ok(())
    }

    /// Frame, ticks and the texts around.
    fn axes<B: DrawingBackend>(
        &self,
        canvas: &mut Canvas<B>,
        frame: &Frame,
        area: Rect,
    ) -> Result<()> {
        let Frame {
            plot,
            x_ticks,
            y_ticks,
        } = frame;
        let stroke = Stroke {
            color: BLACK,
            width: 1.0,
            dash: SOLID,
        };
        let (l, t, r, b) = (plot.left, plot.top, plot.right, plot.bottom);
        canvas.line(&[(l, t), (r, t), (r, b), (l, b), (l, t), (r, t)], stroke)?;
        for Tick { at, label } in x_ticks {
            let x = l + at * plot.width();
            canvas.line(
                &[(x, b), (x, b + if label.is_some() { 6.0 } else { 3.0 })],
                stroke,
            )?;
            canvas.text(
                label.as_deref().unwrap_or_default(),
                (x, b + 19.0),
                EM,
                HPos::Center,
                false,
            )?;
        }
        for Tick { at, label } in y_ticks {
            let y = b - at * plot.height();
            canvas.line(
                &[(l - if label.is_some() { 6.0 } else { 3.0 }, y), (l, y)],
                stroke,
            )?;
            canvas.text(
                label.as_deref().unwrap_or_default(),
                (l - 11.0, y),
                EM,
                HPos::Right,
                false,
            )?;
        }
        let Panel {
            title,
            x: x_axis,
            y: y_axis,
            ..
        } = self.panel;
        let (middle, width, height) = ((l + r) / 2.0, area.width() - 16.0, area.height() - 16.0);
        let (x_label, y_label) = (&x_axis.label, &y_axis.label);
        let mut centred = |text: &str, y: f64, em: f64| {
            let em = fit(text, em, width);
            let half = text::width(text, em) / 2.0;
            let x = middle
                .min(area.right - 8.0 - half)
                .max(area.left + 8.0 + half);
            canvas.text(text, (x, y), em, HPos::Center, false)
        };
        centred(title, area.top + 26.0, TITLE_EM)?;
        centred(x_label, b + 48.0, LABEL_EM)?;
        if self.hidden > 0 {
            let points = if self.hidden == 1 { "point" } else { "points" };
            let y = b + if x_label.is_empty() { 44.0 } else { 72.0 };
            centred(
                &format!("{} {points} {HIDDEN_POINTS}", self.hidden),
                y,
                0.875 * EM,
            )?;
        }
        let em = fit(y_label, LABEL_EM, height);
        let half = text::width(y_label, em) / 2.0;
        let y = ((t + b) / 2.0)
            .min(area.bottom - 8.0 - half)
            .max(area.top + 8.0 + half);
        canvas.text(y_label, (area.left + 22.0, y), em, HPos::Center, true)
    }

    /// The rectangle of a note: above and right of its point, but inside the plot.
    fn note(&self, plot: Rect, text: &str, at: Point) -> Rect {
        let (x, y) = self.place(plot, at).unwrap_or((plot.left, plot.bottom));
        let (width, height) = (
            text::width(text, fit(text, EM, plot.width() - 16.0)) + 6.0,
            22.0,
        );
        let left = (x + 6.0).min(plot.right - 5.0 - width).max(plot.left + 5.0);
        let top = (y - 8.0 - height)
            .min(plot.bottom - 5.0 - height)
            .max(plot.top + 5.0);
        Rect {
            left,
            top,
            right: left + width,
            bottom: top + height,
        }
    }

    fn notes<B: DrawingBackend>(&self, canvas: &mut Canvas<B>, plot: Rect) -> Result<()> {
        for mark in &self.panel.marks {
            if let Mark::Note { text, at } = mark {
                let rect = self.note(plot, text, *at);
                canvas.rect(
                    rect,
                    BackendColor {
                        alpha: 0.8,
                        ..WHITE
                    },
                )?;
                let middle = (rect.left + 3.0, (rect.top + rect.bottom) / 2.0);
                canvas.text(
                    text,
                    middle,
                    fit(text, EM, plot.width() - 16.0),
                    HPos::Left,
                    false,
                )?;
            }
        }
        Ok(())
    }
}

impl Series {
    /// The points, twice; or the two edges of a band.
    fn rows(&self) -> Vec<[Point; 2]> {
        match &self.shape {
            Shape::Points { xs, ys, .. } => xs.iter().zip(ys).map(|(&x, &y)| [(x, y); 2]).collect(),
            Shape::Band { xs, low, high } => xs
                .iter()
                .zip(low)
                .zip(high)
                .map(|((&x, &low), &high)| [(x, low), (x, high)])
                .collect(),
        }
    }
}

/// Colour, dash pattern and marker of each series.
fn looks(series: &[Series]) -> Vec<Look> {
    let mut next = 0;
    let look = |series: &Series| {
        let k = series.style.unwrap_or_else(|| {
            next += 1;
            next - 1
        });
        let color = COLORS[k % COLORS.len()];
        // After the last colour the dash patterns are shifted, so that the pairs stay different.
        let dash = series
            .dash
            .unwrap_or(DASHES[(k + k / DASHES.len()) % DASHES.len()]);
        match &series.shape {
            Shape::Points {
                xs, line, markers, ..
            } => Look {
                fill: None,
                stroke: line.then_some(Stroke {
                    color,
                    width: if series.thin { 1.2 } else { 2.4 },
                    dash,
                }),
                marker: markers.then_some(Marker {
                    color,
                    radius: if xs.len() > 200 { 3.0 } else { 5.0 },
                    kind: k,
                }),
            },
            Shape::Band { .. } => Look {
                fill: Some(BackendColor {
                    alpha: 0.2,
                    ..color
                }),
                stroke: Some(Stroke {
                    color,
                    width: 1.0,
                    dash,
                }),
                marker: None,
            },
        }
    };
    series.iter().map(look).collect()
}

/// The `k`-th reference line: grey, each with another dash pattern.
fn reference(k: usize) -> Stroke {
    Stroke {
        color: REFERENCE,
        width: 1.6,
        dash: DASHES[(k + 6) % DASHES.len()],
    }
}

/// The size at which `text` is at most `width` wide: `em`, or less.
pub(super) fn fit(text: &str, em: f64, width: f64) -> f64 {
    em * (width / text::width(text, em).max(1.0)).clamp(0.05, 1.0)
}
