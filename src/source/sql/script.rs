//! A script of any size, one statement after the other, in bounded memory: the text of each up to a limit, where it
//! lies, and where the data of a COPY lie behind it.

use std::io;
use std::ops::Range;

use memchr::memmem;

use super::lexer::{Lexer, Mark};
use super::{Dialect, Spelling, ddl};
use crate::source::abreast;
use crate::source::file::{self, Handle, SPLIT_BYTES};

/// Of a statement, at most this much is looked at: an INSERT may have megabytes.
const TEXT_BYTES_MAX: usize = 1 << 20;
const INSERT_TEXT_BYTES_MAX: usize = 128 << 10;
const STEP: usize = if cfg!(test) { 96 } else { 1 << 20 };
/// COPY data longer than this are searched for their end by all cores, in pieces of this size.
const FAR_BYTES: u64 = 8 * STEP as u64;
/// A line end and the mark at the end of COPY data.
const END: &[u8] = b"\n\\.";

/// The statement last read.
#[derive(Debug, Default)]
pub struct Statement {
    /// Without its semicolon.
    pub text: Vec<u8>,
    /// From its first byte to behind its semicolon.
    pub bytes: Range<u64>,
    /// A psql command, such as `\connect`.
    pub is_command: bool,
    /// Its end was there.
    pub is_whole: bool,
    /// Starts of later rows of an INSERT, a split apart.
    pub rows: Vec<u64>,
}

impl Statement {
    /// Whether it begins with this word.
    pub fn begins(&self, word: &str) -> bool {
        self.text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()))
            && !self.text.get(word.len()).is_some_and(|next| next.is_ascii_alphanumeric() || *next == b'_')
    }
}

pub struct Script<'a> {
    handle: &'a Handle,
    buffer: Vec<u8>,
    /// Of the buffer's first byte in the file.
    base: u64,
    /// In the buffer.
    at: usize,
    is_read: bool,
    lexer: Lexer,
    pub statement: Statement,
}

impl Script<'_> {
    pub fn new(handle: &Handle, spelling: Spelling) -> Script<'_> {
        Script {
            handle,
            buffer: Vec::new(),
            base: 0,
            at: 0,
            is_read: false,
            lexer: Lexer::new(spelling),
            statement: Statement::default(),
        }
    }

    pub fn spelling(&mut self) -> &mut Spelling {
        &mut self.lexer.spelling
    }

    /// Reads the next statement. `false` at the end of the script.
    ///
    /// # Errors
    /// What the system says.
    pub fn next(&mut self) -> io::Result<bool> {
        self.statement.text.clear();
        self.statement.rows.clear();
        self.statement.is_command = false;
        let mut start = None;
        let mut split = 0;
        loop {
            if self.at == self.buffer.len() && !self.more()? {
                let end = self.place();
                self.statement.bytes = start.unwrap_or(end)..end;
                self.statement.is_whole = false;
                return Ok(start.is_some());
            }
            let (next, mark) = self.lexer.next(&self.buffer, self.at);
            if start.is_some() {
                let text = &mut self.statement.text;
                let is_insert = text.first().is_some_and(|byte| matches!(byte, b'i' | b'I'));
                let max = if is_insert { INSERT_TEXT_BYTES_MAX } else { TEXT_BYTES_MAX };
                let room = max.saturating_sub(text.len());
                text.extend_from_slice(&self.buffer[self.at..next.min(self.at + room)]);
            }
            self.at = next;
            match mark {
                None | Some(Mark::Close) => {}
                Some(Mark::Start) => {
                    start = Some(self.place());
                    split = self.place();
                }
                Some(Mark::Command) => {
                    let from = self.place();
                    self.line()?;
                    self.statement.bytes = from..self.place();
                    self.statement.is_command = true;
                    self.statement.is_whole = true;
                    return Ok(true);
                }
                Some(Mark::Open(before)) => {
                    let here = self.place() - 1;
                    if before == b',' && here - split >= SPLIT_BYTES {
                        self.statement.rows.push(here);
                        split = here;
                    }
                }
                Some(Mark::End) => {
                    if self.is_open_body() {
                        self.lexer.resume();
                        continue;
                    }
                    if self.statement.text.last() == Some(&b';') {
                        self.statement.text.pop();
                    }
                    let end = self.place();
                    self.statement.bytes = start.unwrap_or(end)..end;
                    self.statement.is_whole = true;
                    return Ok(true);
                }
            }
        }
    }

    fn is_open_body(&self) -> bool {
        let dialect = self.lexer.spelling.dialect;
        let word = if dialect == Dialect::Postgres { &b"ATOMIC"[..] } else { b"TRIGGER" };
        let text = &self.statement.text;
        self.statement.begins("create")
            && text.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word))
            && ddl::is_open_body(&String::from_utf8_lossy(&text[..text.len() - 1]), dialect)
    }

    /// Of the next byte, in the file.
    fn place(&self) -> u64 {
        self.base + self.at as u64
    }

    /// Reads on, forgetting what is behind. `false` at the end of the file.
    fn more(&mut self) -> io::Result<bool> {
        if self.is_read {
            return Ok(false);
        }
        self.buffer.drain(..self.at);
        self.base += self.at as u64;
        self.at = 0;
        let known = self.buffer.len();
        self.buffer.resize(known + STEP, 0);
        let got = file::read_full_at(self.handle, &mut self.buffer[known..], self.base + known as u64)?;
        self.buffer.truncate(known + got);
        self.is_read = got < STEP;
        Ok(got > 0)
    }

    /// The rest of the line, as the statement's text.
    fn line(&mut self) -> io::Result<()> {
        loop {
            let rest = &self.buffer[self.at..];
            let end = memchr::memchr(b'\n', rest);
            let line = &rest[..end.unwrap_or(rest.len())];
            let room = TEXT_BYTES_MAX.saturating_sub(self.statement.text.len());
            self.statement.text.extend_from_slice(&line[..line.len().min(room)]);
            self.at += end.map_or(rest.len(), |end| end + 1);
            if end.is_some() || !self.more()? {
                return Ok(());
            }
        }
    }

    /// Steps over the data of a COPY: from the next line to the line `\.`. Where the rows lie, and whether that line
    /// was there.
    ///
    /// # Errors
    /// What the system says.
    pub fn copy_data(&mut self) -> io::Result<(Range<u64>, bool)> {
        self.statement.text.clear();
        self.line()?;
        let start = self.place();
        while self.buffer.len() - self.at < 3 && self.more()? {}
        if is_end_line(&self.buffer[self.at..]) {
            self.line()?;
            return Ok((start..start, true));
        }
        let finder = memmem::Finder::new(END);
        loop {
            if self.place() - start >= FAR_BYTES && !self.is_read {
                // Data this long are searched by all cores, from the line before on.
                return self.far_end(start);
            }
            let rest = &self.buffer[self.at..];
            match finder.find(rest) {
                Some(found) if found + 4 < rest.len() || self.is_read => {
                    self.at += found + 1;
                    if is_end_line(&self.buffer[self.at..]) {
                        let end = self.place();
                        self.line()?;
                        return Ok((start..end, true));
                    }
                }
                Some(found) => {
                    self.at += found;
                    self.more()?;
                }
                None => {
                    self.at = self.buffer.len().saturating_sub(2).max(self.at);
                    if !self.more()? {
                        self.at = self.buffer.len();
                        return Ok((start..self.place(), false));
                    }
                }
            }
        }
    }
}

impl Script<'_> {
    /// The end of COPY data that are not within the buffer; the script goes on behind it.
    fn far_end(&mut self, start: u64) -> io::Result<(Range<u64>, bool)> {
        let found = far_end(self.handle, self.place().saturating_sub(2).max(start))?;
        self.buffer.clear();
        self.at = 0;
        match found {
            Ok(end) => {
                self.base = end;
                self.statement.text.clear();
                self.line()?;
                Ok((start..end, true))
            }
            Err(size) => {
                self.base = size;
                self.is_read = true;
                Ok((start..size, false))
            }
        }
    }
}

/// Where the line `\.` begins, at or behind `from`, or else how long the file is. Several threads each search a piece.
fn far_end(handle: &Handle, from: u64) -> io::Result<Result<u64, u64>> {
    let threads = abreast::threads();
    let mut at = from;
    loop {
        let start = |piece: usize| at + piece as u64 * FAR_BYTES;
        for piece in abreast::each(threads, |piece| search(handle, start(piece)..start(piece + 1))) {
            match piece? {
                Piece::Mark(place) => return Ok(Ok(place)),
                Piece::FileEnd(size) => return Ok(Err(size)),
                Piece::Nothing => {}
            }
        }
        at += threads as u64 * FAR_BYTES;
    }
}

enum Piece {
    Mark(u64),
    FileEnd(u64),
    Nothing,
}

/// The first end mark whose line end before it lies in this piece.
fn search(handle: &Handle, piece: Range<u64>) -> io::Result<Piece> {
    // A mark and what must stand behind it, past the end of what is searched.
    const AHEAD: usize = 4;
    let finder = memmem::Finder::new(END);
    let mut buffer = vec![0; STEP + AHEAD];
    let mut at = piece.start;
    while at < piece.end {
        let got = file::read_full_at(handle, &mut buffer, at)?;
        let mut from = 0;
        while let Some(found) = finder.find(&buffer[from..got]) {
            let mark = from + found;
            if mark >= STEP {
                break;
            }
            if is_end_line(&buffer[mark + 1..got]) {
                return Ok(Piece::Mark(at + mark as u64 + 1));
            }
            from = mark + 1;
        }
        if got < buffer.len() {
            return Ok(Piece::FileEnd(at + got as u64));
        }
        at += STEP as u64;
    }
    Ok(Piece::Nothing)
}

/// `\.` alone on its line.
pub fn is_end_line(text: &[u8]) -> bool {
    matches!(text, [b'\\', b'.'] | [b'\\', b'.', b'\n', ..] | [b'\\', b'.', b'\r', b'\n', ..])
}
