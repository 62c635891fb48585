//! Through which stages entities passed, and where they were lost.

use super::asking::{Asking, or_why};
use super::taken::{self, cut, take};
use crate::command::Ask;
use crate::command::trace::{self, TraceArgs};
use crate::error::Result;
use crate::model::coverage::grouped;
use crate::model::document::{Chart, Figure, Part, Section, Stage};
use crate::model::value::Value;

const STAGES_MAX: usize = 24;

/// # Errors
/// If the evidence cannot be read.
pub fn section(asking: &mut Asking) -> Result<Section> {
    Ok(Section { id: "stages", title: "Where entities were lost", parts: parts(asking)? })
}

fn parts(asking: &mut Asking) -> Result<Vec<Part>> {
    let args = TraceArgs { common: asking.common.clone(), ..TraceArgs::default() };
    let answer = match or_why(args.run(asking.session), "Stages were not followed")? {
        Ok(answer) => answer,
        Err(why) => return Ok(vec![why]),
    };
    let mut stages = Vec::new();
    let taken = take(asking.session, &answer, asking.limit, &mut |columns, row| {
        let of = |name: &str| columns.iter().position(|column| column == name).map_or(&Value::Null, |at| &row[at]);
        let count = |name: &str| of(name).int().unsigned_abs();
        let stage = cut(&of("stage").shown(), 60);
        stages.push(Stage { name: stage, entered: count("entered"), passed: count("passed"), lost: count("lost") });
    })?;
    let command = asking.command("trace", &[], None);
    let few = trace::few(asking.session)?;
    let is_whole = |stage: &&Stage| !few.contains(&stage.name);
    let lost: u64 = stages.iter().filter(is_whole).map(|stage| stage.lost).sum();
    asking.told.found += lost;
    // Of equal losses the first.
    let worst =
        stages.iter().rev().filter(is_whole).max_by_key(|stage| stage.lost).filter(|stage| stage.lost > 0).cloned();
    let entered = stages.first().map_or(0, |stage| stage.entered);
    let told = match &worst {
        Some(worst) => format!(
            "{} entities entered the first stage; most were lost at {}: {} of {}.",
            grouped(entered),
            worst.name,
            grouped(worst.lost),
            grouped(worst.entered)
        ),
        None if !few.is_empty() => {
            format!("{} entities entered the first stage; {} has but a few of them.", grouped(entered), few.join(", "))
        }
        None => format!("{} entities entered the first stage, and none was lost.", grouped(entered)),
    };
    asking.told.stage = worst;
    let mut notes = answer.notes;
    if stages.len() > STAGES_MAX {
        notes.push(format!("the chart has the first {STAGES_MAX} of {} stages", stages.len()));
        stages.truncate(STAGES_MAX);
    }
    let title = "Entities that entered each stage, and passed it".into();
    let mut parts = vec![Part::Text(told.clone())];
    if !stages.is_empty() {
        parts.push(Part::Figure(Figure { title, told, chart: Chart::Funnel(stages) }));
        parts.push(Part::Table(taken.table("Stages in order", &command)));
    }
    parts.push(Part::Notes(taken::few(notes)));
    parts.push(Asking::behind(&command, Some(args.shown(asking.session)?)));
    Ok(parts)
}
