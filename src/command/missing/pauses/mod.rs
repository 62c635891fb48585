//! Pauses that recur at the same time of day or of the week, such as nights and weekends: they are how a source works, and
//! no gaps. What a gap has beyond them is one: a shift that was lost before a weekend.

mod daily;
mod pause;
mod weekly;

use std::collections::{BTreeMap, BTreeSet};

use chrono_tz::Tz;

use self::pause::Pause;
use super::gaps::Gap;
use super::walk::counter::StepNumbers;
use super::walk::line::Step;
use crate::model::time::{DAY, HOUR, MINUTE};
use crate::model::zone::Zone;

/// Times that are the same, at least by so many cadences, since rows are lost at the ends of pauses too.
const APART: i64 = 15 * MINUTE;
const APART_CADENCES: i64 = 3;
/// Shorter ones are gaps however often they come, and so are nights of few cadences.
const LEAST: i64 = 30 * MINUTE;
const CADENCES_LEAST: i64 = 5;
/// A longer silence is an outage, whatever it begins and ends with.
const OUTAGE: i64 = 5 * DAY;
/// Daylight saving moves what people do by an hour. Where nobody said whose clock it is, the nights tell: these are the
/// ways in which most clocks are set.
const DAYLIGHT: [Tz; 7] = [
    Tz::Europe__Berlin,
    Tz::America__New_York,
    Tz::America__Chicago,
    Tz::America__Denver,
    Tz::America__Los_Angeles,
    Tz::Australia__Sydney,
    Tz::America__Santiago,
];

/// The gaps of a series, and the times of its first and last row.
#[derive(Debug, Clone, Copy)]
pub struct Gaps<'a> {
    pub list: &'a [Gap],
    pub first: i64,
    pub last: i64,
}

/// The same by a clock on the wall: silences as their beginning and end, in microseconds.
#[derive(Debug, Clone)]
struct Silences {
    /// That may be nights, and that may be weekends.
    nights: Vec<(i64, i64)>,
    all: Vec<(i64, i64)>,
    first: i64,
    last: i64,
    /// Times nearer to each other are the same.
    apart: i64,
}

/// What recurs among the gaps of a series, by the clock of a zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pauses {
    zone: Zone,
    daily: Vec<Pause>,
    weekend: Option<Pause>,
}

impl Gaps<'_> {
    fn silences(&self, zone: Zone) -> Silences {
        let cadence = self.list.iter().map(|gap| gap.cadence).min().unwrap_or(0);
        // From so many cadences on.
        let of_cadences = |least: i64| {
            let may_be = |gap: &&Gap| gap.step.length() >= LEAST.max(least * gap.cadence);
            let wall = |gap: &Gap| (zone.wall(gap.step.since), zone.wall(gap.step.until));
            self.list.iter().filter(may_be).map(wall).collect()
        };
        Silences {
            nights: of_cadences(CADENCES_LEAST),
            all: of_cadences(1),
            first: zone.wall(self.first),
            last: zone.wall(self.last),
            apart: APART.max(APART_CADENCES * cadence).min(2 * HOUR),
        }
    }
}

impl Silences {
    /// Whether a pause of others is one here too: half of the times there are no rows in it. One that works through them may
    /// be silent in one as at any other time.
    fn keep(&self, pause: &Pause) -> bool {
        let is_whole = |(begins, ends): &(i64, i64)| self.first <= *begins && *ends <= self.last;
        let all = pause.within(self.first, self.last).filter(is_whole).count();
        let held: BTreeSet<i64> = self.all.iter().flat_map(|silence| pause.numbers_in(silence)).collect();
        2 * held.len() >= all
    }

    /// On how many days there are rows or should be: all that no silence up to this length covers.
    fn days(&self, length: i64) -> i64 {
        let day = |at: i64| at.div_euclid(DAY);
        let covered = |silence: &(i64, i64)| (day(silence.1) - day(silence.0) - 1).max(0);
        let silences = self.all.iter().filter(|silence| silence.1 - silence.0 <= length);
        day(self.last) - day(self.first) + 1 - silences.map(covered).sum::<i64>()
    }
}

impl Pauses {
    /// Those of each series: its own, or if it has none, those of most. `said` is the zone that somebody named.
    pub fn of_each(all: &[Gaps], said: Option<Zone>) -> Vec<Pauses> {
        let missing = |pauses: &[Pauses]| -> i64 {
            let beyond = |(gaps, pauses): (&Gaps, &Pauses)| {
                gaps.list.iter().flat_map(|gap| pauses.beyond(gap)).map(|gap| gap.missing).sum::<i64>()
            };
            all.iter().zip(pauses).map(beyond).sum()
        };
        let zone = said.unwrap_or(Zone::UTC);
        let mut best = Pauses::by_clock(all, zone);
        let mut least = missing(&best);
        let (Some(first), Some(last)) =
            (all.iter().map(|gaps| gaps.first).min(), all.iter().map(|gaps| gaps.last).max())
        else {
            return best;
        };
        for zone in DAYLIGHT.map(Zone::Named).into_iter().filter(|_| said.is_none()) {
            let is_set = || zone.offsets().iter().any(|(at, _)| first < *at && *at < last);
            if least == 0 || !is_set() {
                continue;
            }
            let own = Pauses::by_clock(all, zone);
            let left = missing(&own);
            if left < least {
                (best, least) = (own, left);
            }
        }
        best
    }

    fn by_clock(all: &[Gaps], zone: Zone) -> Vec<Pauses> {
        let silences: Vec<Silences> = all.iter().map(|gaps| gaps.silences(zone)).collect();
        let own: Vec<Pauses> =
            silences.iter().map(|silences| Pauses::of(zone, silences, silences, silences.days(OUTAGE))).collect();
        let longest = silences.iter().max_by_key(|silences| silences.days(i64::MAX));
        let Some(longest) = longest.filter(|_| silences.len() > 1) else { return own };
        let joined = Silences {
            nights: silences.iter().flat_map(|silences| silences.nights.iter().copied()).collect(),
            all: silences.iter().flat_map(|silences| silences.all.iter().copied()).collect(),
            apart: silences.iter().map(|silences| silences.apart).min().unwrap_or(APART),
            ..*longest
        };
        let first = silences.iter().map(|silences| silences.first).min().unwrap_or(longest.first);
        let last = silences.iter().map(|silences| silences.last).max().unwrap_or(longest.last);
        let days = last.div_euclid(DAY) - first.div_euclid(DAY) + 1;
        let mut usual = Pauses::of(zone, &joined, longest, days);
        for pause in usual.daily.iter_mut().chain(&mut usual.weekend) {
            // As many days as have it, of whatever series.
            pause.count =
                joined.all.iter().flat_map(|silence| pause.numbers_in(silence)).collect::<BTreeSet<_>>().len();
        }
        let fill = |(own, silences): (Pauses, &Silences)| {
            let kept = |pause: &&Pause| silences.keep(pause);
            let daily = || usual.daily.iter().filter(kept).cloned().collect();
            let weekend = || usual.weekend.as_ref().filter(kept).cloned();
            Pauses {
                zone,
                daily: if own.daily.is_empty() { daily() } else { own.daily },
                weekend: own.weekend.or_else(weekend),
            }
        };
        own.into_iter().zip(&silences).map(fill).collect()
    }

    /// Of silences, in a life of so many days in all.
    fn of(zone: Zone, silences: &Silences, life: &Silences, days: i64) -> Pauses {
        let daily = daily::of(&silences.nights, silences.apart, (life.days(i64::MAX), days));
        let weekend = weekly::of(&silences.all, silences.apart, (life.first, life.last), &daily);
        Pauses { zone, daily, weekend }
    }

    pub fn is_empty(&self) -> bool {
        self.daily.is_empty() && self.weekend.is_none()
    }

    /// When there are pauses in a stretch of time, in order.
    fn within(&self, (since, until): (i64, i64)) -> Vec<(i64, i64)> {
        let wall = (self.zone.wall(since), self.zone.wall(until));
        let pauses = self.daily.iter().chain(&self.weekend).flat_map(|pause| pause.within(wall.0, wall.1));
        let mut found: Vec<(i64, i64)> =
            pauses.map(|(begins, ends)| (self.zone.utc(begins), self.zone.utc(ends))).collect();
        found.sort_unstable();
        found
    }

    /// How many rows are due behind one, up to a time and at it, one each `cadence`.
    pub fn due(&self, since: i64, until: i64, cadence: i64) -> i64 {
        // One that is due a little behind the end is due.
        let missing = (until - since + cadence / 10) / cadence;
        let until = until + cadence;
        let step = Step { since, until, place: 0, before: [0.0; 2], after: [0.0; 2], told: StepNumbers::Nothing };
        let parts = self.beyond(&Gap { step, cadence, limit: cadence, missing, part: None });
        parts.iter().map(|part| part.missing).sum()
    }

    /// What a gap has beyond pauses: parts in which rows are due.
    pub fn beyond(&self, gap: &Gap) -> Vec<Gap> {
        let (since, until) = (gap.step.since, gap.step.until);
        let pauses = self.within((since, until));
        if pauses.is_empty() {
            return vec![*gap];
        }
        let mut lost = if let StepNumbers::Missing(lost) = gap.step.told { lost } else { 0 };
        let mut parts = Vec::new();
        let mut add = |from: (i64, bool), to: (i64, bool)| {
            // Where a pause begins a row is due, as where it ends; the rows at the ends of the gap are there.
            let due =
                ((to.0 - from.0) as f64 / gap.cadence as f64).round() as i64 - 1 + i64::from(from.1) + i64::from(to.1);
            let missing = due - lost;
            lost = (-missing).max(0);
            if missing > 0 && to.0 > from.0 {
                parts.push(Gap { part: Some((from.0, to.0)), missing, ..*gap });
            }
        };
        let mut from = (since, false);
        for (begins, ends) in pauses {
            if begins > from.0 && begins < until {
                add(from, (begins, true));
            }
            if ends > from.0 {
                from = (ends, true);
            }
        }
        if from.0 < until {
            add(from, (until, false));
        }
        parts
    }

    /// What all of them are, in words.
    pub fn shown(all: &[Pauses], table: &str) -> Vec<String> {
        const SHOWN_MAX: usize = 4;
        let weekends = all.iter().filter_map(|pauses| pauses.weekend.as_ref()).map(|weekend| weekend.count).max();
        let mut by_time: BTreeMap<(i64, i64), (String, usize)> = BTreeMap::new();
        let daily = all.iter().flat_map(|pauses| pauses.daily.iter().map(|pause| (pauses.zone, pause)));
        for (zone, pause) in daily {
            let place = (pause.begins.0 / HOUR, pause.ends.1 / HOUR);
            let own = by_time.entry(place).or_insert_with(|| (format!("{} {}", pause.shown(), zone), 0));
            own.1 = own.1.max(pause.count);
        }
        let mut daily: Vec<String> =
            by_time.values().take(SHOWN_MAX).map(|(times, count)| format!("{times}, {count} times")).collect();
        if by_time.len() > SHOWN_MAX {
            daily.push(format!("{} more", by_time.len() - SHOWN_MAX));
        }
        let weekends = weekends.map(|count| format!("{table}: weekends are no gaps, {count} of them"));
        let daily = (!daily.is_empty())
            .then(|| format!("{table}: pauses at the same time of day are no gaps: {}", daily.join("; ")));
        weekends.into_iter().chain(daily).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::missing::gaps::Between;
    use crate::model::time::SECOND;

    const CADENCE: i64 = MINUTE;

    fn gap(since: i64, until: i64) -> Gap {
        let step = Step { since, until, place: 1, before: [0.0; 2], after: [0.0; 2], told: StepNumbers::Nothing };
        let missing = ((until - since) as f64 / CADENCE as f64).round() as i64 - 1;
        Gap { step, cadence: CADENCE, limit: CADENCE * 3 / 2, missing, part: None }
    }

    /// Two weeks from Monday the fifth of January 1970, from 6 to 22 h on working days.
    fn work() -> Vec<Gap> {
        let night = |day: i64, days: i64| gap(day * DAY + 22 * HOUR - MINUTE, (day + days) * DAY + 6 * HOUR);
        let week =
            |from: i64| (from..from + 4).map(|day| night(day, 1)).chain([night(from + 4, 3)]).collect::<Vec<_>>();
        [week(4), week(11)].concat()
    }

    fn beyond(gaps: &[Gap]) -> Vec<(i64, i64, i64)> {
        let all = Gaps { list: gaps, first: 4 * DAY + 6 * HOUR, last: 18 * DAY + 22 * HOUR };
        let pauses = &Pauses::of_each(&[all], None)[0];
        let parts = gaps.iter().flat_map(|gap| pauses.beyond(gap));
        let hours = |at: i64| (at + MINUTE).div_euclid(HOUR);
        parts.map(|gap| (hours(gap.since()) - 96, hours(gap.until()) - 96, gap.missing)).collect()
    }

    #[test]
    fn nights_and_weekends_are_no_gaps_and_shifts_beside_them_are() {
        assert_eq!(beyond(&work()), []);
        // The late shift of the first Friday.
        let mut gaps = work();
        gaps[4] = gap(8 * DAY + 14 * HOUR - MINUTE, gaps[4].step.until);
        assert_eq!(beyond(&gaps), [(4 * 24 + 14, 4 * 24 + 22, 480)]);
        // The first Monday after the weekend.
        let mut gaps = work();
        gaps[4] = gap(gaps[4].step.since, gaps[5].step.until);
        gaps.remove(5);
        assert_eq!(beyond(&gaps), [(7 * 24 + 6, 7 * 24 + 22, 960)]);
        // An hour in the middle of a shift, and one behind a night.
        let mut gaps = work();
        gaps.insert(2, gap(6 * DAY + 10 * HOUR, 6 * DAY + 11 * HOUR));
        gaps[1] = gap(gaps[1].step.since, gaps[1].step.until + HOUR);
        assert_eq!(beyond(&gaps).iter().map(|part| part.2).collect::<Vec<_>>(), [60, 59]);
    }

    /// The gaps between days of work from an hour to another, each a while apart from it as `waver` says.
    fn nights(days: impl Iterator<Item = i64>, hours: (i64, i64), waver: impl Fn(i64) -> i64) -> Vec<Gap> {
        let shifts: Vec<(i64, i64)> =
            days.map(|day| (day * DAY + hours.0 * HOUR, day * DAY + hours.1 * HOUR)).collect();
        let pairs = shifts.windows(2).enumerate();
        let gaps = pairs.map(|(at, pair)| gap(pair[0].1 + waver(at as i64), pair[1].0 - waver(at as i64)));
        gaps.filter(|gap| gap.missing > 0).collect()
    }

    fn missing(gaps: &[Gap], said: Option<Zone>) -> i64 {
        let (first, last) = (gaps[0].step.since - 8 * HOUR, gaps[gaps.len() - 1].step.until + 8 * HOUR);
        let pauses = &Pauses::of_each(&[Gaps { list: gaps, first, last }], said)[0];
        gaps.iter().flat_map(|gap| pauses.beyond(gap)).map(|gap| gap.missing).sum()
    }

    #[test]
    fn nights_that_begin_or_end_at_midnight_are_pauses() {
        let waver = |at: i64| (at * 7 % 9 - 4) * MINUTE;
        assert_eq!(missing(&nights(4..18, (6, 24), waver), None), 0);
        assert_eq!(missing(&nights(4..18, (0, 14), waver), None), 0);
    }

    #[test]
    fn nights_are_as_long_when_daylight_saving_changes() {
        // Four weeks before the last Sunday of March 2025 and four behind it, from 8 to 18 h in Berlin.
        let change = 20_177;
        let before = nights(change - 28..change + 1, (7, 17), |_| 0);
        let after = nights(change..change + 28, (6, 16), |_| 0);
        let over = gap((change - 1) * DAY + 17 * HOUR, change * DAY + 6 * HOUR);
        let all: Vec<Gap> = before[..before.len() - 1].iter().copied().chain([over]).chain(after).collect();
        assert_eq!(missing(&all, None), 0);
        assert_eq!(missing(&all, Zone::parse("Europe/Paris")), 0);
        assert!(missing(&all, Some(Zone::UTC)) > 1_000);
        // Of forty days only one week has it: no pause of its own.
        let week: Vec<Gap> = (20..27).map(|day| gap(day * DAY + HOUR, day * DAY + 2 * HOUR)).collect();
        let pauses = &Pauses::of_each(&[Gaps { list: &week, first: 0, last: 40 * DAY }], None)[0];
        assert_eq!(week.iter().flat_map(|gap| pauses.beyond(gap)).map(|gap| gap.missing).sum::<i64>(), 7 * 59);
    }

    #[test]
    fn weekends_are_days_off_whichever_they_are_and_nights_are_none() {
        let week = |day: i64, off: &[i64]| !off.contains(&(day % 7));
        // Friday and Saturday, Saturday and Sunday, Sunday alone.
        for off in [&[1, 2][..], &[2, 3], &[3]] {
            let work = (4..46).filter(|day| week(*day, off));
            assert_eq!(missing(&nights(work.clone(), (0, 24), |_| 0), None), 0, "{off:?}");
            assert_eq!(missing(&nights(work, (6, 22), |_| 0), None), 0, "{off:?}");
        }
        // Frames of each night; on two Saturdays the last five hours are missing.
        let mut frames = nights(4..20, (20, 28), |_| 0);
        assert_eq!(missing(&frames, None), 0);
        for saturday in [9, 16] {
            let at = saturday - 4;
            frames[at] = gap(frames[at].step.since - 5 * HOUR, frames[at].step.until);
        }
        assert_eq!(missing(&frames, None), 2 * 300);
    }

    #[test]
    fn nights_are_pauses_among_breaks_that_are_none() {
        let night = |day: i64| gap(day * DAY + 22 * HOUR - MINUTE, (day + 1) * DAY + 6 * HOUR);
        let stop = |day: i64, hour: i64| gap(day * DAY + hour * HOUR - MINUTE, day * DAY + hour * HOUR + 40 * MINUTE);
        let stops = [(4, 8), (4, 13), (5, 9), (5, 17), (5, 20), (6, 11), (7, 15)].map(|(day, hour)| stop(day, hour));
        let gaps = [(4..7).map(night).collect(), stops.to_vec()].concat();
        let all = Gaps { list: &gaps, first: 4 * DAY + 6 * HOUR, last: 7 * DAY + 22 * HOUR };
        let pauses = &Pauses::of_each(&[all], None)[0];
        let parts: Vec<Gap> = gaps.iter().flat_map(|gap| pauses.beyond(gap)).collect();
        assert_eq!(parts.iter().map(|gap| gap.missing).collect::<Vec<_>>(), [40; 7]);
    }

    #[test]
    fn days_without_a_weekend_have_one_row_each() {
        let days = [4, 5, 6, 7, 8, 11, 12, 13, 14, 15, 18, 19, 21];
        let steps = days.windows(2).map(|pair| (pair[0] * DAY + 9 * HOUR, pair[1] * DAY + 9 * HOUR + SECOND));
        let gaps: Vec<Gap> = steps
            .filter(|(since, until)| until - since > DAY + HOUR)
            .map(|(since, until)| Gap { cadence: DAY, missing: (until - since) / DAY - 1, ..gap(since, until) })
            .collect();
        let all = Gaps { list: &gaps, first: 4 * DAY, last: 21 * DAY + 9 * HOUR };
        let pauses = &Pauses::of_each(&[all], None)[0];
        let parts: Vec<Gap> = gaps.iter().flat_map(|gap| pauses.beyond(gap)).collect();
        assert_eq!(parts.iter().map(|gap| gap.missing).collect::<Vec<_>>(), [1]);
    }
}
