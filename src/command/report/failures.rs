//! What the error codes say, how few of them make most errors, and whether they can be trusted.

use super::asking::{Asking, SQL_MAX, or_why};
use super::sentences::{Errors, Fault};
use super::taken::{cut, few, take, weight};
use crate::command::Ask;
use crate::command::errors::ErrorsArgs;
use crate::error::Result;
use crate::model::coverage::grouped;
use crate::model::document::{Chart, Figure, Pareto, Part, Section};
use crate::model::figure::plural;
use crate::model::value::Value;

/// Bars of the chart.
const BARS_MAX: usize = 12;

/// # Errors
/// If the evidence cannot be read.
pub fn section(asking: &mut Asking) -> Result<Section> {
    let mut parts = codes(asking)?;
    if asking.told.errors.is_some() {
        let (audited, sql) = audit(asking)?;
        // The audit tells how errors are counted by code, too.
        if let Some(Part::Behind(behind)) = parts.last_mut() {
            behind.sql = sql;
        }
        parts.push(Part::Heading("Whether the codes can be trusted"));
        parts.extend(audited);
    }
    Ok(Section { id: "errors", title: "What the error codes say", parts })
}

fn codes(asking: &mut Asking) -> Result<Vec<Part>> {
    let args = ErrorsArgs { common: asking.common.clone(), ..ErrorsArgs::default() };
    let answer = match or_why(args.run(asking.session), "Error codes were not asked for")? {
        Ok(answer) => answer,
        Err(why) => return Ok(vec![why]),
    };
    let mut errors = Errors::default();
    let mut bars = Vec::new();
    let mut has_uncoded = false;
    let taken = take(asking.session, &answer, asking.limit, &mut |columns, row| {
        let of = |name: &str| columns.iter().position(|column| column == name).map_or(&Value::Null, |at| &row[at]);
        let count = of("count").int().unsigned_abs();
        let (code, description) = (of("code"), of("description").shown());
        has_uncoded |= code.is_null();
        if bars.len() < BARS_MAX {
            bars.push((cut(&if code.is_null() { description.clone() } else { code.shown() }, 60), count));
        }
        if errors.kinds == 0 {
            let code = if code.is_null() { None } else { Some(cut(&code.shown(), 60)) };
            errors.first = (code, cut(&description, 120), count);
        }
        errors.kinds += 1;
        errors.total += count;
    })?;
    let command = asking.command("errors", &[], None);
    asking.told.found += taken.count;
    let mut parts = Vec::new();
    if errors.total == 0 {
        parts.push(Part::Text("No row of the evidence is an error.".into()));
    } else {
        let figure = figure(&errors, bars);
        parts.push(Part::Text(figure.told.clone()));
        parts.push(Part::Figure(figure));
        parts.push(Part::Table(taken.table("Errors by code, or by what is said where there is none", &command)));
    }
    asking.told.errors = Some(errors);
    let mut notes = answer.notes;
    if has_uncoded {
        notes.push("the SQL counts all errors without a code together".into());
    }
    parts.push(Part::Notes(few(notes)));
    parts.push(Asking::behind(&command, None));
    Ok(parts)
}

fn figure(errors: &Errors, bars: Vec<(String, u64)>) -> Figure {
    let (mut sum, mut most) = (0, 0);
    for (_, count) in &bars {
        // How many make 80 %.
        most += u64::from(sum * 5 < errors.total * 4);
        sum += count;
    }
    let shown =
        if (bars.len() as u64) < errors.kinds { format!(", the first {} drawn", bars.len()) } else { "".into() };
    let few = if sum * 5 >= errors.total * 4 { format!("; {most} of them make 80 %") } else { String::new() };
    let told = format!("{} of {}{shown}{few}.", plural(errors.total, "error"), plural(errors.kinds, "kind"));
    let title = "Errors by code, the most frequent first, and their share together".into();
    Figure { title, told, chart: Chart::Pareto(Pareto { bars, total: errors.total }) }
}

/// What is wrong with the codes, and the SQL that counts errors by code.
fn audit(asking: &mut Asking) -> Result<(Vec<Part>, Option<String>)> {
    let args = ErrorsArgs { audit: true, common: asking.common.clone(), ..ErrorsArgs::default() };
    let audited = match or_why(args.audited(asking.session), "The codes were not examined")? {
        Ok(audited) => audited,
        Err(why) => return Ok((vec![why], None)),
    };
    let answer = audited.answer(asking.session)?;
    let taken = take(asking.session, &answer, asking.limit, &mut |_, _| {})?;
    let command = asking.command("errors", &["--audit"], None);
    asking.told.found += taken.count;
    asking.told.faults = taken.count;
    asking.told.is_uncoded = audited.is_uncoded;
    asking.told.fault = audited.faults.first().map(|worst| Fault {
        fault: worst.fault,
        code: worst.code.as_ref().map(|code| cut(code, 60)),
        count: worst.count.unsigned_abs(),
        share: worst.share,
        templates: worst.templates,
    });
    let mut parts = Vec::new();
    let missing = match (audited.has_codebook, audited.has_labels) {
        (true, true) => "",
        (true, false) => " No table of labels is known, so failures without a label are not looked for.",
        (false, true) => " No codebook is known, so codes that it lacks are not looked for.",
        (false, false) => {
            " Neither a codebook nor a table of labels is known, so codes and labels that they lack are not looked for."
        }
    };
    let said = answer.summary.map_or_else(String::new, |summary| cut(&summary, 900));
    parts
        .push(Part::Text(format!("{} errors were looked at. {said}{missing}", grouped(audited.errors.unsigned_abs()))));
    if taken.count > 0 {
        parts.push(Part::Table(taken.table("Faults of the classification, the worst first", &command)));
    }
    parts.push(Part::Notes(few(answer.notes)));
    parts.push(Asking::behind(&command, None));
    Ok((parts, Some(audited.sql).filter(|sql| weight(sql) <= SQL_MAX)))
}
