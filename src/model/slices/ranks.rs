//! The area under the receiver operating characteristic of slices, all in one walk through rows in the order of their
//! scores: exact by ranks, ties half, with `DeLong`'s variance.

use super::contrast::{Contrast, Measure};
use super::{Outcome, Sums};
use crate::model::contrast::{Block, Items};
use crate::model::statistics::{NORMAL_95, normal_above};

/// Fewer rows of either class tell no variance.
pub const CLASS_LEAST: u64 = 10;

/// Rows of both classes by the order of their scores. Placements are counted in halves.
#[derive(Debug, Clone, Copy)]
pub struct Ranks {
    positives: u64,
    negatives: u64,
    /// The score that the last rows have, and how many of either class.
    tie: f64,
    tied: (u64, u64),
    /// Of positives how many negatives are below, of negatives how many positives: sums and sums of squares.
    below: u128,
    below_squares: u128,
    above: u128,
    above_squares: u128,
}

impl Default for Ranks {
    fn default() -> Ranks {
        let none = 0;
        Ranks {
            positives: 0,
            negatives: 0,
            tie: f64::NAN,
            tied: (0, 0),
            below: none,
            below_squares: none,
            above: none,
            above_squares: none,
        }
    }
}

/// Rows in the order of their scores.
#[derive(Debug, Clone, Copy)]
pub struct Ranked<'a> {
    pub block: &'a Block,
    /// The item that positive rows have.
    pub positive: u16,
    /// Ascending.
    pub scores: &'a [f64],
}

impl Ranks {
    /// Gives each candidate its rows that none of `chosen` covers. Blocks must come in ascending order of their scores.
    pub fn take(ranked: Ranked, candidates: &[Items], chosen: &[Items], tallies: &mut [Ranks]) {
        let Ranked { block, positive, scores } = ranked;
        block.each(candidates, chosen, |at, rows| {
            let tally = &mut tallies[at];
            rows.for_each(|row| {
                if scores[row] != tally.tie {
                    tally.close();
                    tally.tie = scores[row];
                }
                match block.has(positive, row) {
                    true => tally.tied.0 += 1,
                    false => tally.tied.1 += 1,
                }
            });
        });
    }

    fn close(&mut self) {
        let (positives, negatives) = self.tied;
        let below = u128::from(2 * self.negatives + negatives);
        let above = u128::from(2 * self.positives + positives);
        self.below += u128::from(positives) * below;
        self.below_squares += u128::from(positives) * below * below;
        self.above += u128::from(negatives) * above;
        self.above_squares += u128::from(negatives) * above * above;
        self.positives += positives;
        self.negatives += negatives;
        self.tied = (0, 0);
    }

    fn closed(mut self) -> Ranks {
        self.close();
        self
    }

    /// The chance that a positive row has a higher score than a negative one; `None` without rows of both.
    pub fn area(self) -> Option<f64> {
        let closed = self.closed();
        let pairs = closed.positives as f64 * closed.negatives as f64;
        (pairs > 0.0).then(|| closed.below as f64 / (2.0 * pairs))
    }

    /// The variance of the area (`DeLong`, `DeLong` and Clarke-Pearson 1988); `None` with too few rows of a class.
    pub fn variance(self) -> Option<f64> {
        let closed = self.closed();
        if closed.positives.min(closed.negatives) < CLASS_LEAST {
            return None;
        }
        let (m, n) = (closed.positives as f64, closed.negatives as f64);
        let of = |sum: u128, squares: u128, rows: f64, others: f64| {
            let spread = squares as f64 - sum as f64 * (sum as f64 / rows);
            (spread / (rows - 1.0)).max(0.0) / (4.0 * others * others)
        };
        Some(of(closed.below, closed.below_squares, m, n) / m + of(closed.above, closed.above_squares, n, m) / n)
    }
}

impl Outcome for Ranks {
    type Rule = ();

    fn rows(&self) -> u64 {
        self.positives + self.negatives + self.tied.0 + self.tied.1
    }

    /// As if each row had the share of pairs in the wrong order as its error.
    fn sums(&self, (): &()) -> Sums {
        let rows = self.rows() as f64;
        Sums { rows, errors: self.area().map_or(0.0, |area| 1.0 - area) * rows, most: 1.0 }
    }

    /// Slice and whole are compared as if they were two samples, which is cautious: the slice is in both.
    fn contrast(&self, whole: &Self, (): &(), measure: &Measure) -> Contrast {
        let (Some(value), Some(overall)) = (self.area(), whole.area()) else {
            return Contrast::none(f64::NAN);
        };
        let difference = value - overall;
        let (Some(own), Some(all)) = (self.variance(), whole.variance()) else {
            return Contrast {
                difference,
                low: f64::NEG_INFINITY,
                high: f64::INFINITY,
                is_worse: measure.is_worse(value, overall),
                ..Contrast::none(value)
            };
        };
        if self.rows() == whole.rows() {
            return Contrast::none(value);
        }
        let error = (own + all).sqrt();
        let t = if difference == 0.0 { 0.0 } else { difference.abs() / error };
        let reach = NORMAL_95 * error;
        Contrast {
            value,
            difference,
            low: difference - reach,
            high: difference + reach,
            p: 2.0 * normal_above(t),
            t,
            is_worse: measure.is_worse(value, overall),
        }
    }

    fn without(&self, _: &Self) -> Option<Self> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranks(rows: &[(bool, f64)]) -> Ranks {
        let mut sorted = rows.to_vec();
        sorted.sort_by(|a, b| a.1.total_cmp(&b.1));
        // In two blocks, so that equal scores stand in both.
        let mut tallies = [Ranks::default()];
        for rows in sorted.chunks(sorted.len().div_ceil(2)) {
            let (mut block, mut bytes) = (Block::new(1), Vec::new());
            rows.iter().enumerate().filter(|(_, (is, _))| *is).for_each(|(row, _)| block.set(0, row));
            block.write(rows.len(), &mut bytes);
            block.read(rows.len(), &bytes);
            let scores: Vec<f64> = rows.iter().map(|(_, score)| *score).collect();
            Ranks::take(Ranked { block: &block, positive: 0, scores: &scores }, &[Vec::new()], &[], &mut tallies);
        }
        tallies[0]
    }

    /// Pairs one by one, and the variance of their placements.
    fn by_hand(rows: &[(bool, f64)]) -> (f64, f64) {
        let of = |wanted: bool| rows.iter().filter(move |(is, _)| *is == wanted).map(|(_, score)| *score);
        let (m, n) = (of(true).count() as f64, of(false).count() as f64);
        let win = |a: f64, b: f64| {
            if a > b {
                1.0
            } else if a == b {
                0.5
            } else {
                0.0
            }
        };
        let up: Vec<f64> = of(true).map(|a| of(false).map(|b| win(a, b)).sum::<f64>() / n).collect();
        let down: Vec<f64> = of(false).map(|b| of(true).map(|a| win(a, b)).sum::<f64>() / m).collect();
        let area = up.iter().sum::<f64>() / m;
        let spread = |all: &[f64]| all.iter().map(|one| (one - area).powi(2)).sum::<f64>() / (all.len() as f64 - 1.0);
        (area, spread(&up) / m + spread(&down) / n)
    }

    #[test]
    fn the_area_and_its_variance_are_those_of_all_pairs() {
        let rows: Vec<(bool, f64)> = (0..200_u32)
            .map(|at| {
                let noise = f64::from(at * 7919 % 23) / 10.0;
                (at % 3 == 0, (noise + if at % 3 == 0 { 0.7 } else { 0.0 }).min(2.2))
            })
            .collect();
        let (area, variance) = by_hand(&rows);
        let found = ranks(&rows);
        assert!((found.area().expect("both classes") - area).abs() < 1e-12);
        assert!((found.variance().expect("enough") - variance).abs() < 1e-12);
        assert_eq!(ranks(&[(true, 1.0), (true, 2.0)]).area(), None);
        assert_eq!(ranks(&[(true, 1.0), (false, 1.0)]).area(), Some(0.5));
    }
}
