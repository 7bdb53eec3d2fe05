//! Colours, dash patterns and markers.

use crate::geometry::Point;
pub(crate) use plotters::style::RGBAColor as Color;

pub(crate) const fn rgb(r: u8, g: u8, b: u8) -> Color {
    Color(r, g, b, 1.0)
}

pub(crate) const BLACK: Color = rgb(0, 0, 0);
pub(crate) const WHITE: Color = rgb(255, 255, 255);
pub(crate) const GRID: Color = rgb(232, 232, 232);
pub(crate) const SHADE: Color = rgb(238, 240, 244);
pub(crate) const LEGEND_FRAME: Color = rgb(190, 190, 190);

/// Okabe and Ito's colours, which colour-blind readers tell apart, without the yellow that is lost on white.
const COLORS: [Color; 7] = [
    rgb(0, 114, 178),
    rgb(213, 94, 0),
    rgb(0, 158, 115),
    rgb(204, 121, 167),
    rgb(0, 0, 0),
    rgb(86, 180, 233),
    rgb(230, 159, 0),
];

/// Lengths in pixels, drawn and left out in turn.
pub(crate) type Dash = &'static [f64];
pub(crate) const SOLID: Dash = &[];
pub(crate) const DASHED: Dash = &[11.0, 6.0];
pub(crate) const DOTTED: Dash = &[2.5, 4.5];
const DASHES: [Dash; 7] =
    [SOLID, DASHED, DOTTED, &[11.0, 4.0, 2.5, 4.0], &[20.0, 6.0], &[11.0, 4.0, 2.5, 4.0, 2.5, 4.0], &[6.0, 3.0]];

/// Corners of the markers around (0, 0), about as large as a circle of radius 1; the first is the circle itself.
pub(crate) const MARKERS: [&[Point]; 6] = [
    &[],
    &[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)],
    &[(0.0, -1.25), (1.15, 0.85), (-1.15, 0.85)],
    &[(0.0, -1.3), (1.3, 0.0), (0.0, 1.3), (-1.3, 0.0)],
    &[(0.0, 1.25), (1.15, -0.85), (-1.15, -0.85)],
    &[
        (-1.1, -0.4),
        (-0.4, -0.4),
        (-0.4, -1.1),
        (0.4, -1.1),
        (0.4, -0.4),
        (1.1, -0.4),
        (1.1, 0.4),
        (0.4, 0.4),
        (0.4, 1.1),
        (-0.4, 1.1),
        (-0.4, 0.4),
        (-1.1, 0.4),
    ],
];

/// How a line is drawn.
#[derive(Clone, Copy)]
pub(crate) struct Stroke {
    pub color: Color,
    pub width: f64,
    pub dash: Dash,
}

impl Stroke {
    /// For grid, frame and ticks.
    pub fn thin(color: Color) -> Self {
        Self { color, width: 1.0, dash: SOLID }
    }
}

/// The shape at a data point.
#[derive(Clone, Copy)]
pub(crate) struct Marker {
    pub color: Color,
    pub radius: f64,
    pub kind: usize,
}

/// How a series or a mark is drawn, in the panel and in the legend.
#[derive(Clone, Copy, Default)]
pub(crate) struct Style {
    pub fill: Option<Color>,
    pub stroke: Option<Stroke>,
    pub marker: Option<Marker>,
}

impl Style {
    /// The colour of line or marker.
    pub fn color(&self) -> Color {
        self.stroke.map(|stroke| stroke.color).or(self.marker.map(|marker| marker.color)).unwrap_or(BLACK)
    }
}

/// The `k`-th of the colours with the dash pattern that goes with it.
pub(crate) fn palette(k: usize) -> (Color, Dash) {
    // Shifted after the last colour, so that no pair of colour and dash pattern returns soon.
    (COLORS[k % COLORS.len()], DASHES[(k + k / COLORS.len()) % DASHES.len()])
}

/// The `k`-th reference line: grey, each with another dash pattern.
pub(crate) fn reference(k: usize) -> Style {
    let stroke = Stroke { color: rgb(95, 95, 95), width: 1.6, dash: DASHES[(k + 6) % DASHES.len()] };
    Style { stroke: Some(stroke), ..Style::default() }
}

/// A shaded interval.
pub(crate) fn shaded() -> Style {
    Style { fill: Some(SHADE), ..Style::default() }
}

/// The `k`-th of `count` contour lines, from dark to light.
pub(crate) fn contour(k: usize, count: usize) -> Stroke {
    let grey = 90 + (110 * k / count.max(2).saturating_sub(1)) as u8;
    Stroke { color: rgb(grey, grey, grey), width: 1.4, dash: SOLID }
}
