//! The data of an entry in COPY format: rows up to the line `\.`, which an archive keeps too. Data that end without
//! it are cut off.

use std::io::{self, Read};
use std::ops::Range;
use std::sync::Arc;

use crate::error::Result;
use crate::source::file::{self, EndsEarly, File, Inside};
use crate::source::sql::script::is_end_line;

#[derive(Debug)]
pub enum Payload {
    File(Arc<File>),
    Inside(Arc<dyn Inside>),
}

impl Inside for Payload {
    fn stream(&self) -> io::Result<Box<dyn Read + Send>> {
        let inner = match self {
            Payload::File(file) => file.stream(None).map_err(|e| io::Error::other(e.message))?,
            Payload::Inside(inside) => inside.stream()?,
        };
        Ok(Box::new(UntilEnd { inner, ready: Vec::new(), at: 0, safe: 0, is_start: true, state: State::Reads }))
    }
}

enum State {
    Reads,
    /// The line `\.` was seen.
    Ended,
    /// The data ended without it.
    Cut,
    /// They broke.
    Broken(Option<io::Error>),
}

/// Hands on what stands before the line `\.`.
struct UntilEnd<R> {
    inner: R,
    ready: Vec<u8>,
    at: usize,
    /// Up to here there is no end mark.
    safe: usize,
    is_start: bool,
    state: State,
}

impl<R: Read> UntilEnd<R> {
    const STEP: usize = 256 << 10;
    /// The longest part of a mark that may stand at the end of what has been read: all but its last byte.
    const TAIL: usize = 4;

    fn refill(&mut self) {
        self.ready.drain(..self.at);
        self.at = 0;
        let known = self.ready.len();
        self.ready.resize(known + Self::STEP, 0);
        let (got, broken) = file::read_until_broken(&mut self.inner, &mut self.ready[known..]);
        self.ready.truncate(known + got);
        let is_last = got < Self::STEP;
        if self.is_start {
            self.is_start = false;
            if is_end_line(&self.ready) {
                self.state = State::Ended;
                self.safe = 0;
                return;
            }
        }
        let mut from = 0;
        while let Some(found) = memchr::memmem::find(&self.ready[from..], b"\n\\.") {
            let mark = from + found + 1;
            if self.ready.len() - mark < Self::TAIL && !is_last {
                break;
            }
            if is_end_line(&self.ready[mark..]) {
                self.state = State::Ended;
                self.safe = mark;
                return;
            }
            from = mark;
        }
        self.safe = if is_last { self.ready.len() } else { self.ready.len().saturating_sub(Self::TAIL + 1) };
        if is_last {
            self.state = if broken.is_some() { State::Broken(broken) } else { State::Cut };
        }
    }
}

impl<R: Read> Read for UntilEnd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.safe {
            match &mut self.state {
                State::Reads => self.refill(),
                State::Ended => return Ok(0),
                State::Broken(cause) => return cause.take().map_or(Ok(0), Err),
                State::Cut => return Err(EndsEarly::error("its data end without the line `\\.`")),
            }
        }
        let length = buffer.len().min(self.safe - self.at);
        buffer[..length].copy_from_slice(&self.ready[self.at..self.at + length]);
        self.at += length;
        Ok(length)
    }
}

/// Where the rows of a plain entry lie, and whether their end mark is there.
///
/// # Errors
/// If the file cannot be read.
pub fn ended_body(file: &File) -> Result<(Range<u64>, bool)> {
    const TAIL: u64 = 16;
    let handle = file.positioned()?;
    let start = file.bytes.saturating_sub(TAIL);
    let mut tail = vec![0; (file.bytes - start) as usize];
    let got = file::read_full_at(&handle, &mut tail, start).map_err(|e| crate::error::Error::file(&file.shown, &e))?;
    tail.truncate(got);
    let text = tail.trim_ascii_end();
    let is_line = text.len() == 2 && start == 0 || text.ends_with(b"\n\\.");
    if text.ends_with(b"\\.") && is_line {
        return Ok((0..start + text.len() as u64 - 2, true));
    }
    Ok((0..file.bytes, false))
}
