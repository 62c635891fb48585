//! A look at every time of a file, before its records are read.

use std::sync::Arc;

use super::heads::Heads;
use super::plan::FileFormats;
use super::stamp::Written;
use crate::model::coverage::Coverage;
use crate::source::abreast;
use crate::source::blocks::{self, Block, Blocks, Stream, without_return};
use crate::source::file::{File, RECORD_BYTES_MAX};

/// Looks at every stamp of a file, its parts by several threads, and returns what was seen in each, in order. Where
/// what is seen of a line needs all lines before it (`is_whole`), there is one part.
pub(super) fn looked_through<S: Default + Send>(
    file: &File,
    formats: &Arc<FileFormats>,
    is_whole: bool,
    see: impl Fn(&mut S, u64, Written) + Sync,
) -> Vec<S> {
    let heads = Heads(formats.clone());
    let look = |buffer: &[u8], block: Block, seen: &mut S| {
        let mut capture = super::capture::Capture::default();
        let mut at = block.start;
        while at < block.end {
            let end = memchr::memchr(b'\n', &buffer[at..block.end]).map_or(block.end, |newline| at + newline);
            let offset = block.offset + (at - block.start) as u64;
            if formats.read(without_return(&buffer[at..end]), offset, &mut capture).is_some()
                && let Some(written) = capture.written
            {
                see(seen, offset, written);
            }
            at = end + 1;
        }
    };
    if !file.is_seekable() {
        let mut parts: Vec<S> = Vec::new();
        let Ok(stream) = Stream::open(file, Arc::new(Coverage::default()), false, RECORD_BYTES_MAX) else {
            return parts;
        };
        let stream = Arc::new(std::sync::Mutex::new(stream));
        let mut blocks = Blocks::streamed(stream, Arc::new(Coverage::default()), Vec::new());
        while let Ok((Some(block), _)) = blocks.next(file, &heads) {
            let mut seen = parts.pop_if(|_| is_whole).unwrap_or_default();
            look(&blocks.buffer, block, &mut seen);
            parts.push(seen);
        }
        return parts;
    }
    let Ok(splits) = blocks::splits(0, file, &heads, 0..file.bytes) else { return Vec::new() };
    let look_at = |index: usize, seen: &mut S| {
        let coverage = Arc::new(Coverage::default());
        let blocks = Blocks::positioned(file, &splits[index], coverage, Vec::new(), RECORD_BYTES_MAX);
        if let Ok(mut blocks) = blocks
            && let Ok((Some(block), _)) = blocks.next(file, &heads)
        {
            look(&blocks.buffer, block, seen);
        }
    };
    if is_whole {
        let mut seen = S::default();
        (0..splits.len()).for_each(|index| look_at(index, &mut seen));
        return vec![seen];
    }
    abreast::each(splits.len(), |index| {
        let mut seen = S::default();
        look_at(index, &mut seen);
        seen
    })
}
