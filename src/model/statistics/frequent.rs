//! The most frequent of many.

use std::cmp::Reverse;

/// Of more than `most` those with the highest counts, in the order that they have among all; of equal ones the first.
pub fn most_frequent<T, C: Ord>(all: Vec<T>, most: usize, count: impl Fn(&T) -> C) -> Vec<T> {
    let mut placed: Vec<(usize, T)> = all.into_iter().enumerate().collect();
    placed.sort_by_key(|(_, one)| Reverse(count(one)));
    placed.truncate(most);
    placed.sort_by_key(|(place, _)| *place);
    placed.into_iter().map(|(_, one)| one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rarest_are_left_out_and_the_order_stays() {
        let of = |most: usize| most_frequent(vec![("a", 1), ("b", 1), ("c", 5), ("d", 1), ("e", 9)], most, |one| one.1);
        assert_eq!(of(3), [("a", 1), ("c", 5), ("e", 9)]);
        assert_eq!(of(1), [("e", 9)]);
        assert_eq!(of(5), of(9));
        assert!(of(0).is_empty());
    }
}
