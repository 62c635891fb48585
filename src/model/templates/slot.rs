//! Slots: positions at which the same text goes on with many words, and which are parameters therefore.

use std::collections::HashMap;

use super::rules::Rules;
use super::skeleton::Kind;
use super::table::{Table, Wider, Word};

/// What is known of a slot: the words that the rest of the text is seen with.
#[derive(Clone, Copy, Default)]
struct Slot {
    words: u32,
    other_than_states: bool,
    name: bool,
    wild: bool,
}

/// The positions that are parameters by the words seen at each while the rest of the row stays.
pub fn wider(rules: &Rules, table: &Table) -> Wider {
    let mut slots: HashMap<(usize, u64), Slot> = HashMap::new();
    for row in &table.rows {
        let hash = table.hash(row);
        for (position, &word) in row.iter().enumerate() {
            let slot = slots.entry((position, hash.wrapping_sub(table.share(position, word)))).or_default();
            slot.words += 1;
            slot.name |= table.kind(position, word) == Kind::Name;
            slot.wild |= table.kind(position, word) == Kind::Wild;
            slot.other_than_states |= table.kind(position, word) == Kind::Word && !table.is_state(word);
        }
    }
    let parameters = |row: &Vec<Word>| -> Vec<usize> {
        let (hash, constants) = (table.hash(row), table.constants(row));
        let known = |position, word| slots[&(position, hash.wrapping_sub(table.share(position, word)))];
        row.iter()
            .enumerate()
            .filter(|&(position, &word)| {
                let slot = known(position, word);
                let wide = slot.words > 1 && is_parameter(rules, table.values[position], position, slot, constants);
                table.kind(position, word) != Kind::Wild && wide
            })
            .map(|(position, _)| position)
            .collect()
    };
    let rows = table.rows.iter().map(parameters).enumerate();
    rows.filter(|(_, positions)| !positions.is_empty()).collect()
}

fn is_parameter(rules: &Rules, value: bool, position: usize, slot: Slot, constants: usize) -> bool {
    // A message's first word is nearly always constant: a name there is not yet reason enough.
    if rules.absorb && (slot.wild || slot.name && position > 0) {
        return constants >= 3;
    }
    let most = most(rules, slot.other_than_states, value, position);
    constants >= 2 && slot.words > most
}

/// How many words may be at a position that is no parameter.
pub fn most(rules: &Rules, other_than_states: bool, value: bool, position: usize) -> u32 {
    if !other_than_states {
        rules.states
    } else if value {
        rules.values
    } else if position == 0 {
        rules.first
    } else {
        rules.words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: &[u8] = b"\x02 \x02 \x02";

    fn table(lines: &[String]) -> Table<'_> {
        let words: Vec<Vec<&[u8]>> = lines.iter().map(|line| line.split(' ').map(str::as_bytes).collect()).collect();
        Table::new(&Rules::default(), FRAME, &words)
    }

    fn lines(of: &[&str]) -> Vec<String> {
        of.iter().map(|line| line.to_string()).collect()
    }

    #[test]
    fn a_position_with_many_words_and_one_with_states() {
        let rules = Rules::default();
        let users = lines(&["user ann in", "user bob in", "user eve in", "user joe in"]);
        assert_eq!(wider(&rules, &table(&users)), [(0, vec![1]), (1, vec![1]), (2, vec![1]), (3, vec![1])]);
        let states = lines(&["state NEW set", "state RUNNING set", "state STOPPED set", "state DEAD set"]);
        assert!(wider(&rules, &table(&states)).is_empty());
    }

    #[test]
    fn a_word_where_a_parameter_is() {
        let rules = Rules::default();
        assert_eq!(wider(&rules, &table(&lines(&["port \x01 open", "port none open"]))), [(1, vec![1])]);
        assert!(wider(&rules, &table(&lines(&["\x01 is open", "a.b is open"]))).len() == 1);
        assert!(wider(&rules, &table(&lines(&["a.b is open", "none is open"]))).is_empty());
    }
}
