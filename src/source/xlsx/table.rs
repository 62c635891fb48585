//! One sheet as a table: one split, since a sheet can only be read from its beginning.

use std::sync::Arc;

use super::Workbook;
use super::cell::{Row, Rows};
use super::fill::{self, Fill, Filled};
use super::tail::{Body, Frame};
use super::typing::Typing;
use crate::error::{Error, Result};
use crate::model::column::{Batch, Column, Kind};
use crate::model::coverage::{Fault, Report};
use crate::model::scan::{Cursor, Request, Scan, Table};
use crate::model::sheet::Oddity;
use crate::model::zone::Clock;

pub struct SheetTable {
    pub workbook: Arc<Workbook>,
    /// Which of its sheets.
    pub sheet: usize,
    /// The file and the sheet: `_file`.
    pub place: Arc<str>,
    pub frame: Frame,
    /// The last row of the header.
    pub header: Option<u32>,
    /// Merged cells that hold for several rows.
    pub fills: Arc<[Fill]>,
    /// Whether these are all there are: else they are asked for behind the last row.
    pub knows_merges: bool,
    /// The sheet's columns in the table's order, ascending.
    pub stands_in: Vec<u32>,
    pub typings: Vec<Typing>,
    /// The table's own, then `_file` and `_line`.
    pub columns: Vec<Column>,
    pub clock: Clock,
}

impl Table for SheetTable {
    fn columns(&self) -> &[Column] {
        &self.columns
    }

    fn scan(self: Arc<Self>, request: Request) -> Result<Box<dyn Scan>> {
        Ok(Box::new(SheetScan { table: self, request: Arc::new(request) }))
    }
}

struct SheetScan {
    table: Arc<SheetTable>,
    request: Arc<Request>,
}

impl Scan for SheetScan {
    fn splits(&self) -> usize {
        1
    }

    fn cursor(&self, _: usize) -> Result<Box<dyn Cursor>> {
        let (table, request) = (&self.table, &self.request);
        let own = table.typings.len();
        let mut report = Report::default();
        let ahead = request.threads > 1 || request.ahead;
        let begun = table
            .workbook
            .rows(table.sheet, ahead)
            .and_then(|rows| Body::of(Filled::of(rows, table.fills.clone()), table.frame.clone()));
        let body = begun.map_err(|why| report.fault(Fault::Damaged(why), || (table.place.clone(), 0))).ok();
        let mut slots = vec![None; table.stands_in.last().map_or(0, |last| *last as usize + 1)];
        for (out, column) in request.projection.iter().enumerate().filter(|(_, column)| **column < own) {
            slots[table.stands_in[*column] as usize] = Some((out, *column));
        }
        let position = |wanted: usize| request.projection.iter().position(|column| *column == wanted);
        let known = (0..slots.len() as u32).map(|column| table.stands_in.binary_search(&column).is_ok()).collect();
        Ok(Box::new(SheetCursor {
            body,
            slots,
            known,
            wanted: request
                .projection
                .iter()
                .enumerate()
                .filter(|(_, column)| **column < own)
                .map(|(out, _)| out)
                .collect(),
            file: position(own),
            line: position(own + 1),
            row: Row::default(),
            scratch: Vec::new(),
            last: None,
            report,
            table: table.clone(),
            request: request.clone(),
        }))
    }
}

struct SheetCursor {
    /// `None` of a sheet that cannot be read at all.
    body: Option<Body<Filled<Box<dyn Rows>>>>,
    /// By the sheet's column: the buffer it goes to, and the table's column.
    slots: Vec<Option<(usize, usize)>>,
    /// By the sheet's column: whether it is one of the table.
    known: Vec<bool>,
    wanted: Vec<usize>,
    file: Option<usize>,
    line: Option<usize>,
    row: Row,
    scratch: Vec<u8>,
    /// The row before.
    last: Option<u32>,
    report: Report,
    table: Arc<SheetTable>,
    request: Arc<Request>,
}

impl SheetCursor {
    fn push(&mut self, batch: &mut Batch) {
        let (table, row) = (&self.table, &self.row);
        let place = || (table.place.clone(), u64::from(row.number));
        let strings = table.workbook.strings();
        let mut is_ragged = false;
        for (column, cell) in &row.cells {
            let at = *column as usize;
            is_ragged |= !self.known.get(at).copied().unwrap_or(false);
            let Some((out, own)) = self.slots.get(at).copied().flatten() else { continue };
            let buffer = &mut batch.columns[out];
            if buffer.valid.len() > batch.rows {
                // A cell that is there twice.
                is_ragged = true;
                continue;
            }
            let misfit = table.typings[own].push(*cell, (row, strings), table.clock, buffer, &mut self.scratch);
            if let Some(misfit) = misfit {
                self.report.fault(misfit.fault(&table.columns[own].name), place);
            }
            for doubt in buffer.doubts.drain(..) {
                self.report.fault(Fault::of_doubt(doubt, &table.columns[own].name, false), place);
            }
        }
        if is_ragged {
            self.report.fault(Fault::Ragged, place);
        }
        for out in &self.wanted {
            if batch.columns[*out].valid.len() == batch.rows {
                batch.columns[*out].push_null();
            }
        }
        if let Some(slot) = self.file {
            batch.columns[slot].push_text(&table.place);
        }
        if let Some(slot) = self.line {
            batch.columns[slot].push_int(row.number.into());
        }
        let next = self.last.map_or(row.number, |last| last.saturating_add(1));
        let aside = self.body.as_ref().map(|body| &body.aside);
        for blank in (next..row.number).filter(|blank| aside.is_none_or(|aside| !aside.has(*blank))) {
            self.report.fault(Fault::Blank, || (table.place.clone(), u64::from(blank)));
        }
        if row.is_hidden {
            self.report.fault(Fault::Sheet(Oddity::Hidden), place);
        }
        self.last = Some(row.number);
        batch.rows += 1;
        self.report.rows += 1;
    }

    /// `is_whole`: nothing broke before the last row.
    fn finish(&mut self, is_whole: bool) {
        if let Some(body) = &mut self.body {
            let place = |number: u32| (self.table.place.clone(), u64::from(number));
            let aside = &body.aside;
            let told = [
                (&aside.footer, Fault::Sheet(Oddity::Sum)),
                (&aside.again, Fault::HeaderAgain),
                (&aside.doubts, Fault::Sheet(Oddity::LikeSum)),
                (&aside.headers, Fault::Sheet(Oddity::LikeHeader)),
            ];
            for (numbers, fault) in told {
                numbers.iter().for_each(|number| self.report.fault(fault.clone(), || place(*number)));
            }
            if !self.table.knows_merges {
                let merges = body.rows().merges(true).unwrap_or_default();
                let below = fill::of(&merges, self.table.header, &self.table.stands_in);
                below
                    .iter()
                    .for_each(|fill| self.report.fault(Fault::Sheet(Oddity::MergedDown), || place(fill.rows.0)));
            }
            if let Some(why) = body.rows().end().err().filter(|_| is_whole) {
                self.report.fault(Fault::Damaged(why), || place(self.last.unwrap_or(0)));
            }
        }
        self.request.coverage.read(self.table.workbook.bytes(self.table.sheet));
        self.request.coverage.finish(&self.request.table, 0, &self.report);
    }
}

impl Cursor for SheetCursor {
    fn fill(&mut self, batch: &mut Batch) -> Result<bool> {
        if self.request.coverage.is_interrupted() {
            return Err(Error::interrupted());
        }
        while !batch.is_full() {
            let Some(body) = &mut self.body else {
                self.finish(true);
                return Ok(false);
            };
            match body.next(&mut self.row, self.table.workbook.strings()) {
                Ok(true) => self.push(batch),
                Ok(false) => {
                    self.finish(true);
                    return Ok(false);
                }
                Err(why) => {
                    let at = self.last.map_or(0, u64::from);
                    self.report.fault(Fault::Damaged(why), || (self.table.place.clone(), at));
                    self.finish(false);
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }
}

/// The columns of a table: its own, and where each row came from.
pub fn with_places(own: Vec<Column>) -> Vec<Column> {
    own.into_iter().chain([Column::new("_file", Kind::Text), Column::new("_line", Kind::Int)]).collect()
}
