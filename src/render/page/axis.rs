//! A line of time below a chart.

use plotters::element::PathElement;
use plotters::style::Color;

use super::svg::{Area, At, Done, QUIET, RULE, write};
use crate::render::lanes::{Scale, tick};

/// Draws times from `from` to `to`, in UTC microseconds, between two places of the chart.
pub fn draw(area: &Area, (from, to): (i64, i64), (left, right): (i32, i32), (top, bottom): (i32, i32)) -> Done {
    let scale = Scale::even(from, to);
    let mut free = left;
    for at in scale.ticks() {
        let x = left + (f64::from(right - left) * scale.place(at) / 100.0).round() as i32;
        let label = tick(at, to.saturating_sub(from));
        let end = x + 14 + 7 * label.trim().len() as i32;
        if x < free || end > right + 14 {
            continue;
        }
        free = end;
        area.draw(&PathElement::new(vec![(x, top), (x, bottom + 5)], RULE.stroke_width(1)))?;
        write(area, &label, &QUIET, At::Right, (x + 3, bottom + 14))?;
    }
    area.draw(&PathElement::new(vec![(left, bottom), (right, bottom)], RULE.stroke_width(1)))
}
