//! One table of a SQLite file: typed by what is stored, read in ranges of rowids by several threads, or by its key
//! where it has no rowid. A page that SQLite cannot read ends its range, and is counted.

use std::sync::Arc;

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::Database;
use super::stored::{self, Declared, Seen, Shape};
use crate::error::{Error, Result};
use crate::model::column::{BATCH_ROWS, Batch, Column, Kind};
use crate::model::coverage::{Fault, Report};
use crate::model::scan::{Cursor, Request, Scan, Table};
use crate::model::zone::Clock;
use crate::source::Spec;

/// Rows of one split, if rowids are dense. Tests have small ones, so that a few rows are divided.
const SPLIT_ROWIDS: i64 = if cfg!(test) { 7 } else { 65_536 };
const SPLITS_MAX: i64 = 512;

/// How rows are walked through in order.
#[derive(Debug, Clone)]
enum Walk {
    /// By this name of the rowid, between the smallest and the largest.
    Rowid { name: &'static str, from: i64, to: i64 },
    /// By the primary key of a table without rowids.
    Key(Vec<String>),
}

pub struct SqliteTable {
    database: Arc<Database>,
    name: String,
    stored: Vec<String>,
    shapes: Arc<[Shape]>,
    /// The stored ones, then `_file` and `_line`, which for a database is the rowid.
    columns: Vec<Column>,
    walk: Walk,
    clock: Clock,
}

pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

impl SqliteTable {
    pub fn open(database: Arc<Database>, name: &str, spec: &Spec) -> Result<(SqliteTable, Vec<String>)> {
        let (declared, key) = database.with(|connection| columns_of(connection, name))?;
        let stored: Vec<String> = declared.iter().map(|column| column.name.clone()).collect();
        let walk = database.with(|connection| walk_of(connection, name, &stored, &key))?;
        let seen = database.with(|connection| sample(connection, name, &declared, &walk))?;
        let (shapes, notes) = stored::shapes(&declared, &seen, spec);
        let mut columns: Vec<Column> =
            stored.iter().zip(&shapes).map(|(name, shape)| Column::new(name, shape.kind())).collect();
        columns.push(Column::new("_file", Kind::Text));
        columns.push(Column::new("_line", Kind::Int));
        let table = SqliteTable {
            database,
            name: name.to_string(),
            stored,
            shapes: shapes.into(),
            columns,
            walk,
            clock: spec.clock(),
        };
        Ok((table, notes))
    }

    fn ranges(&self) -> Vec<(i64, i64)> {
        let Walk::Rowid { from, to, .. } = self.walk else { return vec![(0, 0)] };
        let span = to.saturating_sub(from);
        let step = SPLIT_ROWIDS.max(span / SPLITS_MAX + 1);
        let mut ranges = Vec::new();
        let mut start = from;
        loop {
            let end = start.saturating_add(step - 1).min(to);
            ranges.push((start, end));
            match end.checked_add(1) {
                Some(next) if next <= to => start = next,
                _ => return ranges,
            }
        }
    }
}

fn columns_of(connection: &Connection, table: &str) -> rusqlite::Result<(Vec<Declared>, Vec<String>)> {
    let mut statement = connection.prepare("SELECT name, type, pk, hidden FROM pragma_table_xinfo(?) ORDER BY cid")?;
    let rows: Vec<(String, String, i64, i64)> = statement
        .query_map([table], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
        .collect::<rusqlite::Result<_>>()?;
    // Hidden 1 is a hidden column of a virtual table; 2 and 3 are generated ones, which have values.
    let declared = |(name, kind, ..): &(String, String, i64, i64)| Declared { name: name.clone(), kind: kind.clone() };
    let names = rows.iter().filter(|(.., hidden)| *hidden != 1).map(declared).collect();
    let mut key: Vec<(i64, String)> =
        rows.into_iter().filter(|(_, _, pk, _)| *pk > 0).map(|(name, _, pk, _)| (pk, name)).collect();
    key.sort();
    Ok((names, key.into_iter().map(|(_, name)| name).collect()))
}

fn walk_of(connection: &Connection, table: &str, columns: &[String], key: &[String]) -> rusqlite::Result<Walk> {
    let free = ["rowid", "_rowid_", "oid"]
        .into_iter()
        .find(|name| !columns.iter().any(|column| column.eq_ignore_ascii_case(name)));
    if let Some(name) = free {
        let sql = format!("SELECT (SELECT min({name}) FROM {0}), (SELECT max({name}) FROM {0})", quoted(table));
        let range =
            connection.query_row(&sql, [], |row| Ok((row.get::<_, Option<i64>>(0)?, row.get::<_, Option<i64>>(1)?)));
        match range {
            Ok((from, to)) => return Ok(Walk::Rowid { name, from: from.unwrap_or(0), to: to.unwrap_or(-1) }),
            // A table without rowids says there is no such column.
            Err(cause) if key.is_empty() => return Err(cause),
            Err(_) => {}
        }
    }
    Ok(Walk::Key(key.to_vec()))
}

/// What is stored in each column: in all rows of a table that is not large, else in some from all over it.
fn sample(connection: &Connection, table: &str, columns: &[Declared], walk: &Walk) -> rusqlite::Result<Vec<Seen>> {
    const WHOLE_ROWS: i64 = 50_000;
    const PLACES: i64 = 12;
    let mut seen: Vec<Seen> = columns.iter().map(Seen::of).collect();
    let list = columns.iter().map(|column| quoted(&column.name)).collect::<Vec<_>>().join(", ");
    let mut look = |sql: &str, from: i64| -> rusqlite::Result<()> {
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = if sql.contains('?') { statement.query([from])? } else { statement.query([])? };
        // A page that cannot be read ends the sample here, and the scan says so.
        while let Ok(Some(row)) = rows.next() {
            for (index, seen) in seen.iter_mut().enumerate() {
                seen.see(row.get_ref(index)?);
            }
        }
        Ok(())
    };
    match walk {
        Walk::Rowid { from, to, .. } if to.saturating_sub(*from) <= WHOLE_ROWS => {
            look(&format!("SELECT {list} FROM {}", quoted(table)), 0)?;
        }
        Walk::Rowid { name, from, to } => {
            let sql = format!("SELECT {list} FROM {} WHERE {name} >= ? ORDER BY {name} LIMIT 512", quoted(table));
            let step = to.saturating_sub(*from) / PLACES;
            for place in 0..PLACES {
                look(&sql, from.saturating_add(place.saturating_mul(step)))?;
            }
        }
        Walk::Key(_) => look(&format!("SELECT {list} FROM {} LIMIT {WHOLE_ROWS}", quoted(table)), 0)?,
    }
    Ok(seen)
}

impl Table for SqliteTable {
    fn columns(&self) -> &[Column] {
        &self.columns
    }

    fn hidden(&self) -> usize {
        2
    }

    fn scan(self: Arc<Self>, request: Request) -> Result<Box<dyn Scan>> {
        Ok(Box::new(SqliteScan { ranges: self.ranges(), table: self, request: Arc::new(request) }))
    }
}

struct SqliteScan {
    table: Arc<SqliteTable>,
    ranges: Vec<(i64, i64)>,
    request: Arc<Request>,
}

impl Scan for SqliteScan {
    fn splits(&self) -> usize {
        self.ranges.len()
    }

    fn cursor(&self, split: usize) -> Result<Box<dyn Cursor>> {
        Ok(self.table.cursor(split, self.ranges[split], &self.request))
    }
}

impl SqliteTable {
    fn cursor(&self, split: usize, (from, to): (i64, i64), request: &Arc<Request>) -> Box<dyn Cursor> {
        let own = self.stored.len();
        let wanted: Vec<(usize, usize)> = request
            .projection
            .iter()
            .enumerate()
            .filter(|(_, column)| **column < own)
            .map(|(out, column)| (out, *column))
            .collect();
        let mut list: Vec<String> = wanted.iter().map(|(_, column)| quoted(&self.stored[*column])).collect();
        let sql = match &self.walk {
            Walk::Rowid { name, .. } => {
                list.push((*name).to_string());
                let list = list.join(", ");
                format!(
                    "SELECT {list} FROM {} WHERE {name} BETWEEN ? AND ? ORDER BY {name} LIMIT {BATCH_ROWS}",
                    quoted(&self.name)
                )
            }
            Walk::Key(key) => {
                let key = key.iter().map(|name| quoted(name)).collect::<Vec<_>>();
                list.extend(key.iter().cloned());
                let (list, key) = (list.join(", "), key.join(", "));
                format!("SELECT {list} FROM {} ORDER BY {key} LIMIT {BATCH_ROWS}", quoted(&self.name))
            }
        };
        let position = |wanted: usize| request.projection.iter().position(|column| *column == wanted);
        Box::new(SqliteCursor {
            database: self.database.clone(),
            sql,
            key: if let Walk::Key(key) = &self.walk { key.clone() } else { Vec::new() },
            last_key: Vec::new(),
            place: format!("{}#{}", self.database.shown, self.name).into(),
            wanted,
            shapes: self.shapes.clone(),
            names: self.stored.clone(),
            file_slot: position(own),
            line_slot: position(own + 1),
            next: from,
            to,
            clock: self.clock,
            report: Report::default(),
            request: request.clone(),
            split,
            last: None,
        })
    }
}

struct SqliteCursor {
    database: Arc<Database>,
    sql: String,
    /// The primary key, of a table without rowids, and its last value seen.
    key: Vec<String>,
    last_key: Vec<Value>,
    place: Arc<str>,
    wanted: Vec<(usize, usize)>,
    shapes: Arc<[Shape]>,
    names: Vec<String>,
    file_slot: Option<usize>,
    line_slot: Option<usize>,
    next: i64,
    to: i64,
    clock: Clock,
    report: Report,
    request: Arc<Request>,
    split: usize,
    /// The rowid of the last row.
    last: Option<i64>,
}

impl SqliteCursor {
    /// Up to a batch of rows, beginning after the last one. Returns whether there may be more.
    fn step(&mut self, connection: &Connection, batch: &mut Batch) -> rusqlite::Result<bool> {
        let sql = self.statement();
        let mut statement = connection.prepare_cached(&sql)?;
        let mut rows = if self.key.is_empty() {
            statement.query([self.next, self.to])?
        } else {
            statement.query(params_from_iter(self.last_key.iter()))?
        };
        let mut count = 0;
        let texts = |batch: &Batch| batch.columns.iter().map(|column| column.bytes.len()).sum::<usize>();
        let before = texts(batch);
        while let Some(row) = rows.next()? {
            let rowid = if self.key.is_empty() { row.get::<_, i64>(self.wanted.len())? } else { 0 };
            if self.key.is_empty() && self.last.is_some_and(|last| rowid <= last) {
                let why = "damaged: rows are out of order; some may be missing".to_string();
                let last = self.last.unwrap_or(0);
                self.report.fault(Fault::Damaged(why), || (self.place.clone(), last.unsigned_abs()));
            }
            for (index, (out, column)) in self.wanted.iter().enumerate() {
                let value = row.get_ref(index)?;
                let (shape, out) = (self.shapes[*column], &mut batch.columns[*out]);
                if let Some(misfit) = stored::push(value, shape, self.clock, out) {
                    let fault = misfit.fault(&self.names[*column], shape);
                    self.report.fault(fault, || (self.place.clone(), rowid.unsigned_abs()));
                }
            }
            if let Some(slot) = self.file_slot {
                batch.columns[slot].push_text(&self.place);
            }
            if let Some(slot) = self.line_slot {
                if self.key.is_empty() { batch.columns[slot].push_int(rowid) } else { batch.columns[slot].push_null() }
            }
            if self.key.is_empty() {
                self.last = self.last.max(Some(rowid));
            } else {
                let first = self.wanted.len();
                self.last_key =
                    (0..self.key.len()).map(|index| row.get(first + index)).collect::<rusqlite::Result<_>>()?;
            }
            batch.rows += 1;
            count += 1;
        }
        self.report.rows += count as u64;
        self.request.coverage.read((texts(batch) - before + count * 8 * self.wanted.len()) as u64);
        if self.key.is_empty() {
            // Rows that are out of order must not lead back to where this one began.
            let next = self.last.filter(|last| *last >= self.next && *last < self.to);
            let Some(next) = next else { return Ok(false) };
            self.next = next + 1;
        }
        // A row takes two bytes at least: one that has more rows goes in circles.
        if self.report.rows > self.database.bytes() {
            let why = "damaged: its keys lead in a circle; rows are counted several times".to_string();
            self.report.fault(Fault::Damaged(why), || (self.place.clone(), 0));
            return Ok(false);
        }
        Ok(count == BATCH_ROWS)
    }

    fn statement(&self) -> String {
        if self.key.is_empty() || self.last_key.is_empty() {
            return self.sql.clone();
        }
        let key = self.key.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ");
        let marks = vec!["?"; self.key.len()].join(", ");
        self.sql.replacen(" ORDER BY ", &format!(" WHERE ({key}) > ({marks}) ORDER BY "), 1)
    }
}

impl Cursor for SqliteCursor {
    fn fill(&mut self, batch: &mut Batch) -> Result<bool> {
        if self.request.coverage.is_interrupted() {
            return Err(Error::interrupted());
        }
        let database = self.database.clone();
        let more = database.with(|connection| {
            let rows = batch.rows;
            match self.step(connection, batch) {
                Ok(more) => Ok(more),
                Err(cause) => {
                    // Values of the row that could not be finished.
                    let whole = batch.rows;
                    batch.columns.iter_mut().for_each(|column| column.truncate(whole));
                    self.report.rows += (whole - rows) as u64;
                    let why =
                        format!("damaged: the database cannot be read on ({cause}); what follows of this part is lost");
                    let place = (self.place.clone(), self.last.unwrap_or(self.next).unsigned_abs());
                    self.report.fault(Fault::Damaged(why), || place);
                    Ok(false)
                }
            }
        })?;
        if !more {
            self.database.unchanged()?;
            self.request.coverage.finish(&self.request.table, self.split, &self.report);
        }
        Ok(more)
    }
}
