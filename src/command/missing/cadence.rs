//! Searches in series with a cadence and maybe a counter: gaps in time, gaps in sequence, duplicates, late rows,
//! series that ended. What the walk saw becomes findings here.

use std::rc::Rc;

use super::cause::{Counter, Known};
use super::divide::divide;
use super::gaps::{self, Gap};
use super::pauses::Pauses;
use super::series::Series;
use super::shown::{self, Rows};
use super::walk::counter::{Hole, Told};
use super::walk::{self, Seen};
use super::{Finding, Kind, Search, Track, expect, flatline, nulls};
use crate::engine::quote;
use crate::error::Result;
use crate::model::coverage::grouped;
use crate::model::duration;
use crate::model::time::DAY;
use crate::session::Table;

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

/// Returns whether the table has a cadence.
///
/// # Errors
/// If the evidence cannot be read, or what is said of it does not fit.
pub fn search(search: &mut Search, table: &Table) -> Result<bool> {
    let Some(time) = table.roles.time.clone() else { return Ok(false) };
    if !search.wants(&KINDS) {
        return Ok(true);
    }
    let divided = divide(search, table, time)?;
    let series = &divided.series;
    let own = Series { sequence: series.sequence.clone().filter(|_| !divided.counts_together), ..series.clone() };
    let floats = flatline::columns(search, table);
    let (now, later) = floats.split_at(floats.len().min(walk::LEVELS_AT_ONCE));
    let sentinels = nulls::numbers();
    let seen = walk::walk(search.session, &own, now, &sentinels)?;
    flatline::found(search, &own, now, &seen);
    for columns in later.chunks(walk::levels_at_once(seen.len())) {
        let seen = walk::walk(search.session, &own, columns, &sentinels)?;
        flatline::found(search, &own, columns, &seen);
    }
    if own.sequence.is_some() && search.wants(&[Kind::TimeGap]) && !search.wants(&[Kind::SequenceGap]) {
        search
            .notes
            .push(format!("{}: gaps in time whose numbers are missing too are of the kind sequence_gap", table.name));
    }
    let is_regular = divided.is_regular || series.every.is_some();
    let has_cadence = is_regular && known(search, &own, &seen);
    if has_cadence {
        time_gaps(search, &own, &seen)?;
        late(search, &own, &seen);
        ended(search, &own, &seen);
    } else if search.wants(&[Kind::TimeGap]) {
        search.irregular.push(table.name.clone());
    }
    if divided.counts_together {
        let together = &Series { columns: Vec::new(), every: None, ..series.clone() };
        let mut counted = walk::walk(search.session, together, &[], &[])?;
        told_by_gaps(search, table, &mut counted);
        sequence_gaps(search, together, &counted, true);
        duplicates(search, together, &counted);
    } else if own.sequence.is_some() {
        sequence_gaps(search, &own, &seen, false);
        duplicates(search, &own, &seen);
    } else {
        copies(search, &own, &seen)?;
    }
    expect::search(search, &own, &seen)?;
    Ok(has_cadence)
}

/// Whether gaps of a series can be told: by its cadence, or by what somebody said.
fn is_regular(series: &Series, seen: &Seen) -> bool {
    series.every.is_some() || seen.line.told.rhythm.is_regular()
}

/// Keeps what is known of the table. Returns whether any series has a cadence.
fn known(search: &mut Search, series: &Series, seen: &[Seen]) -> bool {
    let regular = || seen.iter().filter(|seen| is_regular(series, seen));
    let segments = || regular().flat_map(|seen| &seen.line.told.rhythm.segments);
    let cadences = || segments().map(|segment| segment.cadence().round() as i64);
    let (Some(least), Some(most)) = (cadences().min(), cadences().max()) else { return false };
    let changed = regular().filter(|seen| seen.line.told.rhythm.segments.len() > 1).count();
    search.known.push(Known {
        table: series.table.clone(),
        time: series.time.clone(),
        condition: series.condition.clone(),
        columns: series.columns.clone(),
        sequence: series.sequence.clone(),
        series: seen.iter().map(|seen| (seen.label.clone(), seen.values.clone())).collect(),
        cadence: (least, most),
        limit: segments().map(|segment| segment.limit() as i64).max().unwrap_or(0),
        is_said: series.every.is_some(),
        irregular: seen.len() - regular().count(),
        changed,
        rows: seen.iter().map(|seen| seen.line.rows as i64).sum(),
        steps: seen.iter().map(|seen| seen.line.rows as i64 - 1).max().unwrap_or(0),
        found: series.found.clone(),
    });
    true
}

fn time_gaps(search: &mut Search, series: &Series, seen: &[Seen]) -> Result<()> {
    if !search.wants(&[Kind::TimeGap]) {
        return Ok(());
    }
    let is_said = series.every.is_some();
    let all: Vec<Vec<Gap>> = seen.iter().map(|seen| gaps::of(&seen.line, is_said)).collect();
    let first = seen.iter().map(|seen| seen.line.told.first).min().unwrap_or(0);
    let last = seen.iter().map(|seen| seen.line.last).max().unwrap_or(0);
    let days = || {
        let (time, table) = (series.time_sql(), series.table.sql());
        let sql = format!(
            "SELECT count(DISTINCT epoch_us({time}) // {DAY}) FROM {table} WHERE isfinite({time}) AND ({})",
            series.condition
        );
        Ok(search.session.engine.counted(&sql)?.first().map_or(0, crate::model::value::Value::int))
    };
    let pauses = Pauses::find(&all.concat(), first, last, days)?;
    search.notes.extend(pauses.shown(&series.table.name));
    for (seen, gaps) in seen.iter().zip(all) {
        let gaps: Vec<Gap> = gaps.into_iter().filter(|gap| !pauses.have(gap)).collect();
        for cluster in gaps::clusters(&gaps, |gap| gap.cadence) {
            search.findings.push(time_gap(series, seen, cluster));
        }
    }
    Ok(())
}

fn time_gap(series: &Series, seen: &Seen, gaps: &[Gap]) -> Finding {
    let (first, last) = (&gaps[0], &gaps[gaps.len() - 1]);
    let (since, until) = (first.step.since, last.step.until);
    let cadence = gaps.iter().map(|gap| gap.cadence).max().unwrap_or(1);
    let missing: i64 = gaps.iter().map(|gap| gap.missing).sum();
    // Of rows that come more often than they are due, one per cadence counts.
    let due = ((until - since) as f64 / cadence as f64).round() as i64 - 1;
    let expected = due.max(missing);
    let counter = counter_over(gaps);
    let lost: i64 = gaps.iter().map(|gap| if let Told::Missing(lost) = gap.step.told { lost } else { 0 }).sum();
    let holes = match counter {
        Counter::Holes => {
            format!("; {} more are missing by sequence number and listed as sequence_gap", grouped(lost as u64))
        }
        _ => String::new(),
    };
    let track = Rc::new(Track { is_plain: seen.line.told.counter.is_plain(), gaps: gaps.to_vec(), holes: Vec::new() });
    Finding {
        since: Some(since),
        until: Some(until),
        expected,
        observed: expected - missing,
        missing,
        detail: format!(
            "{} {} {} where a row is due every {}{holes}",
            count(gaps.len() as i64, "gap"),
            if gaps.len() == 1 { "of" } else { "within" },
            duration::shown(until - since),
            duration::shown(cadence)
        ),
        sql: time_gap_sql(series, seen, gaps),
        counter,
        track: Some(track),
        ..series.finding(Kind::TimeGap, &seen.label)
    }
}

/// What the sequence numbers do over these gaps.
fn counter_over(gaps: &[Gap]) -> Counter {
    let told = || gaps.iter().map(|gap| gap.step.told);
    if told().any(|told| told == Told::BeganAnew) {
        Counter::BeginsAnew
    } else if told().any(|told| matches!(told, Told::Missing(lost) if lost > 0)) {
        Counter::Holes
    } else if told().any(|told| told == Told::Missing(0)) {
        Counter::GoesOn
    } else {
        Counter::None
    }
}

fn time_gap_sql(series: &Series, seen: &Seen, gaps: &[Gap]) -> String {
    let (first, last) = (&gaps[0], &gaps[gaps.len() - 1]);
    let within = |place: u64| (first.step.place..=last.step.place).contains(&place);
    let limit = gaps.iter().map(|gap| gap.limit).min().unwrap_or(0);
    let long = seen.line.told.steps.iter().filter(|step| within(step.place) && step.length() > limit).count();
    // Each is one of the gaps, of one cadence, or has to be told from them.
    let cadence = first.cadence;
    let others = long != gaps.len();
    let rows = Rows {
        series,
        which: series.is_series(&seen.values),
        are_many: false,
        counter: Some(&seen.line.told.counter),
    };
    if gaps.iter().all(|gap| gap.cadence == cadence) {
        return rows.time_gaps(gaps, &[], (cadence, limit), others);
    }
    let of_one = gaps.chunk_by(|a, b| a.cadence == b.cadence);
    let parts: Vec<String> = of_one.map(|gaps| rows.time_gaps(gaps, &[], (gaps[0].cadence, limit), true)).collect();
    parts.join(" UNION ALL ")
}

/// `3 gaps`
pub fn count(number: i64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(number.unsigned_abs()))
}

/// `are_shared` is whether the counter counts several series, whose gaps some of the holes are.
fn sequence_gaps(search: &mut Search, series: &Series, seen: &[Seen], are_shared: bool) {
    if !search.wants(&[Kind::SequenceGap]) {
        return;
    }
    for seen in seen {
        let cadence = usual(seen);
        let of_lives = seen.line.told.counter.holes.chunk_by(|a, b| a.life == b.life);
        for holes in of_lives.flat_map(|holes| gaps::clusters(holes, |_| cadence)) {
            search.findings.push(sequence_gap(series, seen, holes, are_shared));
        }
    }
}

/// The cadence of a series as a whole, in microseconds, also where it has none.
fn usual(seen: &Seen) -> i64 {
    let line = &seen.line;
    let mean = (line.last - line.told.first) / (line.rows as i64 - 1).max(1);
    line.told.rhythm.segments.first().map_or(mean, |segment| segment.cadence().round() as i64)
}

fn sequence_gap(series: &Series, seen: &Seen, holes: &[Hole], are_shared: bool) -> Finding {
    let (first, last) = (&holes[0], &holes[holes.len() - 1]);
    let missing: i64 = holes.iter().map(Hole::missing).sum();
    let observed = (last.after - first.before + 1).max(0)
        - holes.iter().skip(1).take(holes.len().saturating_sub(2)).map(|hole| hole.before - hole.after - 1).sum::<i64>();
    let rows = Rows {
        series,
        which: series.is_series(&seen.values),
        are_many: false,
        counter: Some(&seen.line.told.counter),
    };
    let track = Rc::new(Track { is_plain: seen.line.told.counter.is_plain(), gaps: Vec::new(), holes: holes.to_vec() });
    Finding {
        since: holes.iter().map(|hole| hole.since).min(),
        until: holes.iter().map(|hole| hole.until).max(),
        column_name: series.sequence.clone(),
        expected: missing + observed,
        observed,
        missing,
        detail: format!(
            "{} in the sequence, {} never arrived",
            count(holes.len() as i64, "hole"),
            count(missing, "number")
        ),
        sql: rows.sequence_gaps(holes, &[], are_shared),
        track: Some(track),
        ..series.finding(Kind::SequenceGap, &seen.label)
    }
}

/// Of holes in a counter that all series share: those that lie within a gap of one series are its rows, and listed there.
/// A gap without any was a silence.
fn told_by_gaps(search: &mut Search, table: &Table, counted: &mut [Seen]) {
    let is_own = |finding: &&mut Finding| {
        finding.kind == Kind::TimeGap && finding.source == table.source && finding.table_name == table.short_name
    };
    let Some(together) = counted.first_mut() else { return };
    let holes = &mut together.line.told.counter.holes;
    let mut is_told = vec![false; holes.len()];
    for finding in search.findings.iter_mut().filter(is_own) {
        let mut lost = 0;
        for gap in finding.track.iter().flat_map(|track| &track.gaps) {
            let first = holes.partition_point(|hole| hole.since < gap.step.since);
            let within = holes[first..].iter().take_while(|hole| hole.until <= gap.step.until);
            for (at, hole) in within.enumerate() {
                is_told[first + at] = true;
                lost += hole.missing();
            }
        }
        finding.counter = if 10 * lost >= 9 * finding.missing { Counter::Lost } else { finding.counter };
        if lost == 0 {
            finding.counter = Counter::GoesOn;
        }
    }
    let mut told = is_told.into_iter();
    holes.retain(|_| !told.next().unwrap_or(false));
}

fn duplicates(search: &mut Search, series: &Series, seen: &[Seen]) {
    if !search.wants(&[Kind::Duplicate]) {
        return;
    }
    for seen in seen.iter().filter(|seen| seen.line.told.counter.again.rows > 0) {
        let (counter, again) = (&seen.line.told.counter, seen.line.told.counter.again);
        let rows = Rows {
            series,
            which: series.is_series(&seen.values),
            are_many: false,
            counter: Some(counter),
        };
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
fn copies(search: &mut Search, series: &Series, seen: &[Seen]) -> Result<()> {
    let at_once: Vec<&Seen> = seen.iter().filter(|seen| seen.line.at_once > 0).collect();
    if !search.wants(&[Kind::Duplicate]) || at_once.is_empty() {
        return Ok(());
    }
    let columns: Vec<String> = series
        .table
        .own_columns()
        .filter(|column| column.kind != crate::model::column::Kind::Blob)
        .map(|column| quote::readable_name(&column.name))
        .collect();
    let (label, time) = (series.label(), series.time_sql());
    let labels: Vec<&str> = at_once.iter().map(|seen| seen.label.as_str()).collect();
    let which =
        if labels.len() <= walk::NAMED_MAX { series.is_one_of(&labels) } else { series.is_any() };
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

/// Rows that stand more than a cadence behind a later one in their file.
fn late(search: &mut Search, series: &Series, seen: &[Seen]) {
    if !search.wants(&[Kind::Late]) || series.table.is_prose() {
        return;
    }
    // Rows that are mostly out of order were not written in the order of their times.
    let (behind, rows) =
        seen.iter().fold((0, 0), |(behind, rows), seen| (behind + seen.behind, rows + seen.line.rows));
    if behind * 4 > rows {
        search.notes.push(format!(
            "{}: rows do not stand in the order of their times, so that none can be called late",
            series.table.name
        ));
        return;
    }
    for seen in seen.iter().filter(|seen| is_regular(series, seen) && !seen.late.is_empty()) {
        let cadence = usual(seen);
        let late: Vec<_> = seen.late.iter().filter(|late| late.by > cadence).collect();
        let (Some(since), Some(until), Some(most)) = (
            late.iter().map(|late| late.at).min(),
            late.iter().map(|late| late.at).max(),
            late.iter().map(|late| late.by).max(),
        ) else {
            continue;
        };
        let rows = seen.line.rows as i64;
        let time = series.time_sql();
        let sql = format!(
            "SELECT ts, _file, _line, (epoch_us(latest) - epoch_us(ts)) / 1e6 AS late_s FROM \
             (SELECT {time} AS ts, _file, _line, max({time}) OVER (PARTITION BY _file ORDER BY _line ROWS UNBOUNDED PRECEDING) AS latest FROM {} WHERE {}) \
             WHERE epoch_us(latest) - epoch_us(ts) > {cadence}",
            series.table.sql(),
            series.is_series(&seen.values),
        );
        search.findings.push(Finding {
            since: Some(since),
            until: Some(until),
            expected: rows,
            observed: rows,
            missing: 0,
            detail: format!(
                "{} behind a later one, by up to {}",
                count(late.len() as i64, "row"),
                duration::shown(most)
            ),
            sql: quote::one_line(&sql),
            ..series.finding(Kind::Late, &seen.label)
        });
    }
}

/// Series that stop at least five cadences before the table does.
fn ended(search: &mut Search, series: &Series, seen: &[Seen]) {
    const CADENCES_LEAST: i64 = 5;
    let end = seen.iter().map(|seen| seen.line.last).max().unwrap_or(0);
    if !search.wants(&[Kind::Ended]) || seen.len() < 2 {
        return;
    }
    for seen in seen.iter().filter(|seen| is_regular(series, seen)) {
        let (rows, last) = (seen.line.rows as i64, seen.line.last);
        let cadence = seen.line.told.rhythm.segments.last().map_or(1, |segment| segment.cadence().round() as i64).max(1);
        // A row that is due a little behind the end is due.
        let missing = (end - last + cadence / 10) / cadence;
        if missing < CADENCES_LEAST {
            continue;
        }
        let sql = format!(
            "SELECT max({time}) AS last, ({end} - epoch_us(max({time})) + {tenth}) // {cadence} AS missing FROM {} WHERE {}",
            series.table.sql(),
            series.is_series(&seen.values),
            tenth = cadence / 10,
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
            ..series.finding(Kind::Ended, &seen.label)
        });
    }
}

/// What shows the gaps or holes of several series alike, if it shows as many as they have.
pub fn of_many(series: &Series, kind: Kind, labels: &[&str], tracks: &[Rc<Track>]) -> Option<String> {
    let rows = Rows { series, which: series.is_one_of(labels), are_many: true, counter: None };
    let each = || labels.iter().zip(tracks);
    if kind == Kind::SequenceGap {
        let holes: Vec<Hole> = tracks.iter().flat_map(|track| track.holes.iter().copied()).collect();
        let labels: Vec<&str> = each().flat_map(|(label, track)| vec![*label; track.holes.len()]).collect();
        return Some(rows.sequence_gaps(&holes, &labels, false));
    }
    let gaps: Vec<Gap> = tracks.iter().flat_map(|track| track.gaps.iter().copied()).collect();
    let labels: Vec<&str> = each().flat_map(|(label, track)| vec![*label; track.gaps.len()]).collect();
    let (cadence, limit) = (gaps.first()?.cadence, gaps.iter().map(|gap| gap.limit).min()?);
    let same = |gap: &Gap| {
        let due = |cadence: i64| (gap.step.length() as f64 / cadence as f64).round();
        due(cadence) == due(gap.cadence)
    };
    gaps.iter().all(same).then(|| rows.time_gaps(&gaps, &labels, (cadence, limit), false))
}

/// An instant as the SQL of findings writes it.
pub fn stamp(micros: i64) -> String {
    shown::stamp(micros)
}
