//! Dictionary encoding: each value of a column has a number from when it is first seen, by whichever thread. The numbers
//! say nothing but which values are the same.

use std::hash::Hash;
use std::sync::{PoisonError, RwLock};

use foldhash::fast::FixedState;
use hashbrown::HashMap;

/// The code of a value that is none. Others begin behind it.
pub const NULL: u16 = 0;
/// The code of values that came when the dictionary was full.
const OTHER: u16 = u16::MAX;

/// The values seen, at most so many: `[u8]` of texts, `i64` of whole numbers.
#[derive(Debug)]
pub struct Dictionary<V: ToOwned + ?Sized> {
    most: usize,
    codes: RwLock<HashMap<V::Owned, u16, FixedState>>,
}

impl<V> Dictionary<V>
where
    V: ToOwned + Hash + Eq + ?Sized,
    V::Owned: Hash + Eq + Clone,
{
    /// `most` is below 65,534.
    pub fn new(most: usize) -> Dictionary<V> {
        Dictionary { most: most.min(usize::from(OTHER) - 2), codes: RwLock::default() }
    }

    /// The code of each value.
    pub fn encode(&self, values: &[Option<&V>], codes: &mut [i64]) {
        let mut unknown = Vec::new();
        {
            let known = self.codes.read().unwrap_or_else(PoisonError::into_inner);
            let is_full = known.len() > self.most;
            for (at, (value, code)) in values.iter().zip(codes.iter_mut()).enumerate() {
                let found = match value {
                    None => Some(NULL),
                    Some(_) if is_full => Some(OTHER),
                    Some(value) => known.get(*value).copied(),
                };
                match found {
                    Some(found) => *code = found.into(),
                    None => unknown.push(at),
                }
            }
        }
        if unknown.is_empty() {
            return;
        }
        let mut known = self.codes.write().unwrap_or_else(PoisonError::into_inner);
        for at in unknown {
            let Some(value) = values[at] else { continue };
            let next = match known.len() {
                len if len > self.most => OTHER,
                len => len as u16 + 1,
            };
            let code = match known.get(value) {
                Some(code) => *code,
                None if next == OTHER => OTHER,
                None => {
                    known.insert(value.to_owned(), next);
                    next
                }
            };
            codes[at] = code.into();
        }
    }

    /// All values with their codes, in no order; `None` if there were more than it may have.
    pub fn values(&self) -> Option<Vec<(V::Owned, u16)>> {
        let known = self.codes.read().unwrap_or_else(PoisonError::into_inner);
        (known.len() <= self.most).then(|| known.iter().map(|(value, code)| (value.clone(), *code)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_has_one_code_and_none_has_its_own() {
        let dictionary: Dictionary<[u8]> = Dictionary::new(3);
        let mut codes = [9; 5];
        dictionary.encode(&[Some(&b"a"[..]), None, Some(b"b"), Some(b"a"), Some(b"")], &mut codes);
        assert_eq!(codes, [1, 0, 2, 1, 3]);
        let mut known = dictionary.values().expect("not full");
        known.sort();
        assert_eq!(known, [(b"".to_vec(), 3), (b"a".to_vec(), 1), (b"b".to_vec(), 2)]);
        // One more is more than there may be: what is told of it is that there are more.
        dictionary.encode(&[Some(&b"c"[..]), Some(b"d"), Some(b"a")], &mut codes[..3]);
        assert_eq!(dictionary.values(), None);
        assert_eq!(codes[1], i64::from(OTHER));
    }

    #[test]
    fn threads_that_see_the_same_values_agree() {
        let dictionary: Dictionary<i64> = Dictionary::new(1000);
        let codes: Vec<Vec<i64>> = std::thread::scope(|scope| {
            let see = |from: i64| {
                let numbers: Vec<i64> = (0..500).map(|at| (at * 7 + from) % 500).collect();
                let mut codes = vec![0; 500];
                let values: Vec<Option<&i64>> = numbers.iter().map(Some).collect();
                dictionary.encode(&values, &mut codes);
                let mut by_number: Vec<(i64, i64)> = numbers.into_iter().zip(codes).collect();
                by_number.sort_unstable();
                by_number.into_iter().map(|(_, code)| code).collect()
            };
            let works: Vec<_> = (0..4).map(|from| scope.spawn(move || see(from))).collect();
            works.into_iter().map(|work| work.join().expect("no panic")).collect()
        });
        assert!(codes.windows(2).all(|pair| pair[0] == pair[1]));
        assert_eq!(dictionary.values().map(|values| values.len()), Some(500));
    }
}
