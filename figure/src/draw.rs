//! From the description to a drawing: layout, then layer upon layer.

use super::axis::{self, Axis, Tick};
use super::canvas::{Canvas, Marker, Point, Rect, SOLID, Stroke, simplify, waypoints};
use super::legend::Legend;
use super::look::{self, Look};
use super::{Figure, Mark, Panel, Series, Shape, text};
use anyhow::{Result, anyhow};
use plotters::prelude::{DrawingBackend, SVGBackend};
use plotters_backend::text_anchor::HPos;

/// Size of tick labels, legend and notes in pixels; the others in relation to it.
pub(super) const EM: f64 = 16.0;
const TITLE_EM: f64 = 19.0;
const LABEL_EM: f64 = 17.0;
const SMALL_EM: f64 = 14.0;

pub(super) const HIDDEN_POINTS: &str = "not shown (not finite, or not positive on a log axis)";

/// The figure as SVG, in tenths of a pixel.
pub(super) fn svg(figure: &Figure) -> Result<String> {
    let (width, height) = size(figure);
    let (fine_width, fine_height) = (10 * width, 10 * height);
    let mut document = String::new();
    let backend = SVGBackend::with_string(&mut document, (fine_width, fine_height));
    draw(figure, &mut Canvas { backend, scale: 10.0, vector: true })?;
    // The view box stays in tenths; the picture is as large as the PNG.
    let size = |width, height| format!("<svg width=\"{width}\" height=\"{height}\"");
    Ok(document.replacen(&size(fine_width, fine_height), &size(width, height), 1))
}

/// Pixels of the whole figure.
pub(super) fn size(figure: &Figure) -> (u32, u32) {
    let ((rows, columns), (width, height)) = (figure.grid(), figure.panel_pixels());
    (columns as u32 * width, rows as u32 * height)
}

pub(super) fn draw<B: DrawingBackend>(figure: &Figure, canvas: &mut Canvas<B>) -> Result<()> {
    let (width, height) = size(figure);
    let (right, bottom) = (width.into(), height.into());
    canvas.rect(Rect { left: 0.0, top: 0.0, right, bottom }, look::WHITE)?;
    let (_, columns) = figure.grid();
    let (width, height) = figure.panel_pixels();
    for (k, panel) in figure.panels.iter().enumerate() {
        let left = (k % columns) as f64 * f64::from(width);
        let top = (k / columns) as f64 * f64::from(height);
        let (right, bottom) = (left + f64::from(width), top + f64::from(height));
        Drawing::new(panel).draw(canvas, Rect { left, top, right, bottom })?;
    }
    canvas.backend.present().map_err(|e| anyhow!("{e}"))
}

/// A panel with everything decided that does not depend on its size.
struct Drawing<'a> {
    panel: &'a Panel,
    x: Axis,
    y: Axis,
    looks: Vec<Look>,
    /// How many points the axes cannot show.
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
        let rows = || panel.series.iter().flat_map(Series::rows);
        let shown = |&(x, y): &Point| panel.x.shows(x) && panel.y.shows(y);
        // What has no place does not stretch the other axis either.
        let (mut xs, mut ys): (Vec<_>, Vec<_>) = rows().flatten().filter(shown).unzip();
        for mark in &panel.marks {
            match mark {
                Mark::VerticalLine { x, .. } => xs.push(*x),
                Mark::HorizontalLine { y, .. } => ys.push(*y),
                Mark::ShadedX { range, .. } => xs.extend([range.0, range.1]),
                Mark::Note { at, .. } => {
                    xs.push(at.0);
                    ys.push(at.1);
                }
            }
        }
        Self {
            panel,
            x: Axis::fit(&panel.x, &xs),
            y: Axis::fit(&panel.y, &ys),
            looks: look::looks(&panel.series),
            hidden: rows().filter(|row| !row.iter().all(shown)).count(),
        }
    }

    fn draw<B: DrawingBackend>(&self, canvas: &mut Canvas<B>, area: Rect) -> Result<()> {
        let mut legend = self.legend();
        let mut frame = self.frame(area);
        // Clear of everything, else across a reference line, else outside, where it leaves the larger plot.
        let mut place = legend.inside(frame.plot, &self.obstacles(frame.plot, true));
        place = place.or_else(|| legend.inside(frame.plot, &self.obstacles(frame.plot, false)));
        if place.is_none() && !legend.entries.is_empty() {
            let (right, below) = (legend.size(), legend.wide(area.width() - 28.0));
            let plot = frame.plot;
            let left_of = (plot.width() - right.0) * plot.height();
            let above = plot.width() * (plot.height() - below.size().1);
            let (mut rest, mut free) = (area, area.grown(-14.0));
            if left_of > above && right.1 < plot.height() {
                rest.right -= right.0 + 8.0;
                free.left = free.right - right.0;
                free.top = plot.top;
                free.bottom = plot.top + right.1;
            } else {
                legend = below;
                let (width, height) = legend.size();
                rest.bottom -= height + 8.0;
                free.left = ((plot.left + plot.right - width) / 2.0).min(free.right - width).max(free.left);
                free.right = free.right.min(free.left + width);
                free.top = free.bottom - height;
            }
            frame = self.frame(rest);
            place = Some(free);
        }
        self.background(canvas, &frame)?;
        self.data(canvas, frame.plot, place)?;
        self.axes(canvas, &frame, area)?;
        place.map_or(Ok(()), |place| legend.draw(canvas, place))
    }

    fn legend(&self) -> Legend {
        let names = self.panel.series.iter().map(|series| &series.name);
        let series = names.zip(self.looks.iter().copied());
        let references = self.references().enumerate().map(|(k, (name, _))| (name, Look::reference(k)));
        let shaded = self.panel.marks.iter().filter_map(|mark| match mark {
            Mark::ShadedX { name, .. } => Some((name, Look::filled(look::SHADE))),
            _ => None,
        });
        let named = series.chain(references).chain(shaded).filter(|(name, _)| !name.is_empty());
        Legend { entries: named.map(|(name, look)| (name.clone(), look)).collect(), columns: 1 }
    }

    /// The reference lines: name, and the axis positions of x or y.
    fn references(&self) -> impl Iterator<Item = (&String, [(f64, f64); 2])> {
        self.panel.marks.iter().filter_map(|mark| match mark {
            Mark::HorizontalLine { name, y } => self.y.position(*y).map(|v| (name, [(0.0, v), (1.0, v)])),
            Mark::VerticalLine { name, x } => self.x.position(*x).map(|u| (name, [(u, 0.0), (u, 1.0)])),
            _ => None,
        })
    }

    /// Leaves room around the plot for title, labels and ticks.
    fn frame(&self, area: Rect) -> Frame {
        let panel = self.panel;
        let room = |text: &str, room: f64| if text.is_empty() { 0.0 } else { room };
        let mut plot = area.grown(-20.0);
        plot.top += room(&panel.title, 28.0);
        plot.bottom -= 20.0 + room(&panel.x.label, 26.0) + if self.hidden > 0 { 24.0 } else { 0.0 };
        plot.bottom = plot.bottom.max(plot.top + 40.0);
        let y_ticks = self.y.ticks((plot.height() / 50.0) as usize);
        let widest = y_ticks.iter().map(Tick::width).fold(0.0, f64::max);
        plot.left = (plot.left + 12.0 + widest + room(&panel.y.label, 28.0)).min(plot.right - 40.0);
        // As many labels along x as stand apart, and room for the last one.
        let width = |ticks: &[Tick]| {
            let over = |tick: &Tick| (tick.at - 1.0) * plot.width() + tick.width() / 2.0 - 12.0;
            plot.width() - ticks.iter().map(over).fold(0.0, f64::max)
        };
        let apart = |ticks: &Vec<Tick>| {
            let labels: Vec<_> = ticks.iter().filter(|tick| tick.label.is_some()).collect();
            let gap = |a: &Tick, b: &Tick| (b.at - a.at) * width(ticks) - (a.width() + b.width()) / 2.0;
            labels.windows(2).all(|pair| gap(pair[0], pair[1]) > 14.0)
        };
        let all = (2..=10).rev().map(|count| self.x.ticks(count)).find(apart);
        let x_ticks = all.unwrap_or_else(|| self.x.ticks(2).into_iter().take(1).collect());
        let width = width(&x_ticks);
        plot.right = plot.left + width;
        Frame { plot, x_ticks, y_ticks }
    }

    /// A data point's place in the figure.
    fn place(&self, plot: Rect, (x, y): Point) -> Option<Point> {
        Some(plot.at((self.x.position(x)?, self.y.position(y)?)))
    }

    /// The points of a series (for a band: of one of its edges) in pieces, broken where one has no place.
    fn runs(&self, plot: Rect, series: &Series, edge: usize) -> Vec<Vec<Point>> {
        let placed: Vec<_> = series.rows().into_iter().map(|row| self.place(plot, row[edge])).collect();
        let runs = placed.split(Option::is_none).filter(|run| !run.is_empty());
        runs.map(|run| run.iter().flatten().copied().collect()).collect()
    }

    /// Points all along what the legend must not cover.
    fn obstacles(&self, plot: Rect, with_references: bool) -> Vec<Point> {
        let mut lines: Vec<Vec<Point>> = Vec::new();
        for series in &self.panel.series {
            let runs = self.runs(plot, series, 0);
            lines.extend(match series.shape {
                Shape::Points { line: true, .. } => runs.iter().map(|run| simplify(run)).collect(),
                Shape::Points { .. } => runs.into_iter().flatten().map(|point| vec![point]).collect(),
                // Across the band, from edge to edge.
                Shape::Band { .. } => {
                    let rows = series.rows().into_iter();
                    rows.filter_map(|[a, b]| Some(vec![self.place(plot, a)?, self.place(plot, b)?])).collect::<Vec<_>>()
                }
            });
        }
        for rect in self.notes().map(|(text, at)| self.note_rect(plot, text, at)) {
            let y = (rect.top + rect.bottom) / 2.0;
            lines.push(vec![(rect.left, y), (rect.right, y)]);
        }
        if with_references {
            lines.extend(self.references().map(|(_, ends)| ends.map(|end| plot.at(end)).to_vec()));
        }
        let clipped = lines.iter().flat_map(|line| plot.clip_line(line));
        clipped.flat_map(|part| waypoints(&part, 5.0)).collect()
    }

    /// Shaded intervals and the grid.
    fn background<B: DrawingBackend>(&self, canvas: &mut Canvas<B>, frame: &Frame) -> Result<()> {
        let plot = frame.plot;
        for mark in &self.panel.marks {
            if let Mark::ShadedX { range, .. } = mark {
                let at = |x| plot.at((self.x.position(x).unwrap_or(0.0).clamp(0.0, 1.0), 0.0)).0;
                canvas.rect(Rect { left: at(range.0), right: at(range.1), ..plot }, look::SHADE)?;
            }
        }
        let stroke = Stroke { color: look::GRID, width: 1.0, dash: SOLID };
        let at = |ticks: &[Tick]| ticks.iter().filter(|t| t.label.is_some()).map(|t| t.at).collect::<Vec<_>>();
        for x in at(&frame.x_ticks) {
            canvas.line(&[plot.at((x, 0.0)), plot.at((x, 1.0))], stroke)?;
        }
        for y in at(&frame.y_ticks) {
            canvas.line(&[plot.at((0.0, y)), plot.at((1.0, y))], stroke)?;
        }
        Ok(())
    }

    /// Bands, contours, reference lines, the other series in their order, notes.
    fn data<B: DrawingBackend>(&self, canvas: &mut Canvas<B>, plot: Rect, legend: Option<Rect>) -> Result<()> {
        let (bands, others): (Vec<_>, Vec<_>) =
            self.panel.series.iter().zip(&self.looks).partition(|(_, look)| look.fill.is_some());
        for (series, look) in bands {
            self.band(canvas, plot, series, look)?;
        }
        self.contours(canvas, plot, legend)?;
        for (k, (_, ends)) in self.references().enumerate() {
            let line = ends.map(|end| plot.at(end));
            self.line(canvas, plot, &line, Look::reference(k).stroke)?;
        }
        for (series, look) in others {
            let runs = self.runs(plot, series, 0);
            for run in &runs {
                self.line(canvas, plot, run, look.stroke)?;
            }
            if let Some(marker) = look.marker {
                let spacing = if look.stroke.is_some() { 2.2 * marker.radius } else { 0.0 };
                let mut last: Option<Point> = None;
                for &point in runs.iter().flatten().filter(|&&point| plot.contains(point)) {
                    if last.is_none_or(|last| (point.0 - last.0).hypot(point.1 - last.1) >= spacing) {
                        canvas.marker(point, marker)?;
                        last = Some(point);
                    }
                }
            }
        }
        for (text, at) in self.notes() {
            let rect = self.note_rect(plot, text, at);
            canvas.rect(rect, look::WHITE.mix(0.8))?;
            let middle = (rect.left + 3.0, (rect.top + rect.bottom) / 2.0);
            canvas.text(text, middle, fit(text, EM, plot.width() - 16.0), HPos::Left, false)?;
        }
        Ok(())
    }

    /// The part of a line inside the plot. Without length it is a dot, or it would be invisible.
    fn line<B: DrawingBackend>(
        &self,
        canvas: &mut Canvas<B>,
        plot: Rect,
        line: &[Point],
        stroke: Option<Stroke>,
    ) -> Result<()> {
        let Some(stroke) = stroke else { return Ok(()) };
        for part in plot.clip_line(line) {
            if part.iter().all(|p| (p.0 - part[0].0).hypot(p.1 - part[0].1) < 0.5) {
                let radius = 1.5 * stroke.width;
                canvas.marker(part[0], Marker { color: stroke.color, radius, kind: 0 })?;
            } else {
                canvas.line(&part, stroke)?;
            }
        }
        Ok(())
    }

    fn band<B: DrawingBackend>(&self, canvas: &mut Canvas<B>, plot: Rect, series: &Series, look: &Look) -> Result<()> {
        let rows = series.rows().into_iter();
        let placed: Vec<_> = rows.map(|[low, high]| Some((self.place(plot, low)?, self.place(plot, high)?))).collect();
        for run in placed.split(Option::is_none).filter(|run| !run.is_empty()) {
            let (low, high): (Vec<_>, Vec<_>) = run.iter().copied().flatten().unzip();
            let outline: Vec<_> = low.iter().chain(high.iter().rev()).copied().collect();
            if let Some(color) = look.fill {
                canvas.polygon(&plot.clip_polygon(&outline), color)?;
            }
            self.line(canvas, plot, &low, look.stroke)?;
            self.line(canvas, plot, &high, look.stroke)?;
        }
        Ok(())
    }

    fn contours<B: DrawingBackend>(&self, canvas: &mut Canvas<B>, plot: Rect, legend: Option<Rect>) -> Result<()> {
        let count = self.panel.contours.len();
        let mut taken = self.obstacles(plot, true);
        let mut labels = Vec::new();
        for (k, contour) in self.panel.contours.iter().enumerate() {
            let place = |line: &Vec<Point>| -> Vec<Point> {
                line.iter().filter_map(|&point| self.place(plot, point)).collect()
            };
            let parts: Vec<_> = contour.lines.iter().flat_map(|line| plot.clip_line(&place(line))).collect();
            for part in &parts {
                canvas.line(part, Look::contour(k, count))?;
            }
            // The label stands where the line is farthest from the curves and the other labels.
            let clearance = |a: &Point| {
                let distances = taken.iter().map(|b| (a.0 - b.0).hypot(a.1 - b.1));
                distances.fold(f64::MAX, f64::min)
            };
            let inner = plot.grown(-28.0);
            let covered = |point| legend.is_some_and(|legend| legend.grown(24.0).contains(point));
            let candidates =
                parts.iter().flatten().step_by(6).filter(|&&point| inner.contains(point) && !covered(point));
            let best = candidates.map(|point| (clearance(point), *point)).max_by(|a, b| a.0.total_cmp(&b.0));
            if let Some((_, point)) = best.filter(|(clearance, _)| *clearance > 30.0) {
                taken.push(point);
                labels.push((axis::number(contour.level), point));
            }
        }
        for (label, (x, y)) in labels {
            let half = text::width(&label, SMALL_EM) / 2.0 + 2.0;
            let (left, right, top, bottom) = (x - half, x + half, y - 9.0, y + 9.0);
            canvas.rect(Rect { left, top, right, bottom }, look::WHITE)?;
            canvas.text(&label, (x, y), SMALL_EM, HPos::Center, false)?;
        }
        Ok(())
    }

    /// Frame, ticks and the texts around.
    fn axes<B: DrawingBackend>(&self, canvas: &mut Canvas<B>, frame: &Frame, area: Rect) -> Result<()> {
        let Frame { plot, x_ticks, y_ticks } = frame;
        let stroke = Stroke { color: look::BLACK, width: 1.0, dash: SOLID };
        let (left, top, right, bottom) = (plot.left, plot.top, plot.right, plot.bottom);
        let corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top), (right, top)];
        canvas.line(&corners, stroke)?;
        for tick in x_ticks {
            let (x, _) = plot.at((tick.at, 0.0));
            canvas.line(&[(x, bottom), (x, bottom + tick.length())], stroke)?;
            canvas.text(tick.text(), (x, bottom + 19.0), EM, HPos::Center, false)?;
        }
        for tick in y_ticks {
            let (_, y) = plot.at((0.0, tick.at));
            canvas.line(&[(left - tick.length(), y), (left, y)], stroke)?;
            canvas.text(tick.text(), (left - 11.0, y), EM, HPos::Right, false)?;
        }
        // Texts are centred on the plot as far as the panel's borders let them, and shrink if they are too long.
        let centre = |text: &str, em: f64, from: f64, to: f64, middle: f64| {
            let em = fit(text, em, to - from);
            let half = text::width(text, em) / 2.0;
            (em, middle.min(to - half).max(from + half))
        };
        let mut horizontal = |text: &str, y: f64, em: f64| {
            let (em, x) = centre(text, em, area.left + 8.0, area.right - 8.0, (left + right) / 2.0);
            canvas.text(text, (x, y), em, HPos::Center, false)
        };
        let Panel { title, x: x_axis, y: y_axis, .. } = self.panel;
        horizontal(title, area.top + 26.0, TITLE_EM)?;
        horizontal(&x_axis.label, bottom + 47.0, LABEL_EM)?;
        if self.hidden > 0 {
            let points = if self.hidden == 1 { "point" } else { "points" };
            let y = bottom + if x_axis.label.is_empty() { 44.0 } else { 71.0 };
            horizontal(&format!("{} {points} {HIDDEN_POINTS}", self.hidden), y, SMALL_EM)?;
        }
        let (em, y) = centre(&y_axis.label, LABEL_EM, top - 8.0, area.bottom - 8.0, (top + bottom) / 2.0);
        canvas.text(&y_axis.label, (area.left + 22.0, y), em, HPos::Center, true)
    }

    fn notes(&self) -> impl Iterator<Item = (&String, Point)> {
        self.panel.marks.iter().filter_map(|mark| match mark {
            Mark::Note { text, at } => Some((text, *at)),
            _ => None,
        })
    }

    /// The rectangle of a note: above and right of its point, but inside the plot.
    fn note_rect(&self, plot: Rect, text: &str, at: Point) -> Rect {
        let (x, y) = self.place(plot, at).unwrap_or((plot.left, plot.bottom));
        let width = text::width(text, fit(text, EM, plot.width() - 16.0)) + 6.0;
        let left = (x + 6.0).min(plot.right - 5.0 - width).max(plot.left + 5.0);
        let top = (y - 30.0).min(plot.bottom - 27.0).max(plot.top + 5.0);
        Rect { left, top, right: left + width, bottom: top + 22.0 }
    }
}

impl Series {
    /// The points, twice; or the two edges of a band.
    fn rows(&self) -> Vec<[Point; 2]> {
        match &self.shape {
            Shape::Points { xs, ys, .. } => xs.iter().zip(ys).map(|(&x, &y)| [(x, y); 2]).collect(),
            Shape::Band { xs, low, high } => {
                let edges = low.iter().zip(high);
                xs.iter().zip(edges).map(|(&x, (&low, &high))| [(x, low), (x, high)]).collect()
            }
        }
    }
}

/// The size at which `text` is at most `width` wide: `em`, or less.
pub(super) fn fit(text: &str, em: f64, width: f64) -> f64 {
    em * (width / text::width(text, em).max(1.0)).clamp(0.05, 1.0)
}
