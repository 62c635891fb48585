//! What a table that others send to lacks, told by its keys: the rows before and behind a gap stand in the sender's table
//! too, and those that it has between them and whose keys are not here were sent.

use std::collections::HashMap;

use super::keys::Key;
use super::regular::Regular;
use super::testimony::Testimony;
use super::{Finding, Kind, Search};
use crate::engine::quote;
use crate::error::Result;
use crate::session::Table;

/// More gaps are not looked into at once.
const GAPS_MAX: usize = 10_000;

/// Whether any table has gaps of which keys may tell.
pub fn may_tell(search: &Search) -> bool {
    let is_gap = |finding: &Finding, table: &Table| finding.kind == Kind::TimeGap && finding.is_of(table);
    let has_gap = |regular: &&Regular| search.findings.iter().any(|finding| is_gap(finding, &regular.table));
    search.regular.iter().filter(|regular| regular.columns.is_empty()).any(|regular| has_gap(&regular))
}

/// What tables that have keys which this one lacks have in the place of gaps, by the findings' places. A table of one
/// series alone is told of: of several, a key does not say which one it would be in.
///
/// # Errors
/// If the evidence cannot be read.
pub fn of(search: &Search, regular: &Regular, findings: &[usize]) -> Result<HashMap<usize, Vec<Testimony>>> {
    let mut told: HashMap<usize, Vec<Testimony>> = HashMap::new();
    let is_gap = |place: &&usize| search.findings[**place].kind == Kind::TimeGap;
    let own: Vec<usize> = findings.iter().filter(is_gap).copied().collect();
    if !regular.columns.is_empty() || own.is_empty() {
        return Ok(told);
    }
    for (present, lacking) in search.absent.iter().filter(|(_, lacking)| lacking.table.name == regular.table.name) {
        let Some(time) = &present.table.roles.time else { continue };
        for (place, testimony) in counted(search, regular, (present, time), lacking, &own)? {
            told.entry(place).or_default().push(testimony);
        }
    }
    Ok(told)
}

/// From when to when, and how many rows are missing.
fn gaps(finding: &Finding) -> Vec<(i64, i64, i64)> {
    let gaps = finding.track.iter().flat_map(|track| &track.gaps);
    gaps.map(|gap| (gap.step.since, gap.step.until, gap.missing)).collect()
}

/// Counts them in all gaps, in one look.
fn counted(
    search: &Search,
    regular: &Regular,
    (present, time): (&Key, &str),
    lacking: &Key,
    findings: &[usize],
) -> Result<Vec<(usize, Testimony)>> {
    let all = findings.iter().flat_map(|place| gaps(&search.findings[*place]).into_iter().map(|gap| (*place, gap)));
    let windows: Vec<String> = all
        .take(GAPS_MAX)
        .enumerate()
        .map(|(gap, (place, (since, until, missing)))| {
            format!("({gap}, {place}, {}, {}, {missing})", quote::time(since), quote::time(until))
        })
        .collect();
    if windows.is_empty() {
        return Ok(Vec::new());
    }
    let time = format!("{}::TIMESTAMP", quote::name(time));
    let here = format!("{}::TIMESTAMP", quote::name(&regular.time));
    // The rows around a gap as the sender has them, what it has between them that is not here, and how much later rows are
    // here than there.
    let rows = search.session.engine.counted_by(&format!(
        "WITH gap AS (SELECT * FROM (VALUES {}) AS gap (gap, place, since, until, missing)), \
         own AS (SELECT {} AS key, {here} AS here FROM {} WHERE {} AND {here} IN (SELECT since FROM gap UNION SELECT until FROM gap)), \
         sent AS (SELECT {} AS key, {time} AS there FROM {} WHERE {time} IS NOT NULL), \
         around AS (SELECT here, min(there) AS earliest, max(there) AS latest FROM own JOIN sent USING (key) GROUP BY here), \
         lost AS (SELECT there FROM sent WHERE key IS NOT NULL AND key NOT IN \
         (SELECT {} FROM {} WHERE {} IS NOT NULL)), \
         told AS (SELECT gap.*, before.earliest AS sent_since, behind.latest AS sent_until, \
         epoch_us(since) - epoch_us(before.earliest) AS later FROM gap \
         JOIN around AS before ON before.here = since JOIN around AS behind ON behind.here = until), \
         found AS (SELECT told.gap, count(there) AS n FROM told \
         LEFT JOIN lost ON there > sent_since AND there < sent_until GROUP BY told.gap) \
         SELECT place, sum(missing)::BIGINT, sum(least(n, missing))::BIGINT, sum(n)::BIGINT, count(*) FILTER (n > 0), \
         min(later), max(later) FROM told JOIN found USING (gap) GROUP BY place ORDER BY place",
        windows.join(", "),
        lacking.sql(),
        regular.table.sql(),
        regular.condition,
        present.sql(),
        present.table.sql(),
        lacking.sql(),
        lacking.table.sql(),
        lacking.sql(),
    ))?;
    let testimony = |row: &Vec<crate::model::value::Value>| {
        let [place, asked, there, rows, gaps, least, most] = [0, 1, 2, 3, 4, 5, 6].map(|at| row[at].int());
        let place = usize::try_from(place).ok()?;
        let missing = search.findings.get(place)?.missing;
        // Else most of what is missing was never sent, or goes by other keys.
        let tells = 2 * asked >= missing && 2 * there >= asked;
        // Rows that come later here than there stand there earlier.
        let offset = (least.signum() == most.signum()).then(|| -(least + (most - least) / 2));
        tells.then(|| {
            let other = present.table.name.clone();
            let gaps = usize::try_from(gaps).unwrap_or(0);
            (place, Testimony { other, asked, there, rows, gaps, offset, apart: 0, is_by_key: true })
        })
    };
    Ok(rows.iter().filter_map(testimony).collect())
}
