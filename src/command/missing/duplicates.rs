//! Rows that came twice: by their number, or with all their values where there is none.

use std::collections::HashMap;

use super::series::Series;
use super::shown::Rows;
use super::walk::{self, Seen};
use super::{Finding, Kind, Search, sieve};
use crate::engine::{Engine, quote};
use crate::error::Result;
use crate::model::column;
use crate::model::figure::plural;

/// Rows whose number was there before.
pub fn by_number(search: &mut Search, series: &Series, seen: &[Seen]) {
    if !search.wants(&[Kind::Duplicate]) {
        return;
    }
    for seen in seen.iter().filter(|seen| seen.line.told.counter.again.rows > 0) {
        let (counter, again) = (&seen.line.told.counter, seen.line.told.counter.again);
        let rows = Rows { series, which: series.is_series(&seen.values), are_many: false, counter: Some(counter) };
        search.findings.push(Finding {
            since: Some(again.since),
            until: Some(again.until),
            column_name: series.sequence.clone(),
            expected: (counter.numbers - again.rows) as i64,
            observed: counter.numbers as i64,
            missing: 0,
            detail: format!("{} with a number that was there before", plural(again.rows, "row")),
            sql: rows.again(),
            ..series.finding(Kind::Duplicate, &seen.label)
        });
    }
}

/// Rows that are there twice with all their values, where no counter tells. As with numbers, all rows of the series are
/// observed, and those that are no copies are expected.
///
/// # Errors
/// If the evidence cannot be read.
pub fn copies(search: &mut Search, series: &Series, seen: &[Seen]) -> Result<()> {
    let at_once: Vec<&Seen> = seen.iter().filter(|seen| seen.line.at_once > 0).collect();
    if !search.wants(&[Kind::Duplicate]) || at_once.is_empty() {
        return Ok(());
    }
    let columns: Vec<String> = series
        .table
        .own_columns()
        .filter(|column| column.kind != column::Kind::Blob)
        .map(|column| quote::readable_name(&column.name))
        .collect();
    let rows: u64 = seen.iter().map(|seen| seen.line.rows).sum();
    let all = search.profiles.get(&series.table.name).map_or(0, |profile| profile.rows);
    let timed = if all == rows as i64 { String::new() } else { format!(" AND {} IS NOT NULL", series.time_sql()) };
    let mut found = found(&search.session.engine, series, &at_once, &columns)?;
    for seen in at_once {
        let Some(copies) = found.remove(&seen.label) else { continue };
        let sql = format!(
            "SELECT * FROM {} WHERE {}{timed} QUALIFY row_number() OVER (PARTITION BY {}) > 1",
            series.table.sql(),
            series.is_series(&seen.values),
            columns.join(", "),
        );
        search.findings.push(Finding {
            since: Some(copies.since),
            until: Some(copies.until),
            expected: seen.line.rows as i64 - (copies.rows - copies.distinct),
            observed: seen.line.rows as i64,
            missing: 0,
            detail: format!(
                "{} equal in every value to one that was there before",
                plural((copies.rows - copies.distinct).unsigned_abs(), "row")
            ),
            sql: quote::one_line(&sql),
            ..series.finding(Kind::Duplicate, &seen.label)
        });
    }
    Ok(())
}

/// Rows of a series that are there more than once.
struct Copies {
    since: i64,
    until: i64,
    rows: i64,
    distinct: i64,
}

/// The copies in each series that has any. Many rows are sifted first. Where many pass, their hashes are kept aside and
/// compared a part at a time: rows of one series and one instant with the same 126 bits are the same.
fn found(engine: &Engine, series: &Series, at_once: &[&Seen], columns: &[String]) -> Result<HashMap<String, Copies>> {
    const KEPT: &str = "rca_copies";
    const PART: u64 = 2 * sieve::FEW;
    let (table, label, time) = (series.table.sql(), series.label(), series.time_sql());
    let labels: Vec<&str> = at_once.iter().map(|seen| seen.label.as_str()).collect();
    let which = if labels.len() <= walk::NAMED_MAX { series.is_one_of(&labels) } else { series.is_any() };
    let rows = at_once.iter().map(|seen| seen.line.rows).sum();
    let hash = format!("(hash({}) >> 1)::BIGINT", columns.join(", "));
    let passed = sieve::sift(engine, &table, &hash, &format!("isfinite({time}) AND {which}"), rows)?;
    let mut found = HashMap::new();
    if passed.rows <= sieve::FEW {
        add(engine, &mut found, &table, [&label, &time], columns, &passed.condition)?;
        return Ok(found);
    }
    let backwards: Vec<&str> = columns.iter().rev().map(String::as_str).collect();
    engine.keep_found(
        KEPT,
        &format!(
            "SELECT {label} AS label, {time} AS instant, {hash} AS hash, hash({}, 1) AS backwards FROM {table} WHERE {}",
            backwards.join(", "),
            passed.condition
        ),
    )?;
    let hashes = ["hash".to_string(), "backwards".to_string()];
    let parts = passed.rows.div_ceil(PART);
    for part in 0..parts {
        add(engine, &mut found, KEPT, ["label", "instant"], &hashes, &format!("hash % {parts} = {part}"))?;
    }
    engine.execute(&format!("DROP TABLE {KEPT}"))?;
    Ok(found)
}

/// Adds the copies among the rows of `from` that hold `condition`.
fn add(
    engine: &Engine,
    found: &mut HashMap<String, Copies>,
    from: &str,
    [label, time]: [&str; 2],
    columns: &[String],
    condition: &str,
) -> Result<()> {
    let sql = format!(
        "SELECT series, min(ts), max(ts), sum(rows)::BIGINT, count(*) FROM \
         (SELECT {label} AS series, {time} AS ts, count(*) AS rows FROM {from} WHERE {condition} \
         GROUP BY {}, {label}, {time} HAVING count(*) > 1) GROUP BY series",
        columns.join(", "),
    );
    for row in engine.counted_by(&sql)? {
        let more = Copies { since: row[1].int(), until: row[2].int(), rows: row[3].int(), distinct: row[4].int() };
        found
            .entry(row[0].shown())
            .and_modify(|copies: &mut Copies| {
                copies.since = copies.since.min(more.since);
                copies.until = copies.until.max(more.until);
                copies.rows += more.rows;
                copies.distinct += more.distinct;
            })
            .or_insert(more);
    }
    Ok(())
}
