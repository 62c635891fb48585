//! What all tables made of text records share: files into splits, blocks into rows, `_file` and `_line` at the end,
//! every fault with its place. A format brings only its framing and its record parser.

use std::ops::Range;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::error::{Error, Result};
use crate::model::column::{Batch, Buffer, Column, Kind};
use crate::model::coverage::{Fault, Report};
use crate::model::scan::{Cursor, Request, Scan, Table};
use crate::source::blocks::{self, Block, Blocks, Framing, Split, Stream};
use crate::source::file::File;

/// A text format of one table: where records begin, and what is in them.
pub trait Format: Send + Sync + 'static {
    type Parser: RecordParser;
    fn framing(&self, file: usize) -> Arc<dyn Framing>;
    /// Where a file's records stand, in order: not in its header.
    fn bodies(&self, file: usize, bytes: u64) -> Vec<Range<u64>> {
        let _ = file;
        vec![0..bytes]
    }
    fn parser(&self, file: usize, slots: &[Slot]) -> Self::Parser;
    /// Whether a byte of zero can be in a record only by damage.
    fn has_no_nul(&self, _file: usize) -> bool {
        false
    }
    /// Whether the order of records tells which of two times is meant that look alike.
    fn tells_by_order(&self) -> bool {
        false
    }
    /// Whether a record without the bytes asked for can be left out before it is parsed.
    fn can_skip(&self) -> bool {
        true
    }
}

/// A wanted column and where its values go.
#[derive(Debug, Clone, Copy)]
pub struct Slot {
    pub column: usize,
    pub out: usize,
}

/// What became of one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A value was pushed for every slot.
    Row,
    /// Nothing was pushed.
    NoRow,
}

pub trait RecordParser: Send {
    /// Parses the record at `at` and pushes its values. Returns where the next record begins (the same place, if
    /// there are more rows in it), and what became of this one. Faults go to `faults`; the caller gives them their place.
    fn record(&mut self, block: &[u8], at: usize, out: &mut [Buffer], faults: &mut Vec<Fault>) -> (usize, Outcome);
    /// Where the record at `at` begins in the eyes of a reader: not with the blanks before it.
    fn begins(&self, block: &[u8], at: usize) -> usize {
        let _ = block;
        at
    }
    /// What is to be said of single lines of the record that was read last, and where in the block they begin.
    fn told_of_lines(&mut self) -> Vec<(usize, Fault)> {
        Vec::new()
    }
    /// Why the records read lack an end that their file should have, if they do. Asked when the file's last record was
    /// read; of several who read one stream, whether any of them saw the end.
    fn lacks_end(&self) -> Option<&'static str> {
        None
    }
    /// Whether the text of a record may stand in pieces in these bytes, so that a search of them does not find it.
    fn may_hide(&self, block: &[u8]) -> bool {
        let _ = block;
        false
    }
    /// A new block begins: forget what was looked at ahead. `origin` is where in the file the buffer's first byte is,
    /// which may be before the file for a block that does not begin there.
    fn restart(&mut self, origin: u64) {
        let _ = origin;
    }
}

/// A table over text files.
pub struct TextTable<F: Format> {
    pub files: Vec<Arc<File>>,
    pub format: Arc<F>,
    columns: Vec<Column>,
    splits: OnceLock<Vec<Split>>,
}

/// Block buffers of all tables that are not in use.
static SPARE: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());
const SPARE_MAX: usize = 16;

impl<F: Format> TextTable<F> {
    /// `columns` are the format's own; `_file` and `_line` are added.
    pub fn new(files: Vec<Arc<File>>, format: F, mut columns: Vec<Column>) -> Self {
        columns.push(Column::new("_file", Kind::Text));
        columns.push(Column::new("_line", Kind::Int));
        Self { files, format: Arc::new(format), columns, splits: OnceLock::new() }
    }

    fn divide(&self) -> Result<Vec<Split>> {
        let mut all = Vec::new();
        for (index, file) in self.files.iter().enumerate() {
            let bodies = if file.is_seekable() { self.format.bodies(index, file.bytes) } else { vec![0..file.bytes] };
            for body in bodies {
                all.extend(blocks::splits(index, file, &*self.format.framing(index), body)?);
            }
        }
        Ok(all)
    }

    fn divided(&self) -> Result<&[Split]> {
        if let Some(splits) = self.splits.get() {
            return Ok(splits);
        }
        let splits = self.divide()?;
        Ok(self.splits.get_or_init(|| splits))
    }
}

impl<F: Format> Table for TextTable<F> {
    fn columns(&self) -> &[Column] {
        &self.columns
    }

    fn scan(self: Arc<Self>, request: Request) -> Result<Box<dyn Scan>> {
        let splits = self.divided()?.to_vec();
        // Streams can be read by several threads too, but rather each by its own; where few records are parsed, others
        // would only wait for the one that unpacks.
        let readers = if request.needles.is_empty() { request.threads } else { 1 };
        let mut works: Vec<usize> = (0..splits.len()).collect();
        for _ in 1..readers {
            works.extend((0..splits.len()).filter(|split| !self.files[splits[*split].file].is_seekable()));
        }
        let lanes = splits.iter().map(|_| OnceLock::new()).collect();
        Ok(Box::new(TextScan { table: self, request: Arc::new(request), splits, works, readers, lanes }))
    }
}

/// One reading of a text table.
struct TextScan<F: Format> {
    table: Arc<TextTable<F>>,
    request: Arc<Request>,
    splits: Vec<Split>,
    /// A split each; one that is a stream as often as there are threads.
    works: Vec<usize>,
    readers: usize,
    /// Of splits that are streams: what those who read it share.
    lanes: Vec<OnceLock<Arc<Lanes>>>,
}

/// A stream that several threads read, and what they report together: who reads which part of it is chance.
struct Lanes {
    stream: Arc<Mutex<Stream>>,
    report: Mutex<Shared>,
}

struct Shared {
    report: Report,
    /// Who still reads.
    readers: usize,
    /// Somebody saw the file's end.
    is_ended: bool,
}

impl<F: Format> TextScan<F> {
    fn lanes(&self, split: usize, file: &File) -> Result<Arc<Lanes>> {
        if let Some(lanes) = self.lanes[split].get() {
            return Ok(lanes.clone());
        }
        let Request { coverage, ahead, record_bytes, .. } = &*self.request;
        let stream = Arc::new(Mutex::new(Stream::open(file, coverage.clone(), *ahead, *record_bytes)?));
        let lanes = Lanes {
            stream,
            report: Mutex::new(Shared { report: Report::default(), readers: self.readers, is_ended: false }),
        };
        Ok(self.lanes[split].get_or_init(|| Arc::new(lanes)).clone())
    }
}

impl<F: Format> Scan for TextScan<F> {
    fn splits(&self) -> usize {
        self.works.len()
    }

    fn cursor(&self, work: usize) -> Result<Box<dyn Cursor>> {
        let (table, request, index) = (&self.table, &self.request, self.works[work]);
        let split = &self.splits[index];
        let file = table.files[split.file].clone();
        let own = table.columns.len() - 2;
        let slots: Vec<Slot> = request
            .projection
            .iter()
            .enumerate()
            .filter(|(_, column)| **column < own)
            .map(|(out, column)| Slot { column: *column, out })
            .collect();
        let position = |wanted: usize| request.projection.iter().position(|column| *column == wanted);
        let buffer = SPARE.lock().ok().and_then(|mut spare| spare.pop()).unwrap_or_default();
        let bodies = table.format.bodies(split.file, file.bytes);
        let header_bytes = if file.is_seekable() { 0 } else { bodies.first().map_or(0, |body| body.start) };
        let lanes = if file.is_seekable() { None } else { Some(self.lanes(index, &file)?) };
        let coverage = request.coverage.clone();
        let finders = if table.format.can_skip() { finders(request) } else { Vec::new() };
        if !finders.is_empty() {
            coverage.passes_over.store(true, Ordering::Relaxed);
        }
        let blocks = match &lanes {
            None => Blocks::positioned(&file, split, coverage, buffer, request.record_bytes)?,
            Some(lanes) => Blocks::streamed(lanes.stream.clone(), coverage, buffer),
        };
        Ok(Box::new(TextCursor {
            blocks,
            lanes,
            framing: table.format.framing(split.file),
            parser: table.format.parser(split.file, &slots),
            has_no_nul: table.format.has_no_nul(split.file),
            times: times(&table.columns, request),
            tells_by_order: table.format.tells_by_order(),
            finders,
            skips: false,
            file_slot: position(own),
            line_slot: position(own + 1),
            place: Line::default(),
            report: Report::default(),
            faults: Vec::new(),
            block: None,
            cut: None,
            at: 0,
            request: request.clone(),
            index,
            is_last: split.end >= file.bytes,
            file,
            header_bytes,
        }))
    }
}

fn times(columns: &[Column], request: &Request) -> Vec<(usize, String)> {
    let asked = request.projection.iter().enumerate().map(|(out, column)| (out, &columns[*column]));
    asked.filter(|(_, column)| column.kind == Kind::Time).map(|(out, column)| (out, column.name.clone())).collect()
}

fn finders(request: &Request) -> Vec<Needle> {
    let finder = |needle: &Vec<u8>| Needle { finder: memchr::memmem::Finder::new(needle).into_owned(), next: None };
    request.needles.iter().map(finder).collect()
}

struct Needle {
    finder: memchr::memmem::Finder<'static>,
    /// The next occurrence in this block, once looked for; the block's end if there is none.
    next: Option<usize>,
}

/// The line that a byte of the current block is on, counted on from the last one asked for.
#[derive(Debug, Default)]
struct Line {
    at: usize,
    /// Line ends before `at` in the whole file, once known.
    before: Option<u64>,
}

impl Line {
    fn of(&mut self, at: usize, buffer: &[u8], block: &Block, file: &File) -> u64 {
        let before = match self.before {
            Some(before) => before,
            None => block.lines_before.unwrap_or_else(|| file.lines_before(block.offset).unwrap_or(0)),
        };
        let before = if at >= self.at {
            before + memchr::memchr_iter(b'\n', &buffer[self.at..at]).count() as u64
        } else {
            before - memchr::memchr_iter(b'\n', &buffer[at..self.at]).count() as u64
        };
        (self.at, self.before) = (at, Some(before));
        before + 1
    }
}

struct TextCursor<P> {
    blocks: Blocks,
    lanes: Option<Arc<Lanes>>,
    framing: Arc<dyn Framing>,
    parser: P,
    has_no_nul: bool,
    /// Where times go, and the names of their columns.
    times: Vec<(usize, String)>,
    tells_by_order: bool,
    finders: Vec<Needle>,
    /// Whether records of this block are passed over that have none of the bytes asked for.
    skips: bool,
    file_slot: Option<usize>,
    line_slot: Option<usize>,
    place: Line,
    report: Report,
    faults: Vec<Fault>,
    block: Option<Block>,
    /// What is to be said of the block's last record, if the rest of it is not here.
    cut: Option<Fault>,
    at: usize,
    request: Arc<Request>,
    index: usize,
    /// Of its file.
    is_last: bool,
    file: Arc<File>,
    /// At the beginning of a stream, to be skipped.
    header_bytes: u64,
}

impl<P: RecordParser> TextCursor<P> {
    /// The next block, or `false` at the end of the split.
    fn advance(&mut self) -> Result<bool> {
        if self.request.coverage.is_interrupted() {
            return Err(Error::interrupted());
        }
        let (block, broken) = self.blocks.next(&self.file, &*self.framing)?;
        if let Some(why) = broken {
            let file = self.file.shown.clone();
            self.report.fault(Fault::Damaged(why), || (file, 0));
        }
        let Some(block) = block else { return Ok(false) };
        let header = self.header_bytes.saturating_sub(block.offset).min((block.end - block.start) as u64) as usize;
        self.at = block.start + header;
        self.place = Line { at: block.start, before: None };
        self.finders.iter_mut().for_each(|needle| needle.next = None);
        let records = &self.blocks.buffer[block.start..block.end];
        self.skips = !self.finders.is_empty() && !self.parser.may_hide(records);
        self.parser.restart(block.offset.wrapping_sub(block.start as u64));
        self.cut = block.cut.then_some(Fault::Cut { bytes: self.request.record_bytes });
        if self.has_no_nul {
            self.report_zeros(block);
        }
        self.block = Some(block);
        Ok(true)
    }

    /// The start of the next record that holds one of the needles, at or after the current place.
    fn skip_to_needle(&mut self, block: Block) -> usize {
        let buffer = &self.blocks.buffer[..block.end];
        let mut nearest = block.end;
        for needle in &mut self.finders {
            let next = match needle.next {
                Some(next) if next >= self.at => next,
                _ => needle.finder.find(&buffer[self.at..]).map_or(block.end, |hit| self.at + hit),
            };
            needle.next = Some(next);
            nearest = nearest.min(next);
        }
        if nearest == block.end { block.end } else { self.framing.start_before(buffer, self.at, nearest) }
    }

    fn push_place(&mut self, start: usize, block: Block, batch: &mut Batch) {
        if let Some(slot) = self.file_slot {
            batch.columns[slot].push_text(&self.file.shown);
        }
        if let Some(slot) = self.line_slot {
            let line = self.place.of(start, &self.blocks.buffer, &block, &self.file);
            batch.columns[slot].push_int(i64::try_from(line).unwrap_or(i64::MAX));
        }
    }

    /// Counts the lines of a block that have bytes of zero.
    fn report_zeros(&mut self, block: Block) {
        let (buffer, file, mut at) = (&self.blocks.buffer[..block.end], &self.file, self.at);
        while let Some(zero) = memchr::memchr(0, &buffer[at..]) {
            let line = self.place.of(at + zero, buffer, &block, file);
            self.report.fault(Fault::Zeros, || (file.shown.clone(), line));
            at += zero + memchr::memchr(b'\n', &buffer[at + zero..]).unwrap_or(buffer.len() - at - zero);
        }
    }

    /// Counts the last record of a block, if it is cut, at its own place.
    fn report_cut(&mut self, block: Block) {
        let Some(fault) = self.cut.take() else { return };
        let records = &self.blocks.buffer[block.start..block.end];
        let last = self.framing.last_start(records).unwrap_or(0);
        // Objects of a document have a comma and a line end between them.
        let between = records[last..].iter().take_while(|byte| matches!(byte, b',' | b' ' | b'\r' | b'\n')).count();
        let start = block.start + if last + between < records.len() { last + between } else { 0 };
        let place = (self.file.shown.clone(), self.place.of(start, &self.blocks.buffer, &block, &self.file));
        self.report.fault(fault, || place);
    }

    fn finish(&mut self) {
        // Of records that were passed over nobody saw the end.
        let lacks = self.parser.lacks_end().filter(|_| self.finders.is_empty());
        let lacks = lacks.map(|why| Fault::Damaged(why.into()));
        let place = || (self.file.shown.clone(), 0);
        match &self.lanes {
            None => {
                lacks.filter(|_| self.is_last).into_iter().for_each(|fault| self.report.fault(fault, place));
                self.request.coverage.finish(&self.request.table, self.index, &self.report);
            }
            Some(lanes) => {
                let mut shared = lanes.report.lock().unwrap_or_else(PoisonError::into_inner);
                shared.report.join(&self.report);
                shared.readers -= 1;
                shared.is_ended |= lacks.is_none();
                if shared.readers == 0 {
                    let is_ended = shared.is_ended;
                    lacks.filter(|_| !is_ended).into_iter().for_each(|fault| shared.report.fault(fault, place));
                    self.request.coverage.finish(&self.request.table, self.index, &shared.report);
                }
            }
        }
        if let Ok(mut spare) = SPARE.lock() {
            let buffer = std::mem::take(&mut self.blocks.buffer);
            if buffer.capacity() <= 4 * blocks_capacity() && spare.len() < SPARE_MAX {
                spare.push(buffer);
            }
        }
    }
}

const fn blocks_capacity() -> usize {
    crate::source::file::SPLIT_BYTES as usize
}

impl<P: RecordParser> Cursor for TextCursor<P> {
    fn fill(&mut self, batch: &mut Batch) -> Result<bool> {
        loop {
            let Some(block) = self.block else {
                if self.advance()? {
                    continue;
                }
                self.finish();
                return Ok(false);
            };
            while self.at < block.end {
                if batch.is_full() {
                    return Ok(true);
                }
                if self.skips {
                    self.at = self.skip_to_needle(block);
                    if self.at == block.end {
                        break;
                    }
                }
                let start = self.at;
                let (next, outcome) =
                    self.parser.record(&self.blocks.buffer[..block.end], start, &mut batch.columns, &mut self.faults);
                debug_assert!(next > start || outcome == Outcome::Row, "a parser must move on");
                self.at = next;
                for (slot, name) in &self.times {
                    let doubts = batch.columns[*slot].doubts.drain(..);
                    self.faults.extend(doubts.map(|doubt| Fault::of_doubt(doubt, name, self.tells_by_order)));
                }
                for fault in self.faults.drain(..) {
                    if fault == Fault::OpenQuote && self.cut.is_some() {
                        self.cut = Some(Fault::LongQuote { bytes: self.request.record_bytes });
                        continue;
                    }
                    let (place, buffer, file) = (&mut self.place, &self.blocks.buffer, &self.file);
                    let begins = self.parser.begins(&buffer[..block.end], start);
                    self.report.fault(fault, || (file.shown.clone(), place.of(begins, buffer, &block, file)));
                }
                for (at, fault) in self.parser.told_of_lines() {
                    let (place, buffer, file) = (&mut self.place, &self.blocks.buffer, &self.file);
                    self.report.fault(fault, || (file.shown.clone(), place.of(at, buffer, &block, file)));
                }
                if outcome == Outcome::Row {
                    self.report.rows += 1;
                    batch.rows += 1;
                    batch.bytes += next.saturating_sub(start);
                    let begins = self.parser.begins(&self.blocks.buffer[..block.end], start);
                    self.push_place(begins, block, batch);
                }
            }
            self.report_cut(block);
            self.block = None;
        }
    }
}
