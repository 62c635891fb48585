//! Objects as rows: each key's value to its column.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::line_text;
use super::object::{Objects, each_pair, each_pair_of_python, record_end, strays};
use super::shape::Shape;
use super::spelled::text;
use super::wrapped;
use crate::model::column::Buffer;
use crate::model::coverage::Fault;
use crate::model::zone::Clock;
use crate::source::blocks::{Framing, Lines};
use crate::source::infer::Reading;
use crate::source::text::{Format, Outcome, RecordParser, Slot};

/// Where a file's objects stand.
#[derive(Debug, Clone)]
pub struct Layout {
    /// Objects may span lines.
    pub documents: bool,
    /// Of the first object.
    pub start: usize,
    /// Its objects stand in brackets, so that its end tells that it is whole.
    pub is_array: bool,
    /// These stand in an object that has nothing else.
    pub is_wrapped: bool,
}

pub struct Json {
    pub layouts: Vec<Layout>,
    pub shapes: Arc<[Shape]>,
    pub by_key: Arc<HashMap<String, usize>>,
    pub clock: Clock,
}

fn framing(documents: bool) -> Arc<dyn Framing> {
    if documents { Arc::new(Objects) } else { Arc::new(Lines) }
}

impl Format for Json {
    type Parser = Parser;

    fn framing(&self, file: usize) -> Arc<dyn Framing> {
        framing(self.layouts[file].documents)
    }

    fn bodies(&self, file: usize, bytes: u64) -> Vec<Range<u64>> {
        let start = self.layouts[file].start as u64;
        vec![start..bytes.max(start)]
    }

    fn parser(&self, file: usize, slots: &[Slot]) -> Parser {
        let mut out = vec![None; self.shapes.len()];
        for slot in slots {
            out[slot.column] = Some(slot.out);
        }
        Parser {
            documents: self.layouts[file].documents,
            slots: slots.to_vec(),
            out,
            shapes: self.shapes.clone(),
            by_key: self.by_key.clone(),
            clock: self.clock,
            filled: vec![false; self.shapes.len()],
            is_array: self.layouts[file].is_array,
            is_open: self.layouts[file].is_array,
            is_wrapped: self.layouts[file].is_wrapped,
        }
    }
}

pub struct Parser {
    documents: bool,
    is_array: bool,
    is_wrapped: bool,
    /// Whether the bracket that closes the document, or another array behind it, is still to come.
    is_open: bool,
    slots: Vec<Slot>,
    /// By column: where its value goes.
    out: Vec<Option<usize>>,
    shapes: Arc<[Shape]>,
    by_key: Arc<HashMap<String, usize>>,
    clock: Clock,
    /// By column: whether this record had it.
    filled: Vec<bool>,
}

impl Parser {
    /// `false` if the text is no object: then nothing is pushed.
    fn object(&mut self, text: &str, out: &mut [Buffer], faults: &mut Vec<Fault>) -> bool {
        let known = faults.len();
        if self.row(out, faults, |push| each_pair(text, |key, value| push(key, value.get())).is_ok()) {
            return true;
        }
        faults.truncate(known);
        let is_read = self.row(out, faults, |push| each_pair_of_python(text, push).is_some());
        if !is_read {
            faults.truncate(known);
        }
        is_read
    }

    /// A row of the pairs that `read` calls for.
    fn row(
        &mut self,
        out: &mut [Buffer],
        faults: &mut Vec<Fault>,
        read: impl FnOnce(&mut dyn FnMut(&str, &str)) -> bool,
    ) -> bool {
        self.filled.fill(false);
        let clock = self.clock;
        let (slots, shapes, by_key, filled) = (&self.out, &self.shapes, &self.by_key, &mut self.filled);
        let rows: Vec<usize> = self.slots.iter().map(|slot| out[slot.out].valid.len()).collect();
        let is_read = read(&mut |key, value| {
            let Some(&column) = by_key.get(key) else {
                faults.push(Fault::UnknownKey(key.to_string()));
                return;
            };
            let Some(slot) = slots[column] else { return };
            // Of a key that comes twice the first value counts, as the others have no column.
            if filled[column] {
                faults.push(Fault::KeyTwice(key.to_string()));
                return;
            }
            filled[column] = true;
            match push(shapes[column], value, clock, &mut out[slot]) {
                Fit::Whole => {}
                Fit::Replaced => faults.push(Fault::Replaced),
                Fit::Not => faults.push(Fault::Value { column: key.to_string(), kind: shapes[column].kind().name() }),
            }
        });
        if !is_read {
            for (slot, rows) in self.slots.iter().zip(rows) {
                out[slot.out].truncate(rows);
            }
            return false;
        }
        for slot in self.slots.iter().filter(|slot| !self.filled[slot.column]) {
            out[slot.out].push_null();
        }
        true
    }
}

/// How a value fits its column.
enum Fit {
    Whole,
    /// But for what is no character.
    Replaced,
    /// Then it is NULL.
    Not,
}

fn push(shape: Shape, value: &str, clock: Clock, out: &mut Buffer) -> Fit {
    if value == "null" {
        out.push_null();
        return Fit::Whole;
    }
    let fits = match (shape, text(value)) {
        // Text among other kinds is shown without its quotes.
        (Shape::Raw | Shape::Text(Reading::Text), Some(text)) => {
            return if out.push_lossy(&text) { Fit::Replaced } else { Fit::Whole };
        }
        (Shape::Raw, None) => {
            out.push_text(value);
            true
        }
        (Shape::Bool, None) if matches!(value, "true" | "false") => {
            out.push_int(i64::from(value == "true"));
            true
        }
        (Shape::Text(reading), Some(text)) => reading.push(&text, clock, out),
        (Shape::Int, _) => Reading::Int.push(value.as_bytes(), clock, out),
        (Shape::Float, _) => Reading::Float.push(value.as_bytes(), clock, out),
        (Shape::Compact, _) => Reading::Compact.push(value.as_bytes(), clock, out),
        (Shape::Epoch, _) => Reading::Epoch.push(value.as_bytes(), clock, out),
        (Shape::Bool | Shape::Text(_), _) => {
            out.push_null();
            false
        }
    };
    if fits { Fit::Whole } else { Fit::Not }
}

impl RecordParser for Parser {
    fn begins(&self, block: &[u8], at: usize) -> usize {
        if !self.documents {
            return at;
        }
        let object = memchr::memchr(b'{', &block[at..]);
        let stray = strays(&block[at..at + object.unwrap_or(block.len() - at)]).1;
        at + stray.or(object).unwrap_or(0)
    }

    fn record(&mut self, block: &[u8], at: usize, out: &mut [Buffer], faults: &mut Vec<Fault>) -> (usize, Outcome) {
        let next = record_end(block, at, self.documents).max(at + 1);
        let record = &block[at..next];
        let start = if self.documents { memchr::memchr(b'{', record).unwrap_or(record.len()) } else { 0 };
        let body = if self.documents { record[start..].trim_ascii() } else { line_text(record) };
        // Between and after the objects of a document stand commas and brackets; all else is a value that is no row.
        let between = if self.is_wrapped { wrapped::without_end(&record[..start]) } else { &record[..start] };
        // What closes the document stands behind its last object; an array may begin there that is cut off.
        let last_bracket = between.iter().rfind(|byte| matches!(byte, b'[' | b']'));
        self.is_open = self.is_array
            && match (start < record.len(), last_bracket) {
                (true, _) => true,
                (false, Some(bracket)) => *bracket == b'[',
                (false, None) => self.is_open,
            };
        if let (true, (lost @ 1.., _)) = (self.documents, strays(between)) {
            faults.extend((0..lost).map(|_| Fault::Unread));
            return (at + start, Outcome::NoRow);
        }
        if body.is_empty() {
            if !self.documents {
                faults.push(Fault::Blank);
            }
            return (next, Outcome::NoRow);
        }
        let lossy;
        let text = match std::str::from_utf8(body) {
            Ok(text) => text,
            Err(_) => {
                faults.push(Fault::Replaced);
                lossy = String::from_utf8_lossy(body).into_owned();
                &lossy
            }
        };
        let text = if self.documents { text } else { text.strip_suffix(',').unwrap_or(text) };
        if self.object(text, out, faults) {
            return (next, Outcome::Row);
        }
        faults.clear();
        faults.push(Fault::Unread);
        (next, Outcome::NoRow)
    }

    fn lacks_end(&self) -> Option<&'static str> {
        self.is_open.then_some("the document ends before the `]` that closes it; what followed is lost")
    }
}
