//! The classes of bytes: what may stand in a word, what is a digit, what divides.

/// `0-9`.
pub const DIGIT: u8 = 1;
/// `a-f` and `A-F`.
pub const HEX: u8 = 2;
/// Other letters, and every byte of a character beyond ASCII.
pub const LETTER: u8 = 4;
/// `_` and `$`, which start a word and go on with it.
pub const MARK: u8 = 8;
/// `.` and `-`, which only go on with a word.
pub const JOINT: u8 = 16;
/// Blanks and control characters, all of them one blank.
pub const BLANK: u8 = 32;
/// What may follow an absolute path's slash and stand in it.
pub const PATH: u8 = 64;

/// Where a parameter may be or begin: digits, quotes, slashes, `@`; and every blank that is not the plain one.
pub const TRIGGER: u8 = 128;

/// What starts a word.
pub const START: u8 = DIGIT | HEX | LETTER | MARK;
/// What goes on with a word.
pub const WORD: u8 = START | JOINT;

const fn class(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => DIGIT | PATH | TRIGGER,
        b'a'..=b'f' | b'A'..=b'F' => HEX | PATH,
        b'g'..=b'z' | b'G'..=b'Z' | 0x80.. => LETTER | PATH,
        b'_' | b'$' => MARK | PATH,
        b'.' | b'-' => JOINT | PATH,
        b'/' | b'\\' | b'@' => PATH | TRIGGER,
        b'%' | b'+' | b'~' | b'*' => PATH,
        b'"' | b'\'' | b'`' => TRIGGER,
        b' ' => BLANK,
        0..b' ' | 0x7f => BLANK | TRIGGER,
        _ => 0,
    }
}

const fn table() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = class(byte as u8);
        byte += 1;
    }
    table
}

/// The class of each byte.
pub static CLASS: [u8; 256] = table();

/// Whether `byte` is of one of `classes`.
#[inline]
pub fn is(byte: u8, classes: u8) -> bool {
    CLASS[byte as usize] & classes != 0
}

/// Whether there is a byte at `at` and it is of one of `classes`.
#[inline]
pub fn at(text: &[u8], at: usize, classes: u8) -> bool {
    text.get(at).is_some_and(|&byte| is(byte, classes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_starts_with_no_joint() {
        assert!(is(b'a', START) && is(b'_', START) && is(b'7', START) && is(0xc3, START));
        assert!(!is(b'-', START) && is(b'-', WORD) && !is(b'=', WORD) && !is(b' ', WORD));
        assert!(is(b'\n', BLANK) && is(1, BLANK) && !at(b"a", 1, WORD));
    }
}
