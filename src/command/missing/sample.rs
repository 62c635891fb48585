//! A sample of a table's rows, in which its series show: divisions are tried on it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use super::numbering::is_row_number;
use super::series::Series;
use super::trial::Trial;
use super::walk::names::{self, Known};
use super::{Search, profile, walk};
use crate::engine::{Engine, quote};
use crate::error::Result;
use crate::model::column::{Column, Kind as ColumnKind};
use crate::model::value::Value;

/// Rows that are looked at, of tables that have more; and of these, rows by which one division is judged.
const SAMPLE: i64 = 2_000_000;
const TRIAL: i64 = 60_000;
/// Rows of a series that are enough to judge it by.
const ROWS_OF_SERIES: i64 = 60;
/// Fewer rows tell nothing.
pub const ROWS_LEAST: i64 = 20;
/// Columns that are tried, those of fewest values first.
const COLUMNS_MAX: usize = 8;
/// The numbers of a counter of eight bits.
const BYTE: i64 = 1 << 8;

/// The sample of the table that is being divided.
pub const SAMPLE_NAME: &str = "series_sample";
/// Bytes of a text that is not kept as it is.
const LONG: usize = 64;
/// What a text begins with that stands for a long one, as SQL.
const STANDS_FOR: &str = "chr(1)";

/// Rows of a table in which series show: all of them, or those of a stretch in its middle.
pub struct Sample {
    pub rows: i64,
    /// The last time, in microseconds.
    last: i64,
    /// By so many rows: when the first of them end.
    ends: RefCell<HashMap<i64, i64>>,
    /// Columns that may tell series apart, with the number of their values, fewest first.
    pub telling: Vec<(String, i64)>,
    /// Columns of whole numbers that may be counters.
    pub counters: Vec<String>,
}

impl Sample {
    /// Keeps the rows, and counts what their columns hold.
    ///
    /// # Errors
    /// If the evidence cannot be read.
    pub fn take(search: &mut Search, series: &Series) -> Result<Sample> {
        let profile = profile::of(search, series.table)?;
        let (engine, table) = (&search.session.engine, series.table);
        let time = series.time_sql();
        let columns = may_tell(search, series);
        let fields = fields(series, &columns);
        let (first, last) = (profile.first.unwrap_or(0), profile.last.unwrap_or(0));
        let rows = |within: &str| {
            format!(
                "SELECT {} FROM {} WHERE isfinite({time}) AND ({}) AND ({within})",
                fields.join(", "),
                table.sql(),
                series.condition
            )
        };
        let counts: Vec<String> =
            columns.iter().map(|column| format!("count(DISTINCT {})", quote::name(&column.name))).collect();
        let counts: Vec<String> = [format!("count(*), min({time}), max({time})")].into_iter().chain(counts).collect();
        let counted = || engine.counted_apart(SAMPLE_NAME, &counts);
        let row = if profile.rows <= SAMPLE {
            engine.keep_found(SAMPLE_NAME, &rows("true"))?;
            counted()?
        } else {
            // The first rows are enough, where they are the first by time too.
            engine.keep_first(SAMPLE_NAME, &rows("true"), SAMPLE)?;
            let row = counted()?;
            let share = SAMPLE as f64 / profile.rows as f64;
            let is_by_time = (row[2].int() - row[1].int()) as f64 <= 4.0 * share * (last - first) as f64;
            if is_by_time { row } else { Self::in_the_middle(engine, &rows, &time, (first, last), share, &counted)? }
        };
        let rows = row[0].int();
        let mut telling: Vec<(String, i64)> = columns
            .iter()
            .zip(&row[3..])
            // A byte that rolls over is a counter, however regularly each of its numbers comes.
            .filter(|(column, count)| column.kind != ColumnKind::Int || count.int() != BYTE)
            .map(|(column, count)| (column.name.clone(), count.int()))
            .filter(|(_, count)| *count >= 2 && *count * 5 <= rows)
            .collect();
        telling.sort_by_key(|(_, count)| *count);
        telling.truncate(COLUMNS_MAX);
        let counters = columns
            .iter()
            .zip(&row[3..])
            .filter(|(column, count)| column.kind == ColumnKind::Int && count.int() >= ROWS_LEAST)
            .map(|(column, _)| column.name.clone())
            .filter(|name| !is_row_number(name))
            .collect();
        let at = |place: usize| row.get(place).filter(|at| !at.is_null()).map_or(0, Value::int);
        Ok(Sample { rows, last: at(2), ends: RefCell::default(), telling, counters })
    }

    /// Takes the rows of a stretch in the middle of the table's time, of which many series are there.
    fn in_the_middle(
        engine: &Engine,
        rows: &dyn Fn(&str) -> String,
        time: &str,
        (first, last): (i64, i64),
        share: f64,
        counted: &dyn Fn() -> Result<Vec<Value>>,
    ) -> Result<Vec<Value>> {
        let half = ((last - first) as f64 * share / 2.0) as i64;
        let middle = first + (last - first) / 2;
        let (from, to) = (quote::time(middle - half), quote::time(middle + half));
        engine.keep_found(SAMPLE_NAME, &rows(&format!("{time} >= {from} AND {time} < {to}")))?;
        counted()
    }

    /// Of how many rows a division by these columns is judged, and which share of its series.
    pub fn part(&self, columns: &[String]) -> Part {
        let values =
            |name: &String| self.telling.iter().find(|(known, _)| known == name).map_or(1, |(_, count)| *count);
        let many = columns.iter().map(values).max().unwrap_or(1);
        let rows = (many * ROWS_OF_SERIES).max(TRIAL).min(self.rows);
        Part { rows, modulus: (rows / TRIAL).max(1) }
    }

    /// What holds of the first rows by time, however they are spread over it.
    ///
    /// # Errors
    /// If the evidence cannot be read.
    pub fn within(&self, search: &Search, series: &Series, part: Part) -> Result<String> {
        let time = series.time_sql();
        let known = self.ends.borrow().get(&part.rows).copied();
        let until = match known {
            Some(until) => until,
            None if part.rows >= self.rows => self.last,
            None => {
                let share = part.rows as f64 / self.rows.max(1) as f64;
                let sql = format!("SELECT quantile_disc({time}, {share}) FROM {SAMPLE_NAME}");
                search.session.engine.counted(&sql)?[0].int()
            }
        };
        self.ends.borrow_mut().insert(part.rows, until);
        Ok(format!("{time} <= {}", quote::time(until)))
    }

    /// How regular these series are, judged by some of them where there are many, and by some of their rows.
    ///
    /// # Errors
    /// If the evidence cannot be read.
    pub fn trial(&self, search: &Search, series: &Series) -> Result<Trial> {
        self.trial_of(search, series, true)
    }

    /// `loops` is whether series whose steps count from the one before are regular.
    ///
    /// # Errors
    /// If the evidence cannot be read.
    pub fn trial_of(&self, search: &Search, series: &Series, loops: bool) -> Result<Trial> {
        let part = self.part(&series.columns);
        let condition = format!("{} AND {}", self.within(search, series, part)?, part.of(&series.columns));
        let seen = walk::sorted(search.session, &Series { every: None, condition, ..series.clone() }, SAMPLE_NAME)?;
        Ok(Trial::of(series.columns.clone(), &seen.series, loops))
    }

    /// The values of these series, as far as the sample has them as they are. Columns that were said need not be in it.
    ///
    /// # Errors
    /// If the evidence cannot be read.
    pub fn known(&self, search: &Search, series: &Series) -> Result<Arc<Known>> {
        if series.columns.is_empty() || !search.session.fits(SAMPLE_NAME, &format!("{} > 0", names::hash(series))) {
            return Ok(series.known.clone());
        }
        let mut known = names::of(search.session, series, SAMPLE_NAME, "true")?;
        known.retain(|_, values| !values.iter().flatten().any(|value| value.starts_with('\u{1}')));
        Ok(Arc::new(known))
    }

    /// # Errors
    /// If the engine refuses.
    pub fn discard(self, search: &Search) -> Result<()> {
        search.session.engine.execute(&format!("DROP TABLE {SAMPLE_NAME}"))
    }
}

/// Columns that may tell series apart, or count their rows.
fn may_tell<'a>(search: &Search, series: &Series<'a>) -> Vec<&'a Column> {
    // What a row says tells no producer.
    let told = &series.table.roles;
    let is_telling = |name: &str| {
        name != series.time
            && series.sequence.as_deref() != Some(name)
            && ![&told.level, &told.code, &told.message, &told.result].contains(&&Some(name.to_string()))
    };
    (series.table)
        .own_columns()
        .filter(|column| match column.kind {
            ColumnKind::Text | ColumnKind::Int => is_telling(&column.name),
            // Machine 1.0 is machine 1.
            ColumnKind::Float => search.session.thing(series.table, &column.name).is_some(),
            _ => false,
        })
        .collect()
}

/// What is kept of each row, as SQL.
fn fields(series: &Series, columns: &[&Column]) -> Vec<String> {
    let mut list = vec![format!("{} AS {}", quote::name(&series.time), quote::name(&series.time))];
    list.extend(series.sequence.iter().map(|name| quote::name(name)));
    list.extend(columns.iter().map(|column| {
        let name = quote::name(&column.name);
        match column.kind {
            // In place of a long text something short that is as different from others.
            ColumnKind::Text => {
                format!("if(strlen({name}) > {LONG}, {STANDS_FOR} || hash({name}), {name}) AS {name}")
            }
            _ => name,
        }
    }));
    list
}

/// The first rows by time, and of their series one in so many.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    rows: i64,
    modulus: i64,
}

impl Part {
    /// What holds of the rows of its series.
    pub fn of(self, columns: &[String]) -> String {
        if self.modulus <= 1 {
            return "true".into();
        }
        let columns: Vec<String> = columns.iter().map(|name| quote::name(name)).collect();
        format!("hash({}) % {} = 0", columns.join(", "), self.modulus)
    }
}
