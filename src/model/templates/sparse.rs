//! Sparse slots: several parameters in one text whose words hardly ever come together twice, so that no two rows
//! differ at one position only.

use std::collections::{HashMap, HashSet};

use super::digest::mix;
use super::rules::Rules;
use super::skeleton::Kind;
use super::slot::most;
use super::table::{Table, Wider, Word};

/// The most parameters that are found at once, and the fewest constants that must be left.
const TOGETHER: usize = 6;
const LEFT: usize = 3;

/// A row without its rarest words.
struct Rest {
    key: u64,
    positions: Vec<usize>,
}

/// The positions that are parameters together: rows equal but for their rarest words, of which each position has
/// many.
pub fn wider(rules: &Rules, table: &Table) -> Wider {
    let mut seen: HashMap<(usize, Word), u32> = HashMap::new();
    for row in &table.rows {
        for (position, &word) in row.iter().enumerate() {
            *seen.entry((position, word)).or_default() += 1;
        }
    }
    let rests: Vec<Vec<Rest>> = table.rows.iter().map(|row| rests(table, &seen, row)).collect();
    let mut alike: HashMap<u64, Vec<usize>> = HashMap::new();
    for (at, rest) in rests.iter().enumerate().flat_map(|(at, rests)| rests.iter().map(move |rest| (at, rest))) {
        alike.entry(rest.key).or_default().push(at);
    }
    let mut known: HashMap<u64, bool> = HashMap::new();
    let mut together = |rest: &Rest| {
        *known.entry(rest.key).or_insert_with(|| are_parameters(rules, table, &alike[&rest.key], &rest.positions))
    };
    let mut wider = Vec::new();
    for (at, rests) in rests.into_iter().enumerate() {
        if let Some(rest) = rests.into_iter().find(&mut together) {
            wider.push((at, rest.positions));
        }
    }
    wider
}

/// A row without its two rarest words, its three rarest words and so on, while half of its words are left.
fn rests(table: &Table, seen: &HashMap<(usize, Word), u32>, row: &[Word]) -> Vec<Rest> {
    let words = |&position: &usize| table.kind(position, row[position]) == Kind::Word;
    let mut rare: Vec<usize> = (1..row.len()).filter(words).collect();
    rare.sort_by_key(|&position| (seen[&(position, row[position])], position));
    let constants = table.constants(row);
    let most = (constants / 2).min(constants.saturating_sub(LEFT)).min(TOGETHER).min(rare.len());
    let (mut key, mut out) = (table.hash(row), 0u64);
    let mut rests = Vec::new();
    for (at, &position) in rare[..most].iter().enumerate() {
        key = key.wrapping_sub(table.share(position, row[position]));
        out = out.wrapping_add(mix(position as u64 + 1));
        if at > 0 {
            let mut positions = rare[..=at].to_vec();
            positions.sort_unstable();
            rests.push(Rest { key: mix(key ^ mix(out)), positions });
        }
    }
    rests
}

/// Whether each of `positions` has many words in `rows`: the more, the more positions there are.
fn are_parameters(rules: &Rules, table: &Table, rows: &[usize], positions: &[usize]) -> bool {
    positions.iter().all(|&position| {
        let words: HashSet<Word> = rows.iter().map(|&row| table.rows[row][position]).collect();
        let other_than_states = words.iter().any(|&word| !table.is_state(word));
        words.len() as u32 > most(rules, other_than_states, table.values[position], position) * positions.len() as u32
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: &[u8] = b"\x02 \x02 \x02 \x02 \x02";

    fn table(lines: &[String]) -> Table<'_> {
        let words: Vec<Vec<&[u8]>> = lines.iter().map(|line| line.split(' ').map(str::as_bytes).collect()).collect();
        Table::new(&Rules::default(), FRAME, &words)
    }

    /// `count` rows with two parameters that never come together twice.
    fn moved(count: u8) -> Vec<String> {
        let word = |start: u8, at: u8| format!("x{}", char::from(start + at));
        (0..count).map(|at| format!("moved {} to {} now", word(b'a', at), word(b'k', at))).collect()
    }

    #[test]
    fn two_parameters_at_once_when_there_are_enough() {
        let (enough, few) = (moved(7), moved(6));
        let rules = Rules::default();
        let all: Wider = (0..7).map(|row| (row, vec![1, 3])).collect();
        assert_eq!(wider(&rules, &table(&enough)), all);
        assert!(wider(&rules, &table(&few)).is_empty());
    }

    #[test]
    fn half_of_the_words_must_be_left() {
        let lines: Vec<String> = (b'a'..=b'j').map(char::from).map(|at| format!("f{at} g{at} h{at} to x")).collect();
        assert!(wider(&Rules::default(), &table(&lines)).is_empty());
    }
}
