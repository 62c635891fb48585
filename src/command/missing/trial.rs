//! How good a division of a table into series is, and whether it is one: a column that tells series apart and not states.
//!
//! A machine runs, stands, and runs again: rows of a state follow each other, and those of the next come behind them.
//! Divided by such a column a table without any gap is full of them. So series must live side by side, and a division
//! must not make rows missing where the rows that it divides have them all.

use std::collections::HashSet;
use std::rc::Rc;

use super::gaps;
use super::walk::Seen;
use crate::model::figure::percent;
use crate::model::time::{DAY, HOUR, WEEK};
use crate::model::value::Value;

/// The least share of rows in regular series, and of numbers that follow the one before.
pub const REGULAR_LEAST: f64 = 0.5;
pub const COUNTING_LEAST: f64 = 0.5;
/// A column that nobody calls a counter must count nearly all rows.
pub const FOUND_LEAST: f64 = 0.8;
/// A division by more columns must be better by this.
const BETTER: f64 = 0.02;
/// Series live side by side if so much of the time in which they have rows there are rows of others in between. Of two
/// that report once a minute and once an hour half of it is.
const SIDE_BY_SIDE: f64 = 0.2;

#[derive(Debug, Clone)]
pub struct Trial {
    pub columns: Vec<String>,
    /// The share of rows in regular series.
    pub regular: f64,
    /// The share of numbers that follow the one before in their series.
    pub counting: f64,
    /// Most rows are of series whose steps count from the one before.
    pub has_loops: bool,
    /// Which counter was tried, if nobody calls it one.
    pub counter: Option<String>,
    rows: f64,
    series: usize,
    /// The middle of the cadences of regular series, in microseconds.
    cadence: i64,
    /// The sum of the lengths of all regular series, in microseconds.
    lived: f64,
    /// Rows that the regular series lack.
    lacking: f64,
    /// The same if what is the cadence for some time is due at all times: of two that take turns one may fall silent.
    lacking_most: f64,
    /// The hashes of the regular series.
    are_regular: Rc<HashSet<u64>>,
}

impl Trial {
    /// `loops` is whether series whose steps count from the one before are regular.
    pub fn of(columns: Vec<String>, seen: &[Seen], loops: bool) -> Trial {
        let rows: u64 = seen.iter().map(|seen| seen.line.rows).sum();
        let is_loop = |seen: &&Seen| seen.line.told.rhythm.is_in_loop();
        let are_regular = || seen.iter().filter(|seen| seen.line.is_regular() && (loops || !is_loop(seen)));
        let looping: u64 =
            seen.iter().filter(is_loop).filter(|seen| seen.line.is_regular()).map(|seen| seen.line.rows).sum();
        // Rows at one time are of several series.
        let regular: u64 = are_regular().map(|seen| seen.line.rows - seen.line.at_once).sum();
        let follows: u64 = seen.iter().map(|seen| seen.line.told.counter.follows).sum();
        let steps: u64 = seen.iter().map(|seen| seen.line.told.counter.numbers.saturating_sub(1)).sum();
        let lived = |seen: &Seen| (seen.line.last - seen.line.told.first) as f64;
        let mut cadences: Vec<i64> = are_regular().map(Seen::cadence).collect();
        cadences.sort_unstable();
        Trial {
            columns,
            regular: regular as f64 / rows.max(1) as f64,
            has_loops: 2 * looping >= rows,
            counting: follows as f64 / steps.max(1) as f64,
            counter: None,
            rows: rows as f64,
            series: seen.len(),
            cadence: cadences.get(cadences.len() / 2).copied().unwrap_or(0),
            lived: are_regular().map(lived).sum(),
            lacking: are_regular().map(lacking).sum(),
            lacking_most: are_regular().map(lacking_most).sum(),
            are_regular: Rc::new(are_regular().map(|seen| seen.hash).collect()),
        }
    }

    /// A counter that counts the rows of each series, and not all rows together as well, tells more than their cadence.
    fn score(&self, all: &Trial) -> f64 {
        self.regular + 2.0 * (self.counting - all.counting).max(0.0)
    }

    /// `all` is no division. Series that take turns, or report at the same times, are as regular together as each by
    /// itself: they are told apart by living at the same time, while what divides one series into times does not.
    pub fn is_better(&self, best: &Trial, all: &Trial) -> bool {
        const LIVED: f64 = 1.5;
        if self.regular < REGULAR_LEAST && self.counting < COUNTING_LEAST {
            return false;
        }
        let gain = self.score(all) - best.score(all);
        let is_finer = best.columns.iter().all(|column| self.columns.contains(column));
        if is_finer && (self.makes_missing(best) || self.is_by_clock(best)) && !self.counts_more(best) {
            return false;
        }
        // Rows that are regular and numbered one by one as they are, are of one series.
        let is_one = best.columns.is_empty() && best.regular >= FOUND_LEAST && best.counting >= FOUND_LEAST;
        let live_together = is_finer && !is_one && best.lived > 0.0 && self.lived >= LIVED * best.lived;
        // Of two that are as regular, the one in which far fewer rows are missing: what each of several machines does by
        // turns is as regular as they are, with gaps.
        let fills = !is_finer && gain >= -BETTER && best.makes_missing(self) && best.lacking > 4.0 * self.lacking;
        gain > BETTER || live_together && gain > -BETTER || fills
    }

    /// Whether what it divides further by tells the time of day, or of the week, as an hour or a number within a shift does:
    /// each value comes once in it, and the rows that it divides are regular as they are.
    fn is_by_clock(&self, coarser: &Trial) -> bool {
        /// Of fewer values each may be a thing that takes its turn.
        const VALUES_LEAST: usize = 12;
        const SHORTEST: i64 = 4 * HOUR;
        let is_near = |length: i64| 100 * (self.cadence - length).abs() <= length;
        let is_part_of_day = (1..=DAY / SHORTEST).any(|parts| is_near(DAY / parts));
        coarser.regular >= FOUND_LEAST
            && self.series >= VALUES_LEAST * coarser.series.max(1)
            && (is_part_of_day || is_near(WEEK))
    }

    /// Whether it is for its counter that it is better.
    pub fn counts_more(&self, best: &Trial) -> bool {
        self.counting >= COUNTING_LEAST && self.counting > best.counting + BETTER
    }

    /// Whether rows are missing in it where the other has them, or nearly all of them.
    fn makes_missing(&self, other: &Trial) -> bool {
        let due = 1.5 * other.lacking_most + 0.01 * self.rows + self.series as f64;
        other.regular >= FOUND_LEAST && self.lacking > due
    }

    /// Whether its series live side by side, by rows of a series' hash, how long it has rows, how much of this time lies
    /// between two rows with others in between, and its length as a whole. There are none of a series that is divided no
    /// further.
    pub fn lives_side_by_side(&self, rows: &[Vec<Value>]) -> bool {
        let (mut all, mut beside) = (0.0, 0.0);
        for row in rows {
            let Value::Int(hash) = row[0] else { continue };
            let is_regular = u64::try_from(hash).is_ok_and(|hash| self.are_regular.contains(&hash));
            let (own, shared, lived) = (row[1].int() as f64, row[2].int() as f64, row[3].int() as f64);
            if is_regular && own > 0.0 {
                all += lived;
                beside += lived * shared / own;
            }
        }
        beside >= SIDE_BY_SIDE * all
    }

    pub fn found(&self, columns: &[String]) -> String {
        let columns = columns.join(", ");
        match (self.columns.is_empty(), self.regular >= REGULAR_LEAST) {
            (true, _) => String::new(),
            (_, true) => {
                format!(" by {columns} (found: {} of the rows are in regular series)", percent(self.regular))
            }
            (_, false) => {
                format!(" by {columns} (found: {} of the numbers follow each other)", percent(self.counting))
            }
        }
    }
}

/// How many rows are due in a regular series by its cadence, and are not there.
fn lacking(seen: &Seen) -> f64 {
    match seen.line.told.rhythm.segments.as_slice() {
        [_] => lacking_most(seen),
        _ => gaps::of(&seen.line, false).iter().map(|gap| gap.step.length() as f64 / gap.cadence as f64 - 1.0).sum(),
    }
}

fn lacking_most(seen: &Seen) -> f64 {
    let (line, segments) = (&seen.line, &seen.line.told.rhythm.segments);
    let cadence = segments.iter().map(|segment| segment.cadence()).fold(f64::INFINITY, f64::min);
    let due = (line.last - line.told.first) as f64 / cadence + 1.0;
    (due - (line.rows - line.at_once) as f64).max(0.0)
}
