//! The walk through slices: single values, pairs, triples; of too many the most promising by `SliceLine`'s bound, and how
//! much those that are left out could have scored at most.

use std::collections::HashMap;

use super::{Outcome, Sums};
use crate::model::contrast::{Items, pairs, triples};

/// Conjunctions of one order that are counted.
const PAIRS_MAX: usize = 12_000;
const TRIPLES_MAX: usize = 8_000;
/// Those of which a bound is taken.
const CONSIDERED_MAX: usize = 200_000;

/// What is walked through.
#[derive(Debug, Clone, Copy)]
pub struct Plan<'a> {
    /// The attribute of each item.
    pub attributes: &'a [usize],
    /// Items that are slices by themselves and in no conjunction.
    pub alone: &'a [bool],
    /// At most so many items together: up to three.
    pub order: usize,
    /// Slices have at least so many rows.
    pub least: u64,
    /// `SliceLine`'s weight of errors against size.
    pub alpha: f64,
}

/// Conjunctions that were not counted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LeftOut {
    pub conjunctions: usize,
    /// No score of theirs is above.
    pub bound: f64,
}

impl LeftOut {
    fn add(&mut self, conjunctions: usize, bound: f64) {
        if conjunctions > 0 {
            self.conjunctions += conjunctions;
            self.bound = self.bound.max(bound);
        }
    }
}

/// All slices with enough rows, of single items with these tallies and of conjunctions that `count` counts.
///
/// # Errors
/// Those of `count`.
pub fn search<T: Outcome, E>(
    plan: Plan,
    (whole, rule): (&T, &T::Rule),
    singles: &[T],
    mut count: impl FnMut(&[Items]) -> Result<Vec<T>, E>,
) -> Result<(Vec<(Items, T)>, LeftOut), E> {
    let bounds = Bounds { plan, whole: whole.sums(rule) };
    let mut left_out = LeftOut { conjunctions: 0, bound: f64::NEG_INFINITY };
    let mut found: Vec<(Items, T)> = Vec::new();
    let mut sums: HashMap<Items, Sums> = HashMap::new();
    let mut take = |counted: Vec<Items>, tallies: Vec<T>, found: &mut Vec<(Items, T)>| {
        for (items, tally) in counted.into_iter().zip(tallies).filter(|(_, tally)| tally.rows() >= plan.least) {
            sums.insert(items.clone(), tally.sums(rule));
            found.push((items, tally));
        }
        sums.clone()
    };
    let one: Vec<Items> = (0..singles.len()).map(|at| vec![at as u16]).collect();
    let mut known = take(one, singles.to_vec(), &mut found);
    let ranked = bounds.ranked(&known, known.keys()).into_iter().map(|items| items[0]);
    let best: Vec<u16> = ranked.filter(|item| !plan.alone[usize::from(*item)]).collect();
    if plan.order >= 2 {
        let (all, more) = pairs(&best, plan.attributes, CONSIDERED_MAX);
        left_out.add(more, bounds.past(&known, &all, f64::min));
        let chosen = bounds.chosen(&known, all, PAIRS_MAX, &mut left_out);
        let tallies = count(&chosen)?;
        known = take(chosen, tallies, &mut found);
    }
    if plan.order >= 3 {
        let two = bounds.ranked(&known, known.keys().filter(|items| items.len() == 2));
        let (all, more) = triples(&two, &best, CONSIDERED_MAX);
        left_out.add(more, bounds.past(&known, &all, f64::max));
        let chosen = bounds.chosen(&known, all, TRIPLES_MAX, &mut left_out);
        let tallies = count(&chosen)?;
        take(chosen, tallies, &mut found);
    }
    Ok((found, left_out))
}

struct Bounds<'a> {
    plan: Plan<'a>,
    whole: Sums,
}

impl Bounds<'_> {
    fn of(&self, parents: &[Sums]) -> f64 {
        Sums::bound(parents, self.whole, self.plan.alpha, self.plan.least as f64)
    }

    /// Its parts of one item fewer.
    fn parents(known: &HashMap<Items, Sums>, items: &Items) -> Vec<Sums> {
        parts(items).iter().filter_map(|part| known.get(part).copied()).collect()
    }

    /// Those whose parts promise most, first.
    fn ranked<'a>(&self, known: &HashMap<Items, Sums>, items: impl Iterator<Item = &'a Items>) -> Vec<Items> {
        let mut ranked: Vec<(f64, Items)> = items.map(|items| (self.of(&[known[items]]), items.clone())).collect();
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        ranked.into_iter().map(|(_, items)| items).collect()
    }

    /// The most promising of these.
    fn chosen(&self, known: &HashMap<Items, Sums>, all: Vec<Items>, most: usize, left_out: &mut LeftOut) -> Vec<Items> {
        let mut ranked: Vec<(f64, Items)> =
            all.into_iter().map(|items| (self.of(&Self::parents(known, &items)), items)).collect();
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        let more = ranked.len().saturating_sub(most);
        left_out.add(more, ranked.get(most).map_or(f64::NEG_INFINITY, |(bound, _)| *bound));
        ranked.into_iter().take(most).map(|(_, items)| items).collect()
    }

    /// What those behind the last of `all` could score: each has a part that ranks with, or behind, one of its parts.
    fn past(&self, known: &HashMap<Items, Sums>, all: &[Items], pick: fn(f64, f64) -> f64) -> f64 {
        let parents = all.last().map(|items| Self::parents(known, items)).unwrap_or_default();
        parents.iter().map(|parent| self.of(&[*parent])).reduce(pick).unwrap_or(f64::NEG_INFINITY)
    }
}

/// The parts of a conjunction with one item fewer.
pub fn parts(items: &Items) -> Vec<Items> {
    let without = |left_out: usize| {
        items.iter().enumerate().filter(|(at, _)| *at != left_out).map(|(_, item)| *item).collect::<Items>()
    };
    if items.len() < 2 { Vec::new() } else { (0..items.len()).map(without).collect() }
}
