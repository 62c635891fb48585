//! Runs of one value in a column of a series. What is long is kept by its value: one that has long runs again and again, 0
//! at night, a floor or a saturation, is a state, and no sensor that is stuck.

/// Runs that are kept, the last of which is what is usual at most.
const RUNS: usize = 4;
/// Values whose long runs are kept: those with the longest ones.
const HELD_MAX: usize = 8;
/// A series of fewer different values, states apart, says nothing by repeating one.
const VALUES_LEAST: usize = 5;
/// More values are no states: such a column has steps.
const STATES_MAX: usize = 3;
/// A state has been come back to so often, or has so many long runs.
const TIMES_LEAST: u32 = 3;
const RUNS_LEAST: u32 = 4;
/// A flat run has at least so many rows, and is so many times as long as runs usually are at most. So many rows of other
/// values are between two times of a state.
const ROWS_LEAST: u64 = 20;
const TIMES_USUAL: u64 = 3;
/// A counter falls when it begins anew.
const FALLS_LEAST: u32 = 20;

/// What one takes, with the long runs of a few values.
pub const BYTES: usize = size_of::<Level>() + 2 * size_of::<Held>();

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
    /// Rows before this run.
    before: u64,
    /// How often a value was less than the one before.
    falls: u32,
    /// How long the longest ended ones are that are not long, longest first.
    short: [u8; RUNS],
    long: Vec<Held>,
    /// The first different values.
    values: [f64; VALUES_LEAST + STATES_MAX],
    different: u8,
}

/// The long runs of one value.
#[derive(Debug, Clone)]
struct Held {
    /// The longest ones, longest first.
    longest: [Run; RUNS],
    runs: u32,
    /// How often it came back after many rows of other values.
    times: u32,
    /// Rows up to the end of the last one.
    until: u64,
    /// Rows of all of them.
    rows: u64,
    /// It is known to be no state.
    is_fault: bool,
}

impl Held {
    /// How long the third longest is, which two faults do not change; 0 if the value does not come back.
    fn usual(&self) -> u64 {
        let is_again = !self.is_fault && (self.times >= TIMES_LEAST || self.runs >= RUNS_LEAST);
        if is_again { self.longest[2].rows } else { 0 }
    }
}

/// What the runs of a column tell.
#[derive(Debug, Default, PartialEq)]
pub struct Told {
    /// Flat runs in the order of time, three at most.
    pub flat: Vec<Run>,
    /// How long runs usually are at most, of values that are no states.
    pub usual: u64,
    /// Values that have long runs again and again.
    pub states: Vec<State>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct State {
    pub value: f64,
    /// Of a hundred rows of the series so many are in its long runs.
    pub percent: u64,
}

impl Level {
    /// A row's value, which is no sentinel.
    pub fn push(&mut self, at: i64, value: f64) {
        if self.run.rows > 0 && self.run.value == value {
            (self.run.rows, self.run.until) = (self.run.rows + 1, at);
            return;
        }
        self.falls += u32::from(self.run.rows > 0 && value < self.run.value);
        self.end();
        self.run = Run { value, rows: 1, since: at, until: at };
        let known = usize::from(self.different);
        if known < self.values.len() && !self.values[..known].contains(&value) {
            self.values[known] = value;
            self.different += 1;
        }
    }

    /// Whether it goes down as well as up: what only rises counts something, and stands while there is nothing to count.
    pub fn is_measured(&self) -> bool {
        self.falls >= FALLS_LEAST
    }

    fn end(&mut self) {
        if self.run.rows >= ROWS_LEAST {
            self.hold();
        } else {
            let rows = self.run.rows as u8;
            if let Some(at) = self.short.iter().position(|short| *short < rows) {
                self.short[at..].rotate_right(1);
                self.short[at] = rows;
            }
        }
        self.before += self.run.rows;
    }

    /// Keeps a long run.
    fn hold(&mut self) {
        let (run, until) = (self.run, self.before + self.run.rows);
        if let Some(held) = self.long.iter_mut().find(|held| held.longest[0].value == run.value) {
            if let Some(at) = held.longest.iter().position(|longest| longest.rows < run.rows) {
                held.longest[at..].rotate_right(1);
                held.longest[at] = run;
            }
            held.times += u32::from(self.before - held.until >= ROWS_LEAST);
            (held.runs, held.until, held.rows) = (held.runs + 1, until, held.rows + run.rows);
            return;
        }
        let mut held =
            Held { longest: [Run::default(); RUNS], runs: 1, times: 1, until, rows: run.rows, is_fault: false };
        held.longest[0] = run;
        if self.long.len() < HELD_MAX {
            self.long.push(held);
            return;
        }
        let least = self.long.iter_mut().min_by_key(|held| held.longest[0].rows);
        if let Some(least) = least.filter(|least| least.longest[0].rows < run.rows) {
            *least = held;
        }
    }

    /// What the rows tell, of which no more will come. The values of `faults` are no states, however often they come back.
    pub fn told(mut self, faults: &[f64]) -> Told {
        self.end();
        let all = self.before;
        // What is a fault comes back as a fault.
        for held in self.long.iter_mut().filter(|held| faults.contains(&held.longest[0].value)) {
            held.is_fault = true;
        }
        self.long.sort_by(|a, b| b.usual().cmp(&a.usual()).then(a.longest[0].since.cmp(&b.longest[0].since)));
        let states = (1..=STATES_MAX.min(self.long.len())).rev().find(|count| self.are_states(*count)).unwrap_or(0);
        let usual = self.usual(states);
        let (states, others) = self.long.split_at(states);
        let values: Vec<f64> = states.iter().map(|held| held.longest[0].value).collect();
        let state = |held: &Held| State { value: held.longest[0].value, percent: 100 * held.rows / all.max(1) };
        let states: Vec<State> = states.iter().map(state).collect();
        if self.others(&values) < VALUES_LEAST || usual == 0 {
            return Told { usual, states, ..Told::default() };
        }
        let is_flat =
            |held: &Held, run: &Run| run.rows >= ROWS_LEAST && run.rows >= TIMES_USUAL * usual.max(held.usual());
        let runs = others.iter().flat_map(|held| held.longest.iter().filter(|run| is_flat(held, run)));
        let mut flat: Vec<Run> = runs.copied().collect();
        flat.sort_by_key(|run| run.since);
        Told { flat, usual, states }
    }

    /// Whether the first so many values that come back are states: their runs are far longer than those of all others.
    fn are_states(&self, count: usize) -> bool {
        let least = self.long[count - 1].usual();
        let states: Vec<f64> = self.long[..count].iter().map(|held| held.longest[0].value).collect();
        least >= ROWS_LEAST && least >= TIMES_USUAL * self.usual(count) && self.others(&states) >= VALUES_LEAST
    }

    /// How many different values there are besides, as far as they are known.
    fn others(&self, states: &[f64]) -> usize {
        self.values[..usize::from(self.different)].iter().filter(|value| !states.contains(value)).count()
    }

    /// The fourth longest run of all but the first so many values.
    fn usual(&self, states: usize) -> u64 {
        let others = self.long[states..].iter().filter(|held| !held.is_fault);
        let long = others.flat_map(|held| held.longest.iter().map(|run| run.rows));
        let mut rows: Vec<u64> = long.chain(self.short.map(u64::from)).collect();
        rows.sort_unstable_by(|a, b| b.cmp(a));
        rows[RUNS - 1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of values that change from row to row, but for runs of a value from a row on.
    fn told(rows: i64, runs: &[(f64, i64, i64)]) -> Told {
        let mut level = Level::default();
        for n in 0..rows {
            let run = runs.iter().find(|(_, since, length)| (*since..since + length).contains(&n));
            level.push(n, run.map_or((n % 9) as f64 + 1.0, |run| run.0));
        }
        level.told(&[])
    }

    /// The flat ones by where they begin, and the states.
    fn found(rows: i64, runs: &[(f64, i64, i64)]) -> (Vec<(i64, u64)>, Vec<f64>) {
        let told = told(rows, runs);
        let states = told.states.iter().map(|state| state.value).collect();
        (told.flat.iter().map(|run| (run.since, run.rows)).collect(), states)
    }

    #[test]
    fn a_run_far_longer_than_usual_is_flat() {
        let told = told(100, &[(7.5, 40, 30)]);
        let flat = vec![Run { value: 7.5, rows: 30, since: 40, until: 69 }];
        assert_eq!(told, Told { flat, usual: 1, states: Vec::new() });
    }

    #[test]
    fn what_comes_back_for_long_is_a_state_and_hides_nothing() {
        // Nights, of which the evidence cuts the first and the last.
        let nights = [(0.0, 0, 36), (0.0, 132, 48), (0.0, 276, 48), (0.0, 420, 12)];
        assert_eq!(found(432, &nights[..3]), (vec![], vec![0.0]));
        let stuck = [&nights[..], &[(7.5, 200, 30)]].concat();
        assert_eq!(found(432, &stuck), (vec![(200, 30)], vec![0.0]));
        // A floor and a saturation.
        let both: Vec<(f64, i64, i64)> =
            (0..8).map(|n| (if n % 2 == 0 { 0.0 } else { 100.0 }, n * 100, if n % 2 == 0 { 60 } else { 25 })).collect();
        assert_eq!(found(800, &both), (vec![], vec![0.0, 100.0]));
        let stuck = [&both[..], &[(7.5, 270, 21)]].concat();
        assert_eq!(found(800, &stuck), (vec![(270, 21)], vec![0.0, 100.0]));
    }

    #[test]
    fn what_is_stuck_once_or_twice_is_no_state() {
        assert_eq!(found(400, &[(7.5, 40, 30), (7.5, 200, 30)]), (vec![(40, 30), (200, 30)], vec![]));
        // One fault, with a reading in between that came through.
        let often = [(7.5, 40, 30), (7.5, 71, 30), (7.5, 102, 30)];
        assert_eq!(found(400, &often), (vec![(40, 30), (71, 30), (102, 30)], vec![]));
    }

    #[test]
    fn a_fault_that_comes_back_is_flat_each_time() {
        let mut level = Level::default();
        for n in 0..1_000 {
            level.push(n, if n % 250 >= 220 { 0.0 } else { (n % 9) as f64 + 1.0 });
        }
        let told = level.clone().told(&[]);
        assert_eq!(told.states, [State { value: 0.0, percent: 12 }]);
        let flat: Vec<(i64, u64)> = level.told(&[0.0]).flat.iter().map(|run| (run.since, run.rows)).collect();
        assert_eq!(flat, [(220, 30), (470, 30), (720, 30), (970, 30)]);
    }

    #[test]
    fn a_slow_value_in_steps_has_no_states() {
        let steps = |n: i64| ((n % 20 - 10).abs() as f64, n * 25, 20 + n * 7 % 6);
        let runs: Vec<(f64, i64, i64)> = (0..60).map(steps).collect();
        assert_eq!(found(1_500, &runs), (vec![], vec![]));
        let stuck = [&[(3.0, 500, 90)], &runs[..]].concat();
        assert_eq!(found(1_500, &stuck), (vec![(500, 90)], vec![]));
    }

    #[test]
    fn memory_is_bounded_however_many_values_have_long_runs() {
        let runs: Vec<(f64, i64, i64)> = (0..200).map(|n| (n as f64 + 0.5, n * 30, 25)).collect();
        let mut level = Level::default();
        for (value, since, rows) in &runs {
            (0..*rows).for_each(|n| level.push(since + n, *value));
        }
        assert_eq!(level.long.len(), HELD_MAX);
        assert_eq!(level.told(&[]), Told { usual: 25, ..Told::default() });
    }
}
