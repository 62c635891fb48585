//! A lane for each source: above its line all events, below it errors and warnings.

use plotters::element::{PathElement, Rectangle};
use plotters::style::Color;

use super::svg::{Area, At, BAD, Done, INK, PLAIN, QUIET, RULE, WARN, WIDTH, short, write};
use crate::model::document::{Lane, Lanes};
use crate::render::lanes::tick;

const LANE: i32 = 62;
const ABOVE: i32 = 34;
const BELOW: i32 = 18;
const LEFT: i32 = 130;
/// Labels of times are so far apart at least.
const APART: i32 = 96;
/// So much room has one at the end.
const ROOM: i32 = 82;
const BREAKS_MAX: usize = 8;

pub fn height(lanes: &Lanes) -> i32 {
    LANE * lanes.lanes.len() as i32 + 30
}

pub fn draw(area: &Area, lanes: &Lanes) -> Done {
    let right = WIDTH - 8;
    let count = lanes.buckets.len().max(1) as i32;
    let x = |at: usize| LEFT + (right - LEFT) * at as i32 / count;
    let bottom = LANE * lanes.lanes.len() as i32;
    // Where most time is left out.
    let skipped = |at: usize| lanes.buckets[at].saturating_sub(lanes.buckets[at - 1]).saturating_sub(lanes.every);
    let mut breaks: Vec<usize> = (1..lanes.buckets.len()).filter(|at| skipped(*at) > 0).collect();
    breaks.sort_by_key(|at| (std::cmp::Reverse(skipped(*at)), *at));
    breaks.truncate(BREAKS_MAX);
    for at in &breaks {
        for y in (4..bottom).step_by(8) {
            area.draw(&PathElement::new(vec![(x(*at), y), (x(*at), y + 4)], RULE.stroke_width(1)))?;
        }
    }
    let span = lanes.buckets.last().unwrap_or(&0).saturating_sub(*lanes.buckets.first().unwrap_or(&0));
    // Named are the first, those behind what is left out, and others where there is room.
    let mut named: Vec<i32> = Vec::new();
    for at in std::iter::once(0).chain(breaks.iter().copied()).chain(1..lanes.buckets.len()) {
        let Some(time) = lanes.buckets.get(at) else { continue };
        let place = x(at);
        if place > right - ROOM || named.iter().any(|other| (place - other).abs() < APART) {
            continue;
        }
        named.push(place);
        area.draw(&PathElement::new(vec![(place, bottom), (place, bottom + 6)], QUIET.stroke_width(1)))?;
        write(area, &tick(*time, span), &QUIET, At::Right, (place + 3, bottom + 15))?;
    }
    for (at, lane) in lanes.lanes.iter().enumerate() {
        self::lane(area, lane, LANE * at as i32 + ABOVE + 4, x, right)?;
    }
    Ok(())
}

fn lane(area: &Area, lane: &Lane, base: i32, x: impl Fn(usize) -> i32, right: i32) -> Done {
    write(area, &short(&lane.name, 16), &INK, At::Left, (LEFT - 8, base - 4))?;
    let most = lane.counts.iter().map(|counts| counts.all).max().unwrap_or(0).max(1);
    let worst = lane.counts.iter().map(|counts| counts.errors + counts.warnings).max().unwrap_or(0).max(1);
    // Few among many are seen by their square roots.
    let high = |count: u64, most: u64, room: i32| match count {
        0 => 0,
        count => (f64::from(room) * (count as f64 / most as f64).sqrt()).round().max(2.0) as i32,
    };
    for (at, counts) in lane.counts.iter().enumerate().filter(|(_, counts)| counts.all > 0) {
        let (left, right) = (x(at), (x(at + 1) - 1).max(x(at) + 1));
        let up = high(counts.all, most, ABOVE);
        area.draw(&Rectangle::new([(left, base - up), (right, base)], PLAIN.filled()))?;
        let errors = high(counts.errors, worst, BELOW);
        let both = high(counts.errors + counts.warnings, worst, BELOW);
        if errors > 0 {
            area.draw(&Rectangle::new([(left, base), (right, base + errors)], BAD.filled()))?;
        }
        if counts.warnings > 0 {
            let from = base + errors.min(both - 2);
            area.draw(&Rectangle::new([(left, from), (right, base + both)], WARN.stroke_width(1)))?;
        }
    }
    area.draw(&PathElement::new(vec![(LEFT, base), (right, base)], QUIET.stroke_width(1)))
}
