//! Figures up to what may differ between machines.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use quick_xml::{Reader, events::Event};

use super::comparison::{same_text, shape};

/// Texts agree as [`same_text`] has it; of the cells that one figure's lines and markers pass through, colour by colour, all but one in
/// a hundred are cells of the other figure or next to them. (A dashed line is many short ones, so the last bits of its
/// data change where they begin, and how many there are.)
pub(super) fn same_figure(a: &str, b: &str) -> bool {
    let (Ok(a), Ok(b)) = (Drawing::read(a), Drawing::read(b)) else {
        return false;
    };
    let texts = a.texts.len() == b.texts.len() && a.texts.iter().zip(&b.texts).all(|(a, b)| same_text(a, b));
    texts && a.covers(&b) && b.covers(&a)
}

/// Of a figure whose data hang on the processor: the same size and words, and lines and markers of the same colours.
pub(super) fn same_kind(a: &str, b: &str) -> bool {
    let kind = |svg: &str| {
        let drawing = Drawing::read(svg).ok()?;
        let words =
            drawing.texts.into_iter().map(|text| shape(&text)).filter(|text| text.contains(char::is_alphabetic));
        let drawn = drawing.cells.into_iter().filter(|(_, cells)| !cells.is_empty()).map(|(colour, _)| colour);
        Some((words.collect::<Vec<_>>(), drawn.collect::<Vec<_>>())).filter(|(_, drawn)| !drawn.is_empty())
    };
    kind(a).is_some_and(|a| Some(a) == kind(b))
}

/// An SVG without what may differ between machines.
#[derive(Default)]
struct Drawing {
    texts: Vec<String>,
    cells: BTreeMap<String, BTreeSet<(i32, i32)>>,
}

impl Drawing {
    /// Width of a cell: 8 pixels, in the tenths of a pixel of our SVGs.
    const CELL: f64 = 80.0;

    fn read(svg: &str) -> Result<Self> {
        let mut drawing = Self::default();
        let mut reader = Reader::from_str(svg);
        loop {
            match reader.read_event()? {
                Event::Start(element) | Event::Empty(element) => {
                    let mut attributes = BTreeMap::new();
                    for attribute in element.attributes() {
                        let attribute = attribute?;
                        let name = attribute.key.as_ref().to_owned();
                        attributes.insert(name, attribute.value.into_owned());
                    }
                    drawing.add(element.name().as_ref(), &attributes)?;
                }
                Event::Text(text) if !text.trim().is_empty() => {
                    drawing.texts.push(text.trim().to_owned());
                }
                Event::GeneralRef(entity) => drawing.texts.push(entity.to_string()),
                Event::Eof => return Ok(drawing),
                _ => {}
            }
        }
    }

    fn add(&mut self, element: &str, attributes: &BTreeMap<String, String>) -> Result<()> {
        let text = |name: &str| attributes.get(name).map_or("", String::as_str);
        let numbers = |list: &str| {
            let numbers = list.split([',', ' ']).filter(|number| !number.is_empty());
            numbers.map(|number| Ok(number.parse()?)).collect::<Result<Vec<f64>>>()
        };
        if element == "svg" {
            self.texts.push(text("viewBox").to_owned());
        }
        let points = match element {
            "line" => format!("{},{},{},{}", text("x1"), text("y1"), text("x2"), text("y2")),
            "circle" => format!("{},{}", text("cx"), text("cy")),
            "rect" => format!("{},{}", text("x"), text("y")),
            _ => text("points").to_owned(),
        };
        let points = numbers(&points)?;
        let colour = format!("{element} {} {} {}", text("stroke"), text("fill"), text("stroke-dasharray"));
        let cells = self.cells.entry(colour).or_default();
        let points: Vec<(f64, f64)> = points.chunks_exact(2).map(|p| (p[0], p[1])).collect();
        let ends = points.iter().skip(1).chain(points.last());
        for (&(x, y), &(to_x, to_y)) in points.iter().zip(ends) {
            let steps = (2.0 * (to_x - x).abs().max((to_y - y).abs()) / Self::CELL).ceil();
            for step in 0..=steps as usize {
                let part = if steps > 0.0 { step as f64 / steps } else { 0.0 };
                let cell = |from: f64, to: f64| ((from + part * (to - from)) / Self::CELL).floor() as i32;
                cells.insert((cell(x, to_x), cell(y, to_y)));
            }
        }
        Ok(())
    }

    fn covers(&self, other: &Self) -> bool {
        other.cells.iter().all(|(colour, cells)| {
            let near = |&&(x, y): &&(i32, i32)| {
                let own = self.cells.get(colour);
                (-1..=1).any(|i| (-1..=1).any(|j| own.is_some_and(|own| own.contains(&(x + i, y + j)))))
            };
            100 * cells.iter().filter(near).count() >= 99 * cells.len()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_figure_is_seen() {
        let line = |colour: &str, points: &str| format!(r##"<polyline stroke="{colour}" points="{points}"/>"##);
        let svg = |body: &str, label: &str| format!(r#"<svg viewBox="0 0 9 9">{body}<text x="5">{label}</text></svg>"#);
        let solid = svg(&line("#0072B2", "0,0 5000,5000"), "0.1");
        let same = [
            svg(&line("#0072B2", "0,0 2500,2510 5000,5000"), "0.1"),
            svg(&(line("#0072B2", "0,0 2400,2400") + &line("#0072B2", "2460,2460 5000,5000")), "0.1"),
        ];
        assert!(same.iter().all(|other| same_figure(&solid, other) && same_figure(other, &solid)));
        let other = [
            svg(&line("#0072B2", "0,0 5000,5000"), "0.2"),
            svg(&line("#0072B3", "0,0 5000,5000"), "0.1"),
            svg(&line("#0072B2", "0,0 5000,5400"), "0.1"),
            svg(&line("#0072B2", "0,0 2400,2400"), "0.1"),
            svg(&(line("#0072B2", "0,0 5000,5000") + &line("#0072B2", "0,5000 5000,0")), "0.1"),
            svg("", "0.1"),
            String::new(),
        ];
        for other in other {
            assert!(!same_figure(&solid, &other), "{other}");
        }
    }

    #[test]
    fn a_chaotic_figure_has_its_words_and_colours() {
        let line = |colour: &str, points: &str| format!(r##"<polyline stroke="{colour}" points="{points}"/>"##);
        let svg = |body: &str, label: &str| format!(r#"<svg viewBox="0 0 9 9">{body}<text>{label}</text></svg>"#);
        let a = svg(&line("#0072B2", "0,0 5000,5000"), "η = 0.1");
        assert!(same_kind(&a, &svg(&line("#0072B2", "0,0 5000,90"), "η = 0.25")));
        assert!(!same_kind(&a, &svg(&line("#0072B3", "0,0 5000,5000"), "η = 0.1")));
        assert!(!same_kind(&a, &svg(&line("#0072B2", "0,0 5000,5000"), "θ = 0.1")));
        assert!(!same_kind(&a, "") && !same_kind("", ""));
    }
}
