//! Covering: a row that a template with more wildcards fits is one of its messages.

use std::collections::{BTreeMap, HashSet};

use super::table::{Table, WILDCARD, Wider, Word};

/// The most sets of wildcard positions that are tried, those with the most templates.
const SETS: usize = 64;
/// The fewest constants that both must share.
const SHARED: usize = 3;

/// The wildcards of a template that fits, for each row that has fewer.
pub fn wider(table: &Table) -> Wider {
    let mut sets: BTreeMap<Vec<usize>, HashSet<u64>> = BTreeMap::new();
    for row in &table.rows {
        let wild = wildcards(row);
        let key = without(table, row, &wild);
        sets.entry(wild).or_default().insert(key);
    }
    let mut sets: Vec<(Vec<usize>, HashSet<u64>)> = sets.into_iter().filter(|(wild, _)| wild.len() > 1).collect();
    // Stable: equal sizes stay in the order of the positions.
    sets.sort_by_key(|(_, keys)| std::cmp::Reverse(keys.len()));
    sets.truncate(SETS);
    let covered = |row: &Vec<Word>| -> Vec<usize> {
        let fits = sets.iter().filter(|(wild, _)| {
            let more = wild.iter().filter(|&&position| row[position] != WILDCARD).count();
            more > 0 && table.constants(row) >= SHARED.max(more) + more
        });
        let mut fits = fits.filter(|(wild, keys)| keys.contains(&without(table, row, wild)));
        fits.next().map(|(wild, _)| wild.clone()).unwrap_or_default()
    };
    let rows = table.rows.iter().map(covered).enumerate();
    rows.filter(|(_, positions)| !positions.is_empty()).collect()
}

fn wildcards(row: &[Word]) -> Vec<usize> {
    (0..row.len()).filter(|&position| row[position] == WILDCARD).collect()
}

/// The hash of a row without the words at `positions`.
fn without(table: &Table, row: &[Word], positions: &[usize]) -> u64 {
    positions.iter().fold(table.hash(row), |hash, &position| hash.wrapping_sub(table.share(position, row[position])))
}

#[cfg(test)]
mod tests {
    use super::super::rules::Rules;
    use super::*;

    const FRAME: &[u8] = b"\x02 \x02 \x02 \x02 \x02 \x02";

    fn table(lines: &[String]) -> Table<'_> {
        let words: Vec<Vec<&[u8]>> = lines.iter().map(|line| line.split(' ').map(str::as_bytes).collect()).collect();
        Table::new(&Rules::default(), FRAME, &words)
    }

    #[test]
    fn a_template_covers_what_it_fits() {
        let lines = ["order \x01 by \x01 was sent", "order a by b was sent", "order a by b was lost"].map(String::from);
        assert_eq!(wider(&table(&lines)), [(1, vec![1, 3])]);
    }

    #[test]
    fn enough_words_must_be_shared() {
        let lines = ["\x01 \x01 \x01 \x01 was sent", "a b c d was sent"].map(String::from);
        assert!(wider(&table(&lines)).is_empty());
    }
}
