//! Days off: weekends, whichever days of the week they are.

use super::OUTAGE;
use super::pause::{Pause, near};
use crate::model::time::{DAY, HOUR, WEEK};

/// A day off has these hours of it, whatever the zone.
const HOURS: (i64, i64) = (6 * HOUR, 10 * HOUR);
/// Sunday before all others, by the days since Thursday, which the first of January 1970 was.
const DAYS: [i64; 7] = [3, 2, 1, 4, 5, 6, 0];
/// In fewer weeks there is no weekend, and no other day off.
const WEEKS_LEAST: usize = 2;
const WEEKS_OF_OTHERS: usize = 3;
/// In this share of the weeks at least.
const WEEKS_SHARE: f64 = 0.8;
/// A shorter silence is no day, where no night tells how long one is.
const DAY_LEAST: i64 = 20 * HOUR;
/// A weekend begins no longer before that and ends no longer after it.
const AROUND: i64 = 60 * HOUR;

/// Of silences in a life from a first row to a last: the day on which nothing comes in most weeks, and what goes with it.
pub fn of(silences: &[(i64, i64)], apart: i64, life: (i64, i64), daily: &[Pause]) -> Option<Pause> {
    DAYS.into_iter().find_map(|day| {
        let off = Off { hours: (day * DAY + HOURS.0, day * DAY + HOURS.1), is_sunday: day == DAYS[0], apart, daily };
        off.pause(silences, life)
    })
}

/// A day that may be off.
struct Off<'a> {
    /// Within the week, in microseconds.
    hours: (i64, i64),
    is_sunday: bool,
    apart: i64,
    daily: &'a [Pause],
}

impl Off<'_> {
    fn pause(&self, silences: &[(i64, i64)], life: (i64, i64)) -> Option<Pause> {
        let holds = |silence: &&(i64, i64)| {
            let week = (silence.1 - self.hours.1).div_euclid(WEEK);
            silence.0 <= week * WEEK + self.hours.0 && silence.1 - silence.0 <= OUTAGE && self.is_whole(silence)
        };
        let over: Vec<(i64, i64)> = silences.iter().filter(holds).copied().collect();
        let mut found: Vec<i64> = over.iter().map(|silence| (silence.1 - self.hours.1).div_euclid(WEEK)).collect();
        found.sort_unstable();
        found.dedup();
        // Who pauses at night pauses on Sundays too.
        let least = match (self.is_sunday, self.daily) {
            (true, []) => WEEKS_LEAST,
            (true, _) => 1,
            (false, _) => WEEKS_OF_OTHERS,
        };
        // Whose hours lie between the first row and the last.
        let weeks = (life.1 - self.hours.1).div_euclid(WEEK) + (self.hours.0 - life.0).div_euclid(WEEK) + 1;
        if found.len() < least || (found.len() as f64) < WEEKS_SHARE * weeks as f64 {
            return None;
        }
        let before = |silence: &(i64, i64)| (self.hours.0 - silence.0).rem_euclid(WEEK);
        let after = |silence: &(i64, i64)| (silence.1 - self.hours.1).rem_euclid(WEEK);
        let begins = self.usual(&over, found.len(), |silence| silence.0, before, |pause| pause.begins)?;
        let ends = self.usual(&over, found.len(), |silence| silence.1, after, |pause| pause.ends)?;
        Some(Pause {
            period: WEEK,
            begins: (self.hours.0 - begins.1, self.hours.0 - begins.0),
            ends: (self.hours.1 + ends.0, self.hours.1 + ends.1),
            count: found.len(),
        })
    }

    /// Whether a silence holds a day on which rows are due, besides the nights.
    fn is_whole(&self, silence: &(i64, i64)) -> bool {
        let length = silence.1 - silence.0;
        if self.daily.is_empty() {
            return length >= DAY_LEAST;
        }
        let at_work = DAY - self.daily.iter().map(Pause::length).sum::<i64>();
        let within = |pause: &Pause| -> i64 {
            let held = |(begins, ends): (i64, i64)| ends.min(silence.1) - begins.max(silence.0);
            pause.within(silence.0, silence.1).map(held).sum()
        };
        length - self.daily.iter().map(within).sum::<i64>() + 2 * self.apart >= at_work
    }

    /// How far from its hours most of them have one end, from the least to the most. Of two the one that other days have
    /// too, or else the one of the shorter weekend; a single one must be as nights are, since a lost shift may lie beside it.
    fn usual(
        &self,
        over: &[(i64, i64)],
        weeks: usize,
        end: impl Fn(&(i64, i64)) -> i64 + Copy,
        far: impl Fn(&(i64, i64)) -> i64,
        of: fn(&Pause) -> (i64, i64),
    ) -> Option<(i64, i64)> {
        let is_daily = |silence: &(i64, i64)| {
            let near = |pause: &Pause| {
                let (first, last) = of(pause);
                (end(silence) - first + self.apart).rem_euclid(DAY) <= last - first + 2 * self.apart
            };
            self.daily.iter().any(near)
        };
        let around: Vec<(i64, i64)> = over.iter().copied().filter(|silence| far(silence) <= AROUND).collect();
        let groups = near(&around, self.apart, WEEK, end);
        let is_sure = |group: &&Vec<(i64, i64)>| weeks >= WEEKS_LEAST || is_daily(&group[0]);
        let usual =
            groups.iter().filter(is_sure).max_by_key(|group| (group.len(), is_daily(&group[0]), -far(&group[0])))?;
        Some((usual.iter().map(&far).min()?, usual.iter().map(&far).max()?))
    }
}
