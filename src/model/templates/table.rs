//! A table of the skeletons that share a frame: a row for each, a column for each position. Rows that become equal
//! become one.

use std::collections::{BTreeSet, HashMap};

use super::digest::mix;
use super::pen::WILD;
use super::rules::Rules;
use super::skeleton::{Kind, is_value, kind};

/// A word's number in its table. Numbers go with the words' order, so that they do not depend on the rows'.
pub type Word = u32;
/// The number of the wildcard.
pub const WILDCARD: Word = 0;

/// Positions to make wildcards of, for each row that has any.
pub type Wider = Vec<(usize, Vec<usize>)>;

/// What is known of a word by its looks.
#[derive(Clone, Copy)]
struct Looks<'a> {
    text: &'a [u8],
    kind: Kind,
    state: bool,
}

/// The distinct rows of one frame, and the row of each skeleton.
pub struct Table<'a> {
    words: Vec<Looks<'a>>,
    pub rows: Vec<Vec<Word>>,
    pub row_of: Vec<usize>,
    /// Which columns are values after a `=`.
    pub values: Vec<bool>,
}

impl<'a> Table<'a> {
    /// The table of `members`, each the words of a skeleton.
    pub fn new(rules: &Rules, frame: &[u8], members: &[Vec<&'a [u8]>]) -> Self {
        const WILD_TEXT: &[u8] = &[WILD];
        let distinct: BTreeSet<&[u8]> = members.iter().flatten().copied().collect();
        let mut words = vec![Looks { text: WILD_TEXT, kind: Kind::Wild, state: false }];
        for text in distinct.into_iter().filter(|text| *text != WILD_TEXT) {
            words.push(Looks { text, kind: kind(rules, text), state: is_state(text) });
        }
        let numbers: HashMap<&[u8], Word> = words.iter().zip(0..).map(|(word, number)| (word.text, number)).collect();
        let rows: Vec<Vec<Word>> =
            members.iter().map(|words| words.iter().map(|word| numbers[word]).collect()).collect();
        let width = rows.first().map_or(0, Vec::len);
        let values = (0..width).map(|position| is_value(frame, position)).collect();
        let mut table = Self { words, row_of: (0..rows.len()).collect(), rows, values };
        table.settle();
        table
    }

    /// The kind of a word where it stands. A message's first word is nearly always constant: no name is one there that
    /// has no digits.
    pub fn kind(&self, position: usize, word: Word) -> Kind {
        let Looks { text, kind, .. } = self.words[word as usize];
        let constant = position == 0 && kind == Kind::Name && !text.is_empty() && !text.contains(&WILD);
        if constant { Kind::Word } else { kind }
    }

    pub fn is_state(&self, word: Word) -> bool {
        self.words[word as usize].state
    }

    /// The words of a skeleton's row.
    pub fn template(&self, member: usize) -> Vec<&'a [u8]> {
        self.rows[self.row_of[member]].iter().map(|&word| self.words[word as usize].text).collect()
    }

    /// How many words of a row are no names and no wildcards.
    pub fn constants(&self, row: &[Word]) -> usize {
        row.iter().enumerate().filter(|&(position, &word)| self.kind(position, word) == Kind::Word).count()
    }

    /// The word's share of a row's hash, the sum of which can do without any of them. A name counts as a wildcard.
    pub fn share(&self, position: usize, word: Word) -> u64 {
        mix((position as u64) << 32 | u64::from(self.plain(position, word)))
    }

    /// The hash of a row.
    pub fn hash(&self, row: &[Word]) -> u64 {
        row.iter().enumerate().fold(0, |sum, (position, &word)| sum.wrapping_add(self.share(position, word)))
    }

    /// Makes wildcards, and one row of those that are equal then. Whether there was any.
    pub fn widen(&mut self, wider: &Wider) -> bool {
        for (row, positions) in wider {
            for &position in positions {
                self.rows[*row][position] = WILDCARD;
            }
        }
        if !wider.is_empty() {
            self.settle();
        }
        !wider.is_empty()
    }

    fn plain(&self, position: usize, word: Word) -> Word {
        if self.kind(position, word) == Kind::Word { word } else { WILDCARD }
    }

    /// Makes one row of those that differ only in names. A name that all of them have stays.
    fn settle(&mut self) {
        let mut settled: Vec<Vec<Word>> = Vec::new();
        let mut known: HashMap<Vec<Word>, usize> = HashMap::new();
        let mut moved = Vec::with_capacity(self.rows.len());
        for row in &self.rows {
            let key = row.iter().enumerate().map(|(position, &word)| self.plain(position, word)).collect();
            let at = *known.entry(key).or_insert(settled.len());
            match settled.get_mut(at) {
                None => settled.push(row.clone()),
                Some(one) => {
                    for (mine, _) in one.iter_mut().zip(row).filter(|(mine, other)| mine != other) {
                        *mine = WILDCARD;
                    }
                }
            }
            moved.push(at);
        }
        for row in &mut self.row_of {
            *row = moved[*row];
        }
        self.rows = settled;
    }
}

/// Words in capitals and truth values: states, of which a program has a handful.
fn is_state(word: &[u8]) -> bool {
    let capitals = word.len() > 1 && word.iter().all(|byte| byte.is_ascii_uppercase() || *byte == b'_');
    capitals || [&b"true"[..], b"false", b"True", b"False"].contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_differ_in_names_are_one() {
        let members: [Vec<&[u8]>; 3] = [vec![b"a", b"b.c", b"x"], vec![b"a", b"d.e", b"x"], vec![b"a", b"b.c", b"y"]];
        let mut table = Table::new(&Rules::default(), b"\x02 \x02=\x02", &members);
        assert_eq!((table.rows.len(), table.row_of.clone()), (2, vec![0, 0, 1]));
        assert_eq!(table.template(1), [&b"a"[..], &[WILD], b"x"]);
        assert_eq!(table.template(2), [&b"a"[..], b"b.c", b"y"]);
        assert_eq!(table.values, [false, false, true]);
        assert!(table.widen(&vec![(0, vec![2]), (1, vec![2])]) && !table.widen(&Vec::new()));
        assert_eq!((table.rows.len(), table.template(2)), (1, vec![&b"a"[..], &[WILD], &[WILD]]));
    }

    #[test]
    fn a_first_word_is_no_name_and_states_are_in_capitals() {
        let members: [Vec<&[u8]>; 1] = [vec![b"a.b", b"a.b"]];
        let table = Table::new(&Rules::default(), b"\x02 \x02", &members);
        let word = table.rows[0][0];
        assert_eq!((table.kind(0, word), table.kind(1, word)), (Kind::Word, Kind::Name));
        assert!(is_state(b"NEW_ONE") && is_state(b"true") && !is_state(b"New") && !is_state(b"A"));
    }
}
