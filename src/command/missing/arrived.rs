//! What seems to be missing by the times of its rows, and is there by its keys: what another table has sent in that time has
//! come, if later, or nothing was sent. A row is of the series that its row here is of, or, if it is not here, of the one
//! that the sender says.

use std::collections::{BTreeMap, BTreeSet};

use super::cause::{Cause, Sure};
use super::finding::{Edges, Lost};
use super::keys::Key;
use super::{Finding, Kind, Search, series, testimony};
use crate::engine::quote::{self, fill};
use crate::error::Result;
use crate::model::coverage::grouped;
use crate::model::duration;
use crate::model::figure::plural;
use crate::model::retain::retain_at;
use crate::model::time::{self, MINUTE};
use crate::model::value::Value;

/// More gaps are not looked into at once, and in no more of one finding is it counted what was lost.
const GAPS_MAX: usize = 10_000;
const COUNTED_MAX: usize = 100;
/// Of ten keys that a table has, so many must be of the one that sends them: of others that one tells nothing.
const OF_SENDER: i64 = 9;

/// What the sender tells of the gaps of one finding.
#[derive(Clone, Copy)]
struct Told {
    /// Keys that it has in that time and that are here at another, those that are here in it, and those that are not here.
    come: i64,
    in_time: i64,
    lost: i64,
    /// Rows that it has in that time without a key.
    keyless: i64,
    /// How much later the last of them came, in microseconds.
    latest: i64,
    /// Whether it has no row behind the beginning of any of them, and all that is here behind it was sent before.
    is_behind: bool,
    /// How much later rows usually come, at least and at most, in microseconds.
    way: (i64, i64),
}

/// What is to be made of a finding.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    /// The sender was silent too, or cannot tell: it is what it is.
    Stays,
    /// All has come, or nothing was sent.
    NoLoss,
    /// A part has come.
    Fewer,
}

impl Told {
    fn verdict(&self, missing: i64) -> Verdict {
        let sent = self.come + self.lost;
        if self.is_behind && sent == 0 && self.in_time == 0 && self.keyless == 0 {
            return Verdict::NoLoss;
        }
        // Of rows without a key nobody knows, and a few keys at the edges tell nothing of many rows.
        if 10 * self.keyless > sent || 2 * sent < missing {
            return Verdict::Stays;
        }
        match (self.lost, self.come) {
            (0, _) => Verdict::NoLoss,
            (lost, come) if 10 * lost < 9 * missing && 10 * come >= missing => Verdict::Fewer,
            _ => Verdict::Stays,
        }
    }
}

/// Whether there is anything that keys may tell of.
pub fn may_tell(search: &Search) -> bool {
    search.findings.iter().any(is_of_time)
}

fn is_of_time(finding: &Finding) -> bool {
    matches!(finding.kind, Kind::TimeGap | Kind::VolumeDrop)
}

/// Takes such findings away, or what of them has come, and says so.
///
/// # Errors
/// If the evidence cannot be read.
pub fn search(search: &mut Search) -> Result<()> {
    let mut settled: BTreeSet<usize> = BTreeSet::new();
    let mut gone: BTreeSet<usize> = BTreeSet::new();
    for (present, lacking) in search.looked_for.clone() {
        let is_own = |(place, finding): &(usize, &Finding)| {
            is_of_time(finding) && finding.is_of(lacking.table) && !settled.contains(place)
        };
        let own: Vec<usize> = search.findings.iter().enumerate().filter(is_own).map(|(place, _)| place).collect();
        if own.is_empty() {
            continue;
        }
        let agreed = present.agreed(search.session, &lacking)?;
        if 10 * agreed.both < OF_SENDER * agreed.right {
            continue;
        }
        let Some(sides) = Sides::of(search, &present, &lacking) else { continue };
        let mut come = Vec::new();
        for (place, told) in sides.told(search, &own)? {
            match told.verdict(search.findings[place].missing) {
                Verdict::Stays => {}
                Verdict::NoLoss => come.push((place, told)),
                Verdict::Fewer => {
                    if let Some(fewer) = sides.fewer(search, place, told)? {
                        search.findings[place] = fewer;
                        settled.insert(place);
                    }
                }
            }
        }
        search.notes.extend(said(search, &present, &lacking, &come));
        settled.extend(come.iter().map(|(place, _)| place));
        gone.extend(come.iter().map(|(place, _)| place));
    }
    retain_at(&mut search.findings, |place| !gone.contains(&place));
    Ok(())
}

/// A table that sends keys and one that they come to, as SQL.
struct Sides<'a> {
    present: &'a Key<'a>,
    lacking: &'a Key<'a>,
    sent_time: String,
    here_time: String,
    /// Nothing if the sender does not tell it.
    sent_series: Option<String>,
    here_series: String,
}

impl<'a> Sides<'a> {
    /// Nothing if either has no time.
    fn of(search: &Search, present: &'a Key, lacking: &'a Key) -> Option<Sides<'a>> {
        let regular = search.regular.iter().find(|regular| regular.table.name == lacking.table.name);
        let columns = regular.map_or(&search.args.series, |regular| &regular.columns);
        let theirs: Option<Vec<String>> = columns
            .iter()
            .map(|column| testimony::same(search.session, (lacking.table, column), present.table))
            .collect();
        let label =
            |own: &[String]| series::label(columns.iter().map(String::as_str).zip(own.iter().map(String::as_str)));
        let time = |key: &Key| Some(format!("{}::TIMESTAMP", quote::name(key.table.roles.time.as_ref()?)));
        Some(Sides {
            sent_time: time(present)?,
            here_time: time(lacking)?,
            sent_series: theirs.map(|theirs| label(&theirs)),
            here_series: label(columns),
            present,
            lacking,
        })
    }

    fn told(&self, search: &Search, findings: &[usize]) -> Result<BTreeMap<usize, Told>> {
        let gaps: Vec<String> = findings
            .iter()
            .flat_map(|place| {
                search.findings[*place].gaps_or_whole(Edges::Rows).into_iter().map(move |gap| (*place, gap))
            })
            .take(GAPS_MAX + 1)
            .map(|(place, Lost { since, until, .. })| {
                let series = search.findings[place].series.clone().unwrap_or_default();
                format!("({place}, {}, {}, {})", quote::text(&series), quote::time(since), quote::time(until))
            })
            .collect();
        if gaps.is_empty() || gaps.len() > GAPS_MAX {
            return Ok(BTreeMap::new());
        }
        let sql = fill(
            include_str!("arrived.sql"),
            &[
                ("gaps", &gaps.join(", ")),
                ("sent", &self.present.sql()),
                ("sent_table", &self.present.table.sql()),
                ("sent_time", &self.sent_time),
                ("sent_series", self.sent_series.as_deref().unwrap_or("NULL::VARCHAR")),
                ("here", &self.lacking.sql()),
                ("here_table", &self.lacking.table.sql()),
                ("here_time", &self.here_time),
                ("here_series", &self.here_series),
            ],
        );
        let mut told: BTreeMap<usize, Told> = BTreeMap::new();
        for row in search.session.engine.counted_by(&sql)? {
            let Ok(place) = usize::try_from(row[0].int()) else { continue };
            let [come, lost, keyless, latest, in_time] = [1, 2, 3, 4, 8].map(|at| row[at].int());
            let way = (row[6].int(), row[7].int());
            let first = Told { come: 0, in_time: 0, lost: 0, keyless: 0, latest: 0, is_behind: true, way };
            let own = told.entry(place).or_insert(first);
            own.come += come;
            own.in_time += in_time;
            own.lost += lost;
            own.keyless += keyless;
            own.latest = own.latest.max(latest);
            own.is_behind &= row[5] == Value::Bool(true);
        }
        Ok(told)
    }

    /// A finding without what has come; nothing if that cannot be counted.
    fn fewer(&self, search: &Search, place: usize, told: Told) -> Result<Option<Finding>> {
        let finding = &search.findings[place];
        let gaps = finding.gaps_or_whole(Edges::Rows);
        let is_series = match (&finding.series, &self.sent_series) {
            (None, _) => "true".to_string(),
            (Some(label), Some(series)) => format!("{series} = {}", quote::text(label)),
            (Some(_), None) => return Ok(None),
        };
        if gaps.len() > COUNTED_MAX {
            return Ok(None);
        }
        let (least, most) = told.way;
        let within = |gap: &Lost| {
            format!("(ts > {} AND ts < {})", quote::time(gap.since - most), quote::time(gap.until - least))
        };
        let sql = quote::one_line(&format!(
            "SELECT count(*) AS missing FROM (SELECT {key} AS key, min({}) AS ts FROM {} WHERE {key} IS NOT NULL AND {is_series} GROUP BY 1) \
             WHERE ({}) AND key NOT IN ({})",
            self.sent_time,
            self.present.table.sql(),
            gaps.iter().map(within).collect::<Vec<_>>().join(" OR "),
            self.lacking.values(),
            key = self.present.sql(),
        ));
        let missing = search.session.engine.counted(&sql)?[0].int();
        if missing <= 0 || missing >= finding.missing {
            return Ok(None);
        }
        let (there, here) = (&self.present.table.name, &self.lacking.table.name);
        let others = plural(told.come.unsigned_abs(), "key");
        Ok(Some(Finding {
            missing,
            observed: (finding.expected - missing).max(finding.observed),
            detail: format!(
                "{}; {others} of that time {} here, by up to {} later, and {} no loss ({}={})",
                finding.detail,
                if told.come == 1 { "is" } else { "are" },
                duration::shown(told.latest),
                if told.come == 1 { "is" } else { "are" },
                self.lacking.said(),
                self.present.said()
            ),
            cause: Some(Cause {
                what: format!("lost between {there} and {here}"),
                sure: Sure::VeryLikely,
                reasons: vec![format!(
                    "{there} has {} of that time whose keys are not here",
                    plural(missing.unsigned_abs(), "row")
                )],
                refuted: "rows of that time come late",
            }),
            sql,
            track: None,
            ..finding.clone()
        }))
    }
}
fn said(search: &Search, present: &Key, lacking: &Key, come: &[(usize, Told)]) -> Option<String> {
    let (first, _) = come.first()?;
    let sum = |of: fn(&Told) -> i64| come.iter().map(|(_, told)| of(told)).sum::<i64>();
    let (keys, in_time) = (sum(|told| told.come), sum(|told| told.in_time));
    let rows = come.iter().map(|(place, _)| search.findings[*place].missing).sum::<i64>();
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
        _ if in_time > 0 => {
            format!(
                "all keys that {there} has in that time are here, {} of them out of it",
                grouped(keys.unsigned_abs())
            )
        }
        1 => format!("the only key that {there} has in that time is here"),
        _ => format!("all {} keys that {there} has in that time are here", grouped(keys.unsigned_abs())),
    };
    let late = if latest >= MINUTE { format!(", by up to {} later", duration::shown(latest)) } else { String::new() };
    Some(format!("{here}: {what}: {why}{late} ({}={})", lacking.said(), present.said()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_sender_has_tells_what_is_lost() {
        let told = |come, lost, keyless, is_behind| {
            let (in_time, latest, way) = (0, 0, (0, 1));
            Told { come, in_time, lost, keyless, latest, is_behind, way }
        };
        assert_eq!(told(100, 0, 0, false).verdict(100), Verdict::NoLoss);
        assert_eq!(told(80, 20, 0, false).verdict(100), Verdict::Fewer);
        assert_eq!(told(4, 96, 0, false).verdict(100), Verdict::Stays, "at the edges");
        assert_eq!(told(5, 0, 0, false).verdict(100), Verdict::Stays, "the sender was silent too");
        assert_eq!(told(60, 0, 40, false).verdict(100), Verdict::Stays, "of those without a key nobody knows");
        assert_eq!(told(0, 0, 0, true).verdict(100), Verdict::NoLoss, "nothing was sent any more");
    }
}
