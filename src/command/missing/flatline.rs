//! Sensors that repeat one value: the same number far more often in a row than ever else.

use super::series::Series;
use super::walk::Seen;
use super::walk::level::Run;
use super::{Finding, Kind, Search};
use crate::engine::quote;
use crate::model::column::Kind as ColumnKind;
use crate::session::Table;

/// The columns that are looked at.
pub fn columns(search: &Search, table: &Table) -> Vec<String> {
    if !search.wants(&[Kind::Flatline]) || table.is_prose() {
        return Vec::new();
    }
    let floats = table.own_columns().filter(|column| column.kind == ColumnKind::Float);
    floats.map(|column| column.name.clone()).collect()
}

/// Findings of these columns, as the walk has seen them.
pub fn found(search: &mut Search, series: &Series, columns: &[String], seen: &[Seen]) {
    for seen in seen {
        for (column, level) in columns.iter().zip(&seen.levels) {
            let (runs, usual) = level.clone().flat();
            search.findings.extend(runs.iter().map(|run| finding(series, seen, column, run, usual)));
        }
    }
}

fn finding(series: &Series, seen: &Seen, column: &str, run: &Run, usual: u64) -> Finding {
    let (rows, time) = (run.rows as i64, series.time_sql());
    let sql = format!(
        "SELECT * FROM {} WHERE {} AND {} = {}::DOUBLE AND {time} BETWEEN {} AND {}",
        series.table.sql(),
        series.is_series(&seen.values),
        quote::readable_name(column),
        run.value,
        super::shown::stamp(run.since),
        super::shown::stamp(run.until),
    );
    Finding {
        column_name: Some(column.to_string()),
        since: Some(run.since),
        until: Some(run.until),
        expected: rows,
        observed: 0,
        missing: rows,
        detail: format!("the value {} {rows} times in a row, where {usual} in a row is usual at most", run.value),
        sql: quote::one_line(&sql),
        ..series.finding(Kind::Flatline, &seen.label)
    }
}
