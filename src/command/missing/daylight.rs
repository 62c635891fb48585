//! The hour that daylight saving takes in spring and repeats in autumn. Of times that carry no zone, the first looks like
//! a gap and the second like late rows; nothing but the zone can tell, so that it is asked for.

use std::collections::BTreeMap;

use chrono_tz::{TZ_VARIANTS, Tz};

use super::{Finding, Kind, Search};
use crate::model::coverage::Fault;
use crate::model::time::{self, HOUR, MINUTE, SECOND};
use crate::model::zone::{self, Doubt, Zone};

/// Named where they are among the zones that would explain it, since most people live by one of them.
const COMMON: [Tz; 5] =
    [Tz::Europe__Berlin, Tz::America__New_York, Tz::Europe__London, Tz::Australia__Sydney, Tz::Europe__Athens];
/// With a step beside it, no hour that clocks leave out or repeat is longer.
const LONGEST: i64 = 3 * HOUR;
/// Of so many findings it is asked whether a zone explains them.
const FINDINGS_MAX: usize = 20;

/// What a change of the clock would explain, a line for each hour and table.
pub fn notes(search: &Search) -> Vec<String> {
    // Several series of a table have it at about the same time.
    let mut by_hour: BTreeMap<(String, i64, Kind), &Finding> = BTreeMap::new();
    for finding in &search.findings {
        if let (Kind::TimeGap | Kind::VolumeDrop | Kind::Late, Some(since)) = (finding.kind, finding.since) {
            by_hour.entry((finding.table(), since.div_euclid(HOUR), finding.kind)).or_insert(finding);
        }
    }
    let told = |((name, _, kind), finding): ((String, i64, Kind), &Finding)| {
        let table = search.session.tables.iter().find(|table| table.name == name)?;
        let at = time::rfc3339(finding.since?);
        if !table.notes.iter().any(|note| note == zone::ASSUMED) {
            let doubled = search.session.coverage.of(&name).faults.keys().any(is_doubled);
            let Ok((zone, true)) = search.session.zone_of(&table.source) else { return None };
            return (doubled && kind != Kind::Late && is_second(finding, zone)).then(|| {
                format!(
                    "{name}: the gap at {at} is an hour that the clock showed twice as daylight saving ended: rows of it \
                     are taken as of the hour before"
                )
            });
        }
        let (what, how) = if kind == Kind::Late { ("late rows", "twice") } else { ("gap", "never") };
        let zone = explaining(finding)?;
        Some(format!(
            "{name}: the {what} at {at} may be the hour that clocks showed {how} as daylight saving changed, in {zone} among \
             others; its times carry no zone: if they are local, say so with --timezone {zone}"
        ))
    };
    by_hour.into_iter().take(FINDINGS_MAX).filter_map(told).collect()
}

fn is_doubled(fault: &Fault) -> bool {
    matches!(fault, Fault::TwiceOnClock { by_order: false, .. })
}

/// A zone whose clocks were set in the time of a finding, so that they alone make it.
fn explaining(finding: &Finding) -> Option<Tz> {
    let (since, until) = (finding.since?, finding.until?);
    let does = |zone: &&Tz| {
        let is = |wall: i64, doubt: Doubt| Zone::Named(**zone).judged(wall).2 == Some(doubt);
        match finding.kind {
            Kind::Late => is(since, Doubt::Twice) && is(until, Doubt::Twice),
            _ => is_of(finding, |wall| is(wall, Doubt::Never)),
        }
    };
    let is_short = until - since < LONGEST;
    COMMON.iter().chain(&TZ_VARIANTS).find(|zone| is_short && does(zone)).copied()
}

/// Whether a gap is the hour that a clock showed for the second time.
fn is_second(finding: &Finding, zone: Zone) -> bool {
    let offsets = zone.offsets();
    let length = |pair: &[(i64, i32)]| i64::from(pair[0].1 - pair[1].1) * SECOND;
    let second = |at: i64| offsets.windows(2).any(|pair| (0..length(pair)).contains(&at.saturating_sub(pair[1].0)));
    is_of(finding, second)
}

/// Whether a gap is made of such minutes, and of a step beside them.
fn is_of(finding: &Finding, is_such: impl Fn(i64) -> bool) -> bool {
    let (Some(since), Some(until)) = (finding.since, finding.until) else { return false };
    // At either end there is a row, which is of no such minute.
    let is_within = !is_such(since) && is_such(since.midpoint(until)) && !is_such(until);
    if finding.observed > 0 || until - since >= LONGEST || !is_within {
        return false;
    }
    let such = (since..until).step_by(MINUTE as usize).filter(|at| is_such(*at)).count() as i64;
    let cadence = (until - since) / (finding.missing + 1).max(1);
    2 * (until - since - such * MINUTE) <= 3 * cadence.max(MINUTE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::missing::cause::tests::finding;

    fn explained(kind: Kind, since: &str, until: &str, missing: i64) -> Option<Tz> {
        let at = |text: &str| Some(chrono::DateTime::parse_from_rfc3339(text).expect("a time").timestamp_micros());
        explaining(&Finding { since: at(since), until: at(until), missing, observed: 0, ..finding(kind) })
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
