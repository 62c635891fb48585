//! A table as a set of series: what tells them apart, and how they are named.

use std::sync::Arc;

use super::walk::Seen;
use super::walk::names::Known;
use super::{Finding, Kind};
use crate::engine::quote;
use crate::error::Error;
use crate::model::column::Kind as ColumnKind;
use crate::model::name;
use crate::session::Table;

/// A table as a set of series.
#[derive(Clone)]
pub struct Series<'a> {
    pub table: &'a Table,
    pub time: String,
    /// Columns that tell the series apart.
    pub columns: Vec<String>,
    pub sequence: Option<String>,
    /// Microseconds, where somebody said so.
    pub every: Option<i64>,
    pub condition: String,
    /// How the columns came about.
    pub found: String,
    /// What is known of the series by these columns before all rows are walked through.
    pub known: Arc<Known>,
}

impl<'a> Series<'a> {
    /// A table as one series, of the rows for which the condition holds.
    pub fn plain(table: &'a Table, time: String, condition: String) -> Series<'a> {
        Series {
            table,
            time,
            columns: Vec::new(),
            sequence: None,
            every: None,
            condition,
            found: String::new(),
            known: Arc::default(),
        }
    }
}

impl Series<'_> {
    /// The label of a row's series, as SQL: `station=ST03 sensor=temp_c`.
    pub fn label(&self) -> String {
        label(self.columns.iter().map(|name| (name.as_str(), name.as_str())))
    }

    /// The label of the series with these values.
    pub fn label_of(&self, values: &[Option<String>]) -> String {
        label_of(&self.columns, values)
    }

    pub fn time_sql(&self) -> String {
        format!("{}::TIMESTAMP", quote::readable_name(&self.time))
    }

    /// Whether gaps of a series can be told: by its cadence, or by what somebody said.
    pub fn has_cadence(&self, seen: &Seen) -> bool {
        self.every.is_some() || seen.line.is_regular()
    }

    /// A finding of this table.
    pub fn finding(&self, kind: Kind, label: &str) -> Finding {
        Finding { series: Some(label.to_string()).filter(|label| !label.is_empty()), ..Finding::of(kind, self.table) }
    }

    /// What holds of the rows of one series, as people write it.
    pub fn is_series(&self, values: &[Option<String>]) -> String {
        let part = |(column, value): (&String, &Option<String>)| {
            let name = quote::readable_name(column);
            let is_text = self.table.column(column).is_some_and(|column| column.kind == ColumnKind::Text);
            match value {
                None => format!("{name} IS NULL"),
                Some(value) if is_text => format!("{name} = {}", quote::text(value)),
                Some(value) if is_number(value) => format!("{name} = {value}"),
                Some(value) => format!("{name}::VARCHAR = {}", quote::text(value)),
            }
        };
        self.and_condition(self.columns.iter().zip(values).map(part).collect())
    }

    /// What holds of the rows of several series, by their labels.
    pub fn is_one_of(&self, labels: &[&str]) -> String {
        let list: Vec<String> = labels.iter().map(|label| quote::text(label)).collect();
        self.and_condition(vec![format!("{} IN ({})", self.label(), list.join(", "))])
    }

    /// What holds of all rows.
    pub fn is_any(&self) -> String {
        self.and_condition(Vec::new())
    }

    fn and_condition(&self, mut parts: Vec<String>) -> String {
        if self.condition != "true" {
            parts.push(format!("({})", self.condition));
        }
        if parts.is_empty() { "true".into() } else { parts.join(" AND ") }
    }
}

/// The label of the series with these values of these columns.
pub fn label_of(columns: &[String], values: &[Option<String>]) -> String {
    let part = |(name, value): (&String, &Option<String>)| format!("{name}={}", shown(value.as_deref()));
    columns.iter().zip(values).map(part).collect::<Vec<_>>().join(" ")
}

/// A value in a label. A text that says `NULL` is none.
pub fn shown(value: Option<&str>) -> &str {
    match value {
        None => "NULL",
        Some("NULL") => "'NULL'",
        Some(value) => value,
    }
}

/// That no table has the columns that are to tell series apart.
pub fn undivided(wanted: &[String], tables: &[&Table]) -> Error {
    let columns = tables.iter().flat_map(|table| table.own_columns());
    let names: Vec<&str> = columns.map(|column| column.name.as_str()).collect();
    let near: Vec<String> = wanted.iter().flat_map(|column| name::nearest(column, names.iter().copied())).collect();
    Error::question(format!("no table has the columns `{}`", wanted.join("`, `")))
        .near_or(&near, "`rca schema` lists all columns")
}

fn is_number(value: &str) -> bool {
    value.len() <= 18 && value.strip_prefix('-').unwrap_or(value).bytes().all(|b| b.is_ascii_digit())
}

/// The label of a row's series, as SQL, of columns by their names in labels and in the table.
pub fn label<'a>(columns: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let part = |(shown, column): (&str, &str)| {
        let (before, column) = (quote::text(&format!("{shown}=")), quote::readable_name(column));
        format!("{before} || coalesce(nullif({column}::VARCHAR, 'NULL'), if({column} IS NULL, 'NULL', '''NULL'''))")
    };
    let parts: Vec<String> = columns.map(part).collect();
    if parts.is_empty() { "''".into() } else { format!("concat_ws(' ', {})", parts.join(", ")) }
}
