//! `--by`: errors by code and further columns, which stand in the table of the errors or in another one that knows the
//! same entities.

use super::Answer;
use super::question::Question;
use crate::engine::quote::{self, fill};
use crate::error::{Error, Result};
use crate::model::column::{Column, Kind};
use crate::model::name;
use crate::session::{Table, entity_text};

/// A column to break down by.
struct By<'a> {
    /// As it is called in the answer.
    name: String,
    /// The one table that has it, if the user says so or only one has.
    of: Option<&'a Table>,
}

pub fn run(mut question: Question, wanted: &[String]) -> Result<Answer> {
    let by: Vec<By> = wanted.iter().map(|text| by(&question, text)).collect::<Result<_>>()?;
    for at in 0..by.len() {
        if by[..at].iter().any(|other| other.name == by[at].name) {
            return Err(Error::question(format!("--by names the column `{}` twice", by[at].name)));
        }
    }
    let mut selects = Vec::new();
    let mut left_out = Vec::new();
    for (at, place) in question.places.iter().enumerate() {
        match counted(&question, at, &by)? {
            Some(select) => selects.push(select),
            None => left_out.push(place.table.name.clone()),
        }
    }
    if selects.is_empty() {
        return Err(Error::question(format!("no table with errors has the columns `{}`", wanted.join("`, `")))
            .detail("a column of another table can be asked for if both have a column of the same entity"));
    }
    if !left_out.is_empty() {
        question.notes.push(format!("left out, without the columns of --by: {}", name::listed(&left_out)));
    }
    let list: String = (0..by.len()).map(|number| format!("by_{number}, ")).collect();
    let named: String = by
        .iter()
        .enumerate()
        .map(|(number, by)| format!("by_{number} AS {}, ", quote::name(&header(&by.name))))
        .collect();
    let sql = fill(
        include_str!("by.sql"),
        &[
            ("counted", &selects.join(" UNION ALL ")),
            ("by", &list),
            ("named", &named),
            ("order", list.trim_end_matches(", ")),
        ],
    );
    Ok(Answer { notes: question.notes, ..Answer::of(sql) })
}

/// A column that is called as one of the answer's own is told from it.
fn header(name: &str) -> String {
    let is_taken = ["code", "count", "share", "first", "last"].iter().any(|own| name.eq_ignore_ascii_case(own));
    if is_taken { format!("by_{name}") } else { name.to_string() }
}

/// The column that a name means: `station`, `mes.materials.lot`.
fn by<'a>(question: &Question<'a>, text: &str) -> Result<By<'a>> {
    let session = question.session;
    if let Ok((table, column)) = session.table_column(text) {
        return Ok(By { name: column, of: Some(table) });
    }
    let own = question.places.iter().find_map(|place| place.table.column(text));
    if let Some(column) = own {
        return Ok(By { name: column.name.clone(), of: None });
    }
    let others: Vec<&Table> = session
        .tables
        .iter()
        .filter(|table| table.column(text).is_some() && !session.entity_columns(table).is_empty())
        .collect();
    match others.as_slice() {
        [table] => {
            let name = table.column(text).map_or_else(|| text.to_string(), |column| column.name.clone());
            Ok(By { name, of: Some(table) })
        }
        [] => {
            let names: Vec<&str> = session
                .tables
                .iter()
                .flat_map(|table| table.own_columns())
                .map(|column| column.name.as_str())
                .collect();
            let near = name::nearest(text, names);
            let error = Error::question(format!("no table with errors has the columns `{text}`"));
            let holders: Vec<String> = session
                .tables
                .iter()
                .filter(|table| table.column(text).is_some())
                .map(|table| table.name.clone())
                .collect();
            if !holders.is_empty() {
                return Err(Error::question(format!("no table with errors has the column `{text}`")).detail(format!(
                    "{} has it, and no column of an entity by which it could be joined",
                    name::listed(&holders)
                )));
            }
            Err(match near.is_empty() {
                true => error.hint("`rca schema` lists all columns"),
                false => error.hint(format!("did you mean {}", name::listed(&near))),
            })
        }
        several => {
            let names: Vec<String> = several.iter().map(|table| format!("{}.{text}", table.name)).collect();
            Err(Error::question(format!("several tables have a column `{text}`"))
                .hint(format!("say which: {}", name::listed(&names))))
        }
    }
}

/// `code, BY…, n, first, last` of a place; `None` if it has no such columns and cannot be joined to them. Rows are
/// counted by what they say before it is looked at, so that little is computed for each row.
fn counted(question: &Question, at: usize, by: &[By]) -> Result<Option<String>> {
    let place = &question.places[at];
    let mut own = Vec::new();
    let mut joins = String::new();
    let mut names = String::new();
    for (number, by) in by.iter().enumerate() {
        let column = format!("by_{number}");
        let mine = place.table.column(&by.name).filter(|_| by.of.is_none_or(|of| of.name == place.table.name));
        if let Some(mine) = mine {
            let own_name = format!("own_{number}");
            names.push_str(&format!("rows_of_place.{own_name} AS {column}, "));
            own.push((shown(mine), own_name));
        } else {
            let map = by.of.and_then(|other| map(question, place.table, other, &by.name));
            let Some(map) = map else { return Ok(None) };
            joins
                .push_str(&format!(" LEFT JOIN ({map}) map_{number} ON map_{number}.key = {}", "rows_of_place.entity"));
            names.push_str(&format!("map_{number}.value AS {column}, "));
        }
    }
    let roles = &place.table.roles;
    // A log's code may be told by its message, which then counts as a part of it.
    let code = place.code_sql("raw_code", "text");
    let (code, judged) = if place.table.kind == "log" { (code.as_str(), "code") } else { ("raw_code", "") };
    let rows = question.rows_of(place, question.window, &own);
    let list: String = (0..by.len()).map(|number| format!("by_{number}, ")).collect();
    let alike = format!(
        "SELECT {code} AS raw_code, raw_result, raw_level, {names} count(*) AS n, min(ts) AS first, max(ts) AS last \
         FROM (SELECT * FROM ({rows}) WHERE NOT ({})) rows_of_place{joins} GROUP BY ALL",
        place.harmless,
    );
    // Kept, since the engine would ask of every row what is asked of these.
    let kept = format!("rca_alike_{at}");
    question.session.engine.keep_found(&kept, &alike)?;
    let said = if judged.is_empty() { place.code_sql("raw_code", "NULL") } else { "raw_code".into() };
    let level_said = if place.table.kind == "log" { "raw_level" } else { "rca_level(raw_level)" };
    let is_error = match place.is_all_errors() {
        true => "true".into(),
        false => question.is_error(
            roles.result.as_ref().map(|_| "failed"),
            roles.level.as_ref().map(|_| "level"),
            place.raw.as_ref().map(|_| "code"),
        ),
    };
    Ok(Some(format!(
        "SELECT code, {list} n, first, last FROM (SELECT *, {said} AS code, rca_failed(raw_result) AS failed, {level_said} AS level FROM {kept}) WHERE {is_error}"
    )))
}

/// `key, value` of a column of another table by the entity that both have: an entity with several values has them all,
/// so that no error is counted twice.
fn map(question: &Question, mine: &Table, other: &Table, column: &str) -> Option<String> {
    let session = question.session;
    let things: Vec<String> =
        session.entity_columns(mine).iter().filter_map(|column| session.thing(mine, column)).collect();
    let entity = other
        .own_columns()
        .find(|column| session.thing(other, &column.name).is_some_and(|thing| things.contains(&thing)))?;
    let value = other.column(column)?;
    Some(format!(
        "SELECT key, CASE WHEN count(DISTINCT value) < 2 THEN min(value) ELSE string_agg(DISTINCT value, ' + ' ORDER BY value) END AS value \
         FROM (SELECT {} AS key, {} AS value FROM {} WHERE {} IS NOT NULL) GROUP BY 1",
        entity_text(entity),
        shown(value),
        other.sql(),
        quote::name(&entity.name),
    ))
}

fn shown(column: &Column) -> String {
    let name = quote::name(&column.name);
    if column.kind == Kind::Time { format!("rca_rfc3339({name})") } else { format!("{name}::VARCHAR") }
}
