//! The hour that daylight saving takes in spring and repeats in autumn. Of times that carry no zone, the first looks like
//! a gap and the second like late rows; nothing but the zone can tell, so that it is asked for.

use std::collections::{BTreeMap, HashMap};

use chrono_tz::Tz;

use super::finding::{Edges, Lost};
use super::{Finding, Kind, Search};
use crate::model::coverage::Fault;
use crate::model::figure::plural;
use crate::model::retain::retain_at;
use crate::model::time::{self, HOUR, MINUTE, SECOND};
use crate::model::zone::{self, Doubt, Zone};
use crate::session::Table;

/// The longest and the shortest gap that one change of clocks makes, with a step beside it.
const LONGEST: i64 = 3 * HOUR;
const SHORTEST: i64 = 30 * MINUTE;
/// Of so many hours it is asked whether clocks were set in them, and so many are said.
const HOURS_MAX: usize = 5_000;
const SAID_MAX: usize = 20;

/// A time in which rows are missing, or come late.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    kind: Kind,
    since: i64,
    until: i64,
    missing: i64,
    /// Whether there are rows in it.
    has_rows: bool,
}

/// What a change of the clock would explain, a line for each hour and table.
pub fn notes(search: &Search) -> Vec<String> {
    // Several series of a table have it at about the same time.
    let mut said: BTreeMap<(String, i64, Kind), String> = BTreeMap::new();
    let mut changes = Changes::default();
    for finding in &search.findings {
        let Some(table) = search.session.tables.iter().find(|table| table.name == finding.table()) else { continue };
        let is_zoneless = table.notes.iter().any(|note| note == zone::ASSUMED);
        for stretch in stretches(finding) {
            let place = (finding.table(), stretch.since.div_euclid(HOUR), stretch.kind);
            if said.len() >= SAID_MAX || said.contains_key(&place) {
                continue;
            }
            let told = match is_zoneless {
                true => changes.explaining(stretch).map(|zone| note_of_local(&place.0, stretch, zone)),
                false => changes.is_second(search, table, stretch).then(|| note_of_second(&place.0, stretch)),
            };
            said.extend(told.map(|told| (place, told)));
        }
    }
    said.into_values().collect()
}

/// Takes away gaps that are the hour which the clock of their table showed for the second time, since its rows are taken as
/// of the hour before; what is said of them.
pub fn leave_out(search: &mut Search) -> Vec<String> {
    let mut changes = Changes::default();
    let mut said: BTreeMap<(String, i64), String> = BTreeMap::new();
    let mut is_kept = Vec::with_capacity(search.findings.len());
    for finding in &search.findings {
        let table = search.session.tables.iter().find(|table| table.name == finding.table());
        let all = finding.gaps(Edges::Due).len().max(1);
        let own = if finding.kind == Kind::TimeGap { stretches(finding) } else { Vec::new() };
        let is_second = table.is_some_and(|table| {
            own.len() == all && own.iter().all(|stretch| changes.is_second(search, table, *stretch))
        });
        is_kept.push(!is_second);
        for stretch in own.iter().filter(|_| is_second) {
            let place = (finding.table(), stretch.since.div_euclid(HOUR));
            said.entry(place).or_insert_with_key(|(name, _)| note_of_second(name, *stretch));
        }
    }
    retain_at(&mut search.findings, |place| is_kept[place]);
    said.into_values().take(SAID_MAX).collect()
}

/// The single gaps of a finding, each as long as an hour that clocks are set by.
fn stretches(finding: &Finding) -> Vec<Stretch> {
    let kind = finding.kind;
    if !matches!(kind, Kind::TimeGap | Kind::VolumeDrop | Kind::Late) {
        return Vec::new();
    }
    let has_rows = finding.track.is_none() && finding.observed > 0;
    let stretch = |Lost { since, until, missing }: Lost| Stretch { kind, since, until, missing, has_rows };
    let is_hour = |one: &Stretch| (SHORTEST..LONGEST).contains(&(one.until - one.since));
    finding.gaps_or_whole(Edges::Due).into_iter().map(stretch).filter(is_hour).collect()
}

/// Of times without a zone: which one would explain it.
fn note_of_local(name: &str, stretch: Stretch, zone: Tz) -> String {
    let (what, how) = match stretch.kind {
        Kind::Late => ("late rows".to_string(), "twice"),
        _ => (format!("gap of {}", plural(stretch.missing.unsigned_abs(), "row")), "never"),
    };
    format!(
        "{name}: the {what} at {} may be the hour that clocks showed {how} as daylight saving changed, in {zone} among \
         others; its times carry no zone: if they are local, say so with --timezone {zone}",
        time::rfc3339(stretch.since)
    )
}

/// Of times with a zone: the hour was shown twice.
fn note_of_second(name: &str, stretch: Stretch) -> String {
    format!(
        "{name}: the gap at {} is an hour that the clock showed twice as daylight saving ended: rows of it are taken as of \
         the hour before, so that nobody can tell what is missing in either",
        time::rfc3339(stretch.since)
    )
}

fn is_doubled(fault: &Fault) -> bool {
    matches!(fault, Fault::TwiceOnClock { by_order: false, .. })
}

/// In which zones clocks were set around an hour, as far as that was asked.
#[derive(Default)]
struct Changes {
    by_half_hour: HashMap<(i64, bool), Vec<Tz>>,
    /// By table with a zone and hours that its clock showed twice: the offsets of the zone.
    doubled: HashMap<String, Vec<(i64, i32)>>,
}

impl Changes {
    /// A zone whose clocks were set in a stretch, so that they alone make it.
    fn explaining(&mut self, stretch: Stretch) -> Option<Tz> {
        let Stretch { kind, since, until, .. } = stretch;
        // Late rows begin in such an hour; of gaps it is the middle.
        let (doubt, at) = match kind {
            Kind::Late => (Doubt::Twice, since),
            _ => (Doubt::Never, since.midpoint(until)),
        };
        let is = |zone: Tz, wall: i64| Zone::Named(zone).judged(wall).2 == Some(doubt);
        let place = (at.div_euclid(SHORTEST), kind == Kind::Late);
        if self.by_half_hour.len() >= HOURS_MAX && !self.by_half_hour.contains_key(&place) {
            return None;
        }
        let near = self.by_half_hour.entry(place).or_insert_with(|| {
            let ends = [place.0 * SHORTEST, (place.0 + 1) * SHORTEST - 1];
            Zone::common_first().filter(|zone| ends.iter().any(|end| is(*zone, *end))).collect()
        });
        let does = |zone: &&Tz| match kind {
            Kind::Late => is(**zone, since) && is(**zone, until),
            _ => is_of(stretch, |wall| is(**zone, wall)),
        };
        near.iter().find(does).copied()
    }

    /// Whether a gap of times with a zone is the hour that its clock showed for the second time.
    fn is_second(&mut self, search: &Search, table: &Table, stretch: Stretch) -> bool {
        let offsets = self.doubled.entry(table.name.clone()).or_insert_with(|| {
            let is_doubled = search.session.coverage.of(&table.name).faults.keys().any(is_doubled);
            let said = search.session.zone_of(&table.source).ok().filter(|(_, is_said)| *is_said && is_doubled);
            said.map_or_else(Vec::new, |(zone, _)| zone.offsets())
        });
        let length = |pair: &[(i64, i32)]| i64::from(pair[0].1 - pair[1].1) * SECOND;
        let second = |at: i64| offsets.windows(2).any(|pair| (0..length(pair)).contains(&at.saturating_sub(pair[1].0)));
        stretch.kind != Kind::Late && is_of(stretch, second)
    }
}

/// Whether a gap is made of such minutes, and of a step beside them.
fn is_of(stretch: Stretch, is_such: impl Fn(i64) -> bool) -> bool {
    let Stretch { since, until, missing, has_rows, .. } = stretch;
    // At either end there is a row, which is of no such minute.
    let is_within = !is_such(since) && is_such(since.midpoint(until)) && !is_such(until);
    if has_rows || !is_within {
        return false;
    }
    let such = (since..until).step_by(MINUTE as usize).filter(|at| is_such(*at)).count() as i64;
    let cadence = (until - since) / (missing + 1).max(1);
    2 * (until - since - such * MINUTE) <= 3 * cadence.max(MINUTE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::missing::finding::tests::finding;

    fn explained(kind: Kind, since: &str, until: &str, missing: i64) -> Option<Tz> {
        let at = |text: &str| Some(chrono::DateTime::parse_from_rfc3339(text).expect("a time").timestamp_micros());
        let finding = Finding { since: at(since), until: at(until), missing, observed: 0, ..finding(kind) };
        stretches(&finding).into_iter().find_map(|stretch| Changes::default().explaining(stretch))
    }

    #[test]
    fn an_hour_that_clocks_left_out_is_told_and_no_other() {
        let gap = |since, until, missing| explained(Kind::TimeGap, since, until, missing);
        assert_eq!(gap("2026-03-29T01:59:00Z", "2026-03-29T03:00:00Z", 60), Some(Tz::Europe__Berlin));
        assert_eq!(gap("2026-03-29T00:59:58Z", "2026-03-29T02:00:01Z", 1_200), Some(Tz::Europe__London));
        assert_eq!(gap("2026-03-08T01:50:00Z", "2026-03-08T03:00:00Z", 6), Some(Tz::America__New_York));
        let drop = explained(Kind::VolumeDrop, "2025-03-30T01:59:55Z", "2025-03-30T03:00:05Z", 301);
        assert_eq!(drop, Some(Tz::Europe__Berlin));
        assert_eq!(gap("2026-03-29T01:29:00Z", "2026-03-29T03:00:00Z", 90), None);
        assert_eq!(gap("2026-03-30T01:59:00Z", "2026-03-30T03:00:00Z", 60), None);
        assert_eq!(explained(Kind::Late, "2025-10-26T02:00:00Z", "2025-10-26T02:57:00Z", 0), Some(Tz::Europe__Berlin));
        assert_eq!(explained(Kind::Late, "2025-10-27T02:00:00Z", "2025-10-27T02:57:00Z", 0), None);
    }
}
