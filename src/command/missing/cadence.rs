//! Searches in series with a cadence and maybe a counter: gaps in time, gaps in sequence, duplicates, late rows,
//! series that ended or never came.

use super::cause::{Counter, Known};
use super::divide::divide;
use super::pauses::{self, Pause};
use super::series::Series;
use super::{Finding, Kind, Search};
use crate::engine::quote::{self, fill};
use crate::error::Result;
use crate::model::duration;
use crate::model::value::Value;
use crate::session::Table;

/// Returns whether the table has a cadence.
pub fn search(search: &mut Search, table: &Table) -> Result<bool> {
    let Some(time) = table.roles.time.clone() else { return Ok(false) };
    const KINDS: [Kind; 8] = [
        Kind::TimeGap,
        Kind::SequenceGap,
        Kind::Duplicate,
        Kind::Late,
        Kind::Ended,
        Kind::NeverSeen,
        // Judged by series.
        Kind::Flatline,
        // Looked for only where there is no cadence.
        Kind::VolumeDrop,
    ];
    if !search.wants(&KINDS) {
        return Ok(true);
    }
    let Some(mut series) = divide(search, table, time)? else {
        if search.wants(&[Kind::TimeGap]) {
            search.irregular.push(table.name.clone());
        }
        return Ok(false);
    };
    search.divided.insert(table.name.clone(), series.columns.clone());
    let counted = counted(search, &mut series)?;
    if series.sequence.is_some() && search.wants(&[Kind::TimeGap]) && !search.wants(&[Kind::SequenceGap]) {
        search
            .notes
            .push(format!("{}: gaps in time whose numbers are missing too are of the kind sequence_gap", table.name));
    }
    let overview = search.session.engine.rows(&series.sql(include_str!("cadence.sql")))?.rows;
    let regular: Vec<&Vec<Value>> = overview.iter().filter(|row| row[6].int() == 1).collect();
    if search.wants(&[Kind::TimeGap]) {
        let mut usual = Vec::new();
        if let Some((is_weekend, count)) = pauses::weekends(search.session, &series)? {
            search.notes.push(format!("{}: weekends are no gaps, {count} of them", table.name));
            usual.push(is_weekend);
        }
        let pauses = pauses::find(search.session, &series)?;
        if !pauses.is_empty() {
            let shown: Vec<String> = pauses.iter().map(Pause::shown).collect();
            search.notes.push(format!(
                "{}: pauses at the same time of day are no gaps: {}",
                table.name,
                shown.join(", ")
            ));
            usual.extend(pauses.iter().map(Pause::sql));
        }
        if !usual.is_empty() {
            series.is_gap = format!("NOT ({})", usual.join(" OR "));
        }
    }
    let cadences: Vec<i64> = regular.iter().map(|row| row[4].int()).collect();
    if let (Some(least), Some(most)) = (cadences.iter().min(), cadences.iter().max()) {
        search.known.push(Known {
            table: table.clone(),
            columns: series.columns.clone(),
            sequence: series.sequence.clone(),
            series: series.all(search.session)?,
            cadence: (*least, *most),
            is_said: series.every.is_some(),
            rows: overview.iter().map(|row| row[1].int()).sum(),
            steps: overview.iter().map(|row| row[1].int() - 1).max().unwrap_or(0),
            found: series.found.clone(),
            gaps: series.sql(include_str!("time_gaps.sql")),
            holes: series.sequence.as_ref().map(|_| series.sql(include_str!("sequence_gaps.sql"))),
        });
    }
    time_gaps(search, &series)?;
    if let Some(counted) = &counted {
        let first = search.findings.len();
        sequence_gaps(search, counted)?;
        if counted.columns != series.columns {
            told_by_gaps(search, table, first);
        }
        duplicates(search, counted)?;
    } else {
        copies(search, &series)?;
    }
    late(search, &series)?;
    ended(search, &series, &overview);
    never_seen(search, &series, &overview)?;
    Ok(!regular.is_empty())
}

/// The series that a counter counts: these, or all together where they share one; then it tells nothing of a single
/// series. `None` if it does not count at all.
fn counted<'a>(search: &mut Search, series: &mut Series<'a>) -> Result<Option<Series<'a>>> {
    const LEAST: f64 = 0.5;
    let Some(sequence) = series.sequence.clone() else { return Ok(None) };
    if series.contiguity(search.session)? >= LEAST {
        return Ok(Some(series.clone()));
    }
    let together = Series { columns: Vec::new(), ..series.clone() };
    series.sequence = None;
    if together.contiguity(search.session)? >= LEAST {
        search.notes.push(format!("{}: `{sequence}` counts the rows of all series together", series.table.name));
        return Ok(Some(together));
    }
    search
        .notes
        .push(format!("{}: `{sequence}` does not count the rows one by one and is not used", series.table.name));
    Ok(None)
}

/// Of holes in a counter that all series share: those that lie within a gap of one series are its rows, and listed there.
fn told_by_gaps(search: &mut Search, table: &Table, first: usize) {
    let is_own = |finding: &Finding| finding.source == table.source && finding.table_name == table.short_name;
    let holes = search.findings.split_off(first);
    for hole in holes {
        let within = |gap: &&mut Finding| {
            gap.kind == Kind::TimeGap && is_own(gap) && gap.since <= hole.since && gap.until >= hole.until
        };
        let mut gaps: Vec<&mut Finding> = search.findings.iter_mut().filter(within).collect();
        let missing: i64 = gaps.iter().map(|gap| gap.missing).sum();
        if hole.kind == Kind::SequenceGap && missing * 10 >= hole.missing * 9 {
            gaps.iter_mut().for_each(|gap| gap.counter = Counter::Lost);
        } else {
            search.findings.push(hole);
        }
    }
}

/// Rows that are there twice with all their values, where no counter tells.
fn copies(search: &mut Search, series: &Series) -> Result<()> {
    if !search.wants(&[Kind::Duplicate]) {
        return Ok(());
    }
    let columns: Vec<String> = series
        .table
        .own_columns()
        .filter(|column| column.kind != crate::model::column::Kind::Blob)
        .map(|column| quote::readable_name(&column.name))
        .collect();
    let list = columns.join(", ");
    let (label, time) = (series.label(), series.time_sql());
    let copies = format!(
        "SELECT {label} AS series, {time} AS ts, count(*) AS rows FROM {} WHERE {time} IS NOT NULL AND ({}) GROUP BY {list}, {label}, {time} HAVING count(*) > 1",
        series.table.sql(),
        series.condition,
    );
    let found = format!(
        "SELECT series, min(ts), max(ts), sum(rows)::BIGINT, count(*) FROM ({copies}) GROUP BY series ORDER BY series"
    );
    for row in search.session.engine.rows(&found)?.rows {
        let (rows, distinct) = (row[3].int(), row[4].int());
        search.findings.push(Finding {
            since: Some(row[1].int()),
            until: Some(row[2].int()),
            expected: distinct,
            observed: rows,
            missing: 0,
            detail: format!("{} equal in every value to one that was there before", count(rows - distinct, "row")),
            sql: quote::one_line(&format!("SELECT * FROM ({copies}) WHERE series = {}", quote::text(&row[0].shown()))),
            ..series.finding(Kind::Duplicate, &row[0])
        });
    }
    Ok(())
}

/// Gaps within an hour at one row a minute, as cadences.
const CLUSTER_CADENCES: &str = "60";

fn clustered(rows: &str, hole: &str) -> String {
    fill(include_str!("clusters.sql"), &[("gaps", rows), ("gap", CLUSTER_CADENCES), ("hole", hole)])
}

fn time_gaps(search: &mut Search, series: &Series) -> Result<()> {
    if !search.wants(&[Kind::TimeGap]) {
        return Ok(());
    }
    let file = include_str!("time_gaps.sql");
    for row in search.session.engine.rows(&clustered(&series.sql(file), "sum(hole)"))?.rows {
        let (since, until, cadence) = (row[1].int(), row[2].int(), row[6].int());
        let (gaps, missing) = (row[3].int(), row[4].int());
        // Of rows that come more often than they are due, one per cadence counts.
        let due = ((until - since) as f64 / cadence.max(1) as f64).round() as i64 - 1;
        let expected = due.max(missing);
        let counter = match &row[7] {
            Value::Null => Counter::None,
            hole if hole.int() < 0 => Counter::BeginsAnew,
            hole if hole.int() == 0 => Counter::GoesOn,
            _ => Counter::Holes,
        };
        let holes = match counter {
            Counter::Holes => {
                format!("; {} more are missing by sequence number and listed as sequence_gap", row[7].int())
            }
            _ => String::new(),
        };
        search.findings.push(Finding {
            since: Some(since),
            until: Some(until),
            expected,
            observed: expected - missing,
            missing,
            detail: format!(
                "{} {} {} where a row is due every {}{holes}",
                count(gaps, "gap"),
                if gaps == 1 { "of" } else { "within" },
                duration::shown(until - since),
                duration::shown(cadence)
            ),
            sql: series.time_gaps_shown(&row[0], since, until, cadence),
            counter,
            ..series.finding(Kind::TimeGap, &row[0])
        });
    }
    Ok(())
}

fn count(number: i64, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

fn sequence_gaps(search: &mut Search, series: &Series) -> Result<()> {
    if !search.wants(&[Kind::SequenceGap]) {
        return Ok(());
    }
    let file = include_str!("sequence_gaps.sql");
    for row in search.session.engine.rows(&clustered(&series.sql(file), "max(lives)"))?.rows {
        let (since, until) = (row[1].int(), row[2].int());
        let (gaps, missing, observed) = (row[3].int(), row[4].int(), row[5].int());
        search.findings.push(Finding {
            since: Some(since),
            until: Some(until),
            column_name: series.sequence.clone(),
            expected: missing + observed,
            observed,
            missing,
            detail: format!("{} in the sequence, {} never arrived", count(gaps, "hole"), count(missing, "number")),
            sql: if row[7].int() == 0 {
                series.sequence_gaps_shown(&row[0], since, until)
            } else {
                series.shown(file, &row[0], since, until)
            },
            ..series.finding(Kind::SequenceGap, &row[0])
        });
    }
    Ok(())
}

fn duplicates(search: &mut Search, series: &Series) -> Result<()> {
    if !search.wants(&[Kind::Duplicate]) {
        return Ok(());
    }
    for row in search.session.engine.rows(&series.sql(include_str!("duplicates.sql")))?.rows {
        let (since, until, rows, distinct) = (row[1].int(), row[2].int(), row[3].int(), row[4].int());
        let sql = format!(
            "SELECT series, q AS sequence, count(*) AS rows FROM ({}) WHERE series = {} GROUP BY ALL HAVING count(*) > 1 ORDER BY q",
            series.sql("{steps}"),
            quote::text(&row[0].shown()),
        );
        search.findings.push(Finding {
            since: Some(since),
            until: Some(until),
            column_name: series.sequence.clone(),
            expected: distinct,
            observed: rows,
            missing: 0,
            detail: format!("{} with a number that was there before", count(rows - distinct, "row")),
            sql: quote::one_line(&sql),
            ..series.finding(Kind::Duplicate, &row[0])
        });
    }
    Ok(())
}

/// Rows that stand behind a later one in their file.
fn late(search: &mut Search, series: &Series) -> Result<()> {
    let has_lines = series.table.columns.iter().any(|column| column.name == "_line");
    if !search.wants(&[Kind::Late]) || !has_lines || series.table.is_prose() {
        return Ok(());
    }
    let rows = fill(
        include_str!("late.sql"),
        &[
            ("cadence", &series.sql(include_str!("cadence.sql"))),
            ("table", &series.table.sql()),
            ("time", &format!("{}::TIMESTAMP", quote::readable_name(&series.time))),
            ("series", &series.label()),
            ("condition", &series.condition),
        ],
    );
    let sql = format!(
        "SELECT series, min(ts), max(ts), count(*), max(late_s), max(n) FROM ({rows}) GROUP BY series ORDER BY series"
    );
    for row in search.session.engine.rows(&sql)?.rows {
        let late = row[3].int();
        let most = if let Value::Float(seconds) = row[4] { (seconds * 1e6) as i64 } else { 0 };
        search.findings.push(Finding {
            since: Some(row[1].int()),
            until: Some(row[2].int()),
            expected: row[5].int(),
            observed: row[5].int(),
            missing: 0,
            detail: format!("{} behind a later one, by up to {}", count(late, "row"), duration::shown(most)),
            sql: quote::one_line(&format!("SELECT * FROM ({rows}) WHERE series = {}", quote::text(&row[0].shown()))),
            ..series.finding(Kind::Late, &row[0])
        });
    }
    Ok(())
}

/// Series that stop at least five cadences before the table does.
fn ended(search: &mut Search, series: &Series, overview: &[Vec<Value>]) {
    let end = overview.iter().map(|row| row[3].int()).max().unwrap_or(0);
    if !search.wants(&[Kind::Ended]) || overview.len() < 2 {
        return;
    }
    for row in overview.iter().filter(|row| row[6].int() == 1) {
        let (rows, last, cadence) = (row[1].int(), row[3].int(), row[4].int().max(1));
        // A row that is due a little behind the end is due.
        let missing = (end - last + cadence / 10) / cadence;
        if missing < 5 {
            continue;
        }
        let sql = format!(
            "SELECT max({time}) AS last, ({end} - epoch_us(max({time})) + {cadence} // 10) // {cadence} AS missing FROM {} WHERE {} = {}",
            series.table.sql(),
            series.label(),
            quote::text(&row[0].shown()),
            time = series.time_sql(),
        );
        search.findings.push(Finding {
            since: Some(last),
            until: Some(end),
            expected: rows + missing,
            observed: rows,
            missing,
            detail: format!(
                "the last row is {} before the last of the other series, with one due every {}",
                duration::shown(end - last),
                duration::shown(cadence)
            ),
            sql: quote::one_line(&sql),
            ..series.finding(Kind::Ended, &row[0])
        });
    }
}

fn never_seen(search: &mut Search, series: &Series, overview: &[Vec<Value>]) -> Result<()> {
    let expect =
        search.session.settings.sources.get(&series.table.source).map(|said| said.expect.clone()).unwrap_or_default();
    if !search.wants(&[Kind::NeverSeen]) || series.columns.is_empty() {
        return Ok(());
    }
    for values in expect {
        let label = series
            .columns
            .iter()
            .zip(&values)
            .map(|(name, value)| format!("{name}={value}"))
            .collect::<Vec<_>>()
            .join(" ");
        if values.len() != series.columns.len() {
            return Err(crate::error::Error::question(format!(
                "`expect` of source `{}` has {} values for {} columns",
                series.table.source,
                values.len(),
                series.columns.len()
            ))
            .detail(format!("series is {}", series.columns.join(", "))));
        }
        if overview.iter().any(|row| row[0].shown() == label) {
            continue;
        }
        search.findings.push(Finding {
            expected: 1,
            missing: 1,
            detail: "`expect` names this series, and it has no row".into(),
            sql: format!(
                "SELECT count(*) AS rows FROM {} WHERE {} = {}",
                series.table.sql(),
                series.label(),
                quote::text(&label)
            ),
            ..series.finding(Kind::NeverSeen, &Value::Text(label.clone()))
        });
    }
    Ok(())
}
