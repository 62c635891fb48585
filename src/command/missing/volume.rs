//! Tables without a cadence, such as logs: stretches with far fewer rows than usual, or none.

use super::outages::{self, Few, Outage};
use super::series::count;
use super::shown::stamp;
use super::{Finding, Kind, Search};
use crate::engine::quote::{self, fill};
use crate::error::Result;
use crate::model::duration;
use crate::session::Table;

/// Rows are counted together in at most so many parts of their time, and two rows or so in each where there are fewer.
const PARTS_MAX: i64 = 200_000;

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
    let is_timed = format!("isfinite({time}) AND ({condition})");
    let sql = format!("SELECT min({time}), max({time}), count(*) FROM {} WHERE {is_timed}", table.sql());
    let row = search.session.engine.counted(&sql)?;
    if row[0].is_null() || row[1].int() == row[0].int() {
        return Ok(());
    }
    let (length, rows) = (row[1].int() - row[0].int(), row[2].int());
    let width = (length / rows).saturating_mul(2).max(length / PARTS_MAX).max(1);
    let sql = fill(
        include_str!("volume.sql"),
        &[("time", time), ("table", &table.sql()), ("condition", &is_timed), ("width", &width.to_string())],
    );
    let counted = search.session.engine.counted_by(&sql)?;
    let all: Vec<Few> =
        counted.iter().map(|row| Few { first: row[0].int(), last: row[1].int(), rows: row[2].int() }).collect();
    for outage in outages::find(&all) {
        let found = finding(search, table, time, condition, &outage)?;
        search.findings.extend(found.map(|found| Finding { series: series.clone(), ..found }));
    }
    Ok(())
}

fn finding(search: &Search, table: &Table, time: &str, condition: &str, outage: &Outage) -> Result<Option<Finding>> {
    let Outage { since, until, usual, is_between } = *outage;
    let expected = usual.round() as i64;
    let begins = if is_between { ">" } else { ">=" };
    let own = if condition == "true" { String::new() } else { format!("({condition}) AND ") };
    let within = format!("{own}{time} {begins} {} AND {time} < {}", stamp(since), stamp(until));
    let counted = format!("SELECT count(*) FROM {} WHERE {within}", table.sql());
    let observed = search.session.engine.counted(&counted)?[0].int();
    let missing = expected - observed;
    let rows = if observed == 0 { "no row".into() } else { count(observed, "row") };
    let found = || Finding {
        kind: Kind::VolumeDrop,
        source: table.source.clone(),
        table_name: table.short_name.clone(),
        series: None,
        column_name: None,
        since: Some(since),
        until: Some(until),
        expected,
        observed,
        missing,
        detail: format!("{rows} in {} where {} are usual", duration::shown(until - since), count(expected, "row")),
        sql: format!("SELECT {expected} - count(*) AS missing FROM {} WHERE {within}", table.sql()),
        counter: super::cause::Counter::None,
        keys: None,
        track: None,
    };
    Ok((missing > 0).then(found))
}
