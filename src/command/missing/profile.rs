//! What a look at all rows of a table tells: how many there are, when they begin and end, and how many values each
//! column has, sentinels apart. What the walk has counted is not counted again.

use std::collections::HashMap;
use std::rc::Rc;

use super::series::Series;
use super::walk::Walked;
use super::{Search, sentinels, strayed};
use crate::engine::quote;
use crate::error::Result;
use crate::model::column::{Column, Kind};
use crate::model::value::Value;
use crate::session::Table;

/// Counts of a table's rows, within the window and `--where`.
#[derive(Debug, Default)]
pub struct Profile {
    pub rows: i64,
    /// The earliest and the latest time, in microseconds.
    pub first: Option<i64>,
    pub last: Option<i64>,
    /// What must hold of a row's time for it to be one, where some are sentinels or have strayed.
    pub is_time: Option<String>,
}

/// Of one column.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    pub values: i64,
    /// Whether there may be values that are on the list of the usual sentinels.
    pub may_have_sentinels: bool,
}

/// Rows and times of a table, which are read once.
///
/// # Errors
/// If the evidence cannot be read.
pub fn of(search: &mut Search, table: &Table) -> Result<Rc<Profile>> {
    if let Some(known) = search.profiles.get(&table.name) {
        return Ok(known.clone());
    }
    let condition = search.condition(table);
    let ask = |list: &str, condition: &str| {
        let asked = format!("SELECT {list} FROM {} WHERE {condition}", table.sql());
        search.session.engine.counted(&format!("SELECT * EXCLUDE (q), q[1], q[2] FROM ({asked})"))
    };
    let time = table.roles.time.as_ref().map(|time| format!("{}::TIMESTAMP", quote::name(time)));
    let ends = time.as_ref().map_or_else(
        || "NULL, NULL, NULL::TIMESTAMP[] AS q".into(),
        |time| format!("min({time}), max({time}), {} AS q", strayed::middle(time)),
    );
    let mut row = ask(&format!("count(*), {ends}"), &condition)?;
    let mut is_time = None;
    if let Some(time) = &time {
        let is_odd = |end: &Value| {
            !end.is_null() && (end.int() == i64::MAX || end.int() <= -i64::MAX || sentinels::is_day(end.int()))
        };
        if row[1..3].iter().any(is_odd) {
            let is_infinite = |end: &Value| !end.is_null() && (end.int() == i64::MAX || end.int() <= -i64::MAX);
            let finite =
                if row[1..3].iter().any(is_infinite) { format!("isfinite({time}) AND ") } else { String::new() };
            is_time = Some(format!("{finite}{time} NOT IN ({})", sentinels::instants(Kind::Time)));
            let finite =
                format!("isfinite({time}) AND ({condition}) AND {time} NOT IN ({})", sentinels::instants(Kind::Time));
            row.splice(1..5, ask(&format!("min({time}), max({time}), {} AS q", strayed::middle(time)), &finite)?);
        }
    }
    let at = |place: usize| row.get(place).and_then(Value::whole);
    let mut profile = Profile { rows: at(0).unwrap_or(0), first: at(1), last: at(2), is_time };
    if let (Some(time), Some(first), Some(last)) = (time, profile.first, profile.last) {
        let of_time = match &profile.is_time {
            Some(is_time) => format!("({condition}) AND {is_time}"),
            None => format!("({condition}) AND {time} IS NOT NULL"),
        };
        let middle = (at(3).unwrap_or(first), at(4).unwrap_or(last));
        if let Some(kept) = strayed::of(search, table, (&time, &of_time), profile.rows, (first, last), middle)? {
            let holds = kept.holds(&time);
            profile.is_time = Some(profile.is_time.map_or(holds.clone(), |is_time| format!("{is_time} AND {holds}")));
            (profile.first, profile.last) = (Some(kept.first), Some(kept.last));
            let what = "left out where rows are missed by time; a clock was not set, or the time is another one";
            search.notes.extend(kept.said.into_iter().map(|said| format!("{}: {said}: {what}", table.name)));
        }
    }
    let profile = Rc::new(profile);
    search.profiles.insert(table.name.clone(), profile.clone());
    Ok(profile)
}

/// Keeps what a walk through all rows has counted.
pub fn walked(search: &mut Search, series: &Series, floats: &[String], walked: &Walked) {
    let rows: u64 = walked.series.iter().map(|seen| seen.line.rows).sum();
    let is_whole = search.profiles.get(&series.table.name).is_some_and(|profile| profile.rows == rows as i64);
    if !is_whole || series.condition != search.condition(series.table) {
        return;
    }
    let mut counts = HashMap::new();
    for (place, column) in series.columns.iter().enumerate() {
        let is_text = series.table.column(column).is_some_and(|column| column.kind == Kind::Text);
        let stands_for_none = |value: &String| match is_text {
            true => sentinels::is_text(value),
            false => value.parse().is_ok_and(sentinels::is_number),
        };
        let of = |value: &Option<String>| value.as_ref().is_some_and(stands_for_none);
        let values = || walked.series.iter().map(|seen| (&seen.values[place], seen.line.rows as i64));
        let count = values().filter(|(value, _)| value.is_some()).map(|(_, rows)| rows).sum();
        let may_have_sentinels = values().any(|(value, _)| of(value));
        counts.insert(column.clone(), Counts { values: count, may_have_sentinels });
    }
    if let Some(sequence) = &series.sequence {
        let numbers: u64 = walked.series.iter().map(|seen| seen.line.told.counter.numbers).sum();
        let ends = walked.series.iter().flat_map(|seen| seen.line.told.counter.ends());
        let may_have_sentinels = ends.into_iter().any(|end| sentinels::is_number(end as f64));
        counts.insert(sequence.clone(), Counts { values: numbers as i64, may_have_sentinels });
    }
    counts.insert(series.time.clone(), Counts { values: rows as i64, may_have_sentinels: false });
    for (column, values) in floats.iter().zip(&walked.values) {
        let may_have_sentinels = values.has_sentinels;
        counts.insert(column.clone(), Counts { values: values.count as i64, may_have_sentinels });
    }
    search.counted.insert(series.table.name.clone(), counts);
}

/// What there is of these columns, in their order.
///
/// # Errors
/// If the evidence cannot be read.
pub fn columns(search: &Search, table: &Table, columns: &[&Column]) -> Result<Vec<Counts>> {
    let known = search.counted.get(&table.name);
    let is_known = |column: &Column| known.is_some_and(|known| known.contains_key(&column.name));
    let asked: Vec<&Column> = columns.iter().copied().filter(|column| !is_known(column)).collect();
    let mut counted = if asked.is_empty() { Vec::new() } else { asked_of(search, table, &asked)? }.into_iter();
    let of = |column: &&Column| match known.and_then(|known| known.get(&column.name)) {
        Some(counts) => *counts,
        None => counted.next().unwrap_or_default(),
    };
    Ok(columns.iter().map(of).collect())
}

fn asked_of(search: &Search, table: &Table, columns: &[&Column]) -> Result<Vec<Counts>> {
    const ASKED: usize = 3;
    let asked = |column: &&Column| {
        let name = quote::name(&column.name);
        // Sentinels lie apart from all other values, so that one of them is the lowest or the highest.
        let ends = match column.kind {
            Kind::Int | Kind::Float | Kind::Time | Kind::Date => format!("min({name}), max({name})"),
            // A function over one column is asked once for each word of a dictionary. A FILTER of its own for each column
            // would copy all columns.
            Kind::Text => format!("bool_or({}), NULL", sentinels::is_text_sql(&name)),
            _ => "NULL, NULL".into(),
        };
        format!("count({name}), {ends}")
    };
    let list: Vec<String> = columns.iter().map(asked).collect();
    let sql = format!("SELECT {} FROM {} WHERE {}", list.join(", "), table.sql(), search.condition(table));
    let row = search.session.engine.counted(&sql)?;
    let of = |told: &[Value]| Counts {
        values: told[0].int(),
        may_have_sentinels: told[1..].iter().any(|told| *told == Value::Bool(true) || sentinels::is(told)),
    };
    Ok(row.chunks_exact(ASKED).map(of).collect())
}

/// Columns that have few values, as far as the first rows tell: those that others may depend on.
///
/// # Errors
/// If the evidence cannot be read.
pub fn categories(search: &mut Search, table: &Table) -> Result<Rc<Vec<String>>> {
    const ROWS: i64 = 50_000;
    const VALUES_MAX: i64 = 20;
    const CATEGORIES_MAX: usize = 40;
    if let Some(known) = search.categories.get(&table.name) {
        return Ok(known.clone());
    }
    let columns: Vec<String> = table
        .own_columns()
        .filter(|column| matches!(column.kind, Kind::Text | Kind::Bool | Kind::Int))
        .filter(|column| table.roles.message.as_ref() != Some(&column.name))
        .map(|column| column.name.clone())
        .collect();
    let mut few = Vec::new();
    if !columns.is_empty() {
        let names: Vec<String> = columns.iter().map(|name| quote::name(name)).collect();
        let counts: Vec<String> = names.iter().map(|name| format!("count(DISTINCT {name})")).collect();
        let engine = &search.session.engine;
        let rows = format!("SELECT {} FROM {} WHERE {}", names.join(", "), table.sql(), search.condition(table));
        engine.keep_first("first_rows", &rows, ROWS)?;
        let row = engine.counted_apart("first_rows", &counts)?;
        few = columns
            .into_iter()
            .zip(&row)
            .filter(|(_, count)| count.int() <= VALUES_MAX)
            .map(|(name, _)| name)
            .collect();
        if few.len() > CATEGORIES_MAX {
            search.notes.push(format!(
                "{}: of {} columns with few values the first {CATEGORIES_MAX} are asked whether they tell where others are null",
                table.name,
                few.len()
            ));
            few.truncate(CATEGORIES_MAX);
        }
    }
    let few = Rc::new(few);
    search.categories.insert(table.name.clone(), few.clone());
    Ok(few)
}
