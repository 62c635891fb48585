//! One hop further: ids that occur together with the entity (a test id of that serial, a request id in its log lines)
//! are followed too, unless they are shared with others of its kind.

use std::collections::{BTreeMap, BTreeSet};

use super::ids::{self, DIVIDER};
use crate::engine::quote;
use crate::error::Result;
use crate::model::column::Kind;
use crate::model::coverage::grouped;
use crate::model::value::Value;
use crate::session::{Id, Session, Table, Wanted, Window};

/// More ids are not followed.
const IDS_MAX: usize = 200;
/// An id that more rows have is not one of this entity alone.
const ROWS_MAX: i64 = 10_000;

/// Whose identity is shared by nature: a host serves many.
const SHARED: &[&str] = &["host", "user"];

/// The events of the entities and of the ids that occur with them, and what to say of these. Ids are looked for in all
/// `tables` and at all times; `shown` are the tables whose events are wanted.
///
/// # Errors
/// If the evidence cannot be read.
pub fn events(session: &Session, shown: &[&Table], wanted: &Wanted) -> Result<(String, Vec<String>)> {
    let timed = |tables: &[&Table]| -> Vec<Table> {
        tables.iter().filter(|table| table.roles.time.is_some()).map(|table| (*table).clone()).collect()
    };
    let all = timed(&session.tables.iter().collect::<Vec<_>>());
    if all.is_empty() {
        return Ok((session.events(shown, wanted), Vec::new()));
    }
    // Marked as they are shown.
    let all: Vec<Table> = all
        .into_iter()
        .map(|table| shown.iter().find(|one| one.name == table.name).map_or(table, |one| (*one).clone()))
        .collect();
    let anywhen = Wanted { window: Window::default(), ..wanted.clone() };
    let direct: Vec<String> = all
        .iter()
        .map(|table| {
            let more = [
                (ids_sql(session, table), "ids".to_string()),
                (held_sql(session, table, wanted), "held".to_string()),
                (texts_sql(session, table), "texts".to_string()),
                (session.within(table, wanted), "inside".to_string()),
            ];
            session.rows_of(table, &anywhen, &more)
        })
        .collect();
    session.engine.keep_found("rca_direct", &direct.join(" UNION ALL "))?;
    let (found, things) = candidates(session, wanted)?;
    let mut notes = Vec::new();
    if found.len() > IDS_MAX {
        let count = grouped(found.len() as u64);
        notes.push(format!("{count} ids occur together with it; {IDS_MAX} of them are followed"));
    }
    let followed: BTreeMap<Id, String> = found.into_iter().take(IDS_MAX).collect();
    let names =
        shown.iter().map(|table| format!("({}, {})", quote::text(&table.source), quote::text(&table.short_name)));
    let is_shown = format!("(source, table_name) IN ({})", names.collect::<Vec<_>>().join(", "));
    let fill = |sql: &str| quote::fill(sql, &[("is_shown", &is_shown)]);
    if followed.is_empty() {
        notes.push("no other ids occur together with it".into());
        return Ok((fill(include_str!("direct.sql")), notes));
    }
    let among: Vec<&str> = wanted
        .entities
        .iter()
        .map(|entity| entity.value.as_str())
        .chain(followed.keys().map(|id| id.value.as_str()))
        .collect();
    let hop = Wanted { entities: Vec::new(), ids: followed.keys().cloned().collect(), ..anywhen };
    let further: Vec<String> = all
        .iter()
        .map(|table| {
            let others = others_sql(session, table, wanted, &things, &among);
            let more = [(others, "others".to_string()), (session.within(table, wanted), "inside".to_string())];
            session.rows_of(table, &hop, &more)
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
    Ok((fill(include_str!("related.sql")), notes))
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
            let head = quote::text(&format!("{}{DIVIDER}", session.thing_of_values(table, &column.name)?));
            let value = format!("{}::VARCHAR", quote::name(&column.name));
            Some(match session.thing(table, &column.name) {
                Some(_) => format!("{head} || {value}"),
                // Under a bare name only what looks like an id is one.
                None => format!("CASE WHEN regexp_matches({value}, '^[A-Za-z0-9_.:-]*[0-9][A-Za-z0-9_.:-]*$') THEN {head} || {value} END"),
            })
        })
        .collect();
    format!("list_filter([{}]::VARCHAR[], lambda id: id IS NOT NULL)", ids.join(", "))
}

/// The columns in which a row has one of the entities, as a list of names.
fn held_sql(session: &Session, table: &Table, wanted: &Wanted) -> String {
    let mut held = Vec::new();
    for entity in &wanted.entities {
        let columns = match &entity.column {
            Some(column) => session.columns_meant(table, column),
            None => session.searched(table, &entity.value),
        };
        for name in columns {
            let value = format!("{}::VARCHAR = {}", quote::name(&name), quote::text(&entity.value));
            held.push(format!("CASE WHEN {value} THEN {} END", quote::text(&name)));
        }
    }
    format!("list_filter([{}]::VARCHAR[], lambda name: name IS NOT NULL)", held.join(", "))
}

/// All texts of a row in which ids may stand.
fn texts_sql(session: &Session, table: &Table) -> String {
    let texts = table.own_columns().filter(|column| session.is_text(table, column));
    let texts: Vec<String> = texts.map(|column| quote::name(&column.name)).collect();
    if texts.is_empty() { "''".into() } else { format!("concat_ws(' ', {})", texts.join(", ")) }
}

/// What an entity is known as: things, and names of columns.
#[derive(Default)]
struct Known {
    things: BTreeSet<String>,
    columns: BTreeSet<String>,
}

/// The ids in the entities' rows, each with the entity it occurs with, and what the entities are.
fn candidates(session: &Session, wanted: &Wanted) -> Result<(Vec<(Id, String)>, Known)> {
    let mut found = BTreeMap::new();
    let mut known = Known::default();
    let is_entity = |value: &str| wanted.entities.iter().any(|entity| entity.value == value);
    for row in session.engine.rows("SELECT DISTINCT unnest(held) AS held FROM rca_direct ORDER BY held")?.rows {
        known.columns.insert(row[0].shown());
    }
    for row in session.engine.rows("SELECT DISTINCT entity, unnest(ids) AS id FROM rca_direct ORDER BY ALL")?.rows {
        let [entity, id] = [row[0].shown(), row[1].shown()];
        let Some((thing, value)) = id.split_once(DIVIDER) else { continue };
        if is_entity(value) {
            known.things.insert(thing.to_string());
        } else if !value.trim().is_empty() {
            found.insert(Id { thing: thing.to_string(), value: value.to_string() }, entity);
        }
    }
    for row in session.engine.rows("SELECT DISTINCT entity, texts FROM rca_direct ORDER BY ALL")?.rows {
        let text = row[1].shown();
        let shown = session.shown(&text);
        // What is hidden in its text and by itself is not is a token or the like, and no id.
        let is_told = |id: &Id| shown.contains(&id.value) || !session.shown(&label(id)).contains(&id.value);
        for id in ids::of_text(&text).into_iter().filter(|id| !is_entity(&id.value) && is_told(id)) {
            if !found.keys().any(|known: &Id| known.value == id.value) {
                found.insert(id, row[0].shown());
            }
        }
    }
    let is_other = |id: &Id| !known.things.contains(&id.thing) && !SHARED.contains(&id.thing.as_str());
    let mut found: Vec<(Id, String)> = found.into_iter().filter(|(id, _)| is_other(id)).collect();
    found.sort_by_key(|(id, _)| !id.is_distinctive());
    Ok((found, known))
}

/// Whether a row that has one of the ids is about another entity of the same kind.
fn others_sql(session: &Session, table: &Table, wanted: &Wanted, known: &Known, among: &[&str]) -> String {
    let among = among.iter().map(|value| quote::text(value)).collect::<Vec<_>>().join(", ");
    let mut parts = Vec::new();
    for column in table.own_columns() {
        let name = quote::name(&column.name);
        let is_known = known.columns.contains(&column.name)
            || session.thing(table, &column.name).is_some_and(|thing| known.things.contains(&thing));
        if session.is_text(table, column) {
            for shape in wanted.entities.iter().filter_map(|entity| ids::shape(&entity.value)) {
                let all = format!("regexp_extract_all({name}, {})", quote::text(&shape));
                parts.push(format!("coalesce(len(list_filter({all}, lambda word: word NOT IN ({among}))) > 0, false)"));
            }
        } else if is_known {
            parts.push(format!("coalesce({name}::VARCHAR NOT IN ({among}), false)"));
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
