//! Where a model is worse than elsewhere, if the evidence has labels and predictions.

use clap::Parser;

use super::asking::{Asking, or_why};
use super::taken::{few, line, take};
use crate::command::slices::SlicesArgs;
use crate::command::{Answer, Ask, Cli, Command};
use crate::error::{Error, Kind, Result};
use crate::model::document::{Part, Section};

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

/// What a model of two classes does not find, else where it is wrong.
fn answer(asking: &Asking) -> Result<(Answer, &'static [&'static str])> {
    const RECALL: &[&str] = &["--metric", "recall"];
    match args(asking, RECALL)?.run(asking.session) {
        Err(error) if error.kind == Kind::Question => Ok((args(asking, &[])?.run(asking.session)?, &[])),
        answer => Ok((answer?, RECALL)),
    }
}

fn args(asking: &Asking, own: &[&str]) -> Result<SlicesArgs> {
    // Its defaults are said where it is.
    let parsed = Cli::try_parse_from(["rca", "slices"].iter().chain(own)).map(|cli| cli.command);
    let Ok(Command::Slices(mut args)) = parsed else { return Err(Error::internal("slices cannot be asked")) };
    args.common = asking.common.clone();
    Ok(args)
}
