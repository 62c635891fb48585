//! Rows that are missing at the beginning of a window, of series that had rows before it.

use std::collections::HashMap;

use super::finding::Counter;
use super::gaps::{Between, Gap};
use super::pauses::Pauses;
use super::series::Series;
use super::walk::counter::StepNumbers;
use super::walk::line::Step;
use super::walk::{Seen, names};
use super::{Finding, Kind, Search, sentinels};
use crate::engine::quote;
use crate::error::Result;
use crate::model::column::Kind as ColumnKind;
use crate::model::coverage::grouped;
use crate::model::duration;
use crate::model::value::Value;

/// The last row of a series before the window: time in microseconds, and number.
type Last = (i64, Option<i64>);

/// # Errors
/// If the evidence cannot be read.
pub fn search(search: &mut Search, series: &Series, seen: &[Seen], pauses: &[Pauses]) -> Result<()> {
    let Some(from) = search.window.from else { return Ok(()) };
    let before = before(search, series, from)?;
    let gone = before.len() - seen.iter().filter(|seen| before.contains_key(&seen.hash)).count();
    if gone > 0 {
        search.notes.push(format!(
            "{}: {} series with rows before the window {} none in it",
            series.table.name,
            grouped(gone as u64),
            if gone == 1 { "has" } else { "have" }
        ));
    }
    let found = |(seen, pauses): (&Seen, &Pauses)| {
        let last = before.get(&seen.hash)?;
        one(series, seen, *last, from, pauses)
    };
    let regular = seen.iter().zip(pauses).filter(|(seen, _)| series.has_cadence(seen));
    let found: Vec<Finding> = regular.filter_map(found).collect();
    search.findings.extend(found);
    Ok(())
}

/// The last rows before the window, by the hashes of their series.
fn before(search: &Search, series: &Series, from: i64) -> Result<HashMap<u64, Last>> {
    let number = series
        .sequence
        .as_ref()
        .map_or_else(|| "NULL::BIGINT".to_string(), |name| format!("TRY_CAST({} AS BIGINT)", quote::name(name)));
    let time = series.time_sql();
    let sql = format!(
        "SELECT h, last.t, last.q FROM (SELECT {} AS h, max(struct_pack(t := {time}, q := {number})) AS last FROM {} \
         WHERE isfinite({time}) AND {time} < {} AND {time} NOT IN ({}) AND {} GROUP BY ALL)",
        names::hash(series),
        series.table.sql(),
        quote::time(from),
        sentinels::instants(ColumnKind::Time),
        search.said()
    );
    let last = |row: Vec<Value>| {
        let hash = match row[0] {
            Value::Int(hash) => u64::try_from(hash).ok()?,
            _ => return None,
        };
        Some((hash, (row[1].int(), row[2].whole())))
    };
    Ok(search.session.engine.counted_by(&sql)?.into_iter().filter_map(last).collect())
}

fn one(series: &Series, seen: &Seen, (last, number): Last, from: i64, pauses: &Pauses) -> Option<Finding> {
    let (first, rhythm) = (seen.line.told.first, &seen.line.told.rhythm);
    let segment = rhythm.segments.first()?;
    let (cadence, limit) = ((segment.cadence().round() as i64).max(1), segment.limit() as i64);
    let due = ((first - last) as f64 / cadence as f64).round() as i64 - 1;
    let missing = ((first - from) / cadence).min(due);
    let step =
        Step { since: last, until: first, place: 1, before: [0.0; 2], after: [0.0; 2], told: StepNumbers::Nothing };
    if step.length() <= limit {
        return None;
    }
    let parts = pauses.beyond(&Gap { step, cadence, limit, missing: due, part: None });
    let in_window = |part: &Gap| (part.until() - part.since().max(from)) / cadence;
    let has_pauses = parts.iter().any(|part| part.part.is_some()) || parts.is_empty();
    let missing = if has_pauses { parts.iter().map(in_window).filter(|due| *due > 0).sum() } else { missing };
    if missing < 1 {
        return None;
    }
    let life = seen.line.told.counter.all_lives().first().copied().filter(|life| life.since == first);
    let lost = number.zip(life).map(|(number, life)| life.bottom - number - 1).filter(|lost| *lost >= 0);
    let counter = match lost {
        None => Counter::None,
        Some(0) => Counter::GoesOn,
        Some(lost) if 10 * lost >= 9 * due => Counter::Lost,
        Some(_) => Counter::None,
    };
    let due = if has_pauses { missing } else { due };
    let sql = format!(
        "SELECT min({time}) AS first, least((epoch_us(min({time})) - {from}) // {cadence}, {due}) AS missing FROM {} WHERE {}",
        series.table.sql(),
        series.is_series(&seen.values),
        time = series.time_sql(),
    );
    Some(Finding {
        since: Some(from),
        until: Some(first),
        expected: missing,
        missing,
        detail: format!(
            "no row in the first {} of the window, where a row is due every {}; the last one is {} before it",
            duration::shown(first - from),
            duration::shown(cadence),
            duration::shown(from - last)
        ),
        sql: quote::one_line(&sql),
        counter,
        ..series.finding(Kind::TimeGap, &seen.label)
    })
}
