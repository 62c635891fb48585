//! A block of rows as bits, one row of bits for each item: what counts the rows that have several items at once, in
//! memory that does not grow with the evidence.

use super::Items;

/// Rows of a block: the bits of a few hundred items stay near the processor.
pub const BLOCK_ROWS: usize = 1 << 14;
const WORDS: usize = BLOCK_ROWS / 64;
/// Words that are counted at once.
const STEP: usize = 64;
type Line = [u64; WORDS];

#[derive(Debug)]
pub struct Block {
    rows: usize,
    items: Vec<Line>,
}

/// The words that so many rows have bits in, as they are counted.
fn words(rows: usize) -> usize {
    rows.div_ceil(64).next_multiple_of(STEP)
}

impl Block {
    pub fn new(items: usize) -> Block {
        Block { rows: 0, items: vec![[0; WORDS]; items] }
    }

    /// Says that a row has an item.
    pub fn set(&mut self, item: u16, row: usize) {
        self.items[usize::from(item)][row / 64] |= 1_u64 << (row % 64);
    }

    /// The bits of so many rows as bytes, put behind those in `bytes`; and the block is empty again.
    pub fn write(&mut self, rows: usize, bytes: &mut Vec<u8>) {
        for line in &mut self.items {
            line[..words(rows)].iter().for_each(|word| bytes.extend(word.to_le_bytes()));
            line.fill(0);
        }
    }

    /// So many rows in place of those that it has, at most [`BLOCK_ROWS`]; and what is behind their bits.
    pub fn read<'a>(&mut self, rows: usize, bytes: &'a [u8]) -> &'a [u8] {
        self.rows = rows;
        let length = words(rows) * 8;
        let (own, rest) = bytes.split_at(self.items.len() * length);
        for (line, bytes) in self.items.iter_mut().zip(own.chunks_exact(length.max(1))) {
            let words = bytes.as_chunks::<8>().0;
            line.iter_mut().zip(words).for_each(|(word, bytes)| *word = u64::from_le_bytes(*bytes));
        }
        rest
    }

    /// The rows that have an item.
    pub fn rows_of(&self, item: u16) -> Places<'_> {
        Places(&self.items[usize::from(item)][..words(self.rows)])
    }

    /// Whether a row has an item.
    pub fn has(&self, item: u16, row: usize) -> bool {
        self.items[usize::from(item)][row / 64] >> (row % 64) & 1 == 1
    }

    /// Adds to each candidate's count its rows of this block that none of `chosen` covers; without items it has all.
    /// Candidates in ascending order are counted fastest: what they begin with alike is looked at once.
    pub fn count(&self, candidates: &[Items], chosen: &[Items], counts: &mut [u64]) {
        self.walk(candidates, chosen, |at, first, last| counts[at] += ones_of_both(first, last));
    }

    /// Hands over the same rows of each candidate, and the candidate's place.
    pub fn each(&self, candidates: &[Items], chosen: &[Items], mut take: impl FnMut(usize, Places)) {
        let mut both: Line = [0; WORDS];
        self.walk(candidates, chosen, |at, first, last| {
            both.iter_mut().zip(first.iter().zip(last)).for_each(|(both, (first, last))| *both = first & last);
            take(at, Places(&both[..first.len()]));
        });
    }

    /// Hands over of each candidate two lines whose common bits are its rows.
    fn walk(&self, candidates: &[Items], chosen: &[Items], mut take: impl FnMut(usize, &[u64], &[u64])) {
        let words = words(self.rows);
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
        for (at, items) in candidates.iter().enumerate() {
            let Some((last, first)) = items.split_last() else {
                take(at, &open[..words], &open[..words]);
                continue;
            };
            if first != begun {
                begun = first;
                beginning = open;
                first.iter().for_each(|item| and(&mut beginning, &self.items[usize::from(*item)]));
            }
            take(at, &beginning[..words], &self.items[usize::from(*last)][..words]);
        }
    }
}

/// Rows of a block by their bits.
#[derive(Debug, Clone, Copy)]
pub struct Places<'a>(&'a [u64]);

impl Places<'_> {
    /// In ascending order.
    pub fn for_each(self, mut take: impl FnMut(usize)) {
        for (word, bits) in self.0.iter().enumerate() {
            let mut left = *bits;
            while left != 0 {
                take(word * 64 + left.trailing_zeros() as usize);
                left &= left - 1;
            }
        }
    }
}

fn and(line: &mut Line, other: &Line) {
    line.iter_mut().zip(other).for_each(|(bits, other)| *bits &= other);
}

/// The bits that both have. Eight words are added up bit by bit before they are counted (Harley and Seal), since not
/// every processor counts bits itself.
fn ones_of_both(a: &[u64], b: &[u64]) -> u64 {
    const LANES: usize = STEP / 8;
    let add = |a: u64, b: u64, c: u64| ((a & b) | ((a ^ b) & c), a ^ b ^ c);
    let (mut ones, mut twos, mut fours) = ([0_u64; LANES], [0_u64; LANES], [0_u64; LANES]);
    let mut eights = 0_u64;
    for (a, b) in a.chunks_exact(STEP).zip(b.chunks_exact(STEP)) {
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
        let candidates: Vec<Items> = vec![vec![], vec![0], vec![0, 1], vec![0, 1, 4], vec![0, 2, 4], vec![3]];
        let chosen: Vec<Items> = vec![vec![1, 2]];
        for (rows, chosen) in [(1000, &chosen[..]), (BLOCK_ROWS, &[]), (BLOCK_ROWS - 1, &chosen), (5000, &[]), (0, &[])]
        {
            let mut counts = vec![0; candidates.len()];
            let mut one_by_one = vec![0_u64; candidates.len()];
            let rows_of_all = rows;
            let (mut block, mut bytes) = (Block::new(5), Vec::new());
            // A block that was written is empty.
            for _ in 0..2 {
                for row in 0..rows {
                    (0..5).filter(|item| has(row, *item)).for_each(|item| block.set(item as u16, row));
                }
                bytes.clear();
                block.write(rows, &mut bytes);
                bytes.extend(b"end");
                let mut again = Block::new(5);
                assert_eq!(again.read(rows, &bytes), b"end");
                again.count(&candidates, chosen, &mut counts);
                again.each(&candidates, chosen, |at, rows| {
                    rows.for_each(|row| {
                        assert!(row < rows_of_all && candidates[at].iter().all(|item| again.has(*item, row)));
                        one_by_one[at] += 1;
                    });
                });
            }
            assert_eq!(counts, one_by_one);
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
