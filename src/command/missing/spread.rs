//! Where rows are that lack something: by the values of columns that have few, and by time. One look at the table for
//! each such column and one for the times, whatever the number of what is lacking.

use super::{Search, profile};
use crate::engine::quote;
use crate::error::Result;
use crate::model::column::{Column, Kind};
use crate::model::value::Value;
use crate::session::Table;

/// A column with more values than these tells nothing.
pub const VALUES_MAX: usize = 20;
/// Parts of equal length that the time of a table is divided into.
pub const PARTS: i64 = 60;

/// Rows that lack a value of a column: it is null there, or has a sentinel.
#[derive(Debug, Clone)]
pub struct Lack<'a> {
    pub column: &'a Column,
    /// What holds of them, as people write it.
    pub holds: String,
    pub rows: i64,
    /// As it is shown.
    pub sentinel: Option<String>,
}

impl Lack<'_> {
    /// How many there are, as SQL. A FILTER of its own for each would copy all columns.
    fn counted(&self) -> String {
        match self.sentinel {
            None => format!("count(*) - count({})", quote::name(&self.column.name)),
            Some(_) => format!("count(CASE WHEN {} THEN 1 END)", self.holds),
        }
    }
}

/// Where rows are that lack something. All counts of lacks are in their order.
#[derive(Debug, Default)]
pub struct Spread<'a> {
    pub by_value: Vec<Crossing<'a>>,
    /// In their order; those without a row are left out.
    pub by_time: Vec<Part>,
}

/// The rows of a table by the values of one column.
#[derive(Debug)]
pub struct Crossing<'a> {
    pub by: &'a Column,
    pub groups: Vec<Group>,
}

/// The rows of one value.
#[derive(Debug)]
pub struct Group {
    pub value: Value,
    pub rows: i64,
    pub lacking: Vec<i64>,
}

/// The rows of a part of the table's time.
#[derive(Debug)]
pub struct Part {
    /// From the first on.
    pub number: i64,
    /// The earliest time of its rows, in microseconds.
    pub first: i64,
    pub rows: i64,
    pub lacking: Vec<i64>,
}

impl<'a> Spread<'a> {
    /// # Errors
    /// If the evidence cannot be read.
    pub fn of(search: &mut Search, table: &'a Table, lacks: &[Lack]) -> Result<Spread<'a>> {
        if lacks.is_empty() {
            return Ok(Spread::default());
        }
        let counted = lacks.iter().map(Lack::counted).collect::<Vec<_>>().join(", ");
        Ok(Spread { by_value: by_value(search, table, &counted)?, by_time: by_time(search, table, &counted)? })
    }
}

fn by_value<'a>(search: &mut Search, table: &'a Table, counted: &str) -> Result<Vec<Crossing<'a>>> {
    let condition = search.condition(table);
    let categories = profile::categories(search, table)?;
    let mut found = Vec::new();
    for by in table.own_columns().filter(|column| categories.contains(&column.name)) {
        let sql = format!(
            "SELECT {}::VARCHAR, count(*), {counted} FROM {} WHERE ({condition}) GROUP BY 1 ORDER BY 1 NULLS LAST LIMIT {}",
            quote::name(&by.name),
            table.sql(),
            VALUES_MAX + 1
        );
        let groups = search.session.engine.counted_by(&sql)?;
        if !(2..=VALUES_MAX).contains(&groups.len()) {
            continue;
        }
        let group = |mut row: Vec<Value>| {
            let lacking = row[2..].iter().map(Value::int).collect();
            Group { rows: row[1].int(), lacking, value: row.swap_remove(0) }
        };
        found.push(Crossing { by, groups: groups.into_iter().map(group).collect() });
    }
    Ok(found)
}

fn by_time(search: &mut Search, table: &Table, counted: &str) -> Result<Vec<Part>> {
    let Some(at) = table.roles.time.as_ref().map(|name| format!("{}::TIMESTAMP", quote::name(name))) else {
        return Ok(Vec::new());
    };
    let profile = profile::of(search, table)?;
    let (Some(first), Some(last)) = (profile.first, profile.last) else { return Ok(Vec::new()) };
    let width = (last - first) / PARTS + 1;
    let sql = format!(
        "SELECT (epoch_us({at}) - {first}) // {width}, min({at}), count(*), {counted} FROM {} WHERE isfinite({at}) AND ({}) GROUP BY 1 ORDER BY 1",
        table.sql(),
        search.condition(table)
    );
    let part = |row: Vec<Value>| Part {
        number: row[0].int(),
        first: row[1].int(),
        rows: row[2].int(),
        lacking: row[3..].iter().map(Value::int).collect(),
    };
    Ok(search.session.engine.counted_by(&sql)?.into_iter().map(part).collect())
}

impl Crossing<'_> {
    /// A column that is nearly a key tells each row apart and explains nothing; one of numbers is measured.
    pub fn may_explain(&self) -> bool {
        let rows: i64 = self.groups.iter().map(|group| group.rows).sum();
        matches!(self.by.kind, Kind::Text | Kind::Bool) && self.groups.len() as i64 * 5 <= rows
    }
}
