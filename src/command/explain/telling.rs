//! What tells bad rows from good ones by itself: it is told, and the rest is searched without it, for what it says may be
//! the cause, or the same in other words, or what came of it.

use std::collections::BTreeMap;

use super::search::{Explanation, FALSE_RATE, adjusted};
use crate::command::judged::{Fit, Item, Looked};
use crate::model::contrast::{Covered, Whole};
use crate::model::statistics::Ratio;

/// Values of one column that are told of what is said of bad rows alone.
const VALUES_MAX: usize = 5;

/// Places of items that are told and not searched.
#[derive(Debug, Default)]
pub struct Telling {
    /// Each is all bad rows and no other.
    pub exact: Vec<usize>,
    /// They hold of bad rows alone, as their columns say nothing of others.
    pub of_bad: Vec<usize>,
}

/// Puts behind all others the items that are told apart, the exact ones first, and says how many are to be searched. What
/// may be chance stays among the others.
pub fn parted(looked: Looked, whole: Whole, tests: &[usize; 4], least_ratio: f64) -> (Vec<Item>, usize, Telling) {
    let Looked { items, fits, .. } = looked;
    let is_sure = |covered: Covered| {
        let ratio = whole.ratio(covered);
        ratio.ratio >= least_ratio && adjusted(&[(ratio.p, 1)], tests)[0] <= FALSE_RATE
    };
    let told = |item: &Item| {
        let is_exact = item.covered.bad == whole.bad && item.covered.rows == whole.bad;
        let is_of_bad = item.covered.bad == item.covered.rows;
        match fits.get(&item.attribute)? {
            Fit::Exact => (is_exact && is_sure(item.covered)).then_some(Fit::Exact),
            Fit::OfBadAlone => (is_of_bad && is_sure(item.covered)).then_some(Fit::OfBadAlone),
        }
    };
    let mut of: BTreeMap<usize, usize> = BTreeMap::new();
    for item in items.iter().filter(|item| told(item).is_some()) {
        *of.entry(item.attribute).or_default() += 1;
    }
    let (mut exact, mut of_bad, mut searched) = (Vec::new(), Vec::new(), Vec::new());
    let mut taken: BTreeMap<usize, usize> = BTreeMap::new();
    for item in items {
        if !of.contains_key(&item.attribute) {
            searched.push(item);
            continue;
        }
        let Some(fit) = told(&item) else { continue };
        let before = taken.entry(item.attribute).or_default();
        let (into, most) = if fit == Fit::Exact { (&mut exact, 1) } else { (&mut of_bad, VALUES_MAX) };
        if *before < most {
            into.push(item);
        }
        *before += 1;
    }
    of_bad.sort_by(|a: &Item, b: &Item| b.covered.bad.cmp(&a.covered.bad).then_with(|| a.text.cmp(&b.text)));
    let (first, second) = (searched.len(), searched.len() + exact.len());
    let telling = Telling { exact: (first..second).collect(), of_bad: (second..second + of_bad.len()).collect() };
    searched.extend(exact);
    searched.extend(of_bad);
    (searched, first, telling)
}

/// Items by themselves as explanations.
pub fn explained(places: &[usize], items: &[Item], whole: Whole, tests: &[usize; 4]) -> Vec<Explanation> {
    let ratios: Vec<Ratio> = places.iter().map(|at| whole.ratio(items[*at].covered)).collect();
    let p: Vec<(f64, usize)> = ratios.iter().map(|ratio| (ratio.p, 1)).collect();
    let one = |((at, ratio), p_adjusted): ((&usize, Ratio), f64)| {
        let covered = items[*at].covered;
        let lift_removed = whole.lift_removed(covered);
        Explanation { items: vec![*at as u16], covered, ratio, p_adjusted, lift_removed, also: Vec::new() }
    };
    places.iter().zip(ratios).zip(adjusted(&p, tests)).map(one).collect()
}
