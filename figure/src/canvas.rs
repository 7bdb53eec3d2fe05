//! A drawing in pixels of the figure: rectangles, polygons, lines, circles and texts, one over the other.

use crate::geometry::{Point, Rect, distance, scaled};
use crate::style::{Color, MARKERS, Marker, Stroke};
use crate::text::TextStyle;
use anyhow::Result;
use plotters::prelude::DrawingBackend;
pub(crate) use plotters_backend::text_anchor::HPos;

pub(crate) enum Element {
    Rect(Rect, Color),
    Polygon(Vec<Point>, Color),
    Circle(Point, f64, Color),
    Line(Vec<Point>, Stroke),
    Text(String, Point, TextStyle),
    Image(Rect, Image),
}

/// Cells of a colour each, row by row from the top.
#[derive(Clone, Debug)]
pub(crate) struct Image {
    pub columns: usize,
    pub cells: Vec<[u8; 3]>,
}

impl Image {
    pub fn rows(&self) -> usize {
        self.cells.len() / self.columns.max(1)
    }
}

/// What is drawn.
#[derive(Default)]
pub(crate) struct Canvas {
    pub elements: Vec<Element>,
}

impl Canvas {
    /// Fills a rectangle.
    pub fn rect(&mut self, rect: Rect, color: Color) {
        self.elements.push(Element::Rect(rect, color));
    }

    /// Fills a polygon.
    pub fn polygon(&mut self, corners: Vec<Point>, color: Color) {
        self.elements.push(Element::Polygon(corners, color));
    }

    /// Draws a polyline. Without length it is a dot, or it would be invisible.
    pub fn line(&mut self, line: &[Point], stroke: Stroke) {
        self.elements.push(match line {
            [first, ..] if line.iter().all(|point| distance(*point, *first) < 0.5) => {
                Element::Circle(*first, 1.5 * stroke.width, stroke.color)
            }
            _ => Element::Line(line.to_vec(), stroke),
        });
    }

    /// Draws a marker.
    pub fn marker(&mut self, (x, y): Point, Marker { color, radius, kind }: Marker) {
        self.elements.push(match MARKERS[kind % MARKERS.len()] {
            [] => Element::Circle((x, y), radius, color),
            shape => {
                let corners = shape.iter().map(|(dx, dy)| (x + radius * dx, y + radius * dy));
                Element::Polygon(corners.collect(), color)
            }
        });
    }

    /// Draws an image as large as `rect`.
    pub fn image(&mut self, rect: Rect, image: Image) {
        self.elements.push(Element::Image(rect, image));
    }

    /// Writes a text whose small letters are centred on the height of `at`.
    pub fn text(&mut self, text: &str, at: Point, em: f64, anchor: HPos) {
        self.write(text, at, TextStyle { em, anchor, rotated: false });
    }

    /// Writes a text that reads upwards, centred on `at`.
    pub fn rotated_text(&mut self, text: &str, at: Point, em: f64) {
        self.write(text, at, TextStyle { em, anchor: HPos::Center, rotated: true });
    }

    fn write(&mut self, text: &str, at: Point, style: TextStyle) {
        // What XML cannot hold.
        let text = text.replace(|c: char| c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}'), "\u{FFFD}");
        self.elements.push(Element::Text(text, at, style));
    }

    /// Draws everything on a backend of plotters, which takes whole numbers: `scale` units for a pixel. Lines and images
    /// are left to `other`.
    pub fn render<B: DrawingBackend<ErrorType: 'static>>(
        &self,
        mut backend: B,
        scale: f64,
        mut other: impl FnMut(&mut B, &Element) -> Result<()>,
    ) -> Result<()> {
        let at = |point| scaled(point, scale);
        for element in &self.elements {
            match element {
                Element::Rect(rect, color) => {
                    backend.draw_rect(at((rect.left, rect.top)), at((rect.right, rect.bottom)), color, true)?;
                }
                Element::Polygon(corners, color) => backend.fill_polygon(corners.iter().copied().map(at), color)?,
                Element::Circle(centre, radius, color) => {
                    backend.draw_circle(at(*centre), (radius * scale).round() as u32, color, true)?;
                }
                Element::Text(text, place, style) => {
                    backend.draw_text(text, &TextStyle { em: style.em * scale, ..*style }, at(*place))?;
                }
                Element::Line(..) | Element::Image(..) => other(&mut backend, element)?,
            }
        }
        Ok(backend.present()?)
    }
}
