//! Data blocks of a custom archive: a type, the number of the entry, and chunks whose ends together are one
//! compressed stream (PostgreSQL source, `pg_backup_custom.c`).

use std::collections::HashMap;
use std::io::{self, BufReader, Read};
use std::sync::Arc;

use super::toc::{Compression, Integers};
use crate::error::{Error, Result};
use crate::source::file::{self, File, Handle, Inside};
use crate::source::lz4::Frames;
use crate::source::packing::Steady;

const DATA: u8 = 1;
const BLOBS: u8 = 3;

/// A block, and how many bytes it has on disk, where that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    pub offset: u64,
    pub bytes: u64,
}

/// What walking through an archive finds.
#[derive(Debug, Default)]
pub struct Blocks {
    pub data: HashMap<i64, Block>,
    /// Why the walk ended before the end of the file, if it did.
    pub damage: Option<String>,
}

/// Steps over all blocks from `start`, looking at their heads alone. Needed where offsets were never written, since
/// the archive was made into a pipe, and to know how long each block is.
///
/// # Errors
/// If the file cannot be read.
pub fn walk(file: &File, start: u64, integers: Integers) -> Result<Blocks> {
    let handle = file.positioned()?;
    let mut walk = Walk { handle: &handle, buffer: Vec::new(), base: start, at: 0 };
    let mut blocks = Blocks::default();
    loop {
        let offset = walk.place();
        match walk.block(integers, &mut blocks, offset) {
            Ok(true) => {}
            Ok(false) => return Ok(blocks),
            Err(cause) if matches!(cause.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData) => {
                let what = if cause.kind() == io::ErrorKind::UnexpectedEof {
                    "the archive ends within a block of data".to_string()
                } else {
                    cause.to_string()
                };
                blocks.damage = Some(format!("damaged at byte {}: {what}", walk.place().min(file.bytes)));
                return Ok(blocks);
            }
            Err(cause) => return Err(Error::file(&file.shown, &cause)),
        }
    }
}

/// Whether the data block of this entry begins here.
pub fn begins(handle: &Handle, offset: u64, id: i64, integers: Integers) -> bool {
    let mut head = [0; 40];
    let Ok(got) = file::read_full_at(handle, &mut head, offset) else { return false };
    let mut rest = &head[..got];
    let mut kind = [0];
    rest.read_exact(&mut kind).is_ok() && kind[0] == DATA && integers.read(&mut rest).is_ok_and(|found| found == id)
}

struct Walk<'a> {
    handle: &'a Handle,
    buffer: Vec<u8>,
    base: u64,
    at: usize,
}

impl Walk<'_> {
    fn place(&self) -> u64 {
        self.base + self.at as u64
    }

    /// Goes to a place further on; one in the buffer costs nothing.
    fn skip(&mut self, bytes: u64) {
        let left = (self.buffer.len() - self.at) as u64;
        if bytes <= left {
            self.at += bytes as usize;
        } else {
            self.base = self.place().saturating_add(bytes);
            self.buffer.clear();
            self.at = 0;
        }
    }

    /// The next block. `false` at the end of the file.
    fn block(&mut self, integers: Integers, blocks: &mut Blocks, offset: u64) -> io::Result<bool> {
        let mut kind = [0];
        if self.read(&mut kind)? == 0 {
            return Ok(false);
        }
        let id = integers.read(self)?;
        match kind[0] {
            DATA => {
                blocks.data.insert(id, Block { offset, bytes: 0 });
                self.chunks(integers)?;
                blocks.data.insert(id, Block { offset, bytes: self.place() - offset });
            }
            BLOBS => {
                // Large objects, one after the other.
                while integers.read(self)? != 0 {
                    self.chunks(integers)?;
                }
            }
            other => {
                return Err(io::Error::new(io::ErrorKind::InvalidData, format!("a block of the unknown type {other}")));
            }
        }
        Ok(true)
    }

    fn chunks(&mut self, integers: Integers) -> io::Result<()> {
        loop {
            match u64::try_from(integers.read(self)?) {
                Ok(0) => return Ok(()),
                Ok(length) => self.skip(length),
                Err(_) => return Err(io::Error::new(io::ErrorKind::InvalidData, "a chunk of negative length")),
            }
        }
    }
}

impl Read for Walk<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        // Heads lie close together only in archives that are not compressed: then more is read at once.
        const STEP: usize = 64 << 10;
        if self.at == self.buffer.len() {
            self.base = self.place();
            self.at = 0;
            self.buffer.resize(STEP, 0);
            let got = file::read_full_at(self.handle, &mut self.buffer, self.base)?;
            self.buffer.truncate(got);
        }
        let length = out.len().min(self.buffer.len() - self.at);
        out[..length].copy_from_slice(&self.buffer[self.at..self.at + length]);
        self.at += length;
        Ok(length)
    }
}

/// The data of one entry.
#[derive(Debug)]
pub struct Data {
    pub archive: Arc<File>,
    pub block: Block,
    pub integers: Integers,
    pub compression: Compression,
}

impl Inside for Data {
    fn stream(&self) -> io::Result<Box<dyn Read + Send>> {
        let handle = self.archive.positioned().map_err(|e| io::Error::other(e.message))?;
        let at = self.block.offset;
        let mut raw = BufReader::with_capacity(256 << 10, At { handle, at });
        let mut kind = [0];
        raw.read_exact(&mut kind)?;
        self.integers.read(&mut raw)?;
        let chunks = Chunks { raw, integers: self.integers, left: 0, is_done: false };
        let buffered = |chunks| BufReader::with_capacity(128 << 10, chunks);
        Ok(match self.compression {
            Compression::None => Box::new(buffered(chunks)),
            Compression::Gzip => Steady::of(flate2::bufread::ZlibDecoder::new(buffered(chunks))),
            Compression::Lz4 => Steady::of(Frames::of(buffered(chunks))),
            Compression::Zstd => {
                let mut decoder = zstd::stream::read::Decoder::with_buffer(buffered(chunks))?;
                decoder.window_log_max(31)?;
                Steady::of(decoder)
            }
        })
    }
}

struct At {
    handle: Handle,
    at: u64,
}

impl Read for At {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let got = self.handle.read_at(buffer, self.at)?;
        self.at += got as u64;
        Ok(got)
    }
}

/// Chunks joined end to end.
struct Chunks<R> {
    raw: R,
    integers: Integers,
    left: u64,
    is_done: bool,
}

impl<R: Read> Read for Chunks<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() && !self.is_done {
            if self.left == 0 {
                self.left = u64::try_from(self.integers.read(&mut self.raw)?)
                    .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "a chunk of negative length"))?;
                self.is_done = self.left == 0;
                continue;
            }
            let most = (buffer.len() - filled).min(usize::try_from(self.left).unwrap_or(usize::MAX));
            let got = self.raw.read(&mut buffer[filled..filled + most])?;
            if got == 0 {
                if filled > 0 {
                    return Ok(filled);
                }
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            filled += got;
            self.left -= got as u64;
        }
        Ok(filled)
    }
}
