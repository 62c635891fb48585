//! Which columns divide a table into series, and which is its counter: as said, or as a sample of its rows shows.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use super::series::Series;
use super::trial::{COUNTING_LEAST, FOUND_LEAST, REGULAR_LEAST, Trial};
use super::walk::{self, names};
use super::{Search, profile};
use crate::engine::quote::fill;
use crate::engine::{Engine, quote};
use crate::error::{Error, Result};
use crate::model::column::Kind as ColumnKind;
use crate::model::value::Value;
use crate::session::{Table, known_column};

/// Names of a counter.
pub const SEQUENCE: [&str; 9] =
    ["seq", "sequence", "seq_no", "seqno", "seq_num", "sequence_number", "counter", "fcnt", "frame_counter"];

/// Names by which every table numbers its own rows.
pub const NUMBERED: [&str; 5] = ["id", "rowid", "index", "pk", "row"];

pub fn is_row_number(column: &str) -> bool {
    NUMBERED.contains(&column.to_lowercase().as_str())
}

/// Rows that are looked at, of tables that have more; and of these, rows by which one division is judged.
const SAMPLE: i64 = 2_000_000;
const TRIAL: i64 = 60_000;
/// Rows of a series that are enough to judge it by.
const ROWS_OF_SERIES: i64 = 60;
/// Fewer rows tell nothing.
const ROWS_LEAST: i64 = 20;
/// Columns that are tried, those of fewest values first.
const COLUMNS_MAX: usize = 8;
/// The numbers of a counter of eight bits.
const BYTE: i64 = 1 << 8;

/// A table as series, and what is known of them.
pub struct Divided<'a> {
    pub series: Series<'a>,
    /// The counter counts the rows of all series together.
    pub counts_together: bool,
    /// Whether the series have a cadence, as far as the sample tells.
    pub is_regular: bool,
    /// Of a table that was not divided: the columns that hold identities of things, which may divide it.
    pub dividing: Vec<String>,
}

/// # Errors
/// If the evidence cannot be read, or a column that was said is not there.
pub fn divide<'a>(search: &mut Search, table: &'a Table, time: String) -> Result<Divided<'a>> {
    let (mut series, are_said) = said(search, table, time)?;
    let sample = Sample::take(search, &series)?;
    let mut is_regular = true;
    if !are_said {
        let mut trial = sample.best(search, &series)?;
        is_regular = trial.regular >= REGULAR_LEAST;
        if !is_regular && series.sequence.is_none() && !table.is_prose() {
            trial = sample.best_counted(search, &series)?.unwrap_or(trial);
        }
        if is_regular || trial.counting >= COUNTING_LEAST {
            series.columns = trial.columns.clone();
            let place = |name: &String| table.columns.iter().position(|column| column.name == *name);
            series.columns.sort_by_key(place);
            series.found = trial.found(&series.columns);
            if series.sequence.is_none() {
                series.sequence = trial.counter;
            }
        }
    }
    let may_divide = |name: &&String| search.session.thing(table, name).is_some();
    let telling = sample.telling.iter().map(|(name, _)| name).filter(may_divide);
    let dividing = telling.filter(|_| series.columns.is_empty()).cloned().collect();
    let mut counts_together = false;
    match series.sequence.clone() {
        Some(sequence) => {
            let together = Series { columns: Vec::new(), ..series.clone() };
            let counting = sample.trial(search, &series)?.counting;
            if counting < COUNTING_LEAST && !series.columns.is_empty() {
                counts_together = sample.trial(search, &together)?.counting >= COUNTING_LEAST;
            }
            if counts_together {
                search.notes.push(format!("{}: `{sequence}` counts the rows of all series together", table.name));
            } else if counting < COUNTING_LEAST {
                search
                    .notes
                    .push(format!("{}: `{sequence}` does not count the rows one by one and is not used", table.name));
                series.sequence = None;
            }
        }
        None => {
            series.sequence = sample.counter(search, &series)?;
            if let Some(counter) = &series.sequence {
                search.notes.push(format!("{}: `{counter}` counts the rows (found)", table.name));
            }
        }
    }
    // Columns that were said need not be among those of the sample.
    if !series.columns.is_empty() && search.session.fits(SAMPLE_NAME, &format!("{} > 0", names::hash(&series))) {
        let mut known = names::of(search.session, &series, SAMPLE_NAME, "true")?;
        known.retain(|_, values| !values.iter().flatten().any(|value| value.starts_with('\u{1}')));
        series.known = Arc::new(known);
    }
    search.session.engine.execute(&format!("DROP TABLE {SAMPLE_NAME}"))?;
    Ok(Divided { series, counts_together, is_regular, dividing })
}

/// The series as far as somebody said them, and whether their columns are.
fn said<'a>(search: &Search, table: &'a Table, time: String) -> Result<(Series<'a>, bool)> {
    let said = search.session.settings.sources.get(&table.source);
    let own = |column: &String, by: &str| known_column(&table.name, &table.columns, column, by);
    let columns = if search.args.series.is_empty() {
        said.map(|said| said.series.clone()).unwrap_or_default()
    } else {
        search.args.series.clone()
    };
    let every = match search.every {
        Some(every) => Some(every),
        None => said.map(|said| said.every(&table.source)).transpose()?.flatten(),
    };
    let sequence = match said.and_then(|said| said.sequence.as_ref()) {
        Some(column) if table.column(column).is_some() || table.name == table.source => Some(own(column, "sequence")?),
        _ => SEQUENCE
            .iter()
            .find_map(|name| table.column(name))
            .filter(|column| column.kind == ColumnKind::Int)
            .map(|column| column.name.clone()),
    };
    let has_all = columns.iter().all(|column| table.column(column).is_some());
    let are_said = !columns.is_empty() && (has_all || !search.args.series.is_empty());
    let mut series = Series { sequence, every, ..Series::plain(table, time, search.timed(table)) };
    if are_said {
        series.columns = columns.iter().map(|column| own(column, "series")).collect::<Result<_>>()?;
        series.found = format!(" by {}", series.columns.join(", "));
    }
    Ok((series, are_said))
}

/// Rows of a table in which series show: all of them, or those of a stretch in its middle.
struct Sample {
    rows: i64,
    /// The last time, in microseconds.
    last: i64,
    /// By so many rows: when the first of them end.
    ends: RefCell<HashMap<i64, i64>>,
    /// Columns that may tell series apart, with the number of their values, fewest first.
    telling: Vec<(String, i64)>,
    /// Columns of whole numbers that may be counters.
    counters: Vec<String>,
}

/// The sample of the table that is being divided.
const SAMPLE_NAME: &str = "series_sample";
/// Bytes of a text that is not kept as it is.
const LONG: usize = 64;
/// What a text begins with that stands for a long one, as SQL.
const STANDS_FOR: &str = "chr(1)";

impl Sample {
    fn take(search: &mut Search, series: &Series) -> Result<Sample> {
        let profile = profile::of(search, series.table)?;
        let (engine, table) = (&search.session.engine, series.table);
        let time = series.time_sql();
        // What a row says tells no producer.
        let told = &table.roles;
        let is_telling = |name: &str| {
            name != series.time
                && series.sequence.as_deref() != Some(name)
                && ![&told.level, &told.code, &told.message, &told.result].contains(&&Some(name.to_string()))
        };
        let columns: Vec<_> = table
            .own_columns()
            .filter(|column| match column.kind {
                ColumnKind::Text | ColumnKind::Int => is_telling(&column.name),
                // Machine 1.0 is machine 1.
                ColumnKind::Float => search.session.thing(table, &column.name).is_some(),
                _ => false,
            })
            .collect();
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
        let (first, last) = (profile.first.unwrap_or(0), profile.last.unwrap_or(0));
        let rows = |within: &str| {
            format!(
                "SELECT {} FROM {} WHERE isfinite({time}) AND ({}) AND ({within})",
                list.join(", "),
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

    /// The division that makes the cadence most regular and the counter most contiguous; fewer columns win where they are
    /// as good. What is steady or on a grid tells more than loops do.
    fn best(&self, search: &Search, series: &Series) -> Result<Trial> {
        let mut has_loops = false;
        let best = self.best_of(search, series, false, &mut has_loops)?;
        if best.regular >= REGULAR_LEAST || !has_loops {
            return Ok(best);
        }
        self.best_of(search, series, true, &mut has_loops)
    }

    fn best_of(&self, search: &Search, series: &Series, loops: bool, has_loops: &mut bool) -> Result<Trial> {
        let mut by = |columns: &[&str]| {
            let columns = columns.iter().map(|name| (*name).to_string()).collect();
            let trial = self.trial_of(search, &Series { columns, ..series.clone() }, loops)?;
            *has_loops |= trial.has_loops;
            Ok::<Trial, Error>(trial)
        };
        let mut best = by(&[])?;
        if self.rows < ROWS_LEAST {
            return Ok(best);
        }
        let names: Vec<&str> = self.telling.iter().map(|(name, _)| name.as_str()).collect();
        let mut sets: Vec<Vec<&str>> = names.iter().map(|name| vec![*name]).collect();
        for (index, first) in names.iter().enumerate() {
            sets.extend(names[index + 1..].iter().map(|second| vec![*first, *second]));
        }
        let all = best.clone();
        for set in sets {
            let trial = by(&set)?;
            if self.is_better(search, series, &trial, &best, &all)? {
                best = trial;
            }
        }
        loop {
            let wider = best.clone();
            for name in names.iter().filter(|name| !wider.columns.iter().any(|column| column == *name)) {
                let columns: Vec<&str> = wider.columns.iter().map(String::as_str).chain([*name]).collect();
                let trial = by(&columns)?;
                if columns.len() > 2 && self.is_better(search, series, &trial, &best, &all)? {
                    best = trial;
                }
            }
            if best.columns == wider.columns {
                return Ok(best);
            }
        }
    }

    /// The division in which a column counts nearly all rows of each series, where no cadence tells one.
    fn best_counted(&self, search: &Search, series: &Series) -> Result<Option<Trial>> {
        for counter in &self.counters {
            // Whatever it counts and however it is divided, nearly every number but the last has one that follows.
            let name = quote::name(counter);
            let row = search.session.engine.counted(&format!(
                "WITH numbers AS (SELECT DISTINCT {name} AS q FROM {SAMPLE_NAME} WHERE {name} IS NOT NULL) \
                 SELECT count(*), count(*) FILTER (q + 1 IN (SELECT q FROM numbers)) FROM numbers"
            ))?;
            if (row[1].int() as f64) < FOUND_LEAST * row[0].int() as f64 {
                continue;
            }
            let mut best = self.best(search, &Series { sequence: Some(counter.clone()), ..series.clone() })?;
            if best.counting >= FOUND_LEAST {
                best.counter = Some(counter.clone());
                return Ok(Some(best));
            }
        }
        Ok(None)
    }

    /// Whether a division is better, and one into series: each of its columns tells apart what lives side by side.
    fn is_better(&self, search: &Search, series: &Series, trial: &Trial, best: &Trial, all: &Trial) -> Result<bool> {
        if !trial.is_better(best, all) {
            return Ok(false);
        }
        if trial.counts_more(best) {
            return Ok(true);
        }
        for column in &trial.columns {
            if !trial.lives_side_by_side(&self.beside(search, series, &trial.columns, column)?) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Of each series by these columns that is one of several without `column`: its hash, how long it has rows, between
    /// which of them others have some too, and its length.
    fn beside(&self, search: &Search, series: &Series, columns: &[String], column: &String) -> Result<Vec<Vec<Value>>> {
        let others = columns.iter().filter(|other| *other != column).cloned().collect();
        let own = names::hash(&Series { columns: columns.to_vec(), ..series.clone() });
        let whole = names::hash(&Series { columns: others, ..series.clone() });
        let part = self.part(columns);
        search.session.engine.counted_by(&fill(
            include_str!("beside.sql"),
            &[
                ("time", &series.time_sql()),
                ("own", &own),
                ("whole", &whole),
                ("sample", SAMPLE_NAME),
                ("within", &self.within(search, series, part)?),
                ("part", &part.of(columns)),
            ],
        ))
    }

    /// Of how many rows a division by these columns is judged, and which share of its series.
    fn part(&self, columns: &[String]) -> Part {
        let values =
            |name: &String| self.telling.iter().find(|(known, _)| known == name).map_or(1, |(_, count)| *count);
        let many = columns.iter().map(values).max().unwrap_or(1);
        let rows = (many * ROWS_OF_SERIES).max(TRIAL).min(self.rows);
        Part { rows, modulus: (rows / TRIAL).max(1) }
    }

    /// What holds of the first rows by time, however they are spread over it.
    fn within(&self, search: &Search, series: &Series, part: Part) -> Result<String> {
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
    fn trial(&self, search: &Search, series: &Series) -> Result<Trial> {
        self.trial_of(search, series, true)
    }

    fn trial_of(&self, search: &Search, series: &Series, loops: bool) -> Result<Trial> {
        let part = self.part(&series.columns);
        let condition = format!("{} AND {}", self.within(search, series, part)?, part.of(&series.columns));
        let seen = walk::sorted(search.session, &Series { every: None, condition, ..series.clone() }, SAMPLE_NAME)?;
        Ok(Trial::of(series.columns.clone(), &seen.series, loops))
    }

    /// A column that counts the rows of each series one by one, whatever its name.
    fn counter(&self, search: &Search, series: &Series) -> Result<Option<String>> {
        for name in self.counters.iter().filter(|name| !series.columns.contains(name)) {
            let trial = Series { sequence: Some(name.clone()), ..series.clone() };
            if self.trial(search, &trial)?.counting >= FOUND_LEAST {
                return Ok(Some(name.clone()));
            }
        }
        Ok(None)
    }
}

/// The first rows by time, and of their series one in so many.
#[derive(Debug, Clone, Copy)]
struct Part {
    rows: i64,
    modulus: i64,
}

impl Part {
    /// What holds of the rows of its series.
    fn of(self, columns: &[String]) -> String {
        if self.modulus <= 1 {
            return "true".into();
        }
        let columns: Vec<String> = columns.iter().map(|name| quote::name(name)).collect();
        format!("hash({}) % {} = 0", columns.join(", "), self.modulus)
    }
}
