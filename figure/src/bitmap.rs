//! The drawing as pixels.

use crate::canvas::{Canvas, Element, Image};
use crate::geometry::{Point, Rect, dashes, distance};
use crate::png;
use crate::style::Stroke;
use anyhow::Result;
use plotters::prelude::{BitMapBackend, DrawingBackend};
use plotters_backend::BackendColor;

/// Pixels of the bitmap for each of the file, along each side.
const SCALE: f64 = 2.0;

/// The file of a drawing `width` × `height` pixels large: drawn twice as large and averaged, which smooths what plotters
/// draws on whole pixels.
pub(crate) fn file(canvas: &Canvas, (width, height): (u32, u32)) -> Result<Vec<u8>> {
    let (w, h) = (width as usize, height as usize);
    let mut pixels = vec![255; 2 * w * 2 * h * 3];
    let backend = BitMapBackend::with_buffer(&mut pixels, (2 * width, 2 * height));
    canvas.render(backend, SCALE, |backend, element| match element {
        Element::Line(line, stroke) => {
            dashes(line, stroke.dash).iter().try_for_each(|piece| draw_line(backend, piece, *stroke))
        }
        Element::Image(rect, image) => draw_image(backend, *rect, image),
        _ => Ok(()),
    })?;
    let average = |row: usize, k: usize| {
        let sum: u16 =
            [0, 3, 6 * w, 6 * w + 3].iter().map(|d| u16::from(pixels[12 * w * row + 6 * (k / 3) + k % 3 + d])).sum();
        (sum / 4) as u8
    };
    let averaged: Vec<u8> =
        (0..h).flat_map(|row| (0..3 * w).map(move |k| (row, k))).map(|(row, k)| average(row, k)).collect();
    png::encode(&averaged, (width, height))
}

/// plotters turns a wide path into one polygon, with holes where the path folds back and a width that depends on the
/// direction; so segment by segment, with a dot in each bend.
fn draw_line(backend: &mut BitMapBackend, line: &[Point], stroke: Stroke) -> Result<()> {
    for pair in line.windows(2) {
        draw_segment(backend, pair[0], pair[1], stroke)?;
    }
    let direction = |a: Point, b: Point| {
        let length = distance(a, b).max(1e-12);
        ((b.0 - a.0) / length, (b.1 - a.1) / length)
    };
    let steep = |(u, v): Point| v.abs() > u.abs();
    for bend in line.windows(3) {
        let (a, b) = (direction(bend[0], bend[1]), direction(bend[1], bend[2]));
        if a.0 * b.0 + a.1 * b.1 < 0.95 || steep(a) != steep(b) {
            let centre = ((bend[1].0 * SCALE).round() as i32, (bend[1].1 * SCALE).round() as i32);
            backend.draw_circle(centre, (stroke.width / 2.0 * SCALE).round() as u32, &stroke.color, true)?;
        }
    }
    Ok(())
}

/// A straight line in slices across it, one unit wide, whose ends are blended.
fn draw_segment(backend: &mut BitMapBackend, a: Point, b: Point, Stroke { color, width, .. }: Stroke) -> Result<()> {
    let steep = (b.1 - a.1).abs() > (b.0 - a.0).abs();
    // Along the line and across it.
    let turned = |(x, y): Point| if steep { (y * SCALE, x * SCALE) } else { (x * SCALE, y * SCALE) };
    let unit = |k: i32, l: i32| if steep { (l, k) } else { (k, l) };
    let (mut a, mut b) = (turned(a), turned(b));
    if a.0 >= b.0 {
        (a, b) = (b, a);
    }
    let slope = (b.1 - a.1) / (b.0 - a.0);
    let half = width * SCALE / 2.0 * slope.hypot(1.0);
    for k in a.0.round() as i32..b.0.round() as i32 {
        let centre = a.1 + slope * (f64::from(k) + 0.5 - a.0);
        let (low, high) = (centre - half, centre + half);
        let (first, last) = (low.ceil() as i32, high.floor() as i32);
        backend.draw_rect(unit(k, first), unit(k + 1, last), &color, true)?;
        backend.draw_pixel(unit(k, first - 1), color.mix(f64::from(first) - low))?;
        backend.draw_pixel(unit(k, last), color.mix(high - f64::from(last)))?;
    }
    Ok(())
}

/// Cell by cell.
fn draw_image(backend: &mut BitMapBackend, rect: Rect, image: &Image) -> Result<()> {
    let (columns, rows) = (image.columns as f64, image.rows() as f64);
    let corner = |i: usize, j: usize| {
        let (x, y) = rect.at((i as f64 / columns, 1.0 - j as f64 / rows));
        ((x * SCALE).round() as i32, (y * SCALE).round() as i32)
    };
    for (k, cell) in image.cells.iter().enumerate() {
        let (i, j) = (k % image.columns, k / image.columns);
        let color = BackendColor { alpha: 1.0, rgb: (cell[0], cell[1], cell[2]) };
        backend.draw_rect(corner(i, j), corner(i + 1, j + 1), &color, true)?;
    }
    Ok(())
}
