//! Records and fields of delimited text. A quote is special at the start of a field only; inside a quoted field two
//! quotes are one, and line ends are text. Lines without a quote take a path of their own, which reads the same.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use memchr::{memchr, memchr_iter, memchr2, memrchr};

use crate::error::{Error, Result};
use crate::model::column::Buffer;
use crate::model::coverage::Fault;
use crate::model::zone::Clock;
use crate::source::abreast;
use crate::source::blocks::{Framing, Lines, Speculation, without_return};
use crate::source::file::{self, File};
use crate::source::infer::Reading;
use crate::source::near;
use crate::source::scalar;
use crate::source::text::{Format, Outcome, RecordParser, Slot};

const QUOTE: u8 = b'"';
/// Files are looked through for quotes in parts of this size.
const LOOKED_AT: u64 = 2 << 20;

/// How one file's fields stand.
#[derive(Debug, Clone)]
pub struct Layout {
    pub delimiter: u8,
    pub body_start: usize,
    pub has_header: bool,
    /// The header line, which files that were put together repeat; empty if there is none.
    pub header: Arc<[u8]>,
    /// Field to column of the table.
    pub fields: Vec<usize>,
}

pub struct Csv {
    pub layouts: Vec<Layout>,
    pub readings: Arc<[Reading]>,
    pub names: Arc<[String]>,
    pub clock: Clock,
    /// Which files have a quote anywhere.
    pub quoted: Vec<bool>,
}

impl Csv {
    /// Reads each file once for quotes, since only without any can it be divided at every line end.
    pub fn look_for_quotes(mut self, files: &[Arc<File>]) -> Result<Csv> {
        let is_streamed = |index: usize| !files[index].is_seekable() || memchr(QUOTE, &files[index].head()).is_some();
        let quoted: Vec<AtomicBool> =
            abreast::each(files.len(), is_streamed).into_iter().map(AtomicBool::new).collect();
        let parts: Vec<(usize, u64)> = (0..files.len())
            .filter(|file| !quoted[*file].load(Ordering::Relaxed))
            .flat_map(|file| (0..files[file].bytes).step_by(LOOKED_AT as usize).map(move |start| (file, start)))
            .collect();
        let looked = abreast::each(parts.len(), |part| {
            let (file, start) = parts[part];
            if quoted[file].load(Ordering::Relaxed) {
                return Ok(());
            }
            let handle = files[file].positioned()?;
            let mut buffer = vec![0; LOOKED_AT.min(files[file].bytes - start) as usize];
            let got =
                file::read_full_at(&handle, &mut buffer, start).map_err(|e| Error::file(&files[file].shown, &e))?;
            if memchr(QUOTE, &buffer[..got]).is_some() {
                quoted[file].store(true, Ordering::Relaxed);
            }
            Ok(())
        });
        looked.into_iter().collect::<Result<()>>()?;
        self.quoted = quoted.into_iter().map(AtomicBool::into_inner).collect();
        Ok(self)
    }
}

impl Format for Csv {
    type Parser = Parser;

    fn framing(&self, file: usize) -> Arc<dyn Framing> {
        if self.quoted[file] { Arc::new(Quoted { delimiter: self.layouts[file].delimiter }) } else { Arc::new(Lines) }
    }

    fn bodies(&self, file: usize, bytes: u64) -> Vec<Range<u64>> {
        let start = self.layouts[file].body_start as u64;
        vec![start..bytes.max(start)]
    }

    fn parser(&self, file: usize, slots: &[Slot]) -> Parser {
        let layout = &self.layouts[file];
        let mut wanted = vec![None; layout.fields.len()];
        let mut absent = Vec::new();
        for slot in slots {
            match layout.fields.iter().position(|column| *column == slot.column) {
                Some(field) => wanted[field] = Some((slot.out, self.readings[slot.column], slot.column)),
                None => absent.push(slot.out),
            }
        }
        let width = wanted.len();
        while matches!(wanted.last(), Some(None)) {
            wanted.pop();
        }
        Parser {
            delimiter: layout.delimiter,
            header: layout.header.clone(),
            quoted: self.quoted[file],
            wanted,
            absent,
            width,
            names: self.names.clone(),
            clock: self.clock,
            scratch: Vec::new(),
            next_quote: 0,
        }
    }

    fn has_no_nul(&self, _file: usize) -> bool {
        true
    }

    fn can_skip(&self) -> bool {
        self.quoted.iter().all(|quoted| !quoted)
    }
}

/// Records that may hold line ends in quotes.
struct Quoted {
    delimiter: u8,
}

impl Framing for Quoted {
    fn next_start(&self, buffer: &[u8], from: usize, is_file_end: bool) -> Option<usize> {
        Lines.next_start(buffer, from, is_file_end)
    }

    fn last_start(&self, buffer: &[u8]) -> Option<usize> {
        // Line ends count as record ends outside of quoted fields only; jump from one of those to the next.
        let mut last = None;
        let mut clear = 0;
        loop {
            let Some(quote) = memchr(QUOTE, &buffer[clear..]).map(|at| clear + at) else {
                return memrchr(b'\n', &buffer[clear..]).map(|at| clear + at + 1).or(last);
            };
            last = memrchr(b'\n', &buffer[clear..quote]).map(|at| clear + at + 1).or(last);
            clear = quote + 1;
            if self.opens(buffer, quote) {
                match closing(buffer, clear) {
                    Some(after) => clear = after,
                    None => return last,
                }
            }
        }
    }

    fn is_local(&self) -> bool {
        false
    }

    fn speculate(&self, part: &[u8], begins_inside: bool) -> Option<Speculation> {
        let mut first_start = None;
        let mut clear = 0;
        if begins_inside {
            match closing(part, 0) {
                Some(after) => clear = after,
                None => return Some(Speculation { first_start: None, ends_inside: true }),
            }
        }
        loop {
            let quote = memchr(QUOTE, &part[clear..]).map(|at| clear + at);
            if first_start.is_none() {
                first_start = memchr(b'\n', &part[clear..quote.unwrap_or(part.len())]).map(|at| clear + at + 1);
            }
            let Some(quote) = quote else { return Some(Speculation { first_start, ends_inside: false }) };
            clear = quote + 1;
            if self.opens(part, quote) {
                match closing(part, clear) {
                    Some(after) => clear = after,
                    None => return Some(Speculation { first_start, ends_inside: true }),
                }
            }
        }
    }
}

impl Quoted {
    /// Whether the quote at `at` begins a field. A part of a file never begins with one, unless a record does.
    fn opens(&self, buffer: &[u8], at: usize) -> bool {
        at == 0 || buffer[at - 1] == b'\n' || buffer[at - 1] == self.delimiter
    }
}

/// The byte after the closing quote of a field whose content begins at `at`.
fn closing(buffer: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += memchr(QUOTE, &buffer[at..])? + 1;
        if buffer.get(at) != Some(&QUOTE) {
            return Some(at);
        }
        at += 1;
    }
}

/// The byte after the record that begins at `at`.
pub fn end(buffer: &[u8], mut at: usize, delimiter: u8) -> usize {
    loop {
        if buffer.get(at) == Some(&QUOTE) {
            at = closing(buffer, at + 1).unwrap_or(buffer.len());
        }
        match memchr2(delimiter, b'\n', &buffer[at..]) {
            None => return buffer.len(),
            Some(found) => {
                at += found + 1;
                if buffer[at - 1] == b'\n' {
                    return at;
                }
            }
        }
    }
}

/// A record, as its fields' texts.
pub struct Record<'a> {
    /// Where it begins and ends.
    pub span: Range<usize>,
    pub fields: &'a [&'a [u8]],
    /// Whether every quote is at an end of a field, or one of two within.
    pub is_clean: bool,
}

/// Calls `each` with up to `limit` records; rows without any value are left out.
pub fn each(buffer: &[u8], start: usize, delimiter: u8, limit: usize, mut each: impl FnMut(Record)) {
    let mut at = start;
    let mut scratch: Vec<Vec<u8>> = Vec::new();
    for _ in 0..limit {
        if at >= buffer.len() {
            return;
        }
        let next = end(buffer, at, delimiter);
        if !is_blank(&buffer[at..next], delimiter) {
            scratch.clear();
            let mut from = at;
            let mut is_clean = true;
            while let Some((field, after)) = field(buffer, from, delimiter) {
                let mut text = Vec::new();
                field.text(buffer, &mut text);
                is_clean &= match field.closed {
                    Some(closed) => closed + 1 == field.end,
                    None => memchr(QUOTE, &text).is_none(),
                };
                scratch.push(text);
                if after >= next && buffer.get(after - 1) != Some(&delimiter) {
                    break;
                }
                from = after;
            }
            let fields: Vec<&[u8]> = scratch.iter().map(Vec::as_slice).collect();
            each(Record { span: at..next, fields: &fields, is_clean });
        }
        at = next;
    }
}

/// Whether a line is the header once more, maybe behind a byte order mark.
#[inline]
pub fn is_again(line: &[u8], header: &[u8]) -> bool {
    !header.is_empty()
        && (line == header
            || line.len() == header.len() + 3 && line.strip_prefix("\u{feff}".as_bytes()) == Some(header))
}

fn is_blank(record: &[u8], delimiter: u8) -> bool {
    record.iter().all(|byte| *byte == delimiter || matches!(byte, b'\r' | b'\n'))
}

/// One field: its raw bytes, and whether quotes are to be taken off.
struct Field {
    start: usize,
    end: usize,
    /// Where the closing quote is; what follows it up to `end` is text too.
    closed: Option<usize>,
}

impl Field {
    /// Whether more than blanks stands behind the closing quote: what is quoted there is not what was meant.
    fn runs_on(&self, buffer: &[u8]) -> bool {
        self.closed.is_some_and(|closed| closed + 1 < self.end && !buffer[closed + 1..self.end].trim_ascii().is_empty())
    }

    fn text(&self, buffer: &[u8], out: &mut Vec<u8>) {
        let Some(closed) = self.closed else {
            out.extend_from_slice(&buffer[self.start..self.end]);
            return;
        };
        let mut at = self.start + 1;
        while at < closed {
            let stop = memchr(QUOTE, &buffer[at..closed]).map_or(closed, |found| at + found + 1);
            out.extend_from_slice(&buffer[at..stop]);
            // The second of two quotes is not text.
            at = stop + 1;
        }
        out.extend_from_slice(&buffer[(closed + 1).min(self.end)..self.end]);
    }
}

/// The field at `at`, and the byte after its delimiter or line end. A record's last field ends before its line's end.
fn field(buffer: &[u8], at: usize, delimiter: u8) -> Option<(Field, usize)> {
    if at > buffer.len() {
        return None;
    }
    let closed = match buffer.get(at) {
        Some(&QUOTE) => Some(closing(buffer, at + 1).map_or(buffer.len(), |after| after - 1)),
        _ => None,
    };
    let from = closed.map_or(at, |closed| (closed + 1).min(buffer.len()));
    let stop = memchr2(delimiter, b'\n', &buffer[from..]).map_or(buffer.len(), |found| from + found);
    let last = buffer.get(stop) != Some(&delimiter);
    let bare = if last { from + without_return(&buffer[from..stop]).len() } else { stop };
    Some((Field { start: at, end: bare, closed }, stop + 1))
}

pub struct Parser {
    delimiter: u8,
    header: Arc<[u8]>,
    quoted: bool,
    /// By field: where its value goes, how it is read, and its column. Ends with the last field wanted.
    wanted: Vec<Option<(usize, Reading, usize)>>,
    /// Wanted columns that this file does not have.
    absent: Vec<usize>,
    width: usize,
    names: Arc<[String]>,
    clock: Clock,
    scratch: Vec<u8>,
    /// In this block, at or after the last place asked for; `usize::MAX` if there is none.
    next_quote: usize,
}

impl Parser {
    #[inline]
    fn push(&mut self, field: usize, text: &[u8], quoted: bool, out: &mut [Buffer], faults: &mut Vec<Fault>) {
        let Some(Some((slot, reading, column))) = self.wanted.get(field).copied() else { return };
        let buffer = &mut out[slot];
        if text.is_empty() && !(quoted && reading == Reading::Text) {
            buffer.push_null();
            return;
        }
        if !reading.push(text, self.clock, buffer) {
            faults.push(match reading {
                Reading::Text => Fault::Replaced,
                // `NA` in a column of numbers is a missing value and no loss.
                _ if scalar::is_null_word(text) => return,
                _ => Fault::Value { column: self.names[column].clone(), kind: reading.name().into() },
            });
        }
    }

    /// A record without a quote: returns the number of its fields.
    fn plain(&mut self, line: &[u8], out: &mut [Buffer], faults: &mut Vec<Fault>) -> usize {
        let mut at = 0;
        for field in 0..self.wanted.len() {
            let stop = near::find(self.delimiter, &line[at..]);
            let end = stop.map_or(line.len(), |found| at + found);
            if self.wanted[field].is_some() {
                self.push(field, &line[at..end], false, out, faults);
            }
            if stop.is_none() {
                return field + 1;
            }
            at = end + 1;
        }
        self.wanted.len() + memchr_iter(self.delimiter, &line[at..]).count() + 1
    }

    fn with_quotes(
        &mut self,
        block: &[u8],
        mut at: usize,
        out: &mut [Buffer],
        faults: &mut Vec<Fault>,
    ) -> (usize, usize) {
        let mut count = 0;
        let mut is_run_on = false;
        let mut scratch = std::mem::take(&mut self.scratch);
        while let Some((field, after)) = field(block, at, self.delimiter) {
            if self.wanted.get(count).is_some_and(Option::is_some) {
                scratch.clear();
                field.text(block, &mut scratch);
                self.push(count, &scratch, field.closed.is_some(), out, faults);
            }
            if field.closed == Some(block.len()) {
                faults.push(Fault::OpenQuote);
            }
            is_run_on |= field.runs_on(block);
            count += 1;
            at = after;
            if block.get(after - 1) != Some(&self.delimiter) {
                break;
            }
        }
        self.scratch = scratch;
        if is_run_on {
            faults.push(Fault::AfterQuote);
        }
        (count, at.min(block.len()))
    }
}

impl RecordParser for Parser {
    fn record(&mut self, block: &[u8], at: usize, out: &mut [Buffer], faults: &mut Vec<Fault>) -> (usize, Outcome) {
        let stop = memchr(b'\n', &block[at..]).map_or(block.len(), |found| at + found);
        let line = &block[at..stop];
        let line = without_return(line);
        if line.first().is_none_or(|first| *first == self.delimiter || *first == b'\r')
            && is_blank(line, self.delimiter)
        {
            faults.push(Fault::Blank);
            return ((stop + 1).min(block.len()), Outcome::NoRow);
        }
        if line.len() >= self.header.len() && is_again(line, &self.header) {
            faults.push(Fault::HeaderAgain);
            return ((stop + 1).min(block.len()), Outcome::NoRow);
        }
        if self.quoted && self.next_quote < at {
            self.next_quote = memchr(QUOTE, &block[at..]).map_or(usize::MAX, |found| at + found);
        }
        let (count, next) = if self.quoted && self.next_quote < stop {
            self.with_quotes(block, at, out, faults)
        } else {
            (self.plain(line, out, faults), (stop + 1).min(block.len()))
        };
        for wanted in self.wanted.iter().skip(count).flatten() {
            out[wanted.0].push_null();
        }
        self.absent.iter().for_each(|slot| out[*slot].push_null());
        if count != self.width {
            faults.push(Fault::Ragged);
        }
        (next, Outcome::Row)
    }

    fn restart(&mut self, _: u64) {
        self.next_quote = 0;
    }
}
