//! A strip for each series, high and dark where most is missing.

use plotters::element::{PathElement, Rectangle};
use plotters::style::Color;

use super::svg::{Area, At, BAD, Done, INK, RULE, WIDTH, short, write};
use crate::model::document::Strips;

const STRIP: i32 = 26;
const LEFT: i32 = 288;
const TOP: i32 = 6;

pub fn height(strips: &Strips) -> i32 {
    TOP + STRIP * strips.strips.len() as i32 + 30
}

pub fn draw(area: &Area, strips: &Strips) -> Done {
    let right = WIDTH - 8;
    let bottom = TOP + STRIP * strips.strips.len() as i32;
    super::axis::draw(area, (strips.from, strips.to), (LEFT, right), (TOP, bottom))?;
    for (at, (name, shares)) in strips.strips.iter().enumerate() {
        let base = TOP + STRIP * (at as i32 + 1) - 3;
        write(area, &short(name, 38), &INK, At::Left, (LEFT - 8, base - STRIP / 2 + 4))?;
        area.draw(&PathElement::new(vec![(LEFT, base), (right, base)], RULE.stroke_width(1)))?;
        for (cell, share) in shares.iter().enumerate().filter(|(_, share)| **share > 0.0) {
            let x = |cell: usize| LEFT + (right - LEFT) * cell as i32 / shares.len() as i32;
            // So that a few are seen, too.
            let high = (f64::from(STRIP - 6) * share).round().max(2.0) as i32;
            let colour = BAD.mix(0.45 + 0.55 * (share * 10.0).round() / 10.0);
            area.draw(&Rectangle::new([(x(cell), base - high), (x(cell + 1), base)], colour.filled()))?;
        }
    }
    Ok(())
}
