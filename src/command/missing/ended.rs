//! Series that stop before the others do.

use super::pauses::Pauses;
use super::series::Series;
use super::walk::Seen;
use super::{Finding, Kind, Search};
use crate::engine::quote;
use crate::model::duration;

/// Series that stop at least five cadences before the table does, but for the pauses of each.
pub fn search(search: &mut Search, series: &Series, seen: &[Seen], pauses: &[Pauses]) {
    const CADENCES_LEAST: i64 = 5;
    let end = seen.iter().map(|seen| seen.line.last).max().unwrap_or(0);
    if !search.wants(&[Kind::Ended]) || seen.len() < 2 {
        return;
    }
    for (seen, pauses) in seen.iter().zip(pauses).filter(|(seen, _)| series.has_cadence(seen)) {
        let (rows, last) = (seen.line.rows as i64, seen.line.last);
        let cadence =
            seen.line.told.rhythm.segments.last().map_or(1, |segment| segment.cadence().round() as i64).max(1);
        let missing = pauses.due(last, end, cadence);
        if missing < CADENCES_LEAST {
            continue;
        }
        let time = series.time_sql();
        let due = format!("({end} - epoch_us(max({time})) + {}) // {cadence}", cadence / 10);
        let (due, but) = match missing < (end - last) / cadence {
            true => (format!("least({due}, {missing})"), " but for pauses"),
            false => (due, ""),
        };
        let sql = format!(
            "SELECT max({time}) AS last, {due} AS missing FROM {} WHERE {}",
            series.table.sql(),
            series.is_series(&seen.values),
        );
        search.findings.push(Finding {
            since: Some(last),
            until: Some(end),
            expected: rows + missing,
            observed: rows,
            missing,
            detail: format!(
                "the last row is {} before the last of the other series, with one due every {}{but}",
                duration::shown(end - last),
                duration::shown(cadence)
            ),
            sql: quote::one_line(&sql),
            ..series.finding(Kind::Ended, &seen.label)
        });
    }
}
