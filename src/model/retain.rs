//! Those of a list that stay, told by their places in it.

/// Keeps those at places that stay.
pub fn retain_at<T>(all: &mut Vec<T>, mut stays: impl FnMut(usize) -> bool) {
    let mut places = 0..;
    all.retain(|_| places.next().is_some_and(&mut stays));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_at_the_places_stay_in_their_order() {
        let mut all = vec!['a', 'b', 'c', 'd'];
        retain_at(&mut all, |place| place % 2 == 1);
        assert_eq!(all, ['b', 'd']);
    }
}
