//! Pauses that recur at the same time of day or of the week, such as nights and weekends: they are how a source works, and
//! no gaps. What a gap has beyond them is one: a shift that was lost before a weekend.

use std::collections::{BTreeMap, BTreeSet};

use super::gaps::Gap;
use super::walk::counter::Told;
use crate::model::time::{DAY, HOUR, MINUTE};

/// Shorter ones are gaps however often they come, and so are ones of few cadences.
const LEAST: i64 = 30 * MINUTE;
const CADENCES_LEAST: i64 = 5;
/// Longer ones hold a day on which rows are due, and beyond this length no pause but an outage.
const MOST: i64 = DAY;
const OUTAGE: i64 = 5 * DAY;
const WEEK: i64 = 7 * DAY;
/// Times that are the same, at least by so many cadences, since rows are lost at the ends of pauses too.
const APART: i64 = 15 * MINUTE;
const APART_CADENCES: i64 = 3;
/// On fewer days nothing recurs, and in fewer weeks no weekend.
const DAYS_LEAST: usize = 3;
const WEEKS_LEAST: usize = 2;
/// Every weekend has this of a Sunday, whatever its zone. The first of January 1970 was a Thursday.
const SUNDAY: (i64, i64) = (3 * DAY + 6 * HOUR, 3 * DAY + 10 * HOUR);
/// A weekend begins no longer before that and ends no longer after it.
const AROUND_SUNDAY: i64 = 60 * HOUR;

/// Begins and ends within these times of its period, in microseconds since the period began; the end is behind the
/// beginning, maybe in the next one.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pause {
    period: i64,
    begins: (i64, i64),
    ends: (i64, i64),
    count: usize,
}

/// What recurs among the gaps of a series.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pauses {
    daily: Vec<Pause>,
    weekend: Option<Pause>,
}

/// The gaps of a series, and the times of its first and last row.
#[derive(Debug, Clone, Copy)]
pub struct Gaps<'a> {
    pub list: &'a [Gap],
    pub first: i64,
    pub last: i64,
}

impl Gaps<'_> {
    /// From `least` cadences on.
    fn of_cadences(&self, least: i64) -> Vec<(i64, i64)> {
        let may_be = |gap: &&Gap| gap.step.length() >= LEAST.max(least * gap.cadence);
        self.list.iter().filter(may_be).map(|gap| (gap.step.since, gap.step.until)).collect()
    }

    fn apart(&self) -> i64 {
        let cadence = self.list.iter().map(|gap| gap.cadence).min().unwrap_or(0);
        APART.max(APART_CADENCES * cadence).min(2 * HOUR)
    }

    /// On how many days it has rows or should: all that no gap up to this length covers.
    fn days(&self, length: i64) -> i64 {
        let day = |at: i64| at.div_euclid(DAY);
        let covered = |gap: &Gap| (day(gap.step.until) - day(gap.step.since) - 1).max(0);
        let gaps = self.list.iter().filter(|gap| gap.step.length() <= length);
        day(self.last) - day(self.first) + 1 - gaps.map(covered).sum::<i64>()
    }
}

impl Pauses {
    /// Those of each series: its own, or if it has none, those of most.
    pub fn of_each(all: &[Gaps]) -> Vec<Pauses> {
        let of = |gaps: &Gaps, rows: &Gaps, days: i64| {
            Pauses::of(&gaps.of_cadences(CADENCES_LEAST), &gaps.of_cadences(1), rows, days)
        };
        let own: Vec<Pauses> = all.iter().map(|gaps| of(gaps, gaps, gaps.days(OUTAGE))).collect();
        let joined: Vec<Gap> = all.iter().flat_map(|gaps| gaps.list.iter().copied()).collect();
        let longest = all.iter().max_by_key(|gaps| gaps.days(i64::MAX));
        let Some(longest) = longest.filter(|_| all.len() > 1) else { return own };
        let first = all.iter().map(|gaps| gaps.first).min().unwrap_or(longest.first);
        let last = all.iter().map(|gaps| gaps.last).max().unwrap_or(longest.last);
        let days = last.div_euclid(DAY) - first.div_euclid(DAY) + 1;
        let usual = of(&Gaps { list: &joined, ..*longest }, longest, days);
        let fill = |own: Pauses| Pauses {
            daily: if own.daily.is_empty() { usual.daily.clone() } else { own.daily },
            weekend: own.weekend.or_else(|| usual.weekend.clone()),
        };
        own.into_iter().map(fill).collect()
    }

    /// Of gaps that may be nights, and of ones that may be weekends, in so many days.
    fn of(nights: &[(i64, i64)], weekends: &[(i64, i64)], rows: &Gaps, all: i64) -> Pauses {
        let (apart, days) = (rows.apart(), rows.days(i64::MAX));
        // Most days with rows have one, and more than half of all; the last day's is not over.
        let is_usual = |pause: &Pause| {
            let own: Vec<i64> = nights.iter().filter(|gap| pause.is_in(gap)).map(|gap| gap.0.div_euclid(DAY)).collect();
            // Among gaps of its length and longer a few are alike by chance; breaks between nights are none of them.
            let as_long = nights.iter().filter(|gap| 2 * (gap.1 - gap.0) >= pause.ends.0 - pause.begins.1).count();
            let are_many = own.len() * 5 >= as_long * 2;
            let on = own.into_iter().collect::<BTreeSet<i64>>().len() as i64;
            // A gap of days holds any pause: most are to begin and end as it does.
            let are_alike = 2 * pause.count as i64 >= on;
            are_many && are_alike && on * 5 >= (days - 1) * 4 && on * 5 >= (all - 1) * 3
        };
        let daily: Vec<Pause> = recurring(nights, apart).into_iter().filter(is_usual).collect();
        let weekend = weekend(weekends, apart, (rows.last - rows.first) / WEEK, &daily);
        Pauses { daily, weekend }
    }

    /// When there are pauses in a stretch of time, in order.
    fn within(&self, (since, until): (i64, i64)) -> Vec<(i64, i64)> {
        let mut found: Vec<(i64, i64)> =
            self.daily.iter().chain(&self.weekend).flat_map(|pause| pause.within(since, until)).collect();
        found.sort_unstable();
        found
    }

    /// What a gap has beyond pauses: parts in which rows are due.
    pub fn beyond(&self, gap: &Gap) -> Vec<Gap> {
        let (since, until) = (gap.step.since, gap.step.until);
        let pauses = self.within((since, until));
        if pauses.is_empty() {
            return vec![*gap];
        }
        let mut lost = if let Told::Missing(lost) = gap.step.told { lost } else { 0 };
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
        for pause in all.iter().flat_map(|pauses| &pauses.daily) {
            let place = (pause.begins.0 / HOUR, pause.ends.1 / HOUR);
            let own = by_time.entry(place).or_insert_with(|| (pause.shown(), 0));
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

impl Pause {
    /// Those that overlap a stretch of time: from when the last row may be due to when the first is again.
    fn within(&self, since: i64, until: i64) -> impl Iterator<Item = (i64, i64)> {
        let (begins, ends, period) = (self.begins.0, self.ends.1, self.period);
        let first = (since - ends).div_euclid(period);
        let last = (until - begins).div_euclid(period);
        let one = move |number: i64| (number * period + begins, number * period + ends);
        (first..=last).map(one).filter(move |(begins, ends)| *begins < until && *ends > since)
    }

    /// Whether a gap holds it, and began in the same period.
    fn is_in(&self, gap: &(i64, i64)) -> bool {
        let until = (self.begins.1 - gap.0).rem_euclid(self.period);
        gap.0 + until + (self.ends.0 - self.begins.1) <= gap.1
    }

    fn shown(&self) -> String {
        let clock = |at: i64| format!("{:02}:{:02}", at % DAY / HOUR, at % HOUR / MINUTE);
        format!("{} to {} UTC", clock(self.begins.0), clock(self.ends.1))
    }
}

/// Gaps that begin and end at about the same times of several days.
fn recurring(gaps: &[(i64, i64)], apart: i64) -> Vec<Pause> {
    let gaps: Vec<(i64, i64)> = gaps.iter().copied().filter(|gap| gap.1 - gap.0 < MOST).collect();
    let mut pauses = Vec::new();
    for by_begin in near(&gaps, apart, |gap| gap.0.rem_euclid(DAY)) {
        for group in near(&by_begin, apart, |gap| gap.1.rem_euclid(DAY)) {
            let days: BTreeSet<i64> = group.iter().map(|gap| gap.0.div_euclid(DAY)).collect();
            if days.len() >= DAYS_LEAST {
                pauses.extend(Pause::of(&group, DAY));
            }
        }
    }
    pauses
}

impl Pause {
    /// The times of these gaps, which begin and end at about the same ones.
    fn of(gaps: &[(i64, i64)], period: i64) -> Option<Pause> {
        let first = gaps.first()?.0.rem_euclid(period);
        // In periods of their own, so that times around midnight lie next to each other.
        let near = |at: i64, to: i64| to + (at - to + period / 2).rem_euclid(period) - period / 2;
        let begins = || gaps.iter().map(|gap| near(gap.0.rem_euclid(period), first));
        let length = gaps[0].1 - gaps[0].0;
        let ends = || gaps.iter().map(|gap| near((gap.1 - first).rem_euclid(period), length) + first);
        Some(Pause {
            period,
            begins: (begins().min()?, begins().max()?),
            ends: (ends().min()?, ends().max()?),
            count: gaps.len(),
        })
    }
}

/// What is usual on weekends, if nothing comes on most.
fn weekend(gaps: &[(i64, i64)], apart: i64, weeks: i64, daily: &[Pause]) -> Option<Pause> {
    let sunday = |gap: &(i64, i64)| {
        let week = (gap.1 - SUNDAY.1).div_euclid(WEEK);
        (gap.0 <= week * WEEK + SUNDAY.0).then_some(week)
    };
    let is_short = |gap: &(i64, i64)| gap.1 - gap.0 <= OUTAGE;
    let over: Vec<(i64, i64)> = gaps.iter().copied().filter(is_short).filter(|gap| sunday(gap).is_some()).collect();
    let found: BTreeSet<i64> = over.iter().filter_map(sunday).collect();
    // Who pauses at night pauses on weekends too.
    let least = if daily.is_empty() { WEEKS_LEAST } else { 1 };
    if found.len() < least || (found.len() as i64) * 5 < weeks * 4 {
        return None;
    }
    let into = |at: i64| at.rem_euclid(WEEK);
    let begins: Vec<(i64, i64)> =
        over.iter().copied().filter(|gap| (SUNDAY.0 - gap.0).rem_euclid(WEEK) <= AROUND_SUNDAY).collect();
    let ends: Vec<(i64, i64)> =
        over.iter().copied().filter(|gap| (gap.1 - SUNDAY.1).rem_euclid(WEEK) <= AROUND_SUNDAY).collect();
    // The usual one of most weekends. Of two the one that other days have too, or else the shorter weekend.
    let is_daily = |of: fn(&Pause) -> (i64, i64), at: i64| {
        let near = |pause: &Pause| (at - of(pause).0 + apart).rem_euclid(DAY) <= of(pause).1 - of(pause).0 + 2 * apart;
        daily.iter().any(near)
    };
    // A single one must begin and end as nights do: a lost shift may lie beside it.
    let is_sure = |is_daily: bool| is_daily || found.len() >= WEEKS_LEAST;
    let by_begin = near(&begins, apart, |gap| into(gap.0));
    let begins_surely = |group: &&Vec<(i64, i64)>| is_sure(is_daily(|pause| pause.begins, group[0].0));
    let usual_begin = by_begin.iter().filter(begins_surely).max_by_key(|group| {
        (group.len(), is_daily(|pause| pause.begins, group[0].0), -(SUNDAY.0 - group[0].0).rem_euclid(WEEK))
    })?;
    let by_end = near(&ends, apart, |gap| into(gap.1));
    let ends_surely = |group: &&Vec<(i64, i64)>| is_sure(is_daily(|pause| pause.ends, group[0].1));
    let usual_end = by_end.iter().filter(ends_surely).max_by_key(|group| {
        (group.len(), is_daily(|pause| pause.ends, group[0].1), -(group[0].1 - SUNDAY.1).rem_euclid(WEEK))
    })?;
    let before = |gap: &(i64, i64)| SUNDAY.0 - (SUNDAY.0 - gap.0).rem_euclid(WEEK);
    let after = |gap: &(i64, i64)| SUNDAY.1 + (gap.1 - SUNDAY.1).rem_euclid(WEEK);
    let range = |times: Vec<i64>| Some((*times.iter().min()?, *times.iter().max()?));
    Some(Pause {
        period: WEEK,
        begins: range(usual_begin.iter().map(before).collect())?,
        ends: range(usual_end.iter().map(after).collect())?,
        count: found.len(),
    })
}

/// Groups of gaps with one end at about the same time of its period.
fn near(gaps: &[(i64, i64)], apart: i64, end: impl Fn(&(i64, i64)) -> i64) -> Vec<Vec<(i64, i64)>> {
    let mut sorted = gaps.to_vec();
    sorted.sort_by_key(&end);
    let mut groups: Vec<Vec<(i64, i64)>> = Vec::new();
    let mut first = 0;
    for gap in sorted {
        match groups.last_mut().filter(|_| end(&gap) - first <= apart) {
            Some(group) => group.push(gap),
            None => {
                first = end(&gap);
                groups.push(vec![gap]);
            }
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::missing::gaps::Between;
    use crate::command::missing::walk::line::Step;
    use crate::model::time::SECOND;

    const CADENCE: i64 = MINUTE;

    fn gap(since: i64, until: i64) -> Gap {
        let step = Step { since, until, place: 1, before: [0.0; 2], after: [0.0; 2], told: Told::Nothing };
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
        let pauses = &Pauses::of_each(&[all])[0];
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

    #[test]
    fn nights_are_pauses_among_breaks_that_are_none() {
        let night = |day: i64| gap(day * DAY + 22 * HOUR - MINUTE, (day + 1) * DAY + 6 * HOUR);
        let stop = |day: i64, hour: i64| gap(day * DAY + hour * HOUR - MINUTE, day * DAY + hour * HOUR + 40 * MINUTE);
        let stops = [(4, 8), (4, 13), (5, 9), (5, 17), (5, 20), (6, 11), (7, 15)].map(|(day, hour)| stop(day, hour));
        let gaps = [(4..7).map(night).collect(), stops.to_vec()].concat();
        let all = Gaps { list: &gaps, first: 4 * DAY + 6 * HOUR, last: 7 * DAY + 22 * HOUR };
        let pauses = &Pauses::of_each(&[all])[0];
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
        let pauses = &Pauses::of_each(&[all])[0];
        let parts: Vec<Gap> = gaps.iter().flat_map(|gap| pauses.beyond(gap)).collect();
        assert_eq!(parts.iter().map(|gap| gap.missing).collect::<Vec<_>>(), [1]);
    }
}
