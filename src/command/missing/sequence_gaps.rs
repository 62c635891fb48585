//! Numbers of a sequence that never arrived.

use std::rc::Rc;

use super::finding::Counter;
use super::gaps;
use super::series::Series;
use super::shown::Rows;
use super::walk::Seen;
use super::walk::counter::Hole;
use super::{Finding, Kind, Search, Track};
use crate::model::figure::plural;
use crate::session::Table;

/// `are_shared` is whether the counter counts several series, whose gaps some of the holes are.
pub fn search(search: &mut Search, series: &Series, seen: &[Seen], are_shared: bool) {
    if !search.wants(&[Kind::SequenceGap]) {
        return;
    }
    for seen in seen {
        let cadence = seen.cadence();
        let holes = seen.line.told.counter.holes.list();
        let of_lives = holes.chunk_by(|a, b| a.life == b.life);
        for holes in of_lives.flat_map(|holes| gaps::clusters(holes, |_| cadence)) {
            let finding = sequence_gap(search, series, seen, holes, are_shared);
            search.findings.push(finding);
        }
    }
}

fn sequence_gap(search: &Search, series: &Series, seen: &Seen, holes: &[Hole], are_shared: bool) -> Finding {
    let (first, last) = (&holes[0], &holes[holes.len() - 1]);
    let missing: i64 = holes.iter().map(Hole::missing).sum();
    let observed = (last.after - first.before + 1).max(0)
        - holes
            .iter()
            .skip(1)
            .take(holes.len().saturating_sub(2))
            .map(|hole| hole.before - hole.after - 1)
            .sum::<i64>();
    let counter = &seen.line.told.counter;
    // Rows without a time have numbers that are there.
    let condition = match series.condition.as_str() {
        condition if condition != "true" && counter.untimed > 0 && counter.is_single() => {
            format!("{condition} OR {}", search.untimed(series.table))
        }
        condition => condition.to_string(),
    };
    let own = &Series { condition, ..series.clone() };
    let rows = Rows { series: own, which: own.is_series(&seen.values), are_many: false, counter: Some(counter) };
    let track = Rc::new(Track { is_plain: counter.is_plain(), gaps: Vec::new(), holes: holes.to_vec() });
    Finding {
        since: holes.iter().map(|hole| hole.since).min(),
        until: holes.iter().map(|hole| hole.until).max(),
        column_name: series.sequence.clone(),
        expected: missing + observed,
        observed,
        missing,
        detail: format!(
            "{} in the sequence, {} never arrived",
            plural(holes.len() as u64, "hole"),
            plural(missing.unsigned_abs(), "number")
        ),
        sql: rows.sequence_gaps(holes, &[], are_shared),
        track: Some(track),
        ..series.finding(Kind::SequenceGap, &seen.label)
    }
}

/// Of holes in a counter that all series share: those that lie within a gap of one series are its rows, and listed there.
/// A gap without any was a silence.
pub fn told_by_gaps(search: &mut Search, table: &Table, counted: &mut [Seen]) {
    let is_own =
        |finding: &&mut Finding| finding.track.is_some() && finding.kind == Kind::TimeGap && finding.is_of(table);
    let Some(together) = counted.first_mut() else { return };
    let kept = &mut together.line.told.counter.holes;
    let holes = kept.list();
    let mut is_told = vec![false; holes.len()];
    for finding in search.findings.iter_mut().filter(is_own) {
        let mut lost = 0;
        for gap in finding.track.iter().flat_map(|track| &track.gaps) {
            let first = holes.partition_point(|hole| hole.since < gap.step.since);
            let within = holes[first..].iter().take_while(|hole| hole.until <= gap.step.until);
            for (at, hole) in within.enumerate() {
                is_told[first + at] = true;
                lost += hole.missing();
            }
        }
        finding.counter = if 10 * lost >= 9 * finding.missing { Counter::Lost } else { finding.counter };
        if lost == 0 {
            finding.counter = Counter::GoesOn;
        }
    }
    let mut told = is_told.into_iter();
    kept.retain(|_| !told.next().unwrap_or(false));
}
