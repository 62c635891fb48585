//! What is in the middle of values that were seen.

/// The median, and of an even number of values the higher of the two in the middle, so that it is one of them. The values
/// are put in another order.
pub fn middle(values: &mut [i64]) -> Option<i64> {
    let at = values.len() / 2;
    (at < values.len()).then(|| *values.select_nth_unstable(at).1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_a_value_that_was_seen() {
        assert_eq!(
            [middle(&mut []), middle(&mut [7]), middle(&mut [9, 1]), middle(&mut [5, 1, 3])],
            [None, Some(7), Some(9), Some(3)]
        );
    }
}
