//! Sensors that repeat one value: the same number far more often in a row than ever else. What comes back for long is a
//! state, and what another column says of just these rows, such as that a machine is stopped, is no fault: neither is a
//! finding, and both are said.

use std::collections::BTreeMap;

use super::series::Series;
use super::walk::level::{Run, State, Told};
use super::walk::{Seen, names};
use super::{Finding, Kind, Search, profile, sentinels};
use crate::engine::quote;
use crate::error::Result;
use crate::model::column::Kind as ColumnKind;
use crate::model::coverage::grouped;
use crate::model::value::Value;
use crate::model::{meaning, time};
use crate::session::Table;

/// Of more runs of a column nobody asks what other columns say.
const ASKED_MAX: usize = 500;
/// For so many of a hundred rows a state of few series holds; what is less is a fault that comes back.
const PERCENT_LEAST: u64 = 5;
/// What is said of a few.
const SAID_MAX: usize = 3;

/// What is flat and no finding.
#[derive(Default)]
pub struct Passed {
    /// `flow 0 in 3 series`
    states: Vec<String>,
    /// `rpm 0 3,600 times of asset=T1 from … to …, where state = STOP`
    explained: Vec<String>,
}

/// The columns that are looked at.
///
/// # Errors
/// If the evidence cannot be read.
pub fn columns(search: &mut Search, table: &Table) -> Result<Vec<String>> {
    if !search.wants(&[Kind::Flatline]) || table.is_prose() {
        return Ok(Vec::new());
    }
    let floats = table.own_columns().filter(|column| column.kind == ColumnKind::Float);
    let mut columns: Vec<String> = floats.map(|column| column.name.clone()).collect();
    columns.extend(whole_numbers(search, table)?);
    Ok(columns)
}

/// Columns of whole numbers that are measured: they go up and down over many values, and are no keys and no codes.
fn whole_numbers(search: &mut Search, table: &Table) -> Result<Vec<String>> {
    const ROWS: i64 = 20_000;
    const VALUES_LEAST: i64 = 20;
    let keys = search.session.entity_columns(table);
    let is_code = |name: &str| {
        const OTHERS: [&str; 12] =
            ["id", "no", "nr", "num", "number", "code", "status", "port", "pid", "key", "year", "version"];
        table.roles.code.as_deref() == Some(name)
            || meaning::words(name).last().is_some_and(|last| OTHERS.contains(&last.as_str()))
    };
    let names: Vec<&String> = table
        .own_columns()
        .filter(|column| column.kind == ColumnKind::Int && !keys.contains(&column.name) && !is_code(&column.name))
        .map(|column| &column.name)
        .collect();
    if names.is_empty() || table.kind == "log" {
        return Ok(Vec::new());
    }
    let list: Vec<String> = names.iter().map(|name| quote::name(name)).collect();
    let engine = &search.session.engine;
    let rows = format!("SELECT {} FROM {} WHERE {}", list.join(", "), table.sql(), search.condition(table));
    engine.keep_first("first_numbers", &rows, ROWS)?;
    let counts: Vec<String> = list.iter().map(|name| format!("count(DISTINCT {name})")).collect();
    let counts = engine.counted_apart("first_numbers", &counts)?;
    let all = engine.counted_apart("first_numbers", &["count(*)".to_string()])?;
    let rows = all.first().map_or(0, Value::int);
    // Of a counter nearly each row has another, and of a category few are.
    let is_measured = |count: &Value| count.int() >= VALUES_LEAST && 10 * count.int() <= rows;
    Ok(names.into_iter().zip(&counts).filter(|(_, count)| is_measured(count)).map(|(name, _)| name.clone()).collect())
}

/// Findings of these columns, as the walk has seen them.
///
/// # Errors
/// If the evidence cannot be read.
pub fn found(
    search: &mut Search,
    series: &Series,
    columns: &[String],
    seen: &[Seen],
    passed: &mut Passed,
) -> Result<()> {
    for (place, column) in columns.iter().enumerate() {
        let mut flat: Vec<Flat> = Vec::new();
        let mut told: Vec<Told> = seen.iter().map(|seen| seen.levels[place].clone().told(&[])).collect();
        // A state is one of most series, or it holds for long.
        let rare = |states: &[(f64, u64)], state: &State| {
            let is_of_few = |(value, count): &(f64, u64)| *value == state.value && 2 * count < seen.len() as u64;
            state.percent < PERCENT_LEAST && states.iter().any(is_of_few)
        };
        let of_all = states_of(&told);
        for (told, seen) in told.iter_mut().zip(seen) {
            let faults = told.states.iter().filter(|state| rare(&of_all, state));
            let faults: Vec<f64> = faults.map(|state| state.value).collect();
            if !faults.is_empty() {
                *told = seen.levels[place].clone().told(&faults);
            }
        }
        let states = states_of(&told);
        let is_whole = series.table.column(column).is_some_and(|column| column.kind == ColumnKind::Int);
        for (told, seen) in told.into_iter().zip(seen) {
            let Told { flat: runs, usual, .. } = told;
            // A number of things is 0 for long where there are none.
            let is_measured = !is_whole || seen.levels[place].is_measured() && seen.line.told.rhythm.is_regular();
            let runs = runs.into_iter().filter(|run| is_measured && !(is_whole && run.value == 0.0));
            flat.extend(runs.map(|run| Flat { seen, run, usual }));
        }
        passed.states.extend(states.iter().map(|(value, count)| match seen.len() {
            1 => format!("{column} {value}"),
            _ => format!("{column} {value} in {} series", grouped(*count)),
        }));
        let explained = explained(search, series, column, &flat)?;
        for (at, flat) in flat.iter().enumerate() {
            match explained.get(&at) {
                Some(by) if !by.is_fault => passed.explained.push(flat.said(column, &by.said)),
                by => search.findings.push(flat.finding(series, column, by.map(|by| by.said.as_str()))),
            }
        }
    }
    Ok(())
}

/// Says what is no finding.
pub fn said(search: &mut Search, table: &Table, passed: Passed) {
    let listed = |mut list: Vec<String>| {
        let more = list.len().saturating_sub(SAID_MAX);
        list.truncate(SAID_MAX);
        if more > 0 {
            list.push(format!("{} more", grouped(more as u64)));
        }
        list.join("; ")
    };
    if !passed.states.is_empty() {
        let list = listed(passed.states);
        search
            .notes
            .push(format!("{}: values that come back for long are states and no flat lines: {list}", table.name));
    }
    if !passed.explained.is_empty() {
        let list = listed(passed.explained);
        search.notes.push(format!("{}: flat lines that another column explains are no finding: {list}", table.name));
    }
}

/// A flat run of a series.
struct Flat<'a> {
    seen: &'a Seen,
    run: Run,
    usual: u64,
}

impl Flat<'_> {
    fn said(&self, column: &str, by: &str) -> String {
        let Run { value, rows, since, until } = self.run;
        let of = if self.seen.label.is_empty() { String::new() } else { format!(" of {}", self.seen.label) };
        let (rows, since, until) = (grouped(rows), time::rfc3339(since), time::rfc3339(until));
        format!("{column} {value} {rows} times in a row{of} from {since} to {until}, where {by}")
    }

    fn finding(&self, series: &Series, column: &str, by: Option<&str>) -> Finding {
        let (run, rows, time) = (&self.run, self.run.rows as i64, series.time_sql());
        let sql = format!(
            "SELECT * FROM {} WHERE {} AND {} = {}::DOUBLE AND {time} BETWEEN {} AND {}",
            series.table.sql(),
            series.is_series(&self.seen.values),
            quote::readable_name(column),
            run.value,
            super::shown::stamp(run.since),
            super::shown::stamp(run.until),
        );
        Finding {
            column_name: Some(column.to_string()),
            since: Some(run.since),
            until: Some(run.until),
            expected: rows,
            observed: 0,
            missing: rows,
            detail: format!(
                "the value {} {rows} times in a row, where {} in a row is usual at most{}",
                run.value,
                self.usual,
                by.map_or_else(String::new, |by| format!(" ({by} in these rows)"))
            ),
            sql: quote::one_line(&sql),
            ..series.finding(Kind::Flatline, &self.seen.label)
        }
    }
}

/// The states of a column, and in how many series each is one.
fn states_of(told: &[Told]) -> Vec<(f64, u64)> {
    let mut states: Vec<(f64, u64)> = Vec::new();
    for state in told.iter().flat_map(|told| &told.states) {
        match states.iter_mut().find(|(value, _)| *value == state.value) {
            Some((_, count)) => *count += 1,
            None => states.push((state.value, 1)),
        }
    }
    states
}

/// What another column says of the rows of a run.
struct By {
    /// `state = STOP`
    said: String,
    /// It says that the value is none to trust.
    is_fault: bool,
}

/// Whether a column says by this value that something is wrong with a measurement: that explains no flat line, it tells it.
fn is_fault(column: &str, value: &str) -> bool {
    const COLUMNS: [&str; 8] = ["err", "error", "errors", "fault", "faults", "failure", "alarm", "alarms"];
    const VALUES: [&str; 20] = [
        "stale",
        "stuck",
        "frozen",
        "bad",
        "fault",
        "faulty",
        "err",
        "error",
        "fail",
        "failed",
        "failure",
        "invalid",
        "suspect",
        "uncertain",
        "questionable",
        "timeout",
        "lost",
        "dead",
        "defect",
        "broken",
    ];
    let says = |text: &str, known: &[&str]| meaning::words(text).iter().any(|word| known.contains(&word.as_str()));
    // An error that is called none, or 0, is none.
    let is_none = value == "0" || sentinels::is_text(value) || says(value, &["ok", "good", "no", "none", "false"]);
    !is_none && (says(column, &COLUMNS) || says(value, &VALUES))
}

/// Which runs another column explains, by their places, as `state = STOP`: it has one value in all of their rows, which its
/// other rows of that series do not have, and the same one before as after. What began with a run and stayed, such as a
/// version, explains nothing.
///
/// # Errors
/// If the evidence cannot be read.
fn explained(search: &mut Search, series: &Series, column: &str, flat: &[Flat]) -> Result<BTreeMap<usize, By>> {
    let mut found = BTreeMap::new();
    let asked: Vec<(usize, &Flat)> =
        flat.iter().enumerate().filter(|(_, flat)| flat.run.value.is_finite()).take(ASKED_MAX).collect();
    if asked.is_empty() {
        return Ok(found);
    }
    let categories = profile::categories(search, series.table)?;
    let by: Vec<&String> = categories
        .iter()
        .filter(|name| !series.columns.contains(name) && series.sequence.as_ref() != Some(*name))
        .collect();
    if by.is_empty() {
        return Ok(found);
    }
    let time = series.time_sql();
    let rows = |by: &str| {
        format!(
            "SELECT {} AS h, epoch_us({time}) AS t, {}::DOUBLE AS v, {by} FROM {} WHERE isfinite({time}) AND ({})",
            names::hash(series),
            quote::name(column),
            series.table.sql(),
            series.condition
        )
    };
    let text = |name: &str| format!("coalesce({}::VARCHAR, '')", quote::name(name));
    let list: Vec<String> = by.iter().enumerate().map(|(at, name)| format!("{} AS c{at}", text(name))).collect();
    let ends: Vec<String> = (0..by.len()).map(|at| format!("min(c{at}), max(c{at})")).collect();
    let run = |(at, flat): &(usize, &Flat)| {
        format!("({at}, {}::UBIGINT, {}, {})", flat.seen.hash, flat.run.since, flat.run.until)
    };
    let runs: Vec<String> = asked.iter().map(run).collect();
    let within = search.session.engine.counted_by(&format!(
        "SELECT n, {} FROM ({}) JOIN (VALUES {}) AS run (n, own, since, until) ON h = own AND t BETWEEN since AND until GROUP BY n",
        ends.join(", "),
        rows(&list.join(", ")),
        runs.join(", ")
    ))?;
    for (at, name) in by.iter().enumerate() {
        // Of the runs in which it has one value.
        let one = |row: &Vec<Value>| {
            let (least, most) = (row[1 + 2 * at].shown(), row[2 + 2 * at].shown());
            (least == most && !most.is_empty()).then_some((usize::try_from(row[0].int()).ok()?, most))
        };
        let alike: Vec<(usize, String)> = within.iter().filter_map(one).collect();
        let asked: Vec<String> = alike
            .iter()
            .filter(|(place, _)| found.get(place).is_none_or(|by: &By| !by.is_fault))
            .map(|(place, value)| {
                let Flat { seen, run, .. } = &flat[*place];
                let value = quote::text(value);
                format!(
                    "({place}, {}::UBIGINT, {}, {}, {}::DOUBLE, {value})",
                    seen.hash, run.since, run.until, run.value
                )
            })
            .collect();
        if asked.is_empty() {
            continue;
        }
        let told = search.session.engine.counted_by(&format!(
            "SELECT n, count(CASE WHEN c = said THEN 1 END), count(CASE WHEN c = said AND v IS DISTINCT FROM own_v THEN 1 END), \
             arg_max(CASE WHEN t < since AND c <> said THEN c END, t), arg_min(CASE WHEN t > until AND c <> said THEN c END, t) \
             FROM ({}) JOIN (VALUES {}) AS run (n, own, since, until, own_v, said) ON h = own GROUP BY n",
            rows(&format!("{} AS c", text(name))),
            asked.join(", ")
        ))?;
        for row in told {
            let (all, others) = (row[1].int(), row[2].int());
            // A machine runs out while it is called stopped.
            let is_told = all > 0 && 10 * others <= all && !row[3].is_null() && row[3] == row[4];
            let place = usize::try_from(row[0].int()).ok().filter(|_| is_told);
            if let Some((place, value)) = place.and_then(|place| alike.iter().find(|(one, _)| *one == place)) {
                let is_fault = is_fault(name, value);
                let by = By { said: format!("{name} = {value}"), is_fault };
                // What says that it is stuck goes before what else is so then.
                if is_fault || !found.contains_key(place) {
                    found.insert(*place, by);
                }
            }
        }
    }
    Ok(found)
}
