//! Rows that came without a time: what they lack is told of their column, and no number that they have is missing.

use std::collections::HashMap;

use super::series::Series;
use super::walk::{Seen, names};
use super::{Search, profile};
use crate::engine::quote;
use crate::error::{Error, Result};
use crate::model::figure::plural;

/// Takes the numbers of rows without a time for numbers that arrived, where each number is there once: after a roll-over or
/// a new beginning nobody knows which of them it is.
///
/// # Errors
/// If the evidence cannot be read.
pub fn fill(search: &mut Search, series: &Series, seen: &mut [Seen]) -> Result<()> {
    let Some(sequence) = &series.sequence else { return Ok(()) };
    let may_matter = |seen: &Seen| !seen.line.told.counter.holes.is_empty() || seen.line.told.counter.again.rows > 0;
    let rows: u64 = seen.iter().map(|seen| seen.line.rows).sum();
    let all = profile::of(search, series.table)?.rows;
    if !seen.iter().any(may_matter) || search.window.is_open() && all == rows as i64 {
        return Ok(());
    }
    let places: HashMap<u64, usize> = seen.iter().enumerate().map(|(place, seen)| (seen.hash, place)).collect();
    let sql = format!(
        "SELECT TRY_CAST({} AS BIGINT) AS q, {} AS series FROM {} WHERE {}",
        quote::name(sequence),
        names::hash(series),
        series.table.sql(),
        search.untimed(series.table)
    );
    let (mut filled, mut unsure) = (0, 0_u64);
    search.session.engine.walk(&sql, |batch| {
        let (Some(numbers), Some(hashes)) = (batch.ints(0), batch.hashes(1)) else {
            return Err(Error::internal("a number came as another type than asked for"));
        };
        for (row, hash) in hashes.iter().enumerate() {
            let (Some(number), Some(place)) = (numbers.get(row), places.get(hash)) else { continue };
            let counter = &mut seen[*place].line.told.counter;
            counter.untimed += 1;
            if counter.is_single() {
                filled += u64::from(counter.fill(number));
            } else if !counter.holes.is_empty() {
                unsure += 1;
            }
        }
        Ok(())
    })?;
    if filled > 0 {
        let table = &series.table.name;
        search
            .notes
            .push(format!("{table}: {} would be missing that rows without a time have", plural(filled, "number")));
        search.filled.insert(table.clone());
    }
    if unsure > 0 {
        search.notes.push(format!(
            "{}: {} without a time may be among those that are missing in the sequence",
            series.table.name,
            plural(unsure, "row")
        ));
    }
    Ok(())
}
