//! Whether two windows cover the same hours and days, so that what follows the clock or the week is no change.

use crate::model::time::{DAY, HOUR};
use crate::session::{Span, Windows};

/// Which hours of the day (24 of them), and which days of the week, a window has.
fn covered(span: Span, length: i64, of: i64) -> Vec<bool> {
    let places = usize::try_from(of / length).unwrap_or(1);
    let mut has = vec![false; places];
    if span.length() >= of {
        return vec![true; places];
    }
    let (first, last) = (span.from.div_euclid(length), (span.to - 1).div_euclid(length));
    (first..=last).for_each(|at| has[usize::try_from(at.rem_euclid(of / length)).unwrap_or(0)] = true);
    has
}

/// What is to be known of windows that cover different hours, or different days of the week.
pub fn note(windows: &Windows) -> Option<String> {
    let differ = |length: i64, of: i64| {
        let [before, now] = [windows.baseline, windows.incident].map(|span| covered(span, length, of));
        before != now
    };
    let what = match (differ(HOUR, DAY), differ(DAY, 7 * DAY)) {
        (true, _) => "hours of the day",
        (_, true) => "days of the week",
        _ => return None,
    };
    Some(format!("the windows cover different {what}: what follows the clock or the week may be told as a change"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(baseline: (i64, i64), incident: (i64, i64)) -> bool {
        let span = |(from, to): (i64, i64)| Span { from: from * HOUR, to: to * HOUR };
        note(&Windows { baseline: span(baseline), incident: span(incident), asked: None }).is_some()
    }

    #[test]
    fn whole_weeks_are_alike_and_a_morning_is_not_like_a_day() {
        assert!(!told((0, 168), (168, 336)));
        assert!(told((0, 24), (24, 48)));
        assert!(told((0, 24), (24, 30)));
        assert!(!told((8, 10), (176, 178)));
    }
}
