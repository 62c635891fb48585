//! Series that are silent longer than their cadence allows.

use std::rc::Rc;

use super::finding::Counter;
use super::gaps::{self, Between, Gap};
use super::pauses::{self, Pauses};
use super::series::Series;
use super::shown::Rows;
use super::walk::Seen;
use super::walk::counter::StepNumbers;
use super::{Finding, Kind, Search, Track, beginning};
use crate::error::Result;
use crate::model::coverage::grouped;
use crate::model::duration;
use crate::model::figure::plural;

/// Returns what of each series are pauses.
///
/// # Errors
/// If the evidence cannot be read.
pub fn search(search: &mut Search, series: &Series, seen: &[Seen]) -> Result<Vec<Pauses>> {
    if !search.wants(&[Kind::TimeGap, Kind::Ended]) {
        return Ok(Vec::new());
    }
    let is_said = series.every.is_some();
    let all: Vec<Vec<Gap>> = seen.iter().map(|seen| gaps::of(&seen.line, is_said)).collect();
    let lines = || seen.iter().map(|seen| &seen.line).zip(&all);
    let of_each = lines().map(|(line, list)| pauses::Gaps { list, first: line.told.first, last: line.last });
    let said = search.session.zone_of(&series.table.source).ok().and_then(|(zone, is_said)| is_said.then_some(zone));
    let pauses = Pauses::of_each(&of_each.collect::<Vec<_>>(), said);
    search.notes.extend(Pauses::shown(&pauses, &series.table.name));
    if !search.wants(&[Kind::TimeGap]) {
        return Ok(pauses);
    }
    for ((seen, gaps), pauses) in seen.iter().zip(all).zip(&pauses) {
        let gaps: Vec<Gap> = gaps.iter().flat_map(|gap| pauses.beyond(gap)).collect();
        for cluster in gaps::clusters(&gaps, |gap| gap.cadence) {
            search.findings.push(time_gap(series, seen, cluster));
        }
    }
    beginning::search(search, series, seen, &pauses)?;
    Ok(pauses)
}

fn time_gap(series: &Series, seen: &Seen, gaps: &[Gap]) -> Finding {
    let (first, last) = (&gaps[0], &gaps[gaps.len() - 1]);
    let (since, until) = (first.since(), last.until());
    let cadence = gaps.iter().map(|gap| gap.cadence).max().unwrap_or(1);
    let missing: i64 = gaps.iter().map(|gap| gap.missing).sum();
    // The rows between the first gap and the last.
    let observed = (last.step.place - first.step.place) as i64;
    let counter = counter_over(gaps);
    let lost: i64 = gaps.iter().map(|gap| if let StepNumbers::Missing(lost) = gap.step.told { lost } else { 0 }).sum();
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
        expected: observed + missing,
        observed,
        missing,
        detail: format!(
            "{} {} {} where a row is due every {}{holes}",
            plural(gaps.len() as u64, "gap"),
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
    if told().any(|told| told == StepNumbers::BeganAnew) {
        Counter::BeginsAnew
    } else if told().any(|told| matches!(told, StepNumbers::Missing(lost) if lost > 0)) {
        Counter::Holes
    } else if told().any(|told| told == StepNumbers::Missing(0)) {
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
    let parts: Vec<&Gap> = gaps.iter().filter(|gap| gap.part.is_some()).collect();
    if !parts.is_empty() {
        let whole: Vec<Gap> = gaps.iter().copied().filter(|gap| gap.part.is_none()).collect();
        let of_one = whole.chunk_by(|a, b| a.cadence == b.cadence);
        let whole = of_one.map(|gaps| rows.time_gaps(gaps, &[], (gaps[0].cadence, limit), true));
        return whole.chain(parts.into_iter().map(|gap| rows.part(gap))).collect::<Vec<_>>().join(" UNION ALL ");
    }
    if gaps.iter().all(|gap| gap.cadence == cadence) {
        return rows.time_gaps(gaps, &[], (cadence, limit), others);
    }
    let of_one = gaps.chunk_by(|a, b| a.cadence == b.cadence);
    let parts: Vec<String> = of_one.map(|gaps| rows.time_gaps(gaps, &[], (gaps[0].cadence, limit), true)).collect();
    parts.join(" UNION ALL ")
}
