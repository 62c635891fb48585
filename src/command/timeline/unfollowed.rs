//! Ids that are those of the entity in another way of writing, in tables that have none as it was typed. They are not
//! followed, which is said.

use crate::engine::quote;
use crate::error::Result;
use crate::model::column::Kind;
use crate::model::shell;
use crate::session::written::{Form, Written};
use crate::session::{Entity, Session, Table};

/// More tables are not asked.
const TABLES_MAX: usize = 60;

/// What is to be said of tables without an event of the entities; `having` are the sources and names of those with one.
///
/// # Errors
/// If the evidence cannot be read.
pub fn told(session: &Session, tables: &[&Table], entities: &[Entity], having: &[[String; 2]]) -> Result<Vec<String>> {
    let has =
        |table: &&&Table| having.iter().any(|[source, name]| *source == table.source && *name == table.short_name);
    let mut notes = Vec::new();
    for table in tables.iter().filter(|table| !has(table)).take(TABLES_MAX) {
        for entity in entities {
            let Some(alike) = Form::Alike.of(&entity.value) else { continue };
            for column in columns(session, table, entity) {
                let written = Written::of(table, std::slice::from_ref(&column));
                let (text, key) = (written.key(&Form::AsWritten), written.key(&Form::Alike));
                let found = session.engine.counted_by(&format!(
                    "SELECT min({text}) FROM {} WHERE {key} = {} AND {text} <> {}",
                    table.sql(),
                    quote::text(&alike),
                    quote::text(&entity.value)
                ))?;
                let Some(other) = found.first().map(|row| &row[0]).filter(|value| !value.is_null()) else { continue };
                let other = other.shown();
                notes.push(format!(
                    "{}.{column} has `{other}`, which may be {} written otherwise, and is not followed: to follow it too, \
                     add --entity {}",
                    table.name,
                    entity.value,
                    shell::quoted(&other)
                ));
            }
        }
    }
    Ok(notes)
}

/// The columns that hold ids, of those that are meant.
fn columns(session: &Session, table: &Table, entity: &Entity) -> Vec<String> {
    let meant = match &entity.column {
        Some(column) => session.columns_meant(table, column),
        None => table.own_columns().map(|column| column.name.clone()).collect(),
    };
    let is_id = |name: &String| {
        table.column(name).is_some_and(|column| {
            matches!(column.kind, Kind::Text | Kind::Int)
                && !session.is_text(table, column)
                && session.thing(table, name).is_some()
        })
    };
    meant.into_iter().filter(is_id).collect()
}
