//! Tables that were written later: what came after a row did not make it bad.

use super::population::Population;
use crate::engine::quote;
use crate::error::Result;
use crate::model::name;

/// The share of the bad rows of which a table tells only later, from which on it tells what came of them.
const LATER_LEAST: f64 = 0.9;
/// Fewer bad rows do not tell whether a table is later.
const ROWS_LEAST: i64 = 5;

/// The places of joined tables whose rows are later than the bad rows that they are of, but of those told already, and a
/// note on them. Repairs, and returns, are; a table without a time is never.
///
/// # Errors
/// If the evidence cannot be read.
pub fn find(population: &Population, told: &[usize], notes: &mut Vec<String>) -> Result<Vec<usize>> {
    let Some(time) = &population.table.roles.time else { return Ok(Vec::new()) };
    let own = format!("{}.{}::TIMESTAMP", population.alias(), quote::readable_name(time));
    let with = population.needed(&[&population.bad, &population.condition]);
    let rows = population.relation(&with, Some(&[&population.bad, &population.condition]));
    let (mut places, mut names) = (Vec::new(), Vec::new());
    for (at, joined) in population.joined.iter().enumerate().filter(|(at, _)| !told.contains(at)) {
        let Some(theirs) = &joined.table.roles.time else { continue };
        let row = population.session.one_row(&format!(
            "SELECT count(*) FILTER (rca_later.rca_first > {own}), count(rca_later.rca_first) FROM {rows} LEFT JOIN \
             (SELECT {key} AS rca_key, min({theirs}::TIMESTAMP) AS rca_first FROM {table} WHERE {key} IS NOT NULL GROUP BY 1) \
             rca_later ON rca_later.rca_key = {own_key} WHERE ({condition}) AND ({bad})",
            key = joined.key,
            theirs = quote::readable_name(theirs),
            table = joined.table.sql(),
            own_key = joined.own_key,
            condition = population.condition,
            bad = population.bad,
        ))?;
        let (later, all) = (row[0].int(), row[1].int());
        if all >= ROWS_LEAST && later as f64 >= LATER_LEAST * all as f64 {
            places.push(at);
            names.push(joined.table.name.clone());
        }
    }
    if !names.is_empty() {
        let (rows, they) = if names.len() == 1 { ("its rows are", "it") } else { ("their rows are", "they") };
        notes.push(format!(
            "left out, since {rows} later than the bad ones, so that {they} may tell what came of them: {} (--by looks all the same)",
            name::listed(&names)
        ));
    }
    Ok(places)
}
