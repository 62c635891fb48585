//! Figures as people read them: no more digits than they are worth.

use super::coverage::grouped;

/// To so many places behind the point.
pub fn rounded(value: f64, places: i32) -> f64 {
    let by = 10_f64.powi(places);
    (value * by).round() / by
}

/// To so many digits, wherever the point is.
pub fn digits(value: f64, digits: usize) -> f64 {
    format!("{value:.*e}", digits.max(1) - 1).parse().unwrap_or(value)
}

/// A share of 0 to 1 as `14 %` or `0.4 %`.
pub fn percent(share: f64) -> String {
    let percent = 100.0 * share;
    if percent < 9.95 { format!("{percent:.1} %") } else { format!("{percent:.0} %") }
}

/// `1 test`, `1,204 tests`.
pub fn plural(count: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(count), if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_the_digits_they_are_worth() {
        assert_eq!((rounded(0.123_45, 4), rounded(1234.5, 0)), (0.1235, 1235.0));
        assert_eq!((digits(1.234_56e-9, 3), digits(0.0, 3), digits(98_765.0, 3)), (1.23e-9, 0.0, 98_800.0));
        assert_eq!([0.004, 0.0994, 0.0995, 0.14, 1.0].map(percent), ["0.4 %", "9.9 %", "10 %", "14 %", "100 %"]);
        assert_eq!([1, 1204].map(|count| plural(count, "test")), ["1 test", "1,204 tests"]);
    }
}
