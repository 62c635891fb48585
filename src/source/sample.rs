//! What formats and types are told from: pieces of a text file from all over it, whole lines only, and rows of a
//! table.

use std::io::Read;
use std::sync::Arc;

use crate::error::Result;
use crate::model::column::{Batch, Kind};
use crate::model::coverage::Coverage;
use crate::model::scan::{RECORD_BYTES_MAX, Request, Table};
use crate::source::file::{self, File};

const PIECES: u64 = 12;
const PIECE_BYTES: usize = 64 << 10;
/// Of a file that can only be streamed, this much from its beginning.
const STREAM_BYTES: u64 = 1 << 20;

/// Files up to this size are looked at in full, where every key of every object counts.
const WHOLE_BYTES: u64 = 16 << 20;

/// All of a file in one piece if it is not too large, else pieces; and whether it is all.
pub fn all_or_pieces(file: &File) -> (Vec<Vec<u8>>, bool) {
    if file.bytes > WHOLE_BYTES {
        return (pieces(file), false);
    }
    let mut whole = Vec::new();
    if let Ok(stream) = file.stream(None) {
        // A broken stream gives what it has; reading reports the damage.
        stream.take(4 * WHOLE_BYTES).read_to_end(&mut whole).ok();
    }
    let is_all = (whole.len() as u64) < 4 * WHOLE_BYTES;
    (vec![whole], is_all)
}

/// The first piece begins at the file's beginning. Each ends with a line, unless it is the file's last.
pub fn pieces(file: &File) -> Vec<Vec<u8>> {
    if !file.is_seekable() {
        let mut piece = Vec::new();
        if let Ok(stream) = file.stream(None) {
            // A broken stream gives what it has; reading reports the damage.
            stream.take(STREAM_BYTES).read_to_end(&mut piece).ok();
        }
        trim_end(&mut piece, STREAM_BYTES as usize);
        return vec![piece];
    }
    let mut pieces = vec![first_lines(file)];
    trim_end(&mut pieces[0], PIECE_BYTES);
    let Ok(handle) = file.positioned() else { return pieces };
    let step = file.bytes / PIECES;
    if step <= PIECE_BYTES as u64 {
        // Small enough to look at in full.
        let mut rest = vec![0; file.bytes.saturating_sub(pieces[0].len() as u64) as usize];
        let got = file::read_full_at(&handle, &mut rest, pieces[0].len() as u64).unwrap_or(0);
        rest.truncate(got);
        pieces.push(rest);
        return pieces;
    }
    for index in 1..PIECES {
        let mut piece = vec![0; PIECE_BYTES];
        let Ok(got) = file::read_full_at(&handle, &mut piece, index * step) else { break };
        piece.truncate(got);
        let Some(newline) = memchr::memchr(b'\n', &piece) else { continue };
        piece.drain(..=newline);
        trim_end(&mut piece, 0);
        pieces.push(piece);
    }
    pieces
}

/// Pieces of whole lines, of about `limit` bytes in all: the whole of a file that is no larger, else from all over it; of
/// one that can only be streamed its beginning.
pub fn spread(file: &File, limit: u64) -> Vec<Vec<u8>> {
    const PLACES: u64 = 16;
    let limit = limit.max(STREAM_BYTES);
    if !file.is_seekable() {
        let mut piece = Vec::new();
        if let Ok(stream) = file.stream(None) {
            // A broken stream gives what it has; reading reports the damage.
            stream.take(limit).read_to_end(&mut piece).ok();
        }
        trim_end(&mut piece, limit as usize);
        return vec![piece];
    }
    let Ok(handle) = file.positioned() else { return pieces(file) };
    let read = |at: u64, length: u64| {
        let mut piece = vec![0; length as usize];
        let got = file::read_full_at(&handle, &mut piece, at).unwrap_or(0);
        piece.truncate(got);
        piece
    };
    if file.bytes <= limit {
        return vec![read(0, file.bytes)];
    }
    let mut pieces = vec![first_lines(file)];
    trim_end(&mut pieces[0], PIECE_BYTES);
    for place in 0..PLACES {
        let mut piece = read(place * (file.bytes / PLACES), limit / PLACES);
        // The first piece has the lines before this.
        let start = if place > 0 { memchr::memchr(b'\n', &piece).map(|at| at + 1) } else { Some(pieces[0].len()) };
        let Some(start) = start.filter(|start| *start < piece.len()) else { continue };
        piece.drain(..start);
        trim_end(&mut piece, 0);
        pieces.push(piece);
    }
    pieces
}

/// The file's beginning, with at least two whole lines where it has any so long: a header of thousands of columns
/// is longer than what is looked at otherwise.
fn first_lines(file: &File) -> Vec<u8> {
    let mut start = file.head().to_vec();
    let Ok(handle) = file.positioned() else { return start };
    while memchr::memchr_iter(b'\n', &start).count() < 2 && start.len() < file::RECORD_BYTES_MAX {
        let known = start.len();
        start.resize(known * 2 + PIECE_BYTES, 0);
        let got = file::read_full_at(&handle, &mut start[known..], known as u64).unwrap_or(0);
        start.truncate(known + got);
        if got == 0 {
            break;
        }
    }
    start
}

/// Cuts an incomplete last line, if the piece was cut off by its length.
fn trim_end(piece: &mut Vec<u8>, full: usize) {
    if piece.len() >= full
        && let Some(newline) = memchr::memrchr(b'\n', piece)
    {
        piece.truncate(newline + 1);
    }
}

/// Rows of a database are looked at, to confirm types, in this many bytes of all its tables together, and in at least
/// and at most so many of one.
const ROWS_BYTES: u64 = 64 << 20;
const ROWS_BYTES_OF_TABLE: (u64, u64) = (256 << 10, 8 << 20);
/// Of a table that is larger than its part, this much from all over it tells as well.
const ROWS_BYTES_OF_LARGE: u64 = 1 << 20;

/// How many bytes of each of so many tables are looked at.
pub fn share(tables: usize) -> u64 {
    (ROWS_BYTES / tables.max(1) as u64).clamp(ROWS_BYTES_OF_TABLE.0, ROWS_BYTES_OF_TABLE.1)
}

/// Rows of a table that were looked at.
#[derive(Debug, Default)]
pub struct Rows {
    pub batches: Vec<Batch>,
    /// There are no others.
    pub are_all: bool,
}

/// Rows of these columns: all of a small table, else from all over it. `bytes` is how large it is.
///
/// # Errors
/// If the evidence cannot be read.
pub fn rows(table: Arc<dyn Table>, wanted: &[usize], bytes: u64, share: u64) -> Result<Rows> {
    let share = if bytes > share { share.min(ROWS_BYTES_OF_LARGE) } else { share };
    const PLACES: usize = 8;
    if wanted.is_empty() {
        return Ok(Rows::default());
    }
    let kinds: Vec<Kind> = wanted.iter().map(|index| table.columns()[*index].kind).collect();
    let request = Request {
        projection: wanted.to_vec(),
        needles: Vec::new(),
        coverage: Arc::new(Coverage::default()),
        table: String::new(),
        threads: 1,
        ahead: false,
        record_bytes: RECORD_BYTES_MAX,
    };
    let scan = table.scan(request)?;
    // Some splits from all over, each its part of the share, then the others while there is something left of it.
    let splits = scan.splits();
    let places = splits.min(PLACES);
    let first: Vec<usize> = (0..places).map(|place| place * splits / places).collect();
    let others = (0..splits).filter(|split| !first.contains(split));
    let (mut batches, mut bytes, mut are_all) = (Vec::new(), 0, true);
    for (place, split) in first.iter().copied().chain(others).enumerate() {
        if bytes >= share {
            are_all = false;
            break;
        }
        let mut cursor = scan.cursor(split)?;
        let limit = share * (place as u64 + 1).min(places as u64) / places as u64;
        let mut more = true;
        while more && bytes < limit {
            let mut batch = Batch::new(kinds.iter().copied());
            more = cursor.fill(&mut batch)?;
            bytes += batch.columns.iter().map(|column| column.bytes.len() as u64 + batch.rows as u64).sum::<u64>();
            batches.push(batch);
        }
        are_all &= !more;
    }
    Ok(Rows { batches, are_all })
}
