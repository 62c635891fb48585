//! Runs of one value in a column of a series, of which the longest are kept.

/// Runs that are kept, the last of which is what is usual at most.
const RUNS: usize = 4;
/// A series of fewer different values says nothing by repeating one.
const VALUES_LEAST: usize = 5;
/// A flat run has at least so many rows, and is so many times as long as runs usually are at most.
const ROWS_LEAST: u64 = 20;
const TIMES_USUAL: u64 = 3;

/// Rows in a row with one value.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Run {
    pub value: f64,
    pub rows: u64,
    /// The times of the first and the last row, in microseconds.
    pub since: i64,
    pub until: i64,
}

/// A column of one series while its rows go by in the order of their times.
#[derive(Debug, Clone, Default)]
pub struct Level {
    run: Run,
    /// The longest ended ones, longest first.
    longest: [Run; RUNS],
    /// The first different values.
    values: [f64; VALUES_LEAST],
    different: u8,
}

impl Level {
    /// A row's value, which is no sentinel.
    pub fn push(&mut self, at: i64, value: f64) {
        if self.run.rows > 0 && self.run.value == value {
            (self.run.rows, self.run.until) = (self.run.rows + 1, at);
            return;
        }
        self.end();
        self.run = Run { value, rows: 1, since: at, until: at };
        let known = usize::from(self.different);
        if known < VALUES_LEAST && !self.values[..known].contains(&value) {
            self.values[known] = value;
            self.different += 1;
        }
    }

    fn end(&mut self) {
        if let Some(at) = self.longest.iter().position(|run| run.rows < self.run.rows) {
            self.longest[at..].rotate_right(1);
            self.longest[at] = self.run;
        }
    }

    /// Flat runs in the order of time, and how long runs usually are at most. Up to three runs of a series may be flat.
    pub fn flat(mut self) -> (Vec<Run>, u64) {
        self.end();
        let usual = self.longest[RUNS - 1].rows;
        if usize::from(self.different) < VALUES_LEAST {
            return (Vec::new(), usual);
        }
        let is_flat = |run: &&Run| run.rows >= ROWS_LEAST && run.rows >= TIMES_USUAL * usual && usual > 0;
        let mut flat: Vec<Run> = self.longest[..RUNS - 1].iter().filter(is_flat).copied().collect();
        flat.sort_by_key(|run| run.since);
        (flat, usual)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_far_longer_than_usual_is_flat() {
        let mut level = Level::default();
        for n in 0..100_i64 {
            let value = if (40..70).contains(&n) { 7.5 } else { (n % 9) as f64 };
            level.push(n, value);
        }
        let (flat, usual) = level.flat();
        assert_eq!((flat, usual), (vec![Run { value: 7.5, rows: 30, since: 40, until: 69 }], 1));
    }
}
