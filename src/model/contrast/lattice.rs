//! Conjunctions to be counted: of frequent items two, of frequent pairs three (Agrawal and Srikant 1994), since no
//! conjunction covers more bad rows than its parts.

use std::collections::HashSet;

use super::Items;

/// Pairs of items of different attributes, the first items first; and how many more than `most` there would be.
/// `attributes` has that of each item, `items` those to be paired with the most promising first.
pub fn pairs(items: &[u16], attributes: &[usize], most: usize) -> (Vec<Items>, usize) {
    let differ = |a: u16, b: u16| attributes[usize::from(a)] != attributes[usize::from(b)];
    let (mut pairs, mut left_out) = (Vec::new(), 0);
    for (at, second) in items.iter().enumerate() {
        for first in items[..at].iter().filter(|first| differ(**first, *second)) {
            if pairs.len() < most {
                pairs.push(vec![*first.min(second), *first.max(second)]);
            } else {
                left_out += 1;
            }
        }
    }
    (pairs, left_out)
}

/// Three items of which every two are among `pairs`, the first pairs first; and how many more than `most` there are.
pub fn triples(pairs: &[Items], items: &[u16], most: usize) -> (Vec<Items>, usize) {
    let known: HashSet<(u16, u16)> = pairs.iter().map(|pair| (pair[0], pair[1])).collect();
    let has = |a: u16, b: u16| known.contains(&(a.min(b), a.max(b)));
    let mut seen = HashSet::new();
    let (mut triples, mut left_out) = (Vec::new(), 0);
    for pair in pairs {
        for third in items.iter().filter(|third| has(pair[0], **third) && has(pair[1], **third)) {
            let mut triple = vec![pair[0], pair[1], *third];
            triple.sort_unstable();
            if triples.len() >= most {
                left_out += usize::from(!seen.contains(&triple));
            } else if seen.insert(triple.clone()) {
                triples.push(triple);
            }
        }
    }
    // One that is left out is met from each of its three pairs.
    (triples, left_out.div_ceil(3))
}

/// How many explanations are possible: findings, single values, and conjunctions of two and of three values of different
/// attributes, of which each has so many and is a finding or not. All of them count as tested, also those that no bad row
/// has: which are counted at all is told by the bad rows, and tests that are chosen by their outcome are none.
pub fn possible(attributes: &[(bool, usize)], order: usize) -> [usize; 4] {
    let mut sums = [0_usize; 4];
    for (is_finding, values) in attributes {
        sums[3] = sums[3].saturating_add(sums[2].saturating_mul(*values));
        sums[2] = sums[2].saturating_add((sums[0] + sums[1]).saturating_mul(*values));
        sums[usize::from(!is_finding)] += values;
    }
    for (at, sum) in sums.iter_mut().enumerate().filter(|(at, _)| *at >= 2) {
        *sum = if at <= order { *sum } else { 0 };
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conjunctions_are_of_different_attributes_and_of_frequent_parts() {
        // Items 0 and 1 are values of one attribute.
        let attributes = [0, 0, 1, 2];
        let (pairs, left_out) = pairs(&[0, 1, 2, 3], &attributes, 100);
        assert_eq!(pairs, [vec![0, 2], vec![1, 2], vec![0, 3], vec![1, 3], vec![2, 3]]);
        assert_eq!(left_out, 0);
        let (three, _) = triples(&pairs, &[0, 1, 2, 3], 100);
        assert_eq!(three, [vec![0, 2, 3], vec![1, 2, 3]]);
        let without: Vec<Items> = pairs.iter().filter(|pair| **pair != vec![2, 3]).cloned().collect();
        assert_eq!(triples(&without, &[0, 1, 2, 3], 100).0, Vec::<Items>::new());
    }

    #[test]
    fn possible_explanations_are_of_different_attributes() {
        // Of 1, 2 and 3 values: 1*2 + 1*3 + 2*3 pairs, 1*2*3 triples.
        assert_eq!(possible(&[(true, 1), (false, 2), (false, 3)], 3), [1, 5, 11, 6]);
        assert_eq!(possible(&[(true, 1), (false, 2), (false, 3)], 2), [1, 5, 11, 0]);
    }

    #[test]
    fn what_is_too_much_is_counted() {
        let (two, left_out) = pairs(&[0, 1, 2, 3], &[0, 1, 2, 3], 4);
        assert_eq!((two.len(), left_out), (4, 2));
        let all = pairs(&[0, 1, 2, 3], &[0, 1, 2, 3], 100).0;
        let (three, left_out) = triples(&all, &[0, 1, 2, 3], 3);
        assert_eq!((three.len(), left_out), (3, 1));
    }
}
