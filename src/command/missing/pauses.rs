//! Pauses that recur at the same time of day, such as nights and weekends: they are how a source works, and no gaps.

use std::collections::BTreeSet;

use super::gaps::Gap;
use crate::error::Result;
use crate::model::time::{DAY, HOUR, MINUTE};

/// Shorter ones are gaps however often they come, and so are ones of few cadences.
const LEAST: i64 = 30 * MINUTE;
const CADENCES_LEAST: i64 = 5;
/// Longer ones hold a day on which rows are due, unless it is a Saturday or Sunday.
const MOST: i64 = DAY;
const WEEKEND: i64 = 3 * DAY;
const WEEK: i64 = 7 * DAY;
/// Times of the day that are the same, at least by so many cadences, since rows are lost at the ends of pauses too.
const APART: i64 = 15 * MINUTE;
const APART_CADENCES: i64 = 3;
/// On fewer days nothing recurs.
const DAYS_LEAST: usize = 3;

/// Begins and ends within these times of the day, in microseconds since midnight UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pause {
    begins: (i64, i64),
    ends: (i64, i64),
    count: usize,
}

/// What recurs among the gaps of a table's series.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pauses {
    daily: Vec<Pause>,
    /// In how many weeks there is none on the weekend, where that is usual.
    weekends: Option<usize>,
}

impl Pauses {
    /// Of gaps that are long enough to be pauses; the days with rows are only asked for if there may be any.
    ///
    /// # Errors
    /// As `days` says.
    pub fn find(gaps: &[Gap], first: i64, last: i64, days: impl Fn() -> Result<i64>) -> Result<Pauses> {
        let may_be = |gap: &&Gap| {
            let length = gap.step.length();
            (LEAST.max(CADENCES_LEAST * gap.cadence)..=WEEKEND + APART).contains(&length)
        };
        let found: Vec<(i64, i64)> = gaps.iter().filter(may_be).map(|gap| (gap.step.since, gap.step.until)).collect();
        let cadence = gaps.iter().map(|gap| gap.cadence).min().unwrap_or(0);
        let recurring = recurring(&found, APART.max(APART_CADENCES * cadence).min(2 * HOUR));
        let weekends = weekends(&found, (last - first) / WEEK);
        if recurring.is_empty() {
            return Ok(Pauses { daily: recurring, weekends });
        }
        let days = days()?;
        // Most days have one.
        let is_usual = |pause: &Pause| {
            let on: BTreeSet<i64> =
                found.iter().filter(|gap| is(pause, gap)).map(|gap| gap.0.div_euclid(DAY)).collect();
            // The last day's is not over.
            on.len() as i64 * 5 >= (days - 1) * 4
        };
        Ok(Pauses { daily: recurring.into_iter().filter(is_usual).collect(), weekends })
    }

    /// Whether a gap is one of these.
    pub fn have(&self, gap: &Gap) -> bool {
        let ends = (gap.step.since, gap.step.until);
        let length = gap.step.length();
        let is_daily = |pause: &Pause| {
            is(pause, &ends) && length >= LEAST && (length < MOST || length < WEEKEND && is_over_weekend(&ends))
        };
        self.daily.iter().any(is_daily) || self.weekends.is_some() && is_weekend(&ends)
    }

    /// What they are, in words.
    pub fn shown(&self, table: &str) -> Vec<String> {
        let weekends = self.weekends.map(|count| format!("{table}: weekends are no gaps, {count} of them"));
        let daily: Vec<String> = self.daily.iter().map(Pause::shown).collect();
        let daily = (!daily.is_empty())
            .then(|| format!("{table}: pauses at the same time of day are no gaps: {}", daily.join(", ")));
        weekends.into_iter().chain(daily).collect()
    }
}

/// In how many weeks nothing comes on the weekend, if that is usual.
fn weekends(gaps: &[(i64, i64)], weeks: i64) -> Option<usize> {
    const WEEKS_LEAST: usize = 2;
    let found: BTreeSet<i64> = gaps.iter().filter(|gap| is_weekend(gap)).map(|gap| gap.0.div_euclid(WEEK)).collect();
    (found.len() >= WEEKS_LEAST && found.len() as i64 * 5 >= weeks * 4).then_some(found.len())
}

/// From a Friday or Saturday to a Sunday or Monday.
fn is_over_weekend(gap: &(i64, i64)) -> bool {
    // The first of January 1970 was a Thursday; Monday is 1.
    let weekday = |at: i64| (at.div_euclid(DAY) + 3).rem_euclid(7) + 1;
    matches!(weekday(gap.0), 5 | 6) && matches!(weekday(gap.1), 7 | 1)
}

fn is_weekend(gap: &(i64, i64)) -> bool {
    is_over_weekend(gap) && (DAY..=WEEKEND + APART).contains(&(gap.1 - gap.0))
}

impl Pause {
    fn shown(&self) -> String {
        let clock = |at: i64| format!("{:02}:{:02}", at / HOUR, at % HOUR / MINUTE);
        format!("{} to {} UTC, {} times", clock(self.begins.0), clock(self.ends.1), self.count)
    }
}

/// Whether both ends are at the times of day of a pause.
fn is(pause: &Pause, gap: &(i64, i64)) -> bool {
    let within = |at: i64, (from, to): (i64, i64)| (from..=to).contains(&at.rem_euclid(DAY));
    within(gap.0, pause.begins) && within(gap.1, pause.ends)
}

/// Gaps that begin and end at about the same times of several days.
fn recurring(gaps: &[(i64, i64)], apart: i64) -> Vec<Pause> {
    let mut pauses = Vec::new();
    for by_begin in near(gaps, apart, |gap| gap.0) {
        for group in near(&by_begin, apart, |gap| gap.1) {
            // Weekends alone do not make a night.
            let mut days: Vec<i64> =
                group.iter().filter(|gap| gap.1 - gap.0 < MOST).map(|gap| gap.0.div_euclid(DAY)).collect();
            days.sort_unstable();
            days.dedup();
            if days.len() < DAYS_LEAST {
                continue;
            }
            let ends = |of: fn(&(i64, i64)) -> i64| {
                let times = || group.iter().map(|gap| of(gap).rem_euclid(DAY));
                (times().min().unwrap_or(0), times().max().unwrap_or(DAY))
            };
            pauses.push(Pause { begins: ends(|gap| gap.0), ends: ends(|gap| gap.1), count: group.len() });
        }
    }
    pauses
}

/// Groups of gaps with one end at about the same time of day.
fn near(gaps: &[(i64, i64)], apart: i64, end: impl Fn(&(i64, i64)) -> i64) -> Vec<Vec<(i64, i64)>> {
    let mut sorted = gaps.to_vec();
    sorted.sort_by_key(|gap| end(gap).rem_euclid(DAY));
    let mut groups: Vec<Vec<(i64, i64)>> = Vec::new();
    for gap in sorted {
        let is_near = |group: &&mut Vec<(i64, i64)>| {
            group.first().is_some_and(|first| end(&gap).rem_euclid(DAY) - end(first).rem_euclid(DAY) <= apart)
        };
        match groups.last_mut().filter(is_near) {
            Some(group) => group.push(gap),
            None => groups.push(vec![gap]),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::SECOND;

    #[test]
    fn nights_and_weekends_recur_and_an_outage_does_not() {
        let night = |day: i64, days: i64| (day * DAY + 17 * HOUR + day * SECOND, (day + days) * DAY + 9 * HOUR);
        let mut gaps = vec![night(0, 1), night(1, 1), night(2, 1), night(3, 1), night(4, 3), night(7, 1)];
        gaps.push((3 * DAY + 11 * HOUR, 3 * DAY + 13 * HOUR));
        let found = recurring(&gaps, APART);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].count, found[0].shown().as_str()), (6, "17:00 to 09:00 UTC, 6 times"));
        assert!(!is(&found[0], &gaps[6]));
        assert!(is_over_weekend(&night(1, 3)), "the second of January 1970 was a Friday");
        assert!(!is_over_weekend(&gaps[4]));
    }
}
