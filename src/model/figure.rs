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

/// A share of 0 to 1 to four places; one that is not quite none or all has as many as tell it from that.
pub fn share(share: f64) -> f64 {
    // A share of fewer is one of no rows, but what sums of fractions leave.
    const PLACES: std::ops::RangeInclusive<i32> = 4..=9;
    let is_end = |rounded: f64| share > 0.0 && share < 1.0 && (rounded == 0.0 || rounded == 1.0);
    let mut all = PLACES.map(|places| rounded(share, places));
    all.find(|rounded| !is_end(*rounded)).unwrap_or_else(|| rounded(share, 4))
}

/// A share of 0 to 1 as `14 %` or `0.4 %`. What is not quite none or all is not told as that.
pub fn percent(share: f64) -> String {
    let percent = 100.0 * share;
    let is_whole = percent >= 9.95 && (percent < 99.5 || share >= 1.0);
    if is_whole { format!("{percent:.0} %") } else { percent_in_tenths(share) }
}

/// The same with a place behind the point, for shares that are held to each other.
pub fn percent_in_tenths(share: f64) -> String {
    match share {
        _ if share > 0.0 && share < 0.001 => "under 0.1 %".into(),
        _ if share > 0.999 && share < 1.0 => "over 99.9 %".into(),
        _ => format!("{:.1} %", 100.0 * share),
    }
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
        assert_eq!(
            [0.0, 1e-6, 0.994, 0.996, 299_999.0 / 300_000.0].map(percent),
            ["0.0 %", "under 0.1 %", "99 %", "99.6 %", "over 99.9 %"]
        );
        assert_eq!([0.1234, 0.9999].map(percent_in_tenths), ["12.3 %", "over 99.9 %"]);
        assert_eq!(
            [0.0, 1.0, 1.0 / 3.0, 0.00004, 0.99996, 1.25].map(share),
            [0.0, 1.0, 0.3333, 0.00004, 0.99996, 1.25]
        );
        assert_eq!([1.0 / 300_000.0, 299_999.0 / 300_000.0, 1e-17].map(share), [0.000_003, 0.999_997, 0.0]);
        assert_eq!([1, 1204].map(|count| plural(count, "test")), ["1 test", "1,204 tests"]);
    }
}
