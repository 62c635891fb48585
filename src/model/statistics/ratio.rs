//! How much more often something happens in one place or time than in another.

use statrs::function::beta::inv_beta_reg;
use statrs::function::gamma::ln_gamma;

use super::NORMAL_95;
use super::tail::{binomial_at_least, normal_above};

/// How many times as often, with its interval of 95 %.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ratio {
    pub ratio: f64,
    pub low: f64,
    pub high: f64,
    /// Two-sided, that there is no difference.
    pub p: f64,
}

/// Counts up to here have an exact interval.
const EXACT_MOST: f64 = 10_000.0;

/// `first` events in `first_span` against `second` in `second_span`: two Poisson rates, by the exact conditional test
/// (Przyborowski and Wilenski, 1940): of all events the first window has a binomial share. p is twice the smaller
/// tail; the interval is that of Clopper and Pearson (1934) for the share. `dispersion` is how much more than Poisson's
/// the counts vary, at least 1: counts are worth that much less. None where a span is empty or nothing happened.
pub fn rate_ratio(first: u64, first_span: f64, second: u64, second_span: f64, dispersion: f64) -> Option<Ratio> {
    if first + second == 0 || first_span <= 0.0 || second_span <= 0.0 {
        return None;
    }
    let (a, b) = (first as f64 / dispersion, second as f64 / dispersion);
    let (n, share) = (a + b, first_span / (first_span + second_span));
    let above = binomial_at_least(a, n, share);
    let below = binomial_at_least(b, n, 1.0 - share);
    let (low, high) = share_interval(a, n);
    let of_share = |p: f64| if p >= 1.0 { f64::INFINITY } else { p / (1.0 - p) * second_span / first_span };
    Some(Ratio {
        ratio: (first as f64 / first_span) / (second as f64 / second_span),
        low: of_share(low),
        high: of_share(high),
        p: (2.0 * above.min(below)).clamp(0.0, 1.0),
    })
}

/// The interval of 95 % of a share of which `k` of `n` were seen: Clopper and Pearson's, of large counts Wilson's.
fn share_interval(k: f64, n: f64) -> (f64, f64) {
    if n <= EXACT_MOST {
        let low = if k <= 0.0 { 0.0 } else { inv_beta_reg(k, n - k + 1.0, 0.025) };
        let high = if k >= n { 1.0 } else { inv_beta_reg(k + 1.0, n - k, 0.975) };
        return (low, high);
    }
    let (p, z) = (k / n, NORMAL_95);
    let middle = p + z * z / (2.0 * n);
    let reach = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    let whole = 1.0 + z * z / n;
    (((middle - reach) / whole).max(0.0), ((middle + reach) / whole).min(1.0))
}

/// `a` of `with` against `c` of `without`. The interval is that of the logarithm (Katz, 1978); where a count is zero,
/// half a case is added to each (Haldane, 1956). p is Fisher's exact one where a cell has or expects less than five, else
/// of the logarithm: that has no say where a count is next to none, however many were expected.
pub fn risk_ratio(a: f64, with: f64, c: f64, without: f64) -> Ratio {
    let expected = (a + c).min(with + without - a - c) * with.min(without) / (with + without).max(1.0);
    let least = [a, with - a, c, without - c].into_iter().fold(expected, f64::min);
    let fisher = (least < 5.0).then(|| fisher(a, with, c, without));
    let half = if a == 0.0 || c == 0.0 || a == with || c == without { 0.5 } else { 0.0 };
    let (a, with, c, without) = (a + half, with + 2.0 * half, c + half, without + 2.0 * half);
    let ratio = (a / with) / (c / without);
    let error = (1.0 / a - 1.0 / with + 1.0 / c - 1.0 / without).max(0.0).sqrt();
    let (low, high) = ((ratio.ln() - NORMAL_95 * error).exp(), (ratio.ln() + NORMAL_95 * error).exp());
    let p = if error > 0.0 { 2.0 * normal_above(ratio.ln().abs() / error) } else { 1.0 };
    Ratio { ratio, low, high, p: fisher.unwrap_or(p) }
}

/// Twice the smaller tail of the hypergeometric distribution, at most 1: that which leads away from what is expected.
fn fisher(a: f64, with: f64, c: f64, without: f64) -> f64 {
    let (cases, all) = (a + c, with + without);
    let ln_choose = |n: f64, k: f64| ln_gamma(n + 1.0) - ln_gamma(k + 1.0) - ln_gamma(n - k + 1.0);
    let term = |k: f64| (ln_choose(with, k) + ln_choose(without, cases - k) - ln_choose(all, cases)).exp();
    let sum = |step: f64| {
        let (mut k, mut sum) = (a, 0.0);
        while k >= 0.0 && k <= with && k <= cases && cases - k <= without {
            let more = term(k);
            sum += more;
            // Far from what is expected all of them are too small to be told from nothing.
            if more <= 1e-15 * sum {
                break;
            }
            k += step;
        }
        sum
    };
    let away = if a * all < cases * with { -1.0 } else { 1.0 };
    (2.0 * sum(away)).clamp(0.0, 1.0)
}

/// How much more than Poisson's counts in equal parts of a window vary: Pearson's chi-square by its degrees of freedom,
/// over all windows. 1 unless that is beyond chance, so that what comes singly keeps its exact test.
pub fn dispersion<'a>(windows: impl IntoIterator<Item = &'a [u64]>) -> f64 {
    let (mut chi_square, mut freedom) = (0.0, 0.0);
    for counts in windows {
        let sum: u64 = counts.iter().sum();
        if sum < 2 || counts.len() < 2 {
            continue;
        }
        let mean = sum as f64 / counts.len() as f64;
        chi_square += counts.iter().map(|count| (*count as f64 - mean).powi(2) / mean).sum::<f64>();
        freedom += counts.len() as f64 - 1.0;
    }
    if freedom == 0.0 {
        return 1.0;
    }
    let over = chi_square / freedom;
    if over > 1.0 + 2.0 * (2.0 / freedom).sqrt() { over } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_where_many_were_expected_is_no_chance() {
        // Twice SciPy's hypergeom.cdf(0, 457, 40, 208).
        let p = risk_ratio(40.0, 249.0, 0.0, 208.0).p;
        assert!((p / 1.194_651_834_731_191_2e-11 - 1.0).abs() < 1e-6, "{p}");
        assert_eq!(p, risk_ratio(0.0, 208.0, 40.0, 249.0).p);
        // Of a hundred thousand rows too.
        let p = risk_ratio(2.0, 50_000.0, 30.0, 50_000.0).p;
        assert!((p / 2.454_008_819_957_255e-7 - 1.0).abs() < 1e-6, "{p}");
    }

    #[test]
    fn a_risk_ratio_has_the_known_interval() {
        // 10 of 75 against 12 of 225.
        let found = risk_ratio(10.0, 75.0, 12.0, 225.0);
        assert!((found.ratio - 2.5).abs() < 1e-9);
        assert!((found.low - 1.126_16).abs() < 1e-4 && (found.high - 5.549_85).abs() < 1e-4, "{found:?}");
        assert!(risk_ratio(0.0, 10.0, 0.0, 10.0).p > 0.9);
    }

    #[test]
    fn the_lady_tasting_tea_is_judged_exactly() {
        // Fisher (1935): three of four cups told rightly has a one-sided p of 17/70; twice that here.
        assert!((risk_ratio(3.0, 4.0, 1.0, 4.0).p - 34.0 / 70.0).abs() < 1e-9);
    }

    #[test]
    fn equal_rates_do_not_differ_and_tenfold_ones_do() {
        let ratio = |a, s, b, t| rate_ratio(a, s, b, t, 1.0).expect("a ratio");
        assert!(ratio(10, 1.0, 100, 10.0).p > 0.9);
        assert!(ratio(50, 1.0, 50, 10.0).p < 1e-12);
        assert!((ratio(50, 1.0, 50, 10.0).ratio - 10.0).abs() < 1e-9);
        // Of five events all in one of two equal windows: twice 2^-5.
        let all = ratio(5, 1.0, 0, 1.0);
        assert!((all.p - 0.0625).abs() < 1e-9 && all.high.is_infinite());
        assert_eq!(rate_ratio(0, 1.0, 0, 1.0, 1.0), None);
    }

    #[test]
    fn the_interval_of_a_share_is_the_known_one() {
        // 5 of 10 by Clopper and Pearson; 472 of 930 by Wilson.
        let (low, high) = share_interval(5.0, 10.0);
        assert!((low - 0.187_086).abs() < 1e-5 && (high - 0.812_914).abs() < 1e-5, "{low} {high}");
        let (low, high) = share_interval(47_200.0, 93_000.0);
        assert!(low > 0.504 && high < 0.511, "{low} {high}");
    }

    #[test]
    fn bursts_make_counts_worth_less() {
        assert!((dispersion([&[3, 5, 4, 6, 2, 4, 5, 3][..]]) - 1.0).abs() < 1e-9);
        assert!(dispersion([&[0, 0, 30, 0, 0, 0, 28, 0][..]]) > 10.0);
    }
}
