//! Log files as records: a line that a format of the file knows begins one, the lines after it belong to it, as a
//! stack trace does. Lines before the first such line are records of their own, without a time.

use std::sync::Arc;

use memchr::{memchr, memrchr};

use super::code;
use super::formats::Format as LineFormat;
use super::generic;
use super::level::Level;
use super::pattern::Capture;
use super::stamp::Clock;
use super::structured::Keys;
use crate::model::column::Buffer;
use crate::model::coverage::Fault;
use crate::model::zone::Zone;
use crate::source::blocks::Framing;
use crate::source::infer;
use crate::source::text::{Format, Outcome, RecordParser, Slot};

/// What may read a line.
#[derive(Debug, Clone)]
pub enum Recogniser {
    Pattern(Arc<LineFormat>),
    Keys(Keys),
    Generic,
}

impl Recogniser {
    #[inline]
    pub fn read(&self, line: &[u8], capture: &mut Capture) -> bool {
        match self {
            Recogniser::Pattern(format) => format.read(line, capture),
            Recogniser::Keys(keys) => keys.read(line, capture),
            Recogniser::Generic => generic::read(line, capture),
        }
    }

    pub fn fields(&self) -> Vec<(String, bool)> {
        match self {
            Recogniser::Pattern(format) => {
                format.fields.iter().map(|field| (field.name.clone(), field.is_number)).collect()
            }
            Recogniser::Keys(keys) => keys.fields.iter().map(|name| (name.clone(), false)).collect(),
            Recogniser::Generic => Vec::new(),
        }
    }
}

/// How one file is read.
#[derive(Debug, Clone, Default)]
pub struct FileFormats {
    /// Tried in this order for each line.
    pub recognisers: Vec<Recogniser>,
    /// By recogniser: its fields as columns of the table.
    pub columns: Vec<Vec<usize>>,
    pub modified: i64,
}

impl FileFormats {
    /// Which recogniser knows the line.
    #[inline]
    fn read(&self, line: &[u8], capture: &mut Capture) -> Option<usize> {
        if line.first().is_none_or(|byte| matches!(byte, b'\t' | b'\r')) {
            return None;
        }
        self.recognisers.iter().position(|recogniser| recogniser.read(line, capture))
    }

    fn is_head(&self, line: &[u8]) -> bool {
        self.read(line, &mut Capture::default()).is_some()
    }
}

/// Column numbers that every log table has.
pub const TS: usize = 0;
pub const LEVEL: usize = 1;
pub const CODE: usize = 2;
pub const MESSAGE: usize = 3;

pub struct Log {
    pub files: Vec<Arc<FileFormats>>,
    /// By column: whether it is a number.
    pub numbers: Arc<[bool]>,
    pub names: Arc<[String]>,
    pub zone: Zone,
    pub skew: i64,
}

impl Format for Log {
    type Parser = Parser;

    fn framing(&self, file: usize) -> Arc<dyn Framing> {
        Arc::new(Heads(self.files[file].clone()))
    }

    fn parser(&self, file: usize, slots: &[Slot]) -> Parser {
        let formats = self.files[file].clone();
        let slot_of = |column: usize| slots.iter().find(|slot| slot.column == column).map(|slot| slot.out);
        let fields: Vec<Slot> = slots.iter().copied().filter(|slot| slot.column > MESSAGE).collect();
        Parser {
            ts: slot_of(TS),
            level: slot_of(LEVEL),
            code: slot_of(CODE),
            message: slot_of(MESSAGE),
            fields,
            numbers: self.numbers.clone(),
            names: self.names.clone(),
            clock: Clock::new(self.zone, self.skew, formats.modified),
            formats,
            pending: None,
            capture: Capture::default(),
            ahead: Capture::default(),
        }
    }
}

/// Records begin where a line is known.
struct Heads(Arc<FileFormats>);

fn line_end(buffer: &[u8], at: usize) -> usize {
    memchr(b'\n', &buffer[at..]).map_or(buffer.len(), |found| at + found)
}

/// The line at `at` without its end.
fn line(buffer: &[u8], at: usize) -> &[u8] {
    let line = &buffer[at..line_end(buffer, at)];
    line.strip_suffix(b"\r").unwrap_or(line)
}

impl Framing for Heads {
    fn next_start(&self, buffer: &[u8], from: usize, is_file_end: bool) -> Option<usize> {
        let mut at = from + memchr(b'\n', &buffer[from - 1..])?;
        while at < buffer.len() {
            let end = line_end(buffer, at);
            // The buffer may end within a line: then it cannot be judged yet.
            if end == buffer.len() && !is_file_end {
                return None;
            }
            if self.0.is_head(line(buffer, at)) {
                return Some(at);
            }
            at = end + 1;
        }
        None
    }

    fn last_start(&self, buffer: &[u8]) -> Option<usize> {
        let mut end = memrchr(b'\n', buffer)?;
        loop {
            let start = memrchr(b'\n', &buffer[..end]).map_or(0, |newline| newline + 1);
            if self.0.is_head(line(buffer, start)) {
                return Some(start);
            }
            end = start.checked_sub(1)?;
        }
    }

    fn start_before(&self, buffer: &[u8], low: usize, at: usize) -> usize {
        let mut at = at;
        loop {
            let start = memrchr(b'\n', &buffer[low..at]).map_or(low, |newline| low + newline + 1);
            if start == low || self.0.is_head(line(buffer, start)) {
                return start;
            }
            at = start - 1;
        }
    }
}

pub struct Parser {
    formats: Arc<FileFormats>,
    clock: Clock,
    ts: Option<usize>,
    level: Option<usize>,
    code: Option<usize>,
    message: Option<usize>,
    fields: Vec<Slot>,
    numbers: Arc<[bool]>,
    names: Arc<[String]>,
    /// A line that was looked at already: where it is, and who knows it. What it holds is in `ahead`.
    pending: Option<(usize, Option<usize>)>,
    capture: Capture,
    ahead: Capture,
}

impl Parser {
    fn look(&mut self, block: &[u8], at: usize) -> Option<usize> {
        self.formats.read(line(block, at), &mut self.ahead)
    }

    /// The end of the record whose first line ends at `end`, and whether the next line was looked at.
    fn record_end(&mut self, block: &[u8], end: usize, has_head: bool) -> usize {
        let mut next = (end + 1).min(block.len());
        while next < block.len() {
            let known = self.look(block, next);
            self.pending = Some((next, known));
            if known.is_some() || !has_head {
                return next;
            }
            next = (line_end(block, next) + 1).min(block.len());
        }
        self.pending = None;
        next
    }

    fn push(
        &mut self,
        block: &[u8],
        head: std::ops::Range<usize>,
        record_end: usize,
        recogniser: Option<usize>,
        out: &mut [Buffer],
        faults: &mut Vec<Fault>,
    ) {
        let first = &block[head.clone()];
        let first = first.strip_suffix(b"\r").unwrap_or(first);
        let more = block[head.end.min(record_end)..record_end].trim_ascii_end();
        if let Some(slot) = self.ts {
            match self.capture.written.filter(|_| recogniser.is_some()) {
                Some(written) => out[slot].push_int(self.clock.utc(written)),
                None => out[slot].push_null(),
            }
        }
        if let Some(slot) = self.level {
            match self.capture.level {
                Some(level) => out[slot].push_text(Level::name(level)),
                None => out[slot].push_null(),
            }
        }
        let message = if recogniser.is_some() { self.capture.text(self.capture.message, first) } else { first };
        if let Some(slot) = self.code {
            let found = match self.capture.code {
                Some(span) => Some(self.capture.text(span, first)),
                None => code::find(message).map(|range| &message[range]),
            };
            match found {
                Some(code) => drop(out[slot].push_lossy(code)),
                None => out[slot].push_null(),
            }
        }
        if let Some(slot) = self.message {
            let replaced = if more.is_empty() {
                out[slot].push_lossy(message)
            } else {
                out[slot].push_lossy(&[message, more].concat())
            };
            if replaced {
                faults.push(Fault::Replaced);
            }
        }
        let columns = recogniser.map_or(&[][..], |index| &self.formats.columns[index]);
        for slot in &self.fields {
            let span = columns
                .iter()
                .position(|column| *column == slot.column)
                .and_then(|field| self.capture.fields.get(field).copied().flatten());
            let buffer = &mut out[slot.out];
            match span.map(|span| self.capture.text(span, first)) {
                None => buffer.push_null(),
                Some(text) if self.numbers[slot.column] => match infer::int(text) {
                    Some(number) => buffer.push_int(number),
                    None => {
                        buffer.push_null();
                        faults.push(Fault::Value { column: self.names[slot.column].clone(), kind: "BIGINT".into() });
                    }
                },
                Some(text) => drop(buffer.push_lossy(text)),
            }
        }
        faults.extend(self.capture.unknown.drain(..).map(Fault::UnknownKey));
        if recogniser.is_none() {
            faults.push(Fault::NoTime);
        }
    }
}

impl RecordParser for Parser {
    fn record(&mut self, block: &[u8], at: usize, out: &mut [Buffer], faults: &mut Vec<Fault>) -> (usize, Outcome) {
        let recogniser = match self.pending.take() {
            Some((place, known)) if place == at => known,
            _ => self.look(block, at),
        };
        std::mem::swap(&mut self.capture, &mut self.ahead);
        if recogniser.is_none() {
            self.capture.clear(0);
        }
        let end = line_end(block, at);
        if recogniser.is_none() && block[at..end].trim_ascii().is_empty() {
            faults.push(Fault::Blank);
            return ((end + 1).min(block.len()), Outcome::NoRow);
        }
        let next = self.record_end(block, end, recogniser.is_some());
        self.push(block, at..end, next, recogniser, out, faults);
        (next, Outcome::Row)
    }

    fn restart(&mut self) {
        self.pending = None;
    }
}
