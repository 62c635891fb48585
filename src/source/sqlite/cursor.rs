//! The rows of one split: a range of rowids read in batches, or a whole table without rowids in one go. What SQLite
//! cannot read is counted, and what stands behind it is read from the other end.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use rusqlite::{Connection, Row};

use super::Database;
use super::stored::{self, Shape};
use crate::error::{Error, Result};
use crate::model::column::{BATCH_ROWS, Batch, Kind};
use crate::model::coverage::{Fault, Report};
use crate::model::scan::{Cursor, Request};
use crate::model::zone::Clock;

/// Where a row's values go.
#[derive(Clone)]
pub struct Slots {
    /// Of each value of the SELECT: its buffer, and its column.
    pub wanted: Vec<(usize, usize)>,
    pub shapes: Arc<[Shape]>,
    pub names: Arc<[String]>,
    pub place: Arc<str>,
    pub file: Option<usize>,
    pub line: Option<usize>,
    pub clock: Clock,
}

impl Slots {
    /// Adds a row; one whose values cannot be read whole is taken back.
    fn push(&self, row: &Row, rowid: Option<i64>, batch: &mut Batch, report: &mut Report) -> rusqlite::Result<()> {
        let place = || (self.place.clone(), rowid.unwrap_or(0).unsigned_abs());
        for (index, (out, column)) in self.wanted.iter().enumerate() {
            let value = match row.get_ref(index) {
                Ok(value) => value,
                Err(cause) => {
                    let whole = batch.rows;
                    batch.columns.iter_mut().for_each(|column| column.truncate(whole));
                    return Err(cause);
                }
            };
            let shape = self.shapes[*column];
            if let Some(misfit) = stored::push(value, shape, self.clock, &mut batch.columns[*out]) {
                report.fault(misfit.fault(&self.names[*column], shape), place);
            }
            for doubt in batch.columns[*out].doubts.drain(..) {
                report.fault(Fault::of_doubt(doubt, &self.names[*column], false), place);
            }
        }
        if let Some(slot) = self.file {
            batch.columns[slot].push_text(&self.place);
        }
        if let Some(slot) = self.line {
            match rowid {
                Some(rowid) => batch.columns[slot].push_int(rowid),
                None => batch.columns[slot].push_null(),
            }
        }
        batch.rows += 1;
        batch.bytes = batch.columns.iter().map(|column| column.bytes.len()).sum();
        report.rows += 1;
        Ok(())
    }
}

/// SQLite gives no more values in a row.
pub const VALUES_MAX: usize = 2_000;

/// A range of rowids, both ends among them.
pub struct Ranged {
    pub database: Arc<Database>,
    pub slots: Slots,
    /// Up to `WHERE`; the rowid is its last value, unless that would be too many: then it is asked for by itself.
    pub select: String,
    pub rowids: Option<String>,
    pub rowid: &'static str,
    pub next: i64,
    pub to: i64,
    pub request: Arc<Request>,
    pub split: usize,
    pub state: State,
}

/// How far a range has been read.
#[derive(Default)]
pub struct State {
    report: Report,
    /// The highest rowid so far.
    last: Option<i64>,
    /// Why it could not be read on: from there on it is read from its other end.
    broken: Option<String>,
}

impl Ranged {
    /// Up to a batch of rows. Returns whether there may be more.
    fn step(&mut self, connection: &Connection, batch: &mut Batch) -> rusqlite::Result<bool> {
        let (rowid, down) = (self.rowid, if self.state.broken.is_some() { "DESC" } else { "" });
        let within = format!("WHERE {rowid} BETWEEN ? AND ? ORDER BY {rowid} {down} LIMIT {BATCH_ROWS}");
        let rowids: Option<Vec<i64>> = match &self.rowids {
            None => None,
            Some(select) => {
                let mut statement = connection.prepare_cached(&format!("{select} {within}"))?;
                let rows = statement.query_map([self.next, self.to], |row| row.get(0))?;
                Some(rows.collect::<rusqlite::Result<_>>()?)
            }
        };
        let mut statement = connection.prepare_cached(&format!("{} {within}", self.select))?;
        let mut rows = statement.query([self.next, self.to])?;
        let mut count = 0;
        while let Some(row) = rows.next()? {
            let rowid: i64 = match &rowids {
                None => row.get(self.slots.wanted.len())?,
                Some(rowids) => *rowids.get(count).ok_or(rusqlite::Error::QueryReturnedNoRows)?,
            };
            self.slots.push(row, Some(rowid), batch, &mut self.state.report)?;
            if self.state.broken.is_some() {
                self.to = self.to.min(rowid.saturating_sub(1));
            } else {
                if self.state.last.is_some_and(|last| rowid <= last) {
                    let why = "damaged: rows are out of order; some may be missing".to_string();
                    self.state.report.fault(Fault::Damaged(why), || (self.slots.place.clone(), rowid.unsigned_abs()));
                }
                self.state.last = self.state.last.max(Some(rowid));
            }
            count += 1;
            if batch.is_full() {
                break;
            }
        }
        if self.state.broken.is_none() {
            // Rows that are out of order must not lead back to where this one began.
            let next = self.state.last.filter(|last| *last >= self.next && *last < self.to);
            let Some(next) = next else { return Ok(false) };
            self.next = next + 1;
        }
        Ok((count == BATCH_ROWS || batch.is_full()) && self.next <= self.to)
    }

    fn finish(&mut self) -> Result<()> {
        self.database.unchanged()?;
        if let Some(cause) = &self.state.broken {
            let lost = if self.next <= self.to {
                format!("rows from {} to {} are lost", self.next, self.to)
            } else {
                "rows may be lost".to_string()
            };
            let why = format!("damaged: the database cannot be read ({cause}): {lost}");
            self.state.report.fault(Fault::Damaged(why), || (self.slots.place.clone(), self.next.unsigned_abs()));
        }
        self.request.coverage.finish(&self.request.table, self.split, &self.state.report);
        Ok(())
    }
}

impl Cursor for Ranged {
    fn fill(&mut self, batch: &mut Batch) -> Result<bool> {
        if self.request.coverage.is_interrupted() {
            return Err(Error::interrupted());
        }
        let database = self.database.clone();
        let more = database.with(|connection| match self.step(connection, batch) {
            Ok(more) => Ok(more),
            Err(_) if self.state.broken.is_some() => Ok(false),
            Err(cause) => {
                self.state.broken = Some(cause.to_string());
                self.next = self.state.last.map_or(self.next, |last| last.saturating_add(1));
                Ok(self.next <= self.to)
            }
        })?;
        self.request.coverage.read(batch.columns.iter().map(|column| column.bytes.len() as u64 + 8).sum());
        if !more {
            self.finish()?;
        }
        Ok(more)
    }
}

/// A table that cannot be divided, read by a thread of its own from its first row to its last.
pub struct Whole {
    batches: Receiver<Result<Option<Batch>>>,
}

impl Whole {
    /// `damage` is why it is not divided, if it should be.
    pub fn start(
        database: Arc<Database>,
        slots: Slots,
        sql: String,
        kinds: Vec<Kind>,
        request: Arc<Request>,
        damage: Option<String>,
    ) -> Whole {
        const BATCHES_MAX: usize = 4;
        let (to, batches) = sync_channel(BATCHES_MAX);
        thread::spawn(move || {
            let mut report = Report::default();
            let place = || (slots.place.clone(), 0);
            damage.into_iter().for_each(|why| report.fault(Fault::Damaged(why), place));
            let read = database.with(|connection| read(connection, &slots, &sql, &kinds, &request, &mut report, &to));
            let outcome = read.and_then(|()| database.unchanged());
            request.coverage.finish(&request.table, 0, &report);
            // Nobody may be there any more to be told.
            to.send(outcome.map(|()| None)).ok();
        });
        Whole { batches }
    }
}

fn read(
    connection: &Connection,
    slots: &Slots,
    sql: &str,
    kinds: &[Kind],
    request: &Request,
    report: &mut Report,
    to: &SyncSender<Result<Option<Batch>>>,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    loop {
        let mut batch = Batch::new(kinds.iter().copied()).with_at_most(request.record_bytes);
        let mut more = true;
        while more && !batch.is_full() {
            let pushed = match rows.next() {
                Ok(Some(row)) => slots.push(row, None, &mut batch, report),
                Ok(None) => {
                    more = false;
                    Ok(())
                }
                Err(cause) => Err(cause),
            };
            if let Err(cause) = pushed {
                let why = format!("damaged: the database cannot be read on ({cause}); what follows is lost");
                report.fault(Fault::Damaged(why), || (slots.place.clone(), 0));
                more = false;
            }
        }
        let is_wanted = to.send(Ok(Some(batch))).is_ok() && !request.coverage.is_interrupted();
        if !is_wanted || !more {
            return Ok(());
        }
    }
}

impl Cursor for Whole {
    fn fill(&mut self, batch: &mut Batch) -> Result<bool> {
        match self.batches.recv() {
            Ok(Ok(Some(read))) => {
                *batch = read;
                Ok(true)
            }
            Ok(Ok(None)) => Ok(false),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(Error::internal("a reader stopped before its end")),
        }
    }
}
