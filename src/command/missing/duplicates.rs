//! Rows that came twice: by their number, or with all their values where there is none.

use super::series::{Series, count};
use super::shown::Rows;
use super::walk::{self, Seen};
use super::{Finding, Kind, Search};
use crate::engine::quote;
use crate::error::Result;
use crate::model::column;

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
            detail: format!("{} with a number that was there before", count(again.rows as i64, "row")),
            sql: rows.again(),
            ..series.finding(Kind::Duplicate, &seen.label)
        });
    }
}

/// Rows that are there twice with all their values, where no counter tells.
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
    let (label, time) = (series.label(), series.time_sql());
    let labels: Vec<&str> = at_once.iter().map(|seen| seen.label.as_str()).collect();
    let which = if labels.len() <= walk::NAMED_MAX { series.is_one_of(&labels) } else { series.is_any() };
    let found = format!(
        "SELECT series, min(ts), max(ts), sum(rows)::BIGINT, count(*) FROM \
         (SELECT {label} AS series, {time} AS ts, count(*) AS rows FROM {} WHERE isfinite({time}) AND {which} GROUP BY {}, {label}, {time} HAVING count(*) > 1) \
         GROUP BY series ORDER BY series",
        series.table.sql(),
        columns.join(", "),
    );
    for row in search.session.engine.rows(&found)?.rows {
        let (rows, distinct, label) = (row[3].int(), row[4].int(), row[0].shown());
        let Some(seen) = at_once.iter().find(|seen| seen.label == label) else { continue };
        let sql = format!(
            "SELECT * FROM {} WHERE {} QUALIFY row_number() OVER (PARTITION BY {}) > 1",
            series.table.sql(),
            series.is_series(&seen.values),
            columns.join(", "),
        );
        search.findings.push(Finding {
            since: Some(row[1].int()),
            until: Some(row[2].int()),
            expected: distinct,
            observed: rows,
            missing: 0,
            detail: format!("{} equal in every value to one that was there before", count(rows - distinct, "row")),
            sql: quote::one_line(&sql),
            ..series.finding(Kind::Duplicate, &label)
        });
    }
    Ok(())
}
