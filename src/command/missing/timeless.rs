//! Tables without a time: that nothing is looked for in them by time, why they have none, and which column may be one.

use crate::engine::quote;
use crate::error::Result;
use crate::model::column::{Column, Kind};
use crate::model::shell;
use crate::model::time::DAY;
use crate::model::value::Value;
use crate::session::{Session, Table};

/// Tables and their columns that are looked at.
const TABLES_MAX: usize = 20;
const COLUMNS_MAX: usize = 40;
/// How far from the times of other tables a time may be.
const APART_MAX: i64 = 366 * DAY;
/// Where no table has times: from 2000 to 2040, in microseconds.
const USUAL: (i64, i64) = (946_684_800_000_000, 2_208_988_800_000_000);
/// What numbers since 1970 are in, and how many of them are a second.
const UNITS: [(&str, f64); 4] = [("seconds", 1.0), ("milliseconds", 1e3), ("microseconds", 1e6), ("nanoseconds", 1e9)];

/// What is to be said of those of these tables that have no time.
///
/// # Errors
/// If the evidence cannot be read.
pub fn said(session: &Session, tables: &[&Table]) -> Result<Vec<String>> {
    let untimed: Vec<&Table> = tables.iter().copied().filter(|table| table.roles.time.is_none()).collect();
    if untimed.is_empty() {
        return Ok(Vec::new());
    }
    let names: Vec<&str> = untimed.iter().map(|table| table.name.as_str()).collect();
    let mut notes = vec![format!("no gaps in time or in sequence from tables without a time: {}", names.join(", "))];
    notes.extend(proposals(session, &untimed)?);
    Ok(notes)
}

/// Of each of these tables without a time the column that may be one, with the setting that makes it one.
///
/// # Errors
/// If the evidence cannot be read.
pub fn proposals(session: &Session, untimed: &[&Table]) -> Result<Vec<String>> {
    let of = |table: &&&Table| table.roles.time.is_none() && !table.is_prose();
    let untimed: Vec<&Table> = untimed.iter().filter(of).take(TABLES_MAX).copied().collect();
    if untimed.is_empty() {
        return Ok(Vec::new());
    }
    let range = times(session)?;
    let mut notes = Vec::new();
    for table in untimed {
        if let Some((column, unit)) = since_1970(session, table, range)? {
            let setting = format!("sources.{}.time={column}", table.source);
            notes.push(format!(
                "{}: {column} may be its time, in {unit} since 1970: --set {} takes it for that",
                table.name,
                shell::quoted(&setting)
            ));
        }
    }
    Ok(notes)
}

/// From when to when times of this evidence may be, in microseconds.
fn times(session: &Session) -> Result<(f64, f64)> {
    let mut range: Option<(i64, i64)> = None;
    for table in session.tables.iter().take(2 * TABLES_MAX) {
        let Some(time) = &table.roles.time else { continue };
        let time = format!("{}::TIMESTAMP", quote::name(time));
        let sql = format!(
            "SELECT min({time}), max({time}) FROM {} WHERE isfinite({time}) AND year({time}) BETWEEN 1980 AND 2100",
            table.sql()
        );
        let row = session.engine.counted(&sql)?;
        if row.len() == 2 && !row[0].is_null() {
            let (first, last) = (row[0].int(), row[1].int());
            range = Some(range.map_or((first, last), |(from, to)| (from.min(first), to.max(last))));
        }
    }
    let (from, to) = range.map_or(USUAL, |(from, to)| (from - APART_MAX, to + APART_MAX));
    Ok((from as f64, to as f64))
}

/// The first column of numbers that are all times within the range.
fn since_1970(session: &Session, table: &Table, (from, to): (f64, f64)) -> Result<Option<(String, &'static str)>> {
    let may_be = |column: &&Column| {
        matches!(column.kind, Kind::Int | Kind::Float) && session.thing(table, &column.name).is_none()
    };
    let columns: Vec<&Column> = table.own_columns().filter(may_be).take(COLUMNS_MAX).collect();
    if columns.is_empty() {
        return Ok(None);
    }
    let ends = |column: &&Column| {
        let name = quote::name(&column.name);
        format!("min({name})::DOUBLE, max({name})::DOUBLE")
    };
    let list: Vec<String> = columns.iter().map(ends).collect();
    let row = session.engine.counted(&format!("SELECT {} FROM {}", list.join(", "), table.sql()))?;
    let number = |value: &Value| if let Value::Float(number) = value { Some(*number) } else { None };
    Ok(columns.iter().zip(row.chunks_exact(2)).find_map(|(column, ends)| {
        let (low, high) = (number(&ends[0])?, number(&ends[1])?);
        let is_within = |number: f64, second: f64| (from..=to).contains(&(number / second * 1e6));
        let unit = UNITS.iter().find(|(_, second)| low < high && is_within(low, *second) && is_within(high, *second));
        unit.map(|(unit, _)| (column.name.clone(), *unit))
    }))
}
