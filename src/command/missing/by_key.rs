//! What a table that others send to lacks, told by its keys: the rows before and behind a gap stand in the sender's table
//! too, and those that it has between them and whose keys are not here were sent.

use std::collections::HashMap;

use super::finding::{Edges, Lost};
use super::keys::Key;
use super::regular::Regular;
use super::testimony::Testimony;
use super::{Finding, Kind, Search};
use crate::engine::quote::{self, fill};
use crate::error::Result;
use crate::model::value::Value;
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

/// Counts them in all gaps, in one look.
fn counted(
    search: &Search,
    regular: &Regular,
    (present, sent): (&Key, &str),
    lacking: &Key,
    findings: &[usize],
) -> Result<Vec<(usize, Testimony)>> {
    let gaps = |place: &usize| search.findings[*place].gaps(Edges::Rows);
    let gaps: Vec<String> = findings
        .iter()
        .flat_map(|place| gaps(place).into_iter().map(|gap| (*place, gap)))
        .take(GAPS_MAX)
        .enumerate()
        .map(|(number, (place, Lost { since, until, missing }))| {
            format!("({number}, {place}, {}, {}, {missing})", quote::time(since), quote::time(until))
        })
        .collect();
    if gaps.is_empty() {
        return Ok(Vec::new());
    }
    let time = |name: &str| format!("{}::TIMESTAMP", quote::name(name));
    let sql = fill(
        include_str!("by_key.sql"),
        &[
            ("gaps", &gaps.join(", ")),
            ("here_key", &lacking.sql()),
            ("here_time", &time(&regular.time)),
            ("here_table", &regular.table.sql()),
            ("condition", &regular.condition),
            ("sent_key", &present.sql()),
            ("sent_time", &time(sent)),
            ("sent_table", &present.table.sql()),
            ("lacking_table", &lacking.table.sql()),
        ],
    );
    let rows = search.session.engine.counted_by(&sql)?;
    let testimony = |row: &Vec<Value>| {
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
