//! The drawing as SVG.

use crate::canvas::{Canvas, Element, Image};
use crate::geometry::{Rect, scaled};
use crate::png;
use crate::style::BLACK;
use anyhow::Result;
use plotters::prelude::{Color, DrawingBackend, SVGBackend};
use std::fmt::Write as _;

/// Units per pixel.
const SCALE: f64 = 10.0;

/// The document of a drawing `width` × `height` pixels large.
pub(crate) fn document(canvas: &Canvas, (width, height): (u32, u32)) -> Result<String> {
    let fine = (width * SCALE as u32, height * SCALE as u32);
    let mut plotted = String::new();
    canvas.render(SVGBackend::with_string(&mut plotted, fine), SCALE, |backend, element| {
        // An image's place is held by a line.
        if let Element::Line(line, stroke) = element {
            let pen = stroke.color.stroke_width((stroke.width * SCALE).round() as u32);
            backend.draw_path(line.iter().map(|&point| scaled(point, SCALE)), &pen)?;
        } else {
            backend.draw_path([], &BLACK)?;
        }
        Ok(())
    })?;
    // The view box stays fine; the picture is as large as the PNG.
    let size = |(width, height)| format!("<svg width=\"{width}\" height=\"{height}\"");
    let mut plotted = plotted.replacen(&size(fine), &size((width, height)), 1);
    for default in [" opacity=\"1\"", " stroke=\"none\"", " stroke-width=\"1\""] {
        plotted = plotted.replace(default, "");
    }
    // What plotters has no words for.
    let mut others = canvas.elements.iter().filter(|e| matches!(e, Element::Line(..) | Element::Image(..)));
    let mut document = String::new();
    for line in plotted.lines() {
        let element = if line.starts_with("<polyline") { others.next() } else { None };
        match element {
            Some(Element::Image(rect, image)) => document += &image_element(*rect, image)?,
            Some(Element::Line(_, stroke)) if !stroke.dash.is_empty() => {
                let dash: Vec<String> = stroke.dash.iter().map(|length| (length * SCALE).to_string()).collect();
                write!(document, "<polyline stroke-dasharray=\"{}\"{}", dash.join(" "), &line["<polyline".len()..])?;
            }
            _ => document += line,
        }
        document += "\n";
    }
    Ok(document)
}

/// With the cells as an embedded PNG file, one pixel each.
fn image_element(rect: Rect, image: &Image) -> Result<String> {
    let pixels = (image.columns as u32, image.rows() as u32);
    let file = png::encode(&image.cells.concat(), pixels)?;
    let [x, y, width, height] =
        [rect.left, rect.top, rect.width(), rect.height()].map(|length| (length * SCALE).round());
    Ok(format!(
        "<image x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" preserveAspectRatio=\"none\" \
         style=\"image-rendering:pixelated\" href=\"data:image/png;base64,{}\"/>",
        base64(&file)
    ))
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |bytes: &[u8]| {
        let bits = (0..3).fold(0, |bits, k| bits << 8 | usize::from(bytes.get(k).copied().unwrap_or(0)));
        let digit = move |k: usize| if k <= bytes.len() { DIGITS[bits >> (18 - 6 * k) & 63] as char } else { '=' };
        [digit(0), digit(1), digit(2), digit(3)]
    };
    bytes.chunks(3).flat_map(group).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_as_in_rfc_4648() {
        for (bytes, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }
}
