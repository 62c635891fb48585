//! A block of rows as bits, one row of bits for each item: what counts the rows that have several items at once, in
//! memory that does not grow with the evidence.

use super::Items;

/// Rows of a block: the bits of a few hundred items stay near the processor.
pub const BLOCK_ROWS: usize = 1 << 14;
const WORDS: usize = BLOCK_ROWS / 64;
type Line = [u64; WORDS];

#[derive(Debug)]
pub struct Block {
    rows: usize,
    items: Vec<Line>,
}

impl Block {
    pub fn new(items: usize) -> Block {
        Block { rows: 0, items: vec![[0; WORDS]; items] }
    }

    /// Says that a row has an item.
    pub fn set(&mut self, item: u16, row: usize) {
        self.items[usize::from(item)][row / 64] |= 1_u64 << (row % 64);
    }

    /// The bits as bytes in place of those in `bytes`; and the block is empty again.
    pub fn write(&mut self, bytes: &mut Vec<u8>) {
        bytes.clear();
        for line in &mut self.items {
            line.iter().for_each(|word| bytes.extend(word.to_le_bytes()));
            line.fill(0);
        }
    }

    /// So many rows in place of those that it has: at most [`BLOCK_ROWS`].
    pub fn read(&mut self, rows: usize, bytes: &[u8]) {
        self.rows = rows;
        for (line, bytes) in self.items.iter_mut().zip(bytes.chunks_exact(WORDS * 8)) {
            let words = bytes.as_chunks::<8>().0;
            line.iter_mut().zip(words).for_each(|(word, bytes)| *word = u64::from_le_bytes(*bytes));
        }
    }

    /// Adds to each candidate's count its rows of this block that none of `chosen` covers.
    /// Candidates in ascending order are counted fastest: what they begin with alike is looked at once.
    pub fn count(&self, candidates: &[Items], chosen: &[Items], counts: &mut [u64]) {
        let mut open: Line = [0; WORDS];
        open[..self.rows / 64].fill(u64::MAX);
        if !self.rows.is_multiple_of(64) {
            open[self.rows / 64] = (1 << (self.rows % 64)) - 1;
        }
        for items in chosen {
            let mut covered: Line = [u64::MAX; WORDS];
            items.iter().for_each(|item| and(&mut covered, &self.items[usize::from(*item)]));
            open.iter_mut().zip(&covered).for_each(|(open, covered)| *open &= !covered);
        }
        let mut begun: &[u16] = &[];
        let mut beginning = open;
        for (items, count) in candidates.iter().zip(counts) {
            let Some((last, first)) = items.split_last() else { continue };
            if first != begun {
                begun = first;
                beginning = open;
                first.iter().for_each(|item| and(&mut beginning, &self.items[usize::from(*item)]));
            }
            *count += ones_of_both(&beginning, &self.items[usize::from(*last)]);
        }
    }
}

fn and(line: &mut Line, other: &Line) {
    line.iter_mut().zip(other).for_each(|(bits, other)| *bits &= other);
}

/// The bits that both have. Eight words are added up bit by bit before they are counted (Harley and Seal), since not
/// every processor counts bits itself.
fn ones_of_both(a: &Line, b: &Line) -> u64 {
    const LANES: usize = 8;
    let add = |a: u64, b: u64, c: u64| ((a & b) | ((a ^ b) & c), a ^ b ^ c);
    let (mut ones, mut twos, mut fours) = ([0_u64; LANES], [0_u64; LANES], [0_u64; LANES]);
    let mut eights = 0_u64;
    for (a, b) in a.chunks_exact(8 * LANES).zip(b.chunks_exact(8 * LANES)) {
        for lane in 0..LANES {
            let word = |at: usize| a[at * LANES + lane] & b[at * LANES + lane];
            let (two_a, one) = add(ones[lane], word(0), word(1));
            let (two_b, one) = add(one, word(2), word(3));
            let (four_a, two) = add(twos[lane], two_a, two_b);
            let (two_a, one) = add(one, word(4), word(5));
            let (two_b, one) = add(one, word(6), word(7));
            let (four_b, two) = add(two, two_a, two_b);
            let (eight, four) = add(fours[lane], four_a, four_b);
            (ones[lane], twos[lane], fours[lane]) = (one, two, four);
            eights += u64::from(eight.count_ones());
        }
    }
    let sum = |lanes: &[u64]| lanes.iter().map(|word| u64::from(word.count_ones())).sum::<u64>();
    8 * eights + 4 * sum(&fours) + 2 * sum(&twos) + sum(&ones)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_counted_as_one_by_one() {
        let has = |row: usize, item: usize| (row * 7 + item * 3).is_multiple_of(item + 2);
        let candidates: Vec<Items> = vec![vec![0], vec![0, 1], vec![0, 1, 4], vec![0, 2, 4], vec![3]];
        let chosen: Vec<Items> = vec![vec![1, 2]];
        for (rows, chosen) in [(1000, &chosen[..]), (BLOCK_ROWS, &[]), (BLOCK_ROWS - 1, &chosen), (0, &[])] {
            let mut counts = vec![0; candidates.len()];
            let (mut block, mut bytes) = (Block::new(5), Vec::new());
            // A block that was written is empty.
            for _ in 0..2 {
                for row in 0..rows {
                    (0..5).filter(|item| has(row, *item)).for_each(|item| block.set(item as u16, row));
                }
                block.write(&mut bytes);
                let mut again = Block::new(5);
                again.read(rows, &bytes);
                again.count(&candidates, chosen, &mut counts);
            }
            for (items, count) in candidates.iter().zip(&counts) {
                let all = |items: &Items, row: usize| items.iter().all(|item| has(row, usize::from(*item)));
                let seen = (0..rows).filter(|row| all(items, *row) && !chosen.iter().any(|one| all(one, *row)));
                assert_eq!(*count, 2 * seen.count() as u64, "{items:?} of {rows}");
            }
        }
    }

    #[test]
    fn bits_of_both_are_counted() {
        let mut dice = 1_u64;
        let mut line = || {
            std::array::from_fn(|_| {
                dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                dice.rotate_left(23)
            })
        };
        for _ in 0..50 {
            let (a, b): (Line, Line) = (line(), line());
            let plain: u64 = a.iter().zip(&b).map(|(a, b)| u64::from((a & b).count_ones())).sum();
            assert_eq!(ones_of_both(&a, &b), plain);
        }
        assert_eq!(ones_of_both(&[u64::MAX; WORDS], &[u64::MAX; WORDS]), BLOCK_ROWS as u64);
    }
}
