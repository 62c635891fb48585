//! Tables that each hold another part of the keys of one: the warehouses of which every order is in one, the sheets of
//! which every sample is on one. A key that one of them lacks is not lost if another one has it.

use super::Session;
use super::written::Written;
use crate::error::Result;

/// Of a hundred keys, so many may be in two of them.
const IN_TWO: i64 = 1;
/// Of a hundred keys of the whole, one alone has at most so many, and all together at least so many.
const ONE_MOST: i64 = 90;
const ALL_LEAST: i64 = 80;
/// More tables are not compared with each other.
const PARTS_MAX: usize = 32;

impl Session {
    /// Which of these parts are branches of the whole, by their places; none if fewer than two are.
    ///
    /// # Errors
    /// If the evidence cannot be read.
    pub fn branches(&self, whole: &Written, parts: &[Written]) -> Result<Vec<usize>> {
        if parts.len() < 2 || parts.len() > PARTS_MAX {
            return Ok(Vec::new());
        }
        // What of the whole each has.
        let mut sizes = Vec::new();
        let mut all = 0;
        for (place, part) in parts.iter().enumerate() {
            let agreed = self.agreed(whole, part)?;
            all = agreed.left;
            if agreed.both > 0 && 100 * agreed.both <= ONE_MOST * agreed.left {
                sizes.push((agreed.both, place));
            }
        }
        sizes.sort_by_key(|(size, place)| (std::cmp::Reverse(*size), *place));
        let mut taken: Vec<(i64, usize)> = Vec::new();
        for (size, place) in sizes {
            let mut is_apart = true;
            for (other, taken) in &taken {
                let both = self.agreed(&parts[place], &parts[*taken])?.both;
                is_apart = is_apart && 100 * both <= IN_TWO * size.min(*other);
            }
            if is_apart {
                taken.push((size, place));
            }
        }
        let together: i64 = taken.iter().map(|(size, _)| size).sum();
        if taken.len() < 2 || 100 * together < ALL_LEAST * all {
            return Ok(Vec::new());
        }
        let mut places: Vec<usize> = taken.into_iter().map(|(_, place)| place).collect();
        places.sort_unstable();
        Ok(places)
    }
}
