//! Events without a cadence: which stretches of time have far fewer rows than are usual, told from chance, from bursts,
//! and from the nights and weekends of a source.
//!
//! What is usual in a stretch is the median of those at the same time of the day, or of the week where there are weeks to
//! compare. Below a quarter of it is low, if chance does not make it so: counts scatter as those of neighbours do.

use std::collections::HashMap;
use std::ops::Range;

use crate::model::time::{DAY, HOUR, WEEK};

/// As many days, or weeks, make a median of their own.
const TIMES_LEAST: i64 = 3;
/// Windows in which fewer rows are usual are not judged, and fewer windows tell nothing.
const ROWS_LEAST: f64 = 20.0;
const COUNT_LEAST: usize = 10;
/// So many rows are usual in the shortest windows of several stretches, and so many times as long is each longer one: rows
/// that come in bursts tell of an outage in long ones alone.
const ROWS_OF_WINDOW: f64 = 50.0;
const WINDOW_MAX: usize = 8;
const LONGER: usize = 3;
const LENGTHS: usize = 4;
const LOW: f64 = 0.25;
/// Beside a low stretch there is one with at least this share of what is usual: it begins or ends at once.
const ABRUPT: f64 = 0.5;
/// How often chance may make a window low where nothing is missing.
const CHANCE: f64 = 0.01;
/// A longer silence may be a night, if no other day tells.
const UNKNOWN_MOST: i64 = 6 * HOUR;
/// Pauses come at the same time of day, more or less, on this share of the days at least.
const SHIFT: i64 = HOUR;
const DAYS_LEAST: f64 = 0.4;
const DAYS_MOST: i64 = 14;
/// Saturday and Sunday begin and end at midnight of any zone; where other days are off, three weeks tell.
const WEEKEND_LEAST: i64 = 20 * HOUR;
const WEEKEND_SLACK: i64 = 12 * HOUR;

/// The rows of a table by stretches of equal length, without those at its ends, which are not whole.
#[derive(Debug)]
pub struct Counts {
    /// When the first stretch begins, in microseconds.
    pub first: i64,
    /// The length of each, in microseconds.
    pub every: i64,
    pub rows: Vec<i64>,
}

/// Neighbouring stretches with far fewer rows than are usual.
#[derive(Debug, Clone, PartialEq)]
pub struct Low {
    /// Microseconds.
    pub since: i64,
    pub until: i64,
    pub rows: i64,
    /// Rows that are usual in it, and in a microsecond next to it.
    pub usual: f64,
    pub rate: f64,
}

/// What is low, and what is not told as a finding.
#[derive(Debug, Default, PartialEq)]
pub struct Lows {
    pub found: Vec<Low>,
    pub weekends: usize,
    /// At about the same time on most days, such as lunch.
    pub recurring: usize,
    /// At the very beginning, which may have been slow.
    pub beginning: Option<Low>,
    /// Long silences at times of which no other day tells.
    pub unknown: Vec<Low>,
}

impl Counts {
    fn since(&self, place: usize) -> i64 {
        self.first + place as i64 * self.every
    }

    fn length(&self) -> i64 {
        self.rows.len() as i64 * self.every
    }

    /// What is usual in each stretch.
    fn usual(&self) -> Vec<f64> {
        let period = [WEEK, DAY].into_iter().find(|period| {
            self.every <= DAY.min(period / 2) && self.length() >= TIMES_LEAST * period - self.every.max(HOUR)
        });
        let slot = |place: usize| period.map_or(0, |period| self.since(place).rem_euclid(period) / self.every);
        let mut by_slot: HashMap<i64, Vec<i64>> = HashMap::new();
        for (place, rows) in self.rows.iter().enumerate() {
            by_slot.entry(slot(place)).or_default().push(*rows);
        }
        let usual: HashMap<i64, f64> = by_slot.into_iter().map(|(slot, mut rows)| (slot, median(&mut rows))).collect();
        let mut usual: Vec<f64> =
            (0..self.rows.len()).map(|place| usual.get(&slot(place)).copied().unwrap_or(0.0)).collect();
        if period == Some(DAY) {
            self.level_weekends(&mut usual);
        }
        usual
    }

    /// Of Saturdays and Sundays, which are too few to have a usual of their own, as much less is usual as the fullest of
    /// them usually has.
    fn level_weekends(&self, usual: &mut [f64]) {
        let mut days: HashMap<i64, Vec<usize>> = HashMap::new();
        for place in (0..usual.len()).filter(|place| usual[*place] > 0.0) {
            days.entry(self.since(place).div_euclid(DAY)).or_default().push(place);
        }
        // The first of January 1970 was a Thursday.
        days.retain(|day, _| (day + 3).rem_euclid(7) >= 5);
        let share = |places: &Vec<usize>| {
            let mut shares: Vec<f64> = places.iter().map(|place| self.rows[*place] as f64 / usual[*place]).collect();
            shares.sort_unstable_by(f64::total_cmp);
            shares[shares.len() / 2]
        };
        let most = days.values().map(share).fold(0.0, f64::max);
        if most > LOW && most < 1.0 {
            days.values().flatten().for_each(|place| usual[*place] *= most);
        }
    }

    /// Stretches far below what is usual.
    pub fn lows(&self) -> Lows {
        let mut lows = Lows::default();
        let usual = self.usual();
        let sums = Sums::of(&self.rows, &usual);
        let shortest = ((ROWS_OF_WINDOW * usual.len() as f64 / sums.all().usual).ceil() as usize).clamp(1, WINDOW_MAX);
        let mut is_low = vec![false; usual.len()];
        for length in (0..LENGTHS as u32).map(|times| shortest * LONGER.pow(times)) {
            let windows = sums.windows(length);
            let judged: Vec<&Window> = windows.iter().filter(|window| window.usual >= ROWS_LEAST).collect();
            if judged.len() < COUNT_LEAST * length {
                continue;
            }
            let scatter = scatter(&judged, length);
            let least = (judged.len() as f64 / CHANCE).ln();
            let far = |window: &&&Window| window.is_low() && window.surprise(scatter) > least;
            for low in judged.iter().filter(far) {
                is_low[low.place..low.place + length].fill(true);
            }
        }
        for run in runs(&is_low, &usual) {
            let range = self.trimmed(run, &usual);
            if !sums.is_abrupt(&range, LONGER * shortest) {
                continue;
            }
            let Window { rows, usual, .. } = sums.of_range(&range);
            let low = Low {
                since: self.since(range.start),
                until: self.since(range.end),
                rows: rows as i64,
                usual,
                rate: usual / (range.len() as f64 * self.every as f64),
            };
            match self.recurs(&range, usual) {
                _ if range.start == 0 => lows.beginning = Some(low),
                _ if self.length() < TIMES_LEAST * WEEK && is_weekend(&low) => lows.weekends += 1,
                Some(true) => lows.recurring += 1,
                None if low.until - low.since > UNKNOWN_MOST => lows.unknown.push(low),
                _ => lows.found.push(low),
            }
        }
        lows
    }

    /// A run of low windows without the stretches at its ends that are as they usually are.
    fn trimmed(&self, run: Range<usize>, usual: &[f64]) -> Range<usize> {
        let is_low = |place: &usize| (self.rows[*place] as f64) < LOW * usual[*place];
        let from = run.clone().find(is_low).unwrap_or(run.start);
        let to = run.clone().rev().find(is_low).map_or(run.end, |last| last + 1);
        from..to
    }

    /// Whether other days have as few rows at about the same time, if there are others.
    fn recurs(&self, range: &Range<usize>, usual: f64) -> Option<bool> {
        let length = range.len() as i64;
        if length * self.every >= DAY {
            return Some(false);
        }
        let (day, shift) = (DAY / self.every, (SHIFT + self.every - 1) / self.every);
        let rows = |from: i64| {
            let from = usize::try_from(from).ok()?;
            self.rows.get(from..from + range.len()).map(|rows| rows.iter().sum::<i64>() as f64)
        };
        let of_day = |days: i64| {
            let from = range.start as i64 + days * day;
            rows(from)?;
            Some((from - shift..=from + shift).filter_map(rows).any(|rows| rows < LOW * usual))
        };
        let others: Vec<bool> = (-DAYS_MOST..=DAYS_MOST).filter(|days| *days != 0).filter_map(of_day).collect();
        let alike = others.iter().filter(|alike| **alike).count();
        (!others.is_empty()).then_some(alike as f64 >= DAYS_LEAST * others.len() as f64)
    }
}

/// Rows and what is usual up to each stretch, so that any range is added up at once.
struct Sums {
    rows: Vec<f64>,
    usual: Vec<f64>,
}

impl Sums {
    fn of(rows: &[i64], usual: &[f64]) -> Sums {
        let up_to = |values: &mut dyn Iterator<Item = f64>| {
            let mut sum = 0.0;
            std::iter::once(0.0)
                .chain(values.map(|value| {
                    sum += value;
                    sum
                }))
                .collect()
        };
        Sums { rows: up_to(&mut rows.iter().map(|rows| *rows as f64)), usual: up_to(&mut usual.iter().copied()) }
    }

    fn of_range(&self, range: &Range<usize>) -> Window {
        let of = |sums: &[f64]| sums[range.end] - sums[range.start];
        Window { place: range.start, rows: of(&self.rows), usual: of(&self.usual) }
    }

    fn all(&self) -> Window {
        self.of_range(&(0..self.rows.len() - 1))
    }

    /// So many stretches from each on.
    fn windows(&self, length: usize) -> Vec<Window> {
        (length..self.rows.len()).map(|end| self.of_range(&(end - length..end))).collect()
    }

    /// Whether rows are as usual right before it or right behind it, in so many stretches.
    fn is_abrupt(&self, range: &Range<usize>, length: usize) -> bool {
        let count = self.rows.len() - 1;
        // One stretch at either end may be low in part.
        let before = range.start.saturating_sub(1 + length)..range.start.saturating_sub(1);
        let after = (range.end + 1).min(count)..(range.end + 1 + length).min(count);
        [before, after].iter().any(|beside| {
            let beside = self.of_range(beside);
            beside.usual > 0.0 && beside.rows >= ABRUPT * beside.usual
        })
    }
}

/// Stretches that are looked at together.
struct Window {
    place: usize,
    rows: f64,
    usual: f64,
}

impl Window {
    fn is_low(&self) -> bool {
        self.rows < LOW * self.usual
    }

    /// The negative logarithm of the greatest probability of so few rows (Chernoff's bound for a Poisson count), if
    /// counts scatter so many times as much as such a count does.
    fn surprise(&self, scatter: f64) -> f64 {
        let Window { rows, usual, .. } = *self;
        let times = if rows > 0.0 { rows * (rows / usual).ln() } else { 0.0 };
        (usual - rows + times) / scatter
    }
}

/// The variance of counts as a multiple of their mean, which is 1 by chance alone and more where rows come in bursts: of
/// neighbours, so that neither a trend nor a low stretch counts.
fn scatter(windows: &[&Window], length: usize) -> f64 {
    /// The median of a squared normal deviate.
    const MEDIAN: f64 = 0.455;
    /// An outage makes two, at its ends.
    const LEFT_OUT: f64 = 0.1;
    const LEFT_OUT_LEAST: usize = 2;
    let apart: Vec<&&Window> = windows.iter().step_by(length).collect();
    let pairs = apart.windows(2).map(|pair| {
        // By what is usual in each, since one may be of the night.
        let (one, two) = (pair[0].rows / pair[0].usual, pair[1].rows / pair[1].usual);
        let level = f64::midpoint(one, two);
        (level > 0.0).then(|| (one - two).powi(2) / (level * (1.0 / pair[0].usual + 1.0 / pair[1].usual)))
    });
    let mut squares: Vec<f64> = pairs.flatten().collect();
    if squares.is_empty() {
        return 1.0;
    }
    squares.sort_unstable_by(f64::total_cmp);
    let left_out = ((squares.len() as f64 * LEFT_OUT) as usize).max(LEFT_OUT_LEAST);
    let kept = &squares[..squares.len().saturating_sub(left_out).max(1)];
    let mean = kept.iter().sum::<f64>() / kept.len() as f64;
    mean.max(squares[squares.len() / 2] / MEDIAN).max(1.0)
}

/// Neighbouring stretches that are low. What lies in between where next to nothing is usual, as at night, is of them.
fn runs(is_low: &[bool], usual: &[f64]) -> Vec<Range<usize>> {
    let most = usual.iter().copied().fold(0.0, f64::max);
    let is_quiet = |place: usize| usual[place] < 0.1 * most;
    let mut runs: Vec<Range<usize>> = Vec::new();
    for place in (0..is_low.len()).filter(|place| is_low[*place]) {
        match runs.last_mut() {
            Some(last) if (last.end..place).all(is_quiet) => last.end = place + 1,
            _ => runs.push(place..place + 1),
        }
    }
    runs
}

/// Whether it is a Saturday, a Sunday or both.
fn is_weekend(low: &Low) -> bool {
    // The first of January 1970 was a Thursday.
    const SATURDAY: i64 = 2 * DAY;
    let into = (low.since - SATURDAY + WEEKEND_SLACK).rem_euclid(WEEK);
    let length = low.until - low.since;
    length >= WEEKEND_LEAST && into + length <= 2 * DAY + 2 * WEEKEND_SLACK
}

fn median(rows: &mut [i64]) -> f64 {
    rows.sort_unstable();
    let (low, high) = (rows[(rows.len() - 1) / 2], rows[rows.len() / 2]);
    (low + high) as f64 / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of each hour from a Monday on, about as many, more or less.
    fn hourly(days: usize, usual: impl Fn(usize, usize) -> i64) -> Counts {
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let mut noise = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            1.0 + 0.3 * ((state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5)
        };
        let rows = (0..days * 24).map(|hour| (usual(hour / 24, hour % 24) as f64 * noise()) as i64).collect();
        // The fifth of January 1970.
        Counts { first: 4 * DAY, every: HOUR, rows }
    }

    fn told(counts: &Counts) -> Vec<(i64, i64)> {
        let hours = |at: i64| (at - counts.first) / HOUR;
        counts.lows().found.iter().map(|low| (hours(low.since), hours(low.until))).collect()
    }

    #[test]
    fn an_outage_is_told_by_day_and_by_night_and_nights_are_not() {
        let office = |day: usize, hour: usize| match hour {
            _ if day % 7 >= 5 => 0,
            8..18 => 200,
            _ => 2,
        };
        for days in [4, 5, 9, 13, 25] {
            assert_eq!(told(&hourly(days, office)), [], "{days} days");
        }
        let mut counts = hourly(25, office);
        counts.rows[24 + 10..24 + 12].fill(0);
        assert_eq!(told(&counts), [(34, 36)]);
        let mut counts = hourly(4, |_, _| 300);
        counts.rows[50..53].fill(10);
        assert_eq!(told(&counts), [(50, 53)]);
    }

    #[test]
    fn on_weekends_less_may_be_usual() {
        let busy = |day: usize, _| if day % 7 >= 5 { 28 } else { 100 };
        let mut counts = hourly(13, busy);
        assert_eq!(told(&counts), []);
        counts.rows[5 * 24 + 6..5 * 24 + 12].fill(0);
        assert_eq!(told(&counts), [(126, 132)]);
    }

    #[test]
    fn pauses_that_drift_recur() {
        let mut counts = hourly(10, |_, _| 300);
        for day in 0..10 {
            counts.rows[day * 24 + 11 + day % 3] = 4;
        }
        let lows = counts.lows();
        assert_eq!((lows.found.len(), lows.recurring), (0, 10));
    }

    #[test]
    fn a_lasting_drop_is_one_and_a_slow_decline_none() {
        let mut counts = hourly(30, |_, _| 300);
        counts.rows[500..].iter_mut().for_each(|rows| *rows /= 10);
        assert_eq!(told(&counts), [(500, 720)]);
        let counts = hourly(30, |day, _| 1_000 - 33 * day as i64);
        assert_eq!(told(&counts), []);
    }

    #[test]
    fn a_slow_beginning_is_none_and_a_drop_that_lasts_to_the_end_is() {
        let mut counts = hourly(4, |_, _| 300);
        counts.rows[..3].fill(20);
        let lows = counts.lows();
        assert_eq!((lows.found.len(), lows.beginning.map(|low| low.until)), (0, Some(4 * DAY + 3 * HOUR)));
        counts.rows.reverse();
        assert_eq!(told(&counts), [(93, 96)]);
    }

    #[test]
    fn where_counts_scatter_few_rows_tell_nothing() {
        let bursts = |day: usize, hour: usize| [5, 400, 20, 90, 2, 700, 30, 60][(day * 7 + hour * 5) % 8];
        assert_eq!(told(&hourly(10, bursts)), []);
    }

    #[test]
    fn a_long_silence_of_a_single_day_may_be_a_night() {
        let mut counts = hourly(1, |_, _| 300);
        counts.rows[8..16].fill(0);
        let lows = counts.lows();
        assert_eq!((lows.found.len(), lows.unknown.len()), (0, 1));
        let mut counts = hourly(2, |_, _| 300);
        counts.rows[8..16].fill(0);
        assert_eq!(told(&counts), [(8, 16)]);
    }
}
