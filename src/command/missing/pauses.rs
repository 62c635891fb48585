//! Pauses that recur at the same time of day, such as nights and weekends: they are how a source works, and no gaps.

use super::series::Series;
use crate::error::Result;
use crate::model::time::{DAY, HOUR, MINUTE};
use crate::session::Session;

/// Shorter ones are gaps however often they come, and so are ones of few cadences.
const LEAST: i64 = 30 * MINUTE;
const CADENCES_LEAST: i64 = 5;
/// Longer ones hold a day on which rows are due, unless it is a Saturday or Sunday.
const MOST: i64 = DAY;
const WEEKEND: i64 = 3 * DAY;
/// Times of the day that are the same.
const APART: i64 = 15 * MINUTE;
/// On fewer days nothing recurs.
const DAYS_LEAST: usize = 3;

/// Begins and ends within these times of the day, in microseconds since midnight UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    begins: (i64, i64),
    ends: (i64, i64),
    pub count: usize,
}

/// Steps from a Friday or Saturday to a Sunday or Monday, where nearly every week has one.
const OVER_WEEKEND: &str = "isodow(since) IN (5, 6) AND isodow(until) IN (7, 1)";

/// The weekends among the gaps of a table's series, as a condition on a step, with their number. `None` if rows come on
/// weekends too, or there are too few weeks to tell.
///
/// # Errors
/// If the evidence cannot be read.
pub fn weekends(session: &Session, series: &Series) -> Result<Option<(String, i64)>> {
    const WEEKS_LEAST: i64 = 2;
    let is_weekend =
        format!("({OVER_WEEKEND} AND epoch_us(until) - epoch_us(since) BETWEEN {DAY} AND {WEEKEND} + {APART})");
    let gaps = series.sql(include_str!("time_gaps.sql"));
    let row = session
        .engine
        .counted(&format!("SELECT count(DISTINCT epoch_us(since) // (7 * {DAY})) FROM ({gaps}) WHERE {is_weekend}"))?;
    let found = row[0].int();
    let time = series.time_sql();
    let row = session.engine.counted(&format!(
        "SELECT (epoch_us(max({time})) - epoch_us(min({time}))) // (7 * {DAY}) FROM {} WHERE isfinite({time}) AND ({})",
        series.table.sql(),
        series.condition
    ))?;
    let weeks = row[0].int();
    Ok((found >= WEEKS_LEAST && found * 5 >= weeks * 4).then_some((is_weekend, found)))
}

impl Pause {
    /// Whether a step of a series is this pause, in SQL over its ends.
    pub fn sql(&self) -> String {
        let within =
            |column: &str, (from, to): (i64, i64)| format!("epoch_us({column}) % {DAY} BETWEEN {from} AND {to}");
        format!(
            "({} AND {} AND epoch_us(until) - epoch_us(since) >= {LEAST} AND (epoch_us(until) - epoch_us(since) < {MOST} \
             OR epoch_us(until) - epoch_us(since) < {WEEKEND} AND {OVER_WEEKEND}))",
            within("since", self.begins),
            within("until", self.ends)
        )
    }

    pub fn shown(&self) -> String {
        let clock = |at: i64| format!("{:02}:{:02}", at / HOUR, at % HOUR / MINUTE);
        format!("{} to {} UTC, {} times", clock(self.begins.0), clock(self.ends.1), self.count)
    }
}

/// The pauses among the gaps of a table's series.
///
/// # Errors
/// If the evidence cannot be read.
pub fn find(session: &Session, series: &Series) -> Result<Vec<Pause>> {
    const GAPS_MAX: usize = 50_000;
    let gaps = series.sql(include_str!("time_gaps.sql"));
    let rows = session.engine.rows(&format!(
        "SELECT epoch_us(since), epoch_us(until), cadence FROM ({gaps}) WHERE epoch_us(until) - epoch_us(since) BETWEEN greatest({LEAST}, {CADENCES_LEAST} * cadence) AND {WEEKEND} \
         ORDER BY ALL LIMIT {GAPS_MAX}"
    ))?;
    let found: Vec<(i64, i64, i64)> = rows.rows.iter().map(|row| (row[0].int(), row[1].int(), row[2].int())).collect();
    let recurring = recurring(&found);
    if recurring.is_empty() {
        return Ok(recurring);
    }
    // Most days have one.
    let days = session.one_row(&format!(
        "SELECT count(DISTINCT epoch_us({time}) // {DAY}) FROM {} WHERE {time} IS NOT NULL AND ({})",
        series.table.sql(),
        series.condition,
        time = series.time_sql(),
    ))?[0]
        .int();
    let is_usual = |pause: &Pause| {
        let mut on: Vec<i64> =
            found.iter().filter(|(since, until, _)| is(pause, *since, *until)).map(|gap| gap.0 / DAY).collect();
        on.dedup();
        // The last day's is not over.
        on.len() as i64 * 5 >= (days - 1) * 4
    };
    Ok(recurring.into_iter().filter(is_usual).collect())
}

fn is(pause: &Pause, since: i64, until: i64) -> bool {
    let within = |at: i64, (from, to): (i64, i64)| (from..=to).contains(&at.rem_euclid(DAY));
    within(since, pause.begins) && within(until, pause.ends)
}

/// Gaps, as since, until and cadence, that begin and end at about the same times of several days.
fn recurring(gaps: &[(i64, i64, i64)]) -> Vec<Pause> {
    let mut pauses = Vec::new();
    for by_begin in near(gaps, |gap| gap.0) {
        for group in near(&by_begin, |gap| gap.1) {
            // Weekends alone do not make a night.
            let mut days: Vec<i64> =
                group.iter().filter(|gap| gap.1 - gap.0 < MOST).map(|gap| gap.0.div_euclid(DAY)).collect();
            days.sort_unstable();
            days.dedup();
            if days.len() < DAYS_LEAST {
                continue;
            }
            let ends = |of: fn(&(i64, i64, i64)) -> i64| {
                let times = || group.iter().map(|gap| of(gap).rem_euclid(DAY));
                (times().min().unwrap_or(0), times().max().unwrap_or(DAY))
            };
            pauses.push(Pause { begins: ends(|gap| gap.0), ends: ends(|gap| gap.1), count: group.len() });
        }
    }
    pauses
}

/// Groups of gaps with one end at about the same time of day.
fn near(gaps: &[(i64, i64, i64)], end: impl Fn(&(i64, i64, i64)) -> i64) -> Vec<Vec<(i64, i64, i64)>> {
    let mut sorted = gaps.to_vec();
    sorted.sort_by_key(|gap| end(gap).rem_euclid(DAY));
    let mut groups: Vec<Vec<(i64, i64, i64)>> = Vec::new();
    for gap in sorted {
        let is_near = |group: &&mut Vec<(i64, i64, i64)>| {
            group.first().is_some_and(|first| end(&gap).rem_euclid(DAY) - end(first).rem_euclid(DAY) <= APART)
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
        let night = |day: i64, days: i64| (day * DAY + 17 * HOUR + day * SECOND, (day + days) * DAY + 9 * HOUR, MINUTE);
        let mut gaps = vec![night(0, 1), night(1, 1), night(2, 1), night(3, 1), night(4, 3), night(7, 1)];
        gaps.push((3 * DAY + 11 * HOUR, 3 * DAY + 13 * HOUR, MINUTE));
        let found = recurring(&gaps);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].count, found[0].shown().as_str()), (6, "17:00 to 09:00 UTC, 6 times"));
        assert!(!is(&found[0], gaps[6].0, gaps[6].1));
    }
}
