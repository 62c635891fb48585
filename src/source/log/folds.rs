//! The hour that the end of daylight saving repeats: which of its lines are in the first, and which in the second
//! occurrence. What tells them is the order of the lines: the clock goes back once, while a late line is followed by
//! others that go on where the line before it stood.

use crate::model::time::{HOUR, MINUTE};

/// Lines that follow one another within some minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    offset: u64,
    /// Wall times.
    pub first: i64,
    last: i64,
    latest: i64,
    lines: u64,
}

/// The runs of a part of a file, of its lines near such hours only.
#[derive(Debug, Clone, Default)]
pub struct Runs(Vec<Run>);

const JITTER: i64 = 5 * MINUTE;
/// Lines this far apart are of different nights.
const APART: i64 = 3 * HOUR;
/// Fewer lines than these that jump and return are late, or early.
const FEW: u64 = 3;

impl Runs {
    pub fn see(&mut self, offset: u64, wall: i64) {
        match self.0.last_mut() {
            Some(run) if (wall - run.last).abs() < JITTER => {
                run.last = wall;
                run.latest = run.latest.max(wall);
                run.lines += 1;
            }
            _ => self.0.push(Run { offset, first: wall, last: wall, latest: wall, lines: 1 }),
        }
    }

    /// Puts parts that follow one another together, as if they had been one.
    pub fn joined(parts: impl Iterator<Item = Runs>) -> Vec<Run> {
        let mut all: Vec<Run> = Vec::new();
        for run in parts.flat_map(|part| part.0) {
            match all.last_mut() {
                Some(last) if (run.first - last.last).abs() < JITTER => {
                    last.last = run.last;
                    last.latest = last.latest.max(run.latest);
                    last.lines += run.lines;
                }
                _ => all.push(run),
            }
        }
        all
    }
}

/// How a file ends: its last run, and whether that is in the second occurrence.
pub type End = (Run, bool);

/// From which offset on the hour is its second occurrence, and from which on its first. `earlier` is how the file ends
/// that was written before.
pub fn second_occurrences(
    runs: &[Run],
    earlier: Option<End>,
    is_double: impl Fn(i64) -> bool,
) -> (Vec<(u64, bool)>, Option<End>) {
    let mut found = Vec::new();
    let mut is_second = earlier.is_some_and(|(_, is_second)| is_second);
    for (index, run) in runs.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| runs[before]).or(earlier.map(|(run, _)| run));
        let before = before.filter(|before| (run.first - before.last).abs() < APART);
        let next = runs.get(index + 1).filter(|next| (next.first - run.last).abs() < APART);
        let Some(before) = before else {
            is_second = is_double(run.first) && begins_in_second(&runs[index..], &is_double);
            found.push((run.offset, is_second));
            continue;
        };
        let is_behind = !is_double(before.last) && before.last > run.first;
        let own = match is_double(run.first) {
            // From behind the hour: late lines of its second occurrence.
            true if is_behind => true,
            true if is_second && is_early(&before, run, next) => false,
            true if !is_second && goes_back(&before, &runs[index..]) => {
                is_second = true;
                true
            }
            _ => is_second,
        };
        is_second |= is_behind;
        found.push((run.offset, own));
    }
    let end = runs.last().copied().zip(found.last().map(|(_, is_second)| *is_second));
    (found, end)
}

/// Whether a few lines jump ahead, and those after them go on where those before them stood.
fn is_early(before: &Run, run: &Run, next: Option<&Run>) -> bool {
    let goes_on = |next: &Run| next.first < run.first && (-JITTER..10 * MINUTE).contains(&(next.first - before.last));
    run.first > before.last && run.lines <= FEW && next.is_some_and(goes_on)
}

/// Whether the clock went back, and not a line or two came late: more than those are earlier than the last one before.
fn goes_back(before: &Run, runs: &[Run]) -> bool {
    let earlier = runs.iter().take_while(|run| run.first < before.last && before.last - run.first < APART);
    let lines: u64 = earlier.map(|run| run.lines).sum();
    runs[0].first <= before.last - JITTER && lines > if before.lines > FEW { FEW } else { 1 }
}

/// Of lines that begin within the hour: they are in its second occurrence if they go on beyond its end without the
/// clock having gone back.
fn begins_in_second(runs: &[Run], is_double: &impl Fn(i64) -> bool) -> bool {
    for (index, run) in runs.iter().enumerate() {
        if index > 0 && goes_back(&runs[index - 1], &runs[index..]) {
            return false;
        }
        if !is_double(run.latest) && run.latest > run.first {
            return true;
        }
        match runs.get(index + 1) {
            Some(next) if !is_double(next.first) => return (0..10 * MINUTE).contains(&(next.first - run.last)),
            Some(next) if (next.first - run.last).abs() < APART => {}
            _ => return false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Minutes of the night as they are written, and which are in the second occurrence of 120 to 180.
    fn second(minutes: &[i64]) -> Vec<i64> {
        let mut runs = Runs::default();
        for (index, minute) in minutes.iter().enumerate() {
            runs.see(index as u64, minute * MINUTE);
        }
        let runs = Runs::joined(std::iter::once(runs));
        let (found, _) = second_occurrences(&runs, None, |wall| (120 * MINUTE..180 * MINUTE).contains(&wall));
        let is_second =
            |index: usize| found.iter().rev().find(|(at, _)| *at <= index as u64).is_some_and(|(_, second)| *second);
        (0..minutes.len())
            .filter(|index| is_second(*index))
            .map(|index| minutes[index])
            .filter(|m| (120..180).contains(m))
            .collect()
    }

    #[test]
    fn a_file_goes_on_where_the_one_before_it_ends() {
        let run = |offset, first, last| Run {
            offset,
            first: first * MINUTE,
            last: last * MINUTE,
            latest: last * MINUTE,
            lines: 20,
        };
        let is_double = |wall: i64| (120 * MINUTE..180 * MINUTE).contains(&wall);
        for (ended, was_second, runs, expected) in [
            // Within the first hour, within the second, and from the one to the other between two files.
            (run(0, 110, 130), false, vec![run(0, 131, 150)], vec![false]),
            (run(9, 120, 130), true, vec![run(0, 131, 150)], vec![true]),
            (run(0, 110, 170), false, vec![run(0, 125, 150)], vec![true]),
            (run(0, 110, 130), false, vec![run(0, 131, 179), run(9, 120, 150)], vec![false, true]),
            // Of another night.
            (run(0, 1_550, 1_560), true, vec![run(0, 131, 150)], vec![false]),
        ] {
            let (found, end) = second_occurrences(&runs, Some((ended, was_second)), is_double);
            assert_eq!(found.iter().map(|(_, is_second)| *is_second).collect::<Vec<_>>(), expected);
            assert_eq!(end.map(|(_, is_second)| is_second), expected.last().copied());
        }
    }

    #[test]
    fn the_clock_goes_back_once() {
        assert_eq!(second(&[110, 130, 150, 170, 125, 140, 160, 175, 185]), [125, 140, 160, 175]);
        // The first half silent, the second hour whole; and the other way round.
        assert_eq!(second(&[110, 125, 135, 120, 130, 150, 170, 181]), [120, 130, 150, 170]);
        assert_eq!(second(&[110, 130, 150, 170, 190]), [0; 0]);
    }

    #[test]
    fn late_lines_are_where_they_belong() {
        // One line a minute through both hours.
        let both: Vec<i64> = (110..180).chain(120..190).collect();
        assert_eq!(second(&both), (120..180).collect::<Vec<_>>());
        // Of the first hour, after the clock went back; and of the second, after its end.
        assert_eq!(second(&[170, 178, 121, 125, 175, 126, 140, 170, 181]), [121, 125, 126, 140, 170]);
        assert_eq!(second(&[110, 130, 170, 121, 150, 179, 181, 179, 183]), [121, 150, 179, 179]);
        assert_eq!(second(&[110, 130, 150, 140, 152, 170, 182]), [0; 0]);
    }

    #[test]
    fn a_file_that_begins_in_the_second_hour_runs_on_without_a_gap() {
        assert_eq!(second(&[123, 130, 150, 179, 181]), [123, 130, 150, 179]);
        assert_eq!(second(&[123, 130, 150, 215]), [0; 0]);
        assert_eq!(second(&[150, 160, 179, 120, 140, 160, 179, 180]), [120, 140, 160, 179]);
        let minutes: Vec<i64> = (123..181).collect();
        assert_eq!(second(&minutes), (123..180).collect::<Vec<_>>());
    }
}
