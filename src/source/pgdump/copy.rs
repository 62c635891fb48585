//! The rows of COPY blocks in text format: a line each, tabs between fields, backslash escapes, `\N` for NULL
//! (PostgreSQL manual, COPY, "Text Format").

use memchr::memchr;

use super::cells::Cells;
use super::charset::Charset;
use crate::model::column::Buffer;
use crate::model::coverage::Fault;
use crate::source::near;
use crate::source::text::{Outcome, RecordParser};

/// How a COPY divides its fields and writes NULL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Style {
    pub delimiter: u8,
    pub null: Vec<u8>,
}

impl Default for Style {
    fn default() -> Style {
        Style { delimiter: b'\t', null: b"\\N".to_vec() }
    }
}

pub struct Lines {
    cells: Cells,
    style: Style,
    charset: Charset,
    scratch: Vec<u8>,
}

impl Lines {
    pub fn new(cells: Cells, style: Style, charset: Charset) -> Lines {
        Lines { cells, style, charset, scratch: Vec::new() }
    }

    #[inline]
    fn push(&mut self, field: usize, text: &[u8], out: &mut [Buffer], faults: &mut Vec<Fault>) {
        if text == self.style.null {
            self.cells.null(field, out);
        } else if near::find(b'\\', text).is_some() {
            self.scratch.clear();
            unescape(text, &mut self.scratch);
            self.cells.text(field, &self.scratch, out, faults);
        } else {
            self.cells.text(field, text, out, faults);
        }
    }

    /// The next delimiter that no backslash makes a part of the value.
    #[inline]
    fn divider(&self, line: &[u8], from: usize) -> Option<usize> {
        let mut start = from;
        loop {
            let at = start + near::find(self.style.delimiter, &line[start..])?;
            let escapes = line[from..at].iter().rev().take_while(|byte| **byte == b'\\').count();
            if escapes % 2 == 0 {
                return Some(at - from);
            }
            start = at + 1;
        }
    }

    fn row(&mut self, line: &[u8], out: &mut [Buffer], faults: &mut Vec<Fault>) {
        let last = self.cells.last_wanted();
        let mut from = 0;
        let mut count = 0;
        let mut open = true;
        while count < last && open {
            let found = self.divider(line, from);
            let end = found.map_or(line.len(), |found| from + found);
            if self.cells.is_wanted(count) {
                self.push(count, &line[from..end], out, faults);
            }
            count += 1;
            open = found.is_some();
            from = end + 1;
        }
        // A table without columns has empty lines.
        if open && (self.cells.fields() > 0 || !line.is_empty()) {
            let rest = &line[from.min(line.len())..];
            count += memchr::memchr_iter(self.style.delimiter, rest)
                .filter(|at| rest[..*at].iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 0)
                .count()
                + 1;
        }
        self.cells.fill(count, out);
        if count != self.cells.fields() {
            faults.push(Fault::Ragged);
        }
    }
}

impl RecordParser for Lines {
    fn record(&mut self, block: &[u8], at: usize, out: &mut [Buffer], faults: &mut Vec<Fault>) -> (usize, Outcome) {
        let Some(length) = memchr(b'\n', &block[at..]) else {
            // Every row ends its line: one that does not is cut off, and its last value maybe not what it was.
            faults.push(Fault::Unread);
            return (block.len(), Outcome::NoRow);
        };
        let line = block[at..at + length].strip_suffix(b"\r").unwrap_or(&block[at..at + length]);
        let (decoded, is_broken) = self.charset.decode(line);
        if is_broken {
            faults.push(Fault::Replaced);
        }
        self.row(&decoded, out, faults);
        (at + length + 1, Outcome::Row)
    }
}

/// Decodes the escapes of a field.
fn unescape(field: &[u8], out: &mut Vec<u8>) {
    let mut at = 0;
    while let Some(found) = memchr(b'\\', &field[at..]) {
        out.extend_from_slice(&field[at..at + found]);
        at += found + 1;
        let Some(&escaped) = field.get(at) else {
            out.push(b'\\');
            return;
        };
        at += 1;
        match escaped {
            b'b' => out.push(8),
            b'f' => out.push(12),
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'v' => out.push(11),
            b'x' if field.get(at).is_some_and(u8::is_ascii_hexdigit) => {
                let length = 1 + usize::from(field.get(at + 1).is_some_and(u8::is_ascii_hexdigit));
                out.push(number(&field[at..at + length], 16));
                at += length;
            }
            b'0'..=b'7' => {
                let length = field[at - 1..].iter().take(3).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
                out.push(number(&field[at - 1..at - 1 + length], 8));
                at += length - 1;
            }
            other => out.push(other),
        }
    }
    out.extend_from_slice(&field[at..]);
}

/// The low eight bits, as Postgres takes them.
fn number(digits: &[u8], base: u32) -> u8 {
    digits.iter().fold(0_u32, |value, digit| value * base + char::from(*digit).to_digit(base).unwrap_or(0)) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_those_of_the_manual() {
        let mut out = Vec::new();
        unescape(br"a\tb\\c\n\x41\101\q\.", &mut out);
        assert_eq!(out, b"a\tb\\c\nAAq.");
    }
}
