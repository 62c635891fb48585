//! Sensors that repeat one value: the same number far more often in a row than ever else. What comes back for long is a
//! state, and what another column says of just these rows, such as that a machine is stopped, is no fault: neither is a
//! finding, and both are said.

use std::collections::BTreeMap;

use super::series::Series;
use super::walk::level::{Run, Told};
use super::walk::{Seen, names};
use super::{Finding, Kind, Search, profile};
use crate::engine::quote;
use crate::error::Result;
use crate::model::column::Kind as ColumnKind;
use crate::model::coverage::grouped;
use crate::model::time;
use crate::model::value::Value;
use crate::session::Table;

/// Of more runs of a column nobody asks what other columns say.
const ASKED_MAX: usize = 500;
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
pub fn columns(search: &Search, table: &Table) -> Vec<String> {
    if !search.wants(&[Kind::Flatline]) || table.is_prose() {
        return Vec::new();
    }
    let floats = table.own_columns().filter(|column| column.kind == ColumnKind::Float);
    floats.map(|column| column.name.clone()).collect()
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
        let (mut flat, mut states): (Vec<Flat>, Vec<(f64, u64)>) = (Vec::new(), Vec::new());
        for seen in seen {
            let told = seen.levels[place].clone().told();
            for state in &told.states {
                match states.iter_mut().find(|(value, _)| value == state) {
                    Some((_, count)) => *count += 1,
                    None => states.push((*state, 1)),
                }
            }
            let Told { flat: runs, usual, .. } = told;
            flat.extend(runs.into_iter().map(|run| Flat { seen, run, usual }));
        }
        passed.states.extend(states.iter().map(|(value, count)| match seen.len() {
            1 => format!("{column} {value}"),
            _ => format!("{column} {value} in {} series", grouped(*count)),
        }));
        let explained = explained(search, series, column, &flat)?;
        for (at, flat) in flat.iter().enumerate() {
            match explained.get(&at) {
                Some(by) => passed.explained.push(flat.said(column, by)),
                None => search.findings.push(flat.finding(series, column)),
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

    fn finding(&self, series: &Series, column: &str) -> Finding {
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
                "the value {} {rows} times in a row, where {} in a row is usual at most",
                run.value, self.usual
            ),
            sql: quote::one_line(&sql),
            ..series.finding(Kind::Flatline, &self.seen.label)
        }
    }
}

/// Which runs another column explains, by their places, as `state = STOP`: it has one value in all of their rows, which its
/// other rows of that series do not have, and the same one before as after. What began with a run and stayed, such as a
/// version, explains nothing.
///
/// # Errors
/// If the evidence cannot be read.
fn explained(search: &mut Search, series: &Series, column: &str, flat: &[Flat]) -> Result<BTreeMap<usize, String>> {
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
            .filter(|(place, _)| !found.contains_key(place))
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
                found.insert(*place, format!("{name} = {value}"));
            }
        }
    }
    Ok(found)
}
