//! Where rows are that lack something: by the values of columns that have few, by what other tables say of what they are
//! about, and by time. One look at the table for each such column and one for the times, whatever the number of what is
//! lacking; and up to four for each that begins or ends at some time.

use super::{Search, known_of, mechanism, profile};
use crate::engine::quote;
use crate::error::Result;
use crate::model::column::{Column, Kind};
use crate::model::value::Value;
use crate::session::Table;

/// A column with more values than these tells nothing.
pub const VALUES_MAX: usize = 20;
/// Parts of equal length that the time of a table is divided into.
pub const PARTS: i64 = 60;

/// Rows that lack a value of a column: it is null there, or has a sentinel.
#[derive(Debug, Clone)]
pub struct Lack<'a> {
    pub column: &'a Column,
    /// What holds of them, as people write it.
    pub holds: String,
    pub rows: i64,
    /// As it is shown.
    pub sentinel: Option<String>,
    /// The value may be a code as this many others of its column are.
    pub codes: Option<i64>,
    /// Of a field that only some files of a log have.
    pub within: Option<Within>,
}

/// The lines of a log that could have a field.
#[derive(Debug, Clone)]
pub struct Within {
    pub rows: i64,
    /// What holds of them, as people write it.
    pub holds: String,
    /// Where those are that lack it: ` in 3 of 70 lines of app.log`.
    pub said: String,
    /// The place of what all lines lack of it.
    pub whole: usize,
}

impl Lack<'_> {
    /// Of how many rows, of a table of so many.
    pub fn of(&self, rows: i64) -> i64 {
        self.within.as_ref().map_or(rows, |within| within.rows)
    }

    /// How many there are, as SQL. A FILTER of its own for each would copy all columns.
    fn counted(&self) -> String {
        match self.sentinel {
            None if self.within.is_none() => format!("count(*) - count({})", quote::name(&self.column.name)),
            _ => format!("count(CASE WHEN {} THEN 1 END)", self.holds),
        }
    }
}

/// What is counted of rows, behind how many they are: of each lack the rows that have it, and of each that some of the
/// lines alone could have, these lines.
pub struct Counted {
    pub sql: String,
    is_within: Vec<bool>,
}

impl Counted {
    pub fn of(lacks: &[&Lack]) -> Counted {
        let within = lacks.iter().filter_map(|lack| lack.within.as_ref());
        let within = within.map(|within| format!("count(CASE WHEN {} THEN 1 END)", within.holds));
        let all: Vec<String> = lacks.iter().map(|lack| lack.counted()).chain(within).collect();
        Counted { sql: all.join(", "), is_within: lacks.iter().map(|lack| lack.within.is_some()).collect() }
    }

    pub fn lacks(&self) -> usize {
        self.is_within.len()
    }

    /// How many of so many rows lack each, and of how many that could have it.
    pub fn counts(&self, rows: i64, values: &[Value]) -> Counts {
        let (lacking, within) = values.split_at(self.lacks().min(values.len()));
        let mut within = within.iter().map(Value::int);
        let of = self.is_within.iter().map(|is| if *is { within.next().unwrap_or(rows) } else { rows });
        Counts { rows, of: of.collect(), lacking: lacking.iter().map(Value::int).collect() }
    }
}

/// Some rows.
#[derive(Debug, Clone)]
pub struct Counts {
    pub rows: i64,
    /// By lack: those that could have what is lacking, and those that lack it.
    pub of: Vec<i64>,
    pub lacking: Vec<i64>,
}

impl Counts {
    pub fn none(lacks: usize) -> Counts {
        Counts { rows: 0, of: vec![0; lacks], lacking: vec![0; lacks] }
    }

    pub fn add(&mut self, other: &Group) {
        self.rows += other.rows;
        self.of.iter_mut().zip(&other.of).for_each(|(sum, count)| *sum += count);
        self.lacking.iter_mut().zip(&other.lacking).for_each(|(sum, count)| *sum += count);
    }
}

/// Where rows are that lack something. All counts of lacks are in their order.
#[derive(Debug, Default)]
pub struct Spread<'a> {
    pub by_value: Vec<Crossing<'a>>,
    /// In their order; those without a row are left out.
    pub by_time: Vec<Part>,
}

/// The rows of a table by the values of one column.
#[derive(Debug)]
pub struct Crossing<'a> {
    pub by: By<'a>,
    pub groups: Vec<Group>,
}

#[derive(Debug)]
pub enum By<'a> {
    /// A column of few values.
    Few(&'a Column),
    /// A column that says what rows are about.
    Key(&'a Column),
    /// What another table says of that, with its name.
    Linked(String),
}

impl By<'_> {
    pub fn name(&self) -> &str {
        match self {
            By::Few(column) | By::Key(column) => &column.name,
            By::Linked(name) => name,
        }
    }
}

/// The rows of one value.
#[derive(Debug)]
pub struct Group {
    pub value: Value,
    pub rows: i64,
    /// Of these, by lack: the rows that could have what is lacking, and those that lack it.
    pub of: Vec<i64>,
    pub lacking: Vec<i64>,
}

impl Group {
    pub fn new(value: Value, Counts { rows, of, lacking }: Counts) -> Group {
        Group { value, rows, of, lacking }
    }
}

/// The rows of a part of the table's time.
#[derive(Debug)]
pub struct Part {
    /// From the first on.
    pub number: i64,
    /// The earliest time of its rows, in microseconds.
    pub first: i64,
    /// By lack: its rows that could have what is lacking, and those that lack it.
    pub of: Vec<i64>,
    pub lacking: Vec<i64>,
}

impl Part {
    /// With the lack at a place alone.
    pub fn of(&self, place: usize) -> Part {
        Part { of: vec![self.of[place]], lacking: vec![self.lacking[place]], ..*self }
    }
}

impl<'a> Spread<'a> {
    /// # Errors
    /// If the evidence cannot be read.
    pub fn of(search: &mut Search, table: &'a Table, lacks: &[Lack]) -> Result<Spread<'a>> {
        if lacks.is_empty() {
            return Ok(Spread::default());
        }
        let counted = Counted::of(&lacks.iter().collect::<Vec<_>>());
        let mut by_value = by_value(search, table, &counted)?;
        by_value.extend(known_of::crossings(search, table, &counted)?);
        Ok(Spread { by_value, by_time: by_time(search, table, &counted, None)? })
    }
}

/// The parts of time for the lack at a place of them, with finer ones where it changes.
///
/// # Errors
/// If the evidence cannot be read.
pub fn closer(search: &mut Search, table: &Table, (lack, place): (&Lack, usize), parts: &[Part]) -> Result<Vec<Part>> {
    const LOOKS: usize = 2;
    let is_all = |parts: &[Part]| parts.iter().map(|part| part.lacking[0]).sum::<i64>() == lack.rows;
    let mut own: Vec<Part> = parts.iter().map(|part| part.of(place)).collect();
    for _ in 0..LOOKS {
        let ends = match mechanism::spell(&own, 0) {
            // Of what is within a time, its first and last row are asked for.
            Some((since, until)) if is_all(&own[since..until]) => break,
            Some((since, until)) => vec![until, since],
            None => mechanism::turn(&own, 0).into_iter().collect(),
        };
        // The last one first, so that the other stays in its place.
        let mut are_finer = false;
        for at in ends {
            let (since, until) = (own[at - 1].first, own.get(at + 1).map_or(i64::MAX, |next| next.first));
            let finer = by_time(search, table, &Counted::of(&[lack]), Some((since, until)))?;
            if finer.len() >= 3 {
                own.splice(at - 1..=at, finer);
                are_finer = true;
            }
        }
        if !are_finer {
            break;
        }
    }
    Ok(own)
}

/// The parts of time for a lack alone, with finer ones where it changes.
///
/// # Errors
/// If the evidence cannot be read.
pub fn times(search: &mut Search, table: &Table, lack: &Lack) -> Result<Vec<Part>> {
    let parts = by_time(search, table, &Counted::of(&[lack]), None)?;
    closer(search, table, (lack, 0), &parts)
}

fn by_value<'a>(search: &mut Search, table: &'a Table, counted: &Counted) -> Result<Vec<Crossing<'a>>> {
    let condition = search.condition(table);
    let categories = profile::categories(search, table)?;
    let mut found = Vec::new();
    for by in table.own_columns().filter(|column| categories.contains(&column.name)) {
        let sql = format!(
            "SELECT {}::VARCHAR, count(*), {} FROM {} WHERE ({condition}) GROUP BY 1 ORDER BY 1 NULLS LAST LIMIT {}",
            quote::name(&by.name),
            counted.sql,
            table.sql(),
            VALUES_MAX + 1
        );
        let groups = search.session.engine.counted_by(&sql)?;
        if !(2..=VALUES_MAX).contains(&groups.len()) {
            continue;
        }
        let group = |mut row: Vec<Value>| {
            let counts = counted.counts(row[1].int(), &row[2..]);
            Group::new(row.swap_remove(0), counts)
        };
        found.push(Crossing { by: By::Few(by), groups: groups.into_iter().map(group).collect() });
    }
    Ok(found)
}

/// The rows by parts of the time of all of them, or from one time to before another.
fn by_time(search: &mut Search, table: &Table, counted: &Counted, window: Option<(i64, i64)>) -> Result<Vec<Part>> {
    let Some(at) = table.roles.time.as_ref().map(|name| format!("{}::TIMESTAMP", quote::name(name))) else {
        return Ok(Vec::new());
    };
    let profile = profile::of(search, table)?;
    let (Some(first), Some(last)) = (profile.first, profile.last) else { return Ok(Vec::new()) };
    let (first, last, within) = match window {
        None => (first, last, String::new()),
        Some((since, until)) => {
            let within = format!(" AND epoch_us({at}) >= {since} AND epoch_us({at}) < {until}");
            (since, last.min(until), within)
        }
    };
    let width = (last - first) / PARTS + 1;
    let sql = format!(
        "SELECT (epoch_us({at}) - {first}) // {width}, min({at}), count(*), {} FROM {} WHERE isfinite({at}) AND ({}){within} GROUP BY 1 ORDER BY 1",
        counted.sql,
        table.sql(),
        search.condition(table)
    );
    let part = |row: Vec<Value>| {
        let Counts { of, lacking, .. } = counted.counts(row[2].int(), &row[3..]);
        Part { number: row[0].int(), first: row[1].int(), of, lacking }
    };
    Ok(search.session.engine.counted_by(&sql)?.into_iter().map(part).collect())
}

impl Crossing<'_> {
    /// A column that is nearly a key tells each row apart and explains nothing; one of numbers is measured.
    pub fn may_explain(&self) -> bool {
        let rows: i64 = self.groups.iter().map(|group| group.rows).sum();
        let is_category = matches!(self.by, By::Few(Column { kind: Kind::Text | Kind::Bool, .. }));
        is_category && self.groups.len() as i64 * 5 <= rows
    }
}
