//! Tails of the binomial and the Poisson distribution, also for counts that are scaled and so are no whole numbers.

use statrs::distribution::{ContinuousCDF, Normal};
use statrs::function::beta::checked_beta_reg;
use statrs::function::gamma::checked_gamma_lr;

/// Up to here the continued fraction of the incomplete beta function has converged within its 140 steps.
const EXACT_MOST: f64 = 10_000.0;

/// The probability that a standard normal value is above `z`.
pub fn normal_above(z: f64) -> f64 {
    Normal::standard().cdf(-z)
}

/// The probability of `k` or more of `n` where each has `p`.
pub fn binomial_at_least(k: f64, n: f64, p: f64) -> f64 {
    if k <= 0.0 {
        return 1.0;
    }
    if k > n {
        return 0.0;
    }
    if n <= EXACT_MOST {
        return checked_beta_reg(k, n - k + 1.0, p).unwrap_or(1.0);
    }
    // The signed root of the deviance is nearly normal, far out in the tails too.
    let k = k - 0.5;
    let part = |seen: f64, expected: f64| if seen > 0.0 { seen * (seen / expected).ln() } else { 0.0 };
    let deviance = 2.0 * (part(k, n * p) + part(n - k, n * (1.0 - p)));
    normal_above((k - n * p).signum() * deviance.max(0.0).sqrt())
}

/// The probability of `count` or more events where `expected` are expected (Poisson).
pub fn at_least(count: u64, expected: f64) -> f64 {
    if count == 0 {
        return 1.0;
    }
    if expected <= 0.0 {
        return 0.0;
    }
    checked_gamma_lr(count as f64, expected).unwrap_or(0.0).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_of_a_coin_is_the_sum_of_its_terms() {
        // Of ten fair coins eight or more: (45 + 10 + 1) / 1024.
        assert!((binomial_at_least(8.0, 10.0, 0.5) - 56.0 / 1024.0).abs() < 1e-12);
        assert!((binomial_at_least(0.0, 10.0, 0.5) - 1.0).abs() < 1e-12);
        assert!((at_least(1, 1.0) - (1.0 - (-1.0_f64).exp())).abs() < 1e-12);
    }

    #[test]
    fn both_ways_agree_where_they_meet() {
        for (k, p) in [(5_050.0, 0.5), (5_200.0, 0.5), (4_900.0, 0.5), (130.0, 0.01), (60.0, 0.01)] {
            let (exact, near) = (binomial_at_least(k, 10_000.0, p), binomial_at_least(k, 10_000.01, p));
            assert!((exact - near).abs() < 0.1 * exact.min(1.0 - exact).max(1e-9) + 1e-9, "{k} {p} {exact} {near}");
        }
        assert!((normal_above(NORMAL) - 0.025).abs() < 1e-9);
    }

    const NORMAL: f64 = super::super::NORMAL_95;
}
