//! The rows of COPY blocks in text format: a line each, tabs between fields, backslash escapes, `\N` for NULL
//! (PostgreSQL manual, COPY, "Text Format").

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use memchr::memchr;

use super::kind::PgKind;
use crate::model::column::Buffer;
use crate::model::coverage::Fault;
use crate::model::zone::Clock;
use crate::source::blocks::{Framing, Lines};
use crate::source::file::{self, File};
use crate::source::near;
use crate::source::text::{Format, Outcome, RecordParser, Slot};

/// One COPY block: its rows, and which columns they have.
#[derive(Debug, Clone)]
pub struct Block {
    pub bytes: Range<u64>,
    /// In the order of the fields; empty if the COPY names none, which means all.
    pub columns: Vec<String>,
}

pub struct Copy {
    blocks: Vec<Block>,
    /// Field to column.
    fields: Vec<usize>,
    names: Arc<[String]>,
    kinds: Arc<[PgKind]>,
    clock: Clock,
}

impl Copy {
    pub fn new(blocks: Vec<Block>, names: Vec<String>, kinds: Vec<PgKind>, clock: Clock) -> Copy {
        let columns = blocks.first().map_or(&[][..], |block| &block.columns);
        let fields = if columns.is_empty() {
            (0..names.len()).collect()
        } else {
            columns.iter().map(|name| names.iter().position(|known| known == name).unwrap_or(usize::MAX)).collect()
        };
        Copy { blocks, fields, names: names.into(), kinds: kinds.into(), clock }
    }
}

impl Format for Copy {
    type Parser = Parser;

    fn framing(&self, _: usize) -> Arc<dyn Framing> {
        Arc::new(Lines)
    }

    fn bodies(&self, _: usize, _: u64) -> Vec<Range<u64>> {
        self.blocks.iter().map(|block| block.bytes.clone()).filter(|bytes| bytes.start < bytes.end).collect()
    }

    fn parser(&self, _: usize, slots: &[Slot]) -> Parser {
        let mut wanted = vec![None; self.fields.len()];
        let mut absent = Vec::new();
        for slot in slots {
            match self.fields.iter().position(|column| *column == slot.column) {
                Some(field) => wanted[field] = Some((slot.out, self.kinds[slot.column], slot.column)),
                None => absent.push(slot.out),
            }
        }
        while matches!(wanted.last(), Some(None)) {
            wanted.pop();
        }
        Parser {
            wanted,
            absent,
            width: self.fields.len(),
            names: self.names.clone(),
            clock: self.clock,
            scratch: Vec::new(),
        }
    }
}

/// Values of the first rows by column, decoded, to confirm declared types with.
pub fn samples(file: &File, blocks: &[Block]) -> HashMap<String, Vec<Vec<u8>>> {
    const BYTES: u64 = 64 << 10;
    const ROWS: usize = 200;
    let mut samples: HashMap<String, Vec<Vec<u8>>> = HashMap::new();
    let Ok(handle) = file.positioned() else { return samples };
    for block in blocks {
        let mut buffer = vec![0; BYTES.min(block.bytes.end - block.bytes.start) as usize];
        let got = file::read_full_at(&handle, &mut buffer, block.bytes.start).unwrap_or(0);
        for line in buffer[..got].split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n")).take(ROWS)
        {
            for (name, field) in block.columns.iter().zip(line[..line.len() - 1].split(|byte| *byte == b'\t')) {
                let mut text = Vec::new();
                if field != b"\\N" {
                    unescape(field, &mut text);
                    samples.entry(name.clone()).or_default().push(text);
                }
            }
        }
    }
    samples
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

pub struct Parser {
    /// By field: where its value goes, its type and its column. Ends with the last field wanted.
    wanted: Vec<Option<(usize, PgKind, usize)>>,
    absent: Vec<usize>,
    width: usize,
    names: Arc<[String]>,
    clock: Clock,
    scratch: Vec<u8>,
}

impl Parser {
    #[inline]
    fn push(&mut self, field: usize, text: &[u8], out: &mut [Buffer], faults: &mut Vec<Fault>) {
        let Some(Some((slot, kind, column))) = self.wanted.get(field).copied() else { return };
        let buffer = &mut out[slot];
        if text == b"\\N" {
            buffer.push_null();
            return;
        }
        let fits = if near::find(b'\\', text).is_some() {
            self.scratch.clear();
            unescape(text, &mut self.scratch);
            kind.push(&self.scratch, self.clock, buffer)
        } else {
            kind.push(text, self.clock, buffer)
        };
        if !fits {
            faults.push(match kind {
                PgKind::Text => Fault::Replaced,
                _ => Fault::Value { column: self.names[column].clone(), kind: kind.kind().name() },
            });
        }
    }
}

impl RecordParser for Parser {
    fn record(&mut self, block: &[u8], at: usize, out: &mut [Buffer], faults: &mut Vec<Fault>) -> (usize, Outcome) {
        let stop = memchr(b'\n', &block[at..]).map_or(block.len(), |found| at + found);
        let next = (stop + 1).min(block.len());
        let line = block[at..stop].strip_suffix(b"\r").unwrap_or(&block[at..stop]);
        let mut from = 0;
        let mut count = 0;
        let mut open = true;
        while count < self.wanted.len() && open {
            let found = near::find(b'\t', &line[from..]);
            let end = found.map_or(line.len(), |found| from + found);
            if self.wanted[count].is_some() {
                self.push(count, &line[from..end], out, faults);
            }
            count += 1;
            open = found.is_some();
            from = end + 1;
        }
        if open && self.width > 0 {
            count += memchr::memchr_iter(b'\t', &line[from.min(line.len())..]).count() + 1;
        }
        for wanted in self.wanted.iter().skip(count).flatten() {
            out[wanted.0].push_null();
        }
        self.absent.iter().for_each(|slot| out[*slot].push_null());
        if count != self.width {
            faults.push(Fault::Ragged);
        }
        (next, Outcome::Row)
    }
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
