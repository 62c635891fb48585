//! A block of rows as bits, one row of bits for each item: what counts the rows that have several items at once, in
//! memory that does not grow with the evidence.

use super::{Covered, Items};

/// Rows of a block.
const ROWS: usize = 1 << 16;
const WORDS: usize = ROWS / 64;

#[derive(Debug)]
pub struct Block {
    rows: usize,
    bad: Vec<u64>,
    items: Vec<u64>,
}

impl Block {
    pub fn new(items: usize) -> Block {
        Block { rows: 0, bad: vec![0; WORDS], items: vec![0; items * WORDS] }
    }

    pub fn is_full(&self) -> bool {
        self.rows == ROWS
    }

    /// A row with its items. The block must not be full.
    pub fn push(&mut self, is_bad: bool, items: impl Iterator<Item = usize>) {
        let (word, bit) = (self.rows / 64, 1_u64 << (self.rows % 64));
        if is_bad {
            self.bad[word] |= bit;
        }
        for item in items {
            self.items[item * WORDS + word] |= bit;
        }
        self.rows += 1;
    }

    /// Adds to each candidate's count its rows of this block that none of `chosen` covers, and empties the block.
    pub fn count(&mut self, candidates: &[Items], chosen: &[Items], counts: &mut [Covered]) {
        let words = self.rows.div_ceil(64);
        let mut open = vec![u64::MAX; words];
        for items in chosen {
            for (word, open) in open.iter_mut().enumerate() {
                *open &=
                    !items.iter().fold(u64::MAX, |bits, item| bits & self.items[usize::from(*item) * WORDS + word]);
            }
        }
        for (items, count) in candidates.iter().zip(counts) {
            let line = |at: usize| {
                let from = usize::from(items[at]) * WORDS;
                &self.items[from..from + words]
            };
            let first = line(0);
            let second = if items.len() > 1 { line(1) } else { first };
            let third = if items.len() > 2 { line(2) } else { first };
            let (mut rows, mut bad) = (0_u32, 0_u32);
            for word in 0..words {
                let bits = first[word] & second[word] & third[word] & open[word];
                rows += bits.count_ones();
                bad += (bits & self.bad[word]).count_ones();
            }
            count.rows += u64::from(rows);
            count.bad += u64::from(bad);
        }
        self.rows = 0;
        self.bad.fill(0);
        self.items.fill(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_counted_as_one_by_one() {
        let has = |row: usize, item: usize| (row * 7 + item * 3).is_multiple_of(item + 2);
        let is_bad = |row: usize| row.is_multiple_of(5);
        let candidates: Vec<Items> = vec![vec![0], vec![0, 1], vec![0, 2, 4], vec![3]];
        let chosen: Vec<Items> = vec![vec![1, 2]];
        let mut counts = vec![Covered::default(); candidates.len()];
        let mut block = Block::new(5);
        for row in 0..1000 {
            block.push(is_bad(row), (0..5).filter(|item| has(row, *item)));
        }
        block.count(&candidates, &chosen, &mut counts);
        for (items, count) in candidates.iter().zip(&counts) {
            let all = |items: &Items, row: usize| items.iter().all(|item| has(row, usize::from(*item)));
            let rows = (0..1000).filter(|row| all(items, *row) && !all(&chosen[0], *row));
            assert_eq!(count.bad, rows.clone().filter(|row| is_bad(*row)).count() as u64);
            assert_eq!(count.rows, rows.count() as u64);
        }
        assert!(!block.is_full());
    }
}
