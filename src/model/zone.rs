//! Time zones: of text that names none, and of people who ask for one. Names come from the IANA database
//! that `chrono-tz` carries, so that no build and no machine has another answer.

use chrono::{DateTime, LocalResult, NaiveDateTime, Offset, TimeZone, Utc};
use chrono_tz::Tz;

use super::time::{self, DAY, SECOND, Stamp};

/// What is said of a table whose times had to be taken for UTC.
pub const ASSUMED: &str = "times carry no zone and are taken as UTC; say otherwise with --timezone";

/// Why a wall-clock time is no one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Doubt {
    /// The clock was set back and showed it twice.
    Twice,
    /// The clock was set forward and never showed it.
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// Seconds east of UTC.
    Fixed(i32),
    Named(Tz),
}

impl Zone {
    pub const UTC: Zone = Zone::Fixed(0);

    /// `Asia/Taipei`, `UTC`, `+08:00`. `None` if there is no such zone.
    pub fn parse(text: &str) -> Option<Zone> {
        match time::offset(text.as_bytes()) {
            Some((seconds, length)) if length == text.len() => Some(Zone::Fixed(seconds)),
            _ => text.parse::<Tz>().ok().map(Zone::Named),
        }
    }

    /// UTC microseconds of a wall-clock time in this zone. An hour that occurs twice is taken as its first
    /// occurrence; one that does not exist is moved by the length of the jump, as clocks do.
    pub fn utc(self, wall: i64) -> i64 {
        self.both(wall).0
    }

    /// The same, and its second occurrence where it occurs twice.
    pub fn both(self, wall: i64) -> (i64, i64) {
        let (first, second, _) = self.judged(wall);
        (first, second)
    }

    /// The same, and why it may not be one instant.
    pub fn judged(self, wall: i64) -> (i64, i64, Option<Doubt>) {
        let tz = match self {
            Zone::Fixed(seconds) => {
                let at = wall.saturating_sub(i64::from(seconds) * SECOND);
                return (at, at, None);
            }
            Zone::Named(tz) => tz,
        };
        let Some(naive) = naive(wall) else { return (wall, wall, None) };
        let at = |offset: chrono::FixedOffset| wall - i64::from(offset.local_minus_utc()) * SECOND;
        match tz.offset_from_local_datetime(&naive) {
            LocalResult::Single(offset) => (at(offset.fix()), at(offset.fix()), None),
            LocalResult::Ambiguous(first, second) => {
                let (first, second) = (at(first.fix()), at(second.fix()));
                (first.min(second), first.max(second), Some(Doubt::Twice))
            }
            LocalResult::None => {
                let before = naive - chrono::Duration::hours(3);
                let only = tz.offset_from_local_datetime(&before).earliest().map_or(wall, |offset| at(offset.fix()));
                (only, only, Some(Doubt::Never))
            }
        }
    }

    /// What a clock in this zone shows at an instant, in microseconds.
    pub fn wall(self, at: i64) -> i64 {
        let offset = match self {
            Zone::Fixed(seconds) => seconds,
            Zone::Named(tz) => naive(at).map_or(0, |naive| tz.offset_from_utc_datetime(&naive).fix().local_minus_utc()),
        };
        at.saturating_add(i64::from(offset) * SECOND)
    }

    /// How many seconds it is east of UTC at an instant.
    pub fn offset(self, at: i64) -> i64 {
        self.wall(at).saturating_sub(at) / SECOND
    }

    /// The zones by name, those first that most people live by.
    pub fn known() -> impl Iterator<Item = Zone> {
        Zone::common_first().map(Zone::Named)
    }

    /// The same, as the database of zones calls them.
    pub fn common_first() -> impl Iterator<Item = Tz> {
        const COMMON: [Tz; 5] =
            [Tz::Europe__Berlin, Tz::America__New_York, Tz::Europe__London, Tz::Australia__Sydney, Tz::Europe__Athens];
        COMMON.iter().chain(&chrono_tz::TZ_VARIANTS).copied()
    }

    /// Whether a wall-clock time occurs twice.
    pub fn is_double(self, wall: i64) -> bool {
        let (first, second) = self.both(wall);
        first != second
    }

    /// Its offsets in seconds east of UTC, each from an instant on; the first one from ever on. Of 1900 to 2100.
    pub fn offsets(self) -> Vec<(i64, i32)> {
        const STEP: i64 = 5 * DAY;
        let tz = match self {
            Zone::Fixed(seconds) => return vec![(i64::MIN, seconds)],
            Zone::Named(tz) => tz,
        };
        let offset = |at: i64| naive(at).map_or(0, |naive| tz.offset_from_utc_datetime(&naive).fix().local_minus_utc());
        let mut offsets = vec![(i64::MIN, offset(-25_567 * DAY))];
        let mut at = -25_567 * DAY;
        while at < 47_482 * DAY {
            let (mut before, mut after) = (at, at + STEP);
            let next = offset(after);
            if next != offset(before) {
                // The first second that has the new one.
                while after - before > SECOND {
                    let middle = before + (after - before) / 2 / SECOND * SECOND;
                    if offset(middle) == next { after = middle } else { before = middle }
                }
                offsets.push((after, next));
            }
            at += STEP;
        }
        offsets
    }

    /// UTC of a stamp: by its own offset where it has one, else in this zone.
    pub fn resolve(self, stamp: Stamp) -> i64 {
        match stamp.offset {
            Some(seconds) => Zone::Fixed(seconds).utc(stamp.wall),
            None => self.utc(stamp.wall),
        }
    }
}

/// The clock that a source's times were read from: where it stood, and how far ahead it ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// Of times that carry no zone.
    pub zone: Zone,
    /// Microseconds.
    pub ahead: i64,
}

impl Clock {
    pub const UTC: Clock = Clock { zone: Zone::UTC, ahead: 0 };

    /// UTC microseconds of a time as it is written, and why they may be others.
    pub fn resolve(self, stamp: Stamp) -> (i64, Option<Doubt>) {
        match (stamp.offset, self.zone) {
            (None, Zone::Named(_)) => {
                let (first, _, doubt) = self.zone.judged(stamp.wall);
                (self.set_back(first), doubt)
            }
            _ => (self.set_back(self.zone.resolve(stamp)), None),
        }
    }

    /// An instant of this clock as it truly was.
    pub fn set_back(self, instant: i64) -> i64 {
        instant.saturating_sub(self.ahead)
    }
}

impl std::fmt::Display for Zone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Zone::Fixed(0) => write!(f, "UTC"),
            Zone::Fixed(seconds) => {
                let sign = if *seconds < 0 { '-' } else { '+' };
                write!(f, "{sign}{:02}:{:02}", seconds.abs() / 3600, seconds.abs() / 60 % 60)
            }
            Zone::Named(tz) => write!(f, "{tz}"),
        }
    }
}

fn naive(micros: i64) -> Option<NaiveDateTime> {
    DateTime::<Utc>::from_timestamp_micros(micros).map(|at| at.naive_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(zone: &str, wall: &str) -> String {
        let stamp = time::iso_whole(wall.as_bytes()).expect("a time");
        time::rfc3339(Zone::parse(zone).expect("a zone").resolve(stamp))
    }

    #[test]
    fn wall_clock_times_become_utc() {
        assert_eq!(utc("Asia/Taipei", "2025-03-01 08:00:00"), "2025-03-01T00:00:00Z");
        assert_eq!(utc("+08:00", "2025-03-01 08:00:00"), "2025-03-01T00:00:00Z");
        assert_eq!(utc("Asia/Taipei", "2025-03-01T08:00:00-01:00"), "2025-03-01T09:00:00Z");
    }

    #[test]
    fn offsets_change_when_clocks_are_put() {
        let zone = Zone::parse("Europe/Berlin").expect("a zone");
        let offsets = zone.offsets();
        let change = |wall: &str| time::iso_whole(wall.as_bytes()).expect("a time").wall;
        assert!(offsets.contains(&(change("2025-03-30 01:00:00"), 7200)), "{offsets:?}");
        assert!(offsets.contains(&(change("2025-10-26 01:00:00"), 3600)));
        assert_eq!(Zone::parse("+08:00").expect("a zone").offsets(), [(i64::MIN, 28_800)]);
    }

    #[test]
    fn daylight_saving_folds_take_the_first_hour_and_gaps_move_on() {
        assert_eq!(utc("America/Los_Angeles", "2024-11-03 01:30:00"), "2024-11-03T08:30:00Z");
        assert_eq!(utc("America/Los_Angeles", "2024-03-10 02:30:00"), "2024-03-10T10:30:00Z");
        assert!(Zone::parse("Mars/Olympus").is_none());
    }
}
