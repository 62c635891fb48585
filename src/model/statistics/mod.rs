//! The few tests that findings rest on: exact, two-sided, with the false-discovery rate kept over many of them.

/// ln(n!), exact by summing up to a thousand and by Stirling's series beyond (error below 1e-12).
fn ln_factorial(n: u64) -> f64 {
    if n < 1_000 {
        return (2..=n).map(|k| (k as f64).ln()).sum();
    }
    let x = n as f64;
    x * x.ln() - x + 0.5 * (std::f64::consts::TAU * x).ln() + 1.0 / (12.0 * x) - 1.0 / (360.0 * x.powi(3))
}

/// The probability of `k` of `n` where each has `p`.
fn binomial(k: u64, n: u64, p: f64) -> f64 {
    if p <= 0.0 || p >= 1.0 {
        return if (p <= 0.0 && k == 0) || (p >= 1.0 && k == n) { 1.0 } else { 0.0 };
    }
    let ln =
        ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k) + k as f64 * p.ln() + (n - k) as f64 * (1.0 - p).ln();
    ln.exp()
}

/// Whether two rates differ: `first` events in `first_span` against `second` in `second_span`. The exact conditional
/// test of two Poisson rates (Przyborowski and Wilenski, 1940): of all events the first window has a binomial share.
/// Twice the smaller tail, at most 1.
pub fn rates_differ(first: u64, first_span: f64, second: u64, second_span: f64) -> f64 {
    let n = first + second;
    if n == 0 || first_span <= 0.0 || second_span <= 0.0 {
        return 1.0;
    }
    let p = first_span / (first_span + second_span);
    let below: f64 = (0..=first).map(|k| binomial(k, n, p)).sum();
    let above = 1.0 - below + binomial(first, n, p);
    (2.0 * below.min(above)).clamp(0.0, 1.0)
}

/// How much likelier something is with than without, with its interval of 95 %.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RiskRatio {
    pub ratio: f64,
    pub low: f64,
    pub high: f64,
    /// Two-sided, that there is no difference.
    pub p: f64,
}

/// `a` of `with` against `c` of `without`. The interval is that of the logarithm (Katz, 1978); where a count is zero,
/// half a case is added to each (Haldane, 1956).
pub fn risk_ratio(a: f64, with: f64, c: f64, without: f64) -> RiskRatio {
    let half = if a == 0.0 || c == 0.0 || a == with || c == without { 0.5 } else { 0.0 };
    let (a, with, c, without) = (a + half, with + 2.0 * half, c + half, without + 2.0 * half);
    let ratio = (a / with) / (c / without);
    let error = (1.0 / a - 1.0 / with + 1.0 / c - 1.0 / without).max(0.0).sqrt();
    let (low, high) = ((ratio.ln() - 1.959_964 * error).exp(), (ratio.ln() + 1.959_964 * error).exp());
    let p = if error > 0.0 { 2.0 * normal_tail(ratio.ln().abs() / error) } else { 1.0 };
    RiskRatio { ratio, low, high, p }
}

/// The probability that a standard normal value is above `z` (Abramowitz and Stegun 7.1.26, error below 1e-7), and far
/// out by its asymptote.
fn normal_tail(z: f64) -> f64 {
    let x = z / std::f64::consts::SQRT_2;
    if x > 4.0 {
        return (-x * x).exp() / (2.0 * x * std::f64::consts::PI.sqrt());
    }
    let t = 1.0 / (1.0 + 0.327_591_1 * x);
    let series = [1.061_405_429, -1.453_152_027, 1.421_413_741, -0.284_496_736, 0.254_829_592];
    let sum = series.into_iter().fold(0.0, |sum, factor| sum * t + factor) * t;
    (0.5 * sum * (-x * x).exp()).clamp(0.0, 0.5)
}

/// Adjusted p-values of Benjamini and Hochberg (1995): reject those at or below the false-discovery rate.
pub fn adjusted(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*b].total_cmp(&p_values[*a]));
    let count = p_values.len() as f64;
    let mut adjusted = vec![1.0; p_values.len()];
    let mut least: f64 = 1.0;
    for (from_last, index) in order.into_iter().enumerate() {
        least = least.min(p_values[index] * count / (count - from_last as f64));
        adjusted[index] = least;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_benjamini_and_hochberg_rejects_four() {
        let p = [
            0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528,
            0.7590, 1.0,
        ];
        assert_eq!(adjusted(&p).iter().filter(|q| **q <= 0.05).count(), 4);
    }

    #[test]
    fn a_risk_ratio_has_the_known_interval() {
        // 10 of 75 against 12 of 225.
        let found = risk_ratio(10.0, 75.0, 12.0, 225.0);
        assert!((found.ratio - 2.5).abs() < 1e-9);
        assert!((found.low - 1.126_16).abs() < 1e-4 && (found.high - 5.549_85).abs() < 1e-4, "{found:?}");
        assert!((normal_tail(1.959_964) - 0.025).abs() < 1e-6);
        assert!(normal_tail(8.0) < 1e-14 && normal_tail(8.0) > 0.0);
        assert!(risk_ratio(0.0, 10.0, 0.0, 10.0).p > 0.9);
    }

    #[test]
    fn equal_rates_do_not_differ_and_tenfold_ones_do() {
        assert!(rates_differ(10, 1.0, 100, 10.0) > 0.9);
        assert!(rates_differ(50, 1.0, 50, 10.0) < 1e-12);
        // Of five events all in one of two equal windows: twice 2^-5.
        assert!((rates_differ(5, 1.0, 0, 1.0) - 0.0625).abs() < 1e-12);
    }
}
