//! What --bad asks of another table: rows that it lacks are lacking there, and so is what comes behind it. Neither is a
//! reason.

use super::population::Population;
use crate::engine::quote;
use crate::error::Result;
use crate::model::name;

/// The share of the bad rows that a table lacks, from which on its columns say of them that they are lacking.
const LACKING_LEAST: f64 = 0.9;
/// The share of what both tables have that is later in the one behind.
const LATER_LEAST: f64 = 0.9;
/// Fewer rows do not tell which comes first.
const ROWS_LEAST: i64 = 5;

/// The places of joined tables of which --bad asks for rows that they lack, and of those behind them, with notes on both.
///
/// # Errors
/// If the evidence cannot be read.
pub fn find(population: &Population, notes: &mut Vec<String>) -> Result<(Vec<usize>, Vec<usize>)> {
    let (mut lacking, mut behind) = (Vec::new(), Vec::new());
    for at in (0..population.joined.len()).filter(|at| population.names(population.joined[*at].table)) {
        if lacks(population, at)? {
            lacking.push(at);
        }
    }
    let others = (0..population.joined.len()).filter(|at| !lacking.contains(at));
    for at in others {
        for before in &lacking {
            if comes_behind(population, at, *before)? {
                behind.push(at);
                break;
            }
        }
    }
    let names = |places: &[usize]| {
        let names: Vec<String> = places.iter().map(|at| population.joined[*at].table.name.clone()).collect();
        name::listed(&names)
    };
    if !lacking.is_empty() {
        notes.push(format!("left out, since --bad asks for what is lacking there: {}", names(&lacking)));
    }
    if !behind.is_empty() {
        notes.push(format!(
            "left out, since what is lacking in {} never came to it: {} (--by looks all the same)",
            names(&lacking),
            names(&behind)
        ));
    }
    Ok((lacking, behind))
}

/// Whether nearly all bad rows, and no good one, have no row in a joined table.
fn lacks(population: &Population, at: usize) -> Result<bool> {
    let said = [population.bad.as_str(), population.condition.as_str()];
    let mut with = population.needed(&said);
    if !with.contains(&at) {
        with.push(at);
    }
    let (bad, has) = (&population.bad, quote::readable_name(&population.joined[at].alias));
    let row = population.session.one_row(&format!(
        "SELECT count(*) FILTER (({bad}) IS TRUE), count(*) FILTER (({bad}) IS TRUE AND {has} IS NULL), \
         count(*) FILTER (({bad}) IS NOT TRUE AND {has} IS NULL) FROM {} WHERE {}",
        population.relation(&with, Some(&said)),
        population.condition
    ))?;
    let [all, lacking, good] = [row[0].int(), row[1].int(), row[2].int()];
    Ok(good == 0 && lacking > 0 && lacking as f64 >= LACKING_LEAST * all as f64)
}

/// Whether a joined table has its rows later than another one, and none of what that one lacks.
fn comes_behind(population: &Population, at: usize, before: usize) -> Result<bool> {
    let (later, earlier) = (&population.joined[at], &population.joined[before]);
    let (Some(time), Some(first)) = (&later.table.roles.time, &earlier.table.roles.time) else { return Ok(false) };
    if !later.is_by_same(earlier) {
        return Ok(false);
    }
    let firsts = |key: &str, time: &str, table: &str| {
        let time = quote::readable_name(time);
        format!("SELECT {key} AS key, min({time}::TIMESTAMP) AS ts FROM {table} WHERE {key} IS NOT NULL GROUP BY 1")
    };
    let row = population.session.one_row(&format!(
        "SELECT count(*) FILTER (rca_later.ts > rca_first.ts), count(*) FILTER (rca_first.ts IS NOT NULL), count(*) \
         FROM ({}) rca_later LEFT JOIN ({}) rca_first USING (key)",
        firsts(&later.key_text(), time, &later.table.sql()),
        firsts(&earlier.key_text(), first, &earlier.table.sql()),
    ))?;
    let [after, both, all] = [row[0].int(), row[1].int(), row[2].int()];
    Ok(both >= ROWS_LEAST && after as f64 >= LATER_LEAST * both as f64 && both as f64 >= LACKING_LEAST * all as f64)
}
