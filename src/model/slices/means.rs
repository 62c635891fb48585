//! Means of values over the rows of slices. Values are counted as whole multiples of a small power of two, so that
//! sums do not depend on the order of rows.

use super::contrast::{Contrast, Estimate, Measure, Sample, spread, welch};
use super::{Outcome, POSITIVE, Seen, Sums, Tally};
use crate::model::contrast::Items;

/// How many steps a unit has, of values and of their squares.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    ones: f64,
    squares: f64,
}

impl Scale {
    /// As fine as sums of `rows` values up to `most` allow in 126 bits: a value that is not smaller by 2^50 than the
    /// greatest is counted with all digits of a double, so that one outlier does not blur the others. The square of
    /// `most` must be finite.
    pub fn of(most: f64, rows: u64) -> Scale {
        let bits = 126.0 - (rows.max(1) as f64).log2().ceil();
        let steps = |most: f64| {
            let exponent = if most > 0.0 { most.log2().ceil() } else { 0.0 };
            (bits - exponent).clamp(-1000.0, 1000.0).exp2()
        };
        Scale { ones: steps(most), squares: steps(most * most) }
    }

    fn of_value(self, value: f64) -> i128 {
        (value * self.ones).round() as i128
    }

    fn of_square(self, value: f64) -> i128 {
        (value * value * self.squares).round() as i128
    }
}

/// The sum of the values of a slice's rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Means {
    rows: u64,
    sum: i128,
    squares: i128,
    /// The greatest of one row.
    most: i128,
    /// Rows whose value is so small beside the greatest of all that it is not counted with all its digits.
    blurred: u64,
}

/// Steps from which on a value has five digits.
const STEPS_LEAST: i128 = 1 << 17;

impl Tally for Means {
    type Rule = Scale;

    fn take(scale: &Scale, seen: Seen, (candidates, chosen): (&[Items], &[Items]), tallies: &mut [Means]) {
        // Told once for all slices.
        let steps: Vec<(i128, i128)> =
            seen.values.iter().map(|value| (scale.of_value(*value), scale.of_square(*value))).collect();
        let is_blurred = |(step, value): (&(i128, i128), &f64)| step.0.abs() < STEPS_LEAST && *value != 0.0;
        let blurred: Vec<bool> = steps.iter().zip(seen.values).map(is_blurred).collect();
        let has_blurred = blurred.contains(&true);
        seen.block.each(candidates, chosen, |at, rows| {
            let (mut count, mut sum, mut squares, mut most) = (0, 0, 0, f64::NEG_INFINITY);
            rows.for_each(|row| {
                let (one, square) = steps[row];
                count += 1;
                sum += one;
                squares += square;
                most = most.max(seen.values[row]);
            });
            let mut sum = Means { rows: count, sum, squares, most: scale.of_value(most.max(0.0)), blurred: 0 };
            if has_blurred {
                rows.for_each(|row| sum.blurred += u64::from(blurred[row]));
            }
            tallies[at].join(&sum);
        });
    }

    fn join(&mut self, other: &Means) {
        self.rows += other.rows;
        self.sum += other.sum;
        self.squares += other.squares;
        self.most = self.most.max(other.most);
        self.blurred += other.blurred;
    }
}

impl Means {
    pub fn mean(self, scale: Scale) -> f64 {
        self.sum as f64 / self.rows.max(1) as f64 / scale.ones
    }

    /// Whether the mean itself is too small beside the greatest value of all to be told.
    pub fn is_blurred(self) -> bool {
        self.blurred > 0 && self.sum.abs() < STEPS_LEAST * i128::from(self.rows)
    }

    pub fn sample(self, scale: Scale) -> Sample {
        let (rows, mean) = (self.rows as f64, self.mean(scale));
        let squares = self.squares as f64 / scale.squares;
        let variance = ((squares - rows * mean * mean) / (rows - 1.0).max(1.0)).max(0.0);
        Sample { rows, mean, variance }
    }
}

impl Outcome for Means {
    type Rule = Scale;

    fn rows(&self) -> u64 {
        self.rows
    }

    fn sums(&self, scale: &Scale) -> Sums {
        Sums {
            rows: self.rows as f64,
            errors: (self.sum as f64 / scale.ones).abs(),
            most: (self.most.max(0) as f64) / scale.ones,
        }
    }

    /// p is Welch's against the other rows; t is against all rows, as `DivExplorer` has it.
    fn contrast(&self, whole: &Self, scale: &Scale, measure: &Measure) -> Contrast {
        let (slice, all) = (self.sample(*scale), whole.sample(*scale));
        let value = (measure.of)(slice.mean);
        let Some(rest) = whole.without(self).filter(|rest| rest.rows > 0 && self.rows > 0) else {
            return Contrast::none(value);
        };
        let rest = rest.sample(*scale);
        let weight = slice.rows / all.rows;
        let (_, p, reach) = welch(slice, rest);
        let (t, ..) = welch(slice, all);
        let overall = (measure.of)(all.mean);
        let difference = value - overall;
        let (low, high) = if slice.rows < 2.0 || rest.rows < 2.0 {
            (f64::NEG_INFINITY, f64::INFINITY)
        } else if measure.is_linear {
            (difference - (1.0 - weight) * reach, difference + (1.0 - weight) * reach)
        } else {
            // Squares are not negative, and their root is not as far from the whole as they are.
            let positive = |sample: Sample| {
                let estimate = sample.estimate();
                Estimate { low: estimate.low.max(0.0), ..estimate }
            };
            spread(measure.of, weight, positive(slice), positive(rest))
        };
        Contrast { value, difference, low, high, p, t, is_worse: measure.is_worse(value, overall) }
    }

    fn without(&self, part: &Self) -> Option<Self> {
        Some(Means {
            rows: self.rows - part.rows,
            sum: self.sum - part.sum,
            squares: self.squares - part.squares,
            most: self.most,
            blurred: self.blurred - part.blurred,
        })
    }
}

/// Bins of scores, equally wide.
const BINS: usize = 10;

/// Scores of probability less what came, by tenths of the score.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bins {
    rows: u64,
    sums: [i128; BINS],
    squares: i128,
}

impl Tally for Bins {
    type Rule = Scale;

    /// The values are scores.
    fn take(scale: &Scale, seen: Seen, (candidates, chosen): (&[Items], &[Items]), tallies: &mut [Bins]) {
        let came = f64::from(u8::from(seen.has(POSITIVE)));
        seen.block.each(candidates, chosen, |at, rows| {
            rows.for_each(|row| {
                let score = seen.values[row];
                let off = score - came;
                tallies[at].rows += 1;
                tallies[at].sums[((score * BINS as f64) as usize).min(BINS - 1)] += scale.of_value(off);
                tallies[at].squares += scale.of_square(off);
            });
        });
    }

    fn join(&mut self, other: &Bins) {
        self.rows += other.rows;
        self.sums.iter_mut().zip(other.sums).for_each(|(sum, other)| *sum += other);
        self.squares += other.squares;
    }
}

impl Bins {
    /// The mean square of the score less what came (Brier 1950).
    pub fn brier(self, scale: Scale) -> Option<f64> {
        (self.rows > 0).then(|| self.squares as f64 / self.rows as f64 / scale.squares)
    }

    /// The expected calibration error (Naeini, Cooper and Hauskrecht 2015): over ten bins of equal width, how far the mean
    /// score is from the share that is positive, weighted by rows.
    pub fn calibration_error(self, scale: Scale) -> Option<f64> {
        let sum: i128 = self.sums.iter().map(|sum| sum.abs()).sum();
        (self.rows > 0).then(|| sum as f64 / self.rows as f64 / scale.ones)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Measure;
    use super::super::tally::tallied;
    use super::*;

    fn tally<T: Tally>(rule: &T::Rule, rows: &[(u16, f64)]) -> T {
        let rows: Vec<(u16, f64, Items)> = rows.iter().map(|(marks, value)| (*marks, *value, Items::new())).collect();
        tallied(rule, &rows, (&[Items::new()], &[])).remove(0)
    }

    #[test]
    fn a_mean_and_its_variance_are_near_also_far_from_zero() {
        let values: Vec<(u16, f64)> = [1e6, 1e6 + 1.0, 1e6 + 2.0, 1e6 + 3.0].iter().map(|value| (0, *value)).collect();
        let scale = Scale::of(1e6 + 3.0, 4);
        let sample = tally::<Means>(&scale, &values).sample(scale);
        assert!((sample.mean - 1_000_001.5).abs() < 1e-6, "{sample:?}");
        assert!((sample.variance - 5.0 / 3.0).abs() < 1e-3, "{sample:?}");
    }

    #[test]
    fn one_outlier_does_not_blur_the_others() {
        let scale = Scale::of(1e12, 1_000_000);
        let sample = tally::<Means>(&scale, &[(0, 0.001), (0, 0.003)]).sample(scale);
        assert!((sample.mean - 0.002).abs() < 1e-15 && (sample.variance - 2e-6).abs() < 1e-8, "{sample:?}");
        // Squares of such values are too small beside that of the outlier, which is told.
        let squares = Scale::of(1e24, 1_000_000);
        assert!(tally::<Means>(&squares, &[(0, 1e-6), (0, 9e-6)]).is_blurred());
        assert!(!tally::<Means>(&squares, &[(0, 1e-6), (0, 1.0)]).is_blurred());
        assert!(!tally::<Means>(&squares, &[(0, 0.0)]).is_blurred());
    }

    #[test]
    fn a_slice_is_compared_with_the_other_rows() {
        let scale = Scale::of(10.0, 10);
        let of = |values: &[f64]| tally::<Means>(&scale, &values.iter().map(|v| (0, *v)).collect::<Vec<_>>());
        let all = of(&[1.0, 2.0, 3.0, 4.0, 5.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
        let found = of(&[2.0, 4.0, 6.0, 8.0, 10.0]).contrast(&all, &scale, &Measure::BAD);
        assert!((found.difference - 1.5).abs() < 1e-9 && (found.p - 0.107_531).abs() < 1e-5, "{found:?}");
        // Half of the interval of the difference of both means, 2.4590 * 1.5811.
        assert!((found.high - found.difference - 0.5 * 2.459_0 * 1.581_139).abs() < 1e-3, "{found:?}");
    }

    #[test]
    fn calibration_is_that_of_bins() {
        // Scores .05 and .15 of two negatives, .95 of a positive and of a negative.
        let rows = [(0, 0.05), (0, 0.15), (POSITIVE, 0.95), (0, 0.95)];
        let scale = Scale::of(1.0, 4);
        let bins = tally::<Bins>(&scale, &rows);
        assert!((bins.brier(scale).expect("rows") - (0.0025 + 0.0225 + 0.0025 + 0.9025) / 4.0).abs() < 1e-12);
        assert!((bins.calibration_error(scale).expect("rows") - (0.05 + 0.15 + 0.9) / 4.0).abs() < 1e-12);
    }
}
