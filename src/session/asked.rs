//! Tables and columns by the names that people type, and the nearest ones where there are none.

use super::{Session, Table};
use crate::error::{Error, Result};
use crate::model::column::Column;
use crate::model::name;

impl Session {
    /// The table that a name means: `station.tests`, `telemetry`, or a short name that only one table has.
    ///
    /// # Errors
    /// If there is none, with the nearest names.
    pub fn table(&self, wanted: &str) -> Result<&Table> {
        let all = || self.tables.iter().chain(&self.parts);
        let same = |table: &&Table| {
            let long = |long: &String| format!("{}.{long}", table.source).eq_ignore_ascii_case(wanted);
            table.name.eq_ignore_ascii_case(wanted) || table.long_name.as_ref().is_some_and(long)
        };
        if let Some(table) = all().find(same) {
            return Ok(table);
        }
        let short = |table: &&Table| {
            let long = |long: &String| long.eq_ignore_ascii_case(wanted);
            table.short_name.eq_ignore_ascii_case(wanted) || table.long_name.as_ref().is_some_and(long)
        };
        let short: Vec<&Table> = all().filter(short).collect();
        match short.as_slice() {
            [only] => Ok(only),
            _ => {
                let names: Vec<String> = self.tables.iter().map(|table| table.name.clone()).collect();
                let near = name::nearest(wanted, names.iter().map(String::as_str));
                Err(Error::question(format!("there is no table `{wanted}`"))
                    .near_or(&near, format!("tables are {}", name::listed(&names))))
            }
        }
    }

    /// The table and column that `station.tests.serial` or `telemetry.ts` mean.
    ///
    /// # Errors
    /// If there is no such table or column, with the nearest names.
    pub fn table_column(&self, text: &str) -> Result<(&Table, String)> {
        let Some((table, column)) = text.rsplit_once('.') else {
            return Err(Error::question(format!("`{text}` is no column of a table"))
                .hint("write TABLE.COLUMN, such as station.tests.serial"));
        };
        let table = self.table(table)?;
        let column = known_column(&table.name, &table.columns, column, text)?;
        Ok((table, column))
    }
}

/// The column's own spelling.
///
/// # Errors
/// If the table has none of that name, with the nearest ones.
pub fn known_column(table: &str, columns: &[Column], wanted: &str, said_by: &str) -> Result<String> {
    if let Some(column) = columns.iter().find(|column| column.name.eq_ignore_ascii_case(wanted)) {
        return Ok(column.name.clone());
    }
    let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    let near = name::nearest(wanted, names.iter().map(String::as_str));
    Err(Error::question(format!("table `{table}` has no column `{wanted}`"))
        .detail(format!("asked for by {said_by}"))
        .near_or(&near, format!("its columns are {}", name::listed(&names))))
}
