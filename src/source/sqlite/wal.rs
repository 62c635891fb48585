//! A write-ahead log as SQLite recovers it: up to the first frame whose checksum is wrong. What stands behind it is
//! lost without a word, so it is looked for here (SQLite file format, 4).

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

const HEADER_BYTES: usize = 32;
const FRAME_BYTES: usize = 24;

/// Why frames of this log are not read, if some of the same writing are not. Frames left from before a checkpoint
/// have other salts, and belong to nobody.
pub fn damage(path: &Path) -> Option<String> {
    match broken_frame(path) {
        Ok(Some((frame, place))) => Some(format!(
            "damaged at byte {place} of its -wal file: frame {frame} is broken, and what was written from there on is lost"
        )),
        Ok(None) => None,
        Err(cause) => Some(format!("its -wal file cannot be read ({cause}); its newest rows may be missing")),
    }
}

/// The number and place of the first frame of the log's own that is cut off or whose sum is wrong.
fn broken_frame(path: &Path) -> io::Result<Option<(u64, u64)>> {
    let mut log = BufReader::with_capacity(1 << 20, File::open(path)?);
    let mut header = [0; HEADER_BYTES];
    if !fills(&mut log, &mut header)? {
        return Ok(Some((0, 0)));
    }
    let number = |bytes: &[u8], at: usize| u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    let magic = number(&header, 0);
    let is_big = magic & 1 == 1;
    let page_bytes = number(&header, 8) as usize;
    let mut sum = Sum::default();
    sum.add(&header[..24], is_big);
    let is_sound = magic & !1 == 0x377f_0682 && page_bytes.is_power_of_two() && (512..=65_536).contains(&page_bytes);
    if !is_sound || sum != (Sum { a: number(&header, 24), b: number(&header, 28) }) {
        return Ok(Some((0, 0)));
    }
    let salts = &header[16..24];
    let mut frame = vec![0; FRAME_BYTES + page_bytes];
    for index in 1.. {
        let place = HEADER_BYTES as u64 + (index - 1) * frame.len() as u64;
        frame.fill(0);
        let is_whole = fills(&mut log, &mut frame)?;
        // At the end, or of an older writing.
        if frame[8..16] != *salts {
            return Ok(None);
        }
        sum.add(&frame[..8], is_big);
        sum.add(&frame[FRAME_BYTES..], is_big);
        if !is_whole || sum != (Sum { a: number(&frame, 16), b: number(&frame, 20) }) {
            return Ok(Some((index, place)));
        }
    }
    Ok(None)
}

/// Whether there was enough to fill the buffer.
fn fills(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    let (got, broken) = crate::source::file::read_until_broken(from, buffer);
    broken.map_or(Ok(got == buffer.len()), Err)
}

/// The running checksum over all that came before.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Sum {
    a: u32,
    b: u32,
}

impl Sum {
    fn add(&mut self, bytes: &[u8], is_big: bool) {
        for pair in bytes.chunks_exact(8) {
            let word = |at: usize| {
                let four = [pair[at], pair[at + 1], pair[at + 2], pair[at + 3]];
                if is_big { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) }
            };
            self.a = self.a.wrapping_add(word(0)).wrapping_add(self.b);
            self.b = self.b.wrapping_add(word(4)).wrapping_add(self.a);
        }
    }
}
