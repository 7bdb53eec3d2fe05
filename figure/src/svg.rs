//! The drawing as SVG.

use crate::canvas::Canvas;
use crate::geometry::dashes;
use anyhow::Result;
use plotters::prelude::{DrawingBackend, SVGBackend};
use plotters_backend::{BackendColor, BackendStyle};

/// Units per pixel.
const SCALE: f64 = 10.0;

/// What plotters asks of a line style.
struct Pen(BackendColor, u32);

impl BackendStyle for Pen {
    fn color(&self) -> BackendColor {
        self.0
    }

    fn stroke_width(&self) -> u32 {
        self.1
    }
}

/// The document of a drawing `width` × `height` pixels large.
pub(crate) fn document(canvas: &Canvas, (width, height): (u32, u32)) -> Result<String> {
    let fine = (width * SCALE as u32, height * SCALE as u32);
    let mut document = String::new();
    canvas.render(SVGBackend::with_string(&mut document, fine), SCALE, |backend, line, stroke| {
        for piece in dashes(line, stroke.dash) {
            let points = piece.iter().map(|(x, y)| ((x * SCALE).round() as i32, (y * SCALE).round() as i32));
            backend.draw_path(points, &Pen(stroke.color, (stroke.width * SCALE).round() as u32))?;
        }
        Ok(())
    })?;
    // The view box stays fine; the picture is as large as the PNG.
    let size = |(width, height)| format!("<svg width=\"{width}\" height=\"{height}\"");
    Ok(document.replacen(&size(fine), &size((width, height)), 1))
}
