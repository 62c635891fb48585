//! What is said of a clock that was stepped, as in summer and winter: in which zone it stands, where one fits.

use super::course::{Course, Stretch, quarters};
use crate::model::time::SECOND;
use crate::model::zone::Zone;

/// A step, in seconds.
const STEP: i64 = 15 * 60;

/// Why a clock seems stepped, where that can be told, and the zone that puts that right. `zone` is that in which its times
/// were read.
pub fn told(course: &Course, zone: Zone) -> Option<(String, Option<Zone>)> {
    let stretches = &course.stretches;
    if stretches.windows(3).any(|three| is_twice(three, zone)) {
        let why = format!(
            "in the hour that clocks in {zone} show twice, rows of its second time are taken as of the first; the clock is right"
        );
        return Some((why, None));
    }
    let offset = |stretch: &Stretch, at: i64| zone.offset(at) + quarters(stretch.later) * STEP;
    let first = offset(&stretches[0], stretches[0].since.1);
    if stretches.iter().all(|stretch| offset(stretch, stretch.since.1) == first) {
        let fixed = Zone::Fixed(i32::try_from(first).unwrap_or(0));
        return Some((format!("as a clock that stays at {fixed} while those in {zone} are put"), Some(fixed)));
    }
    if !course.is_of_seasons() {
        return None;
    }
    let is_of = |other: &Zone, stretch: &Stretch| {
        [stretch.since.1, stretch.until.1].into_iter().all(|at| other.offset(at) == offset(stretch, at))
    };
    let fits = |other: &Zone| *other != zone && stretches.iter().all(|stretch| is_of(other, stretch));
    let other = Zone::known().find(fits)?;
    Some((format!("as clocks in {other} are put to summer or winter time"), Some(other)))
}

/// What is said of a clock of which that cannot be told.
pub fn untold(course: &Course) -> String {
    match course.is_of_seasons() {
        true => "as a clock that changes to summer or winter time; no fixed offset is right".into(),
        false => "as a clock that was stepped; no one setting puts that right".into(),
    }
}

/// Whether the second of three stretches is the hour, or half of one, that the clocks of a zone showed twice.
fn is_twice(three: &[Stretch], zone: Zone) -> bool {
    let [before, within, after] = three else { return false };
    let back = quarters(before.later - within.later) * STEP;
    let (since, until) = (within.since.1, within.until.1);
    quarters(after.later - before.later) == 0
        && back > 0
        && until - since <= back * SECOND
        && zone.offset(since - back * SECOND) - zone.offset(since) == back
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::HOUR;

    /// 2025-10-26T01:00Z, when Berlin's clocks were set back.
    const CHANGE: i64 = 1_761_440_400 * SECOND;

    fn course(stretches: &[(i64, i64, i64)]) -> Course {
        let stretch = |(since, until, later): &(i64, i64, i64)| {
            let (since, until) = (CHANGE + since * HOUR, CHANGE + until * HOUR);
            Stretch { since: (since, since), until: (until, until), anchors: 9, later: later * HOUR + 2 * SECOND }
        };
        Course { stretches: stretches.iter().map(stretch).collect(), ..Course::default() }
    }

    #[test]
    fn the_zone_of_a_clock_that_is_put_is_found() {
        let zone = |text: &str| Zone::parse(text).expect("a zone");
        let berlin = zone("Europe/Berlin");
        let zone_of =
            |stretches: &[(i64, i64, i64)], read: &str| told(&course(stretches), zone(read)).and_then(|(_, zone)| zone);
        assert_eq!(zone_of(&[(-5, -1, 2), (0, 5, 1)], "UTC"), Some(berlin));
        assert_eq!(zone_of(&[(-5, -1, 0), (0, 5, -1)], "+02:00"), Some(berlin));
        // It is not put, and read as if it were.
        let (why, fixed) = told(&course(&[(-5, -1, 0), (0, 5, 1)]), berlin).expect("told");
        assert_eq!(why, "as a clock that stays at +02:00 while those in Europe/Berlin are put");
        assert_eq!(fixed, Some(zone("+02:00")));
        // Five hours before Berlin's are.
        assert_ne!(zone_of(&[(-9, -6, 2), (-5, 5, 1)], "UTC"), Some(berlin));
        let (why, none) = told(&course(&[(-5, -1, 0), (0, 1, -1), (2, 5, 0)]), berlin).expect("told");
        assert!(why.contains("show twice") && none.is_none(), "{why}");
        let stepped = course(&[(-5, -1, 0), (0, 5, 8)]);
        assert!(told(&stepped, Zone::UTC).is_none() && untold(&stepped).contains("was stepped"));
    }
}
