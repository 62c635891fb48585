//! What is kept of an answer while a command goes on asking: temporary tables, spilled where memory does not do.

use super::{Engine, quote};
use crate::error::Result;
use crate::model::column::Kind;
use crate::model::value::Value;

impl Engine {
    /// Keeps what a query finds as a temporary table, with its rows in no order, so that all threads can write it.
    ///
    /// # Errors
    /// As [`Engine::query`].
    pub fn keep_found(&self, table: &str, sql: &str) -> Result<()> {
        let _disorder = self.in_no_order()?;
        self.execute(&format!("CREATE OR REPLACE TEMP TABLE {table} AS {sql}"))
    }

    /// Keeps what a query finds as a temporary table, in the order that the query says.
    ///
    /// # Errors
    /// As [`Engine::query`].
    pub fn keep_in_order(&self, table: &str, sql: &str) -> Result<()> {
        self.execute(&format!("CREATE OR REPLACE TEMP TABLE {table} AS {sql}"))
    }

    /// The same, unless it is more than so many rows. Returns how many there are then.
    ///
    /// # Errors
    /// As [`Engine::query`].
    pub fn keep_if_few(&self, table: &str, sql: &str, rows: i64) -> Result<Option<i64>> {
        self.keep_in_order(table, &format!("SELECT * FROM ({sql}) LIMIT {}", rows + 1))?;
        let count = self.counted(&format!("SELECT count(*) FROM {table}"))?[0].int();
        if count > rows {
            self.execute(&format!("DROP TABLE {table}"))?;
        }
        Ok(Some(count).filter(|count| *count <= rows))
    }

    /// Keeps the first rows that a query finds as a temporary table, in the order of the evidence. What is not read of
    /// it is not counted as unread: the table is read for the answer besides.
    ///
    /// # Errors
    /// As [`Engine::query`].
    pub fn keep_first(&self, table: &str, sql: &str, rows: i64) -> Result<()> {
        let _order = self.registry.in_order();
        self.coverage.peek(|| self.execute(&format!("CREATE OR REPLACE TEMP TABLE {table} AS {sql} LIMIT {rows}")))
    }

    /// Keeps what a query finds as a temporary table, in the order of the evidence, unless it is more than so many rows.
    /// Returns whether it is there.
    ///
    /// # Errors
    /// As [`Engine::query`].
    pub fn keep_few(&self, table: &str, sql: &str, rows: i64) -> Result<bool> {
        let _order = self.registry.in_order();
        self.execute(&format!("CREATE OR REPLACE TEMP TABLE {table} AS {sql} LIMIT {}", rows + 1))?;
        let are_few = self.counted(&format!("SELECT count(*) FROM {table}"))?[0].int() <= rows;
        if !are_few {
            self.execute(&format!("DROP TABLE {table}"))?;
        }
        Ok(are_few)
    }

    /// Keeps rows that were put together here as a temporary table, and returns the SQL that reads them in order.
    ///
    /// # Errors
    /// If the engine refuses.
    pub fn keep(&self, name: &str, columns: &[(&str, Kind)], rows: &[Vec<Value>]) -> Result<String> {
        const ROWS: usize = 256;
        let table = quote::name(&format!("rca_{name}"));
        let declared: Vec<String> =
            columns.iter().map(|(name, kind)| format!("{} {}", quote::name(name), kind.name())).collect();
        self.execute(&format!("CREATE OR REPLACE TEMP TABLE {table} (place BIGINT, {})", declared.join(", ")))?;
        for (index, chunk) in rows.chunks(ROWS).enumerate() {
            let row = |(offset, row): (usize, &Vec<Value>)| {
                let values: Vec<String> = row.iter().map(quote::literal).collect();
                format!("({}, {})", index * ROWS + offset, values.join(", "))
            };
            let values: Vec<String> = chunk.iter().enumerate().map(row).collect();
            self.execute(&format!("INSERT INTO {table} VALUES {}", values.join(", ")))?;
        }
        Ok(format!("SELECT * EXCLUDE (place) FROM {table} ORDER BY place"))
    }
}
