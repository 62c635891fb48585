//! Cells that are merged over several rows of a table: the value stands in the first of them and holds for all, so it is
//! filled down. Cells merged across columns are titles, and stay where they are.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::cell::{Cell, Merge, Row, Rows};
use crate::model::name;

/// A column, and the rows that its value holds for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fill {
    pub column: u32,
    pub rows: (u32, u32),
}

/// What is to be filled down in the rows behind a header, in order of the rows; `columns` are the table's, ascending.
pub fn of(merges: &[Merge], header: Option<u32>, columns: &[u32]) -> Arc<[Fill]> {
    let is_below = |merge: &&Merge| {
        merge.rows.1 > merge.rows.0
            && header.is_none_or(|header| merge.rows.0 > header)
            && columns.binary_search(&merge.columns.0).is_ok()
    };
    let mut fills: Vec<Fill> =
        merges.iter().filter(is_below).map(|merge| Fill { column: merge.columns.0, rows: merge.rows }).collect();
    fills.sort_by_key(|fill| (fill.rows, fill.column));
    fills.into()
}

/// What is to be said of it.
pub fn told(fills: &[Fill], name: impl Fn(u32) -> Option<String>) -> Option<String> {
    let mut names: Vec<String> = Vec::new();
    for fill in fills {
        if let Some(name) = name(fill.column).filter(|name| !names.contains(name)) {
            names.push(name);
        }
    }
    let columns = name::counted("column", names)?;
    let count = match fills.len() {
        1 => "1 merged cell holds for all of its rows and is".to_string(),
        count => format!("{count} merged cells hold for all of their rows and are"),
    };
    Some(format!("{count} filled down: {columns}"))
}

/// Rows with merged cells filled down.
pub struct Filled<R> {
    rows: R,
    fills: Arc<[Fill]>,
    next: usize,
    /// Those that the row stands in by their columns, each with its value. Of two in one column the later one holds.
    open: BTreeMap<u32, (Fill, Cell, Vec<u8>)>,
}

impl<R> Filled<R> {
    pub fn of(rows: R, fills: Arc<[Fill]>) -> Filled<R> {
        Filled { rows, fills, next: 0, open: BTreeMap::new() }
    }
}

impl<R: Rows> Rows for Filled<R> {
    fn next(&mut self, row: &mut Row) -> Result<bool, String> {
        if !self.rows.next(row)? {
            return Ok(false);
        }
        if self.open.is_empty() && self.next == self.fills.len() {
            return Ok(true);
        }
        self.open.retain(|_, (fill, ..)| fill.rows.1 >= row.number);
        for (fill, cell, bytes) in self.open.values() {
            let at = row.cells.partition_point(|(column, _)| *column < fill.column);
            if row.cells.get(at).is_none_or(|(column, _)| *column != fill.column) {
                let cell = match *cell {
                    Cell::Text { .. } => {
                        let (start, end) = row.keep(bytes);
                        Cell::Text { start, end }
                    }
                    other => other,
                };
                row.cells.insert(at, (fill.column, cell));
            }
        }
        while let Some(fill) = self.fills.get(self.next).filter(|fill| fill.rows.0 <= row.number) {
            self.next += 1;
            let at = row.cells.partition_point(|(column, _)| *column < fill.column);
            match row.cells.get(at).filter(|(column, _)| *column == fill.column) {
                Some((_, Cell::Error { .. } | Cell::Broken { .. } | Cell::NoValue)) | None => {}
                Some((_, cell)) if fill.rows.0 == row.number => {
                    let bytes = match *cell {
                        Cell::Text { start, end } => row.bytes[start..end].to_vec(),
                        _ => Vec::new(),
                    };
                    self.open.insert(fill.column, (*fill, *cell, bytes));
                }
                Some(_) => {}
            }
        }
        Ok(true)
    }

    fn merges(&mut self, is_over: bool) -> Option<Vec<Merge>> {
        self.rows.merges(is_over)
    }

    fn end(&mut self) -> Result<(), String> {
        self.rows.end()
    }

    fn hidden_columns(&self) -> Vec<(u32, u32)> {
        self.rows.hidden_columns()
    }
}
