//! How far the clocks of two tables are apart that have the same series: what one lacks must be looked for in the other at
//! the time that it was by the other's clock. Rows with the same numbers tell it; without numbers, gaps of the same length
//! that both have, steadily apart.

use super::Search;
use super::series::{self, Series};
use super::testimony::{Both, Course, Witness};
use crate::engine::quote;
use crate::error::Result;
use crate::model::duration;
use crate::model::statistics::middle;
use crate::model::time::{MINUTE, SECOND};
use crate::session::Table;

/// So much no way takes steadily: then it is the clocks.
pub const APART_LEAST: i64 = 5 * MINUTE;
/// Of rows that both have, so many must agree, of ten; and so few tell nothing.
const AGREE: usize = 8;
const LEAST: usize = 2;
/// More series and gaps are not compared.
const SERIES_MAX: usize = 200;
const GAPS_MAX: usize = 60;
/// A gap of fewer cadences is like many others.
const CADENCES_LEAST: i64 = 4;

/// How much later the same rows are by the clock of the other table, in microseconds, if that is steady and more than a
/// row or two; else 0.
///
/// # Errors
/// If the evidence cannot be read.
pub fn of(search: &Search, (own, other): (&Witness, &Witness), table: &Table) -> Result<i64> {
    let mut both: Vec<Both> = own.courses.iter().filter_map(|(key, mine)| own.both(other, (key, mine))).collect();
    both.sort_by(|a, b| a.key.cmp(b.key));
    both.truncate(SERIES_MAX);
    let Some(cadence) = both.iter().map(|both| both.mine.cadence.max(both.theirs.cadence)).max() else {
        return Ok(0);
    };
    let slack = cadence.max(SECOND);
    let found = if own.sequence.is_some() {
        let mut offsets = by_ends(&both);
        if offsets.len() < LEAST {
            offsets = by_numbers(search, other, table, &both)?;
        }
        agreed(&mut offsets, slack)
    } else {
        by_gaps(&both, slack)
    };
    Ok(found.filter(|apart| apart.abs() > 2 * slack).unwrap_or(0))
}

/// What is to be said of tables that are so far apart.
pub fn said(one: &Table, other: &Table, apart: i64) -> Option<String> {
    let (ahead, behind) = if apart < 0 { (one, other) } else { (other, one) };
    let by = duration::shown(apart.abs());
    (apart.abs() >= APART_LEAST).then(|| {
        let mut said = format!(
            "the clock of {} is {by} ahead of that of {}, by the rows that both have: what one lacks is looked for in the other \
             at the time that it was there",
            ahead.name, behind.name
        );
        if ahead.source != behind.source {
            said.push_str(&format!("; if {} is wrong, --set sources.{}.skew=-{by}", ahead.name, ahead.source));
        }
        said
    })
}

/// The middle of them, if nearly all are near it.
fn agreed(offsets: &mut [i64], slack: i64) -> Option<i64> {
    let middle = middle(offsets)?;
    let near = offsets.iter().filter(|offset| (**offset - middle).abs() <= slack).count();
    (offsets.len() >= LEAST && 10 * near >= AGREE * offsets.len()).then_some(middle)
}

/// Of rows with the lowest and the highest number, where both tables have them.
fn by_ends(both: &[Both]) -> Vec<i64> {
    let mut offsets = Vec::new();
    for Both { mine, theirs, .. } in both.iter().filter(is_plain) {
        let (own, other) = (mine.counter.all_lives(), theirs.counter.all_lives());
        if let (Some(own), Some(other)) = (own.first(), other.first()) {
            offsets.extend((own.bottom == other.bottom).then_some(other.since - own.since));
            offsets.extend((own.top == other.top && own.top > own.bottom).then_some(other.until - own.until));
        }
    }
    offsets
}

/// Whether both count without a new beginning, so that a number is one row.
fn is_plain(both: &&Both) -> bool {
    let is = |course: &Course| course.counter.numbers > 0 && course.counter.is_single();
    is(both.mine) && is(both.theirs)
}

/// Of rows with the lowest and the highest number here, wherever they are in the other table.
fn by_numbers(search: &Search, other: &Witness, table: &Table, both: &[Both]) -> Result<Vec<i64>> {
    let (Some(time), Some(number)) = (&table.roles.time, &other.sequence) else { return Ok(Vec::new()) };
    let there = Series {
        columns: other.columns.clone(),
        sequence: Some(number.clone()),
        ..Series::plain(table, time.clone(), search.timed(table))
    };
    let ends = |both: &Both| -> Vec<String> {
        let label = quote::text(&there.label_of(both.there));
        let lives = both.mine.counter.all_lives();
        let ends = lives.first().map(|life| [(life.bottom, life.since), (life.top, life.until)]);
        ends.into_iter().flatten().map(|(number, at)| format!("({label}, {number}, {at})")).collect()
    };
    let asked: Vec<String> = both.iter().filter(is_plain).flat_map(ends).collect();
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let label = series::label(there.columns.iter().map(|name| (name.as_str(), name.as_str())));
    let rows = search.session.engine.counted_by(&format!(
        "SELECT series, q, at_us, epoch_us(min(t)) - at_us FROM (VALUES {}) AS asked (series, q, at_us) \
         JOIN (SELECT {label} AS series, {} AS q, {} AS t FROM {} WHERE {}) USING (series, q) GROUP BY series, q, at_us",
        asked.join(", "),
        quote::readable_name(number),
        there.time_sql(),
        table.sql(),
        there.is_any(),
    ))?;
    Ok(rows.iter().map(|row| row[3].int()).collect())
}

/// Of gaps that both have: at which shift most of them are the same. It counts if most gaps of either table say so, or if
/// the series begin and end so far apart too.
fn by_gaps(both: &[Both], slack: i64) -> Option<i64> {
    let long = |course: &Course| -> Vec<(i64, i64)> {
        let steps = course.steps.iter().map(|step| (step.since, step.until - step.since));
        steps.filter(|(_, length)| *length >= CADENCES_LEAST * course.cadence.max(1)).take(GAPS_MAX).collect()
    };
    let (mut shifts, mut here, mut there) = (Vec::new(), 0, 0);
    for Both { mine, theirs, .. } in both {
        let (own, other) = (long(mine), long(theirs));
        (here, there) = (here + own.len(), there + other.len());
        for (since, length) in own {
            let same = other.iter().filter(|gap| (gap.1 - length).abs() <= slack / 4);
            shifts.extend(same.map(|gap| gap.0 - since));
        }
    }
    shifts.sort_unstable();
    let votes = |shift: i64| shifts.iter().filter(|other| (**other - shift).abs() <= slack).count();
    let best = shifts.iter().copied().max_by_key(|shift| (votes(*shift), std::cmp::Reverse(shift.abs())))?;
    let most = votes(best);
    if most <= votes(0) {
        return None;
    }
    let mut ends: Vec<i64> = both
        .iter()
        .flat_map(|Both { mine, theirs, .. }| [theirs.first - mine.first, theirs.last - mine.last])
        .collect();
    let are_alike = agreed(&mut ends, 2 * slack).is_some_and(|ends| (ends - best).abs() <= 2 * slack);
    (are_alike || most >= LEAST && 2 * most >= here.min(there)).then_some(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_differs_changes_nothing_and_half_of_them_do() {
        assert_eq!(agreed(&mut [-3_600, -3_599, -3_601, -3_600, 7], 2), Some(-3_600));
        assert_eq!(agreed(&mut [-3_600, -3_599, 7, 8], 2), None);
        assert_eq!(agreed(&mut [-3_600], 2), None);
    }
}
