//! Where a model is worse than elsewhere, if the evidence has labels and predictions.

use clap::Parser;

use super::asking::{Asking, or_why};
use super::taken::{few, line, take};
use crate::command::slices::SlicesArgs;
use crate::command::{Answer, Ask, Cli, Command};
use crate::error::{Error, Kind, Result};
use crate::model::document::{Part, Section};
use crate::model::value::Value;

/// # Errors
/// If the evidence cannot be read.
pub fn section(asking: &mut Asking) -> Result<Section> {
    Ok(Section { id: "slices", title: "Where the model is worse", parts: parts(asking)? })
}

fn parts(asking: &mut Asking) -> Result<Vec<Part>> {
    let (answer, own) = match or_why(answer(asking), "Slices of a model were not looked at")? {
        Ok(answer) => answer,
        Err(why) => return Ok(vec![why]),
    };
    // People read fewer columns than data has.
    let sql = answer.reading.as_ref().map_or_else(|| answer.sql.clone(), |reading| reading.sql.clone());
    let answer = Answer { sql, ..answer };
    let taken = take(asking.session, &answer, asking.limit, &mut |_, _| {})?;
    let command = asking.command("slices", own, None);
    let slices = answer.found.unwrap_or_default();
    asking.told.found += slices;
    let mut parts = Vec::new();
    if let Some(summary) = &answer.summary {
        parts.push(Part::Text(line(summary)));
        asking.told.sliced = (slices > 0).then(|| line(summary));
    }
    parts.push(Part::Table(taken.table("All rows, then slices that are worse, the worst first", &command)));
    parts.push(Part::Notes(few(answer.notes)));
    parts.push(Asking::behind(&command, None));
    Ok(parts)
}

/// A metric that slices are asked for, and the rows that it is made of.
struct Asked {
    arguments: &'static [&'static str],
    rows: &'static str,
}

/// Of a model of two classes, what it does not find.
const RECALL: Asked = Asked { arguments: &["--metric", "recall"], rows: "positive" };
/// What is asked of any model.
const USUAL: Asked = Asked { arguments: &[], rows: "rows" };

/// What a model of two classes does not find, unless it is wrong otherwise about far more rows of a slice: a recall is
/// perfect where everything is called positive.
fn answer(asking: &Asking) -> Result<(Answer, &'static [&'static str])> {
    const TIMES_MORE: f64 = 2.0;
    let usual = args(asking, USUAL.arguments)?.run(asking.session)?;
    let recall = match args(asking, RECALL.arguments)?.run(asking.session) {
        Err(error) if error.kind == Kind::Question => return Ok((usual, USUAL.arguments)),
        answer => answer?,
    };
    let (of_usual, of_recall) = (excess(asking, &usual, &USUAL)?, excess(asking, &recall, &RECALL)?);
    Ok(match of_usual > TIMES_MORE * of_recall {
        true => (usual, USUAL.arguments),
        false => (recall, RECALL.arguments),
    })
}

/// About how many rows of the worst slice are wrong that would not be if it were as the others are.
fn excess(asking: &Asking, answer: &Answer, asked: &Asked) -> Result<f64> {
    let kept = asking.session.engine.rows(&answer.sql)?;
    let place = |name: &str| kept.columns.iter().position(|column| column == name);
    let (Some(difference), Some(rows)) = (place("difference"), place(asked.rows)) else { return Ok(0.0) };
    let of = |row: &Vec<Value>| match &row[difference] {
        Value::Float(difference) => Some(difference.abs() * row[rows].int() as f64),
        _ => None,
    };
    Ok(kept.rows.iter().find_map(of).unwrap_or(0.0))
}

fn args(asking: &Asking, own: &[&str]) -> Result<SlicesArgs> {
    // Its defaults are said where it is.
    let parsed = Cli::try_parse_from(["rca", "slices"].iter().chain(own)).map(|cli| cli.command);
    let Ok(Command::Slices(mut args)) = parsed else { return Err(Error::internal("slices cannot be asked")) };
    args.common = asking.common.clone();
    Ok(args)
}
