//! How far a slice's metric is from that of all rows, with an interval and a test against the other rows; and the t by
//! which `DivExplorer` compares a slice with all rows.

use crate::model::statistics::{NORMAL_95, student_95, student_above};

/// How a metric comes from the share of faults or the mean of values, and which way is worse.
#[derive(Debug, Clone, Copy)]
pub struct Measure {
    pub of: fn(f64) -> f64,
    pub worse: Worse,
    /// The metric is the mean, or one less it.
    pub is_linear: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worse {
    Lower,
    Higher,
    /// Further from zero.
    Further,
}

impl Measure {
    /// The share that is not at fault.
    pub const GOOD: Measure = Measure { of: |bad| 1.0 - bad, worse: Worse::Lower, is_linear: true };
    /// The share that is at fault, or a mean error.
    pub const BAD: Measure = Measure { of: |bad| bad, worse: Worse::Higher, is_linear: true };
    /// F1, of the share that is not both of the rows that are positive or said to be: `2 tp / (2 tp + fp + fn)`.
    pub const F1: Measure =
        Measure { of: |bad| 2.0 * (1.0 - bad) / (2.0 - bad), worse: Worse::Lower, is_linear: false };
    /// The root of a mean square.
    pub const ROOT: Measure = Measure { of: f64::sqrt, worse: Worse::Higher, is_linear: false };
    /// A mean of errors with their signs.
    pub const SIGNED: Measure = Measure { of: |mean| mean, worse: Worse::Further, is_linear: true };
    /// The area under a curve.
    pub const AREA: Measure = Measure { of: |area| area, worse: Worse::Lower, is_linear: true };

    pub fn is_worse(&self, value: f64, overall: f64) -> bool {
        match self.worse {
            Worse::Lower => value < overall,
            Worse::Higher => value > overall,
            Worse::Further => value.abs() > overall.abs(),
        }
    }
}

/// A slice against all rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Contrast {
    pub value: f64,
    /// The slice's metric less that of all rows.
    pub difference: f64,
    /// The interval of 95 % of the difference.
    pub low: f64,
    pub high: f64,
    /// Two-sided, that the slice is as the other rows.
    pub p: f64,
    /// `DivExplorer`'s, of the slice against all rows as if they were two samples.
    pub t: f64,
    pub is_worse: bool,
}

impl Contrast {
    /// There are no other rows.
    pub fn none(value: f64) -> Contrast {
        Contrast { value, difference: 0.0, low: 0.0, high: 0.0, p: 1.0, t: 0.0, is_worse: false }
    }
}

/// A value with its interval of 95 %.
#[derive(Debug, Clone, Copy)]
pub struct Estimate {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

/// Wilson's interval of 95 % of a share (1927).
pub fn wilson(k: f64, n: f64) -> (f64, f64) {
    if n <= 0.0 {
        return (0.0, 1.0);
    }
    let (p, z) = (k / n, NORMAL_95);
    let middle = p + z * z / (2.0 * n);
    let reach = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    let whole = 1.0 + z * z / n;
    (((middle - reach) / whole).max(0.0), ((middle + reach) / whole).min(1.0))
}

/// The interval of how far a metric of a slice is from that of all rows, of which the slice has the part `weight`: the
/// ends of both intervals, squared and added (Zou and Donner 2008; for a difference of shares this is Newcombe's
/// method 10 of 1998). The slice is a part of the whole, so only the other rows add anything of their own.
pub fn spread(of: fn(f64) -> f64, weight: f64, slice: Estimate, rest: Estimate) -> (f64, f64) {
    let difference = |slice: f64, rest: f64| of(slice) - of(weight * slice + (1.0 - weight) * rest);
    let middle = difference(slice.value, rest.value);
    let ends = [
        [difference(slice.low, rest.value), difference(slice.high, rest.value)],
        [difference(slice.value, rest.low), difference(slice.value, rest.high)],
    ];
    let reach = |pick: fn(f64, f64) -> f64| {
        let squares = ends.iter().map(|[a, b]| pick(pick(a - middle, b - middle), 0.0).powi(2));
        squares.sum::<f64>().sqrt()
    };
    (middle - reach(f64::min), middle + reach(f64::max))
}

/// `DivExplorer`'s t of a share against that of all rows (Pastor, de Alfaro and Baralis 2021, section 3.3): both are
/// taken as Beta distributions with a uniform prior.
pub fn beta_t(slice: (u64, u64), whole: (u64, u64)) -> f64 {
    let moments = |(k, n): (u64, u64)| {
        let (a, b) = (k as f64 + 1.0, (n - k) as f64 + 1.0);
        let sum = a + b;
        (a / sum, a * b / (sum * sum * (sum + 1.0)))
    };
    let ((mean, variance), (all, all_variance)) = (moments(slice), moments(whole));
    (mean - all).abs() / (variance + all_variance).sqrt()
}

/// A mean with what its test needs.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    pub rows: f64,
    pub mean: f64,
    /// With one row fewer as divisor.
    pub variance: f64,
}

impl Sample {
    /// The variance of its mean.
    fn error(self) -> f64 {
        self.variance / self.rows
    }

    /// The interval of 95 % of its mean, by Student's t.
    pub fn estimate(self) -> Estimate {
        if self.rows < 2.0 {
            return Estimate { value: self.mean, low: f64::NEG_INFINITY, high: f64::INFINITY };
        }
        let reach = student_95(self.rows - 1.0).unwrap_or(NORMAL_95) * self.error().sqrt();
        Estimate { value: self.mean, low: self.mean - reach, high: self.mean + reach }
    }
}

/// Welch's t of two means (1947), its two-sided p, and how far the interval of 95 % of their difference reaches. Means
/// of fewer than two rows tell nothing.
pub fn welch(a: Sample, b: Sample) -> (f64, f64, f64) {
    if a.rows < 2.0 || b.rows < 2.0 {
        return (0.0, 1.0, f64::INFINITY);
    }
    let (first, second) = (a.error(), b.error());
    let error = (first + second).sqrt();
    let difference = a.mean - b.mean;
    if error <= 0.0 {
        return if difference == 0.0 { (0.0, 1.0, 0.0) } else { (f64::INFINITY, 0.0, 0.0) };
    }
    let t = difference.abs() / error;
    let freedom = (first + second).powi(2) / (first * first / (a.rows - 1.0) + second * second / (b.rows - 1.0));
    match (student_above(t, freedom), student_95(freedom)) {
        (Some(above), Some(reach)) => (t, (2.0 * above).min(1.0), reach * error),
        _ => (t, 1.0, f64::INFINITY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_of_a_difference_is_newcombes() {
        // 56/70 against 48/80 (Newcombe 1998, table II, example a, method 10): 0.0524 to 0.3339.
        let of = |k: f64, n: f64| {
            let (low, high) = wilson(k, n);
            Estimate { value: k / n, low, high }
        };
        let (low, high) = spread(|x| x, 0.0, of(56.0, 70.0), of(48.0, 80.0));
        assert!((low - 0.0524).abs() < 5e-5 && (high - 0.3339).abs() < 5e-5, "{low} {high}");
        // As a part of a half of all rows it is half as far.
        let (half, _) = spread(|x| x, 0.5, of(56.0, 70.0), of(48.0, 80.0));
        assert!((half - low / 2.0).abs() < 1e-12);
    }

    #[test]
    fn wilsons_interval_is_the_known_one() {
        let (low, high) = wilson(0.0, 10.0);
        assert!(low == 0.0 && (high - 0.277_533).abs() < 1e-6);
        let (low, high) = wilson(472.0, 930.0);
        assert!((low - 0.475_431).abs() < 1e-6 && (high - 0.539_561).abs() < 1e-6);
    }

    #[test]
    fn welchs_test_is_the_known_one() {
        // 1..5 against 2,4,6,8,10 has t = 1.8974 with 5.8824 degrees of freedom and p = 0.1075.
        let (a, b) = (Sample { rows: 5.0, mean: 3.0, variance: 2.5 }, Sample { rows: 5.0, mean: 6.0, variance: 10.0 });
        let (t, p, reach) = welch(a, b);
        assert!((t - 1.897_367).abs() < 1e-5 && (p - 0.107_531).abs() < 1e-5, "{t} {p}");
        assert!(reach > 3.0);
        assert_eq!(welch(Sample { rows: 1.0, ..a }, b).1, 1.0);
    }
}
