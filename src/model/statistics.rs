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
    fn equal_rates_do_not_differ_and_tenfold_ones_do() {
        assert!(rates_differ(10, 1.0, 100, 10.0) > 0.9);
        assert!(rates_differ(50, 1.0, 50, 10.0) < 1e-12);
        // Of five events all in one of two equal windows: twice 2^-5.
        assert!((rates_differ(5, 1.0, 0, 1.0) - 0.0625).abs() < 1e-12);
    }
}
