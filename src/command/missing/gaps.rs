//! Which of a series' long steps are gaps: longer than the cadence that holds there allows, and not told by numbers that
//! are missing too. Gaps that follow each other closely are one.

use std::collections::HashSet;

use super::walk::counter::{Hole, StepNumbers};
use super::walk::line::{Line, Step};
use super::walk::rhythm::{BLOCK, Segment};
use crate::model::statistics::middle;

/// Gaps within an hour at one row a minute are one finding.
const CLUSTER_CADENCES: i64 = 60;

/// A step in which rows are missing that were not sent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gap {
    pub step: Step,
    /// Microseconds.
    pub cadence: i64,
    /// A longer step was a gap, in microseconds.
    pub limit: i64,
    pub missing: i64,
    /// From when to when rows are due, in microseconds, if not all the time: the rest is a pause.
    pub part: Option<(i64, i64)>,
}

/// A long step with the cadence that is to be expected in its place.
#[derive(Clone, Copy)]
struct Judged {
    step: Step,
    cadence: f64,
    limit: f64,
}

impl Judged {
    fn is_long(&self) -> bool {
        self.step.length() as f64 > self.limit
    }

    /// Cadences.
    fn times(&self) -> f64 {
        self.step.length() as f64 / self.cadence
    }

    /// Whether the row at its end, or the one at its beginning, only came at another time than it was due: so many rows
    /// are there as the steps around it have cadences.
    fn is_shifted(&self) -> bool {
        let Step { before, after, .. } = self.step;
        let times = |length: f64| length / self.cadence;
        let own = times(self.step.length() as f64);
        let is_full = |steps: usize| {
            let beside = || before[..steps].iter().chain(&after[..steps]).map(|length| times(f64::from(*length)));
            beside().all(|times| 0.1 < times && times < 1.5) && own + beside().sum::<f64>() < 2.0 * steps as f64 + 1.5
        };
        own < 2.5 && (is_full(1) || is_full(2))
    }

    fn gap(&self) -> Option<Gap> {
        let cadence = (self.cadence.round() as i64).max(1);
        let due = (self.step.length() as f64 / cadence as f64).round() as i64 - 1;
        let lost = if let StepNumbers::Missing(lost) = self.step.told { lost } else { 0 };
        let missing = due - lost;
        // Rows waver, so that a few more or less than the numbers say are none.
        let is_gap = self.is_long() && missing > 0 && 10 * missing > due;
        is_gap.then_some(Gap { step: self.step, cadence, limit: self.limit as i64, missing, part: None })
    }
}

/// The gaps of a series in the order of time; none if it has no cadence. `is_said` is whether somebody said it.
pub fn of(line: &Line, is_said: bool) -> Vec<Gap> {
    long(line, is_said).iter().filter_map(Judged::gap).collect()
}

/// The longest step that is long and no gap, in microseconds: rows only came late, or it is not far from the others.
pub fn longest_passed_over(line: &Line) -> i64 {
    let kept: HashSet<u64> = long(line, false).iter().map(|judged| judged.step.place).collect();
    let passed = line.told.steps.iter().filter(|step| !kept.contains(&step.place));
    passed.map(Step::length).max().unwrap_or(0)
}

/// Steps that are longer than the cadence allows, for another reason than that rows came late.
fn long(line: &Line, is_said: bool) -> Vec<Judged> {
    let rhythm = &line.told.rhythm;
    if !is_said && !line.is_regular() {
        return Vec::new();
    }
    let judged = |step: &Step| {
        let (_, segment) = rhythm.at(step.place)?;
        Some(Judged { step: *step, cadence: segment.cadence(), limit: segment.limit() })
    };
    let all: Vec<Judged> = line.told.steps.iter().filter_map(judged).collect();
    let far = if !is_said && rhythm.is_in_loop() { stands_apart(&all) } else { 0.0 };
    let is_far = |judged: &Judged| judged.is_long() && judged.times() >= far;
    let mut long: Vec<Judged> = all.into_iter().filter(is_far).collect();
    if !is_said {
        over_changes(&mut long, &rhythm.segments);
        islands(&mut long, line.rows);
        long.retain(|judged| !judged.is_shifted());
    }
    long
}

/// A loop that waits for something has long steps of any length, where one follows from the other: gaps are longer by far.
fn stands_apart(all: &[Judged]) -> f64 {
    const APART: f64 = 1.3;
    const SINGLE: f64 = 1.35;
    let mut sorted: Vec<f64> = all.iter().map(Judged::times).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let far =
        sorted.iter().try_fold(
            SINGLE,
            |usual: f64, length| {
                if *length >= APART * usual { Err(*length) } else { Ok(usual.max(*length)) }
            },
        );
    far.err().unwrap_or(f64::INFINITY)
}

/// Blocks end where they end, and cadences change anywhere: steps next to a change may have the cadence behind it.
fn over_changes(long: &mut [Judged], segments: &[Segment]) {
    for pair in segments.windows(2) {
        let (before, after) = (&pair[0], &pair[1]);
        let at = long.partition_point(|judged| judged.step.place < after.place);
        let (left, right) = long.split_at_mut(at);
        take_over(left.iter_mut().rev(), after, |place| after.place.checked_sub(place + 1));
        take_over(right.iter_mut(), before, |place| place.checked_sub(after.place));
    }
}

/// Gives steps that follow each other from a change on the cadence of the other side, as far as they keep it.
/// `distance` is how many steps lie between a step and the change.
fn take_over<'a>(steps: impl Iterator<Item = &'a mut Judged>, other: &Segment, distance: impl Fn(u64) -> Option<u64>) {
    let (cadence, limit) = (other.cadence(), other.limit());
    let tolerance = (0.1 * cadence).max(2.0 * other.spread());
    for (count, judged) in steps.enumerate() {
        let length = judged.step.length() as f64;
        let times = (length / cadence).round().clamp(1.0, 5.0);
        let keeps = (length - times * cadence).abs() <= tolerance;
        // Where the other cadence is hardly longer than what is a gap here, not each of its steps is long.
        let are_all_long = cadence > 1.2 * judged.limit;
        let follows = match distance(judged.step.place) {
            Some(distance) if are_all_long => distance == count as u64,
            Some(distance) => distance < BLOCK as u64,
            None => false,
        };
        // The step in which the cadence changes may have any length between the two.
        let is_the_change = follows && length < cadence;
        if cadence <= judged.cadence || !follows || !keeps && !is_the_change {
            return;
        }
        (judged.cadence, judged.limit) = (cadence, limit);
        if !keeps {
            return;
        }
    }
}

/// Where the cadence is another for too short a time to be a segment, equal steps follow each other: from the beginning
/// on, to the end, or many times.
fn islands(long: &mut [Judged], rows: u64) {
    const MANY: usize = 20;
    const AT_AN_END: usize = 5;
    let follows = |a: &Judged, b: &Judged| b.step.place == a.step.place + 1 && b.is_long() == a.is_long();
    for island in long.chunk_by_mut(follows) {
        let (first, last) = (island[0].step.place, island[island.len() - 1].step.place);
        let is_at_an_end = first == 2 || last == rows;
        if island.len() < AT_AN_END || island.len() < MANY && !is_at_an_end || !island[0].is_long() {
            continue;
        }
        let mut lengths: Vec<i64> = island.iter().map(|judged| judged.step.length()).collect();
        let Some(usual) = middle(&mut lengths) else { continue };
        let mut apart: Vec<i64> = lengths.iter().map(|length| (length - usual).abs()).collect();
        if middle(&mut apart).is_some_and(|apart| apart * 10 <= usual) {
            for judged in island {
                (judged.cadence, judged.limit) = (usual as f64, 1.5 * usual as f64);
            }
        }
    }
}

/// What is a gap in time or in numbers, for [`clusters`].
pub trait Between {
    /// In microseconds.
    fn since(&self) -> i64;
    fn until(&self) -> i64;
    /// Whether both are of one, with pauses in between.
    fn is_of_one(&self, _: &Self) -> bool {
        false
    }
}

impl Between for Gap {
    fn since(&self) -> i64 {
        self.part.map_or(self.step.since, |part| part.0)
    }

    fn until(&self) -> i64 {
        self.part.map_or(self.step.until, |part| part.1)
    }

    fn is_of_one(&self, other: &Gap) -> bool {
        self.step.place == other.step.place
    }
}

impl Between for Hole {
    fn since(&self) -> i64 {
        self.since
    }

    fn until(&self) -> i64 {
        self.until
    }
}

/// Those that follow each other within sixty cadences.
pub fn clusters<T: Between>(gaps: &[T], cadence: impl Fn(&T) -> i64) -> impl Iterator<Item = &[T]> {
    gaps.chunk_by(move |a, b| a.is_of_one(b) || b.since() - a.until() <= CLUSTER_CADENCES.saturating_mul(cadence(b)))
}

#[cfg(test)]
mod tests {
    use super::super::walk::counter::Row;
    use super::*;

    const SECOND: i64 = 1_000_000;

    fn line(steps: &[i64]) -> Line {
        let mut at = 0;
        let mut line = Line::new(Row { at, number: None }, None);
        for step in steps {
            at += step * SECOND;
            line.push(Row { at, number: None });
        }
        line.finish();
        line
    }

    fn missing(steps: &[i64]) -> Vec<i64> {
        of(&line(steps), false).iter().map(|gap| gap.missing).collect()
    }

    #[test]
    fn a_cadence_that_changes_is_no_gap_and_hides_none() {
        for (before, after) in [(10, 25), (25, 10), (30, 20), (20, 30), (20, 31), (30, 10)] {
            for at in [40, 50, 64, 77, 90] {
                let mut steps = vec![before; at];
                steps.extend(vec![after; 140 - at]);
                assert_eq!(missing(&steps), [0; 0], "{before} to {after} at {at}");
                steps[20] = 5 * before;
                assert_eq!(missing(&steps), [4], "{before} to {after} at {at}");
            }
        }
    }

    #[test]
    fn few_equal_long_steps_are_gaps_and_many_are_a_cadence() {
        let mut steps = vec![10; 200];
        steps[50..58].fill(20);
        assert_eq!(missing(&steps), [1; 8]);
        steps[50..75].fill(20);
        assert_eq!(missing(&steps), [0; 0]);
        steps[60] = 60;
        assert_eq!(missing(&steps), [2]);
    }
}
