//! Colours, dash patterns and markers.

use super::canvas::{DASHED, DOTTED, Dash, Marker, SOLID, Stroke};
use super::{Series, Shape};
use plotters_backend::BackendColor;

const fn rgb(r: u8, g: u8, b: u8) -> BackendColor {
    let rgb = (r, g, b);
    BackendColor { alpha: 1.0, rgb }
}

pub(super) const BLACK: BackendColor = rgb(0, 0, 0);
pub(super) const WHITE: BackendColor = rgb(255, 255, 255);
pub(super) const GRID: BackendColor = rgb(232, 232, 232);
pub(super) const SHADE: BackendColor = rgb(238, 240, 244);
pub(super) const LEGEND_FRAME: BackendColor = rgb(190, 190, 190);

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
const DASHES: [Dash; 7] =
    [SOLID, DASHED, DOTTED, &[11.0, 4.0, 2.5, 4.0], &[20.0, 6.0], &[11.0, 4.0, 2.5, 4.0, 2.5, 4.0], &[6.0, 3.0]];

/// How a series looks, in the panel and in the legend.
#[derive(Clone, Copy, Default)]
pub(super) struct Look {
    pub fill: Option<BackendColor>,
    pub stroke: Option<Stroke>,
    pub marker: Option<Marker>,
}

impl Look {
    pub fn filled(color: BackendColor) -> Self {
        let fill = Some(color);
        Self { fill, ..Self::default() }
    }

    /// The `k`-th reference line: grey, each with another dash pattern.
    pub fn reference(k: usize) -> Self {
        let dash = DASHES[(k + 6) % DASHES.len()];
        let stroke = Some(Stroke { color: rgb(95, 95, 95), width: 1.6, dash });
        Self { stroke, ..Self::default() }
    }

    /// The `k`-th of `count` contour lines, from dark to light.
    pub fn contour(k: usize, count: usize) -> Stroke {
        let grey = 90 + (110 * k / count.max(2).saturating_sub(1)) as u8;
        Stroke { color: rgb(grey, grey, grey), width: 1.4, dash: SOLID }
    }
}

/// The look of each series: its own style, or the next one.
pub(super) fn looks(series: &[Series]) -> Vec<Look> {
    let mut styles = 0..;
    let look = |series: &Series| {
        let k = series.style.or_else(|| styles.next()).unwrap_or(0);
        let color = COLORS[k % COLORS.len()];
        // Shifted after the last colour, so that no pair of colour and dash pattern returns soon.
        let dash = series.dash.unwrap_or(DASHES[(k + k / COLORS.len()) % DASHES.len()]);
        let stroke = |width| Stroke { color, width, dash };
        match &series.shape {
            Shape::Band { .. } => Look { fill: Some(color.mix(0.2)), stroke: Some(stroke(1.0)), marker: None },
            Shape::Points { xs, line, markers, .. } => {
                let radius = if xs.len() > 200 { 3.0 } else { 5.0 };
                Look {
                    fill: None,
                    stroke: line.then_some(stroke(if series.thin { 1.2 } else { 2.4 })),
                    marker: markers.then_some(Marker { color, radius, kind: k }),
                }
            }
        }
    };
    series.iter().map(look).collect()
}
