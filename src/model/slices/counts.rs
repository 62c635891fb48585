//! Rows counted by what is right and wrong of them: of a metric's rows those that are at fault, and the whole confusion.

use super::contrast::{Contrast, Estimate, Measure, beta_t, spread, wilson};
use super::{Outcome, POSITIVE, RIGHT, SAID, Seen, Sums, Tally};
use crate::model::contrast::{Covered, Items, Whole};

/// Rows for which a metric is defined, and those of them that are at fault.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Shares {
    pub rows: u64,
    pub bad: u64,
}

impl Tally for Shares {
    type Rule = ();

    fn take((): &(), seen: Seen, of: (&[Items], &[Items]), tallies: &mut [Shares]) {
        for (tally, rows) in tallies.iter_mut().zip(seen.counts(of)) {
            tally.join(&Shares { rows, bad: if seen.is_bad { rows } else { 0 } });
        }
    }

    fn join(&mut self, other: &Shares) {
        self.rows += other.rows;
        self.bad += other.bad;
    }
}

impl Shares {
    fn share(self) -> f64 {
        if self.rows == 0 { 0.0 } else { self.bad as f64 / self.rows as f64 }
    }

    fn estimate(self) -> Estimate {
        let (low, high) = wilson(self.bad as f64, self.rows as f64);
        Estimate { value: self.share(), low, high }
    }
}

impl Outcome for Shares {
    type Rule = ();

    fn rows(&self) -> u64 {
        self.rows
    }

    fn sums(&self, (): &()) -> Sums {
        Sums { rows: self.rows as f64, errors: self.bad as f64, most: if self.bad > 0 { 1.0 } else { 0.0 } }
    }

    /// p is that of the risk ratio against the other rows, exact where counts are small; the interval is made of those
    /// of Wilson (Newcombe 1998, method 10).
    fn contrast(&self, whole: &Self, (): &(), measure: &Measure) -> Contrast {
        let value = (measure.of)(self.share());
        let overall = (measure.of)(whole.share());
        let rest = Shares { rows: whole.rows - self.rows, bad: whole.bad - self.bad };
        let t = beta_t((self.bad, self.rows), (whole.bad, whole.rows));
        if rest.rows == 0 || self.rows == 0 {
            return Contrast::none(value);
        }
        let p = Whole { rows: whole.rows, bad: whole.bad }.ratio(Covered { rows: self.rows, bad: self.bad }).p;
        let weight = self.rows as f64 / whole.rows as f64;
        let (low, high) = spread(measure.of, weight, self.estimate(), rest.estimate());
        Contrast { value, difference: value - overall, low, high, p, t, is_worse: measure.is_worse(value, overall) }
    }

    fn without(&self, part: &Self) -> Option<Self> {
        Some(Shares { rows: self.rows - part.rows, bad: self.bad - part.bad })
    }
}

/// Rows judged, and of them those that are right, positive, said to be positive, and both.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Confusion {
    pub rows: u64,
    pub right: u64,
    pub positive: u64,
    pub said: u64,
    pub both: u64,
}

impl Tally for Confusion {
    type Rule = ();

    fn take((): &(), seen: Seen, of: (&[Items], &[Items]), tallies: &mut [Confusion]) {
        for (tally, rows) in tallies.iter_mut().zip(seen.counts(of)) {
            let if_it = |is: bool| if is { rows } else { 0 };
            tally.join(&Confusion {
                rows,
                right: if_it(seen.has(RIGHT)),
                positive: if_it(seen.has(POSITIVE)),
                said: if_it(seen.has(SAID)),
                both: if_it(seen.has(POSITIVE) && seen.has(SAID)),
            });
        }
    }

    fn join(&mut self, other: &Confusion) {
        self.rows += other.rows;
        self.right += other.right;
        self.positive += other.positive;
        self.said += other.said;
        self.both += other.both;
    }
}

/// A part of a whole; `None` of nothing.
fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

impl Confusion {
    pub fn accuracy(self) -> Option<f64> {
        share(self.right, self.rows)
    }

    pub fn precision(self) -> Option<f64> {
        share(self.both, self.said)
    }

    pub fn recall(self) -> Option<f64> {
        share(self.both, self.positive)
    }

    pub fn f1(self) -> Option<f64> {
        share(2 * self.both, self.said + self.positive)
    }

    pub fn fpr(self) -> Option<f64> {
        share(self.said - self.both, self.rows - self.positive)
    }

    pub fn fnr(self) -> Option<f64> {
        share(self.positive - self.both, self.positive)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tally::tallied;
    use super::*;

    #[test]
    fn a_confusion_gives_the_metrics() {
        // 8 found of 10, 4 false alarms among 90.
        let all = Confusion { rows: 100, right: 94, positive: 10, said: 12, both: 8 };
        assert_eq!((all.accuracy(), all.recall(), all.fnr()), (Some(0.94), Some(0.8), Some(0.2)));
        assert_eq!((all.precision(), all.fpr()), (Some(8.0 / 12.0), Some(4.0 / 90.0)));
        assert_eq!(all.f1(), Some(16.0 / 22.0));
        assert_eq!(Confusion::default().f1(), None);
    }

    #[test]
    fn rows_are_counted_by_their_marks() {
        let both = vec![vec![], vec![0]];
        let rows = [(RIGHT | POSITIVE | SAID, vec![0]), (POSITIVE, vec![0]), (SAID, vec![]), (RIGHT, vec![0, 1])];
        let rows: Vec<(u16, f64, Items)> = rows.into_iter().map(|(marks, items)| (marks, 0.0, items)).collect();
        let found: Vec<Confusion> = tallied(&(), &rows, (&both, &[]));
        assert_eq!(found[0], Confusion { rows: 4, right: 2, positive: 2, said: 2, both: 1 });
        assert_eq!(found[1], Confusion { rows: 3, right: 2, positive: 2, said: 1, both: 1 });
        let without: Vec<Confusion> = tallied(&(), &rows, (&both, &[vec![1]]));
        assert_eq!(without[1], Confusion { rows: 2, right: 1, positive: 2, said: 1, both: 1 });
    }

    #[test]
    fn a_slice_that_is_all_differs_in_nothing() {
        let all = Shares { rows: 10, bad: 3 };
        let found = all.contrast(&all, &(), &Measure::GOOD);
        assert_eq!((found.difference, found.p, found.is_worse), (0.0, 1.0, false));
    }

    #[test]
    fn the_false_positive_rate_of_compas_is_as_published() {
        // Pastor, de Alfaro and Baralis (2021): age 25-45, more than 3 priors, African-American, male: 69 of 224 false
        // positives have a divergence of 0.219722 and a t of 7.116857.
        let (slice, all) = (Shares { rows: 224, bad: 69 }, Shares { rows: 3363, bad: 297 });
        let found = slice.contrast(&all, &(), &Measure::BAD);
        assert!((found.difference - 0.219_722).abs() < 1e-6, "{found:?}");
        assert!((found.t - 7.116_857).abs() < 1e-5 && found.is_worse && found.p < 1e-12, "{found:?}");
        assert!(found.low < found.difference && found.difference < found.high && found.low > 0.15, "{found:?}");
    }
}
