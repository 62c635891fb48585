//! Logs that are loud while something is missing: what they warn of may be why.

use super::Search;
use super::clusters::Cluster;
use crate::engine::quote;
use crate::error::Result;
use crate::model::coverage::grouped;
use crate::model::time::MINUTE;
use crate::session::Table;

/// Of each cluster the log that has far more warnings and errors in that time than otherwise, if one has: each log is looked
/// at once.
///
/// # Errors
/// If the evidence cannot be read.
pub fn of(search: &Search, table: &Table, clusters: &[Cluster]) -> Result<Vec<Option<String>>> {
    const LEAST: i64 = 5;
    const TIMES_MORE: f64 = 5.0;
    let mut loudest: Vec<Option<(f64, String)>> = clusters.iter().map(|_| None).collect();
    let windows: Vec<String> = (clusters.iter().enumerate())
        .map(|(at, cluster)| format!("({at}, {}, {})", quote::time(cluster.since), quote::time(cluster.until)))
        .collect();
    let logs = search.session.tables.iter().filter(|other| other.kind == "log" && other.name != table.name);
    for other in logs.filter(|_| !windows.is_empty()) {
        let (Some(time), Some(level)) = (&other.roles.time, &other.roles.level) else { continue };
        let time = format!("{}::TIMESTAMP", quote::name(time));
        let alarming = format!(
            "SELECT {time} AS t FROM {} WHERE {} IN ('warn', 'error', 'fatal') AND isfinite({time})",
            other.sql(),
            quote::name(level)
        );
        search.session.engine.keep_found("rca_alarming", &alarming)?;
        let row =
            search.session.engine.counted("SELECT count(*), epoch_us(max(t)) - epoch_us(min(t)) FROM rca_alarming")?;
        let (all, span) = (row[0].int(), row[1].int());
        let counted = search.session.engine.counted_by(&format!(
            "SELECT place, count(*) FROM (VALUES {}) AS cluster (place, since, until) JOIN rca_alarming ON t >= since AND t <= until \
             GROUP BY place",
            windows.join(", ")
        ))?;
        for row in counted {
            let Some((at, cluster)) = usize::try_from(row[0].int()).ok().and_then(|at| Some((at, clusters.get(at)?)))
            else {
                continue;
            };
            let count = row[1].int();
            let length = (cluster.until - cluster.since).max(1);
            let per_minute = |count: i64, length: i64| count as f64 / (length.max(1) as f64 / MINUTE as f64);
            let (during, otherwise) = (per_minute(count, length), per_minute(all - count, (span - length).max(MINUTE)));
            let is_louder = loudest[at].as_ref().is_none_or(|(most, _)| during > *most);
            if count >= LEAST && during >= TIMES_MORE * otherwise && is_louder {
                let text = format!(
                    "{} has {} warnings and errors in that time, {during:.1} a minute against {otherwise:.1} otherwise",
                    other.name,
                    grouped(count.unsigned_abs())
                );
                loudest[at] = Some((during, text));
            }
        }
    }
    Ok(loudest.into_iter().map(|loudest| loudest.map(|(_, text)| text)).collect())
}
