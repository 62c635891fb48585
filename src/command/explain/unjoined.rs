//! Tables that are not joined to the rows judged though they hold the same ids, under names of different things: it is said
//! how to join them.

use super::population::{Population, columns, is_message};
use crate::engine::quote;
use crate::error::{Error, Result};
use crate::model::column::{Column, Kind};
use crate::model::{meaning, shell};
use crate::session::{Session, Table};

/// That a condition speaks of a table which is not joined, if it does, and what would join it.
///
/// # Errors
/// If the evidence cannot be read.
pub fn error(population: &Population, said: &str) -> Result<Option<Error>> {
    let said = said.to_lowercase().replace('"', "");
    let is_named = |name: &str| {
        let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        let wanted = format!("{}.", name.to_lowercase());
        said.match_indices(&wanted).any(|(at, _)| !said[..at].ends_with(is_part))
    };
    let judged = population.table;
    let is_joined = |table: &Table| population.joined.iter().any(|joined| joined.table.name == table.name);
    let named = population.session.tables.iter().filter(|table| table.name != judged.name && !is_joined(table));
    let Some(table) = named.into_iter().find(|table| is_named(&table.name) || is_named(&table.short_name)) else {
        return Ok(None);
    };
    let error = Error::question(format!("`{}` is not joined to `{}`, whose rows are judged", table.name, judged.name));
    Ok(Some(match same_values(population.session, judged, &[table])?.first() {
        Some(same) => error.detail(same.said(judged)).hint(format!("join them: {}", same.setting(judged))),
        None => error
            .detail("no columns of both have names that mean the same and values in common")
            .hint("say which columns do: --set 'entities.NAME=[\"TABLE.COLUMN\", \"TABLE.COLUMN\"]'"),
    }))
}

/// Notes on tables that are not joined, though they hold the same ids.
///
/// # Errors
/// If the evidence cannot be read.
pub fn said(population: &Population) -> Result<Vec<String>> {
    const TABLES_MAX: usize = 20;
    let Population { session, table, joined, .. } = population;
    let is_left = |other: &&Table| {
        other.name != table.name
            && !other.is_prose()
            && !joined.iter().any(|joined| joined.table.name == other.name)
            && session.settings.entities.is_empty()
    };
    let others: Vec<&Table> = session.tables.iter().filter(is_left).take(TABLES_MAX).collect();
    if table.is_prose() {
        return Ok(Vec::new());
    }
    let found = same_values(session, table, &others)?;
    let note = |same: &Same| {
        format!("{} is not joined: {}; {} joins it", same.table.name, same.said(table), same.setting(table))
    };
    Ok(found.iter().map(note).collect())
}

/// Columns under names of different things that hold the same ids.
struct Same<'a> {
    own: &'a Column,
    table: &'a Table,
    column: &'a Column,
    /// Of so many values that were looked at, those that are there.
    all: i64,
    both: i64,
}

impl Same<'_> {
    fn said(&self, judged: &Table) -> String {
        format!(
            "{} of {} values of {}.{} are in {}.{}",
            self.both, self.all, judged.name, self.own.name, self.table.name, self.column.name
        )
    }

    /// What joins them, to be pasted.
    fn setting(&self, judged: &Table) -> String {
        let thing = meaning::of("", &self.own.name).or_else(|| meaning::of("", &self.column.name));
        let is_key = |thing: &String| thing.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let thing = thing.filter(is_key).unwrap_or_else(|| "thing".into());
        let (own, theirs) = (&self.own.name, &self.column.name);
        let set = format!("entities.{thing}=[\"{}.{own}\",\"{}.{theirs}\"]", judged.name, self.table.name);
        format!("--set {}", shell::quoted(&set))
    }
}

/// Of each of these tables a column that has what a column of the table judged has: texts of which half of the first
/// different ones are there, in a column that has each of its own a few times at most.
fn same_values<'a>(session: &Session, judged: &'a Table, others: &[&'a Table]) -> Result<Vec<Same<'a>>> {
    const COLUMNS_MAX: usize = 12;
    const VALUES: usize = 200;
    const ROWS: usize = 20_000;
    const LEAST: i64 = 10;
    let may_be =
        |table: &Table, column: &Column| matches!(column.kind, Kind::Text | Kind::Uuid) && !is_message(table, column);
    let their_columns: Vec<(&'a Table, &'a Column)> = others
        .iter()
        .flat_map(|other| {
            let columns = columns(other).filter(|column| may_be(other, column)).take(COLUMNS_MAX);
            columns.map(|column| (*other, column))
        })
        .collect();
    let mut found: Vec<Same> = Vec::new();
    for own in columns(judged).filter(|column| may_be(judged, column)).take(COLUMNS_MAX) {
        let is_left = |one: &&(&'a Table, &'a Column)| !found.iter().any(|same| same.table.name == one.0.name);
        let left: Vec<&(&Table, &Column)> = their_columns.iter().filter(is_left).collect();
        if left.is_empty() {
            break;
        }
        let name = quote::name(&own.name);
        let is_in = |(table, column): &(&Table, &Column)| {
            let (name, from) = (quote::name(&column.name), table.sql());
            format!(", count(*) FILTER (key IN (SELECT {name}::VARCHAR FROM {from} WHERE {name} IS NOT NULL))")
        };
        let counts: String = left.iter().map(|one| is_in(one)).collect();
        let row = session.engine.counted(&format!(
            "WITH some_keys AS (SELECT DISTINCT key FROM (SELECT {name}::VARCHAR AS key FROM {} LIMIT {ROWS}) \
             WHERE key IS NOT NULL ORDER BY key LIMIT {VALUES}) SELECT count(*){counts} FROM some_keys",
            judged.sql()
        ))?;
        let all = row[0].int();
        let places: Vec<(&Table, &Column, i64)> =
            left.iter().zip(&row[1..]).map(|(one, both)| (one.0, one.1, both.int())).collect();
        for (table, column, both) in places {
            let is_known = found.iter().any(|same| same.table.name == table.name);
            let are_same = all >= LEAST && 2 * both >= all && !is_known;
            if are_same && (has_few_rows(session, judged, own)? || has_few_rows(session, table, column)?) {
                found.push(Same { own, table, column, all, both });
            }
        }
    }
    found.sort_by(|a, b| a.table.name.cmp(&b.table.name));
    Ok(found)
}

/// Whether a column has each of its values a few times at most: others are categories.
fn has_few_rows(session: &Session, table: &Table, column: &Column) -> Result<bool> {
    const ROWS_MAX: i64 = 5;
    let name = quote::name(&column.name);
    let row = session.engine.counted(&format!("SELECT count({name}), count(DISTINCT {name}) FROM {}", table.sql()))?;
    Ok(row[0].int() <= ROWS_MAX * row[1].int())
}
