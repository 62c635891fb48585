//! Rows out of the order of their times.

use super::series::Series;
use super::walk::Seen;
use super::{Finding, Kind, Search};
use crate::engine::quote;
use crate::error::Result;
use crate::model::duration;
use crate::model::figure::plural;

/// Rows that stand more than a cadence behind a later one in their file.
///
/// # Errors
/// If the evidence cannot be read.
pub fn search(search: &mut Search, series: &Series, seen: &[Seen]) -> Result<()> {
    if !search.wants(&[Kind::Late]) || series.table.is_prose() {
        return Ok(());
    }
    // Rows that are mostly out of order were not written in the order of their times.
    let (behind, rows) = seen.iter().fold((0, 0), |(behind, rows), seen| (behind + seen.behind, rows + seen.line.rows));
    if behind * 4 > rows {
        search.notes.push(format!(
            "{}: rows do not stand in the order of their times, so that none can be called late",
            series.table.name
        ));
        return Ok(());
    }
    // A server stores what is changed behind what is new, a key sorts rows, and a dump writes one partition behind another.
    let is_late = |seen: &Seen| series.has_cadence(seen) && seen.late.is_any(seen.cadence());
    if series.table.kind == "postgres" && seen.iter().any(is_late) {
        search.notes.push(format!(
            "{}: a dump has rows in the order in which they are stored, which is not that in which they came, so that \
             none can be called late",
            series.table.name
        ));
        return Ok(());
    }
    for seen in seen.iter().filter(|seen| series.has_cadence(seen)) {
        let cadence = seen.cadence();
        let Some((late, is_exact)) = seen.late.beyond(cadence) else { continue };
        let rows = seen.line.rows as i64;
        let time = series.time_sql();
        let sql = format!(
            "SELECT ts, _file, _line, (epoch_us(latest) - epoch_us(ts)) / 1e6 AS late_s FROM \
             (SELECT {time} AS ts, _file, _line, max({time}) OVER (PARTITION BY _file ORDER BY _line ROWS UNBOUNDED PRECEDING) AS latest FROM {} WHERE {}) \
             WHERE epoch_us(latest) - epoch_us(ts) > {cadence}",
            series.table.sql(),
            series.is_series(&seen.values),
        );
        let (mut count, mut since, mut until) = (late.rows as i64, late.since, late.until);
        if !is_exact {
            // Some of about a cadence are late and some are not, which rows alone tell.
            let row = search.session.engine.counted(&format!("SELECT count(*), min(ts), max(ts) FROM ({sql})"))?;
            (count, since, until) = (row[0].int(), row[1].int(), row[2].int());
        }
        search.findings.push(Finding {
            since: Some(since),
            until: Some(until),
            expected: rows,
            observed: rows,
            missing: 0,
            detail: format!(
                "{} behind a later one, by up to {}",
                plural(count.unsigned_abs(), "row"),
                duration::shown(late.most)
            ),
            sql: quote::one_line(&sql),
            ..series.finding(Kind::Late, &seen.label)
        });
    }
    Ok(())
}
