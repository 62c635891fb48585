//! Tables without a cadence, such as logs: stretches with far fewer rows than usual.

use super::{Finding, Kind, Search};
use crate::engine::quote::{self, fill};
use crate::error::Result;
use crate::model::duration;
use crate::model::time::{DAY, HOUR, MINUTE};
use crate::session::Table;

/// Stretches that people think in, in microseconds.
const STRETCHES: [i64; 10] =
    [MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 6 * HOUR, DAY, 7 * DAY, 30 * DAY];
/// About as many stretches as the evidence is divided into.
const COUNT: i64 = 48;

pub fn search(search: &mut Search, table: &Table) -> Result<()> {
    let Some(time) = table.roles.time.as_ref().map(|time| format!("{}::TIMESTAMP", quote::readable_name(time))) else {
        return Ok(());
    };
    if !search.wants(&[Kind::VolumeDrop]) {
        return Ok(());
    }
    let condition = search.condition(table);
    let row =
        search.session.one_row(&format!("SELECT min({time}), max({time}) FROM {} WHERE {condition}", table.sql()))?;
    let (first, last) = (row[0].int(), row[1].int());
    if row[0].is_null() || last == first {
        return Ok(());
    }
    let every = search.every.unwrap_or_else(|| {
        let wanted = (last - first) / COUNT;
        STRETCHES.into_iter().find(|stretch| *stretch >= wanted).unwrap_or(30 * DAY)
    });
    let sql = fill(
        include_str!("volume.sql"),
        &[("time", &time), ("table", &table.sql()), ("condition", &condition), ("every", &every.to_string())],
    );
    for row in search.session.engine.rows(&sql)?.rows {
        let (since, until, observed, usual, stretches) =
            (row[0].int(), row[1].int(), row[2].int(), row[3].int(), row[4].int());
        let expected = usual * stretches;
        search.findings.push(Finding {
            kind: Kind::VolumeDrop,
            source: table.source.clone(),
            table_name: table.short_name.clone(),
            series: None,
            column_name: None,
            since: Some(since),
            until: Some(until),
            expected,
            observed,
            missing: expected - observed,
            detail: format!("{observed} rows where {usual} every {} are usual", duration::shown(every)),
            sql: quote::one_line(&format!("SELECT * FROM ({sql}) WHERE since = {}", quote::time(since))),
            counter: super::cause::Counter::None,
        });
    }
    Ok(())
}
