//! Searches in series with a cadence and maybe a counter: the table is divided, its rows are walked through once, and
//! what the walk saw becomes findings.

use super::divide::divide;
use super::regular::Regular;
use super::series::Series;
use super::walk::line::Line;
use super::walk::{self, Seen};
use super::{
    Kind, Search, duplicates, ended, expect, flatline, late, profile, sentinels, sequence_gaps, summary, testimony,
    time_gaps, untimed,
};
use crate::error::Result;
use crate::session::Table;

pub const KINDS: [Kind; 8] = [
    Kind::TimeGap,
    Kind::SequenceGap,
    Kind::Duplicate,
    Kind::Late,
    Kind::Ended,
    Kind::NeverSeen,
    // Judged by series.
    Kind::Flatline,
    // Looked for only where there is no cadence.
    Kind::VolumeDrop,
];

/// Returns whether a row of the table is due at each beat of a cadence.
///
/// # Errors
/// If the evidence cannot be read, or what is said of it does not fit.
pub fn search(search: &mut Search, table: &Table) -> Result<bool> {
    let Some(time) = table.roles.time.clone() else { return Ok(false) };
    if !search.wants(&KINDS) {
        return Ok(true);
    }
    let divided = divide(search, table, time)?;
    let series = &divided.series;
    let own = Series { sequence: series.sequence.clone().filter(|_| !divided.counts_together), ..series.clone() };
    let floats = flatline::columns(search, table)?;
    let (now, later) = floats.split_at(floats.len().min(walk::LEVELS_AT_ONCE));
    let walked = walk::walk(search.session, &own, now, &sentinels::NUMBERS)?;
    profile::walked(search, &own, now, &walked);
    let mut seen = walked.series;
    untimed::fill(search, &own, &mut seen)?;
    let mut passed = flatline::Passed::default();
    flatline::found(search, &own, now, &seen, &mut passed)?;
    for columns in later.chunks(walk::levels_at_once(seen.len())) {
        let seen = walk::walk(search.session, &own, columns, &sentinels::NUMBERS)?.series;
        flatline::found(search, &own, columns, &seen, &mut passed)?;
    }
    flatline::said(search, table, passed);
    if own.sequence.is_some() && search.wants(&[Kind::TimeGap]) && !search.wants(&[Kind::SequenceGap]) {
        search
            .notes
            .push(format!("{}: gaps in time whose numbers are missing too are of the kind sequence_gap", table.name));
    }
    let is_regular = divided.is_regular || series.every.is_some();
    let mut regular = is_regular.then(|| Regular::of(&own, &seen)).flatten();
    let has_cadence = regular.is_some();
    let has_many = has_many(&own, &seen);
    if let Some(regular) = &mut regular {
        regular.has_many = has_many;
    }
    search.regular.extend(regular);
    if has_cadence && !divided.is_regular && !divided.dividing.is_empty() {
        let columns = divided.dividing.join(", ");
        search
            .notes
            .push(format!("{} is looked at as one series: --series divides it, maybe by {columns}", table.name));
    }
    let in_bursts: Vec<&Seen> =
        seen.iter().filter(|seen| seen.line.told.has_bursts && !seen.line.told.rhythm.is_in_loop()).collect();
    if search.wants(&[Kind::TimeGap]) {
        search.notes.extend(summary::bursts(&own, &in_bursts));
    }
    if has_cadence {
        let pauses = time_gaps::search(search, &own, &seen)?;
        if let Some(regular) = search.regular.last_mut() {
            regular.has_pauses = pauses.iter().any(|pauses| !pauses.is_empty());
        }
        late::search(search, &own, &seen)?;
        ended::search(search, &own, &seen, &pauses);
    } else if search.wants(&[Kind::TimeGap]) {
        search.irregular.push((table.name.clone(), divided.dividing.clone()));
    }
    search.walked.push(super::Walked {
        table: table.name.clone(),
        labels: seen.iter().map(|seen| seen.label.clone()).collect(),
        is_numbered: own.sequence.is_some() || divided.counts_together,
    });
    if divided.counts_together {
        let together = &Series { columns: Vec::new(), every: None, ..series.clone() };
        let mut counted = walk::walk(search.session, together, &[], &[])?.series;
        untimed::fill(search, together, &mut counted)?;
        sequence_gaps::told_by_gaps(search, table, &mut counted);
        sequence_gaps::search(search, together, &counted, true);
        duplicates::by_number(search, together, &counted);
    } else if own.sequence.is_some() {
        sequence_gaps::search(search, &own, &seen, false);
        duplicates::by_number(search, &own, &seen);
    } else {
        duplicates::copies(search, &own, &seen)?;
    }
    expect::search(search, &own, &seen)?;
    testimony::keep(search, &own, seen);
    Ok(has_cadence && !has_many)
}

/// Whether far more rows come than are said to be due: a day that has one row of a thousand is not whole.
fn has_many(series: &Series, seen: &[Seen]) -> bool {
    const ROWS_LEAST: f64 = 10.0;
    let of = |(rows, length), line: &Line| {
        (rows + line.rows as f64, length + line.last.saturating_sub(line.told.first) as f64)
    };
    let (rows, length) = seen.iter().map(|seen| &seen.line).fold((0.0, 0.0), of);
    series.every.is_some_and(|every| rows * every as f64 >= ROWS_LEAST * length && length > 0.0)
}
