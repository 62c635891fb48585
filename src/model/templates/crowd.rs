//! Crowds: skeletons of one frame that are too many to keep apart. Positions with the most words are wildcards, so
//! that what is left is few enough.
//!
//! What is a wildcard follows from how many words each position has in all the skeletons that ever came, which only
//! grows: neither their order nor their division into parts makes a difference.

use std::collections::{HashMap, HashSet};

use foldhash::fast::FixedState;

use super::bucket::weight;
use super::digest::digest;
use super::pen::WILD;
use super::seen::Seen;
use super::skeleton::{PLACE, join};

/// The most words that a position of a crowd keeps.
const WIDEST: usize = 256;

/// The words of a skeleton, a [`PLACE`] after each.
type Row = Vec<u8>;

/// The words seen at a position, as digests; none any more once they were too many.
#[derive(Clone, Debug, Default)]
struct Column {
    words: HashSet<u64, FixedState>,
    over: bool,
}

/// The skeletons of one bucket with what is seen of each, some positions wildcards in all of them.
#[derive(Clone, Debug)]
pub struct Crowd {
    frame: Vec<u8>,
    columns: Vec<Column>,
    /// A position with more words than this is a wildcard.
    width: usize,
    /// The most skeletons that may be left.
    most: usize,
    kept: HashMap<Row, Seen>,
}

impl Crowd {
    /// A crowd with nothing in it, for what fits into `room`.
    pub fn new(frame: Vec<u8>, columns: usize, room: usize) -> Self {
        let columns = vec![Column::default(); columns];
        let most = (room / weight(&frame)).max(1);
        Self { frame, columns, width: WIDEST, most, kept: HashMap::new() }
    }

    /// Takes over what is seen of a skeleton of these words.
    pub fn add(&mut self, words: &[&[u8]], seen: Seen) {
        let mut more = false;
        for (column, word) in self.columns.iter_mut().zip(words) {
            more |= !column.over && column.words.insert(digest(word));
        }
        if more {
            self.narrow();
        }
        self.kept.entry(self.row(words.iter().copied())).or_default().merge(seen);
    }

    /// Lets no more skeletons be left than fit into `room`.
    pub fn tighten(&mut self, room: usize) {
        self.most = self.most.min((room / weight(&self.frame)).max(1));
        self.narrow();
    }

    /// What it weighs where a bucket has this much room.
    pub fn weight(&self, room: usize) -> usize {
        weight(&self.frame).max(room)
    }

    /// Takes over another crowd of the same bucket.
    pub fn merge(&mut self, other: Self) {
        self.width = self.width.min(other.width);
        self.most = self.most.min(other.most);
        for (mine, its) in self.columns.iter_mut().zip(other.columns) {
            mine.over |= its.over;
            mine.words.extend(its.words);
            if mine.over {
                mine.words = HashSet::default();
            }
        }
        for (row, seen) in other.kept {
            self.kept.entry(row).or_default().merge(seen);
        }
        self.narrow();
        self.blank();
    }

    /// The skeleton under which one of these words is counted.
    pub fn skeleton(&self, words: &[&[u8]]) -> Vec<u8> {
        self.whole(&self.row(words.iter().copied()))
    }

    /// What is seen of the skeletons that are left, in no order.
    pub fn seen_mut(&mut self) -> impl Iterator<Item = &mut Seen> {
        self.kept.values_mut()
    }

    /// The same with the skeletons, which are not kept any more.
    pub fn take(&mut self) -> Vec<(Vec<u8>, Seen)> {
        let kept = std::mem::take(&mut self.kept);
        kept.into_iter().map(|(row, seen)| (self.whole(&row), seen)).collect()
    }

    /// The words with wildcards in the columns that have too many.
    fn row<'w>(&self, words: impl Iterator<Item = &'w [u8]>) -> Row {
        let mut row = Row::new();
        for (column, word) in self.columns.iter().zip(words) {
            row.extend_from_slice(if column.over { &[WILD] } else { word });
            row.push(PLACE);
        }
        row
    }

    fn whole(&self, row: &Row) -> Vec<u8> {
        join(&self.frame, &words(row).collect::<Vec<_>>())
    }

    /// Finds the width with which no more than the most skeletons can be left, and makes wildcards of what is wider.
    fn narrow(&mut self) {
        while self.width > 1 && self.reach() > self.most {
            self.width /= 2;
        }
        let mut wider = false;
        for column in self.columns.iter_mut().filter(|column| !column.over && column.words.len() > self.width) {
            *column = Column { words: HashSet::default(), over: true };
            wider = true;
        }
        if wider {
            self.blank();
        }
    }

    /// How many skeletons there can be at most, a position counting no more than the width. It only grows with what
    /// comes, and it only shrinks with the width: so the widest width that fits depends on nothing else.
    fn reach(&self) -> usize {
        let words = |column: &Column| if column.over { self.width } else { column.words.len().clamp(1, self.width) };
        self.columns.iter().map(words).fold(1, usize::saturating_mul)
    }

    fn blank(&mut self) {
        for (row, seen) in std::mem::take(&mut self.kept) {
            self.kept.entry(self.row(words(&row))).or_default().merge(seen);
        }
    }
}

fn words(row: &Row) -> impl Iterator<Item = &[u8]> {
    row.split(|&byte| byte == PLACE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one() -> Seen {
        Seen { count: 1, ..Seen::default() }
    }

    fn counted(lines: impl Iterator<Item = (usize, usize)>, most: usize) -> Vec<(Vec<u8>, u64)> {
        let mut crowd = Crowd::new(b"user \x02 logged \x02".to_vec(), 2, most);
        for (user, how) in lines {
            crowd.add(&[format!("u{user}").as_bytes(), ["in", "out"][how].as_bytes()], one());
        }
        let mut kept: Vec<_> = crowd.take().into_iter().map(|(skeleton, seen)| (skeleton, seen.count)).collect();
        kept.sort();
        kept
    }

    #[test]
    fn the_widest_position_becomes_a_wildcard() {
        let lines = || (0..5000).map(|at| (at, at % 2));
        let kept = counted(lines(), 1000);
        assert_eq!(kept, [(b"user \x01 logged in".to_vec(), 2500), (b"user \x01 logged out".to_vec(), 2500)]);
        assert_eq!(kept, counted(lines().rev(), 1000));
        assert_eq!(counted(lines(), 1), [(b"user \x01 logged \x01".to_vec(), 5000)]);
    }

    #[test]
    fn parts_make_the_whole() {
        let part = |range: std::ops::Range<usize>| {
            let mut crowd = Crowd::new(b"\x02 \x02".to_vec(), 2, 100);
            range.for_each(|at| {
                crowd.add(&[format!("{}", at % 40).as_bytes(), format!("{}", at % 7).as_bytes()], one())
            });
            crowd
        };
        let (mut both, whole) = (part(0..150), part(0..300));
        both.merge(part(150..300));
        assert_eq!(both.kept, whole.kept);
    }
}
