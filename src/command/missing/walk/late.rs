//! Rows of a series that stand behind a later one of their file, counted by how late they are: which of them are late is
//! known at the end, when the cadence is, and they may be any number.

use std::collections::BTreeMap;

/// Rows that are about as late.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group {
    pub rows: u64,
    /// The times of the first and the last of them, in microseconds.
    pub since: i64,
    pub until: i64,
    /// By how much, in microseconds.
    pub least: i64,
    pub most: i64,
}

#[derive(Debug, Clone, Default)]
pub struct Late(BTreeMap<u16, Group>);

impl Late {
    pub fn see(&mut self, at: i64, by: i64) {
        let own = Group { rows: 1, since: at, until: at, least: by, most: by };
        self.0.entry(class(by)).and_modify(|group| *group = group.with(&own)).or_insert(own);
    }

    pub fn is_any(&self, by_more_than: i64) -> bool {
        self.0.values().next_back().is_some_and(|group| group.most > by_more_than)
    }

    /// Those that are late by more than that, and whether that is all that is known of them: a group may have others too.
    pub fn beyond(&self, by: i64) -> Option<(Group, bool)> {
        let groups = || self.0.values().filter(|group| group.most > by);
        let all = groups().copied().reduce(|all, group| all.with(&group))?;
        Some((all, groups().all(|group| group.least > by)))
    }
}

impl Group {
    fn with(&self, other: &Group) -> Group {
        Group {
            rows: self.rows + other.rows,
            since: self.since.min(other.since),
            until: self.until.max(other.until),
            least: self.least.min(other.least),
            most: self.most.max(other.most),
        }
    }
}

/// Sixteen for each power of two.
fn class(by: i64) -> u16 {
    let by = by.max(1).unsigned_abs();
    let power = by.ilog2();
    let within = if power >= 4 { by >> (power - 4) & 15 } else { by << (4 - power) & 15 };
    (power * 16) as u16 + within as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_number_of_late_rows_is_counted() {
        let mut late = Late::default();
        (0..300_000).for_each(|n| late.see(n, 10_000_000 * (1 + n % 4)));
        let (all, is_exact) = late.beyond(10_000_000).expect("some");
        assert_eq!((all.rows, all.since, all.until, all.most, is_exact), (225_000, 1, 299_999, 40_000_000, true));
        assert!(late.is_any(39_999_999) && !late.is_any(40_000_000) && late.beyond(40_000_000).is_none());
        late.see(7, 10_000_001);
        assert_eq!(late.beyond(10_000_000).map(|(_, is_exact)| is_exact), Some(false));
    }

    #[test]
    fn classes_rise() {
        let mut last = 0;
        for by in (1..5_000).chain([1 << 40, (1 << 40) + (1 << 37), i64::MAX]) {
            assert!(class(by) >= last, "{by}");
            last = class(by);
        }
    }
}
