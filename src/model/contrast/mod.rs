//! What distinguishes bad rows from the others: the figures of an explanation, how strong it is for what it says, and
//! what counts its rows. Begin at [`Whole`].

use super::statistics::{Ratio, adjusted_among, risk_ratio};

mod block;
mod dictionary;
mod lattice;

pub use block::{BLOCK_ROWS, Block};
pub use dictionary::{Dictionary, NULL};
pub use lattice::{pairs, possible, triples};

/// The items that must all hold, in ascending order: at most three.
pub type Items = Vec<u16>;

/// All rows that are judged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Whole {
    pub rows: u64,
    pub bad: u64,
}

/// The rows that an explanation covers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Covered {
    pub rows: u64,
    pub bad: u64,
}

impl Whole {
    /// Without the rows that are covered.
    pub fn without(self, covered: Covered) -> Whole {
        Whole { rows: self.rows - covered.rows, bad: self.bad - covered.bad }
    }

    /// The share of the bad rows that is covered.
    pub fn support(self, covered: Covered) -> f64 {
        if self.bad == 0 { 0.0 } else { covered.bad as f64 / self.bad as f64 }
    }

    /// How many times as often the rows covered are bad as the others.
    pub fn ratio(self, covered: Covered) -> Ratio {
        let rest = self.without(covered);
        risk_ratio(covered.bad as f64, covered.rows as f64, rest.bad as f64, rest.rows as f64)
    }

    /// By which share of itself the number of bad rows would fall if the rows covered were bad as rarely as the others.
    pub fn lift_removed(self, covered: Covered) -> f64 {
        let rest = self.without(covered);
        if self.bad == 0 || rest.rows == 0 {
            return 0.0;
        }
        let expected = covered.rows as f64 * rest.bad as f64 / rest.rows as f64;
        (covered.bad as f64 - expected) / self.bad as f64
    }

    /// The likelihood ratio statistic (G, Wilks 1938) of covered against bad, less what the choice of each of its
    /// `order` items among `choices` costs: of two explanations the one with more is the better for its length.
    pub fn score(self, covered: Covered, order: usize, choices: usize) -> f64 {
        let rest = self.without(covered);
        let (all, bad) = (self.rows as f64, self.bad as f64);
        let part = |seen: u64, rows: u64, of: f64| match seen {
            0 => 0.0,
            _ => seen as f64 * (seen as f64 * all / (rows as f64 * of)).ln(),
        };
        let good = all - bad;
        let sum = part(covered.bad, covered.rows, bad)
            + part(covered.rows - covered.bad, covered.rows, good)
            + part(rest.bad, rest.rows, bad)
            + part(rest.rows - rest.bad, rest.rows, good);
        2.0 * sum - 2.0 * order as f64 * (choices.max(2) as f64).ln()
    }
}

/// A number of tests of one kind that were asked, whether or not all have a p-value here, and their part of the weight.
#[derive(Debug, Clone, Copy)]
pub struct Family {
    pub tests: usize,
    pub weight: f64,
}

/// P-values adjusted over all tests of all families: Benjamini and Hochberg's with weights (Genovese, Roeder and
/// Wasserman 2006), so that a few tests asked first do not pay for thousands asked after them. `p_values` has the family
/// of each; tests without a p-value here count as 1.
pub fn weighted(p_values: &[(f64, usize)], families: &[Family]) -> Vec<f64> {
    let all = families.iter().fold(0_usize, |sum, family| sum.saturating_add(family.tests));
    let scaled: Vec<f64> = p_values
        .iter()
        .map(|(p, family)| {
            let family = families[*family];
            p * family.tests as f64 / (family.weight * all as f64)
        })
        .collect();
    adjusted_among(&scaled, all)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: Whole = Whole { rows: 111, bad: 20 };

    #[test]
    fn what_is_removed_is_what_the_rest_would_not_have() {
        let covered = Covered { rows: 12, bad: 12 };
        // 12 less the 12 * 8 / 99 that would be bad anyway.
        assert!((WHOLE.lift_removed(covered) - (12.0 - 96.0 / 99.0) / 20.0).abs() < 1e-12);
        assert!((WHOLE.support(covered) - 0.6).abs() < 1e-12);
        assert_eq!(WHOLE.lift_removed(Covered { rows: 111, bad: 20 }), 0.0);
    }

    #[test]
    fn a_part_scores_less_than_the_whole_of_a_cause() {
        let all = WHOLE.score(Covered { rows: 12, bad: 12 }, 1, 50);
        let part = WHOLE.score(Covered { rows: 11, bad: 11 }, 2, 50);
        assert!(all > part && all > 0.0, "{all} {part}");
        // What is bad as often as all is worth nothing, and costs its choice.
        let none = Whole { rows: 100, bad: 10 }.score(Covered { rows: 50, bad: 5 }, 1, 50);
        assert!((none + 2.0 * 50_f64.ln()).abs() < 1e-9);
    }

    #[test]
    fn of_one_family_it_is_benjamini_and_hochberg() {
        let p: Vec<(f64, usize)> = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201].iter().map(|p| (*p, 0)).collect();
        let own = weighted(&p, &[Family { tests: 15, weight: 1.0 }]);
        assert_eq!(own.iter().filter(|q| **q <= 0.05).count(), 4);
        assert!((own[0] - 0.0015).abs() < 1e-12);
    }

    #[test]
    fn few_tests_asked_first_do_not_pay_for_many() {
        let families = [Family { tests: 4, weight: 0.5 }, Family { tests: 4000, weight: 0.5 }];
        let adjusted = weighted(&[(0.002, 0), (0.002, 1)], &families);
        assert!((adjusted[0] - 0.016).abs() < 1e-12 && adjusted[1] > 0.5, "{adjusted:?}");
    }
}
