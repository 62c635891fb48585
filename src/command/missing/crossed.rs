//! Where nulls are, by the values of columns that have few: one look at the table for each such column, whatever the
//! number of those with nulls.

use super::{Search, profile};
use crate::engine::quote;
use crate::error::Result;
use crate::model::column::{Column, Kind};
use crate::model::value::Value;
use crate::session::Table;

/// A column with more values than these tells nothing.
pub const VALUES_MAX: usize = 20;

/// The rows of a table by the values of one column.
pub struct Crossing<'a> {
    pub by: &'a Column,
    pub groups: Vec<Group>,
}

/// The rows of one value.
pub struct Group {
    pub value: Value,
    pub rows: i64,
    /// Of each column asked for, how many of these rows have none.
    pub nulls: Vec<i64>,
}

/// The rows by each column of few values, and which of them have no value in each of `columns`.
///
/// # Errors
/// If the evidence cannot be read.
pub fn crossed<'a>(search: &mut Search, table: &'a Table, columns: &[&Column]) -> Result<Vec<Crossing<'a>>> {
    let nulls = |column: &&Column| format!("count(*) - count({})", quote::name(&column.name));
    ask(search, table, &columns.iter().map(nulls).collect::<Vec<_>>())
}

/// The same of the rows of which a condition is true.
///
/// # Errors
/// If the evidence cannot be read.
pub fn of<'a>(search: &mut Search, table: &'a Table, holds: &str) -> Result<Vec<Crossing<'a>>> {
    ask(search, table, &[format!("count(*) FILTER ({holds})")])
}

fn ask<'a>(search: &mut Search, table: &'a Table, counts: &[String]) -> Result<Vec<Crossing<'a>>> {
    let condition = search.condition(table);
    let categories = profile::categories(search, table)?;
    let mut found = Vec::new();
    for by in table.own_columns().filter(|column| categories.contains(&column.name)) {
        let sql = format!(
            "SELECT {}::VARCHAR, count(*), {} FROM {} WHERE ({condition}) GROUP BY 1 ORDER BY 1 NULLS LAST LIMIT {}",
            quote::name(&by.name),
            counts.join(", "),
            table.sql(),
            VALUES_MAX + 1
        );
        let groups = search.session.engine.rows(&sql)?.rows;
        if !(2..=VALUES_MAX).contains(&groups.len()) {
            continue;
        }
        let group = |mut row: Vec<Value>| {
            let nulls = row[2..].iter().map(Value::int).collect();
            Group { rows: row[1].int(), nulls, value: row.swap_remove(0) }
        };
        found.push(Crossing { by, groups: groups.into_iter().map(group).collect() });
    }
    Ok(found)
}

impl Crossing<'_> {
    /// A column that is nearly a key tells each row apart and explains nothing; one of numbers is measured.
    pub fn may_explain(&self) -> bool {
        let rows: i64 = self.groups.iter().map(|group| group.rows).sum();
        matches!(self.by.kind, Kind::Text | Kind::Bool) && self.groups.len() as i64 * 5 <= rows
    }
}
