//! What the targets count by themselves, apart from the readers they hold to it.

use rca::fuzzed::{Read, Told, loses};

/// Whether a file begins as a compressed one does: its bytes are not its text.
pub fn is_packed(bytes: &[u8]) -> bool {
    let magic: [&[u8]; 5] = [b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18", b"BZh", b"\xfd7zXZ"];
    magic.iter().any(|magic| bytes.starts_with(magic))
}

/// How many losses are told of a source: of its tables, and of itself.
pub fn losses(told: &Told) -> u64 {
    let of = |read: &Read| {
        let lost: u64 = read.faults.iter().filter(|(name, _)| loses(name)).map(|(_, count)| count).sum();
        lost + u64::from(read.error.is_some())
    };
    told.lost.len() as u64 + told.tables.iter().map(of).sum::<u64>()
}

/// Which line a place is on.
pub fn line_of(text: &[u8], at: usize) -> u64 {
    1 + text[..at].iter().filter(|byte| **byte == b'\n').count() as u64
}

/// Lines with where they begin, each without its end; what follows the last line end is one if it is not empty.
pub fn lines(text: &[u8]) -> Vec<(usize, &[u8])> {
    let mut lines = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let end = text[at..].iter().position(|byte| *byte == b'\n').map_or(text.len(), |found| at + found);
        lines.push((at, &text[at..end]));
        at = end + 1;
    }
    lines
}

/// A number from the first byte of an input, and the rest of it.
pub fn first(bytes: &[u8]) -> (u8, &[u8]) {
    bytes.split_first().map_or((0, bytes), |(first, rest)| (*first, rest))
}

/// Parts of an input, divided by a byte that is in none.
pub fn parts(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.split(|byte| *byte == 0xff).collect()
}
