//! A table's rows one after the other, each given to its series: one pass in the order of the evidence, and a second one,
//! sorted, for series whose rows do not come in the order of their times.
//!
//! What SQL would sort by series and time, several times over, is seen here as it goes by, in memory that grows with the
//! number of series and of what is found, not with the rows. Start at [`walk`].

use super::sentinels;
use super::series::Series;
use crate::engine::{Columns, quote};
use crate::error::{Error, Result};
use crate::session::Session;

pub mod counter;
pub mod holes;
mod late;
pub mod level;
pub mod line;
pub mod names;
pub mod rhythm;

use counter::Row;
use late::Late;
use level::Level;
use line::Line;
use names::Names;
pub use names::Values as Key;

/// More series are not named in a condition.
pub const NAMED_MAX: usize = 200;
/// Columns whose runs are looked at in the first walk, when the number of series is not known yet.
pub const LEVELS_AT_ONCE: usize = 4;

/// What was seen of one series.
pub struct Seen {
    /// `station=ST03 sensor=temp_c`
    pub label: String,
    /// In the order of the columns that tell series apart; `None` for NULL.
    pub values: Key,
    /// Of the values, as the engine has it.
    pub hash: u64,
    pub line: Line,
    /// Of each column that was asked for.
    pub levels: Vec<Level>,
    pub late: Late,
    /// Rows that stand behind a later one.
    pub behind: u64,
}

impl Seen {
    /// The cadence of the series as a whole, in microseconds, also where it has none.
    pub fn cadence(&self) -> i64 {
        let line = &self.line;
        let mean = (line.last - line.told.first) / (line.rows as i64 - 1).max(1);
        line.told.rhythm.segments.first().map_or(mean, |segment| segment.cadence().round() as i64)
    }
}

/// What was seen of a table.
pub struct Walked {
    /// Sorted by their labels.
    pub series: Vec<Seen>,
    /// Of each column that was asked for.
    pub values: Vec<Values>,
}

/// The values of a column, of all series.
#[derive(Debug, Clone, Copy, Default)]
pub struct Values {
    pub count: u64,
    pub has_sentinels: bool,
}

/// The latest time of a series in the file that is being read.
#[derive(Debug, Clone, Default)]
struct Arrival {
    file: u32,
    latest: i64,
    behind: u64,
    late: Late,
}

struct Walk<'a> {
    series: &'a Series<'a>,
    sequence: bool,
    has_lines: bool,
    floats: usize,
    sentinels: &'a [f64],
    /// Numbers between these two are no sentinels, which most need only be held to.
    between: (f64, f64),
    names: Names,
    lines: Vec<Option<Line>>,
    levels: Vec<Level>,
    arrivals: Vec<Arrival>,
    values: Vec<Values>,
    numbers: Vec<u32>,
    file: u32,
    /// The file of the last row, by a hash of its name, and its line.
    last_place: (i64, i64),
    /// Of the second pass: the series that it is for.
    again: Option<Vec<bool>>,
}

/// Columns whose runs can be looked at in one walk, of so many series.
pub fn levels_at_once(series: usize) -> usize {
    const BYTES: usize = 128 << 20;
    (BYTES / (series.max(1) * level::BYTES)).clamp(1, 64)
}

/// Walks through all rows, with `floats` whose runs are looked at and `sentinels` that are no values.
///
/// # Errors
/// If the evidence cannot be read.
pub fn walk(session: &Session, series: &Series, floats: &[String], sentinels: &[f64]) -> Result<Walked> {
    let has_lines = series.table.columns.iter().any(|column| column.name == "_line");
    let mut walk = Walk::new(series, floats.len(), sentinels, has_lines);
    let rows = rows(series, &series.table.sql(), floats, has_lines);
    session.engine.walk(&rows, |batch| walk.take(batch))?;
    let disordered: Vec<bool> =
        walk.lines.iter().map(|line| line.as_ref().is_some_and(|line| line.is_disordered)).collect();
    if disordered.iter().any(|is| *is) {
        let sorted = walk.sorted(&rows, &disordered);
        walk.begin_again(disordered);
        session.engine.walk(&sorted, |batch| walk.take(batch))?;
    }
    let values = walk.names.values(session, series)?;
    Ok(walk.seen(values))
}

/// Walks through the rows of `from`, which has the columns of the series' table, in the order of time. Series stay
/// without their names.
///
/// # Errors
/// If the evidence cannot be read.
pub fn sorted(session: &Session, series: &Series, from: &str) -> Result<Walked> {
    let mut walk = Walk::new(series, 0, &[], false);
    let rows = rows(series, from, &[], false);
    session.engine.walk(&walk.sorted(&rows, &[]), |batch| walk.take(batch))?;
    let unnamed = vec![Key::new(); walk.names.hashes.len()];
    Ok(walk.seen(unnamed))
}

/// The rows as SQL: time, number, line, the series' hash, values.
fn rows(series: &Series, from: &str, floats: &[String], has_lines: bool) -> String {
    let sequence = series
        .sequence
        .as_ref()
        .map_or_else(|| "NULL".into(), |name| format!("TRY_CAST({} AS BIGINT)", quote::name(name)));
    let mut list = vec![
        format!("{} AS t", series.time_sql()),
        format!("{sequence} AS q"),
        if has_lines { "_line AS line, (hash(_file) >> 1)::BIGINT AS file" } else { "NULL AS line, NULL AS file" }
            .into(),
        format!("{} AS series", names::hash(series)),
    ];
    list.extend(floats.iter().enumerate().map(|(place, name)| format!("{}::DOUBLE AS v{place}", quote::name(name))));
    format!("SELECT {} FROM {from} WHERE ({})", list.join(", "), series.condition)
}

/// Whether an instant of the engine is one.
fn is_finite(at: i64) -> bool {
    at != i64::MAX && at > -i64::MAX
}

impl<'a> Walk<'a> {
    fn new(series: &'a Series<'a>, floats: usize, sentinels: &'a [f64], has_lines: bool) -> Walk<'a> {
        Walk {
            series,
            sequence: series.sequence.is_some(),
            has_lines,
            floats,
            sentinels,
            between: sentinels::between(sentinels),
            names: Names::default(),
            lines: Vec::new(),
            levels: Vec::new(),
            arrivals: Vec::new(),
            values: vec![Values::default(); floats],
            numbers: Vec::new(),
            file: 0,
            last_place: (0, 0),
            again: None,
        }
    }

    fn take(&mut self, batch: &Columns) -> Result<()> {
        const SERIES: usize = 4;
        let (Some(times), lines) = (batch.ints(0), batch.ints(2).filter(|_| self.has_lines)) else {
            return Err(Error::internal("a time came as another type than asked for"));
        };
        let files = batch.ints(3).filter(|_| self.has_lines);
        let sequence = batch.ints(1).filter(|_| self.sequence);
        let values: Vec<_> = (0..self.floats).filter_map(|at| batch.floats(SERIES + 1 + at)).collect();
        let mut numbers = std::mem::take(&mut self.numbers);
        self.names.of_rows(batch, SERIES, &mut numbers)?;
        self.make_room();
        for (row, number) in numbers.iter().enumerate() {
            let Some(at) = times.get(row).filter(|at| is_finite(*at)) else { continue };
            let series = *number as usize;
            if self.again.as_ref().is_some_and(|again| !again[series]) {
                continue;
            }
            if let Some(line) = lines.as_ref().and_then(|lines| lines.get(row)) {
                let file = files.as_ref().and_then(|files| files.get(row)).unwrap_or(0);
                self.arrives(series, at, (file, line));
            }
            let own = Row { at, number: sequence.as_ref().and_then(|sequence| sequence.get(row)) };
            let is_disordered = match &mut self.lines[series] {
                Some(line) => {
                    line.push(own);
                    line.is_disordered
                }
                empty => {
                    *empty = Some(Line::new(own, self.series.every));
                    false
                }
            };
            for (place, values) in values.iter().enumerate() {
                let Some(value) = values.get(row) else { continue };
                let is_between = self.between.0 < value && value < self.between.1;
                let is_sentinel = !is_between && self.sentinels.contains(&value);
                if self.again.is_none() {
                    self.values[place].count += 1;
                    self.values[place].has_sentinels |= is_sentinel;
                }
                let is_none = is_sentinel && !sentinels::is_of_a_byte(value);
                if !is_none && !is_disordered {
                    self.levels[series * self.floats + place].push(at, value);
                }
            }
        }
        self.numbers = numbers;
        Ok(())
    }

    fn make_room(&mut self) {
        let series = self.names.hashes.len();
        self.lines.resize(series, None);
        self.levels.resize(series * self.floats, Level::default());
        if self.has_lines {
            self.arrivals.resize(series, Arrival::default());
        }
    }

    /// A row in the order of its file, which is another one where its name is, or lines do not go on.
    fn arrives(&mut self, series: usize, at: i64, place: (i64, i64)) {
        if self.again.is_some() {
            return;
        }
        if place.0 != self.last_place.0 || place.1 <= self.last_place.1 {
            self.file += 1;
        }
        self.last_place = place;
        let arrival = &mut self.arrivals[series];
        if arrival.file != self.file || self.lines[series].is_none() {
            (arrival.file, arrival.latest) = (self.file, at);
        } else if at >= arrival.latest {
            arrival.latest = at;
        } else {
            arrival.behind += 1;
            arrival.late.see(at, arrival.latest.saturating_sub(at));
        }
    }

    /// The rows of these series, or of all if none is wanted, sorted.
    fn sorted(&self, rows: &str, wanted: &[bool]) -> String {
        let values = (0..self.floats).map(|place| format!(", v{place}")).collect::<String>();
        let hashes: Vec<String> = self
            .names
            .hashes
            .iter()
            .zip(wanted)
            .filter(|(_, wanted)| **wanted)
            .map(|(hash, _)| hash.to_string())
            .collect();
        let named = if hashes.len() <= NAMED_MAX && hashes.len() < wanted.len() {
            format!(" AND {} IN ({})", names::hash(self.series), hashes.join(", "))
        } else {
            String::new()
        };
        format!("SELECT * FROM ({rows}{named}) ORDER BY series, t, q NULLS FIRST{values}")
    }

    fn begin_again(&mut self, wanted: Vec<bool>) {
        for (series, _) in wanted.iter().enumerate().filter(|(_, wanted)| **wanted) {
            self.lines[series] = None;
            self.levels[series * self.floats..(series + 1) * self.floats].fill(Level::default());
        }
        self.again = Some(wanted);
    }

    fn seen(mut self, keys: Vec<Key>) -> Walked {
        let mut levels = std::mem::take(&mut self.levels).into_iter();
        let mut arrivals = std::mem::take(&mut self.arrivals).into_iter();
        let mut seen: Vec<Seen> = Vec::with_capacity(self.lines.len());
        for ((line, values), hash) in self.lines.into_iter().zip(keys).zip(self.names.hashes) {
            let levels: Vec<Level> = levels.by_ref().take(self.floats).collect();
            let arrival = arrivals.next().unwrap_or_default();
            let Some(mut line) = line else { continue };
            line.finish();
            let label = self.series.label_of(&values);
            seen.push(Seen { label, values, hash, line, levels, late: arrival.late, behind: arrival.behind });
        }
        seen.sort_by(|a, b| a.label.cmp(&b.label));
        Walked { series: seen, values: self.values }
    }
}
