//! Which items and conjunctions of them distinguish the bad rows: all that enough bad rows have are counted in one walk
//! for each order, and of those beyond chance the best is taken, then the best among the rows that it does not cover.

use super::attributes::Attribute;
use crate::command::judged::{Bits, Classes, Item, Rows, Split};
use crate::engine::Engine;
use crate::error::Result;
use crate::model::contrast::{Covered, Family, Items, Whole, pairs, triples, weighted};
use crate::model::statistics::Ratio;

/// More are not counted, and said.
const CANDIDATES_MAX: usize = 40_000;
const PAIRS_MAX: usize = 24_000;
pub const FALSE_RATE: f64 = 0.05;
const EXPLANATIONS_MAX: usize = 30;
/// What findings, single values, pairs and triples have of the false-discovery rate.
const WEIGHTS: [f64; 4] = [0.5, 0.25, 0.125, 0.125];

pub struct Search<'a> {
    pub engine: &'a Engine,
    pub rows: &'a Rows,
    pub split: Split,
    pub whole: Whole,
    pub attributes: &'a [Attribute],
    pub items: &'a [Item],
    /// How many of them are searched; those behind are told by themselves.
    pub searched: usize,
    /// Explanations that are possible: findings, values, and conjunctions of two and three.
    pub tests: [usize; 4],
    pub least: u64,
    pub least_ratio: f64,
    pub order: usize,
}

/// What distinguishes bad rows.
pub struct Explanation {
    pub items: Items,
    pub covered: Covered,
    pub ratio: Ratio,
    pub p_adjusted: f64,
    pub lift_removed: f64,
    /// Others that say nothing more.
    pub also: Vec<Items>,
}

struct Candidate {
    items: Items,
    covered: Covered,
    ratio: Ratio,
    p_adjusted: f64,
}

/// P-values of explanations of one family each, adjusted for all that are possible.
pub fn adjusted(p: &[(f64, usize)], tests: &[usize; 4]) -> Vec<f64> {
    let families: Vec<Family> =
        tests.iter().zip(WEIGHTS).map(|(tests, weight)| Family { tests: *tests, weight }).collect();
    weighted(p, &families)
}

impl Search<'_> {
    /// The explanations, and notes on what was not looked at.
    ///
    /// # Errors
    /// If the engine fails.
    pub fn run(&self, notes: &mut Vec<String>) -> Result<Vec<Explanation>> {
        let items = &self.items[..self.searched];
        let bits = Bits::keep(self.engine, self.rows, items, Classes::ALL)?;
        let mut counted: Vec<(Items, Covered)> =
            items.iter().enumerate().map(|(at, item)| (vec![at as u16], item.covered)).collect();
        let mut best: Vec<u16> = (0..items.len()).map(|at| at as u16).collect();
        best.sort_by(|a, b| {
            let score = |at: &u16| self.score(self.whole, items[usize::from(*at)].covered, 1);
            score(b).total_cmp(&score(a)).then(a.cmp(b))
        });
        let attributes: Vec<usize> = items.iter().map(|item| item.attribute).collect();
        let mut left_out = 0;
        if self.order >= 2 {
            let (two, more) = pairs(&best, &attributes, PAIRS_MAX);
            left_out += more;
            let counted_pairs = two.len();
            let mut frequent = self.frequent(&bits, two)?;
            counted.extend(frequent.iter().cloned());
            if self.order >= 3 {
                frequent.sort_by(|a, b| {
                    let score = |one: &(Items, Covered)| self.score(self.whole, one.1, 2);
                    score(b).total_cmp(&score(a)).then_with(|| a.0.cmp(&b.0))
                });
                let two: Vec<Items> = frequent.into_iter().map(|(items, _)| items).collect();
                let room = CANDIDATES_MAX.saturating_sub(items.len() + counted_pairs);
                let (three, more) = triples(&two, &best, room);
                left_out += more;
                counted.extend(self.frequent(&bits, three)?);
            }
        }
        if left_out > 0 {
            notes.push(format!(
                "no more than {CANDIDATES_MAX} conjunctions are counted, of the most telling values; {left_out} are left out: --by or --order 2 asks for fewer"
            ));
        }
        let candidates = self.beyond_chance(counted);
        self.chosen(&bits, candidates)
    }

    fn score(&self, whole: Whole, covered: Covered, order: usize) -> f64 {
        whole.score(covered, order, self.searched)
    }

    /// Conjunctions that enough bad rows have: only these are counted among all. One that covers what one of its parts
    /// covers says nothing more.
    fn frequent(&self, bits: &Bits, mut all: Vec<Items>) -> Result<Vec<(Items, Covered)>> {
        all.sort_unstable();
        let bad = bits.count(&all, &[], self.split.bad)?;
        let (all, bad): (Vec<Items>, Vec<u64>) = all.into_iter().zip(bad).filter(|(_, bad)| *bad >= self.least).unzip();
        let good = bits.count(&all, &[], self.split.good())?;
        let is_part = |items: &Items, covered: Covered| {
            items.iter().any(|item| self.items[usize::from(*item)].covered.rows == covered.rows)
        };
        let covered = good.into_iter().zip(bad).map(|(good, bad)| Covered { rows: good + bad, bad });
        Ok(all.into_iter().zip(covered).filter(|(items, covered)| !is_part(items, *covered)).collect())
    }

    /// The rows and the bad rows of each that none of `chosen` covers.
    fn covered(&self, bits: &Bits, items: &[Items], chosen: &[Items]) -> Result<Vec<Covered>> {
        let bad = bits.count(items, chosen, self.split.bad)?;
        let good = bits.count(items, chosen, self.split.good())?;
        Ok(good.into_iter().zip(bad).map(|(good, bad)| Covered { rows: good + bad, bad }).collect())
    }

    /// Those that are bad often enough and, of all that were asked, not by chance.
    fn beyond_chance(&self, counted: Vec<(Items, Covered)>) -> Vec<Candidate> {
        let family = |items: &Items| match items.len() {
            1 => usize::from(!self.is_finding(items[0])),
            order => order,
        };
        let ratios: Vec<Ratio> = counted.iter().map(|(_, covered)| self.whole.ratio(*covered)).collect();
        let p: Vec<(f64, usize)> =
            ratios.iter().zip(&counted).map(|(ratio, (items, _))| (ratio.p, family(items))).collect();
        let adjusted = adjusted(&p, &self.tests);
        counted
            .into_iter()
            .zip(ratios)
            .zip(adjusted)
            .filter(|((_, ratio), p)| *p <= FALSE_RATE && ratio.ratio >= self.least_ratio)
            .map(|(((items, covered), ratio), p_adjusted)| Candidate { items, covered, ratio, p_adjusted })
            .collect()
    }

    fn is_finding(&self, item: u16) -> bool {
        self.attributes[self.items[usize::from(item)].attribute].is_finding
    }

    /// The best one, then the best among the rows that it does not cover, and so on. What is nothing special there goes
    /// with the one before.
    fn chosen(&self, bits: &Bits, mut candidates: Vec<Candidate>) -> Result<Vec<Explanation>> {
        let tests = candidates.len() as f64;
        let mut chosen: Vec<Explanation> = Vec::new();
        let mut taken: Vec<Items> = Vec::new();
        let mut whole = self.whole;
        let mut open: Vec<Covered> = candidates.iter().map(|one| one.covered).collect();
        while !candidates.is_empty() && chosen.len() < EXPLANATIONS_MAX {
            let best = (0..candidates.len()).min_by(|a, b| {
                let score = |at: usize| self.score(whole, open[at], candidates[at].items.len());
                let place = |at: usize| {
                    let items = &candidates[at].items;
                    (items.len(), !items.iter().any(|item| self.is_finding(*item)), self.text(items))
                };
                // Sums of logarithms differ in their last digits.
                let nearly = |score: f64| (score * 1e6).round();
                nearly(score(*b)).total_cmp(&nearly(score(*a))).then_with(|| place(*a).cmp(&place(*b)))
            });
            let Some(best) = best else { break };
            let (one, covered) = (candidates.swap_remove(best), open.swap_remove(best));
            whole = whole.without(covered);
            taken.push(one.items.clone());
            let items: Vec<Items> = candidates.iter().map(|one| one.items.clone()).collect();
            open = self.covered(bits, &items, &taken)?;
            let is_more = |covered: Covered| {
                let ratio = whole.ratio(covered);
                covered.bad >= 2
                    && covered.rows < whole.rows
                    && ratio.ratio >= self.least_ratio
                    && ratio.p * tests <= FALSE_RATE
            };
            let mut also = Vec::new();
            let mut rest = Vec::new();
            for (candidate, covered) in candidates.drain(..).zip(open) {
                // What is a part of it needs not be named.
                let is_longer = one.items.iter().all(|item| candidate.items.contains(item));
                if is_more(covered) {
                    rest.push((candidate, covered));
                } else if !is_longer {
                    also.push(candidate.items);
                }
            }
            (candidates, open) = rest.into_iter().unzip();
            also.sort_by_key(|items| (items.len(), self.text(items)));
            let lift_removed = self.whole.lift_removed(one.covered);
            let Candidate { items, covered, ratio, p_adjusted } = one;
            chosen.push(Explanation { items, covered, ratio, p_adjusted, lift_removed, also });
        }
        chosen.sort_by(|a, b| {
            b.lift_removed
                .total_cmp(&a.lift_removed)
                .then(a.ratio.p.total_cmp(&b.ratio.p))
                .then_with(|| self.text(&a.items).cmp(&self.text(&b.items)))
        });
        Ok(chosen)
    }

    /// `lot = L7 and station = ST03`
    pub fn text(&self, items: &Items) -> String {
        let texts: Vec<&str> = items.iter().map(|item| self.items[usize::from(*item)].text.as_str()).collect();
        texts.join(" and ")
    }
}
