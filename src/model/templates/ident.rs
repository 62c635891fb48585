//! Identifiers: which part of a word with digits is the parameter and which letters around it stay.

use std::ops::Range;

use super::class::{DIGIT, HEX, JOINT, LETTER, MARK, is};

/// The parameter in a word that has digits. One identifier is one parameter: from its first part with a digit to its last. Letters before and after stay when
/// they are parts by themselves or two letters or more before the digits (`blk_17`, `eth0`, `17.log`).
pub fn parameter(word: &[u8]) -> Range<usize> {
    let Some(first) = word.iter().position(|&byte| is(byte, DIGIT)) else {
        return word.len()..word.len();
    };
    if grouped_hex(word) {
        return 0..word.len();
    }
    let last = word.iter().rposition(|&byte| is(byte, DIGIT)).unwrap_or(first);
    let part = word[..first].iter().rposition(|&byte| is(byte, MARK | JOINT)).map_or(0, |at| at + 1);
    let part_end = end_of_part(word, first);
    let start = if name_with_number(&word[part..part_end], first - part) { first } else { part };
    // The sign of a number after a mark: `blk_-17` is `blk_` and a number.
    let signed = start >= 2 && word[start - 1] == b'-' && is(word[start - 2], MARK);
    start - usize::from(signed)..end_of_part(word, last)
}

fn end_of_part(word: &[u8], from: usize) -> usize {
    word[from..].iter().position(|&byte| is(byte, MARK | JOINT)).map_or(word.len(), |at| from + at)
}

/// Letters, two or more, and only digits after them. What could be a long number in hex is not.
fn name_with_number(part: &[u8], letters: usize) -> bool {
    letters >= 2
        && part[letters..].iter().all(|&byte| is(byte, DIGIT))
        && (part.len() < 6 || part.iter().any(|&byte| is(byte, LETTER)))
}

/// UUIDs, hyphenated MAC addresses: nothing but hex digits, in three groups or more.
fn grouped_hex(word: &[u8]) -> bool {
    let groups = word.iter().filter(|&&byte| byte == b'-').count();
    groups >= 2 && word.iter().all(|&byte| is(byte, DIGIT | HEX) || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(word: &str) -> String {
        let Range { start, end } = parameter(word.as_bytes());
        if start == end { word.into() } else { format!("{}*{}", &word[..start], &word[end..]) }
    }

    #[test]
    fn names_stay_and_numbers_go() {
        assert_eq!(shown("blk_38865049064139660"), "blk_*");
        assert_eq!(shown("attempt_2017_0024_m_000004_1026"), "attempt_*");
        assert_eq!(shown("blk_-17"), "blk_*");
        assert_eq!(shown("eth0"), "eth*");
        assert_eq!(shown("2kSOSP.log"), "*.log");
        assert_eq!(shown("n219.example.com"), "*.example.com");
        assert_eq!(shown("plain-word"), "plain-word");
        assert_eq!(shown("d76a91d"), "*");
        assert_eq!(shown("deadbeef00"), "*");
        assert_eq!(shown("a8f3kz9q"), "*");
        assert_eq!(shown("aabbccdd-eeff-0011-aabb-ccddeeff0011"), "*");
        assert_eq!(shown("0x1f"), "*");
    }
}
