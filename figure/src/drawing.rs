//! How a panel is drawn: layout, then layer upon layer.

use crate::axis::{self, Scale, Tick};
use crate::canvas::{Canvas, HPos, Image};
use crate::geometry::{Point, Rect, distance, distance_to_line, distinct, simplify, thinned};
use crate::legend::Legend;
use crate::panel::{Mark, MarkKind, Panel};
use crate::series::{self, Kind, Series};
use crate::style::{self, Stroke, Style};
use crate::text::{self, EM, LABEL_EM, SMALL_EM, TITLE_EM};
use plotters::style::Color as _;

/// Draws `panel` into `area`.
pub(crate) fn draw(panel: &Panel, area: Rect, canvas: &mut Canvas) {
    if let Some(image) = &panel.image {
        return draw_image(&panel.title, image, area, canvas);
    }
    let drawing = Drawing::new(panel);
    let plot = drawing.frame(area).plot;
    // Clear of everything, or else across a reference line.
    let obstacles = [true, false].map(|with_references| drawing.obstacles(plot, with_references));
    let legend = Legend::place(drawing.legend(), area, plot, &obstacles);
    let frame = drawing.frame(legend.as_ref().map_or(area, |legend| legend.rest));
    drawing.background(canvas, &frame);
    drawing.data(canvas, frame.plot, legend.as_ref().map(|legend| legend.rect));
    drawing.axes(canvas, &frame, area);
    if let Some(legend) = legend {
        legend.draw(canvas);
    }
}

/// A panel with everything decided that does not depend on its size.
struct Drawing<'a> {
    panel: &'a Panel,
    x: Scale,
    y: Scale,
    styles: Vec<Style>,
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
        let rows = || panel.series.iter().flat_map(|series| &series.rows);
        let shown = |&(x, y): &Point| panel.x.shows(x) && panel.y.shows(y);
        // What has no place does not stretch the other axis either.
        let bars = panel.series.iter().flat_map(|series| &series.bars).flatten();
        let (mut xs, mut ys): (Vec<_>, Vec<_>) = rows().flatten().chain(bars).copied().filter(shown).unzip();
        for mark in &panel.marks {
            xs.extend(mark.x.iter().flat_map(|&(low, high)| [low, high]));
            ys.extend(mark.y.iter().flat_map(|&(low, high)| [low, high]));
        }
        Self {
            panel,
            x: Scale::fit(&panel.x, &xs),
            y: Scale::fit(&panel.y, &ys),
            styles: series::styles(&panel.series),
            hidden: rows().filter(|row| !row.iter().all(shown) && !row.iter().all(series::is_gap)).count(),
        }
    }

    fn marks(&self, kind: MarkKind) -> impl Iterator<Item = (&Mark, Style)> {
        let marks = self.panel.marks.iter().filter(move |mark| mark.kind == kind);
        marks.enumerate().map(move |(k, mark)| (mark, mark.style(k)))
    }

    /// Names and styles: series, reference lines, shaded intervals.
    fn legend(&self) -> Vec<(&str, Style)> {
        let series = self.panel.series.iter().zip(&self.styles).map(|(series, &style)| (&*series.name, style));
        let marks = self.marks(MarkKind::Line).chain(self.marks(MarkKind::Shade));
        let entries = series.chain(marks.map(|(mark, style)| (&*mark.name, style)));
        entries.filter(|(name, _)| !name.is_empty()).collect()
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
        plot.right = plot.left + width(&x_ticks);
        Frame { plot, x_ticks, y_ticks }
    }

    /// A data point's place in the figure.
    fn place(&self, plot: Rect, (x, y): Point) -> Option<Point> {
        Some(plot.at((self.x.position(x)?, self.y.position(y)?)))
    }

    /// The rows of a series in pieces, broken where one has no place.
    fn pieces(&self, plot: Rect, series: &Series) -> Vec<Vec<[Point; 2]>> {
        let place = |&[low, high]: &[Point; 2]| Some([self.place(plot, low)?, self.place(plot, high)?]);
        let placed: Vec<_> = series.rows.iter().map(place).collect();
        let pieces = placed.split(Option::is_none).filter(|piece| !piece.is_empty());
        pieces.map(|piece| piece.iter().flatten().copied().collect()).collect()
    }

    /// The error bars of a series: an end without place is at the frame.
    fn bars(&self, plot: Rect, series: &Series) -> Vec<[Point; 2]> {
        let place = |&[(x, low), (_, high)]: &[Point; 2]| {
            let (x, low, high) = (self.x.position(x)?, self.y.position(low), self.y.position(high)?);
            Some([plot.at((x, low.unwrap_or(0.0))), plot.at((x, high))])
        };
        series.bars.iter().filter_map(place).collect()
    }

    /// A mark's place: as a line, from the lower left to the upper right corner.
    fn mark_rect(&self, plot: Rect, mark: &Mark) -> Rect {
        let span = |scale: &Scale, range: Option<(f64, f64)>| {
            let (low, high) = range?;
            Some((scale.position(low)?, scale.position(high)?))
        };
        let (x, y) = (span(&self.x, mark.x).unwrap_or((0.0, 1.0)), span(&self.y, mark.y).unwrap_or((0.0, 1.0)));
        let ((left, bottom), (right, top)) = (plot.at((x.0, y.0)), plot.at((x.1, y.1)));
        Rect { left, top, right, bottom }
    }

    /// The reference lines with their strokes.
    fn references(&self, plot: Rect) -> impl Iterator<Item = ([Point; 2], Style)> {
        self.marks(MarkKind::Line).map(move |(mark, style)| {
            let rect = self.mark_rect(plot, mark);
            ([(rect.left, rect.bottom), (rect.right, rect.top)], style)
        })
    }

    /// The notes: above and right of their points, but inside the plot.
    fn notes(&self, plot: Rect) -> impl Iterator<Item = (&str, f64, Rect)> {
        self.marks(MarkKind::Note).map(move |(mark, _)| {
            let at = self.mark_rect(plot, mark);
            let em = text::fit(&mark.name, EM, plot.width() - 16.0);
            let width = text::width(&mark.name, em) + 6.0;
            let left = (at.left + 6.0).min(plot.right - 5.0 - width).max(plot.left + 5.0);
            let top = (at.top - 30.0).min(plot.bottom - 27.0).max(plot.top + 5.0);
            (&*mark.name, em, Rect { left, top, right: left + width, bottom: top + 22.0 })
        })
    }

    /// What the legend must not cover, as lines inside the plot.
    fn obstacles(&self, plot: Rect, with_references: bool) -> Vec<Vec<Point>> {
        let mut lines: Vec<Vec<Point>> = Vec::new();
        for series in &self.panel.series {
            let pieces = self.pieces(plot, series);
            match series.kind {
                Kind::Line | Kind::LineWithMarkers => lines.extend(pieces.iter().map(|piece| edge(piece, 0))),
                Kind::Scatter => {
                    lines.extend(distinct(pieces.iter().flat_map(|piece| edge(piece, 0))).into_iter().map(|p| vec![p]));
                }
                // Across the band.
                Kind::Band => lines.extend(pieces.iter().flatten().map(|row| row.to_vec())),
            }
            lines.extend(self.bars(plot, series).iter().map(|bar| bar.to_vec()));
        }
        lines.extend(self.notes(plot).map(|(_, _, rect)| {
            let y = (rect.top + rect.bottom) / 2.0;
            vec![(rect.left, y), (rect.right, y)]
        }));
        if with_references {
            lines.extend(self.references(plot).map(|(ends, _)| ends.to_vec()));
        }
        lines.iter().flat_map(|line| visible(plot, line)).collect()
    }

    /// Shaded intervals and a grid.
    fn background(&self, canvas: &mut Canvas, frame: &Frame) {
        let plot = frame.plot;
        for (mark, _) in self.marks(MarkKind::Shade) {
            let inside = |x: f64| x.clamp(plot.left, plot.right);
            let rect = self.mark_rect(plot, mark);
            canvas.rect(Rect { left: inside(rect.left), right: inside(rect.right), ..plot }, style::SHADE);
        }
        for tick in frame.x_ticks.iter().filter(|tick| tick.label.is_some()) {
            canvas.line(&[plot.at((tick.at, 0.0)), plot.at((tick.at, 1.0))], Stroke::thin(style::GRID));
        }
        for tick in frame.y_ticks.iter().filter(|tick| tick.label.is_some()) {
            canvas.line(&[plot.at((0.0, tick.at)), plot.at((1.0, tick.at))], Stroke::thin(style::GRID));
        }
    }

    /// Bands, contours, reference lines, the other series in their order, notes.
    fn data(&self, canvas: &mut Canvas, plot: Rect, legend: Option<Rect>) {
        let (bands, others): (Vec<_>, Vec<_>) =
            self.panel.series.iter().zip(&self.styles).partition(|(series, _)| series.kind == Kind::Band);
        for (series, style) in bands {
            self.series(canvas, plot, series, style);
        }
        self.contours(canvas, plot, legend);
        for (ends, style) in self.references(plot) {
            draw_line(canvas, plot, &ends, style.stroke);
        }
        for (series, style) in others {
            self.series(canvas, plot, series, style);
        }
        for (text, em, rect) in self.notes(plot) {
            canvas.rect(rect, style::WHITE.mix(0.8));
            canvas.text(text, (rect.left + 3.0, (rect.top + rect.bottom) / 2.0), em, HPos::Left);
        }
    }

    fn series(&self, canvas: &mut Canvas, plot: Rect, series: &Series, style: &Style) {
        let pieces = self.pieces(plot, series);
        for piece in &pieces {
            let low = edge(piece, 0);
            if let Some(color) = style.fill {
                let high = edge(piece, 1);
                let outline = simplify(&low).into_iter().chain(simplify(&high).into_iter().rev());
                canvas.polygon(plot.clip_polygon(&outline.collect::<Vec<_>>()), color);
                draw_line(canvas, plot, &low, style.stroke);
                draw_line(canvas, plot, &high, style.stroke);
            } else {
                draw_line(canvas, plot, &low, style.stroke);
            }
        }
        for [(x, low), (_, high)] in self.bars(plot, series) {
            let stroke = Stroke { width: 1.4, dash: style::SOLID, color: style.color() };
            draw_line(canvas, plot, &[(x, low), (x, high)], Some(stroke));
            for y in [low, high] {
                draw_line(canvas, plot, &[(x - 4.0, y), (x + 4.0, y)], Some(stroke));
            }
        }
        if let Some(marker) = style.marker {
            let spacing = if style.stroke.is_some() { 2.2 * marker.radius } else { 0.0 };
            let mut last: Option<Point> = None;
            let points = pieces.iter().flatten().map(|row| row[0]).filter(|&point| plot.contains(point));
            for point in distinct(points) {
                if last.is_none_or(|last| distance(point, last) >= spacing) {
                    canvas.marker(point, marker);
                    last = Some(point);
                }
            }
        }
    }

    fn contours(&self, canvas: &mut Canvas, plot: Rect, legend: Option<Rect>) {
        let count = self.panel.contours.len();
        let mut taken = self.obstacles(plot, true);
        let mut labels = Vec::new();
        for (k, contour) in self.panel.contours.iter().enumerate() {
            let place =
                |line: &Vec<Point>| line.iter().filter_map(|&point| self.place(plot, point)).collect::<Vec<_>>();
            let parts: Vec<_> = contour.lines.iter().flat_map(|line| plot.clip_line(&place(line))).collect();
            for part in parts.iter().flat_map(|part| thinned(part)) {
                canvas.line(&part, style::contour(k, count));
            }
            // The label stands where the line is farthest from the curves and the other labels.
            let clearance = |a: Point| taken.iter().map(|line| distance_to_line(a, line)).fold(f64::MAX, f64::min);
            let free = |point: Point| {
                plot.grown(-28.0).contains(point) && !legend.is_some_and(|legend| legend.grown(24.0).contains(point))
            };
            let candidates = parts.iter().flatten().step_by(6).copied().filter(|&point| free(point));
            let best = candidates.map(|point| (clearance(point), point)).max_by(|a, b| a.0.total_cmp(&b.0));
            if let Some((_, point)) = best.filter(|(clearance, _)| *clearance > 30.0) {
                taken.push(vec![point; 2]);
                labels.push((axis::number(contour.level), point));
            }
        }
        for (label, (x, y)) in labels {
            let half = text::width(&label, SMALL_EM) / 2.0 + 2.0;
            canvas.rect(Rect { left: x - half, top: y - 9.0, right: x + half, bottom: y + 9.0 }, style::WHITE);
            canvas.text(&label, (x, y), SMALL_EM, HPos::Center);
        }
    }

    /// Frame, ticks and the texts around.
    fn axes(&self, canvas: &mut Canvas, Frame { plot, x_ticks, y_ticks }: &Frame, area: Rect) {
        let stroke = Stroke::thin(style::BLACK);
        let &Rect { left, top, right, bottom } = plot;
        canvas.line(&[(left, top), (right, top), (right, bottom), (left, bottom), (left, top), (right, top)], stroke);
        for tick in x_ticks {
            let (x, _) = plot.at((tick.at, 0.0));
            canvas.line(&[(x, bottom), (x, bottom + tick.length())], stroke);
            canvas.text(tick.text(), (x, bottom + 19.0), EM, HPos::Center);
        }
        for tick in y_ticks {
            let (_, y) = plot.at((0.0, tick.at));
            canvas.line(&[(left - tick.length(), y), (left, y)], stroke);
            canvas.text(tick.text(), (left - 11.0, y), EM, HPos::Right);
        }
        // Texts are centred on the plot as far as the panel's borders let them, and shrink if they are too long.
        let centred = |text: &str, em: f64, (from, to): (f64, f64), middle: f64| {
            let em = text::fit(text, em, to - from);
            let half = text::width(text, em) / 2.0;
            (em, middle.min(to - half).max(from + half))
        };
        let mut horizontal = |text: &str, y: f64, em: f64| {
            let (em, x) = centred(text, em, (area.left + 8.0, area.right - 8.0), (left + right) / 2.0);
            canvas.text(text, (x, y), em, HPos::Center);
        };
        let Panel { title, x: x_axis, y: y_axis, .. } = self.panel;
        horizontal(title, area.top + 26.0, TITLE_EM);
        horizontal(&x_axis.label, bottom + 47.0, LABEL_EM);
        if self.hidden > 0 {
            let points = if self.hidden == 1 { "point" } else { "points" };
            let note = format!("{} {points} not shown (not finite, or not positive on a log axis)", self.hidden);
            horizontal(&note, bottom + if x_axis.label.is_empty() { 44.0 } else { 71.0 }, SMALL_EM);
        }
        let (em, y) = centred(&y_axis.label, LABEL_EM, (top - 8.0, area.bottom - 8.0), (top + bottom) / 2.0);
        canvas.rotated_text(&y_axis.label, (area.left + 22.0, y), em);
    }
}

/// The lower (0) or upper (1) edge of a piece of a series.
fn edge(piece: &[[Point; 2]], which: usize) -> Vec<Point> {
    piece.iter().map(|row| row[which]).collect()
}

/// The part of a line inside the plot.
fn visible(plot: Rect, line: &[Point]) -> Vec<Vec<Point>> {
    plot.clip_line(line).iter().flat_map(|part| thinned(part)).collect()
}

fn draw_line(canvas: &mut Canvas, plot: Rect, line: &[Point], stroke: Option<Stroke>) {
    if let Some(stroke) = stroke {
        visible(plot, line).iter().for_each(|part| canvas.line(part, stroke));
    }
}

/// An image with its caption above, as large as fits, its cells square.
fn draw_image(caption: &str, image: &Image, area: Rect, canvas: &mut Canvas) {
    let mut room = area.grown(-4.0);
    if !caption.is_empty() {
        let em = text::fit(caption, EM, room.width());
        canvas.text(caption, ((room.left + room.right) / 2.0, room.top + 10.0), em, HPos::Center);
        room.top += 20.0;
    }
    let (columns, rows) = (image.columns as f64, image.rows() as f64);
    let cell = (room.width() / columns).min(room.height() / rows);
    let left = (room.left + room.right - columns * cell) / 2.0;
    let rect = Rect { left, top: room.top, right: left + columns * cell, bottom: room.top + rows * cell };
    canvas.image(rect, image.clone());
}
