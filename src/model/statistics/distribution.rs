//! How unlike two distributions are, of values counted between the same cuts.

use super::blocks::{Blocks, Spread, least_sure, share_spreads, step, surer};

/// The largest difference of two cumulative shares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ks {
    /// 0 of equal distributions, 1 of ones without a value in common.
    pub distance: f64,
    /// The cut at which it is: values up to it differ most in share.
    pub cut: usize,
    pub p: f64,
    pub spread: Spread,
    /// The same of rows that are independent.
    pub alone: f64,
}

/// The test of Kolmogorov and Smirnov over values in bins, one of them more than there are cuts: `bins[b]` has the values
/// of each block between cuts `b - 1` and `b`. Rows are worth as much as blocks of them say of the share up to the cut
/// with the largest difference. None where a window has no value.
pub fn kolmogorov_smirnov(bins: &[Blocks<u32>]) -> Option<Ks> {
    let mut below: Blocks<u32> = zero(bins.first()?);
    let mut rows = below.clone();
    bins.iter().for_each(|bin| add(&mut rows, bin));
    let all = [rows.sum(0), rows.sum(1)];
    if all.iter().any(|all| *all <= 0.0) {
        return None;
    }
    let (mut distance, mut cut, mut hits) = (0.0, 0, below.clone());
    for (at, bin) in bins.iter().enumerate().take(bins.len() - 1) {
        add(&mut below, bin);
        let apart = (below.sum(0) / all[0] - below.sum(1) / all[1]).abs();
        if apart > distance {
            (distance, cut, hits) = (apart, at, below.clone());
        }
    }
    let test = |effect: f64| kolmogorov(distance, all[0] / effect, all[1] / effect);
    let apart = |[(a, with), (c, without)]: [(f64, f64); 2], effect: f64| {
        kolmogorov((a / with - c / without).abs(), with / effect, without / effect)
    };
    let whole = least_sure(&share_spreads(&hits, &rows), test);
    let (p, spread) = surer(whole, step(&hits, &rows, &[], apart));
    Some(Ks { distance, cut, p, spread, alone: test(1.0) })
}

fn zero(like: &Blocks<u32>) -> Blocks<u32> {
    Blocks { sides: like.sides.each_ref().map(|side| vec![0; side.len()]) }
}

fn add(sum: &mut Blocks<u32>, more: &Blocks<u32>) {
    for (sum, more) in sum.sides.iter_mut().zip(&more.sides) {
        sum.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
    }
}

/// The probability of a larger distance between samples of one distribution: Kolmogorov's (1933), with Stephens'
/// correction (1970) of small samples.
fn kolmogorov(distance: f64, first: f64, second: f64) -> f64 {
    let root = (first * second / (first + second)).sqrt();
    let x = (root + 0.12 + 0.11 / root) * distance;
    if x < 0.2 {
        return 1.0;
    }
    let term = |k: i32| {
        let sign = if k % 2 == 1 { 1.0 } else { -1.0 };
        sign * (-2.0 * f64::from(k * k) * x * x).exp()
    };
    (2.0 * (1..=100).map(term).sum::<f64>()).clamp(0.0, 1.0)
}

/// The distance of Jensen and Shannon between two distributions over the same parts, with logarithms of base 2: 0 of
/// equal ones, 1 of ones that have nothing in common (Lin, 1991; its root is a metric).
pub fn jensen_shannon(first: &[f64], second: &[f64]) -> f64 {
    let (all_first, all_second) = (first.iter().sum::<f64>(), second.iter().sum::<f64>());
    if all_first <= 0.0 || all_second <= 0.0 {
        return if all_first == all_second { 0.0 } else { 1.0 };
    }
    let half = |p: f64, q: f64| if p > 0.0 { 0.5 * p * (2.0 * p / (p + q)).log2() } else { 0.0 };
    let part = |(first, second): (&f64, &f64)| {
        let (p, q) = (first / all_first, second / all_second);
        half(p, q) + half(q, p)
    };
    first.iter().zip(second).map(part).sum::<f64>().clamp(0.0, 1.0).sqrt()
}

/// The distance of two shares.
pub fn share_distance(first: f64, second: f64) -> f64 {
    jensen_shannon(&[first, 1.0 - first], &[second, 1.0 - second])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values_of_the_kolmogorov_distribution() {
        // 5 % is at 1.3581 and 1 % at 1.6276 (Smirnov, 1948), of large samples.
        let p = |x: f64| kolmogorov(x / 5e5_f64.sqrt(), 1e6, 1e6);
        assert!((p(1.3581) - 0.05).abs() < 2e-4 && (p(1.6276) - 0.01).abs() < 1e-4, "{} {}", p(1.3581), p(1.6276));
    }

    #[test]
    fn the_largest_difference_is_at_its_cut() {
        let bin = |first: u32, second: u32| Blocks { sides: [vec![first; 24], vec![second; 24]] };
        let ks = kolmogorov_smirnov(&[bin(30, 10), bin(40, 40), bin(30, 50)]).expect("values");
        assert!((ks.distance - 0.2).abs() < 1e-12 && ks.cut == 0 && ks.p < 1e-9, "{ks:?}");
        assert_eq!(kolmogorov_smirnov(&[bin(0, 10), bin(0, 10)]), None);
    }

    #[test]
    fn distances_are_none_and_whole() {
        assert_eq!(jensen_shannon(&[1.0, 2.0], &[2.0, 4.0]), 0.0);
        assert_eq!(jensen_shannon(&[1.0, 0.0], &[0.0, 5.0]), 1.0);
        // By hand: p = (1, 0), q = (1/2, 1/2): 1/2 log2(4/3) + 1/4 log2(2/3) + 1/4 = 0.311278.
        assert!((share_distance(1.0, 0.5) - 0.311_278_f64.sqrt()).abs() < 1e-6);
    }
}
