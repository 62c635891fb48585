//! Series that are silent longer than their cadence allows.

use std::rc::Rc;

use super::cause::Counter;
use super::gaps::{self, Gap};
use super::pauses::Pauses;
use super::series::{Series, count};
use super::shown::Rows;
use super::walk::Seen;
use super::walk::counter::Told;
use super::{Finding, Kind, Search, Track, beginning};
use crate::error::Result;
use crate::model::coverage::grouped;
use crate::model::duration;
use crate::model::time::DAY;
use crate::model::value::Value;

/// # Errors
/// If the evidence cannot be read.
pub fn search(search: &mut Search, series: &Series, seen: &[Seen]) -> Result<()> {
    if !search.wants(&[Kind::TimeGap]) {
        return Ok(());
    }
    let is_said = series.every.is_some();
    let all: Vec<Vec<Gap>> = seen.iter().map(|seen| gaps::of(&seen.line, is_said)).collect();
    let first = seen.iter().map(|seen| seen.line.told.first).min().unwrap_or(0);
    let last = seen.iter().map(|seen| seen.line.last).max().unwrap_or(0);
    let days = || {
        let (time, table) = (series.time_sql(), series.table.sql());
        let sql = format!(
            "SELECT count(DISTINCT epoch_us({time}) // {DAY}) FROM {table} WHERE isfinite({time}) AND ({})",
            series.condition
        );
        Ok(search.session.engine.counted(&sql)?.first().map_or(0, Value::int))
    };
    let pauses = Pauses::find(&all.concat(), first, last, days)?;
    search.notes.extend(pauses.shown(&series.table.name));
    for (seen, gaps) in seen.iter().zip(all) {
        let gaps: Vec<Gap> = gaps.into_iter().filter(|gap| !pauses.have(gap)).collect();
        for cluster in gaps::clusters(&gaps, |gap| gap.cadence) {
            search.findings.push(time_gap(series, seen, cluster));
        }
    }
    beginning::search(search, series, seen, &pauses)?;
    Ok(())
}

fn time_gap(series: &Series, seen: &Seen, gaps: &[Gap]) -> Finding {
    let (first, last) = (&gaps[0], &gaps[gaps.len() - 1]);
    let (since, until) = (first.step.since, last.step.until);
    let cadence = gaps.iter().map(|gap| gap.cadence).max().unwrap_or(1);
    let missing: i64 = gaps.iter().map(|gap| gap.missing).sum();
    // Of rows that come more often than they are due, one per cadence counts.
    let due = ((until - since) as f64 / cadence as f64).round() as i64 - 1;
    let expected = due.max(missing);
    let counter = counter_over(gaps);
    let lost: i64 = gaps.iter().map(|gap| if let Told::Missing(lost) = gap.step.told { lost } else { 0 }).sum();
    let holes = match counter {
        Counter::Holes => {
            format!("; {} more are missing by sequence number and listed as sequence_gap", grouped(lost as u64))
        }
        _ => String::new(),
    };
    let track = Rc::new(Track { is_plain: seen.line.told.counter.is_plain(), gaps: gaps.to_vec(), holes: Vec::new() });
    Finding {
        since: Some(since),
        until: Some(until),
        expected,
        observed: expected - missing,
        missing,
        detail: format!(
            "{} {} {} where a row is due every {}{holes}",
            count(gaps.len() as i64, "gap"),
            if gaps.len() == 1 { "of" } else { "within" },
            duration::shown(until - since),
            duration::shown(cadence)
        ),
        sql: time_gap_sql(series, seen, gaps),
        counter,
        track: Some(track),
        ..series.finding(Kind::TimeGap, &seen.label)
    }
}

/// What the sequence numbers do over these gaps.
fn counter_over(gaps: &[Gap]) -> Counter {
    let told = || gaps.iter().map(|gap| gap.step.told);
    if told().any(|told| told == Told::BeganAnew) {
        Counter::BeginsAnew
    } else if told().any(|told| matches!(told, Told::Missing(lost) if lost > 0)) {
        Counter::Holes
    } else if told().any(|told| told == Told::Missing(0)) {
        Counter::GoesOn
    } else {
        Counter::None
    }
}

fn time_gap_sql(series: &Series, seen: &Seen, gaps: &[Gap]) -> String {
    let (first, last) = (&gaps[0], &gaps[gaps.len() - 1]);
    let within = |place: u64| (first.step.place..=last.step.place).contains(&place);
    let limit = gaps.iter().map(|gap| gap.limit).min().unwrap_or(0);
    let long = seen.line.told.steps.iter().filter(|step| within(step.place) && step.length() > limit).count();
    // Each is one of the gaps, of one cadence, or has to be told from them.
    let cadence = first.cadence;
    let others = long != gaps.len();
    let rows =
        Rows { series, which: series.is_series(&seen.values), are_many: false, counter: Some(&seen.line.told.counter) };
    if gaps.iter().all(|gap| gap.cadence == cadence) {
        return rows.time_gaps(gaps, &[], (cadence, limit), others);
    }
    let of_one = gaps.chunk_by(|a, b| a.cadence == b.cadence);
    let parts: Vec<String> = of_one.map(|gaps| rows.time_gaps(gaps, &[], (gaps[0].cadence, limit), true)).collect();
    parts.join(" UNION ALL ")
}
