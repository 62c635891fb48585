//! The moment of a change: where the counts before and after are least alike, first among the blocks of both windows,
//! then within the two blocks around that.

use super::found::{Finding, Hit, What};
use super::sides::{Pair, Sides};
use super::table::Seen;
use crate::engine::quote::{self, fill};
use crate::error::Result;
use crate::model::statistics::{self, Blocks};
use crate::model::value::Value;
use crate::session::Session;

/// Parts into which two blocks are divided.
const PARTS: i64 = 512;

/// Tells since when; what is known by its first or last row stays.
///
/// # Errors
/// If the evidence cannot be read.
pub fn tell(session: &Session, sides: &Sides, pair: &Pair, seen: &Seen, found: &Finding) -> Result<Option<i64>> {
    // Only windows that follow one another have a moment between them.
    let (Sides::Windows(_), Some(gap)) = (sides, pair.cut.follows()) else { return Ok(found.since) };
    if found.since.is_some() || found.p.is_none() {
        return Ok(found.since);
    }
    match (&found.hit, found.what) {
        (None, What::Volume) => {
            let blocks = &seen.rows.blocks;
            if blocks.sum(1) == 0.0 {
                return Ok(seen.rows.last[0]);
            }
            if blocks.sum(0) == 0.0 {
                return Ok(seen.rows.first[1]);
            }
            let Some(part) = rate_part(pair, blocks) else { return Ok(None) };
            within(session, pair, gap, &Change { part, hit: "true", of: "true", hits: blocks, rows: None })
        }
        (Some(Hit { sql, blocks, .. }), What::Volume) => {
            let Some(part) = rate_part(pair, blocks) else { return Ok(None) };
            within(session, pair, gap, &Change { part, hit: sql, of: "true", hits: blocks, rows: None })
        }
        (Some(Hit { sql, of, blocks, rows, .. }), _) => {
            let Some(part) = statistics::share_shift(&blocks.sides.concat(), &rows.sides.concat()) else {
                return Ok(None);
            };
            within(session, pair, gap, &Change { part, hit: sql, of, hits: blocks, rows: Some(rows) })
        }
        (None, _) => Ok(None),
    }
}

fn rate_part(pair: &Pair, blocks: &Blocks<u32>) -> Option<usize> {
    let counts: Vec<u64> = blocks.sides.concat().into_iter().map(u64::from).collect();
    Some(statistics::shift(&counts, &pair.cut.lengths.sides.concat())).filter(|part| *part > 0)
}

/// Hits among rows that count, which are more or fewer from about the beginning of a block on.
struct Change<'a> {
    /// Among the blocks of both windows.
    part: usize,
    /// What holds of a hit, and of the rows that count.
    hit: &'a str,
    of: &'a str,
    hits: &'a Blocks<u32>,
    /// Those of which the hits are a share; `None` where it is their number by time that changed.
    rows: Option<&'a Blocks<u32>>,
}

/// The moment near the beginning of the block. `gap` is how long nobody looked between the windows.
fn within(session: &Session, pair: &Pair, gap: i64, change: &Change) -> Result<Option<i64>> {
    let Change { part, hit, of, hits, rows } = *change;
    let cut = &pair.cut;
    let before = cut.blocks(0);
    let begin = |part: usize| if part < before { cut.begin(0, part) } else { cut.begin(1, part - before) };
    // In the time between the windows nobody looked.
    if part == before && gap > 0 {
        return Ok(None);
    }
    let end = cut.spans.map_or(0, |spans| spans[1].to);
    let from = begin(part - 1);
    let to = if part + 1 < before + cut.blocks(1) { begin(part + 1) } else { end };
    let length = ((to - from) / PARTS).max(1);
    let sql = fill(
        include_str!("near.sql"),
        &[
            ("rows", &pair.relation),
            ("hit", hit),
            ("of", of),
            ("from", &from.to_string()),
            ("length", &length.to_string()),
            ("within", &format!("ts >= {} AND ts < {}", quote::time(from), quote::time(to))),
        ],
    );
    let near: Vec<Near> = session.engine.rows(&sql)?.rows.iter().map(|row| Near::of(row)).collect();
    let sum = |counts: &[u32]| counts.iter().map(|count| f64::from(*count)).sum::<f64>();
    let all_hits = hits.sides.concat();
    let likely: Box<dyn Fn(&Near) -> f64> = match rows {
        Some(rows) => {
            let all = rows.sides.concat();
            // Half a row more keeps what is new or gone from being impossible.
            let share = |part: std::ops::Range<usize>| (sum(&all_hits[part.clone()]) + 0.5) / (sum(&all[part]) + 1.0);
            let (old, new) = (share(0..part), share(part..all.len()));
            Box::new(move |near| {
                near.hits * (new / old).ln() + (near.rows - near.hits) * ((1.0 - new) / (1.0 - old)).ln()
            })
        }
        None => {
            let lengths = cut.lengths.sides.concat();
            let rate =
                |part: std::ops::Range<usize>| (sum(&all_hits[part.clone()]) + 0.5) / lengths[part].iter().sum::<f64>();
            let (old, new) = (rate(0..part), rate(part..lengths.len()));
            let hours = length as f64 / 3_600_000_000.0;
            Box::new(move |near| near.hits * (new / old).ln() - (new - old) * hours)
        }
    };
    let parts = (to - from - 1) / length + 1;
    Ok(Some(moment(&near, parts, (from, length), likely)))
}

/// What is in a part of the time near the change.
struct Near {
    part: i64,
    rows: f64,
    hits: f64,
    first: Option<i64>,
    first_hit: Option<i64>,
}

impl Near {
    fn of(row: &[Value]) -> Near {
        Near {
            part: row[0].int(),
            rows: row[1].int() as f64,
            hits: row[2].int() as f64,
            first: row[3].time(),
            first_hit: row[4].time(),
        }
    }
}

/// The beginning of the parts that are likelier to be of the time after: the first row there that says so.
fn moment(near: &[Near], parts: i64, (from, length): (i64, i64), likely: impl Fn(&Near) -> f64) -> i64 {
    let mut best = (f64::NEG_INFINITY, from);
    let mut sum = 0.0;
    let mut at = near.iter().rev().peekable();
    for part in (0..parts).rev() {
        let here = at.next_if(|near| near.part == part);
        let empty = Near { part, rows: 0.0, hits: 0.0, first: None, first_hit: None };
        let seen = here.unwrap_or(&empty);
        sum += likely(seen);
        if sum > best.0 {
            // More hits begin with one; fewer with the first row that is none.
            let is_more = likely(&Near { hits: 1.0, rows: 1.0, ..empty }) > 0.0;
            let row = if is_more { seen.first_hit } else { seen.first };
            best = (sum, row.unwrap_or(from + part * length));
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_moment_is_that_of_the_first_row_of_its_kind() {
        let near: Vec<Near> = (0..20)
            .map(|part| {
                let hits = if part < 13 { 0.0 } else { 4.0 };
                Near { part, rows: 5.0, hits, first: Some(part * 10 + 1), first_hit: Some(part * 10 + 3) }
            })
            .collect();
        let more = |near: &Near| near.hits * 3.0 - (near.rows - near.hits) * 1.5;
        assert_eq!(moment(&near, 20, (0, 10), more), 133);
        let fewer = |near: &Near| -more(near);
        assert_eq!(moment(&near, 20, (0, 10), fewer), 1);
    }
}
