//! Tables without a cadence, such as logs: stretches with far fewer rows than usual.

use super::{Finding, Kind, Search};
use crate::engine::quote::{self, fill};
use crate::error::Result;
use crate::model::duration;
use crate::model::time::{DAY, HOUR, MINUTE};
use crate::model::value::Value;
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
    for (series, condition) in parts(search, table)? {
        of_part(search, table, &time, series, &condition)?;
    }
    Ok(())
}

/// The table as a whole, or each of the series asked for, with what must hold of its rows.
fn parts(search: &Search, table: &Table) -> Result<Vec<(Option<String>, String)>> {
    const SERIES_MAX: usize = 200;
    let condition = search.timed(table);
    if search.args.series.is_empty() {
        return Ok(vec![(None, condition)]);
    }
    let own = search.args.series.iter().filter_map(|name| table.column(name));
    let label = super::series::label(own.map(|column| (column.name.as_str(), column.name.as_str())));
    let sql = format!("SELECT DISTINCT {label} FROM {} WHERE {condition} ORDER BY 1 LIMIT {SERIES_MAX}", table.sql());
    let of = |series: String| {
        let is_series = format!("{label} = {}", quote::text(&series));
        let both = if condition == "true" { is_series } else { format!("{is_series} AND {condition}") };
        (Some(series), both)
    };
    Ok(search.session.engine.rows(&sql)?.rows.into_iter().map(|row| of(row[0].shown())).collect())
}

fn of_part(search: &mut Search, table: &Table, time: &str, series: Option<String>, condition: &str) -> Result<()> {
    let row = search
        .session
        .engine
        .counted(&format!("SELECT min({time}), max({time}) FROM {} WHERE {condition}", table.sql()))?;
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
        &[("time", time), ("table", &table.sql()), ("condition", condition), ("every", &every.to_string())],
    );
    let rows = search.session.engine.rows(&sql)?.rows;
    // Days of the week on which nothing ever is are how a source works.
    let week_part = |row: &Vec<Value>| {
        let (from, to) = (row[0].int().div_euclid(DAY), row[1].int().div_euclid(DAY));
        (every == DAY && to - from <= 3).then_some((from.rem_euclid(7), to - from))
    };
    let weeks = (last - first) / (7 * DAY);
    let is_usual = |part: (i64, i64)| {
        let times = rows.iter().filter(|row| week_part(row) == Some(part)).count() as i64;
        times >= 2 && times * 5 >= weeks * 4
    };
    let usual: Vec<bool> = rows.iter().map(|row| week_part(row).is_some_and(is_usual)).collect();
    let weekends = usual.iter().filter(|usual| **usual).count();
    if weekends > 0 {
        search.notes.push(format!("{}: {weekends} weekends with few rows are no finding", table.name));
    }
    for (row, _) in rows.into_iter().zip(usual).filter(|(_, usual)| !usual) {
        let missing = row[5].int();
        let (since, until, observed, usual) = (row[0].int(), row[1].int(), row[2].int(), row[3].int());
        let expected = missing + observed;
        search.findings.push(Finding {
            kind: Kind::VolumeDrop,
            source: table.source.clone(),
            table_name: table.short_name.clone(),
            series: series.clone(),
            column_name: None,
            since: Some(since),
            until: Some(until),
            expected,
            observed,
            missing,
            detail: format!("{observed} rows where {usual} every {} are usual", duration::shown(every)),
            sql: quote::one_line(&format!("SELECT * FROM ({sql}) WHERE since = {}", quote::time(since))),
            counter: super::cause::Counter::None,
            keys: None,
            track: None,
        });
    }
    Ok(())
}
