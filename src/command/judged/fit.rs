//! Whether an attribute tells bad rows from good ones by itself, and how: it says the same in other words, one of its
//! values is all that is bad, or it says something of bad rows alone.

use super::classes::Split;
use super::numbers::Tally;
use super::rows::{Coded, Rows, Seen};
use super::values::{Maker, joined, sorted};
use crate::command::explain::attributes::Attribute;
use crate::model::contrast::Covered;
use crate::model::meaning;

/// How an attribute fits the bad rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// One value, or all on one side of a number, are all bad rows and no other.
    Exact,
    /// It says something of at least half of the bad rows, and of good rows nothing; or of these, as the code of no
    /// failure, always the same.
    OfBadAlone,
}

/// Whether an attribute says in other words which rows are bad.
pub fn is_answer(rows: &Rows, (at, attribute): (usize, &Attribute), split: Split) -> bool {
    let maker = Maker { attribute, at, rows, all: 0, split, least: 0 };
    match rows.seen(at, split) {
        Seen::TooMany => false,
        Seen::Texts(seen) => maker.is_answer_of_two(&seen),
        Seen::Numbers(seen) if maker.has_ranges(&seen) => maker.is_answer_of_many(&sorted(seen)),
        Seen::Numbers(seen) => maker.is_answer_of_two(&sorted(seen)),
        Seen::Keys(tallies) => maker.is_answer_of_keys(&tallies),
    }
}

impl Maker<'_> {
    /// A column may say in other words what is bad, as a score does, and not a finding or what was before.
    fn may_be_the_answer(&self) -> bool {
        self.attribute.column.is_some()
    }

    /// Whether one of two values is that of all bad rows and the other that of all good ones.
    pub(super) fn is_answer_of_two<V>(&self, seen: &[Coded<V>]) -> bool {
        let known: Vec<&Covered> = seen.iter().filter(|seen| seen.value.is_some()).map(|seen| &seen.covered).collect();
        self.may_be_the_answer() && known.len() == 2 && seen.len() == 2 && is_apart(&known)
    }

    pub(super) fn is_answer_of_many(&self, sorted: &[Coded<i64>]) -> bool {
        let covered: Vec<&Covered> = sorted.iter().map(|seen| &seen.covered).collect();
        self.may_be_the_answer() && sorted.iter().all(|seen| seen.value.is_some()) && is_apart(&covered)
    }

    pub(super) fn is_answer_of_keys(&self, [good, bad]: &[Tally; 2]) -> bool {
        let is_few = joined(good, bad).few().is_some_and(|few| few.len() != 2);
        self.may_be_the_answer() && good.nulls + bad.nulls == 0 && !is_few && bad.is_apart(good)
    }

    /// How values that are looked at one by one fit.
    pub(super) fn fit_of_codes<V>(&self, seen: &[Coded<V>]) -> Option<Fit> {
        let counts: Vec<(bool, Covered)> = seen.iter().map(|seen| (seen.value.is_none(), seen.covered)).collect();
        if self.may_be_the_answer() { fit(&counts, is_of_failures(&self.attribute.name)) } else { None }
    }

    /// How numbers that are kept by keys fit: one by one where they are few.
    pub(super) fn fit_of_keys(&self, [good, bad]: &[Tally; 2]) -> Option<Fit> {
        if !self.may_be_the_answer() {
            return None;
        }
        let all = joined(good, bad);
        if let Some(few) = all.few() {
            let of_bad = bad.few().unwrap_or_default();
            let bad_of = |key: i64| of_bad.iter().find(|(known, _)| *known == key).map_or(0, |(_, bad)| *bad);
            let known = few.iter().map(|(key, rows)| (false, Covered { rows: *rows, bad: bad_of(*key) }));
            let nulls = (true, Covered { rows: all.nulls, bad: bad.nulls });
            let counts: Vec<(bool, Covered)> = known.chain([nulls].into_iter().filter(|_| all.nulls > 0)).collect();
            return fit(&counts, is_of_failures(&self.attribute.name));
        }
        if good.known == 0 && good.nulls > 1 {
            return (bad.known >= bad.nulls).then_some(Fit::OfBadAlone);
        }
        (good.nulls == 0 && bad.known == 0 && bad.nulls > 1).then_some(Fit::Exact)
    }
}

/// Whether a column is called as what says of a failure which it was.
fn is_of_failures(name: &str) -> bool {
    const WORDS: [&str; 11] =
        ["code", "error", "err", "fault", "failure", "fail", "reason", "symptom", "defect", "alarm", "message"];
    meaning::words(name).iter().any(|word| WORDS.contains(&word.as_str()))
}

/// How values fit of which each is NULL or not, with its rows; of a column of failures, or of any other.
fn fit(counts: &[(bool, Covered)], is_of_failures: bool) -> Option<Fit> {
    let bad: u64 = counts.iter().map(|(_, covered)| covered.bad).sum();
    let good: u64 = counts.iter().map(|(_, covered)| covered.rows - covered.bad).sum();
    if bad < 2 || good < 2 {
        return None;
    }
    let of_good: Vec<&(bool, Covered)> = counts.iter().filter(|(_, covered)| covered.rows > covered.bad).collect();
    let said: Vec<u64> = counts
        .iter()
        .filter(|(is_null, covered)| !is_null && covered.bad > 0 && covered.bad == covered.rows)
        .map(|(_, covered)| covered.bad)
        .collect();
    // A code per kind of failure, where what is good has none, or one.
    if let [(is_null, _)] = of_good.as_slice()
        && (*is_null || (is_of_failures && said.len() > 1))
        && !said.is_empty()
        && 2 * said.iter().sum::<u64>() >= bad
    {
        return Some(Fit::OfBadAlone);
    }
    counts.iter().any(|(_, covered)| covered.bad == bad && covered.rows == bad).then_some(Fit::Exact)
}

/// Whether all values of bad rows are below or above all of good ones; of at least two rows each.
pub(super) fn is_apart(sorted: &[&Covered]) -> bool {
    let bad: u64 = sorted.iter().map(|covered| covered.bad).sum();
    let good: u64 = sorted.iter().map(|covered| covered.rows - covered.bad).sum();
    let changes = sorted.windows(2).filter(|pair| (pair[0].bad > 0) != (pair[1].bad > 0)).count();
    let is_mixed = sorted.iter().any(|covered| covered.bad > 0 && covered.bad < covered.rows);
    !is_mixed && changes == 1 && bad > 1 && good > 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_apart_are_told() {
        let apart = |counts: &[(u64, u64)]| {
            let covered: Vec<Covered> = counts.iter().map(|(rows, bad)| Covered { rows: *rows, bad: *bad }).collect();
            is_apart(&covered.iter().collect::<Vec<_>>())
        };
        assert!(apart(&[(3, 0), (4, 0), (5, 5)]));
        assert!(!apart(&[(3, 0), (4, 1), (5, 5)]));
        assert!(!apart(&[(3, 3), (4, 0), (5, 5)]));
        assert!(!apart(&[(9, 0), (1, 1)]));
    }

    #[test]
    fn a_value_of_all_bad_rows_is_told_from_what_is_said_of_bad_rows_alone() {
        let asked = |counts: &[(bool, u64, u64)], name: &str| {
            let covered = |(is_null, rows, bad): &(bool, u64, u64)| (*is_null, Covered { rows: *rows, bad: *bad });
            fit(&counts.iter().map(covered).collect::<Vec<_>>(), is_of_failures(name))
        };
        let of = |counts: &[(bool, u64, u64)]| asked(counts, "mes.version");
        // Two versions, of three the third, and none where others have one.
        assert_eq!(of(&[(false, 60, 0), (false, 30, 30)]), Some(Fit::Exact));
        assert_eq!(of(&[(false, 60, 0), (false, 9, 0), (false, 30, 30)]), Some(Fit::Exact));
        assert_eq!(of(&[(false, 60, 0), (false, 9, 0), (true, 30, 30)]), Some(Fit::Exact));
        // Codes of failures, of which some have none, and a code that says that there was none.
        assert_eq!(of(&[(true, 60, 0), (false, 30, 30)]), Some(Fit::OfBadAlone));
        assert_eq!(of(&[(true, 70, 10), (false, 9, 9), (false, 3, 3)]), Some(Fit::OfBadAlone));
        assert_eq!(asked(&[(false, 60, 0), (false, 9, 9), (false, 3, 3)], "errorCode"), Some(Fit::OfBadAlone));
        assert_eq!(of(&[(false, 60, 0), (false, 9, 9), (false, 3, 3)]), None);
        // One of several lots, what few bad rows have, what others have too.
        assert_eq!(of(&[(false, 60, 0), (false, 9, 0), (false, 3, 3), (false, 4, 4)]), None);
        assert_eq!(of(&[(true, 90, 30), (false, 4, 4)]), None);
        assert_eq!(of(&[(false, 60, 0), (false, 31, 30)]), None);
        assert_eq!(of(&[(false, 60, 0), (false, 1, 1)]), None);
    }
}
