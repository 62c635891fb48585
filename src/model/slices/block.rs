//! A block of rows as bits, a line of bits for each item and for each mark of a row: what counts the rows that have
//! several items at once, in memory that does not grow with the evidence, by several threads.

use std::thread;

use crate::model::contrast::Items;

/// Rows of a block.
const ROWS: usize = 1 << 16;
const WORDS: usize = ROWS / 64;

/// Marks of a row: the prediction is the label; the label is the positive class; the prediction is; the metric's fault.
pub const RIGHT: usize = 0;
pub const POSITIVE: usize = 1;
pub const SAID: usize = 2;
pub const BAD: usize = 3;
const MARKS: usize = 4;

#[derive(Debug)]
pub struct Block {
    rows: usize,
    marks: Vec<u64>,
    items: Vec<u64>,
    values: Vec<f64>,
}

/// Something that is counted over rows.
pub trait Tally: Clone + Default + Send {
    /// What all tallies of one count share.
    type Rule: Sync;
    /// Takes the rows of one word of a block that have their bit set.
    fn take(&mut self, rule: &Self::Rule, block: &Block, word: usize, bits: u64);
}

impl Block {
    pub fn new(items: usize) -> Block {
        Block { rows: 0, marks: vec![0; MARKS * WORDS], items: vec![0; items * WORDS], values: vec![0.0; ROWS] }
    }

    pub fn is_full(&self) -> bool {
        self.rows == ROWS
    }

    /// A row: bit n of `marks` is mark n. The block must not be full.
    pub fn push(&mut self, marks: u8, value: f64, items: impl Iterator<Item = usize>) {
        let (word, bit) = (self.rows / 64, 1_u64 << (self.rows % 64));
        for mark in (0..MARKS).filter(|mark| marks >> mark & 1 == 1) {
            self.marks[mark * WORDS + word] |= bit;
        }
        for item in items {
            self.items[item * WORDS + word] |= bit;
        }
        self.values[self.rows] = value;
        self.rows += 1;
    }

    /// The rows of a word that have a mark.
    pub fn mark(&self, mark: usize, word: usize) -> u64 {
        self.marks[mark * WORDS + word]
    }

    /// The values of the rows whose bit is set, each with its place in the word.
    pub fn values(&self, word: usize, bits: u64) -> impl Iterator<Item = (u32, f64)> {
        let mut left = bits;
        std::iter::from_fn(move || {
            let place = left.trailing_zeros();
            (left != 0).then(|| {
                left &= left - 1;
                (place, self.values[word * 64 + place as usize])
            })
        })
    }

    /// Gives each candidate's tally its rows of this block that none of `chosen` covers, and empties the block. A
    /// candidate without items has all rows.
    pub fn count<T: Tally>(
        &mut self,
        rule: &T::Rule,
        (candidates, chosen): (&[Items], &[Items]),
        tallies: &mut [T],
        threads: usize,
    ) {
        let open = self.open(chosen);
        let most = candidates.len();
        let part = most.div_ceil(threads.max(1)).max(64);
        let block = &*self;
        thread::scope(|scope| {
            for (candidates, tallies) in candidates.chunks(part).zip(tallies.chunks_mut(part)) {
                let open = &open;
                let work = move || {
                    for (items, tally) in candidates.iter().zip(tallies) {
                        block.take(rule, items, open, tally);
                    }
                };
                // One part is not worth a thread.
                if part >= most {
                    work();
                } else {
                    scope.spawn(work);
                }
            }
        });
        self.rows = 0;
        self.marks.fill(0);
        self.items.fill(0);
    }

    fn take<T: Tally>(&self, rule: &T::Rule, items: &Items, open: &[u64], tally: &mut T) {
        let lines: Vec<&[u64]> =
            items.iter().map(|item| &self.items[usize::from(*item) * WORDS..][..open.len()]).collect();
        for (word, open) in open.iter().enumerate() {
            let bits = lines.iter().fold(*open, |bits, line| bits & line[word]);
            if bits != 0 {
                tally.take(rule, self, word, bits);
            }
        }
    }

    /// The rows that none of `chosen` covers.
    fn open(&self, chosen: &[Items]) -> Vec<u64> {
        let words = self.rows.div_ceil(64);
        let mut open = vec![u64::MAX; words];
        if let (Some(last), rest) = (open.last_mut(), self.rows % 64) {
            *last = if rest == 0 { u64::MAX } else { (1 << rest) - 1 };
        }
        for items in chosen {
            for (word, open) in open.iter_mut().enumerate() {
                *open &=
                    !items.iter().fold(u64::MAX, |bits, item| bits & self.items[usize::from(*item) * WORDS + word]);
            }
        }
        open
    }
}

#[cfg(test)]
mod tests {
    use super::super::Shares;
    use super::*;

    #[test]
    fn rows_are_counted_as_one_by_one_by_any_threads() {
        let has = |row: usize, item: usize| (row * 7 + item * 3).is_multiple_of(item + 2);
        let is_bad = |row: usize| row.is_multiple_of(5);
        let candidates: Vec<Items> = vec![vec![], vec![0], vec![0, 1], vec![0, 2, 4], vec![3]];
        let chosen: Vec<Items> = vec![vec![1, 2]];
        for threads in [1, 4] {
            let mut counts = vec![Shares::default(); candidates.len()];
            let mut block = Block::new(5);
            for row in 0..1000 {
                block.push(u8::from(is_bad(row)) << BAD, row as f64, (0..5).filter(|item| has(row, *item)));
            }
            block.count(&(), (&candidates, &chosen), &mut counts, threads);
            for (items, count) in candidates.iter().zip(&counts) {
                let all = |items: &Items, row: usize| items.iter().all(|item| has(row, usize::from(*item)));
                let rows = (0..1000).filter(|row| all(items, *row) && !all(&chosen[0], *row));
                assert_eq!(count.bad, rows.clone().filter(|row| is_bad(*row)).count() as u64);
                assert_eq!(count.rows, rows.count() as u64);
            }
        }
    }
}
