//! One hop further: ids that occur together with the entity (a test id of that serial, a request id in its log lines)
//! are followed too, unless they are shared with others of its kind.

use std::collections::{BTreeMap, BTreeSet};

use super::ids::{self, DIVIDER};
use crate::engine::quote;
use crate::error::Result;
use crate::model::column::Kind;
use crate::model::coverage::grouped;
use crate::model::value::Value;
use crate::session::{Id, Session, Table, Wanted};

/// More ids are not followed.
const IDS_MAX: usize = 200;
/// An id that more rows have is not one of this entity alone.
const ROWS_MAX: i64 = 10_000;

/// The events of the entities and of the ids that occur with them, and what to say of these.
///
/// # Errors
/// If the evidence cannot be read.
pub fn events(session: &Session, tables: &[&Table], wanted: &Wanted) -> Result<(String, Vec<String>)> {
    let own = |table: &&&Table| table.roles.time.is_some();
    let direct: Vec<String> = tables
        .iter()
        .filter(own)
        .map(|table| session.rows_of(table, wanted, &[(ids_sql(session, table), "ids".into())]))
        .collect();
    if direct.is_empty() {
        return Ok((session.events(tables, wanted), Vec::new()));
    }
    session.engine.keep_found("rca_direct", &direct.join(" UNION ALL "))?;
    let (found, things) = candidates(session, wanted)?;
    let mut notes = Vec::new();
    if found.len() > IDS_MAX {
        notes.push(format!(
            "{} ids occur together with it; {IDS_MAX} of them are followed",
            grouped(found.len() as u64)
        ));
    }
    let followed: BTreeMap<Id, String> = found.into_iter().take(IDS_MAX).collect();
    if followed.is_empty() {
        notes.push("no other ids occur together with it".into());
        return Ok(("SELECT * EXCLUDE (ids) FROM rca_direct".into(), notes));
    }
    let among: Vec<&str> = wanted
        .entities
        .iter()
        .map(|entity| entity.value.as_str())
        .chain(followed.keys().map(|id| id.value.as_str()))
        .collect();
    let hop = Wanted { entities: Vec::new(), ids: followed.keys().cloned().collect(), ..wanted.clone() };
    let further: Vec<String> = tables
        .iter()
        .filter(own)
        .map(|table| {
            session.rows_of(table, &hop, &[(others_sql(session, table, wanted, &things, &among), "others".into())])
        })
        .collect();
    session.engine.keep_found("rca_further", &further.join(" UNION ALL "))?;
    let followed: BTreeMap<String, String> = followed.into_iter().map(|(id, entity)| (label(&id), entity)).collect();
    let (own, shared) = divided(session)?;
    let kept: Vec<Vec<Value>> = own
        .iter()
        .filter_map(|label| Some(vec![Value::Text(label.clone()), Value::Text(followed.get(label)?.clone())]))
        .collect();
    session.engine.keep("related", &[("label", Kind::Text), ("followed", Kind::Text)], &kept)?;
    if !own.is_empty() {
        notes.push(format!("followed too, since they occur with it alone: {}", listed(&own)));
    }
    if !shared.is_empty() {
        notes.push(format!("not followed, since others have them too: {}", listed(&shared)));
    }
    Ok((quote::fill(include_str!("related.sql"), &[]), notes))
}

fn label(id: &Id) -> String {
    format!("{}={}", id.thing, id.value)
}

/// The first few of a list, and how many more there are.
fn listed(labels: &[String]) -> String {
    const SHOWN: usize = 8;
    let shown = labels.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match labels.len() {
        ..=SHOWN => shown,
        more => format!("{shown} and {} more", more - SHOWN),
    }
}

/// The ids that a row of a table has, as a list of texts.
fn ids_sql(session: &Session, table: &Table) -> String {
    let ids: Vec<String> = table
        .own_columns()
        .filter(|column| matches!(column.kind, Kind::Int | Kind::Text | Kind::Uuid))
        .filter_map(|column| {
            let thing = session.thing(table, &column.name)?;
            let head = quote::text(&format!("{thing}{DIVIDER}"));
            Some(format!("{head} || {}::VARCHAR", quote::name(&column.name)))
        })
        .collect();
    format!("list_filter([{}]::VARCHAR[], lambda id: id IS NOT NULL)", ids.join(", "))
}

/// The ids in the entities' rows, each with the entity it occurs with, and the things that the entities are.
fn candidates(session: &Session, wanted: &Wanted) -> Result<(Vec<(Id, String)>, BTreeSet<String>)> {
    let mut found = BTreeMap::new();
    let mut things: BTreeSet<String> = wanted.entities.iter().filter_map(|entity| entity.column.clone()).collect();
    let is_entity = |value: &str| wanted.entities.iter().any(|entity| entity.value == value);
    let columns = "SELECT DISTINCT entity, unnest(ids) AS id FROM rca_direct ORDER BY ALL";
    for row in session.engine.rows(columns)?.rows {
        let [entity, id] = [row[0].shown(), row[1].shown()];
        let Some((thing, value)) = id.split_once(DIVIDER) else { continue };
        if is_entity(value) {
            things.insert(thing.to_string());
        } else if !value.trim().is_empty() {
            found.insert(Id { thing: thing.to_string(), value: value.to_string() }, entity);
        }
    }
    let texts =
        "SELECT DISTINCT entity, message FROM rca_direct WHERE len(ids) = 0 OR message IS NOT NULL ORDER BY ALL";
    for row in session.engine.rows(texts)?.rows {
        for id in ids::of_text(&row[1].shown()).into_iter().filter(|id| !is_entity(&id.value)) {
            let is_known = found.keys().any(|known: &Id| known.value == id.value);
            if !is_known {
                found.insert(id, row[0].shown());
            }
        }
    }
    let mut found: Vec<(Id, String)> = found.into_iter().filter(|(id, _)| !things.contains(&id.thing)).collect();
    found.sort_by_key(|(id, _)| !id.is_distinctive());
    Ok((found, things))
}

/// Whether a row that has one of the ids is about another entity of the same kind.
fn others_sql(session: &Session, table: &Table, wanted: &Wanted, things: &BTreeSet<String>, among: &[&str]) -> String {
    let known = among.iter().map(|value| quote::text(value)).collect::<Vec<_>>().join(", ");
    let mut parts = Vec::new();
    for column in table.own_columns() {
        let name = quote::name(&column.name);
        if session.thing(table, &column.name).is_some_and(|thing| things.contains(&thing)) {
            parts.push(format!("coalesce({name}::VARCHAR NOT IN ({known}), false)"));
        } else if column.kind == Kind::Text
            && (table.kind == "log" || table.roles.message.as_ref() == Some(&column.name))
        {
            for shape in wanted.entities.iter().filter_map(|entity| ids::shape(&entity.value)) {
                let all = format!("regexp_extract_all({name}, {})", quote::text(&shape));
                parts.push(format!("coalesce(len(list_filter({all}, lambda word: word NOT IN ({known}))) > 0, false)"));
            }
        }
    }
    if parts.is_empty() { "false".into() } else { parts.join(" OR ") }
}

/// The ids that occur with the entity alone, and those that others have too.
fn divided(session: &Session) -> Result<(Vec<String>, Vec<String>)> {
    let rows = session.engine.rows(&format!(
        "SELECT entity, bool_or(others) OR count(*) > {ROWS_MAX} FROM rca_further GROUP BY entity ORDER BY entity"
    ))?;
    let of = |shared: bool| {
        let fits = rows.rows.iter().filter(|row| row[1] == Value::Bool(shared));
        fits.map(|row| row[0].shown()).collect::<Vec<_>>()
    };
    Ok((of(false), of(true)))
}
