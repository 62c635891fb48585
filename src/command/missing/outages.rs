//! Events without a cadence: silences and stretches with far fewer rows than are usual, told from chance, from bursts and
//! from the rhythm of days and weeks.
//!
//! Time is measured in rows that are usual: each hour has as many as it has on most days. What is left are steps, and
//! stretches, of which the longest are compared with the other long ones (a tail by Hill, "A simple general approach to
//! inference about the tail of a distribution", 1975): bursty events have many long steps, and an outage is none of them.

use crate::model::time::{DAY, HOUR, MINUTE};

/// Rows next to each other in time.
#[derive(Debug, Clone, Copy)]
pub struct Few {
    /// The times of the first and the last of them, in microseconds.
    pub first: i64,
    pub last: i64,
    pub rows: i64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outage {
    pub since: i64,
    pub until: i64,
    /// Rows that are usual in this time.
    pub usual: f64,
    /// The ends are rows, which are no part of it.
    pub is_between: bool,
}

/// Fewer rows tell nothing, and fewer missing ones are no outage.
const ROWS_LEAST: i64 = 100;
const MISSING_LEAST: f64 = 20.0;
/// So many of the longest steps are its tail.
const TAIL: usize = 40;
const TAIL_LEAST: usize = 10;
/// How often chance may tell an outage where there is none.
const CHANCE: f64 = 0.01;
/// Stretches that people think in, in microseconds.
const STRETCHES: [i64; 9] = [MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, DAY];
/// So many rows are usual in a stretch, and of so many stretches low ones can be told.
const STRETCH_ROWS: f64 = 50.0;
const STRETCHES_LEAST: usize = 24;
/// Of a drop at least this share of the rows is missing.
const DROP: f64 = 0.5;

/// The outages among rows in the order of time, in the order of time.
pub fn find(all: &[Few]) -> Vec<Outage> {
    let (Some(first), Some(last)) = (all.first(), all.last()) else { return Vec::new() };
    let rows: i64 = all.iter().map(|few| few.rows).sum();
    if rows < ROWS_LEAST || last.last <= first.first {
        return Vec::new();
    }
    let usual = Usual::of(all, first.first, last.last, rows);
    let mut found = silences(all, &usual, rows);
    for drop in drops(all, &usual) {
        // A stretch in which nothing came at all ends with the rows around it.
        let is_of = |silence: &Outage| silence.since < drop.until && drop.since < silence.until;
        let most = found.iter().filter(|silence| is_of(silence)).map(|silence| silence.usual).sum::<f64>();
        if 2.0 * most < drop.usual {
            found.retain(|silence| !is_of(silence));
            found.push(drop);
        }
    }
    found.retain(|outage| outage.usual >= MISSING_LEAST && usual.is_unusual(all, outage));
    found.sort_by_key(|outage| outage.since);
    found
}

/// How many rows are usual: by the hour of the day, where there are days to compare.
struct Usual {
    first: i64,
    last: i64,
    /// Rows up to the beginning of each hour since that of the first row, and one more.
    until: Vec<f64>,
    /// Hours of the day are known.
    is_daily: bool,
}

const DAYS_LEAST: i64 = 3;
/// Fewer rows an hour tell nothing of hours.
const HOURLY: f64 = 2.0;
const HOURS_MAX: i64 = 200_000;

impl Usual {
    fn of(all: &[Few], first: i64, last: i64, rows: i64) -> Usual {
        let from = first.div_euclid(HOUR);
        let hours = last.div_euclid(HOUR) - from + 1;
        let mean = rows as f64 / (last - first) as f64 * HOUR as f64;
        let is_daily = last - first >= DAYS_LEAST * DAY - HOUR && mean >= HOURLY && hours <= HOURS_MAX;
        let each = if is_daily { hourly(all, from, hours as usize) } else { vec![mean; hours.min(HOURS_MAX) as usize] };
        let mut until = vec![0.0];
        for hour in each {
            until.push(until[until.len() - 1] + hour);
        }
        if hours > HOURS_MAX {
            until = vec![0.0, mean];
        }
        Usual { first, last, until, is_daily }
    }

    /// Rows that are usual up to a time.
    fn at(&self, at: i64) -> f64 {
        let since = at - self.first.div_euclid(HOUR) * HOUR;
        let hour = (since.max(0) / HOUR) as usize;
        let place = hour.min(self.until.len() - 2);
        let (from, to) = (self.until[place], self.until[place + 1]);
        from + (to - from) * (since as f64 / HOUR as f64 - place as f64)
    }

    fn between(&self, since: i64, until: i64) -> f64 {
        self.at(until) - self.at(since)
    }

    /// Whether other days have rows at the same time, where hours are not known. A night would be an outage else.
    fn is_unusual(&self, all: &[Few], outage: &Outage) -> bool {
        const UNKNOWN_MOST: i64 = 6 * HOUR;
        if self.is_daily {
            return true;
        }
        let rows = |days: i64| {
            let (since, until) = (outage.since + days * DAY, outage.until + days * DAY);
            (since >= self.first && until <= self.last).then(|| rows_in(all, since, until))
        };
        let others: Vec<f64> = [-2, -1, 1, 2].into_iter().filter_map(rows).collect();
        let length = outage.until - outage.since;
        if others.is_empty() { length <= UNKNOWN_MOST } else { others.iter().all(|rows| *rows >= outage.usual / 3.0) }
    }
}

fn rows_in(all: &[Few], since: i64, until: i64) -> f64 {
    let from = all.partition_point(|few| few.first < since);
    let to = all.partition_point(|few| few.last < until);
    all[from.min(to)..to].iter().map(|few| few.rows as f64).sum()
}

/// The usual rows of each hour. Saturdays and Sundays are days of their own if less is done on them.
fn hourly(all: &[Few], from: i64, hours: usize) -> Vec<f64> {
    let mut counts = vec![0.0; hours];
    for few in all {
        for end in [few.first, few.last] {
            counts[(end.div_euclid(HOUR) - from) as usize] += few.rows as f64 / 2.0;
        }
    }
    // The first of January 1970 was a Thursday.
    let is_weekend = |hour: usize| ((from + hour as i64).div_euclid(24) + 3).rem_euclid(7) >= 5;
    // The first and the last hour are not whole.
    let whole = || 1..hours - 1;
    let of = |wanted: bool| {
        let own: Vec<f64> = whole().filter(|hour| is_weekend(*hour) == wanted).map(|hour| counts[hour]).collect();
        own.iter().sum::<f64>() / own.len().max(1) as f64
    };
    let is_apart = of(true) < DROP * of(false);
    let mut usual = [[0.0; 24]; 2];
    for (class, times) in usual.iter_mut().enumerate() {
        for (of_day, usual) in times.iter_mut().enumerate() {
            let is_own = |hour: &usize| {
                (from + *hour as i64).rem_euclid(24) as usize == of_day
                    && (!is_apart || is_weekend(*hour) == (class == 1))
            };
            let own: Vec<f64> = whole().filter(is_own).map(|hour| counts[hour]).collect();
            // What is usual on one or two weekends is not known.
            *usual = if class == 1 && is_apart && own.len() < DAYS_LEAST as usize { 0.0 } else { middle(own) };
        }
    }
    let class = |hour: usize| usize::from(is_weekend(hour));
    let of_day = |hour: usize| (from + hour as i64).rem_euclid(24) as usize;
    let each: Vec<f64> = (0..hours).map(|hour| usual[class(hour)][of_day(hour)]).collect();
    // Hours of the day that differ no more than those of one do tell nothing.
    let days = (hours as f64 / 24.0).max(1.0);
    let mean = of_all(&each);
    let between = of_all(&each.iter().map(|own| (own - mean).powi(2)).collect::<Vec<_>>());
    let within = of_all(&whole().map(|hour| (counts[hour] - each[hour]).powi(2)).collect::<Vec<_>>());
    if between > 4.0 * within / days { each } else { vec![middle(counts[1..hours - 1].to_vec()); hours] }
}

fn of_all(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// The mean of the middle half: no outage and no burst is in it.
fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let left = values.len() / 4;
    let own = &values[left..values.len() - left];
    own.iter().sum::<f64>() / own.len().max(1) as f64
}

/// Steps from row to row in which far more rows are usual than in others.
fn silences(all: &[Few], usual: &Usual, rows: i64) -> Vec<Outage> {
    let step = |pair: &[Few]| {
        let (since, until) = (pair[0].last, pair[1].first);
        Outage { since, until, usual: usual.between(since, until), is_between: true }
    };
    let mut steps: Vec<Outage> = all.windows(2).map(step).collect();
    steps.sort_by(|a, b| b.usual.total_cmp(&a.usual));
    let lengths: Vec<f64> = steps.iter().take(TAIL).map(|step| step.usual).collect();
    // Short steps between rows of one `Few` are not among them; the longest of all are.
    let hidden = rows as f64 / steps.len().max(1) as f64;
    steps.truncate(outliers(&lengths, if hidden > 50.0 { hidden } else { 1.0 }));
    steps
}

/// Neighbouring stretches with far fewer rows than are usual.
fn drops(all: &[Few], usual: &Usual) -> Vec<Outage> {
    let active = usual.between(usual.first, usual.last) / (usual.last - usual.first) as f64;
    let Some(stretch) = STRETCHES.into_iter().find(|stretch| *stretch as f64 * active >= STRETCH_ROWS) else {
        return Vec::new();
    };
    let from = usual.first.div_euclid(stretch) + 1;
    let count = usual.last.div_euclid(stretch) - from;
    if !(STRETCHES_LEAST as i64..1_000_000).contains(&count) {
        return Vec::new();
    }
    let mut rows = vec![0.0; count as usize];
    for few in all {
        for end in [few.first, few.last] {
            if let Some(own) = usize::try_from(end.div_euclid(stretch) - from).ok().and_then(|at| rows.get_mut(at)) {
                *own += few.rows as f64 / 2.0;
            }
        }
    }
    let bounds = |at: usize| ((from + at as i64) * stretch, (from + at as i64 + 1) * stretch);
    let times = |at: usize| {
        let (since, until) = bounds(at);
        let due = usual.between(since, until);
        if due >= MISSING_LEAST { due / (rows[at] + 1.0) } else { 0.0 }
    };
    let times: Vec<f64> = (0..rows.len()).map(times).collect();
    let mut sorted = times.clone();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let judged = sorted.iter().filter(|times| **times > 0.0).count();
    sorted.truncate((judged / 3).min(TAIL));
    let Some(least) = apart(&sorted, judged) else { return Vec::new() };
    let mut found: Vec<Outage> = Vec::new();
    // What lies next to a low stretch and is low too belongs to it.
    for run in (0..times.len()).collect::<Vec<_>>().chunk_by(|a, b| times[*a] * DROP >= 1.0 && times[*b] * DROP >= 1.0)
    {
        if run.iter().any(|at| times[*at] >= least) {
            let (since, until) = (bounds(run[0]).0, bounds(run[run.len() - 1]).1);
            let drop = Outage { since, until, usual: usual.between(since, until), is_between: false };
            if !is_of_steps(all, usual, &drop) {
                found.push(drop);
            }
        }
    }
    found
}

/// Whether most of the rows that a stretch lacks would lie in two of its steps: these are judged as silences.
fn is_of_steps(all: &[Few], usual: &Usual, drop: &Outage) -> bool {
    let from = all.partition_point(|few| few.last < drop.since).saturating_sub(1);
    let to = (all.partition_point(|few| few.first < drop.until) + 1).min(all.len());
    let step = |pair: &[Few]| usual.between(pair[0].last.max(drop.since), pair[1].first.min(drop.until));
    let mut steps: Vec<f64> = all[from..to].windows(2).map(step).collect();
    steps.sort_unstable_by(|a, b| b.total_cmp(a));
    let lacking = drop.usual - rows_in(all, drop.since, drop.until);
    2.0 * steps.iter().take(2).sum::<f64>() > lacking
}

/// How many of these, from the greatest down, are beyond what the others lead to expect. `hidden` is how many more there
/// are to each.
fn outliers(greatest: &[f64], hidden: f64) -> usize {
    let count = greatest.iter().take_while(|value| **value > 0.0).count();
    if count < TAIL_LEAST {
        return 0;
    }
    let least = greatest[count - 1].ln();
    let is_beyond = |found: &usize| {
        // Those found are only known to be no less than the next.
        let own = &greatest[*found..count - 1];
        let slope = (over(own, least) + *found as f64 * (own[0].ln() - least)) / own.len() as f64;
        greatest[found - 1].ln() > least + slope * (count as f64 * hidden / CHANCE).ln()
    };
    (1..=count / 2).rev().find(is_beyond).unwrap_or(0)
}

/// From how many times on the greatest of these are apart from the others, which are so many in all: each is beyond what
/// the others lead to expect, and so is the step to them. Low stretches that are usual are of any height.
fn apart(greatest: &[f64], all: usize) -> Option<f64> {
    const STEP: f64 = 1.4;
    const MOST: usize = 8;
    if greatest.len() < TAIL_LEAST {
        return None;
    }
    let least = greatest[greatest.len() - 1].ln();
    let is_apart = |found: &usize| {
        let (low, others) = (greatest[found - 1], &greatest[*found..greatest.len() - 1]);
        let slope = over(others, least) / others.len() as f64;
        let beyond = least + slope * (greatest.len() as f64 / CHANCE).ln();
        low >= 1.0 / DROP && low >= STEP * others[0] && low.ln() > beyond
    };
    (1..=(greatest.len() / 2).min(all / MOST)).rev().find(is_apart).map(|found| greatest[found - 1])
}

/// By how much logarithms are above one, summed up.
fn over(values: &[f64], least: f64) -> f64 {
    values.iter().map(|value| value.ln() - least).sum()
}
