//! What seems to be missing by the times of its rows, and is there by its keys: all that another table has sent in that
//! time has come, if later, or nothing was sent. A table of several series is not looked at, since a key does not tell
//! which of them its row is of.

use std::collections::{BTreeMap, BTreeSet};

use super::finding::Edges;
use super::keys::Key;
use super::{Finding, Kind, Search};
use crate::engine::quote::{self, fill};
use crate::error::Result;
use crate::model::coverage::grouped;
use crate::model::duration;
use crate::model::figure::plural;
use crate::model::retain::retain_at;
use crate::model::time::{self, MINUTE};
use crate::model::value::Value;

/// More gaps are not looked into at once.
const GAPS_MAX: usize = 10_000;
/// Of ten keys that a table has, so many must be of the one that sends them: of others that one tells nothing.
const OF_SENDER: i64 = 9;

/// What the sender tells of the gaps of one finding.
#[derive(Clone, Copy)]
struct Told {
    /// Keys that it has in that time and that are here, and those that are not.
    come: i64,
    lost: i64,
    /// How much later the last of them came, in microseconds.
    latest: i64,
    /// Whether it has no row behind the beginning of any of them.
    is_behind: bool,
}

/// Whether there is anything that keys may tell of.
pub fn may_tell(search: &Search) -> bool {
    search.findings.iter().any(|finding| is_of_time(finding) && finding.series.is_none())
}

fn is_of_time(finding: &Finding) -> bool {
    matches!(finding.kind, Kind::TimeGap | Kind::VolumeDrop)
}

/// Takes such findings away, and says so.
///
/// # Errors
/// If the evidence cannot be read.
pub fn search(search: &mut Search) -> Result<()> {
    let mut there: BTreeSet<usize> = BTreeSet::new();
    for (present, lacking) in search.looked_for.clone() {
        let is_own = |(_, finding): &(usize, &Finding)| {
            is_of_time(finding) && finding.series.is_none() && finding.is_of(lacking.table)
        };
        let own: Vec<usize> = search.findings.iter().enumerate().filter(is_own).map(|(place, _)| place).collect();
        let own: Vec<usize> = own.into_iter().filter(|place| !there.contains(place)).collect();
        if own.is_empty() {
            continue;
        }
        let agreed = present.agreed(search.session, &lacking)?;
        if 10 * agreed.both < OF_SENDER * agreed.right {
            continue;
        }
        let told = told(search, &present, &lacking, &own)?;
        // Where the sender was silent too, it is what it is.
        let has_come = |told: &Told| told.lost == 0 && (told.come > 0 || told.is_behind);
        let come: Vec<(usize, Told)> = told.into_iter().filter(|(_, told)| has_come(told)).collect();
        search.notes.extend(said(search, &present, &lacking, &come));
        there.extend(come.iter().map(|(place, _)| place));
    }
    retain_at(&mut search.findings, |place| !there.contains(&place));
    Ok(())
}

fn told(search: &Search, present: &Key, lacking: &Key, findings: &[usize]) -> Result<BTreeMap<usize, Told>> {
    let (Some(sent), Some(here)) = (&present.table.roles.time, &lacking.table.roles.time) else {
        return Ok(BTreeMap::new());
    };
    let gaps: Vec<String> = findings
        .iter()
        .flat_map(|place| search.findings[*place].gaps_or_whole(Edges::Rows).into_iter().map(|gap| (*place, gap)))
        .take(GAPS_MAX + 1)
        .map(|(place, gap)| format!("({place}, {}, {})", quote::time(gap.since), quote::time(gap.until)))
        .collect();
    if gaps.is_empty() || gaps.len() > GAPS_MAX {
        return Ok(BTreeMap::new());
    }
    let time = |name: &str| format!("{}::TIMESTAMP", quote::name(name));
    let sql = fill(
        include_str!("arrived.sql"),
        &[
            ("gaps", &gaps.join(", ")),
            ("sent", &present.sql()),
            ("sent_table", &present.table.sql()),
            ("sent_time", &time(sent)),
            ("here", &lacking.sql()),
            ("here_table", &lacking.table.sql()),
            ("here_time", &time(here)),
        ],
    );
    let mut told: BTreeMap<usize, Told> = BTreeMap::new();
    for row in search.session.engine.counted_by(&sql)? {
        let Ok(place) = usize::try_from(row[0].int()) else { continue };
        let own = told.entry(place).or_insert(Told { come: 0, lost: 0, latest: 0, is_behind: true });
        own.come += row[1].int();
        own.lost += row[2].int();
        own.latest = own.latest.max(row[3].int());
        own.is_behind &= row[4] == Value::Bool(true);
    }
    Ok(told)
}

fn said(search: &Search, present: &Key, lacking: &Key, come: &[(usize, Told)]) -> Option<String> {
    let (first, _) = come.first()?;
    let sum = |of: fn(&Told) -> i64| come.iter().map(|(_, told)| of(told)).sum::<i64>();
    let (keys, rows) =
        (sum(|told| told.come), come.iter().map(|(place, _)| search.findings[*place].missing).sum::<i64>());
    let latest = come.iter().map(|(_, told)| told.latest).max().unwrap_or(0);
    let (here, there) = (&lacking.table.name, &present.table.name);
    let at = search.findings[*first].since.map(time::rfc3339).unwrap_or_default();
    let what = match come.len() {
        1 => format!("{} that would be due at {at} and on are no loss", plural(rows.unsigned_abs(), "row")),
        all => format!(
            "{} that would be due in {all} stretches, the first at {at}, are no loss",
            plural(rows.unsigned_abs(), "row")
        ),
    };
    let why = match keys {
        0 => format!("{there} has no row from then on"),
        1 => format!("the only key that {there} has in that time is here"),
        _ => format!("all {} keys that {there} has in that time are here", grouped(keys.unsigned_abs())),
    };
    let late = if latest >= MINUTE { format!(", by up to {} later", duration::shown(latest)) } else { String::new() };
    Some(format!("{here}: {what}: {why}{late} ({}={})", lacking.said(), present.said()))
}
