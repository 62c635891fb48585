//! Columns that may be keys, by their names and kinds: what numbers rows is none, nor what has fractions.

use super::Search;
use super::keys::Key;
use super::numbering::SEQUENCE;
use crate::engine::quote;
use crate::error::Result;
use crate::model::column::{Column, Kind as ColumnKind};
use crate::session::{Session, Table};

/// Fewer keys may be a mere category.
pub const KEYS_LEAST: i64 = 10;

/// A column that may be a key, and what is known of its values.
pub struct Candidate<'a> {
    pub key: Key<'a>,
    pub name: String,
    /// What its name means, if it means anything; and what it would mean as a key: `monitor` may be a `monitor_id`.
    pub thing: Option<String>,
    pub bare: Option<String>,
    /// It numbers the rows of its table: the same number elsewhere is only the same if the name says so.
    pub counts: bool,
}

/// Of all tables but logs of sentences.
pub fn of<'a>(search: &Search<'a>, tables: &[&'a Table]) -> Vec<Candidate<'a>> {
    let may_be = |column: &&Column| {
        matches!(column.kind, ColumnKind::Text | ColumnKind::Int | ColumnKind::Uuid) || may_be_whole(column.kind)
    };
    let mut candidates = Vec::new();
    for table in tables.iter().filter(|table| !table.is_prose()) {
        for column in table.values().filter(may_be) {
            let name = column.name.to_lowercase();
            if !SEQUENCE.contains(&name.as_str()) {
                candidates.push(Candidate {
                    thing: search.session.key_thing(table, &column.name),
                    bare: search.session.bare_thing(table, &column.name),
                    counts: is_counter(search, table, &column.name),
                    key: Key::of((table, column.name.clone())),
                    name,
                });
            }
        }
    }
    candidates
}

/// Whether numbers of a column may be whole though their column has fractions: an id does where some rows have none, or
/// where it was declared so.
pub fn may_be_whole(kind: ColumnKind) -> bool {
    matches!(kind, ColumnKind::Float | ColumnKind::Decimal { .. })
}

/// Whether no value of a key's first column has a fraction: what has one is measured, and no id.
///
/// # Errors
/// If the evidence cannot be read.
pub fn are_whole(session: &Session, key: &Key) -> Result<bool> {
    let column = key.table.column(&key.columns[0]);
    if !column.is_some_and(|column| may_be_whole(column.kind)) {
        return Ok(true);
    }
    let name = quote::name(&key.columns[0]);
    let fractions = format!("SELECT {name} FROM {} WHERE {name} <> floor({name})", key.table.sql());
    session.engine.keep_first("rca_fractions", &fractions, 1)?;
    Ok(session.engine.counted("SELECT count(*) FROM rca_fractions")?.first().is_some_and(|count| count.int() == 0))
}

/// Whether a column counts the rows of its table, as was found or by its name.
pub fn is_counter(search: &Search, table: &Table, column: &str) -> bool {
    let regular = search.regular.iter().filter(|regular| regular.table.name == table.name);
    regular.filter_map(|regular| regular.sequence.as_deref()).any(|sequence| sequence == column)
        || SEQUENCE.contains(&column.to_lowercase().as_str())
}
