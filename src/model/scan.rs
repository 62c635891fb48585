//! What readers offer and the engine asks: a table in splits that any thread can take in any order, and a cursor that
//! fills the columns asked for. And where an answer's rows go.

use std::sync::Arc;

use super::column::{Batch, Column};
use super::coverage::Coverage;
use super::value::Value;
use crate::error::Result;

/// No record may be longer; what is longer is cut and counted.
pub const RECORD_BYTES_MAX: usize = 64 << 20;
/// The same where there is least memory.
pub const RECORD_BYTES_LEAST: usize = 1 << 20;

/// A table that is read row by row.
pub trait Table: Send + Sync {
    fn columns(&self) -> &[Column];
    /// The last `hidden` columns tell where a row came from; `select *` does not show them.
    fn hidden(&self) -> usize {
        0
    }
    /// Divides the table for being read once.
    ///
    /// # Errors
    /// If the evidence cannot be read.
    fn scan(self: Arc<Self>, request: Request) -> Result<Box<dyn Scan>>;
}

/// One reading of a table, in splits that any thread can take; taken one after the other they give its rows in order.
pub trait Scan: Send + Sync {
    fn splits(&self) -> usize;
    /// Opens one split.
    ///
    /// # Errors
    /// If the evidence cannot be read.
    fn cursor(&self, split: usize) -> Result<Box<dyn Cursor>>;
}

/// What a scan asks for.
#[derive(Debug)]
pub struct Request {
    /// Indexes into [`Table::columns`], in the order wanted.
    pub projection: Vec<usize>,
    pub needles: Vec<Vec<u8>>,
    pub coverage: Arc<Coverage>,
    /// The table's name in coverage.
    pub table: String,
    /// How many splits are taken at once.
    pub threads: usize,
    /// Whether there are threads besides, so that a stream can be unpacked ahead.
    pub ahead: bool,
    /// How long a record may be: [`RECORD_BYTES_MAX`], or less where there is little memory. Of texts no more than so many
    /// bytes are handed on at once, and one record.
    pub record_bytes: usize,
}

/// Reads one split.
pub trait Cursor: Send {
    /// Adds rows until the batch is full. `false` once there are no more.
    ///
    /// # Errors
    /// If the evidence cannot be read.
    fn fill(&mut self, batch: &mut Batch) -> Result<bool>;
}

/// Where rows of an answer go, one after the other.
pub trait Sink {
    /// # Errors
    /// If the rows cannot be written.
    fn begin(&mut self, columns: &[String]) -> Result<()>;
    /// # Errors
    /// If the row cannot be written.
    fn row(&mut self, row: &[Value]) -> Result<()>;
}

/// Rows kept.
#[derive(Debug, Default)]
pub struct Kept {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<Value>>,
}

impl Sink for Kept {
    fn begin(&mut self, columns: &[String]) -> Result<()> {
        self.columns = columns.to_vec();
        Ok(())
    }

    fn row(&mut self, row: &[Value]) -> Result<()> {
        self.rows.push(row.to_vec());
        Ok(())
    }
}
