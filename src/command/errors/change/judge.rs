//! What changed from the baseline to the incident: for each code the ratio of its rates, how sure that is, and since
//! when.

use crate::model::statistics::{self, Ratio};
use crate::session::{Span, Windows};

/// Adjusted p-values up to this are a change.
pub const FALSE_DISCOVERY_RATE: f64 = 0.05;
/// Smaller changes are `same`, however certain.
pub const RATIO_LEAST: f64 = 1.5;
/// Into how many parts each window is divided to see whether errors come singly or in bursts.
pub const PARTS: usize = 24;

/// How often a code is in one window.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    pub count: u64,
    /// Of rows with an outcome: how many failed with this code, and how many there are in the tables that have it.
    pub failed: u64,
    pub outcomes: u64,
    /// Of the outcomes those that are passes.
    pub passed: u64,
    /// By equal parts of the window.
    pub parts: [u64; PARTS],
    pub first: Option<i64>,
    pub last: Option<i64>,
}

/// A code in both windows.
#[derive(Debug, Clone, Default)]
pub struct Pair {
    pub baseline: Seen,
    pub incident: Seen,
}

#[derive(Debug, Clone)]
pub struct Change {
    pub change: &'static str,
    pub rate_ratio: Option<f64>,
    /// Per outcome, where the code is in tables with outcomes.
    pub risk_ratio: Option<f64>,
    /// Of the ratio that it is judged by.
    pub interval: (f64, f64),
    pub p_adjusted: f64,
    pub since: Option<i64>,
}

/// Judges all codes at once, so that the false-discovery rate holds for all of them together.
pub fn judge(pairs: &[Pair], windows: &Windows) -> Vec<Change> {
    let ratios: Vec<Option<Ratio>> = pairs.iter().map(|pair| ratio(pair, windows)).collect();
    let p_values: Vec<f64> = ratios.iter().map(|ratio| ratio.map_or(1.0, |ratio| ratio.p)).collect();
    let adjusted = statistics::adjusted(&p_values);
    pairs.iter().zip(ratios).zip(adjusted).map(|((pair, ratio), p)| change(pair, ratio, p, windows)).collect()
}

/// Of outcomes that (nearly) all are failures, a code's share tells nothing of how often it comes.
const PASSED_LEAST: f64 = 0.1;

/// Whether a code is judged by its failures per outcome rather than by its rows per time.
fn has_outcomes(pair: &Pair) -> bool {
    let tells = |seen: &Seen| seen.outcomes > 0 && seen.passed as f64 >= PASSED_LEAST * seen.outcomes as f64;
    pair.baseline.failed + pair.incident.failed > 0 && tells(&pair.baseline) && tells(&pair.incident)
}

fn ratio(pair: &Pair, windows: &Windows) -> Option<Ratio> {
    let (before, now) = (&pair.baseline, &pair.incident);
    let dispersion = statistics::dispersion([&before.parts[..], &now.parts[..]]);
    if has_outcomes(pair) {
        let worth = |count: u64| count as f64 / dispersion;
        return Some(statistics::risk_ratio(
            worth(now.failed),
            worth(now.outcomes),
            worth(before.failed),
            worth(before.outcomes),
        ));
    }
    let (span, baseline) = (windows.incident_length() as f64, windows.baseline.length() as f64);
    statistics::rate_ratio(now.count, span, before.count, baseline, dispersion)
}

fn change(pair: &Pair, ratio: Option<Ratio>, p: f64, windows: &Windows) -> Change {
    let (before, now) = (&pair.baseline, &pair.incident);
    let is_sure = p <= FALSE_DISCOVERY_RATE;
    let times = ratio.map_or(1.0, |ratio| ratio.ratio);
    let name = match (before.count, now.count) {
        (0, 1..) => "new",
        (1.., 0) if is_sure => "gone",
        (1.., 1..) if is_sure && times >= RATIO_LEAST => "up",
        (1.., 1..) if is_sure && times <= 1.0 / RATIO_LEAST => "down",
        _ => "same",
    };
    let part = |count: u64, whole: f64| count as f64 / whole;
    let known = |ratio: f64| ratio.is_finite().then_some(ratio);
    let rate = part(now.count, windows.incident_length() as f64) / part(before.count, windows.baseline.length() as f64);
    let risk = part(now.failed, now.outcomes as f64) / part(before.failed, before.outcomes as f64);
    Change {
        change: name,
        rate_ratio: known(rate),
        risk_ratio: known(risk).filter(|_| has_outcomes(pair)),
        interval: ratio.map_or((0.0, f64::INFINITY), |ratio| (ratio.low, ratio.high)),
        p_adjusted: p,
        since: since(pair, name, windows),
    }
}

/// Since when a code is new, gone, or changed: the first one, the last one, or where its counts are least like before.
fn since(pair: &Pair, change: &str, windows: &Windows) -> Option<i64> {
    match change {
        "new" => pair.incident.first,
        "gone" => pair.baseline.last,
        "up" | "down" => {
            let (before, now) = (windows.baseline, windows.incident);
            // Only windows that follow one another have a moment between them.
            if before.to > now.from {
                return None;
            }
            let lengths: Vec<f64> = [before, now]
                .into_iter()
                .flat_map(|window| std::iter::repeat_n(window.length() as f64, PARTS))
                .collect();
            let at = statistics::shift(&[pair.baseline.parts, pair.incident.parts].concat(), &lengths);
            let begin = |window: Span, part: usize| {
                let into = i128::from(window.length()) * part as i128 / PARTS as i128;
                window.from + i64::try_from(into).unwrap_or(0)
            };
            Some(if at < PARTS { begin(before, at) } else { begin(now, at - PARTS) })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000_000;

    /// Numbers that look random and are the same each time (SplitMix64).
    struct Dice(u64);

    impl Dice {
        fn unit(&mut self) -> f64 {
            self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
        }

        /// How many events there are in each part of a window that expects this many.
        fn seen(&mut self, expected: f64) -> Seen {
            let mut seen = Seen::default();
            let mut at = -self.unit().ln() / expected;
            while at < 1.0 {
                seen.count += 1;
                seen.parts[((at * PARTS as f64) as usize).min(PARTS - 1)] += 1;
                at -= self.unit().ln() / expected;
            }
            seen
        }
    }

    fn windows(baseline: i64, incident: i64) -> Windows {
        Windows {
            baseline: Span { from: 0, to: baseline * HOUR },
            incident: Span { from: baseline * HOUR, to: (baseline + incident) * HOUR },
            asked: None,
        }
    }

    #[test]
    fn in_a_thousand_trials_without_a_change_none_is_told_beyond_the_rate() {
        let mut dice = Dice(7);
        let mut wrong = 0;
        for trial in 0..1_000 {
            let (baseline, incident) = (1 + trial % 12, 1 + trial % 5);
            let pairs: Vec<Pair> = (0..20)
                .map(|code| {
                    let rate = 0.5 * f64::from(1 + code) * f64::from(1 + code) / 10.0;
                    Pair { baseline: dice.seen(rate * baseline as f64), incident: dice.seen(rate * incident as f64) }
                })
                .collect();
            let changes = judge(&pairs, &windows(baseline, incident));
            wrong += u32::from(changes.iter().any(|change| !matches!(change.change, "same" | "new")));
        }
        assert!(wrong <= 50, "{wrong} of 1,000 trials tell of a change, where 50 may");
    }

    #[test]
    fn what_rose_fell_came_and_went_is_told_among_what_did_not() {
        let mut dice = Dice(11);
        let (mut found, mut wrong) = (0, 0);
        for _ in 0..100 {
            let mut pairs: Vec<Pair> =
                (0..20).map(|_| Pair { baseline: dice.seen(40.0), incident: dice.seen(20.0) }).collect();
            pairs[3] = Pair { baseline: dice.seen(40.0), incident: dice.seen(80.0) };
            pairs[5] = Pair { baseline: dice.seen(160.0), incident: dice.seen(20.0) };
            pairs[7].baseline = Seen::default();
            pairs[9].incident = Seen::default();
            let changes = judge(&pairs, &windows(8, 4));
            let told = [3, 5, 7, 9].map(|at| changes[at].change);
            found += u32::from(told == ["up", "down", "new", "gone"]);
            wrong +=
                changes.iter().enumerate().filter(|(at, c)| ![3, 5, 7, 9].contains(at) && c.change != "same").count();
        }
        assert!(found >= 99 && wrong <= 20, "{found} of 100 found, {wrong} of 1,600 wrong");
    }

    #[test]
    fn twice_as_many_tests_with_the_same_share_of_failures_are_no_change() {
        let seen = |count: u64, outcomes: u64| Seen {
            count,
            failed: count,
            outcomes,
            passed: outcomes - count,
            parts: std::array::from_fn(|_| count / PARTS as u64),
            ..Seen::default()
        };
        let pairs = [Pair { baseline: seen(240, 2_400), incident: seen(480, 4_800) }];
        let change = &judge(&pairs, &windows(1, 1))[0];
        assert_eq!((change.change, change.rate_ratio, change.risk_ratio), ("same", Some(2.0), Some(1.0)));
    }

    #[test]
    fn a_rise_is_told_since_it_began() {
        let mut pair = Pair::default();
        pair.baseline.parts = [2; PARTS];
        pair.incident.parts = std::array::from_fn(|part| if part < 12 { 2 } else { 20 });
        (pair.baseline.count, pair.incident.count) = (48, 264);
        let windows = windows(24, 24);
        assert_eq!(judge(&[pair], &windows)[0].since, Some(36 * HOUR));
    }
}
