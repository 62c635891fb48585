//! Tails of the normal, Student's, the binomial and the Poisson distribution; counts that are scaled and so are no whole
//! numbers have them too.

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};
use statrs::function::beta::checked_beta_reg;
use statrs::function::gamma::checked_gamma_lr;

use super::NORMAL_95;

/// Up to here the continued fraction of the incomplete beta function has converged within its 140 steps.
const EXACT_MOST: f64 = 10_000.0;

/// The probability that a standard normal value is above `z`.
pub fn normal_above(z: f64) -> f64 {
    Normal::standard().cdf(-z)
}

/// The probability that Student's t is above `t`, which is not negative; `None` if there are no such degrees of freedom.
pub fn student_above(t: f64, freedom: f64) -> Option<f64> {
    let exact = StudentsT::new(0.0, 1.0, freedom).ok()?;
    if freedom <= EXACT_MOST {
        return Some(exact.cdf(-t));
    }
    // Wallace, "Bounds on Normal Approximations to Student's and the Chi-Square Distributions" (1959).
    let root = if freedom.is_finite() { (freedom * (t * t / freedom).ln_1p()).sqrt() } else { t };
    Some(normal_above(root * (1.0 - 2.0 / (8.0 * freedom + 3.0))))
}

/// Student's t is within this of zero with 95 %; `None` if there are no such degrees of freedom.
pub fn student_95(freedom: f64) -> Option<f64> {
    let exact = StudentsT::new(0.0, 1.0, freedom).ok()?;
    if freedom <= EXACT_MOST {
        return Some(exact.inverse_cdf(0.975));
    }
    // The first term of Cornish and Fisher's expansion.
    Some(NORMAL_95 + (NORMAL_95.powi(3) + NORMAL_95) / (4.0 * freedom))
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

    /// Values of SciPy's `t.ppf` and `t.sf`.
    #[test]
    fn students_tail_is_known_for_any_degrees_of_freedom() {
        for (freedom, reach, above) in [
            (5.0, 2.570_581_835_6, [0.181_608_733_8, 0.015_049_623_9, 9.230_691_448e-4, 3.544_746_259e-5]),
            (9_999.0, 1.960_201_263_6, [0.158_667_353_4, 1.353_224_428e-3, 1.020_812_709e-9, 2.990_044_006e-33]),
            (10_001.0, 1.960_201_216_2, [0.158_667_351_0, 1.353_223_762e-3, 1.020_805_764e-9, 2.989_735_641e-33]),
            (1e6, 1.959_966_356_8, [0.158_655_374_9, 1.349_931_271e-3, 9.869_249_062e-10, 1.785_842_562e-33]),
            (7.5e7, 1.959_964_016_2, [0.158_655_255_5, 1.349_898_475e-3, 9.865_921_412e-10, 1.776_606_607e-33]),
        ] {
            let told = student_95(freedom).expect("degrees of freedom");
            assert!((told - reach).abs() < 1e-7, "{freedom}: {told}");
            for (t, expected) in [1.0, 3.0, 6.0, 12.0].into_iter().zip(above) {
                let told = student_above(t, freedom).expect("degrees of freedom");
                assert!((told / expected - 1.0).abs() < 1e-4, "{t} of {freedom}: {told}");
            }
        }
        assert_eq!((student_95(0.0), student_above(1.0, f64::NAN)), (None, None));
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
