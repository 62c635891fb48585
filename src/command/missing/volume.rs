//! Tables without a cadence, such as logs: stretches with far fewer rows than usual.

use std::collections::{BTreeMap, HashMap};

use super::lows::{Counts, Low, Lows};
use super::shown::stamp;
use super::{Finding, Kind, Search};
use crate::engine::quote::{self, fill};
use crate::error::Result;
use crate::model::coverage::grouped;
use crate::model::duration;
use crate::model::figure::plural;
use crate::model::time;
use crate::model::value::Value;
use crate::session::Table;

/// About as many stretches as the evidence is divided into where rows are few.
const COUNT: i64 = 48;
const STRETCHES_MAX: i64 = 100_000;

pub fn search(search: &mut Search, table: &Table) -> Result<()> {
    let Some(time) = table.roles.time.as_ref().map(|time| format!("{}::TIMESTAMP", quote::readable_name(time))) else {
        return Ok(());
    };
    if !search.wants(&[Kind::VolumeDrop]) {
        return Ok(());
    }
    let condition = search.timed(table);
    let own = search.args.series.iter().filter_map(|name| table.column(name));
    let label = super::series::label(own.map(|column| (column.name.as_str(), column.name.as_str())));
    let mut parts = parts(search, table, (&time, &label, &condition))?;
    count_rows(search, table, (&time, &label, &condition), &mut parts)?;
    for Part { label: own, counts } in parts {
        let lows = counts.lows();
        let series = (!search.args.series.is_empty()).then_some(own);
        let condition = match &series {
            None => condition.clone(),
            Some(own) if condition == "true" => format!("{label} = {}", quote::text(own)),
            Some(own) => format!("{label} = {} AND {condition}", quote::text(own)),
        };
        let name = series.as_ref().map_or_else(|| table.name.clone(), |own| format!("{}, {own}", table.name));
        search.notes.extend(passed_over(&name, &lows));
        for low in &lows.found {
            let found = finding(search, table, &time, &condition, low)?;
            search.findings.extend(found.map(|found| Finding { series: series.clone(), ..found }));
        }
    }
    Ok(())
}

/// The table as a whole, or one of the series asked for.
struct Part {
    label: String,
    counts: Counts,
}

/// Each part with the stretches that its rows are counted by, which are empty yet.
fn parts(search: &Search, table: &Table, (time, label, condition): (&str, &str, &str)) -> Result<Vec<Part>> {
    let sql = format!(
        "SELECT {label} AS label, min({time}), max({time}), count(*) FROM {} WHERE isfinite({time}) AND ({condition}) \
         GROUP BY ALL ORDER BY 1",
        table.sql()
    );
    let part = |row: Vec<Value>| {
        let (first, last, rows) = (row[1].int(), row[2].int(), row[3].int());
        let every = stretch((last - first).max(1), rows);
        let begins = first.div_euclid(every) * every + every;
        let whole = last.div_euclid(every) - first.div_euclid(every) - 1;
        let counts = Counts { first: begins, every, rows: vec![0; usize::try_from(whole).ok()?] };
        (whole > 0).then(|| Part { label: row[0].shown(), counts })
    };
    Ok(search.session.engine.counted_by(&sql)?.into_iter().filter_map(part).collect())
}

/// Counts their rows, those of equal stretches at once.
fn count_rows(
    search: &Search,
    table: &Table,
    (time, label, condition): (&str, &str, &str),
    parts: &mut [Part],
) -> Result<()> {
    let mut by_length: BTreeMap<i64, HashMap<String, &mut Counts>> = BTreeMap::new();
    for Part { label, counts } in parts {
        by_length.entry(counts.every).or_default().insert(label.clone(), counts);
    }
    for (every, mut counts) in by_length {
        let mut labels: Vec<String> = counts.keys().map(|label| quote::text(label)).collect();
        labels.sort_unstable();
        let condition = format!("({condition}) AND {label} IN ({})", labels.join(", "));
        let every = every.to_string();
        let values =
            [("time", time), ("label", label), ("table", &table.sql()), ("condition", &condition), ("every", &every)];
        for row in search.session.engine.counted_by(&fill(include_str!("volume.sql"), &values))? {
            let Some(counts) = counts.get_mut(&row[0].shown()) else { continue };
            let place = usize::try_from((row[1].int() - counts.first).div_euclid(counts.every)).ok();
            if let Some(own) = place.and_then(|place| counts.rows.get_mut(place)) {
                *own = row[2].int();
            }
        }
    }
    Ok(())
}

/// The shortest stretch in which rows are usual, or else one that leaves enough of them to compare.
fn stretch(length: i64, rows: i64) -> i64 {
    const ROWS: i64 = 10;
    const COUNT_LEAST: i64 = 24;
    let has_rows = |stretch: &i64| rows / (length / stretch + 1) >= ROWS && length / stretch < STRETCHES_MAX;
    let few = || duration::ROUND.into_iter().find(|stretch| *stretch >= length / COUNT);
    let many = duration::ROUND.into_iter().find(has_rows).filter(|stretch| length / stretch >= COUNT_LEAST);
    many.or_else(few).unwrap_or(length)
}

/// What is low and no finding.
fn passed_over(name: &str, lows: &Lows) -> Vec<String> {
    let mut notes = Vec::new();
    match lows.weekends {
        0 => {}
        1 => notes.push(format!("{name}: a weekend with few rows is no finding")),
        weekends => notes.push(format!("{name}: {weekends} weekends with few rows are no finding")),
    }
    if let Some(low) = &lows.beginning {
        notes.push(format!(
            "{name}: {} from {} to {} where {} are usual later is no finding, since nothing tells what was usual before",
            rows_of(low.rows),
            time::rfc3339(low.since),
            time::rfc3339(low.until),
            grouped(low.usual.round() as u64)
        ));
    }
    for low in &lows.unknown {
        notes.push(format!(
            "{name}: {} from {} to {} where {} are usual is no finding, since no other day tells whether it is one of its pauses",
            rows_of(low.rows),
            time::rfc3339(low.since),
            time::rfc3339(low.until),
            grouped(low.usual.round() as u64)
        ));
    }
    if lows.recurring > 0 {
        notes.push(format!(
            "{name}: {} with few rows at about the same time of most days are no finding",
            plural(lows.recurring as u64, "pause")
        ));
    }
    notes
}

fn rows_of(rows: i64) -> String {
    if rows == 0 { "no row".into() } else { plural(rows.unsigned_abs(), "row") }
}

fn finding(search: &Search, table: &Table, time: &str, condition: &str, low: &Low) -> Result<Option<Finding>> {
    let own = if condition == "true" { String::new() } else { format!(" AND ({condition})") };
    let from = table.sql();
    let (mut since, mut until, mut begins) = (low.since, low.until, ">=");
    if low.rows == 0 {
        // A silence lasts from row to row.
        let sql = format!(
            "SELECT max({time}) FILTER (WHERE {time} < {}), min({time}) FILTER (WHERE {time} >= {}) FROM {from} WHERE isfinite({time}){own}",
            stamp(since),
            stamp(until)
        );
        let row = search.session.engine.counted(&sql)?;
        if !row[0].is_null() && !row[1].is_null() {
            (since, until, begins) = (row[0].int(), row[1].int(), ">");
        }
    }
    let more = (until - since - (low.until - low.since)) as f64 * low.rate;
    let expected = (low.usual + more).round() as i64;
    let missing = expected - low.rows;
    let within = format!("{time} {begins} {} AND {time} < {}{own}", stamp(since), stamp(until));
    let found = || Finding {
        since: Some(since),
        until: Some(until),
        expected,
        observed: low.rows,
        missing,
        detail: format!(
            "{} in {} where {} are usual",
            rows_of(low.rows),
            duration::shown(until - since),
            grouped(expected.unsigned_abs())
        ),
        sql: format!("SELECT {expected} - count(*) AS missing FROM {from} WHERE {within}"),
        ..Finding::of(Kind::VolumeDrop, table)
    };
    Ok((missing > 0).then(found))
}
