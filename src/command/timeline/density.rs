//! How many events there are at which time, in stretches as short as a few hundred thousand of them allow; and so how many
//! come before a moment without having them all in order.

use std::collections::HashMap;
use std::ops::{Range, RangeInclusive};
use std::sync::{Arc, Mutex, PoisonError};

use crate::engine::Engine;
use crate::error::Result;

/// Stretches that are counted; where it would be more, they become twice as long.
const STRETCHES_MAX: usize = 1 << 18;
/// What one of them takes while they are counted.
const BYTES_PER_STRETCH: usize = 64;

/// SQL of an instant of `ts` as a number, in the order of events: no time is behind all times.
pub const MOMENT: &str = "CASE WHEN ts IS NULL THEN 9223372036854775807 WHEN isfinite(ts) THEN epoch_us(ts) \
                          WHEN ts > TIMESTAMP '1970-01-01' THEN 9223372036854775806 ELSE -9223372036854775807 END";

/// SQL function of a moment: how many events before it are in no window; -1 if it is in none itself.
pub const LEFT_OUT_BEFORE: &str = "rca_left_out_before";

#[derive(Default)]
struct Counting {
    /// A stretch is two to the power of this long, in microseconds.
    shift: u32,
    counts: HashMap<i64, u64>,
}

impl Counting {
    fn add(&mut self, moments: &[Option<i64>]) {
        let mut rest = moments;
        while let Some((first, _)) = rest.split_first() {
            let stretch = |moment: &Option<i64>| moment.unwrap_or(i64::MAX) >> self.shift;
            let at = stretch(first);
            let same = rest.iter().take_while(|moment| stretch(moment) == at).count();
            *self.counts.entry(at).or_insert(0) += same as u64;
            rest = &rest[same..];
            while self.counts.len() > STRETCHES_MAX {
                self.shift += 1;
                let finer = std::mem::take(&mut self.counts);
                finer.into_iter().for_each(|(at, count)| *self.counts.entry(at >> 1).or_insert(0) += count);
            }
        }
    }
}

/// Counts of events by time.
pub struct Density {
    shift: u32,
    stretches: Vec<i64>,
    /// How many events are before each stretch, and at the end how many there are.
    before: Vec<u64>,
}

impl Density {
    /// Counts while `ask` runs a query: it is given SQL of a number that is 0 for each row, to be asked once of each row
    /// that is counted; as a column, since the engine asks the parts of a condition in any order.
    ///
    /// # Errors
    /// What `ask` fails with, or if the engine refuses.
    pub fn counted(engine: &Engine, ask: impl FnOnce(&str) -> Result<()>) -> Result<Density> {
        const FUNCTION: &str = "rca_counted_at";
        let _beside = engine.lend_memory((STRETCHES_MAX * BYTES_PER_STRETCH) as u64)?;
        let counting = Arc::new(Mutex::new(Counting::default()));
        let shared = counting.clone();
        engine.add_counting_function(FUNCTION, move |moments, given| {
            shared.lock().unwrap_or_else(PoisonError::into_inner).add(moments);
            given.fill(0);
        })?;
        ask(&format!("{FUNCTION}({MOMENT})"))?;
        let counting = std::mem::take(&mut *counting.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(Density::of(counting))
    }

    fn of(counting: Counting) -> Density {
        let mut counts: Vec<(i64, u64)> = counting.counts.into_iter().collect();
        counts.sort_unstable();
        let mut before = vec![0];
        counts.iter().for_each(|(_, count)| before.push(before[before.len() - 1] + count));
        Density { shift: counting.shift, stretches: counts.into_iter().map(|(at, _)| at).collect(), before }
    }

    pub fn events(&self) -> u64 {
        self.before.last().copied().unwrap_or(0)
    }

    /// A moment in the first stretch that has events.
    pub fn first(&self) -> Option<i64> {
        self.stretches.first().map(|stretch| stretch << self.shift)
    }

    /// Whole stretches that have at least so many events before and behind each of these moments.
    pub fn around(&self, moments: Vec<(i64, u64)>) -> Windows<'_> {
        let mut windows: Vec<Range<usize>> = moments
            .into_iter()
            .filter_map(|(moment, reach)| {
                let at = self.stretches.binary_search(&(moment >> self.shift)).ok()?;
                let (before, behind) = (self.before[at].saturating_sub(reach), self.before[at + 1] + reach);
                let first = self.before.partition_point(|count| *count <= before) - 1;
                let end = self.before.partition_point(|count| *count < behind).min(self.stretches.len());
                Some(first..end)
            })
            .collect();
        windows.sort_unstable_by_key(|window| window.start);
        let mut merged: Vec<Range<usize>> = Vec::new();
        for window in windows {
            match merged.last_mut().filter(|last| last.end >= window.start) {
                Some(last) => last.end = last.end.max(window.end),
                None => merged.push(window),
            }
        }
        Windows { density: self, windows: merged }
    }
}

/// Some stretches of all.
pub struct Windows<'a> {
    density: &'a Density,
    /// Apart and in order.
    windows: Vec<Range<usize>>,
}

impl Windows<'_> {
    pub fn events(&self) -> u64 {
        let before = &self.density.before;
        self.windows.iter().map(|window| before[window.end] - before[window.start]).sum()
    }

    /// Makes [`LEFT_OUT_BEFORE`] known to SQL.
    ///
    /// # Errors
    /// If the engine refuses.
    pub fn make_known(&self, engine: &Engine) -> Result<()> {
        let left_out_before = self.left_out_before();
        engine.add_number_function(LEFT_OUT_BEFORE, move |moments, given| {
            let moments = moments.iter().map(|moment| moment.unwrap_or(i64::MAX));
            moments
                .zip(given)
                .for_each(|(moment, given)| *given = left_out_before(moment).map_or(-1, |count| count as i64));
        })
    }

    fn left_out_before(&self) -> impl Fn(i64) -> Option<u64> + Send + Sync + 'static {
        let Density { shift, stretches, before } = self.density;
        let mut inside = 0;
        let window = |window: &Range<usize>| {
            let left_out = before[window.start] - inside;
            inside += before[window.end] - before[window.start];
            (stretches[window.start]..=stretches[window.end - 1], left_out)
        };
        let windows: Vec<(RangeInclusive<i64>, u64)> = self.windows.iter().map(window).collect();
        let shift = *shift;
        move |moment| {
            let at = moment >> shift;
            let begun = windows.partition_point(|(window, _)| *window.start() <= at);
            let (window, left_out) = &windows[begun.checked_sub(1)?];
            window.contains(&at).then_some(*left_out)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn density(moments: &[i64]) -> Density {
        let mut counting = Counting::default();
        moments.chunks(100).for_each(|some| counting.add(&some.iter().copied().map(Some).collect::<Vec<_>>()));
        Density::of(counting)
    }

    /// Whether what windows say of the places of their events is so, and whether those around a moment are in them.
    fn holds(density: &Density, sorted: &[i64], asked: &[(i64, u64)]) {
        let windows = density.around(asked.to_vec());
        let left_out_before = windows.left_out_before();
        let (mut inside, mut outside) = (0, 0);
        for moment in sorted {
            match left_out_before(*moment) {
                Some(left_out) => {
                    assert_eq!(left_out, outside, "before {moment}");
                    inside += 1;
                }
                None => outside += 1,
            }
        }
        assert_eq!((windows.events(), density.events()), (inside, sorted.len() as u64));
        for (moment, reach) in asked {
            let (first, end) = (sorted.partition_point(|at| at < moment), sorted.partition_point(|at| at <= moment));
            let reach = *reach as usize;
            let near = &sorted[first.saturating_sub(reach)..sorted.len().min(end + reach)];
            assert!(near.iter().all(|at| left_out_before(*at).is_some()), "{reach} around {moment}");
        }
    }

    #[test]
    fn events_around_a_moment_are_in_its_window_and_those_before_it_are_counted() {
        let sorted = [i64::MIN + 1, -5, -5, -1, 0, 3, 3, 3, 900, 901, i64::MAX - 1, i64::MAX, i64::MAX];
        for reach in 0..8 {
            holds(&density(&sorted), &sorted, &[(3, reach)]);
            holds(&density(&sorted), &sorted, &[(i64::MAX, reach), (-5, 1), (901, reach / 2)]);
            holds(&density(&sorted), &sorted, &[(i64::MIN + 1, reach)]);
        }
        holds(&density(&sorted), &sorted, &[]);
    }

    #[test]
    fn many_times_are_counted_in_longer_stretches() {
        let mut moments: Vec<i64> = (0..3 * STRETCHES_MAX as i64).map(|at| at * 7_919 % 1_000_003 - 500_000).collect();
        let density = density(&moments);
        assert!(density.stretches.len() <= STRETCHES_MAX && density.shift > 0);
        moments.sort_unstable();
        holds(
            &density,
            &moments,
            &[(moments[7], 3), (moments[400_000], 20), (moments[400_900], 2), (moments[786_431], 1)],
        );
    }
}
