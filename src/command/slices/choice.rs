//! Which slices are told: those that are worse beyond chance and by more than a hundredth, by `SliceLine`'s score, each
//! only as far as it says more than its parts, than its extensions and than slices above it.

use std::collections::HashMap;

use crate::command::explain::attributes::Attribute;
use crate::command::judged::Item;
use crate::error::Result;
use crate::model::contrast::{Family, Items, weighted};
use crate::model::slices::{Contrast, LeftOut, Measure, Outcome, Plan, parts, search};

const FALSE_RATE: f64 = 0.05;
/// Slices that differ by less are one to `DivExplorer`.
const EPSILON: f64 = 0.01;
const SLICES_MAX: usize = 30;
/// What findings, single values, pairs and triples have of the false-discovery rate, as in `explain`.
const WEIGHTS: [f64; 4] = [0.5, 0.25, 0.125, 0.125];

/// The tallies of slices over the rows that no others cover.
pub type Count<'a, T> = dyn Fn(&[Items], &[Items]) -> Result<Vec<T>> + 'a;

pub struct Choice<'a, T: Outcome> {
    pub count: &'a Count<'a, T>,
    pub rule: T::Rule,
    pub measure: Measure,
    pub attributes: &'a [Attribute],
    pub items: &'a [Item],
    pub plan: Plan<'a>,
    /// Slices that are possible: findings, values, and conjunctions of two and three.
    pub tests: [usize; 4],
    /// Of which a difference of a hundredth is none: of a share 1, of numbers their root mean square error.
    pub unit: f64,
    /// All that have enough rows are told.
    pub is_all: bool,
}

#[derive(Debug, Clone)]
pub struct Slice {
    pub items: Items,
    pub contrast: Contrast,
    pub p_adjusted: f64,
    pub score: f64,
    /// Others that are as they are since they share its rows.
    pub also: Vec<Items>,
}

struct Candidate<T> {
    slice: Slice,
    tally: T,
}

impl<T: Outcome> Choice<'_, T> {
    /// The slices, the worst first, and what was left out.
    ///
    /// # Errors
    /// If the engine fails.
    pub fn run(&self) -> Result<(Vec<Slice>, LeftOut)> {
        let singles: Vec<Items> = (0..self.items.len()).map(|at| vec![at as u16]).collect();
        let mut first = vec![Vec::new()];
        first.extend(singles);
        let mut tallies: Vec<T> = self.count(&first, &[])?;
        let singles = tallies.split_off(1);
        let whole = tallies.remove(0);
        let (found, left_out) =
            search(self.plan, (&whole, &self.rule), &singles, |candidates| self.count(candidates, &[]))?;
        let all = self.judged(&whole, found);
        if self.is_all {
            let mut slices: Vec<Slice> = all.into_iter().map(|one| one.slice).collect();
            slices.sort_by(|a, b| self.order(a, b));
            return Ok((slices, left_out));
        }
        let told = self.beyond_chance(&whole, all);
        Ok((self.chosen(whole, told)?, left_out))
    }

    fn count(&self, candidates: &[Items], chosen: &[Items]) -> Result<Vec<T>> {
        (self.count)(candidates, chosen)
    }

    fn is_finding(&self, item: u16) -> bool {
        self.attributes[self.items[usize::from(item)].attribute].is_finding
    }

    fn judged(&self, whole: &T, found: Vec<(Items, T)>) -> Vec<Candidate<T>> {
        let family = |items: &Items| match items.len() {
            1 => usize::from(!self.is_finding(items[0])),
            order => order,
        };
        let contrasts: Vec<Contrast> =
            found.iter().map(|(_, tally)| tally.contrast(whole, &self.rule, &self.measure)).collect();
        let p: Vec<(f64, usize)> =
            contrasts.iter().zip(&found).map(|(contrast, (items, _))| (contrast.p, family(items))).collect();
        let families: Vec<Family> =
            self.tests.iter().zip(WEIGHTS).map(|(tests, weight)| Family { tests: *tests, weight }).collect();
        let adjusted = weighted(&p, &families);
        let sums = whole.sums(&self.rule);
        let one = |(((items, tally), contrast), p_adjusted): (((Items, T), Contrast), f64)| {
            let score = tally.sums(&self.rule).score(sums, self.plan.alpha);
            Candidate { slice: Slice { items, contrast, p_adjusted, score, also: Vec::new() }, tally }
        };
        found.into_iter().zip(contrasts).zip(adjusted).map(one).collect()
    }

    /// Those that are worse, beyond chance and by enough; that are so beyond their parts; and of which something is left
    /// without what is worse within them.
    fn beyond_chance(&self, whole: &T, all: Vec<Candidate<T>>) -> Vec<Candidate<T>> {
        let epsilon = EPSILON * self.unit;
        let known: HashMap<&Items, &Candidate<T>> = all.iter().map(|one| (&one.slice.items, one)).collect();
        let says_more = |one: &Candidate<T>| {
            subsets(&one.slice.items).iter().filter_map(|part| known.get(part)).all(|part| {
                let further = (one.slice.contrast.difference - part.slice.contrast.difference).abs();
                let within = one.tally.contrast(&part.tally, &self.rule, &self.measure);
                further > epsilon && within.is_worse && within.p * self.items.len() as f64 <= FALSE_RATE
            })
        };
        let is_told = |one: &Candidate<T>| {
            let contrast = one.slice.contrast;
            contrast.is_worse
                && one.slice.p_adjusted <= FALSE_RATE
                && contrast.difference.abs() > epsilon
                && says_more(one)
        };
        let told: Vec<usize> = (0..all.len()).filter(|at| is_told(&all[*at])).collect();
        let is_left = |at: usize| {
            let part = &all[at];
            told.iter().map(|other| &all[*other]).filter(|other| is_within(&other.slice.items, &part.slice.items)).all(
                |other| {
                    let (Some(rest), Some(others)) = (part.tally.without(&other.tally), whole.without(&other.tally))
                    else {
                        return true;
                    };
                    let contrast = rest.contrast(&others, &self.rule, &self.measure);
                    contrast.is_worse && contrast.p <= FALSE_RATE && contrast.difference.abs() > epsilon
                },
            )
        };
        let kept: Vec<bool> = (0..all.len()).map(|at| told.contains(&at) && is_left(at)).collect();
        all.into_iter().zip(kept).filter(|(_, kept)| *kept).map(|(one, _)| one).collect()
    }

    /// The worst one, then the worst among the rows that it does not cover, and so on.
    fn chosen(&self, whole: T, mut candidates: Vec<Candidate<T>>) -> Result<Vec<Slice>> {
        let tests = candidates.len() as f64;
        let epsilon = EPSILON * self.unit;
        let mut whole = whole;
        let mut chosen: Vec<Slice> = Vec::new();
        let mut taken: Vec<Items> = Vec::new();
        let mut open: Vec<T> = candidates.iter().map(|one| one.tally.clone()).collect();
        while !candidates.is_empty() && chosen.len() < SLICES_MAX {
            let sums = whole.sums(&self.rule);
            let left = |at: usize| {
                let score = open[at].sums(&self.rule).score(sums, self.plan.alpha);
                Slice { score, ..candidates[at].slice.clone() }
            };
            let ranked: Vec<Slice> = (0..candidates.len()).map(left).collect();
            let Some(best) = (0..ranked.len()).min_by(|a, b| self.order(&ranked[*a], &ranked[*b])) else { break };
            let mut one = candidates.swap_remove(best).slice;
            taken.push(one.items.clone());
            let mut asked: Vec<Items> = vec![Vec::new()];
            asked.extend(candidates.iter().map(|one| one.slice.items.clone()));
            let mut tallies = self.count(&asked, &taken)?;
            whole = tallies.remove(0);
            let is_more = |tally: &T| {
                let contrast = tally.contrast(&whole, &self.rule, &self.measure);
                tally.rows() >= 2
                    && contrast.is_worse
                    && contrast.difference.abs() > epsilon
                    && contrast.p * tests <= FALSE_RATE
            };
            let mut rest = Vec::new();
            for (candidate, tally) in candidates.drain(..).zip(tallies) {
                if is_more(&tally) {
                    rest.push((candidate, tally));
                } else if !is_within(&candidate.slice.items, &one.items) {
                    one.also.push(candidate.slice.items);
                }
            }
            (candidates, open) = rest.into_iter().unzip();
            one.also.sort_by_key(|items| (items.len(), self.text(items)));
            chosen.push(one);
        }
        chosen.sort_by(|a, b| self.order(a, b));
        Ok(chosen)
    }

    /// The higher score first; ties by what is shorter, then a finding, then by name.
    fn order(&self, a: &Slice, b: &Slice) -> std::cmp::Ordering {
        let nearly = |score: f64| (score * 1e6).round();
        let place = |slice: &Slice| {
            (slice.items.len(), !slice.items.iter().any(|item| self.is_finding(*item)), self.text(&slice.items))
        };
        nearly(b.score).total_cmp(&nearly(a.score)).then_with(|| place(a).cmp(&place(b)))
    }

    pub fn text(&self, items: &Items) -> String {
        text(self.items, items)
    }
}

/// `lot = L7 and station = ST03`
pub fn text(all: &[Item], items: &Items) -> String {
    let texts: Vec<&str> = items.iter().map(|item| all[usize::from(*item)].text.as_str()).collect();
    texts.join(" and ")
}

/// Whether a slice has all items of another and more.
fn is_within(slice: &Items, whole: &Items) -> bool {
    slice.len() > whole.len() && whole.iter().all(|item| slice.contains(item))
}

/// All parts of a conjunction that are not empty and not itself.
fn subsets(items: &Items) -> Vec<Items> {
    let mut all = parts(items);
    let smaller: Vec<Items> = all.iter().flat_map(parts).collect();
    all.extend(smaller);
    all.sort();
    all.dedup();
    all
}
