//! Text with the embedded font: DejaVu Sans, cut down to Latin, Greek and mathematics (see `assets/subset.sh`).
//!
//! plotters' own text style puts a glyph where it has no bearing (letters crowd), and draws a missing glyph as nothing;
//! this one places glyphs by their outlines and draws an empty box.

use crate::style::BLACK;
use ab_glyph::{Font, FontRef, PxScale, point};
use plotters::style::Color;
use plotters_backend::text_anchor::{HPos, Pos, VPos};
use plotters_backend::{BackendColor, BackendCoord, BackendTextStyle, FontFamily, FontTransform};
use std::convert::Infallible;
use std::sync::LazyLock;

static FONT: LazyLock<FontRef<'static>> = LazyLock::new(|| {
    FontRef::try_from_slice(include_bytes!("../assets/DejaVuSans-subset.ttf")).expect("the embedded font is valid")
});

/// The characters of `text` that the embedded font lacks, each once; in a PNG they are empty boxes.
pub fn missing_glyphs(text: &str) -> Vec<char> {
    let mut missing: Vec<char> = text.chars().filter(|&c| FONT.glyph_id(c).0 == 0).collect();
    missing.sort_unstable();
    missing.dedup();
    missing
}

/// Pixels per em of tick labels, legend and notes; the others in relation to it.
pub(crate) const EM: f64 = 16.0;
pub(crate) const TITLE_EM: f64 = 19.0;
pub(crate) const LABEL_EM: f64 = 17.0;
pub(crate) const SMALL_EM: f64 = 14.0;

/// The width of `text` where an em is `em` wide.
pub(crate) fn width(text: &str, em: f64) -> f64 {
    let units: f32 = text.chars().map(|c| FONT.h_advance_unscaled(FONT.glyph_id(c))).sum();
    f64::from(units) * em / f64::from(FONT.units_per_em().unwrap_or(2048.0))
}

/// The size at which `text` is at most `width` wide: `em`, or less.
pub(crate) fn fit(text: &str, em: f64, width: f64) -> f64 {
    em * (width / self::width(text, em).max(1.0)).clamp(0.05, 1.0)
}

/// How a text is drawn: its baseline lies a quarter em below the given point, so that small letters are centred on it.
#[derive(Clone, Copy)]
pub(crate) struct TextStyle {
    /// Pixels per em.
    pub em: f64,
    pub anchor: HPos,
    /// Reads upwards.
    pub rotated: bool,
}

impl BackendTextStyle for TextStyle {
    type FontError = Infallible;

    fn color(&self) -> BackendColor {
        BLACK.to_backend_color()
    }

    /// plotters means ascent plus descent and takes 1.24 em for it.
    fn size(&self) -> f64 {
        self.em * 1.24
    }

    fn transform(&self) -> FontTransform {
        if self.rotated { FontTransform::Rotate270 } else { FontTransform::None }
    }

    fn anchor(&self) -> Pos {
        Pos::new(self.anchor, VPos::Center)
    }

    /// Verdana has the same widths.
    fn family(&self) -> FontFamily<'_> {
        FontFamily::Name("DejaVu Sans, Verdana, sans-serif")
    }

    fn layout_box(&self, text: &str) -> Result<(BackendCoord, BackendCoord), Infallible> {
        Ok(((0, 0), (width(text, self.em).round() as i32, 0)))
    }

    fn draw<E, F: FnMut(i32, i32, BackendColor) -> Result<(), E>>(
        &self,
        text: &str,
        (left, middle): BackendCoord,
        mut draw: F,
    ) -> Result<Result<(), E>, Infallible> {
        let em = self.em as f32;
        let scale = PxScale::from(em * FONT.height_unscaled() / FONT.units_per_em().unwrap_or(2048.0));
        let mut pen = point(left as f32, middle as f32 + 0.27 * em); // 0.5 ex, as in SVG
        for c in text.chars() {
            let id = FONT.glyph_id(c);
            if let Some(outline) = FONT.outline_glyph(id.with_scale_and_position(scale, pen)) {
                let (x0, y0) = (outline.px_bounds().min.x as i32, outline.px_bounds().min.y as i32);
                let mut result = Ok(());
                outline.draw(|x, y, coverage| {
                    if result.is_ok() && coverage > 0.0 {
                        result = draw(x0 + x as i32, y0 + y as i32, BLACK.mix(f64::from(coverage)).to_backend_color());
                    }
                });
                if result.is_err() {
                    return Ok(result);
                }
            }
            pen.x += FONT.h_advance_unscaled(id) * em / FONT.units_per_em().unwrap_or(2048.0);
        }
        Ok(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_font_holds_what_labels_use_and_says_what_it_lacks() {
        let signs = "−×·∇∂‖√Σ∑∈≤≥≈≠≡∝∞±←→↦½…–—ᵀ⁺⁻₊₋₀₁₂₃₄₅₆₇₈₉⁰¹²³⁴⁵⁶⁷⁸⁹ᵢⱼₖₜₙηθλμσξαβγδεφψωΔΛx̂x̄x̃ŷẋℝℓ";
        assert_eq!(missing_glyphs(signs), []);
        assert_eq!(missing_glyphs("loss 損失 失"), ['失', '損']);
    }

    #[test]
    fn width_grows_with_the_text_and_the_em() {
        assert!(width("mm", 16.0) > width("ml", 16.0));
        assert!((width("mm", 32.0) - 2.0 * width("mm", 16.0)).abs() < 1e-9);
    }
}
