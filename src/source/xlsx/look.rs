//! A first look at a sheet: its first rows, and what is in its columns.

use std::collections::{BTreeMap, VecDeque};

use super::cell::{Merge, Row, Rows, Strings};
use super::header::{self, Header};
use super::tail::{Body, Chain, Frame, Kept};
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
    /// Columns that are not shown, first and last.
    pub hidden: Vec<(u32, u32)>,
    /// All rows were looked at.
    pub is_whole: bool,
    /// The head is all of them.
    is_all_head: bool,
}

impl Look {
    /// `said` is whether the user says that there is a header.
    pub fn at(rows: &mut dyn Rows, strings: &Strings, said: Option<bool>) -> Look {
        let mut look = Look {
            head: Vec::new(),
            columns: BTreeMap::new(),
            merges: None,
            hidden: Vec::new(),
            is_whole: false,
            is_all_head: false,
        };
        let (mut row, mut cells) = (Row::default(), 0);
        // What breaks is told by the scan, which reads the same.
        let mut is_broken = false;
        while look.head.len() < HEAD_ROWS && cells < HEAD_CELLS && !look.is_whole && !is_broken {
            match rows.next(&mut row) {
                Ok(true) => {
                    cells += row.cells.len();
                    look.head.push(row.clone());
                }
                Ok(false) => look.is_whole = true,
                Err(_) => is_broken = true,
            }
        }
        look.is_all_head = look.is_whole;
        if !look.is_whole && !is_broken {
            look.see_rest(rows, strings, cells, said);
        }
        look.hidden = rows.hidden_columns();
        look.merges = rows.merges(look.is_whole);
        look
    }

    /// The rows behind the head, without what is none of the table.
    fn see_rest(&mut self, rows: &mut dyn Rows, strings: &Strings, mut cells: usize, said: Option<bool>) {
        let (mut row, mut scratch) = (Row::default(), Vec::new());
        // Merged cells are not known yet; they tell of rows that have no numbers to add up.
        let header = header::find(&self.head, strings, None, said);
        let kept: VecDeque<Row> = self.head.iter().cloned().collect();
        let last = kept.back().map_or(0, |row| row.number);
        let Ok(mut body) = Body::of(Chain { kept, rest: rows }, self.frame(&header)) else { return };
        while cells < CELLS {
            match body.next(&mut row, strings) {
                Ok(true) => {}
                Ok(false) => {
                    self.is_whole = true;
                    return;
                }
                Err(_) => return,
            }
            if row.number <= last {
                continue;
            }
            cells += row.cells.len();
            for (column, cell) in &row.cells {
                self.columns.entry(*column).or_default().see(*cell, &row, strings, &mut scratch);
            }
        }
    }

    /// What is known of the table below a header.
    pub fn frame(&self, header: &Header) -> Frame {
        let below = self.head.iter().skip(header.skipped).map(|row| row.cells.len()).max().unwrap_or(0);
        let width = below.max(header.names.len());
        Frame { skipped: header.skipped, width, again: header.again.clone().into() }
    }

    /// The columns of the table: those that the header names, and those with a value below it.
    pub fn columns(&self, header: &Header, strings: &Strings) -> BTreeMap<u32, Seen> {
        let mut columns = self.columns.clone();
        for column in header.names.keys() {
            columns.entry(*column).or_default();
        }
        let kept = Kept { rows: self.head.iter().cloned().collect(), is_whole: self.is_all_head };
        let Ok(mut body) = Body::of(kept, self.frame(header)) else { return columns };
        let (mut row, mut scratch) = (Row::default(), Vec::new());
        while let Ok(true) = body.next(&mut row, strings) {
            for (column, cell) in &row.cells {
                columns.entry(*column).or_default().see(*cell, &row, strings, &mut scratch);
            }
        }
        columns
    }
}
