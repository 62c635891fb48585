//! The lines that a file's formats are told by: some from all over it, and of each shape that a record may begin with a
//! few, however late in the file they stand.

use std::collections::HashMap;

use super::detect::lines;
use super::recogniser::{needs_stripping, strip};
use super::strays;
use crate::source::file::File;
use crate::source::sample;

/// Lines looked at to tell a file's formats.
const LINES: usize = 2_000;
/// Places in a file that they are from.
const PLACES: usize = 12;
/// Lines kept of one shape, and of all.
const OF_SHAPE: u32 = 4;
const HEADS_MAX: usize = 2_000;
/// How much of a line is its shape.
const SHAPE_BYTES: usize = 32;
/// How much of a file is looked through; of many files less of each.
const BYTES: u64 = 8 << 20;
const BYTES_OF_ALL: u64 = 512 << 20;

/// How many bytes of each of so many files are looked through.
pub fn share(files: usize) -> u64 {
    (BYTES_OF_ALL / files.max(1) as u64).min(BYTES)
}

#[derive(Debug, Default)]
pub struct Gathered {
    /// In their order.
    pub lines: Vec<Vec<u8>>,
    /// Those that a record may begin with: the first of each shape.
    pub heads: Vec<Vec<u8>>,
}

impl Gathered {
    pub fn of(file: &File, bytes: u64) -> Gathered {
        let pieces = sample::spread(file, bytes);
        let mut gathered = Gathered { lines: some(&pieces), heads: Vec::new() };
        let mut seen: HashMap<u64, u32> = HashMap::new();
        for line in pieces.iter().flat_map(|piece| lines(piece)) {
            if gathered.heads.len() == HEADS_MAX {
                break;
            }
            if !strays::may_begin(line) {
                continue;
            }
            let count = seen.entry(shape(line)).or_default();
            *count += 1;
            if *count <= OF_SHAPE {
                gathered.heads.push(cleaned(line));
            }
        }
        gathered
    }
}

pub fn cleaned(line: &[u8]) -> Vec<u8> {
    if needs_stripping(line, true) { strip(line) } else { line.to_vec() }
}

/// All lines if they are few, else the first ones behind places all over the pieces.
fn some(pieces: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let count: usize = pieces.iter().map(|piece| memchr::memchr_iter(b'\n', piece).count()).sum();
    if count <= LINES {
        return pieces.iter().flat_map(|piece| lines(piece)).map(cleaned).collect();
    }
    let cut: Vec<&[u8]> = match pieces {
        [whole] => parts(whole),
        _ => pieces.iter().map(Vec::as_slice).collect(),
    };
    let of_each = LINES / cut.len().max(1) + 1;
    cut.into_iter().flat_map(|part| lines(part).take(of_each)).map(cleaned).collect()
}

/// A text in so many parts of whole lines.
fn parts(text: &[u8]) -> Vec<&[u8]> {
    let mut parts = Vec::with_capacity(PLACES);
    let mut start = 0;
    for place in 1..=PLACES {
        let near = (text.len() * place / PLACES).max(start);
        let end = memchr::memchr(b'\n', &text[near..]).map_or(text.len(), |at| near + at + 1);
        parts.push(&text[start..end]);
        start = end;
    }
    parts
}

/// How a line begins, whatever its words and numbers are: but whether a number of a date may be a month.
fn shape(line: &[u8]) -> u64 {
    const PRIME: u64 = 0x0100_0000_01b3;
    let start = &line[..line.len().min(SHAPE_BYTES)];
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let (mut at, mut last) = (0, 0);
    while at < start.len() {
        let kind = match start[at] {
            b'0'..=b'9' => b'0',
            b'a'..=b'z' | b'A'..=b'Z' => b'a',
            b'\t' => b' ',
            byte => byte,
        };
        if kind != last || !matches!(kind, b'0' | b'a' | b' ') {
            let is_late = || {
                at < 12
                    && matches!(start.get(at + 2), Some(b'/' | b'.' | b'-'))
                    && start[at..at + 2].iter().all(u8::is_ascii_digit)
                    && &start[at..at + 2] > b"12".as_slice()
            };
            let own = if kind == b'0' && is_late() { b'3' } else { kind };
            hash = (hash ^ u64::from(own)).wrapping_mul(PRIME);
        }
        last = kind;
        at += 1;
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_is_how_a_line_begins() {
        let is_same = |a: &str, b: &str| shape(a.as_bytes()) == shape(b.as_bytes());
        assert!(is_same("2025-03-01 13:10:04,118 INFO  [main] a", "2025-03-02 13:10:05,119 ERROR [pool] b"));
        assert!(!is_same("2025-03-01 13:10:04,118 INFO a", "[2025-03-01 13:10:04,118] INFO a"));
        assert!(!is_same("03/12/2025 13:10:04 a", "03/13/2025 13:10:04 a"));
    }

    #[test]
    fn lines_are_from_all_over_a_text() {
        let text: String = (0..10_000).map(|number| format!("{number}\n")).collect();
        let found = some(&[text.into_bytes()]);
        let first = |from: u32| found.iter().any(|line| String::from_utf8_lossy(line).parse() == Ok(from));
        assert!((1_990..2_010).contains(&found.len()) && first(0) && (5_000..5_900).any(first));
        assert!((9_000..10_000).any(first));
    }
}
