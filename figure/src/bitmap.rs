//! The drawing as pixels.

use crate::canvas::{Canvas, Element, Image};
use crate::geometry::{Point, Rect, distance, mix, scaled};
use crate::png;
use crate::style::{Stroke, rgb};
use anyhow::Result;
use plotters::prelude::{BitMapBackend, Color, DrawingBackend};

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
    let mut averaged = vec![0; 3 * w * h];
    for (line, rows) in averaged.chunks_exact_mut(3 * w).zip(pixels.chunks_exact(2 * 6 * w)) {
        let (upper, lower) = rows.split_at(6 * w);
        let pairs = upper.chunks_exact(6).zip(lower.chunks_exact(6));
        for (pixel, (a, b)) in line.chunks_exact_mut(3).zip(pairs) {
            for c in 0..3 {
                let sum = u16::from(a[c]) + u16::from(a[c + 3]) + u16::from(b[c]) + u16::from(b[c + 3]);
                pixel[c] = (sum / 4) as u8;
            }
        }
    }
    png::encode(&averaged, (width, height))
}

/// Cuts a line into its dashes: `pattern` has the lengths that are drawn and left out in turn.
fn dashes(line: &[Point], pattern: &[f64]) -> Vec<Vec<Point>> {
    if pattern.is_empty() || line.is_empty() {
        return vec![line.to_vec()];
    }
    let (mut drawn, mut piece) = (Vec::new(), vec![line[0]]);
    let (mut k, mut left) = (0, pattern[0]);
    for pair in line.windows(2) {
        let (length, mut done) = (distance(pair[0], pair[1]), 0.0);
        while length - done > left {
            done += left;
            let cut = mix(pair[0], pair[1], done / length);
            piece.push(cut);
            drawn.extend((k % 2 == 0).then_some(piece));
            piece = vec![cut];
            k += 1;
            left = pattern[k % pattern.len()];
        }
        left -= length - done;
        piece.push(pair[1]);
    }
    drawn.extend((k % 2 == 0 && piece.len() > 1).then_some(piece));
    drawn
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
            backend.draw_circle(
                scaled(bend[1], SCALE),
                (stroke.width / 2.0 * SCALE).round() as u32,
                &stroke.color,
                true,
            )?;
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
        backend.draw_pixel(unit(k, first - 1), color.mix(f64::from(first) - low).to_backend_color())?;
        backend.draw_pixel(unit(k, last), color.mix(high - f64::from(last)).to_backend_color())?;
    }
    Ok(())
}

/// Cell by cell.
fn draw_image(backend: &mut BitMapBackend, rect: Rect, image: &Image) -> Result<()> {
    let (columns, rows) = (image.columns as f64, image.rows() as f64);
    let corner = |i: usize, j: usize| scaled(rect.at((i as f64 / columns, 1.0 - j as f64 / rows)), SCALE);
    for (k, cell) in image.cells.iter().enumerate() {
        let (i, j) = (k % image.columns, k / image.columns);
        backend.draw_rect(corner(i, j), corner(i + 1, j + 1), &rgb(cell[0], cell[1], cell[2]), true)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_follow_the_length_of_the_line() {
        let pieces = dashes(&[(0.0, 0.0), (3.0, 0.0), (3.0, 9.0)], &[4.0, 2.0]);
        assert_eq!(pieces, [vec![(0.0, 0.0), (3.0, 0.0), (3.0, 1.0)], vec![(3.0, 3.0), (3.0, 7.0)]]);
    }
}
