//! One table of a SQLite file: typed by what is stored, divided into ranges of rowids where it has them.

use std::sync::Arc;

use rusqlite::Connection;

use super::Database;
use super::cursor::{Ranged, Slots, State, VALUES_MAX, Whole};
use super::stored::{self, Declared, Seen, Shape};
use crate::error::Result;
use crate::model::column::{Column, Kind};
use crate::model::name;
use crate::model::scan::{Cursor, Request, Scan, Table};
use crate::model::zone::Clock;
use crate::source::Spec;

/// Rows of one split, if rowids are dense. Tests have small ones, so that a few rows are divided.
const SPLIT_ROWIDS: i64 = if cfg!(test) { 7 } else { 65_536 };
const SPLITS_MAX: i64 = 512;
/// Of databases up to this size, the rows that are found are held against those that there are.
const COUNTED_BYTES: u64 = 32 << 20;

/// How rows are walked through in order.
#[derive(Debug, Clone)]
enum Walk {
    /// By this name of the rowid, between the smallest and the largest.
    Rowid { name: &'static str, from: i64, to: i64 },
    /// From the first to the last: a table without rowids, or whose columns have all their names.
    Whole,
}

pub struct SqliteTable {
    database: Arc<Database>,
    name: String,
    stored: Arc<[String]>,
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
    /// Whether rows of a database that is not large cannot be found by their rowids, though its pages hold them.
    fn disorder(&self) -> Option<String> {
        let Walk::Rowid { name, from, to } = self.walk else { return None };
        if self.database.bytes() > COUNTED_BYTES {
            return None;
        }
        let count = |condition: &str| -> Option<u64> {
            let sql = format!("SELECT count(*) FROM {} NOT INDEXED {condition}", quoted(&self.name));
            let counted = self.database.with(|connection| Ok(connection.query_row(&sql, [], |row| row.get(0)).ok()));
            counted.ok().flatten()
        };
        let (all, found) = (count("")?, count(&format!("WHERE {name} BETWEEN {from} AND {to}"))?);
        (all != found)
            .then(|| format!("damaged: {found} of {all} rows are found by their rowids; all are read in one go"))
    }

    pub fn open(database: Arc<Database>, name: &str, spec: &Spec) -> Result<(SqliteTable, Vec<String>)> {
        let (declared, has_key) = database.with(|connection| columns_of(connection, name))?;
        let stored: Vec<String> = declared.iter().map(|column| column.name.clone()).collect();
        let walk = database.with(|connection| walk_of(connection, name, &stored, has_key))?;
        let seen = database.with(|connection| sample(connection, name, &declared, &walk))?;
        let (shapes, mut notes) = stored::shapes(&declared, &seen, spec);
        notes.extend(name::renamed(stored.iter().map(String::as_str)));
        let mut seen_names = name::taken_by_places();
        let mut columns: Vec<Column> = stored
            .iter()
            .zip(&shapes)
            .map(|(name, shape)| Column::new(name::once(name, &mut seen_names), shape.kind()))
            .collect();
        columns.push(Column::new("_file", Kind::Text));
        columns.push(Column::new("_line", Kind::Int));
        let table = SqliteTable {
            database,
            name: name.to_string(),
            stored: stored.into(),
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

fn columns_of(connection: &Connection, table: &str) -> rusqlite::Result<(Vec<Declared>, bool)> {
    let mut statement = connection.prepare("SELECT name, type, pk, hidden FROM pragma_table_xinfo(?) ORDER BY cid")?;
    let rows: Vec<(String, String, i64, i64)> = statement
        .query_map([table], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
        .collect::<rusqlite::Result<_>>()?;
    // Hidden 1 is a hidden column of a virtual table; 2 and 3 are generated ones, which have values.
    let declared = |(name, kind, ..): &(String, String, i64, i64)| Declared { name: name.clone(), kind: kind.clone() };
    let names = rows.iter().filter(|(.., hidden)| *hidden != 1).map(declared).collect();
    Ok((names, rows.iter().any(|(_, _, pk, _)| *pk > 0)))
}

fn walk_of(connection: &Connection, table: &str, columns: &[String], has_key: bool) -> rusqlite::Result<Walk> {
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
            Err(cause) if !has_key => return Err(cause),
            Err(_) => {}
        }
    }
    Ok(Walk::Whole)
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
        Walk::Whole => look(&format!("SELECT {list} FROM {} LIMIT {WHOLE_ROWS}", quoted(table)), 0)?,
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
        let damage = self.disorder();
        let ranges = if damage.is_some() { vec![(0, 0)] } else { self.ranges() };
        Ok(Box::new(SqliteScan { ranges, damage, table: self, request: Arc::new(request) }))
    }
}

struct SqliteScan {
    table: Arc<SqliteTable>,
    ranges: Vec<(i64, i64)>,
    request: Arc<Request>,
    /// Why it is read in one go, if it could be divided.
    damage: Option<String>,
}

impl Scan for SqliteScan {
    fn splits(&self) -> usize {
        self.ranges.len()
    }

    fn cursor(&self, split: usize) -> Result<Box<dyn Cursor>> {
        let (table, request) = (&self.table, &self.request);
        let own = table.stored.len();
        let wanted: Vec<(usize, usize)> = request
            .projection
            .iter()
            .enumerate()
            .filter(|(_, column)| **column < own)
            .map(|(out, column)| (out, *column))
            .collect();
        let position = |wanted: usize| request.projection.iter().position(|column| *column == wanted);
        let mut list: Vec<String> = wanted.iter().map(|(_, column)| quoted(&table.stored[*column])).collect();
        let slots = Slots {
            wanted,
            shapes: table.shapes.clone(),
            names: table.stored.clone(),
            place: format!("{}#{}", table.database.shown, table.name).into(),
            file: position(own),
            line: position(own + 1),
            clock: table.clock,
        };
        let divided = if let Walk::Rowid { name, .. } = table.walk { Some(name) } else { None };
        let Some(name) = divided.filter(|_| self.damage.is_none()) else {
            let list = if list.is_empty() { "1".into() } else { list.join(", ") };
            let sql = format!("SELECT {list} FROM {} NOT INDEXED", quoted(&table.name));
            let kind = |column: &usize| table.columns.get(*column).map_or(Kind::Int, |column| column.kind);
            let kinds = request.projection.iter().map(kind).collect();
            return Ok(Box::new(Whole::start(
                table.database.clone(),
                slots,
                sql,
                kinds,
                request.clone(),
                self.damage.clone(),
            )));
        };
        let is_wide = list.len() >= VALUES_MAX;
        if !is_wide {
            list.push(name.to_string());
        }
        let from = format!("FROM {}", quoted(&table.name));
        let (next, to) = self.ranges[split];
        Ok(Box::new(Ranged {
            database: table.database.clone(),
            slots,
            select: format!("SELECT {} {from}", list.join(", ")),
            rowids: is_wide.then(|| format!("SELECT {name} {from}")),
            rowid: name,
            next,
            to,
            request: request.clone(),
            split,
            state: State::default(),
        }))
    }
}
