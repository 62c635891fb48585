//! A first look at a sheet: its first rows, and what is in its columns.

use std::collections::BTreeMap;

use super::cell::{Merge, Row, Rows, Strings};
use super::header::Header;
use super::tail::{Body, Kept};
use super::typing::Seen;

/// Rows kept to find the header in.
const HEAD_ROWS: usize = 200;
const HEAD_CELLS: usize = 50_000;
/// A sheet of up to so many cells is looked at in full; of a larger one, its beginning tells the types.
const CELLS: usize = if cfg!(test) { 2_000 } else { 300_000 };

pub struct Look {
    pub head: Vec<Row>,
    /// Of the rows behind the head.
    pub columns: BTreeMap<u32, Seen>,
    pub merges: Option<Vec<Merge>>,
    /// All rows were looked at.
    pub is_whole: bool,
}

impl Look {
    pub fn at(rows: &mut dyn Rows, strings: &Strings) -> Look {
        let mut look = Look { head: Vec::new(), columns: BTreeMap::new(), merges: None, is_whole: false };
        let (mut row, mut cells, mut width) = (Row::default(), 0, 0);
        // What breaks is told by the scan, which reads the same.
        let mut is_broken = false;
        while look.head.len() < HEAD_ROWS && cells < HEAD_CELLS && !look.is_whole && !is_broken {
            match rows.next(&mut row) {
                Ok(true) => {
                    cells += row.cells.len();
                    width = width.max(row.cells.len());
                    look.head.push(row.clone());
                }
                Ok(false) => look.is_whole = true,
                Err(_) => is_broken = true,
            }
        }
        if !look.is_whole && !is_broken {
            look.see_rest(rows, width, strings, cells);
        }
        look.merges = rows.merges(look.is_whole);
        look
    }

    /// The rows behind the head, without what stands below the table.
    fn see_rest(&mut self, rows: &mut dyn Rows, width: usize, strings: &Strings, mut cells: usize) {
        let (mut row, mut scratch) = (Row::default(), Vec::new());
        let Ok(mut body) = Body::of(rows, 0, width) else { return };
        while cells < CELLS {
            match body.next(&mut row, strings) {
                Ok(true) => {}
                Ok(false) => {
                    self.is_whole = true;
                    return;
                }
                Err(_) => return,
            }
            cells += row.cells.len();
            for (column, cell) in &row.cells {
                self.columns.entry(*column).or_default().see(*cell, &row, strings, &mut scratch);
            }
        }
    }

    /// The columns of the table: those that the header names, and those with a value below it.
    pub fn columns(&self, header: &Header, strings: &Strings) -> BTreeMap<u32, Seen> {
        let mut columns = self.columns.clone();
        for column in header.names.keys() {
            columns.entry(*column).or_default();
        }
        let below = self.head.iter().skip(header.skipped);
        let width = below.clone().map(|row| row.cells.len()).max().unwrap_or(0).max(columns.len());
        let Ok(mut body) = Body::of(Kept(below.cloned().collect()), 0, width) else { return columns };
        let (mut row, mut scratch) = (Row::default(), Vec::new());
        while let Ok(true) = body.next(&mut row, strings) {
            for (column, cell) in &row.cells {
                columns.entry(*column).or_default().see(*cell, &row, strings, &mut scratch);
            }
        }
        columns
    }
}
