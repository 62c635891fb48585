//! One series while its rows go by in the order of their times: what was seen of it, in little memory.

use super::counter::{self, Counter, Row};
use super::rhythm::{BLOCK, Rhythm};

/// From one row to the next, where that is long.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// The times of both rows, in microseconds.
    pub since: i64,
    pub until: i64,
    /// Rows of the series up to its end.
    pub place: u64,
    /// The lengths of the two steps before it and of the two behind it, those next to it first, in microseconds; 0 if there
    /// is none, or rows at the same time.
    pub before: [f32; 2],
    pub after: [f32; 2],
    pub told: counter::StepNumbers,
}

impl Step {
    pub fn length(&self) -> i64 {
        self.until.saturating_sub(self.since)
    }
}

/// What is kept of a row until its block is looked at: its time, and its number or [`NO_NUMBER`].
type Waiting = (i64, i64);

const NO_NUMBER: i64 = i64::MIN;

/// A series. What each row touches is held apart from the rest, since rows of very many series take turns.
#[derive(Debug, Clone)]
pub struct Line {
    pub rows: u64,
    /// The time of the last row, in microseconds.
    pub last: i64,
    last_number: i64,
    /// Rows at the same time as the one before.
    pub at_once: u64,
    /// The last row that was looked at, and those behind it.
    waiting: Vec<Waiting>,
    /// A row came after one that is later: what was seen until then says nothing.
    pub is_disordered: bool,
    pub told: Box<LineHistory>,
}

/// What the rows of a series have told so far.
#[derive(Debug, Clone)]
pub struct LineHistory {
    /// The time of the first row, in microseconds.
    pub first: i64,
    pub counter: Counter,
    pub rhythm: Rhythm,
    /// Steps that may be gaps.
    pub steps: Vec<Step>,
    /// Somebody said the cadence.
    is_said: bool,
    /// Known at the end.
    pub has_bursts: bool,
    /// Where the steps begin that lead to rows without a number, since the last row that had one.
    unnumbered: usize,
    /// The lengths of the steps that led to the first row that waits, the last first.
    before: [f32; 2],
}

impl Line {
    /// `every` is the cadence that somebody said, in microseconds.
    pub fn new(row: Row, every: Option<i64>) -> Line {
        let mut counter = Counter::default();
        counter.begin(row);
        let number = row.number.unwrap_or(NO_NUMBER);
        Line {
            rows: 1,
            last: row.at,
            last_number: number,
            at_once: 0,
            waiting: vec![(row.at, number)],
            is_disordered: false,
            told: Box::new(LineHistory {
                first: row.at,
                counter,
                rhythm: every.map_or_else(Rhythm::default, |every| Rhythm::said(every, row.at)),
                steps: Vec::new(),
                is_said: every.is_some(),
                has_bursts: false,
                unnumbered: 0,
                before: [0.0; 2],
            }),
        }
    }

    /// The next row in the order of times, and numbers where times are equal.
    pub fn push(&mut self, row: Row) {
        self.rows += 1;
        let number = row.number.unwrap_or(NO_NUMBER);
        if row.at < self.last || row.at == self.last && number < self.last_number {
            self.is_disordered = true;
        }
        if self.is_disordered {
            self.waiting = Vec::new();
            return;
        }
        self.at_once += u64::from(row.at == self.last);
        (self.last, self.last_number) = (row.at, number);
        self.waiting.push((row.at, number));
        // Two more than the block: whether a counter began anew, or a row only came late, shows in the rows after.
        if self.waiting.len() == BLOCK + 3 {
            self.look_at(BLOCK);
        }
    }

    /// No more rows will come.
    pub fn finish(&mut self) {
        let left = self.waiting.len().saturating_sub(1);
        if left > 0 {
            self.look_at(left);
        }
        self.waiting = Vec::new();
        self.told.rhythm.settle();
        let unsent = self.told.steps.iter().filter(|step| !matches!(step.told, counter::StepNumbers::Missing(1..)));
        let silences = unsent.map(|step| (step.place, step.length()));
        self.told.has_bursts =
            !self.told.is_said && self.told.rhythm.is_regular() && self.told.rhythm.has_bursts(silences, self.rows);
    }

    /// Whether the rows have told how often they come.
    pub fn is_regular(&self) -> bool {
        self.told.rhythm.is_regular() && !self.told.has_bursts
    }

    fn look_at(&mut self, count: usize) {
        // The place of the row before the block, from 1.
        let before = self.rows - (self.waiting.len() as u64 - 1);
        self.told.look_at(&self.waiting, count, before);
        self.waiting.drain(..count);
    }
}

impl LineHistory {
    /// Looks at so many rows behind the first, whose place is `before`.
    fn look_at(&mut self, waiting: &[Waiting], count: usize, before: u64) {
        let pairs = || waiting[..=count].windows(2);
        // A counter that series share tells nothing of how many rows one of them sent.
        let is_counted = 2 * pairs().filter(|pair| sent(pair) == Some(1)).count() >= count;
        let mut room = [0.0; BLOCK + 2];
        let mut steps = 0;
        for step in pairs().filter_map(|pair| duration(pair, is_counted)) {
            room[steps] = step;
            steps += 1;
        }
        let limit = if self.is_said {
            1.5 * self.cadence()
        } else {
            self.rhythm.take(&room[..steps], is_counted, before + 1, waiting[0].0)
        };
        let is_hopeless = !self.is_said && self.rhythm.is_hopeless();
        if is_hopeless {
            self.steps = Vec::new();
            self.unnumbered = 0;
        }
        let cadence = if self.is_said || self.rhythm.is_regular() { self.cadence() } else { 0.0 };
        for at in 1..=count {
            let (row, since, place) = (row(waiting[at]), waiting[at - 1].0, before + at as u64);
            let sent = (cadence > 0.0).then(|| row.at.saturating_sub(since) as f64 / cadence);
            let told = self.counter.take(row, waiting.get(at + 1).map(|next| self::row(*next)), sent, place);
            if row.number.is_some() {
                // What is missing between numbers may be so before any of the rows without one.
                self.steps[self.unnumbered..].iter_mut().for_each(|step| step.told = told);
            }
            if row.at.saturating_sub(since) as f64 > limit && !is_hopeless {
                let length = |from: usize| {
                    let (from, to) = (waiting.get(at + from)?, waiting.get(at + from + 1)?);
                    Some(to.0.saturating_sub(from.0) as f32)
                };
                let after = [0, 1].map(|from| length(from).unwrap_or(0.0));
                self.steps.push(Step { since, until: row.at, place, before: self.before, after, told });
            }
            if row.number.is_some() {
                self.unnumbered = self.steps.len();
            }
            self.before = [row.at.saturating_sub(since) as f32, self.before[0]];
        }
    }

    fn cadence(&self) -> f64 {
        self.rhythm.segments.last().map_or(0.0, super::rhythm::Segment::cadence)
    }
}

fn row((at, number): Waiting) -> Row {
    Row { at, number: (number != NO_NUMBER).then_some(number) }
}

/// By how much the number went up from row to row.
fn sent(pair: &[Waiting]) -> Option<i64> {
    let (from, to) = (pair[0].1, pair[1].1);
    (from != NO_NUMBER && to > from).then(|| to.saturating_sub(from))
}

/// Microseconds from row to row, per row that was sent as far as numbers tell; `None` for rows at the same time.
fn duration(pair: &[Waiting], is_counted: bool) -> Option<f64> {
    const SENT_MAX: i64 = 1_000;
    let length = pair[1].0.saturating_sub(pair[0].0);
    let sent = sent(pair).filter(|sent| is_counted && *sent <= SENT_MAX).unwrap_or(1);
    (length > 0).then_some(length as f64 / sent as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_keeps_its_long_steps_alone() {
        let row = |n: i64| Row { at: n * 30_000_000, number: Some(n) };
        let mut line = Line::new(row(0), None);
        (1..200).filter(|n| !(70..80).contains(n)).for_each(|n| line.push(row(n)));
        line.finish();
        assert_eq!((line.rows, line.at_once, line.is_disordered), (190, 0, false));
        assert_eq!(
            line.told.steps,
            [Step {
                since: 69 * 30_000_000,
                until: 80 * 30_000_000,
                place: 71,
                before: [30e6; 2],
                after: [30e6; 2],
                told: counter::StepNumbers::Missing(10)
            }]
        );
        assert_eq!(line.told.rhythm.segments.len(), 1);
        line.push(row(3));
        assert!(line.is_disordered);
    }
}
