//! A text file in blocks of whole records, in order, for one split. A split owns the records that begin in it, so
//! that any division of a file gives the same records.

use std::io::Read;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::{Error, Result};
use crate::model::coverage::Coverage;
use crate::source::abreast;
use crate::source::ahead::Ahead;
use crate::source::file::{self, File, Handle, RECORD_BYTES_MAX, SPLIT_BYTES};

/// A line without its end: CR LF, and CR CR LF, which a program writes that has ends translated twice.
#[inline]
pub fn without_return(mut line: &[u8]) -> &[u8] {
    while let [front @ .., b'\r'] = line {
        line = front;
    }
    line
}

/// Where records begin. `buffer[..]` may begin anywhere unless said otherwise.
pub trait Framing: Send + Sync {
    /// The first record start at or after `from`, judged by the bytes around it alone. `from` is at least 1. A line
    /// that the buffer cuts off is judged only if the file ends there too.
    fn next_start(&self, buffer: &[u8], from: usize, is_file_end: bool) -> Option<usize>;
    /// The start of the last record of a buffer that begins with a record; it may be incomplete.
    fn last_start(&self, buffer: &[u8]) -> Option<usize>;
    /// Whether [`Framing::next_start`] can be trusted: not where a quoted field may hold a line end.
    fn is_local(&self) -> bool {
        true
    }
    /// For formats with quotes, what a part of a file means for either state at its beginning. `None` for those whose
    /// records can only be found one after the other.
    fn speculate(&self, part: &[u8], begins_inside: bool) -> Option<Speculation> {
        let _ = (part, begins_inside);
        None
    }
    /// How many bytes before a place tell whether a record begins there.
    fn looks_back(&self) -> usize {
        1
    }
    /// The start of the record that holds byte `at` of a block; `low` is a record start before it.
    fn start_before(&self, buffer: &[u8], low: usize, at: usize) -> usize {
        let _ = (buffer, at);
        low
    }
}

/// What one part of a file means if it begins inside of quotes, or outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Speculation {
    /// The first record start in the part.
    pub first_start: Option<usize>,
    pub ends_inside: bool,
}

/// Where a part begins in its file, and what it means if it begins outside of quotes, or inside.
type Part = (u64, [Speculation; 2]);

/// Records that are lines.
#[derive(Debug, Clone, Copy)]
pub struct Lines;

impl Framing for Lines {
    fn next_start(&self, buffer: &[u8], from: usize, _: bool) -> Option<usize> {
        memchr::memchr(b'\n', &buffer[from - 1..]).map(|at| from + at)
    }

    fn last_start(&self, buffer: &[u8]) -> Option<usize> {
        memchr::memrchr(b'\n', buffer).map(|at| at + 1)
    }

    fn start_before(&self, buffer: &[u8], low: usize, at: usize) -> usize {
        memchr::memrchr(b'\n', &buffer[low..at]).map_or(low, |newline| low + newline + 1)
    }
}

/// A part of one file. `exact` means that both ends are record starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    pub file: usize,
    pub start: u64,
    pub end: u64,
    pub exact: bool,
}

/// Divides a file. One that can only be streamed is one split.
///
/// # Errors
/// If the file cannot be read.
pub fn splits(index: usize, file: &File, framing: &dyn Framing, bytes: Range<u64>) -> Result<Vec<Split>> {
    if !file.is_seekable() || bytes.end - bytes.start <= SPLIT_BYTES {
        return Ok(vec![Split { file: index, start: bytes.start, end: bytes.end, exact: true }]);
    }
    let mut starts: Vec<u64> = Vec::new();
    if framing.is_local() {
        starts.extend((bytes.start..bytes.end).step_by(SPLIT_BYTES as usize));
    } else if framing.speculate(&[], false).is_some() {
        starts = speculated_starts(file, framing, &bytes)?;
    } else {
        starts = record_starts(file, framing, &bytes)?;
    }
    let ends = starts[1..].iter().copied().chain([bytes.end]).collect::<Vec<_>>();
    let exact = !framing.is_local();
    Ok(starts.iter().zip(ends).map(|(start, end)| Split { file: index, start: *start, end, exact }).collect())
}

/// Record starts about a split apart: all parts are looked at by several threads, each for both states that it may
/// begin in, and which one it was is told from the first part on.
fn speculated_starts(file: &File, framing: &dyn Framing, bytes: &Range<u64>) -> Result<Vec<u64>> {
    let offsets: Vec<u64> = (bytes.start..bytes.end).step_by(SPLIT_BYTES as usize).collect();
    let handle = file.positioned()?;
    let parts = abreast::each(offsets.len(), |index| {
        let end = offsets.get(index + 1).copied().unwrap_or(bytes.end);
        speculate(&handle, framing, index > 0, offsets[index]..end)
    });
    let mut starts = vec![bytes.start];
    let mut inside = false;
    for (index, part) in parts.into_iter().enumerate() {
        let (base, both) = part.map_err(|e| Error::file(&file.shown, &e))?;
        let speculation = both[usize::from(inside)];
        if let Some(start) = speculation.first_start.filter(|_| index > 0) {
            let start = base + start as u64;
            if start < bytes.end && starts.last() != Some(&start) {
                starts.push(start);
            }
        }
        inside = speculation.ends_inside;
    }
    Ok(starts)
}

/// One part, from the first byte at or after its beginning that is no quote to the same of the next part, so that no
/// pair of quotes is torn.
fn speculate(handle: &Handle, framing: &dyn Framing, is_later: bool, range: Range<u64>) -> std::io::Result<Part> {
    const AHEAD: usize = 4096;
    let length = (range.end - range.start) as usize;
    let mut buffer = vec![0; length + AHEAD];
    let got = file::read_full_at(handle, &mut buffer, range.start)?;
    let quotes = |from: usize| buffer[from.min(got)..got].iter().take_while(|byte| **byte == b'"').count();
    let first = if is_later { quotes(0) } else { 0 };
    let last = (length + quotes(length)).min(got);
    let part = &buffer[first.min(last)..last];
    let of = |inside| framing.speculate(part, inside).unwrap_or(Speculation { first_start: None, ends_inside: inside });
    Ok((range.start + first as u64, [of(false), of(true)]))
}

/// Makes a buffer this long without writing over what it has.
fn fit(buffer: &mut Vec<u8>, length: usize) {
    if buffer.len() < length { buffer.resize(length, 0) } else { buffer.truncate(length) }
}

/// Record starts about a split apart, found by reading all that lies between.
fn record_starts(file: &File, framing: &dyn Framing, bytes: &Range<u64>) -> Result<Vec<u64>> {
    let handle = file.positioned()?;
    let mut starts = vec![bytes.start];
    let mut at = bytes.start;
    let mut size = SPLIT_BYTES as usize;
    let mut buffer = Vec::new();
    while at < bytes.end {
        buffer.resize(size.min((bytes.end - at) as usize), 0);
        let got = file::read_full_at(&handle, &mut buffer, at).map_err(|e| Error::file(&file.shown, &e))?;
        if got == 0 {
            break;
        }
        match framing.last_start(&buffer[..got]) {
            Some(last) if last > 0 && at + (last as u64) < bytes.end => {
                at += last as u64;
                starts.push(at);
                size = SPLIT_BYTES as usize;
            }
            _ if at + got as u64 >= bytes.end || size >= RECORD_BYTES_MAX => break,
            _ => size *= 2,
        }
    }
    Ok(starts)
}

/// What [`Blocks::next`] found: a range of its buffer, and where that lies in the file's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    pub start: usize,
    pub end: usize,
    /// Of `start`, in the unpacked text.
    pub offset: u64,
    /// Line ends before `start`, where they were counted on the way.
    pub lines_before: Option<u64>,
    /// The last record is longer than the limit, and the rest of it is not here.
    pub cut: bool,
}

/// The blocks of one split.
pub struct Blocks {
    pub buffer: Vec<u8>,
    state: State,
    coverage: Arc<Coverage>,
}

enum State {
    Positioned { handle: Handle, split: Split, size: u64, record_bytes: usize },
    Streamed(Arc<Mutex<Stream>>),
    Done,
}

/// A file that can only be read from its beginning on. Whoever asks next gets its next block: one thread unpacks
/// while others look at what they have.
pub struct Stream {
    reader: Option<Box<dyn Read + Send>>,
    /// The incomplete record at the end of the last block.
    rest: Vec<u8>,
    offset: u64,
    lines: u64,
    in_cut_record: bool,
    record_bytes: usize,
}

impl Stream {
    /// `record_bytes`: how long a record may be.
    ///
    /// # Errors
    /// If the file cannot be opened.
    pub fn open(file: &File, coverage: Arc<Coverage>, ahead: bool, record_bytes: usize) -> Result<Stream> {
        let reader = file.stream(Some(coverage))?;
        let reader = Some(if ahead { Box::new(Ahead::of(reader)) } else { reader });
        Ok(Stream { reader, rest: Vec::new(), offset: 0, lines: 0, in_cut_record: false, record_bytes })
    }

    /// The next block, into `buffer`.
    fn next(&mut self, buffer: &mut Vec<u8>, framing: &dyn Framing) -> (Option<Block>, Option<String>) {
        let Some(mut reader) = self.reader.take() else { return (None, None) };
        buffer.clear();
        buffer.append(&mut self.rest);
        loop {
            let known = buffer.len();
            buffer.resize(known + SPLIT_BYTES as usize, 0);
            let (got, broken) = file::read_until_broken(&mut reader, &mut buffer[known..]);
            buffer.truncate(known + got);
            let broken = broken.map(|cause| {
                let place = self.offset + buffer.len() as u64;
                format!("damaged at byte {place} of its text: {}", file::damage(&cause))
            });
            let ended = got < SPLIT_BYTES as usize;
            if self.in_cut_record {
                // The rest of a record that was too long: skip to the next start.
                let start = if buffer.is_empty() { None } else { framing.next_start(buffer, 1, ended) };
                let skip = start.unwrap_or(buffer.len());
                self.lines += memchr::memchr_iter(b'\n', &buffer[..skip]).count() as u64;
                self.offset += skip as u64;
                buffer.drain(..skip);
                self.in_cut_record = start.is_none();
                if self.in_cut_record && !ended {
                    continue;
                }
            }
            let (end, cut) = match framing.last_start(buffer) {
                _ if ended => (buffer.len(), false),
                Some(last) if last > 0 => (last, false),
                _ if buffer.len() > self.record_bytes => (buffer.len(), true),
                _ => continue,
            };
            let (offset, lines_before) = (self.offset, Some(self.lines));
            let block = (end > 0).then_some(Block { start: 0, end, offset, lines_before, cut });
            if !ended {
                self.rest.extend_from_slice(&buffer[end..]);
                self.offset += end as u64;
                self.lines += memchr::memchr_iter(b'\n', &buffer[..end]).count() as u64;
                self.in_cut_record = cut;
                self.reader = Some(reader);
            }
            return (block, broken);
        }
    }
}

impl Blocks {
    /// The blocks of a split of a plain file. `record_bytes`: how long a record may be.
    ///
    /// # Errors
    /// If the file cannot be opened.
    pub fn positioned(
        file: &File,
        split: &Split,
        coverage: Arc<Coverage>,
        buffer: Vec<u8>,
        record_bytes: usize,
    ) -> Result<Blocks> {
        let (handle, split, size) = (file.positioned()?, split.clone(), file.bytes);
        let state = State::Positioned { handle, split, size, record_bytes };
        Ok(Blocks { buffer, state, coverage })
    }

    /// Those blocks of a stream that nobody else takes.
    pub fn streamed(stream: Arc<Mutex<Stream>>, coverage: Arc<Coverage>, buffer: Vec<u8>) -> Blocks {
        Blocks { buffer, state: State::Streamed(stream), coverage }
    }

    /// The next block; `Err(why)` inside if the file broke off after it.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn next(&mut self, file: &File, framing: &dyn Framing) -> Result<(Option<Block>, Option<String>)> {
        match std::mem::replace(&mut self.state, State::Done) {
            State::Done => Ok((None, None)),
            State::Positioned { handle, split, size, record_bytes } => {
                self.whole((&handle, size), &split, record_bytes, framing).map_err(|e| Error::file(&file.shown, &e))
            }
            State::Streamed(stream) => {
                let next = stream.lock().unwrap_or_else(PoisonError::into_inner).next(&mut self.buffer, framing);
                if next.0.is_some() {
                    self.state = State::Streamed(stream);
                }
                Ok(next)
            }
        }
    }

    /// The one block of a split of a plain file: from its first record start to the first one at or after its end.
    fn whole(
        &mut self,
        (handle, size): (&Handle, u64),
        split: &Split,
        record_bytes: usize,
        framing: &dyn Framing,
    ) -> std::io::Result<(Option<Block>, Option<String>)> {
        let before = if split.exact { 0 } else { split.start.min(framing.looks_back() as u64) };
        let base = split.start - before;
        let first = before as usize;
        // A split of whole records is longer only where one of them has no end.
        let most = SPLIT_BYTES as usize + record_bytes + before as usize;
        let is_endless = split.exact && (split.end - base) as usize > most;
        let wanted = ((split.end - base) as usize).min(most);
        fit(&mut self.buffer, wanted);
        let got = file::read_full_at(handle, &mut self.buffer, base)?;
        self.buffer.truncate(got);
        self.coverage.read((got as u64).saturating_sub(before));
        let shrunk = (got < wanted && split.end <= size)
            .then(|| format!("the file lost its end while it was read: it has no byte {}", base + got as u64));
        let mut is_file_end = got < wanted || split.end >= size;
        let start = if before == 0 {
            Some(0)
        } else if memchr::memchr(b'\n', self.buffer.get(first - 1..).unwrap_or_default()).is_none() {
            // In the middle of one long line nothing begins.
            None
        } else {
            is_file_end = is_file_end || self.read_line_out(handle, base, wanted + record_bytes + 1)?;
            framing.next_start(&self.buffer, first, is_file_end).filter(|start| *start < got)
        };
        let Some(start) = start.filter(|_| got > 0) else { return Ok((None, shrunk)) };
        let mut end = self.buffer.len().min(if is_file_end { usize::MAX } else { got });
        let mut cut = is_endless;
        // Of a file that was cut off meanwhile what is there is all.
        if !split.exact && split.end < size && got == wanted {
            // Read on until the next record begins.
            let mut step = 64 << 10;
            let mut from = wanted;
            loop {
                if let Some(next) = framing.next_start(&self.buffer, from, is_file_end) {
                    end = next;
                    break;
                }
                // Whole lines were judged, and the line that the end cuts off was not.
                from = memchr::memrchr(b'\n', &self.buffer[from..]).map_or(from, |newline| from + newline + 1);
                end = self.buffer.len();
                if is_file_end {
                    break;
                }
                if end - wanted > record_bytes {
                    cut = true;
                    break;
                }
                // No more than it takes to see that the record is too long.
                let room = (wanted + record_bytes + 1).saturating_sub(self.buffer.len());
                is_file_end = self.read_more(handle, base, step.min(room.max(1)))?;
                step *= 2;
            }
        }
        Ok((Some(Block { start, end, offset: base + start as u64, lines_before: None, cut }), shrunk))
    }

    /// Reads on behind the buffer. Returns whether the file ends there.
    fn read_more(&mut self, handle: &Handle, base: u64, step: usize) -> std::io::Result<bool> {
        let known = self.buffer.len();
        self.buffer.resize(known + step, 0);
        let more = file::read_full_at(handle, &mut self.buffer[known..], base + known as u64)?;
        self.buffer.truncate(known + more);
        Ok(more < step)
    }

    /// Reads on to the end of the line that the buffer's end cuts off, up to `most` bytes in all. Returns whether the file
    /// ends there.
    fn read_line_out(&mut self, handle: &Handle, base: u64, most: usize) -> std::io::Result<bool> {
        let mut step = 4 << 10;
        let mut from = self.buffer.len().saturating_sub(1);
        while memchr::memchr(b'\n', &self.buffer[from..]).is_none() && self.buffer.len() < most {
            from = self.buffer.len();
            if self.read_more(handle, base, step.min(most - from))? {
                return Ok(true);
            }
            step *= 2;
        }
        Ok(false)
    }
}
