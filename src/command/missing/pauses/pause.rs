//! A pause: from when to when of its day or its week no rows come, as far as it is the same each time.

use crate::model::time::{DAY, HOUR, MINUTE};

/// Begins and ends within these times of its period, in microseconds since the period began; the end is behind the
/// beginning, maybe in the next one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    pub period: i64,
    pub begins: (i64, i64),
    pub ends: (i64, i64),
    /// How often it was seen.
    pub count: usize,
}

impl Pause {
    /// The times of these silences, which begin and end at about the same ones.
    pub fn of(silences: &[(i64, i64)], period: i64) -> Option<Pause> {
        let first = silences.first()?.0.rem_euclid(period);
        // In periods of their own, so that times around midnight lie next to each other.
        let near = |at: i64, to: i64| to + (at - to + period / 2).rem_euclid(period) - period / 2;
        let begins = || silences.iter().map(|silence| near(silence.0.rem_euclid(period), first));
        let length = silences[0].1 - silences[0].0;
        let ends = || silences.iter().map(|silence| near((silence.1 - first).rem_euclid(period), length) + first);
        Some(Pause {
            period,
            begins: (begins().min()?, begins().max()?),
            ends: (ends().min()?, ends().max()?),
            count: silences.len(),
        })
    }

    /// How long it is at least.
    pub fn length(&self) -> i64 {
        self.ends.0 - self.begins.1
    }

    /// Those that overlap a stretch of time: from when the last row may be due to when the first is again.
    pub fn within(&self, since: i64, until: i64) -> impl Iterator<Item = (i64, i64)> {
        let (begins, ends, period) = (self.begins.0, self.ends.1, self.period);
        let first = (since - ends).div_euclid(period);
        let last = (until - begins).div_euclid(period);
        let one = move |number: i64| (number * period + begins, number * period + ends);
        (first..=last).map(one).filter(move |(begins, ends)| *begins < until && *ends > since)
    }

    /// The period of which a silence holds it, if it does so: the first of them.
    pub fn number_in(&self, silence: &(i64, i64)) -> Option<i64> {
        self.numbers_in(silence).next()
    }

    /// The periods of which a silence holds it.
    pub fn numbers_in(&self, silence: &(i64, i64)) -> impl Iterator<Item = i64> {
        let (from, until) = (-(self.begins.1 - silence.0).div_euclid(self.period), silence.1);
        (from..).take_while(move |number| number * self.period + self.ends.0 <= until)
    }

    /// `22:00 to 06:00`
    pub fn shown(&self) -> String {
        let clock = |at: i64| format!("{:02}:{:02}", at.rem_euclid(DAY) / HOUR, at.rem_euclid(HOUR) / MINUTE);
        format!("{} to {}", clock(self.begins.0), clock(self.ends.1))
    }
}

/// Groups of silences with one end at about the same time of its period, wherever the period begins: those that are most
/// alike first.
pub fn near(
    silences: &[(i64, i64)],
    apart: i64,
    period: i64,
    end: impl Fn(&(i64, i64)) -> i64,
) -> Vec<Vec<(i64, i64)>> {
    let into = |silence: &(i64, i64)| end(silence).rem_euclid(period);
    let mut left = silences.to_vec();
    left.sort_by_key(into);
    let mut groups = Vec::new();
    while !left.is_empty() {
        let count = left.len();
        // Around the circle.
        let at = |place: usize| into(&left[place % count]) + if place < count { 0 } else { period };
        let (mut from, mut most, mut until) = (0, 0, 0);
        for first in 0..count {
            until = until.max(first + 1);
            while until < first + count && at(until) - at(first) <= apart {
                until += 1;
            }
            if until - first > most {
                (from, most) = (first, until - first);
            }
        }
        left.rotate_left(from);
        groups.push(left.drain(..most).collect());
        // In order again: those before the group stand behind the others now.
        left.rotate_right(from - (from + most).saturating_sub(count));
    }
    groups
}
