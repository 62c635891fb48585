//! Skeletons taken apart: the words of one, and the frame of everything between them.

use super::class::{START, WORD, is};
use super::pen::WILD;
use super::rules::Rules;

/// What stands for a word in a frame: a control character, which no skeleton has but the wildcard.
pub const PLACE: u8 = 2;

/// What stands before a name that the message is of, whatever others like it say: it belongs to the frame.
pub const NAME: u8 = 3;

/// How many words there are at most. What follows belongs to the frame.
const WORDS: usize = 256;

/// The longest word. No program has a longer one in its text: it is a parameter.
const LONGEST: usize = 128;

/// How much of a parameter a word is by its looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A word as people write them: constant until its position is seen to vary.
    Word,
    /// A name: with dots inside, with digits left out, or empty.
    Name,
    /// A wildcard already.
    Wild,
}

/// A skeleton's words in order, each with its kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts<'a> {
    /// Everything but the words, with a [`PLACE`] for each.
    pub frame: Vec<u8>,
    pub words: Vec<&'a [u8]>,
}

/// The kind of a word.
pub fn kind(rules: &Rules, word: &[u8]) -> Kind {
    if word == [WILD] {
        return Kind::Wild;
    }
    let name = rules.names && (word.is_empty() || word.iter().any(|&byte| byte == WILD || byte == b'.'));
    if name { Kind::Name } else { Kind::Word }
}

/// Takes a skeleton apart. Where empty parameters count, empty brackets and an empty value have a word of no bytes.
pub fn parts<'a>(rules: &Rules, skeleton: &'a [u8]) -> Parts<'a> {
    let mut parts = Parts::default();
    let mut at = 0;
    while let Some(&byte) = skeleton.get(at) {
        if byte == NAME {
            parts.frame.extend_from_slice(&skeleton[at..]);
            break;
        }
        if parts.words.len() < WORDS && (byte == WILD || is(byte, START)) {
            let end = end_of_word(skeleton, at);
            parts.frame.push(PLACE);
            parts.words.push(if end - at > LONGEST { &[WILD] } else { &skeleton[at..end] });
            at = end;
            continue;
        }
        parts.frame.push(byte);
        at += 1;
        if parts.words.len() < WORDS && rules.empties && empty(skeleton, at) {
            parts.frame.push(PLACE);
            parts.words.push(&skeleton[at..at]);
        }
    }
    parts
}

fn end_of_word(skeleton: &[u8], start: usize) -> usize {
    let mut end = start + 1;
    while skeleton.get(end).is_some_and(|&byte| byte == WILD || is(byte, WORD)) {
        end += 1;
    }
    while end > start + 1 && matches!(skeleton[end - 1], b'.' | b'-') {
        end -= 1;
    }
    end
}

/// Whether an empty parameter is at `at`: in brackets that follow no name, or after a `=` with nothing behind it.
fn empty(skeleton: &[u8], at: usize) -> bool {
    let before = at.checked_sub(2).map_or(b' ', |at| skeleton[at]);
    let after = skeleton.get(at).copied().unwrap_or(b' ');
    match skeleton[at - 1] {
        b'(' => after == b')' && matches!(before, b' ' | b'='),
        b'[' => after == b']' && matches!(before, b' ' | b'='),
        b'{' => after == b'}' && matches!(before, b' ' | b'='),
        b'=' => matches!(after, b' ' | b',' | b';' | b')' | b']' | b'}' | b'&') && is(before, WORD),
        _ => false,
    }
}

/// Whether the word at `position` is a value: a `=` stands before it.
pub fn is_value(frame: &[u8], position: usize) -> bool {
    let mut places = frame.iter().enumerate().filter(|&(_, &byte)| byte == PLACE).map(|(at, _)| at);
    places.nth(position).is_some_and(|at| at > 0 && frame[at - 1] == b'=')
}

/// A frame and its words put together again.
pub fn join<W: AsRef<[u8]>>(frame: &[u8], words: &[W]) -> Vec<u8> {
    let mut words = words.iter();
    let mut out = Vec::with_capacity(frame.len() * 4);
    for &byte in frame {
        match (byte == PLACE).then(|| words.next()).flatten() {
            Some(word) => out.extend_from_slice(word.as_ref()),
            None => out.push(byte),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taken_apart_and_joined() {
        let rules = Rules::default();
        let skeleton = b"a=b, c.d: (\x01) go() ruser= blk_\x01.";
        let parts = parts(&rules, skeleton);
        assert_eq!(parts.words, [&b"a"[..], b"b", b"c.d", b"\x01", b"go", b"ruser", b"", b"blk_\x01"]);
        assert_eq!(join(&parts.frame, &parts.words), skeleton);
        assert!(is_value(&parts.frame, 1) && is_value(&parts.frame, 6) && !is_value(&parts.frame, 2));
        let kinds = [kind(&rules, b"a"), kind(&rules, b"c.d"), kind(&rules, b""), kind(&rules, b"\x01")];
        assert_eq!(kinds, [Kind::Word, Kind::Name, Kind::Name, Kind::Wild]);
    }

    #[test]
    fn an_empty_parameter_has_the_frame_of_a_full_one() {
        let rules = Rules::default();
        assert_eq!(parts(&rules, b"from x () at").frame, parts(&rules, b"from x (y) at").frame);
        assert_eq!(parts(&rules, b"r= s=\x01").frame, parts(&rules, b"r=\x01 s=").frame);
    }
}
