//! What is counted of the rows of slices, block by block: of rows of which the same holds, so that their marks are those
//! of the block. Threads count blocks by themselves and put their tallies together.

use crate::model::contrast::{Block, Items};

/// Marks of a row: there is a label; and what the model says, so that it is judged; the prediction is the label; the label
/// is the positive class; the prediction is; there is a score.
pub const LABELLED: u16 = 1;
pub const JUDGED: u16 = 1 << 1;
pub const RIGHT: u16 = 1 << 2;
pub const POSITIVE: u16 = 1 << 3;
pub const SAID: u16 = 1 << 4;
pub const SCORED: u16 = 1 << 5;

/// Rows with the same marks.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    pub block: &'a Block,
    pub marks: u16,
    /// They are at fault by the metric.
    pub is_bad: bool,
    /// What is averaged, of each row.
    pub values: &'a [f64],
}

impl Seen<'_> {
    pub fn has(&self, mark: u16) -> bool {
        self.marks & mark != 0
    }

    /// How many rows each candidate has that none of `chosen` covers.
    pub fn counts(&self, (candidates, chosen): (&[Items], &[Items])) -> Vec<u64> {
        let mut counts = vec![0; candidates.len()];
        self.block.count(candidates, chosen, &mut counts);
        counts
    }
}

/// Something that is counted over rows in any order.
pub trait Tally: Clone + Default + Send + Sync {
    /// What all tallies of one count share.
    type Rule: Sync;
    /// Gives each candidate's tally its rows that none of `chosen` covers. A candidate without items has all rows.
    fn take(rule: &Self::Rule, seen: Seen, of: (&[Items], &[Items]), tallies: &mut [Self]);
    /// Together with what another thread counted.
    fn join(&mut self, other: &Self);
}

/// Rows with their marks, values and items, counted as tests want them.
#[cfg(test)]
pub fn tallied<T: Tally>(rule: &T::Rule, rows: &[(u16, f64, Items)], of: (&[Items], &[Items])) -> Vec<T> {
    let items = rows.iter().flat_map(|row| &row.2).chain(of.0.iter().flatten()).chain(of.1.iter().flatten());
    let items = items.max().map_or(0, |most| usize::from(*most) + 1);
    let mut by_marks: std::collections::BTreeMap<u16, Vec<(f64, &Items)>> = std::collections::BTreeMap::new();
    rows.iter().for_each(|(marks, value, items)| by_marks.entry(*marks).or_default().push((*value, items)));
    let mut sums = vec![T::default(); of.0.len()];
    for (marks, rows) in by_marks {
        let (mut block, mut bytes) = (Block::new(items), Vec::new());
        for (at, (_, items)) in rows.iter().enumerate() {
            items.iter().for_each(|item| block.set(*item, at));
        }
        block.write(rows.len(), &mut bytes);
        block.read(rows.len(), &bytes);
        let values: Vec<f64> = rows.iter().map(|(value, _)| *value).collect();
        let mut tallies = vec![T::default(); of.0.len()];
        T::take(rule, Seen { block: &block, marks, is_bad: false, values: &values }, of, &mut tallies);
        sums.iter_mut().zip(&tallies).for_each(|(sum, tally)| sum.join(tally));
    }
    sums
}
