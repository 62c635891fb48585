//! How bad a slice is for its size, and how bad any part of it can be (Sagadeeva and Boehm 2021, `SliceLine`).

/// What is summed over the rows of a slice. Errors are not negative.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sums {
    pub rows: f64,
    pub errors: f64,
    /// The greatest error of one row.
    pub most: f64,
}

impl Sums {
    /// `alpha` weighs how much worse than all rows the mean error is, the rest how small the slice is; 0 is as bad as all.
    pub fn score(self, whole: Sums, alpha: f64) -> f64 {
        if whole.errors <= 0.0 || self.rows <= 0.0 {
            return 0.0;
        }
        let mean = whole.errors / whole.rows;
        alpha * (self.errors / self.rows / mean - 1.0) - (1.0 - alpha) * (whole.rows / self.rows - 1.0)
    }

    /// No slice within all of these and of at least `least` rows scores more: it has no more rows and errors than the
    /// least of them, and no row with more error. Its size is weighed against all rows, not against the number of values
    /// that columns have, as two public implementations do and so lose slices.
    pub fn bound(parents: &[Sums], whole: Sums, alpha: f64, least: f64) -> f64 {
        let of = |pick: fn(&Sums) -> f64| parents.iter().map(pick).fold(f64::INFINITY, f64::min);
        let (rows, errors, most) = (of(|one| one.rows), of(|one| one.errors), of(|one| one.most));
        if rows < least {
            return f64::NEG_INFINITY;
        }
        let full = if most > 0.0 { (errors / most).clamp(least, rows) } else { least };
        let at = |size: f64| Sums { rows: size, errors: (size * most).min(errors), most }.score(whole, alpha);
        [least, full, rows].into_iter().map(at).fold(f64::NEG_INFINITY, f64::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_weighs_error_against_size() {
        let whole = Sums { rows: 100.0, errors: 10.0, most: 1.0 };
        assert!(whole.score(whole, 0.95).abs() < 1e-12);
        let slice = Sums { rows: 20.0, errors: 8.0, most: 1.0 };
        // .95 * (4 - 1) - .05 * (5 - 1)
        assert!((slice.score(whole, 0.95) - 2.65).abs() < 1e-12);
        assert!((Sums::bound(&[slice], whole, 0.95, 2.0) - 7.975).abs() < 1e-12, "8 rows with all the errors");
        assert_eq!(Sums::bound(&[slice], whole, 0.95, 21.0), f64::NEG_INFINITY);
    }
}
