//! Names in dates, and the units that follow a number.

use std::ops::Range;

const MONTHS: [&[u8]; 12] = [
    b"january",
    b"february",
    b"march",
    b"april",
    b"may",
    b"june",
    b"july",
    b"august",
    b"september",
    b"october",
    b"november",
    b"december",
];
const DAYS: [&[u8]; 7] = [b"monday", b"tuesday", b"wednesday", b"thursday", b"friday", b"saturday", b"sunday"];

/// Sizes and durations, of which the program that writes picks the one that fits; and what ends a time of day.
fn is_unit(word: &[u8]) -> bool {
    // Patterns, since every number asks: they leave at the first byte that no unit has.
    matches!(
        word,
        [b'B' | b'b' | b'K' | b'M' | b'G' | b's' | b'h']
            | [b'k' | b'K' | b'M' | b'G' | b'T' | b'P', b'B']
            | [b'K' | b'M' | b'G' | b'T', b'i', b'B']
            | [b'k' | b'K' | b'M' | b'G', b'b']
            | [b'n' | b'u' | b'm', b's']
            | [0xc2, 0xb5, b's']
            | [b's', b'e', b'c']
            | [b's', b'e', b'c', b's']
            | [b'm', b'i', b'n']
            | [b'm', b'i', b'n', b's']
            | [b'A' | b'P', b'M']
            | [b'U', b'T', b'C']
            | [b'G', b'M', b'T']
    )
}

/// Whether `word` is a whole name or its first three letters.
fn is_name(word: &[u8], names: &[&[u8]]) -> bool {
    let reach = |name: &&&[u8]| word.len() == 3 || word.len() == name.len();
    word.first().is_some_and(u8::is_ascii_uppercase)
        && names.iter().filter(reach).any(|name| word.eq_ignore_ascii_case(&name[..word.len()]))
}

/// Whether `word` is the name of a month.
pub fn is_month(word: &[u8]) -> bool {
    is_name(word, &MONTHS)
}

/// The length of the names that end `before`, which a number follows, and make a date with it: a month, a weekday or
/// both, and the blanks between them.
#[inline]
pub fn names_before(before: &[u8]) -> usize {
    // Nearly all words before a number are no names: the last letter tells, or that the word has no capital.
    let [.., last, b' '] = before else { return 0 };
    if !matches!(last, b'a'..=b'z' | b'A'..=b'Z' | b',' | b' ') {
        return 0;
    }
    let word = word_before(before);
    if is_month(&before[word.clone()]) {
        let day = word_before(&before[..word.start]);
        let start = if is_name(&before[day.clone()], &DAYS) { day.start } else { word.start };
        before.len() - start
    } else if is_name(&before[word.clone()], &DAYS) {
        before.len() - word.start
    } else {
        0
    }
}

/// The word that ends `before`, blanks and a comma after it; empty where none does.
fn word_before(before: &[u8]) -> Range<usize> {
    let Some(end) = before.strip_suffix(b" ") else { return 0..0 };
    let end = end.strip_suffix(b" ").unwrap_or(end);
    let end = end.strip_suffix(b",").unwrap_or(end);
    let reach = end.len().saturating_sub(10);
    let start = end[reach..].iter().rposition(|byte| !byte.is_ascii_alphabetic()).map_or(reach, |at| reach + at + 1);
    start..end.len()
}

/// The length of the unit that follows a number, with the blank before it; 0 where none does.
#[inline]
pub fn unit(rest: &[u8]) -> usize {
    match rest {
        [b'%', ..] => return 1,
        [b' ', b'%', ..] => return 2,
        [b' ', first, ..] if first.is_ascii_alphabetic() || *first == 0xc2 => {}
        _ => return 0,
    }
    let word = &rest[1..];
    let end = word.iter().take(5).position(|byte| !byte.is_ascii_alphabetic() && *byte < 0x80).unwrap_or(word.len());
    if end < 5 && is_unit(&word[..end]) { end + 1 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_and_days_only_before_numbers() {
        let dated = |before: &str| names_before(before.as_bytes()) == before.len() - 3;
        assert!(dated("at Jul ") && dated("at July  ") && dated("at Sun Jul ") && dated("at Sunday, "));
        for before in ["at sun ", "Sun Microsystems ", "Jul", "", " ", "xJul "] {
            assert_eq!(names_before(before.as_bytes()), 0, "{before}");
        }
        assert!(is_month(b"Jul") && !is_month(b"Jux") && !is_month(b"jul"));
    }

    #[test]
    fn units_go_with_their_number() {
        assert_eq!(unit(b" KB, free"), 3);
        assert_eq!(unit(b"% used"), 1);
        assert_eq!(unit(b" \xc2\xb5s"), 4);
        assert_eq!(unit(b" bytes"), 0);
        assert_eq!(unit(b" "), 0);
    }
}
