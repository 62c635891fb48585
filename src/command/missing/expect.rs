//! What `expect` in rca.toml says must be there: series, rows, and the time that they cover.

use super::series::Series;
use super::shown::stamp;
use super::walk::Seen;
use super::{Finding, Kind, Search};
use crate::engine::quote;
use crate::error::{Error, Result};
use crate::model::duration;
use crate::model::figure::plural;
use crate::model::value::Value;
use crate::session::Table;
use crate::settings::Expect;

/// What there is of what is expected: rows, and the times of the first and the last in microseconds.
struct There {
    rows: i64,
    ends: Option<(i64, i64)>,
}

/// Of a table whose rows have no time: only rows and series can be expected.
///
/// # Errors
/// As [`search`].
pub fn untimed(search: &mut Search, table: &Table) -> Result<()> {
    let said = search.session.settings.sources.get(&table.source);
    let columns = said.map(|said| said.series.clone()).unwrap_or_default();
    let series = Series { columns, ..Series::plain(table, String::new(), search.condition(table)) };
    self::search(search, &series, &[])
}

/// # Errors
/// If what is expected does not fit the series, or the evidence cannot be read.
pub fn search(search: &mut Search, series: &Series, seen: &[Seen]) -> Result<()> {
    let said = search.session.settings.sources.get(&series.table.source);
    // Of a database it is the tables with the columns of `series` that are meant.
    let is_meant = |expect: &Expect| {
        series.table.name == series.table.source || !expect.series.is_empty() && !series.columns.is_empty()
    };
    let expected = said.map(|said| said.expect.clone()).unwrap_or_default();
    for expect in expected.into_iter().filter(is_meant) {
        let source = &series.table.source;
        if !expect.series.is_empty() && expect.series.len() != series.columns.len() {
            return Err(Error::question(format!(
                "`expect` of source `{source}` has {} for {}",
                plural(expect.series.len() as u64, "value"),
                plural(series.columns.len() as u64, "column"),
            ))
            .detail(if series.columns.is_empty() {
                "series names no columns".to_string()
            } else {
                format!("series is {}", series.columns.join(", "))
            }));
        }
        one(search, series, seen, &expect)?;
    }
    Ok(())
}

fn one(search: &mut Search, series: &Series, seen: &[Seen], expect: &Expect) -> Result<()> {
    let values: Vec<Option<String>> = expect.series.iter().cloned().map(Some).collect();
    let (label, which) = if values.is_empty() {
        (String::new(), series.is_any())
    } else {
        (series.label_of(&values), series.is_series(&values))
    };
    let own = seen.iter().find(|seen| !values.is_empty() && seen.label == label);
    let instant =
        |text: &Option<String>| text.as_deref().map(|text| search.session.instant(text, "expect")).transpose();
    let (from, to) = (instant(&expect.from)?, instant(&expect.to)?);
    // The walk has seen whether a series is there at all.
    let is_known = own.is_some() && expect.rows.is_none() && from.is_none() && to.is_none();
    if is_known {
        return Ok(());
    }
    let within = within(series, &which, from, to);
    let there = there(search, series, &within)?;
    let mut found = Vec::new();
    let name = if values.is_empty() { "the source" } else { "this series" };
    if there.rows == 0 {
        found.push(Finding {
            since: from,
            until: to,
            expected: expect.rows.unwrap_or(1) as i64,
            missing: expect.rows.unwrap_or(1) as i64,
            detail: format!("`expect` names {name}, and it has no row"),
            sql: format!("SELECT count(*) AS rows FROM {} WHERE {within}", series.table.sql()),
            ..series.finding(Kind::NeverSeen, &label)
        });
    } else {
        found.extend(too_few(series, &label, &within, &there, expect, (from, to)));
        found.extend(not_covered(series, &label, &within, &there, own, (from, to)));
    }
    let wanted: Vec<Finding> = found.into_iter().filter(|finding| search.wants(&[finding.kind])).collect();
    search.findings.extend(wanted);
    Ok(())
}

fn within(series: &Series, which: &str, from: Option<i64>, to: Option<i64>) -> String {
    if series.time.is_empty() {
        return which.to_string();
    }
    let time = series.time_sql();
    let from = from.map_or_else(String::new, |from| format!(" AND {time} >= {}", stamp(from)));
    let to = to.map_or_else(String::new, |to| format!(" AND {time} < {}", stamp(to)));
    format!("{which}{from}{to}")
}

fn there(search: &Search, series: &Series, within: &str) -> Result<There> {
    let ends = if series.time.is_empty() {
        "NULL, NULL".to_string()
    } else {
        let time = series.time_sql();
        format!("min({time}), max({time})")
    };
    let sql = format!("SELECT count(*), {ends} FROM {} WHERE {within}", series.table.sql());
    let row = search.session.engine.counted(&sql)?;
    let ends = match row.get(1..3) {
        Some([first @ Value::Time(_), last @ Value::Time(_)]) => Some((first.int(), last.int())),
        _ => None,
    };
    Ok(There { rows: row.first().map_or(0, Value::int), ends })
}

/// Fewer rows than must be there.
fn too_few(
    series: &Series,
    label: &str,
    within: &str,
    there: &There,
    expect: &Expect,
    (from, to): (Option<i64>, Option<i64>),
) -> Option<Finding> {
    let least = expect.rows? as i64;
    (there.rows < least).then(|| Finding {
        since: from.or(there.ends.map(|ends| ends.0)),
        until: to.or(there.ends.map(|ends| ends.1)),
        expected: least,
        observed: there.rows,
        missing: least - there.rows,
        detail: format!(
            "{} where `expect` wants {}",
            plural(there.rows.unsigned_abs(), "row"),
            plural(least.unsigned_abs(), "row")
        ),
        sql: quote::one_line(&format!(
            "SELECT {least} - count(*) AS missing FROM {} WHERE {within}",
            series.table.sql()
        )),
        ..series.finding(Kind::VolumeDrop, label)
    })
}

/// Time before the first and behind the last row that must be covered: longer than the cadence allows, if there is one.
fn not_covered(
    series: &Series,
    label: &str,
    within: &str,
    there: &There,
    own: Option<&Seen>,
    (from, to): (Option<i64>, Option<i64>),
) -> Vec<Finding> {
    let Some((first, last)) = there.ends else { return Vec::new() };
    let rhythm = own.map(|seen| &seen.line).filter(|line| line.is_regular()).map(|line| &line.told.rhythm);
    let segments = rhythm.map(|rhythm| &rhythm.segments);
    let at = |is_head: bool| segments.and_then(|segments| if is_head { segments.first() } else { segments.last() });
    let gap = |since: i64, until: i64, is_head: bool| {
        let cadence = series.every.or(at(is_head).map(|segment| segment.cadence().round() as i64)).unwrap_or(0);
        let limit = at(is_head).map_or(cadence + cadence / 2, |segment| segment.limit() as i64);
        let length = until - since;
        // From the end of a window on, the first row is due within a cadence.
        let missing = if cadence > 0 { (length as f64 / cadence as f64).floor() as i64 } else { 0 };
        let (edge, word) = if is_head { ("min", "before the first") } else { ("max", "behind the last") };
        let time = series.time_sql();
        let us = if is_head {
            format!("epoch_us({edge}({time})) - {since}")
        } else {
            format!("{until} - epoch_us({edge}({time}))")
        };
        (length > limit).then(|| Finding {
            since: Some(since),
            until: Some(until),
            expected: missing,
            missing,
            detail: format!("`expect` wants rows in the {} {word} one", duration::shown(length)),
            sql: quote::one_line(&format!(
                "SELECT ({us}) // {} AS missing FROM {} WHERE {within}",
                if cadence > 0 { cadence } else { i64::MAX },
                series.table.sql()
            )),
            ..series.finding(Kind::TimeGap, label)
        })
    };
    let head = from.and_then(|from| gap(from, first, true));
    let tail = to.and_then(|to| gap(last, to, false));
    head.into_iter().chain(tail).collect()
}
