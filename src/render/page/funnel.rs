//! A bar for each stage: filled as far as entities passed it, with a frame as long as those that entered.

use plotters::element::Rectangle;
use plotters::style::Color;

use super::svg::{Area, At, BAD, Done, INK, PLAIN, QUIET, WIDTH, short, write};
use crate::model::coverage::grouped;
use crate::model::document::Stage;
use crate::model::figure::percent;

const STAGE: i32 = 44;
const LEFT: i32 = 170;
const RIGHT: i32 = 250;

pub fn height(stages: &[Stage]) -> i32 {
    STAGE * stages.len() as i32 + 6
}

pub fn draw(area: &Area, stages: &[Stage]) -> Done {
    let most = stages.iter().map(|stage| stage.entered.max(stage.passed)).max().unwrap_or(0).max(1);
    let long = |count: u64| (f64::from(WIDTH - LEFT - RIGHT) * count as f64 / most as f64).round() as i32;
    for (at, stage) in stages.iter().enumerate() {
        let (top, bottom) = (STAGE * at as i32 + 8, STAGE * (at as i32 + 1) - 6);
        let middle = (top + bottom) / 2;
        write(area, &short(&stage.name, 24), &INK, At::Left, (LEFT - 8, middle))?;
        let (passed, entered) = (LEFT + long(stage.passed), LEFT + long(stage.entered));
        area.draw(&Rectangle::new([(LEFT, top), (passed, bottom)], PLAIN.filled()))?;
        if stage.lost > 0 {
            // A few of many are seen, too.
            let begin = passed.min(entered - 2);
            area.draw(&Rectangle::new([(begin, top), (entered, bottom)], BAD.filled()))?;
        }
        area.draw(&Rectangle::new([(LEFT, top), (entered, bottom)], QUIET.stroke_width(1)))?;
        let share = percent(if stage.entered == 0 { 0.0 } else { stage.lost as f64 / stage.entered as f64 });
        let (text, colour) = match stage.lost {
            0 => (format!("{} passed, none lost", grouped(stage.passed)), INK),
            lost => (format!("{} passed, {} lost ({share})", grouped(stage.passed), grouped(lost)), BAD),
        };
        write(area, &text, &colour, At::Right, (entered + 8, middle))?;
    }
    Ok(())
}
