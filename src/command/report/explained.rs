//! What explains the bad rows, if anybody said which these are.

use clap::Parser;

use super::asking::Asking;
use super::taken::{few, line, take};
use crate::command::{Ask, Cli, Command};
use crate::error::{Error, Result};
use crate::model::document::{Part, Section};

/// # Errors
/// If --bad cannot be asked of the evidence, or this cannot be read.
pub fn section(asking: &mut Asking) -> Result<Section> {
    Ok(Section { id: "explained", title: "What explains the bad rows", parts: parts(asking)? })
}

fn parts(asking: &mut Asking) -> Result<Vec<Part>> {
    let Some(bad) = asking.bad() else {
        return Ok(vec![Part::Text(
            "Nobody said which rows are bad, so what explains them was not asked: rca report --bad SQL says it, or [report] bad in rca.toml.".into(),
        )]);
    };
    let mut own = vec!["--bad".to_string(), bad.condition.clone()];
    own.extend(bad.table.iter().flat_map(|table| ["--table".to_string(), table.clone()]));
    // Its defaults are said where it is.
    let words = ["rca".to_string(), "explain".to_string()].into_iter().chain([format!("--bad={}", bad.condition)]);
    let parsed = Cli::try_parse_from(words).map(|cli| cli.command);
    let Ok(Command::Explain(mut args)) = parsed else { return Err(Error::internal("explain takes no --bad")) };
    args.table = bad.table;
    args.common = asking.common.clone();
    args.common.evidence.condition = bad.judged.clone();
    let answer = args.run(asking.session)?;
    let taken = take(asking.session, &answer, asking.limit, &mut |_, _| {})?;
    let own: Vec<&str> = own.iter().map(String::as_str).collect();
    let command = asking.command("explain", &own, bad.judged.as_deref());
    asking.told.found += taken.count;
    let judged = bad.judged.map_or_else(String::new, |judged| format!(", of those for which {judged} holds"));
    let mut parts = vec![Part::Text(line(&format!("Bad are the rows for which {} holds{judged}.", bad.condition)))];
    if let Some(summary) = &answer.summary {
        parts.push(Part::Text(line(summary)));
        asking.told.explained = Some(line(summary));
    }
    if taken.count > 0 {
        parts.push(Part::Table(taken.table("Explanations beyond chance, the best first", &command)));
    }
    parts.push(Part::Notes(few(answer.notes)));
    parts.push(Asking::behind(&command, None));
    Ok(parts)
}
