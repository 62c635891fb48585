//! One table of a SQLite file: typed by what is stored, read in ranges of rowids by several threads, or by its key
//! where it has no rowid. A page that SQLite cannot read ends its range, and is counted.

use std::sync::Arc;

use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, params_from_iter};

use super::Database;
use crate::error::{Error, Result};
use crate::model::column::{BATCH_ROWS, Batch, Buffer, Column, Kind};
use crate::model::coverage::{Fault, Report};
use crate::model::scan::{Cursor, Request, Scan, Table};
use crate::model::zone::Clock;
use crate::source::Spec;
use crate::source::infer::{Guess, Reading};

/// Rows of one split, if rowids are dense. Tests have small ones, so that a few rows are divided.
const SPLIT_ROWIDS: i64 = if cfg!(test) { 7 } else { 65_536 };
const SPLITS_MAX: i64 = 512;

/// How a column's stored values are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Int,
    Float,
    Epoch,
    Text(Reading),
    Blob,
}

impl Shape {
    fn kind(self) -> Kind {
        match self {
            Shape::Int => Kind::Int,
            Shape::Float => Kind::Float,
            Shape::Epoch => Kind::Time,
            Shape::Text(reading) => reading.kind(),
            Shape::Blob => Kind::Blob,
        }
    }
}

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
        let (stored, key) = database.with(|connection| columns_of(connection, name))?;
        let walk = database.with(|connection| walk_of(connection, name, &stored, &key))?;
        let seen = database.with(|connection| sample(connection, name, &stored, &walk))?;
        let shapes: Vec<Shape> = stored
            .iter()
            .zip(&seen)
            .map(|(column, seen)| {
                let as_text = spec.as_text.iter().any(|text| text.eq_ignore_ascii_case(column));
                if as_text { Shape::Text(Reading::Text) } else { seen.shape(column) }
            })
            .collect();
        let zoneless = seen
            .iter()
            .zip(&shapes)
            .any(|(seen, shape)| seen.text.is_zoneless() && *shape == Shape::Text(Reading::Time));
        let mut notes = Vec::new();
        if zoneless && !spec.zone_said {
            notes.push("times carry no zone and are taken as UTC; say otherwise with --timezone".to_string());
        }
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

fn columns_of(connection: &Connection, table: &str) -> rusqlite::Result<(Vec<String>, Vec<String>)> {
    let mut statement = connection.prepare("SELECT name, pk, hidden FROM pragma_table_xinfo(?) ORDER BY cid")?;
    let rows: Vec<(String, i64, i64)> = statement
        .query_map([table], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<rusqlite::Result<_>>()?;
    // Hidden 1 is a hidden column of a virtual table; 2 and 3 are generated ones, which have values.
    let names = rows.iter().filter(|(_, _, hidden)| *hidden != 1).map(|(name, ..)| name.clone()).collect();
    let mut key: Vec<(i64, String)> =
        rows.into_iter().filter(|(_, pk, _)| *pk > 0).map(|(name, pk, _)| (pk, name)).collect();
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

/// What samples say of one column.
#[derive(Default)]
struct Seen {
    ints: u64,
    floats: u64,
    texts: u64,
    blobs: u64,
    text: Guess,
    number: Guess,
}

impl Seen {
    fn shape(&self, name: &str) -> Shape {
        let kinds = [self.ints + self.floats, self.texts, self.blobs].iter().filter(|count| **count > 0).count();
        match kinds {
            0 => Shape::Text(Reading::Text),
            1 if self.blobs > 0 => Shape::Blob,
            1 if self.texts > 0 => match self.text.reading(name) {
                reading @ (Reading::Time | Reading::Date) => Shape::Text(reading),
                _ => Shape::Text(Reading::Text),
            },
            1 if self.number.reading(name) == Reading::Epoch => Shape::Epoch,
            1 if self.floats > 0 => Shape::Float,
            1 => Shape::Int,
            _ => Shape::Text(Reading::Text),
        }
    }
}

/// Rows from all over the table.
fn sample(connection: &Connection, table: &str, columns: &[String], walk: &Walk) -> rusqlite::Result<Vec<Seen>> {
    const PLACES: i64 = 12;
    let mut seen: Vec<Seen> = columns.iter().map(|_| Seen::default()).collect();
    let list = columns.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ");
    let mut look = |sql: &str, from: i64| -> rusqlite::Result<()> {
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = if sql.contains('?') { statement.query([from])? } else { statement.query([])? };
        // A page that cannot be read ends the sample here, and the scan says so.
        while let Ok(Some(row)) = rows.next() {
            for (index, seen) in seen.iter_mut().enumerate() {
                match row.get_ref(index)? {
                    ValueRef::Null => {}
                    ValueRef::Integer(value) => {
                        seen.ints += 1;
                        seen.number.see(value.to_string().as_bytes());
                    }
                    ValueRef::Real(value) => {
                        seen.floats += 1;
                        seen.number.see(value.to_string().as_bytes());
                    }
                    ValueRef::Text(text) => {
                        seen.texts += 1;
                        seen.text.see(text);
                    }
                    ValueRef::Blob(_) => seen.blobs += 1,
                }
            }
        }
        Ok(())
    };
    match walk {
        Walk::Rowid { name, from, to } => {
            let sql = format!("SELECT {list} FROM {} WHERE {name} >= ? ORDER BY {name} LIMIT 256", quoted(table));
            let step = (to.saturating_sub(*from) / PLACES).max(256);
            for place in 0..PLACES {
                let at = from.saturating_add(place.saturating_mul(step));
                if at > *to {
                    break;
                }
                look(&sql, at)?;
            }
        }
        Walk::Key(_) => look(&format!("SELECT {list} FROM {} LIMIT 4096", quoted(table)), 0)?,
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
        let mut bytes = 0;
        while let Some(row) = rows.next()? {
            let rowid = if self.key.is_empty() { row.get::<_, i64>(self.wanted.len())? } else { 0 };
            for (index, (out, column)) in self.wanted.iter().enumerate() {
                let value = row.get_ref(index)?;
                if let Some(fault) = push(value, self.shapes[*column], self.clock, &mut batch.columns[*out]) {
                    let fault = match fault {
                        Misfit::Replaced => Fault::Replaced,
                        Misfit::Kind => Fault::Value {
                            column: self.names[*column].clone(),
                            kind: self.shapes[*column].kind().name(),
                        },
                    };
                    self.report.fault(fault, || (self.place.clone(), rowid.unsigned_abs()));
                }
                bytes += if let ValueRef::Text(text) | ValueRef::Blob(text) = value { text.len() as u64 } else { 8 };
            }
            if let Some(slot) = self.file_slot {
                batch.columns[slot].push_text(&self.place);
            }
            if let Some(slot) = self.line_slot {
                if self.key.is_empty() { batch.columns[slot].push_int(rowid) } else { batch.columns[slot].push_null() }
            }
            if self.key.is_empty() {
                self.next = rowid;
            } else {
                let first = self.wanted.len();
                self.last_key =
                    (0..self.key.len()).map(|index| row.get(first + index)).collect::<rusqlite::Result<_>>()?;
            }
            batch.rows += 1;
            count += 1;
        }
        self.report.rows += count as u64;
        self.request.coverage.read(bytes);
        if self.key.is_empty() {
            if self.next >= self.to {
                return Ok(false);
            }
            self.next += i64::from(count > 0);
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

enum Misfit {
    Kind,
    Replaced,
}

/// Adds a stored value; what does not fit the column is NULL and told.
fn push(value: ValueRef, shape: Shape, clock: Clock, out: &mut Buffer) -> Option<Misfit> {
    match (shape, value) {
        (_, ValueRef::Null) => out.push_null(),
        (Shape::Int, ValueRef::Integer(value)) => out.push_int(value),
        (Shape::Float, ValueRef::Real(value)) => out.push_float(value),
        (Shape::Float, ValueRef::Integer(value)) => out.push_float(value as f64),
        (Shape::Epoch, ValueRef::Integer(_) | ValueRef::Real(_)) => {
            let text = if let ValueRef::Real(value) = value {
                value.to_string()
            } else {
                value.as_i64().unwrap_or(0).to_string()
            };
            return (!Reading::Epoch.push(text.as_bytes(), clock, out)).then_some(Misfit::Kind);
        }
        (Shape::Text(Reading::Text), ValueRef::Text(text)) => return out.push_lossy(text).then_some(Misfit::Replaced),
        (Shape::Text(Reading::Text), ValueRef::Integer(value)) => out.push_text(&value.to_string()),
        (Shape::Text(Reading::Text), ValueRef::Real(value)) => out.push_text(&value.to_string()),
        (Shape::Text(Reading::Text), ValueRef::Blob(bytes)) => {
            return out.push_lossy(bytes).then_some(Misfit::Replaced);
        }
        (Shape::Text(reading), ValueRef::Text(text)) => {
            if !reading.push(text, clock, out) {
                return Some(Misfit::Kind);
            }
        }
        (Shape::Blob, ValueRef::Blob(bytes) | ValueRef::Text(bytes)) => out.push_bytes(bytes),
        _ => {
            out.push_null();
            return Some(Misfit::Kind);
        }
    }
    None
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
                    let why = format!("the database cannot be read on ({cause}); what follows is lost");
                    let place = (self.place.clone(), self.next.unsigned_abs());
                    self.report.fault(Fault::Damaged(why), || place);
                    Ok(false)
                }
            }
        })?;
        if !more {
            self.request.coverage.finish(&self.request.table, self.split, &self.report);
        }
        Ok(more)
    }
}
